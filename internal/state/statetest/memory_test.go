package statetest_test

import (
	"sync"
	"testing"

	"latchkey/internal/state"
	"latchkey/internal/state/statetest"
)

func TestMemory(t *testing.T) {
	t.Parallel()
	var opened sync.Map // by directory
	statetest.Run(t, func(t *testing.T, dir string) state.Store {
		s := statetest.Memory()
		if last, again := opened.Load(dir); again {
			s = last.(*statetest.MemoryStore).Reopen()
		}
		opened.Store(dir, s)
		return s
	})
}
