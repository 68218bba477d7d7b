package approvals_test

import (
	"strings"
	"testing"
	"time"

	"latchkey/internal/access"
	"latchkey/internal/policy"
	"latchkey/internal/state"
)

// prolongs has Ana ask for an hour more.
func (w *world) prolongs(t testing.TB, by access.Person, id access.RequestID) (access.Request, error) {
	t.Helper()
	return w.Prolong(t.Context(), w.by(by, ""), id, time.Hour, "the mailbox is large, INC-4711")
}

func (w *world) prolonged(t testing.TB, id access.RequestID) access.RequestID {
	t.Helper()
	r, err := w.prolongs(t, ana, id)
	if err != nil {
		t.Fatalf("Prolong: %v", err)
	}
	return r.ID
}

// TestProlong holds that an approved extension moves the end of the access and gives no
// other.
func TestProlong(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	allowsAhead(w)
	id := w.active(t)
	ends := w.grant(t, id).ExpiresAt
	ext := w.prolonged(t, id)
	w.drain(t)
	if r := w.request(t, ext); r.Extends != id || !r.DecideBy.Equal(ends) || !r.Until().Equal(ends.Add(time.Hour)) {
		t.Fatalf("asked for %+v", r)
	}
	w.does(t, func() error { _, err := w.decide(carol, ext, access.Approve); return err },
		"event request.approved", "event grant.extended",
		"slack.card "+string(id)+"/slack/customer", "slack.card "+string(id)+"/slack/requester",
		"slack.notice "+string(id)+"/slack/requester extended to U0ANA",
		"slack.card "+string(ext)+"/slack/customer", "slack.card "+string(ext)+"/slack/requester")
	w.drain(t)
	if g := w.grant(t, id); g.State != access.Active || !g.ExpiresAt.Equal(ends.Add(time.Hour)) || g.Extended != 1 {
		t.Errorf("the grant is %+v", g)
	}
	if _, err := grantOf(w, ext); err == nil {
		t.Error("the extension has a grant of its own")
	}
	w.at(t, ends)
	if !w.isMember(ana, id, t) {
		t.Error("it ended at its old end")
	}
	w.prolonged(t, id) // the second, which is the last
	if _, err := w.decide(carol, w.lastRequest(t), access.Approve); err != nil {
		t.Fatal(err)
	}
	w.drain(t)
	w.refuses(t, access.Forbidden, "as often as policy allows", func() error { _, err := w.prolongs(t, ana, id); return err })
	w.refuses(t, access.Forbidden, "as often as policy allows", func() error { _, err := w.MayProlong(t.Context(), w.by(ana, ""), id); return err })
	w.at(t, ends.Add(2*time.Hour))
	if w.isMember(ana, id, t) || w.grant(t, id).State != access.Ended {
		t.Errorf("it goes on beyond its last end: %+v", w.grant(t, id))
	}
}

// lastRequest is the one that was made last.
func (w *world) lastRequest(t testing.TB) (id access.RequestID) {
	t.Helper()
	w.look(t, func(tx state.Tx) error {
		all, err := state.All[access.Request](tx, "request/")
		for _, r := range all {
			id = max(id, r.ID)
		}
		return err
	})
	return id
}

func TestProlongIsRefused(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name  string
		by    access.Person
		alter func(*testing.T, *world, access.RequestID)
		code  access.Code
		says  string
	}{
		{"Colleague", bo, nil, access.Forbidden, "Only Ana Ito, whose access it is"},
		{"Contact", carol, nil, access.Forbidden, "Only Ana Ito, whose access it is"},
		{"NotAllowed", ana, func(_ *testing.T, w *world, _ access.RequestID) { w.policy.Rule.Extensions = 0 }, access.Forbidden, "does not let this access be extended"},
		{"Twice", ana, func(t *testing.T, w *world, id access.RequestID) { w.prolonged(t, id) }, access.Conflict, "already asked for the same"},
		{"TooLong", ana, func(_ *testing.T, w *world, _ access.RequestID) { w.policy.Rule.MaxDuration = 30 * time.Minute }, access.Forbidden, "at most 30 min"},
		{"Over", ana, func(t *testing.T, w *world, id access.RequestID) { w.at(t, w.grant(t, id).ExpiresAt) }, access.Conflict, "not in force"},
		{"BeyondTheRelationship", ana, func(t *testing.T, w *world, id access.RequestID) {
			w.put(t, func(tx state.Tx) error {
				return relate(tx, contoso, "rel-contoso", w.grant(t, id).ExpiresAt.Add(time.Minute), helpdesk, users)
			})
		}, access.Conflict, "No relationship with Contoso carries the access of "},
		{"AnotherInEntra", ana, func(t *testing.T, w *world, _ access.RequestID) {
			w.put(t, func(tx state.Tx) error {
				return state.PutStaff(tx, access.Staff{Person: ana, Principal: "p-other", LinkedAt: start})
			})
		}, access.Conflict, "is that of another user in Entra"},
		{"RefusedByThen", ana, func(_ *testing.T, w *world, _ access.RequestID) {
			w.policy.Rules = []policy.Rule{{Name: "Noon", Hours: policy.Hours{From: 11 * time.Hour, Until: 13 * time.Hour}, Refuse: "Not at noon."}}
		}, access.Forbidden, "Not at noon."},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			allowsAhead(w)
			id := w.active(t)
			if tt.alter != nil {
				tt.alter(t, w, id)
			}
			w.refuses(t, tt.code, tt.says, func() error { _, err := w.prolongs(t, tt.by, id); return err })
		})
	}
}

