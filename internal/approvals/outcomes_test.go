package approvals_test

import (
	"fmt"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"latchkey/internal/access"
	"latchkey/internal/outbox"
	"latchkey/internal/state"
)

var joinEffect = strings.Replace(leaveEffect(), "leave", "join", 1)

// TestLife follows one grant from the request to its end, on both stores.
func TestLife(t *testing.T) {
	t.Parallel()
	for name, open := range map[string]func(testing.TB) *world{"Memory": newWorld, "Bolt": newBoltWorld} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := open(t)
			id := w.approved(t)
			of := func(kind string) func() error {
				return func() error { w.onceOf(t, kind); return nil }
			}
			w.does(t, of(outbox.GraphContainer), "event container.ready", joinEffect)
			w.now = start.Add(time.Minute)
			w.does(t, of(outbox.GraphJoin), "event grant.active", customerCard, requesterCard,
				"slack.notice R-00002/slack/requester active to U0ANA")
			g := w.grant(t, id)
			if !g.ActiveAt.Equal(w.now) || !g.ExpiresAt.Equal(w.now.Add(2*time.Hour)) || len(w.members) != 1 {
				t.Errorf("the grant is %+v, members %v", g, w.members)
			}
			w.now = g.ExpiresAt
			if err := w.Due(t.Context(), state.Due{Kind: state.DueExpire, Request: id}); err != nil {
				t.Fatal(err)
			}
			w.now = w.now.Add(time.Second)
			w.does(t, of(outbox.GraphLeave), "event grant.ended", customerCard, requesterCard,
				"slack.notice R-00002/slack/requester ended.requester to U0ANA",
				"slack.notice R-00002/slack/customer ended to C0CONTOSO")
			if g := w.grant(t, id); g.State != access.Ended || !g.EndedAt.Equal(w.now) || len(w.members) != 0 {
				t.Errorf("the grant is %+v, members %v", g, w.members)
			}
			w.drain(t)
		})
	}
}

// TestRefusedOutside has Entra refuse for good. The grant goes through its
// removal, and both its requester and the operators are told, but no secret of
// an error is.
func TestRefusedOutside(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, kind string
		fail       error
		note       string
	}{
		{"Container", outbox.GraphContainer, errGone, "The group was deleted."},
		{"Join", outbox.GraphJoin, errGone, "The group was deleted."},
		{"JoinRotten", outbox.GraphJoin, errRotten, "Microsoft did not accept it; the bot's log says more."},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			id := w.approved(t)
			if test.kind == outbox.GraphJoin {
				w.onceOf(t, outbox.GraphContainer)
			}
			w.failing(test.kind, test.fail)
			w.does(t, func() error { w.onceOf(t, test.kind); return nil },
				"event grant.ending", leaveEffect(), customerCard, requesterCard)
			if g := w.grant(t, id); g.State != access.Ending || g.EndReason != access.CouldNotActivate || g.EndNote != test.note {
				t.Errorf("the grant is %+v", g)
			}
			w.does(t, func() error { w.onceOf(t, outbox.GraphLeave); return nil },
				"event grant.failed", customerCard, requesterCard,
				"slack.notice R-00002/slack/requester failed to U0ANA",
				"slack.notice notice/C0OPS trouble to C0OPS")
			if g := w.grant(t, id); g.State != access.Failed {
				t.Errorf("the grant is %+v", g)
			}
		})
	}
}

// TestNeverInForce ends what Entra has not confirmed. The operators hear of a
// confirmation that did not come, but nothing of a note that was not for them.
func TestNeverInForce(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name string
		end  func(*testing.T, *world, access.RequestID) error
		told string
	}{
		{"NotActivated", func(t *testing.T, w *world, id access.RequestID) error {
			w.now = start.Add(access.ActivateWithin)
			return w.Due(t.Context(), state.Due{Kind: state.DueExpire, Request: id})
		}, "R-00002 could not be given: Microsoft did not confirm it within 1 h; the bot's log says more."},
		{"Revoked", func(t *testing.T, w *world, id access.RequestID) error {
			_, err := w.Revoke(t.Context(), w.by(carol, ""), id, "a private note")
			return err
		}, ""},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			id := w.approved(t)
			if err := test.end(t, w, id); err != nil {
				t.Fatal(err)
			}
			want := []string{"event grant.ended", customerCard, requesterCard, "slack.notice R-00002/slack/requester failed to U0ANA"}
			if test.told != "" {
				want = append(want, "slack.notice notice/C0OPS trouble to C0OPS")
			}
			w.does(t, func() error { w.onceOf(t, outbox.GraphLeave); return nil }, want...)
			owed := w.pending(t)
			last, err := outbox.Payload[outbox.NoticePayload](owed[len(owed)-1])
			if err != nil || last.Text != test.told {
				t.Errorf("the last notice says %q, %v; want %q", last.Text, err, test.told)
			}
		})
	}
}

