package boltstore_test

import (
	"path/filepath"
	"testing"

	"latchkey/internal/state"
	"latchkey/internal/state/boltstore"
	"latchkey/internal/state/statetest"
)

func TestSuite(t *testing.T) {
	t.Parallel()
	statetest.Run(t, func(t *testing.T, dir string) state.Store {
		return open(t, filepath.Join(dir, "state.db"))
	})
}

func open(t testing.TB, path string) *boltstore.Store {
	t.Helper()
	s, err := boltstore.Open(path)
	if err != nil {
		t.Fatalf("Open: %v", err)
	}
	return s
}
