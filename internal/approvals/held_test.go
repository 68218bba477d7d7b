package approvals_test

import (
	"testing"
	"time"

	"latchkey/internal/access"
	"latchkey/internal/outbox"
	"latchkey/internal/state"
)

// held is a world in which the second window of a request waits for the access of the
// first to be gone, which nothing hinders any more.
func held(t *testing.T) (*world, access.RequestID, []time.Time) {
	t.Helper()
	w := newWorld(t)
	allowsAhead(w)
	starts := weekly(2)
	id := w.ahead(t, starts...)
	w.at(t, starts[0])
	w.failing(outbox.GraphLeave, errNet)
	w.now = starts[1]
	w.passDue(t)
	w.once(t)
	w.passDue(t)
	if r := w.request(t, id); !r.Held {
		t.Fatalf("the second window does not wait: %+v", r)
	}
	w.before = nil
	w.protocol = w.protocol.Add(time.Minute)
	return w, id, starts
}

// TestHeldWhileItCannotBeTold holds that a removal is recorded though it cannot be told
// whether the window that waits for it may open, and that this opens once it can.
func TestHeldWhileItCannotBeTold(t *testing.T) {
	t.Parallel()
	w, id, starts := held(t)
	w.put(t, func(tx state.Tx) error { return state.PutMirror(tx, state.MirrorInfo{}) })
	w.drain(t)
	if g := w.grant(t, id); g.State != access.Ended || w.isMember(ana, id, t) {
		t.Fatalf("once the access is gone: %+v", g)
	}
	w.put(t, func(tx state.Tx) error { return state.PutMirror(tx, state.MirrorInfo{ReadAt: w.now}) })
	w.at(t, starts[1].Add(time.Minute))
	if g := w.grant(t, id); g.Window != 2 || g.State != access.Active {
		t.Errorf("once it can be told: %+v", g)
	}
}

// TestHeldWhileTheClockIsPutBack holds that a window opens at its time though the clock
// was ahead when it should have opened for the first time.
func TestHeldWhileTheClockIsPutBack(t *testing.T) {
	t.Parallel()
	w, id, starts := held(t)
	w.now = starts[1].Add(-time.Minute)
	w.drain(t)
	if g := w.grant(t, id); g.State != access.Ended || w.isMember(ana, id, t) {
		t.Fatalf("before its time: %+v", g)
	}
	w.at(t, starts[1])
	if g := w.grant(t, id); g.Window != 2 || g.State != access.Active {
		t.Errorf("at its time: %+v", g)
	}
}
