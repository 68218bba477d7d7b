package statetest

import (
	"errors"
	"sync"
	"testing"

	"latchkey/internal/state"
)

// closeWaits closes the store while transactions run. What runs must come to
// its end, and nothing may begin afterwards.
func closeWaits(t *testing.T, s state.Store) {
	put(t, s, "a", "1")
	viewing, updating, end := make(chan struct{}), make(chan struct{}), make(chan struct{})
	var all sync.WaitGroup
	var once sync.Once
	all.Go(func() {
		view(t, s, func(tx state.Tx) error {
			close(viewing)
			<-end
			return wantGet(tx, "a", "1")
		})
	})
	all.Go(func() {
		update(t, s, func(tx state.Tx) error {
			once.Do(func() { close(updating) })
			<-end
			return errors.Join(wantGet(tx, "a", "1"), tx.Put("b", []byte("2")))
		})
	})
	<-viewing
	<-updating
	closed := make(chan error)
	go func() { closed <- s.Close() }()
	select {
	case err := <-closed:
		t.Errorf("Close returned %v while transactions ran", err)
	default:
	}
	close(end)
	all.Wait()
	if err := <-closed; err != nil {
		t.Errorf("Close: %v", err)
	}
	never := func(state.Tx) error {
		t.Error("a transaction began after Close")
		return nil
	}
	if err := s.Update(t.Context(), never); err == nil {
		t.Error("Update succeeded after Close")
	}
	if err := s.View(t.Context(), never); err == nil {
		t.Error("View succeeded after Close")
	}
}

func reopen(t *testing.T, open func(t *testing.T, dir string) state.Store) {
	dir := t.TempDir()
	s := open(t, dir)
	put(t, s, "a", "1", "b", "2")
	update(t, s, func(tx state.Tx) error { return tx.Delete("b") })
	shut(t, s)
	for range 2 {
		s = open(t, dir)
		wantContents(t, s, "a", "1")
		shut(t, s)
	}
	s = open(t, dir)
	put(t, s, "c", "3")
	shut(t, s)
	s = open(t, dir)
	wantContents(t, s, "a", "1", "c", "3")
	shut(t, s)
}
