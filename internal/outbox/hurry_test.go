package outbox_test

import (
	"testing"
	"time"

	"latchkey/internal/outbox"
	"latchkey/internal/state"
	"latchkey/internal/state/statetest"
)

// TestHurry has what waits be tried at once, in the order of its lane, and nothing else.
func TestHurry(t *testing.T) {
	t.Parallel()
	w := newWorld(t, statetest.Memory())
	w.try = func(e outbox.Effect, n int) (bool, error) { return n > 1 || e.ID == "a2", outbox.NotBegun(time.Hour) }
	w.enqueue("a:a1", "a:a2", "b:b1")
	r := w.runner("one")
	w.once(r)
	hurry := func(of string) {
		t.Helper()
		err := w.store.Update(t.Context(), func(tx state.Tx) error {
			return outbox.Hurry(tx, func(k string) bool { return k == of }, w.Now())
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	w.advance(time.Minute)
	hurry("another.kind")
	if next, _ := w.once(r); !next.Equal(start.Add(time.Hour)) {
		t.Errorf("the next is due at %v, want as before", next)
	}
	hurry(kind)
	w.once(r)
	w.wantPosted("a1", "a2", "b1")
	w.wantNothingLeft()
}

// TestHurryLeavesWhoIsAtWork touches nothing that somebody holds.
func TestHurryLeavesWhoIsAtWork(t *testing.T) {
	t.Parallel()
	w := newWorld(t, statetest.Memory())
	w.enqueue("a:a1", "a:a2")
	w.try = func(e outbox.Effect, n int) (bool, error) {
		if e.ID == "a1" && n == 1 {
			before := w.pending()["a1"]
			if err := w.store.Update(t.Context(), func(tx state.Tx) error {
				return outbox.Hurry(tx, func(string) bool { return true }, w.Now())
			}); err != nil {
				t.Error(err)
			}
			if after := w.pending()["a1"]; after.LeaseUntil != before.LeaseUntil || after.LeaseOwner != before.LeaseOwner {
				t.Errorf("the lease was %+v and is %+v", before, after)
			}
		}
		return true, nil
	}
	w.once(w.runner("one"))
	w.wantPosted("a1", "a2")
	w.wantNothingLeft()
}
