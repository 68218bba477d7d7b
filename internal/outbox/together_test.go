package outbox_test

import (
	"context"
	"fmt"
	"path/filepath"
	"sync"
	"testing"

	"latchkey/internal/outbox"
	"latchkey/internal/state/boltstore"
)

// TestCommitsTogether has many tries under way at once. They are leased by one commit, and
// most of their outcomes share one, too.
func TestCommitsTogether(t *testing.T) {
	t.Parallel()
	const many = 24
	store, err := boltstore.Open(filepath.Join(t.TempDir(), "state.db"))
	if err != nil {
		t.Fatal(err)
	}
	w := newWorld(t, store)
	var effects []string
	for i := range many {
		effects = append(effects, fmt.Sprintf("lane%d:effect%d", i, i))
	}
	w.enqueue(effects...)
	var all sync.WaitGroup
	all.Add(many)
	w.try = func(outbox.Effect, int) (bool, error) {
		all.Done()
		all.Wait()
		return true, nil
	}
	r := w.runner("one")
	r.Workers = many
	before := store.Commits()
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	ended := make(chan struct{})
	go func() { r.Run(ctx); close(ended) }()
	all.Wait()
	stop()
	<-ended
	w.wantNothingLeft()
	if got := store.Commits() - before; got > many/3 {
		t.Errorf("%d commits for %d effects", got, many)
	}
}