// TestRefusedWithoutOperations has nobody to tell.
func TestRefusedWithoutOperations(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.policy.Operations = ""
	w.approved(t)
	w.failing(outbox.GraphContainer, errGone)
	w.onceOf(t, outbox.GraphContainer)
	w.does(t, func() error { w.onceOf(t, outbox.GraphLeave); return nil },
		"event grant.failed", customerCard, requesterCard, "slack.notice R-00002/slack/requester failed to U0ANA")
}

// TestJoinedLate revokes while Entra is at work. What was given after all is
// taken away, and never counts as active.
func TestJoinedLate(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name   string
		revoke string // during the effect of this kind, after it acted
	}{
		{"DuringContainer", outbox.GraphContainer},
		{"DuringJoin", outbox.GraphJoin},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			id := w.approved(t)
			w.after = func(e outbox.Effect) error {
				if e.Kind != test.revoke {
					return nil
				}
				_, err := w.Revoke(t.Context(), w.by(carol, contosoChannel), id, "")
				return err
			}
			w.drain(t)
			g := w.grant(t, id)
			if g.State != access.Ended || !g.ActiveAt.IsZero() || g.EndReason != access.Revoked || len(w.members) != 0 {
				t.Errorf("the grant is %+v, members %v", g, w.members)
			}
			for _, e := range w.events(t) {
				if e.Kind == access.EventActive {
					t.Error("the log says that it was active")
				}
			}
		})
	}
}

// TestRefusedLate has Entra refuse what was revoked meanwhile: it has its reason.
func TestRefusedLate(t *testing.T) {
	t.Parallel()
	for _, kind := range []string{outbox.GraphContainer, outbox.GraphJoin} {
		w := newWorld(t)
		id := w.approved(t)
		w.before = func(e outbox.Effect) error {
			if e.Kind != kind {
				return nil
			}
			if _, err := w.Revoke(t.Context(), w.by(ana, ""), id, ""); err != nil {
				t.Error(err)
			}
			return errGone
		}
		w.drain(t)
		if g := w.grant(t, id); g.State != access.Ended || g.EndReason != access.Revoked || len(w.members) != 0 {
			t.Errorf("%s: the grant is %+v, members %v", kind, g, w.members)
		}
	}
}

// TestHeld gives the same twice. The membership stays until the last one ends.
func TestHeld(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	first := w.active(t)
	w.now = start.Add(time.Hour)
	second := w.active(t)
	w.now = start.Add(2 * time.Hour)
	if err := w.Due(t.Context(), state.Due{Kind: state.DueExpire, Request: first}); err != nil {
		t.Fatal(err)
	}
	w.drain(t)
	if g := w.grant(t, first); g.State != access.Ended || g.HeldBy != second || len(w.members) != 1 {
		t.Errorf("the first grant is %+v, members %v", g, w.members)
	}
	entry, err := w.Entry(t.Context(), first)
	if err != nil || !entry.HeldUntil.Equal(start.Add(3*time.Hour)) {
		t.Errorf("Entry = %+v, %v", entry, err)
	}
	events := w.events(t)
	if e := events[len(events)-1]; e.Kind != access.EventEnded || e.Detail["held by"] != string(second) {
		t.Errorf("the event is %+v", e)
	}
	if _, err := w.Revoke(t.Context(), w.by(ana, ""), second, ""); err != nil {
		t.Fatal(err)
	}
	w.drain(t)
	if g := w.grant(t, second); g.State != access.Ended || g.HeldBy != "" || len(w.members) != 0 {
		t.Errorf("the second grant is %+v, members %v", g, w.members)
	}
}

// TestContainerIsFoundOnce uses one container twice: the second time nobody looks for it
// before the join does. Where that finds it changed, it is looked for again, and may have
// been made anew.
func TestContainerIsFoundOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.active(t)
	second := w.asked(t)
	w.does(t, func() error { _, err := w.decide(carol, second, access.Approve); return err },
		"event request.approved", "event grant.activating", joinEffect,
		strings.Replace(customerCard, "R-00002", string(second), 1), strings.Replace(requesterCard, "R-00002", string(second), 1))
	w.drain(t)
	id := w.approved(t)
	w.joins.Changed = true
	w.does(t, func() error { w.onceOf(t, outbox.GraphJoin); return nil }, "graph.container "+string(w.grant(t, id).Container))
	w.joins.Changed = false
	if g := w.grant(t, id); g.State != access.Activating {
		t.Errorf("the grant is %s, want it to be given still", g.State)
	}
	result, err := encode(outbox.ContainerResult{
		Group: access.GroupID("g-" + w.grant(t, id).Container), Relationship: "rel", Assignment: "as-new",
	})
	if err != nil {
		t.Fatal(err)
	}
	owed := w.pending(t)
	e := owed[slices.IndexFunc(owed, func(e outbox.Effect) bool { return e.Kind == outbox.GraphContainer })]
	w.does(t, func() error {
		return w.store.Update(t.Context(), func(tx state.Tx) error {
			return w.Outcomes()[outbox.GraphContainer].Done(tx, e, result)
		})
	}, "event container.ready", joinEffect)
	w.look(t, func(tx state.Tx) error {
		c, err := state.Container(tx, w.grant(t, id).Container)
		if c.Assignment != "as-new" {
			t.Errorf("the container is %+v", c)
		}
		return err
	})
}

