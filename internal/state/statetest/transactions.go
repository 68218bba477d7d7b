package statetest

import (
	"context"
	"errors"
	"runtime"
	"testing"

	"latchkey/internal/state"
)

var errRefused = errors.New("refused")

func readOnly(t *testing.T, s state.Store) {
	put(t, s, "a", "1")
	view(t, s, func(tx state.Tx) error {
		if err := tx.Put("a", []byte("2")); !errors.Is(err, state.ErrReadOnly) {
			t.Errorf("Put in a View = %v, want ErrReadOnly", err)
		}
		if err := tx.Delete("a"); !errors.Is(err, state.ErrReadOnly) {
			t.Errorf("Delete in a View = %v, want ErrReadOnly", err)
		}
		return wantGet(tx, "a", "1")
	})
	if err := s.View(t.Context(), func(state.Tx) error { return errRefused }); !errors.Is(err, errRefused) {
		t.Errorf("View = %v, want the error of fn", err)
	}
	wantContents(t, s, "a", "1")
}

func readsOwnWrites(t *testing.T, s state.Store) {
	put(t, s, "k/1", "old", "k/2", "old", "k/4", "old")
	update(t, s, func(tx state.Tx) error {
		return errors.Join(
			putAll(tx, "k/2", "new", "k/3", "new", "k/5", "new"),
			tx.Delete("k/1"),
			wantGet(tx, "k/2", "new"),
			wantGet(tx, "k/3", "new"),
			wantMissing(tx, "k/1"),
			wantScan(tx, "k/", "k/2=new", "k/3=new", "k/4=old", "k/5=new"),
			tx.Put("k/1", []byte("back")),
			tx.Delete("k/5"),
			wantScan(tx, "k/", "k/1=back", "k/2=new", "k/3=new", "k/4=old"))
	})
	wantContents(t, s, "k/1", "back", "k/2", "new", "k/3", "new", "k/4", "old")
}

func rollbackOnError(t *testing.T, s state.Store) {
	put(t, s, "a", "1", "b", "1")
	err := s.Update(t.Context(), func(tx state.Tx) error {
		return errors.Join(putAll(tx, "a", "2", "c", "2"), tx.Delete("b"), errRefused)
	})
	if !errors.Is(err, errRefused) {
		t.Errorf("Update = %v, want the error of fn", err)
	}
	wantContents(t, s, "a", "1", "b", "1")
	put(t, s, "d", "3")
	wantContents(t, s, "a", "1", "b", "1", "d", "3")
}

func rollbackOnPanic(t *testing.T, s state.Store) {
	put(t, s, "a", "1")
	for name, run := range map[string]func(context.Context, func(state.Tx) error) error{"Update": s.Update, "View": s.View} {
		func() {
			defer func() {
				if p := recover(); p != "bug" {
					t.Errorf("%s panicked with %v, want the panic of fn", name, p)
				}
			}()
			err := run(t.Context(), func(tx state.Tx) error {
				if name == "Update" {
					if err := putAll(tx, "a", "2", "b", "2"); err != nil {
						return err
					}
				}
				panic("bug")
			})
			t.Errorf("%s returned %v after a panic", name, err)
		}()
	}
	wantContents(t, s, "a", "1")
	put(t, s, "c", "3")
	wantContents(t, s, "a", "1", "c", "3")
}

// rollbackOnGoexit covers a test that fails inside fn, which must not hang.
func rollbackOnGoexit(t *testing.T, s state.Store) {
	done := make(chan struct{})
	go func() {
		defer close(done)
		err := s.Update(t.Context(), func(tx state.Tx) error {
			if err := tx.Put("a", nil); err != nil {
				return err
			}
			runtime.Goexit()
			return nil
		})
		t.Errorf("Update returned %v after the end of its goroutine", err)
	}()
	<-done
	wantContents(t, s)
	put(t, s, "b", "1")
	wantContents(t, s, "b", "1")
}

func cancelled(t *testing.T, s state.Store) {
	gone, cancel := context.WithCancel(t.Context())
	cancel()
	fn := func(state.Tx) error {
		t.Error("fn ran although its context had ended")
		return nil
	}
	if err := s.Update(gone, fn); !errors.Is(err, context.Canceled) {
		t.Errorf("Update = %v, want context.Canceled", err)
	}
	if err := s.View(gone, fn); !errors.Is(err, context.Canceled) {
		t.Errorf("View = %v, want context.Canceled", err)
	}
	going, cancel := context.WithCancel(t.Context())
	err := s.Update(going, func(tx state.Tx) error {
		defer cancel()
		return tx.Put("a", []byte("1"))
	})
	if !errors.Is(err, context.Canceled) {
		t.Errorf("Update = %v, want context.Canceled", err)
	}
	wantContents(t, s)
}

// txAfterItsEnd uses a transaction that is over: its writes must not turn up in
// somebody else's.
func txAfterItsEnd(t *testing.T, s state.Store) {
	put(t, s, "a", "1")
	var kept state.Tx
	use := func() {
		if _, err := kept.Get("a"); err == nil {
			t.Error("Get succeeded after the end of its transaction")
		}
		if err := kept.Put("b", nil); err == nil {
			t.Error("Put succeeded after the end of its transaction")
		}
		if err := kept.Delete("a"); err == nil {
			t.Error("Delete succeeded after the end of its transaction")
		}
		for _, err := range kept.Scan("") {
			if err == nil {
				t.Error("Scan yielded an item after the end of its transaction")
			}
		}
	}
	keep := func(tx state.Tx) error { kept = tx; return nil }
	view(t, s, keep)
	use()
	update(t, s, keep)
	use()
	update(t, s, func(state.Tx) error { use(); return nil })
	wantContents(t, s, "a", "1")
}