// TestProlongTooLate holds what becomes of an extension whose access ends before anybody
// has decided, or that cannot be granted any more.
func TestProlongTooLate(t *testing.T) {
	t.Parallel()
	t.Run("EndedMeanwhile", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t)
		allowsAhead(w)
		id := w.active(t)
		ext := w.prolonged(t, id)
		w.drain(t)
		if _, err := w.Revoke(t.Context(), w.by(cem, contosoChannel), id, ""); err != nil {
			t.Fatal(err)
		}
		w.drain(t)
		if r := w.request(t, ext); r.State != access.Lapsed {
			t.Errorf("the extension is %s", r.State)
		}
		w.refuses(t, access.Conflict, "ended at", func() error { _, err := w.decide(carol, ext, access.Approve); return err })
		if w.isMember(ana, id, t) {
			t.Error("there is access")
		}
	})
	t.Run("Denied", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t)
		allowsAhead(w)
		id := w.active(t)
		ends, ext := w.grant(t, id).ExpiresAt, w.prolonged(t, id)
		if _, err := w.decide(carol, ext, access.Deny); err != nil {
			t.Fatal(err)
		}
		w.drain(t)
		w.at(t, ends)
		if w.isMember(ana, id, t) {
			t.Error("it goes on although that was denied")
		}
	})
	t.Run("NobodyDecides", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t)
		allowsAhead(w)
		id := w.active(t)
		ends, ext := w.grant(t, id).ExpiresAt, w.prolonged(t, id)
		w.at(t, ends)
		if r := w.request(t, ext); r.State != access.Lapsed || w.isMember(ana, id, t) {
			t.Errorf("the extension is %s", r.State)
		}
	})
	t.Run("PolicyHasChanged", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t)
		allowsAhead(w)
		id := w.active(t)
		ext := w.prolonged(t, id)
		w.policy.Rule.Extensions = 0
		w.refuses(t, access.Conflict, "does not allow it any more", func() error { _, err := w.decide(carol, ext, access.Approve); return err })
	})
}

// TestProlongWindow holds that the access of a window can be extended, but not into the
// next one.
func TestProlongWindow(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	allowsAhead(w)
	starts := []time.Time{start.Add(day), start.Add(day).Add(3*time.Hour + 20*time.Minute), start.Add(2 * day)}
	id := w.ahead(t, starts...)
	w.at(t, starts[0])
	w.prolonged(t, id)
	if _, err := w.decide(carol, w.lastRequest(t), access.Approve); err != nil {
		t.Fatal(err)
	}
	w.drain(t)
	if g := w.grant(t, id); !g.ExpiresAt.Equal(starts[0].Add(3 * time.Hour)) {
		t.Fatalf("the grant is %+v", g)
	}
	w.refuses(t, access.Conflict, "begins again at", func() error { _, err := w.prolongs(t, ana, id); return err })
	w.at(t, starts[1])
	if g := w.grant(t, id); g.Window != 2 || g.State != access.Active || g.Extended != 0 {
		t.Errorf("the next window is %+v", g)
	}
}

// TestWarn holds that a person is told once that their access ends, and again when it
// ends later.
func TestWarn(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	allowsAhead(w)
	id := w.active(t)
	ends := w.grant(t, id).ExpiresAt
	told := func() (n int) {
		for _, done := range w.done {
			if strings.Contains(done, "ends.soon") {
				n++
			}
		}
		return n
	}
	w.at(t, ends.Add(-15*time.Minute-time.Millisecond))
	if n := told(); n != 0 {
		t.Errorf("told %d times too early", n)
	}
	w.at(t, ends.Add(-15*time.Minute))
	w.at(t, ends.Add(-14*time.Minute))
	if n := told(); n != 1 {
		t.Errorf("told %d times, want once", n)
	}
	w.prolonged(t, id)
	if _, err := w.decide(carol, w.lastRequest(t), access.Approve); err != nil {
		t.Fatal(err)
	}
	w.at(t, ends.Add(46*time.Minute))
	if n := told(); n != 2 {
		t.Errorf("told %d times, want once for each end", n)
	}
	late := w.active(t)
	w.at(t, w.grant(t, late).ExpiresAt) // the bot was down
	if n := told(); n != 2 {
		t.Errorf("told %d times, although it was over", n)
	}
}
