package access_test

import (
	"reflect"
	"testing"
	"time"

	"latchkey/internal/access"
)

// aheadWalk is a request whose access begins at moments, with the grant of the window
// that opened last.
type aheadWalk struct {
	t       *testing.T
	now     time.Time
	request access.Request
	grant   access.Grant
	longer  time.Duration // by which extensions have moved the end of that window
}

// FuzzAhead lets random events happen to a request for windows and to their grants. The
// first byte is how many windows there are; one is a single start. Then two bytes make an
// event. Nothing may be active outside its window, as it was approved and extended.
func FuzzAhead(f *testing.F) {
	f.Add([]byte{1, 0, 1, 0, 2, 5, 144, 6, 0, 8, 0, 5, 12, 10, 0, 11, 0})
	f.Add([]byte{3, 0, 1, 0, 2, 5, 144, 6, 0, 8, 0, 13, 60, 5, 20, 10, 0, 11, 0, 5, 160, 6, 0, 8, 0, 7, 2})
	f.Add([]byte{2, 0, 1, 0, 2, 5, 200, 6, 0, 9, 0, 11, 0, 5, 100, 5, 100, 6, 0})
	f.Add([]byte{2, 0, 1, 0, 2, 7, 1, 5, 144, 6, 0})
	f.Add([]byte{2, 0, 1, 1, 2})
	f.Add([]byte{2, 5, 144, 0, 1, 4, 0})
	f.Add([]byte{2, 0, 1, 0, 2, 5, 144, 6, 0, 8, 0, 5, 255, 5, 255, 12, 0, 10, 0, 11, 0, 6, 0, 8, 0, 14, 0})
	f.Fuzz(func(t *testing.T, events []byte) {
		if len(events) == 0 || len(events) > 300 {
			return
		}
		asked := scheduledTerms()
		if n := 1 + int(events[0])%5; n == 1 {
			asked.StartAt = start.Add(24 * time.Hour)
		} else {
			for i := range n {
				asked.Windows = append(asked.Windows, start.Add(24*time.Hour).Add(time.Duration(i)*26*time.Hour))
			}
		}
		r, err := access.NewRequest(asked, start)
		if err != nil {
			t.Fatal(err)
		}
		w := &aheadWalk{t: t, now: start, request: r}
		for events = events[1:]; len(events) >= 2; events = events[2:] {
			w.step(events[0]%15, events[1])
			w.check()
		}
	})
}

func (w *aheadWalk) step(event, detail byte) {
	by := people[int(detail)%len(people)]
	switch event {
	case 0:
		w.changes(func(r access.Request) (access.Request, error) {
			return r.Decide(access.Decision{By: by, Verdict: access.Approve}, r.Terms, w.now)
		})
	case 1:
		w.changes(func(r access.Request) (access.Request, error) {
			left := &access.Narrowing{Roles: r.Roles, Duration: time.Duration(detail) * time.Minute}
			return r.Decide(access.Decision{By: by, Verdict: access.Approve, Narrowed: left}, r.Terms, w.now)
		})
	case 2:
		w.changes(func(r access.Request) (access.Request, error) {
			return r.Decide(access.Decision{By: by, Verdict: access.Deny}, r.Terms, w.now)
		})
	case 3:
		w.changes(func(r access.Request) (access.Request, error) { return r.Withdraw(by, w.now) })
	case 4:
		w.changes(func(r access.Request) (access.Request, error) { return r.Lapse(w.now) })
	case 5:
		w.now = w.now.Add(time.Duration(detail) * 10 * time.Minute)
	case 6:
		w.opens()
	case 7:
		w.changes(func(r access.Request) (access.Request, error) { return r.Stop(by, "", w.now) })
	case 8:
		w.moves(func(g access.Grant) (access.Grant, error) { return g.Joined(w.now), nil })
	case 9:
		w.moves(func(g access.Grant) (access.Grant, error) { return g.Refused("no", w.now), nil })
	case 10:
		w.moves(func(g access.Grant) (access.Grant, error) { return g.End(access.Revoked, by, "") })
	case 11:
		w.moves(func(g access.Grant) (access.Grant, error) { return g.Left("", w.now), nil })
	case 12:
		w.changes(func(r access.Request) (access.Request, error) {
			if w.grant.Request == "" || w.grant.Final() {
				return r, access.Refuse(access.Conflict, "there is nothing to wait for")
			}
			if r, due := r.Hold(w.now); due {
				return r, nil
			}
			return r, access.Refuse(access.Conflict, "not yet")
		})
	case 13:
		w.extends(time.Duration(detail) * time.Minute)
	case 14:
		w.moves(func(g access.Grant) (access.Grant, error) { g, _ = g.Warn(w.now); return g, nil })
	}
}

