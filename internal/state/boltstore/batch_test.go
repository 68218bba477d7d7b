package boltstore_test

import (
	"errors"
	"maps"
	"path/filepath"
	"sync"
	"testing"
	"testing/synctest"

	"latchkey/internal/state"
	"latchkey/internal/state/statetest"
)

var errRefused = errors.New("refused")

// TestBatchUndone puts three Updates into one commit: the first writes x and
// changes its mind when it runs again, the second is refused because of x, and
// the third writes and fails, which undoes all three. As x is never committed,
// the second must succeed in the end, whether or not it wrote before its refusal.
func TestBatchUndone(t *testing.T) {
	t.Parallel()
	for name, writesFirst := range map[string]bool{"RefusedBeforeWriting": false, "RefusedAfterWriting": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				runs := 0
				first := func(tx state.Tx) error {
					if runs++; runs > 1 {
						return errRefused
					}
					return tx.Put("x", nil)
				}
				second := func(tx state.Tx) error {
					if writesFirst {
						if err := tx.Put("second/early", nil); err != nil {
							return err
						}
					}
					if _, err := tx.Get("x"); err == nil {
						return errors.New("x is there")
					}
					return tx.Put("second", nil)
				}
				third := func(tx state.Tx) error { return errors.Join(tx.Put("third", nil), errRefused) }
				all, errs := inOneBatch(t, first, second, third)
				if !errors.Is(errs[0], errRefused) || errs[1] != nil || !errors.Is(errs[2], errRefused) {
					t.Errorf("the Updates returned %v; want the first and the third refused", errs)
				}
				want := map[string]string{"second": ""}
				if writesFirst {
					want["second/early"] = ""
				}
				if !maps.Equal(all, want) {
					t.Errorf("the store holds %v, want %v", all, want)
				}
			})
		})
	}
}

// TestBatchRunsInOrder lets each Update of one commit see those before it, and a
// refusal by what is committed with it stand.
func TestBatchRunsInOrder(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		put := func(key string) func(state.Tx) error {
			return func(tx state.Tx) error { return tx.Put(key, nil) }
		}
		refused := func(tx state.Tx) error {
			if _, err := tx.Get("a"); err == nil {
				return errRefused
			}
			return tx.Put("too early", nil)
		}
		all, errs := inOneBatch(t, put("a"), refused, put("b"))
		if errs[0] != nil || !errors.Is(errs[1], errRefused) || errs[2] != nil {
			t.Errorf("the Updates returned %v; want the second refused", errs)
		}
		if want := map[string]string{"a": "", "b": ""}; !maps.Equal(all, want) {
			t.Errorf("the store holds %v, want %v", all, want)
		}
	})
}

// inOneBatch runs the Updates in one commit, in this order: they queue up behind
// one that takes its time. It returns what the store holds then, and their errors.
func inOneBatch(t *testing.T, fns ...func(state.Tx) error) (map[string]string, []error) {
	s := open(t, filepath.Join(t.TempDir(), "state.db"))
	errs := make([]error, len(fns))
	end := make(chan struct{})
	var all sync.WaitGroup
	all.Go(func() {
		err := s.Update(t.Context(), func(state.Tx) error {
			<-end
			return nil
		})
		if err != nil {
			t.Errorf("Update: %v", err)
		}
	})
	synctest.Wait()
	for i, fn := range fns {
		all.Go(func() { errs[i] = s.Update(t.Context(), fn) })
		synctest.Wait()
	}
	close(end)
	all.Wait()
	contents := statetest.Contents(t, s)
	if err := s.Close(); err != nil {
		t.Errorf("Close: %v", err)
	}
	return contents, errs
}
