package outbox_test

import (
	"context"
	"testing"

	"latchkey/internal/outbox"
	"latchkey/internal/state"
)

// unsure is a store some of whose commits are said to have failed.
type unsure struct {
	state.Store
	fail    func(commit int) bool
	applied bool // whether those are carried out all the same
	commits int
}

func (u *unsure) Update(ctx context.Context, fn func(state.Tx) error) error {
	u.commits++
	if !u.fail(u.commits) {
		return u.Store.Update(ctx, fn)
	}
	if u.applied {
		if err := u.Store.Update(ctx, fn); err != nil {
			return err
		}
	}
	return errDisk
}

// TestCommitsThatMayHaveFailed has each commit of a runner fail, or be said to have failed, and then a
// second one: long before any lease runs out the runner has done what there is, and each effect once.
func TestCommitsThatMayHaveFailed(t *testing.T) {
	t.Parallel()
	for name, open := range stores {
		for _, applied := range []bool{false, true} {
			for first := 1; first <= 8; first++ {
				for second := first; second <= first+2; second++ {
					w := newWorld(t, open(t))
					w.enqueue("a:a1", "a:a2", "b:b1")
					store := &unsure{Store: w.store, applied: applied, fail: func(n int) bool { return n == first || n == second }}
					r := w.runner("one")
					r.Store = store
					for range 6 { // half of the time that a lease has
						r.Once(t.Context()) //nolint:errcheck // the failure that is meant
						w.advance(backoff)
					}
					w.wantPosted("a1", "a2", "b1")
					w.wantNothingLeft()
					if t.Failed() {
						t.Fatalf("%s: after the commits %d and %d, carried out: %t", name, first, second, applied)
					}
				}
			}
		}
	}
}

// TestRegainLeavesOthers has a commit fail while others hold leases: theirs are not touched.
func TestRegainLeavesOthers(t *testing.T) {
	t.Parallel()
	w := newWorld(t, stores["Memory"](t))
	w.enqueue("a:a1", "b:b1")
	held := w.runner("other")
	w.try = func(e outbox.Effect, n int) (bool, error) {
		if e.ID == "a1" && n == 1 {
			one := w.runner("one")
			one.Store = &unsure{Store: w.store, applied: true, fail: func(n int) bool { return n == 1 }}
			for range 3 {
				one.Once(t.Context()) //nolint:errcheck // the failure that is meant
			}
			if p := w.pending()["a1"]; p.LeaseOwner != "other" {
				t.Errorf("what another does is held by %q", p.LeaseOwner)
			}
		}
		return true, nil
	}
	w.once(held)
	w.wantPosted("a1", "b1")
	w.wantNothingLeft()
}