// changes lets an event happen to the request. What is not refused is one change.
func (w *aheadWalk) changes(event func(access.Request) (access.Request, error)) {
	before := w.request
	after, err := event(before)
	if (err != nil) != reflect.DeepEqual(before, after) || err == nil && after.Rev != before.Rev+1 {
		w.t.Fatalf("%+v became %+v, with %v", before, after, err)
	}
	if before.State != access.Pending && after.State != before.State {
		w.t.Fatalf("%s is final and became %s", before.State, after.State)
	}
	if !before.Stopped.At.IsZero() && after.Stopped != before.Stopped {
		w.t.Fatalf("the end was taken back: %+v", after)
	}
	w.request = after
}

// moves lets an event happen to the grant.
func (w *aheadWalk) moves(event func(access.Grant) (access.Grant, error)) {
	if w.grant.Request == "" {
		return
	}
	before := w.grant
	after, err := event(before)
	switch {
	case err != nil && after != before, after != before && after.Rev != before.Rev+1:
		w.t.Fatalf("%+v became %+v, with %v", before, after, err)
	case before.Final() && after != before:
		w.t.Fatalf("%s is final and became %+v", before.State, after)
	case before.State == access.Active && after.State == access.Active && after.ExpiresAt.Before(before.ExpiresAt):
		w.t.Fatalf("the end came nearer: %v, then %v", before.ExpiresAt, after.ExpiresAt)
	}
	w.grant = after
}

// opens lets the window that is due open, if the one before is over.
func (w *aheadWalk) opens() {
	r, window, err := w.request.Pass(w.now)
	if err != nil {
		return
	}
	before := w.grant
	g, err := w.request.Open(window, before, w.now)
	switch over := before.Request == "" || before.Final(); {
	case err == nil && !over:
		w.t.Fatalf("a second grant while the first is %s", before.State)
	case err != nil && over:
		w.t.Fatalf("window %d does not open: %v", window.N, err)
	case err != nil:
		return
	case g.Window != before.Window+1 || g.Rev <= before.Rev:
		w.t.Fatalf("after window %d comes %d, at revision %d", before.Window, g.Window, g.Rev)
	case !w.request.Stopped.At.IsZero() || w.request.State != access.Approved:
		w.t.Fatalf("a window of %+v opened", w.request)
	case g.Live() && (w.now.Before(window.Start) || !w.now.Before(window.End)):
		w.t.Fatalf("window %+v opened at %v", window, w.now)
	}
	w.request, w.grant, w.longer = r, g, 0
}

func (w *aheadWalk) extends(by time.Duration) {
	until := w.grant.ExpiresAt.Add(by)
	if w.request.Room(until) != nil {
		return
	}
	before := w.grant
	w.moves(func(g access.Grant) (access.Grant, error) { return g.Extend(until, w.now) })
	if w.grant != before {
		w.longer += by
	}
}

// check is what must hold at any moment.
func (w *aheadWalk) check() {
	r, g := w.request, w.grant
	starts := r.Starts()
	if r.DecideBy.After(starts[0]) {
		w.t.Fatalf("can be decided until %v and begins at %v", r.DecideBy, starts[0])
	}
	if r.Opened > len(starts) || g.Window > r.Opened {
		w.t.Fatalf("window %d of %d, of %d", g.Window, r.Opened, len(starts))
	}
	at, begins := r.Begins()
	if next, ok := r.Next(); begins && (!ok || !at.Equal(next.Start)) || r.Held && !ok {
		w.t.Fatalf("begins at %v, and the next is %+v, of %+v", at, next, r)
	}
	if g.Request == "" {
		return
	}
	begin := starts[g.Window-1]
	due, timed := g.Due()
	switch {
	case timed && due.After(begin.Add(r.Duration+w.longer)):
		w.t.Fatalf("window %d from %v for %v, and %v longer, ends at %v", g.Window, begin, r.Duration, w.longer, due)
	case !g.ActiveAt.IsZero() && g.ActiveAt.Before(begin):
		w.t.Fatalf("window %d from %v was active at %v", g.Window, begin, g.ActiveAt)
	case g.EndReason == access.NotBegun && (g.State != access.Failed || !g.ActiveAt.IsZero()):
		w.t.Fatalf("what had not begun is %+v", g)
	case g.Live() && g.Window < len(starts) && r.Opened == g.Window && due.After(starts[g.Window]):
		w.t.Fatalf("window %d lasts until %v, into the next", g.Window, due)
	}
	if warn, ok := g.NextWarning(); ok && (!warn.Before(g.ExpiresAt) || warn.Before(g.ExpiresAt.Add(-15*time.Minute)) || g.State != access.Active) {
		w.t.Fatalf("is told at %v that it ends at %v", warn, g.ExpiresAt)
	}
}