// TestLeaveTrouble lets the removal fail. The operators hear of it at the fifth
// failure and each time their number has doubled, and the grant never counts as
// ended before it is.
func TestLeaveTrouble(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	id := w.active(t)
	if _, err := w.Revoke(t.Context(), w.by(ana, ""), id, ""); err != nil {
		t.Fatal(err)
	}
	w.failing(outbox.GraphLeave, errNet)
	var alerts []int
	for try := 1; try <= 21; try++ {
		before := len(w.told.stuck)
		w.once(t)
		w.once(t)
		for range w.told.stuck[before:] {
			alerts = append(alerts, try)
		}
		if g := w.grant(t, id); g.State != access.Ending {
			t.Fatalf("after %d failures the grant is %s", try, g.State)
		}
		w.protocol = w.protocol.Add(time.Second)
	}
	if !slices.Equal(alerts, []int{5, 10, 20}) {
		t.Errorf("the operators were told at %v, want at 5, 10 and 20", alerts)
	}
	w.before = nil
	w.drain(t)
	if g := w.grant(t, id); g.State != access.Ended || len(w.members) != 0 {
		t.Errorf("the grant is %s, members %v", g.State, w.members)
	}
	if want := fmt.Sprintf("%s by %s", principal(ana), ana.User); !slices.Equal(w.told.out, []string{want}) {
		t.Errorf("told that %v are out, want %s", w.told.out, want)
	}
}

// TestLeaveTroubleAfterALostLease has the fifth failure be one that ended with
// its lease: the operators hear of it with the sixth.
func TestLeaveTroubleAfterALostLease(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	id := w.active(t)
	if _, err := w.Revoke(t.Context(), w.by(ana, ""), id, ""); err != nil {
		t.Fatal(err)
	}
	w.failing(outbox.GraphLeave, errNet)
	alerts := func() int { return len(w.told.stuck) }
	for range 4 {
		w.once(t)
		w.protocol = w.protocol.Add(time.Second)
	}
	w.before = func(e outbox.Effect) error {
		if e.Kind == outbox.GraphLeave {
			runtime.Goexit() // the process ends
		}
		return nil
	}
	gone := make(chan struct{})
	go func() { defer close(gone); w.once(t) }()
	<-gone
	w.put(t, func(tx state.Tx) error {
		return outbox.Release(tx, w.protocol, func(int) time.Duration { return 0 }, nil)
	})
	if alerts() != 0 {
		t.Errorf("told after four failures: %v", w.told.stuck)
	}
	w.failing(outbox.GraphLeave, errNet)
	for range 4 {
		w.once(t)
		w.protocol = w.protocol.Add(time.Second)
	}
	if alerts() != 1 {
		t.Errorf("the operators were told %v", w.told.stuck)
	}
	w.before = nil
	w.drain(t)
}

// TestTroubleIsNotHeldUp has the customer's channel be out of reach: what the
// operators must hear does not wait for it.
func TestTroubleIsNotHeldUp(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.approved(t)
	w.before = func(e outbox.Effect) error {
		switch {
		case e.Kind == outbox.GraphContainer:
			return errGone
		case e.Kind == outbox.SlackCard && strings.Contains(e.ID, outbox.CustomerCard):
			return errNet
		}
		return nil
	}
	w.once(t)
	w.once(t)
	if done := strings.Join(w.done, " "); !strings.Contains(done, "trouble") {
		t.Errorf("the operators were not told; done: %s", done)
	}
}

// TestDeadCards records a card and a notice that cannot be posted.
func TestDeadCards(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.asked(t)
	w.failing(outbox.SlackCard, errRotten)
	w.does(t, func() error { w.once(t); return nil }, "event effect.dead", "event effect.dead")
	events := w.events(t)
	if e := events[len(events)-1]; e.Detail["kind"] != outbox.SlackCard || !strings.Contains(e.Detail["effect"], "requester") {
		t.Errorf("the event is %+v", e)
	}
}
