package approvals_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"latchkey/internal/access"
	"latchkey/internal/approvals"
	"latchkey/internal/audit"
	"latchkey/internal/outbox"
	"latchkey/internal/policy"
	"latchkey/internal/state"
)

const day = 24 * time.Hour

// allowsAhead has the policy let access begin later, recur and be extended.
func allowsAhead(w *world) {
	w.policy.Rule.StartWithin, w.policy.Rule.Recurring, w.policy.Rule.Extensions = 30*day, 90*day, 2
}

// ahead has Ana ask for access that begins at the moments, and Carol approve it.
func (w *world) ahead(t testing.TB, starts ...time.Time) access.RequestID {
	t.Helper()
	ask := anAsk()
	if ask.StartAt = starts[0]; len(starts) > 1 {
		ask.StartAt, ask.Windows = time.Time{}, starts
	}
	r, err := w.Submit(t.Context(), w.by(ana, ""), ask)
	if err != nil {
		t.Fatalf("Submit: %v", err)
	}
	if _, err := w.decide(carol, r.ID, access.Approve); err != nil {
		t.Fatalf("Decide: %v", err)
	}
	w.drain(t)
	return r.ID
}

// at moves the clock, does what is due, and all that is owed by that.
func (w *world) at(t testing.TB, at time.Time) {
	t.Helper()
	w.now = at
	w.passDue(t)
	w.drain(t)
}

// weekly is a moment a day from now, and the same in the weeks after.
func weekly(n int) (out []time.Time) {
	for i := range n {
		out = append(out, start.Add(day).AddDate(0, 0, 7*i))
	}
	return out
}

func (w *world) isMember(p access.Person, id access.RequestID, t testing.TB) bool {
	t.Helper()
	return w.members[membership{w.request(t, id).Container(), principal(p)}]
}

// TestScheduledStart holds that access begins at its moment and ends at its own.
func TestScheduledStart(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	allowsAhead(w)
	begins := start.Add(day)
	id := w.ahead(t, begins)
	if r := w.request(t, id); r.State != access.Approved || r.DecideBy.After(begins) {
		t.Fatalf("the request is %+v", r)
	}
	w.at(t, begins.Add(-time.Millisecond))
	if w.isMember(ana, id, t) {
		t.Fatal("there is access before its time")
	}
	w.at(t, begins.Add(10*time.Minute)) // the bot was busy, or down
	g := w.grant(t, id)
	if g.State != access.Active || !g.ExpiresAt.Equal(begins.Add(2*time.Hour)) || !w.isMember(ana, id, t) {
		t.Fatalf("the grant is %+v, want it until two hours after %v", g, begins)
	}
	w.at(t, begins.Add(2*time.Hour))
	if g := w.grant(t, id); g.State != access.Ended || w.isMember(ana, id, t) {
		t.Fatalf("the grant is %+v", g)
	}
	if _, ok := w.request(t, id).Next(); ok {
		t.Error("something is still to begin")
	}
}

func TestScheduledStartIsRefused(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name  string
		alter func(*world, *approvals.Ask)
		code  access.Code
		says  string
	}{
		{"TooFar", func(_ *world, a *approvals.Ask) { a.StartAt = start.Add(31 * day) }, access.Forbidden, "at most 30 d ahead"},
		{"NotAllowed", func(w *world, a *approvals.Ask) { w.policy.Rule.StartWithin = 0 }, access.Forbidden, "does not let access be asked for ahead"},
		{"Past", func(_ *world, a *approvals.Ask) { a.StartAt = start.Add(-time.Minute) }, access.Invalid, "is past"},
		{"RecursTooLong", func(_ *world, a *approvals.Ask) { a.Windows = weekly(14) }, access.Forbidden, "for at most 90 d"},
		{"RecursOnceOnlyByItsTerm", func(w *world, a *approvals.Ask) { a.Windows, w.policy.Rule.Recurring = weekly(1), 0 }, access.Forbidden, "does not let access recur"},
		{"RelationshipIsOverByThen", func(w *world, _ *approvals.Ask) {
			w.put(t, func(tx state.Tx) error {
				return relate(tx, contoso, "rel-contoso", start.Add(day).Add(time.Hour), helpdesk, users)
			})
		}, access.Conflict, "no active relationship that lasts until 2026-03-03 11:30 UTC"},
		{"RelationshipIsOverByTheLast", func(w *world, a *approvals.Ask) {
			a.Windows = weekly(3)
			w.put(t, func(tx state.Tx) error {
				return relate(tx, contoso, "rel-contoso", start.AddDate(0, 0, 14), helpdesk, users)
			})
		}, access.Conflict, "no active relationship that lasts until 2026-03-17 11:30 UTC"},
		{"RefusedByThen", func(w *world, _ *approvals.Ask) {
			w.policy.Rules = []policy.Rule{{Name: "Tuesdays", Days: []time.Weekday{time.Tuesday}, Refuse: "Not on a Tuesday."}}
		}, access.Forbidden, "Not on a Tuesday."},
		{"NotOneRule", func(w *world, a *approvals.Ask) {
			a.Windows = []time.Time{start.Add(day), start.Add(2 * day)}
			w.policy.Rules = []policy.Rule{{Name: "Tuesdays", Days: []time.Weekday{time.Tuesday}, MaxDuration: 8 * time.Hour, Approvals: 2, DecideWithin: day, Recurring: 90 * day}}
		}, access.Invalid, "“Tuesdays” decides at 2026-03-03 09:30 UTC, and “rule” at 2026-03-04 09:30 UTC"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			allowsAhead(w)
			ask := anAsk()
			ask.StartAt = start.Add(day)
			tt.alter(w, &ask)
			if ask.Windows != nil {
				ask.StartAt = time.Time{}
			}
			w.refuses(t, tt.code, tt.says, func() error {
				_, err := w.Submit(t.Context(), w.by(ana, ""), ask)
				return err
			})
		})
	}
}

// TestDoesNotBegin holds that what was approved is checked anew when it begins, and who
// is told that it does not.
func TestDoesNotBegin(t *testing.T) {
	t.Parallel()
	begins := start.Add(day)
	for _, tt := range []struct {
		name  string
		alter func(*world)
		says  string
	}{
		{"PolicyHasChanged", func(w *world) { w.policy.Rule.MaxDuration = time.Hour }, "does not allow it any more"},
		{"NoLongerAhead", func(w *world) { w.policy.Rule.StartWithin = 0 }, "does not let access be asked for ahead"},
		{"RefusedAtThatTime", func(w *world) {
			w.policy.Rules = []policy.Rule{{Name: "Tuesdays", Days: []time.Weekday{time.Tuesday}, Refuse: "Not on a Tuesday."}}
		}, "Not on a Tuesday."},
		{"LinkedToAnother", func(w *world) {
			w.put(t, func(tx state.Tx) error {
				return state.PutStaff(tx, access.Staff{Person: ana, Principal: "p-other", LinkedAt: start})
			})
		}, "no longer linked"},
		{"RelationshipIsOver", func(w *world) {
			w.put(t, func(tx state.Tx) error { return relate(tx, contoso, "rel-contoso", begins, helpdesk, users) })
		}, "no active relationship"},
		{"DownForAllOfIt", func(w *world) { w.now = begins.Add(2 * time.Hour) }, "the bot did not run"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			allowsAhead(w)
			id := w.ahead(t, begins)
			w.now = begins
			tt.alter(w)
			w.does(t, func() error { w.passDue(t); return nil },
				"event grant.failed",
				"slack.card "+string(id)+"/slack/customer", "slack.card "+string(id)+"/slack/requester",
				"slack.notice "+string(id)+"/slack/requester failed to U0ANA",
				"slack.notice notice/C0OPS trouble to C0OPS",
				"slack.notice "+string(id)+"/slack/customer not.begun to C0CONTOSO")
			if g := w.grant(t, id); g.State != access.Failed || g.EndReason != access.NotBegun || !strings.Contains(g.EndNote, tt.says) {
				t.Errorf("the grant is %+v, want it not begun for %q", g, tt.says)
			}
			w.drain(t)
			if len(w.members) > 0 {
				t.Errorf("members are %v", w.members)
			}
		})
	}
}

// TestBeginsOnceItCanBeTold holds that a window waits while it is open for what cannot be
// told at its beginning.
func TestBeginsOnceItCanBeTold(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	allowsAhead(w)
	begins := start.Add(day)
	id := w.ahead(t, begins)
	w.put(t, func(tx state.Tx) error { return state.PutMirror(tx, state.MirrorInfo{}) })
	w.now = begins
	if err := w.Due(t.Context(), state.Due{At: begins, Kind: state.DueBegin, Request: id}); access.CodeOf(err) != access.Unavailable {
		t.Fatalf("Due = %v", err)
	}
	w.put(t, func(tx state.Tx) error { return state.PutMirror(tx, state.MirrorInfo{ReadAt: begins}) })
	w.at(t, begins.Add(time.Minute))
	if !w.isMember(ana, id, t) {
		t.Error("it did not begin")
	}
}

// TestWindows holds that each window gives access of its own, one is missed with the bot
// down, one waits for the removal of the one before, and the rest can be stopped.
func TestWindows(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	allowsAhead(w)
	starts := weekly(6)
	id := w.ahead(t, starts...)
	w.at(t, starts[0])
	w.at(t, starts[0].Add(2*time.Hour))
	if g := w.grant(t, id); g.State != access.Ended || g.Window != 1 || w.isMember(ana, id, t) {
		t.Fatalf("after the first window: %+v", g)
	}
	w.at(t, starts[1].Add(3*time.Hour)) // down for all of the second
	if g := w.grant(t, id); g.State != access.Failed || g.Window != 2 || g.EndReason != access.NotBegun {
		t.Fatalf("after the second window: %+v", g)
	}
	w.at(t, starts[2])
	if g := w.grant(t, id); g.State != access.Active || g.Window != 3 || !g.Until.Equal(starts[2].Add(2*time.Hour)) {
		t.Fatalf("in the third window: %+v", g)
	}
	// The removal hangs until the next window has been open for a while.
	w.failing(outbox.GraphLeave, errNet)
	w.now = starts[2].Add(2 * time.Hour)
	w.passDue(t)
	w.once(t)
	w.now = starts[3]
	w.passDue(t)
	w.once(t)
	if g, r := w.grant(t, id), w.request(t, id); g.Window != 3 || g.State != access.Ending || !r.Held {
		t.Fatalf("while the removal hangs: %+v of %+v", g, r)
	}
	w.before = nil
	w.now = starts[3].Add(30 * time.Minute)
	w.protocol = w.protocol.Add(time.Minute)
	w.drain(t)
	if g := w.grant(t, id); g.State != access.Active || g.Window != 4 || !g.ExpiresAt.Equal(starts[3].Add(2*time.Hour)) {
		t.Fatalf("once it was gone: %+v", g)
	}
	// The one that is open is ended alone, then all.
	if _, err := w.Revoke(t.Context(), w.by(carol, contosoChannel), id, ""); err != nil {
		t.Fatal(err)
	}
	w.drain(t)
	if _, ok := w.request(t, id).Next(); !ok || w.isMember(ana, id, t) {
		t.Fatal("nothing more is to come, or the access is still there")
	}
	w.at(t, starts[4])
	if !w.isMember(ana, id, t) {
		t.Fatal("the fifth window did not open")
	}
	if _, err := w.Stop(t.Context(), w.by(carol, contosoChannel), id, "That is enough."); err != nil {
		t.Fatal(err)
	}
	w.drain(t)
	w.at(t, starts[5])
	if r := w.request(t, id); r.Stopped.By.User != carol.User || w.isMember(ana, id, t) || w.grant(t, id).Window != 5 {
		t.Errorf("after the end: %+v, %+v", r, w.grant(t, id))
	}
	var lasted []string
	for _, e := range w.events(t) {
		if e.Kind == access.EventEnded {
			lasted = append(lasted, e.Detail["window"]+" "+e.Detail["lasted"])
		}
	}
	if want := []string{"1 2h0m0s", "3 168h30m0s", "4 0s", "5 0s"}; !slices.Equal(lasted, want) {
		t.Errorf("the log says %v, want %v", lasted, want)
	}
}

// TestStop holds who may end what has not begun, and who hears of it.
func TestStop(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name string
		by   access.Person
		act  func(*world, approvals.Origin, access.RequestID) error
		code access.Code
		told []string
	}{
		{"Requester", ana, withdraws, "", []string{"stopped.customer to C0CONTOSO"}},
		{"RequesterRevokes", ana, revokes, "", []string{"stopped.customer to C0CONTOSO"}},
		{"Contact", carol, revokes, "", []string{"stopped to U0ANA"}},
		{"ContactStops", carol, stops, "", []string{"stopped to U0ANA"}},
		{"Admin", dee, revokes, "", []string{"stopped to U0ANA", "stopped.customer to C0CONTOSO"}},
		{"Colleague", bo, revokes, access.Forbidden, nil},
		{"ColleagueWithdraws", bo, withdraws, access.Forbidden, nil},
		{"Stranger", oskar, stops, access.Forbidden, nil},
		{"OtherCustomer", amir, stops, access.Forbidden, nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			allowsAhead(w)
			id := w.ahead(t, start.Add(day))
			act := func() error { return tt.act(w, w.by(tt.by, ""), id) }
			if tt.code != "" {
				w.refuses(t, tt.code, "", act)
				return
			}
			want := []string{"event request.stopped", "slack.card " + string(id) + "/slack/customer", "slack.card " + string(id) + "/slack/requester"}
			for _, told := range tt.told {
				lane := "requester"
				if strings.Contains(told, "C0") {
					lane = "customer"
				}
				want = append(want, "slack.notice "+string(id)+"/slack/"+lane+" "+told)
			}
			w.does(t, act, want...)
			w.refuses(t, access.Conflict, "", func() error { return stops(w, w.by(carol, ""), id) })
			w.drain(t)
			w.at(t, start.Add(day))
			if _, err := grantOf(w, id); !errors.Is(err, state.ErrNotFound) || len(w.members) > 0 {
				t.Errorf("there is a grant: %v, %v", err, w.members)
			}
		})
	}
}

func withdraws(w *world, o approvals.Origin, id access.RequestID) error {
	_, err := w.Withdraw(context.Background(), o, id)
	return err
}

func revokes(w *world, o approvals.Origin, id access.RequestID) error {
	_, err := w.Revoke(context.Background(), o, id, "")
	return err
}

func stops(w *world, o approvals.Origin, id access.RequestID) error {
	_, err := w.Stop(context.Background(), o, id, "")
	return err
}

func grantOf(w *world, id access.RequestID) (g access.Grant, err error) {
	err = w.store.View(context.Background(), func(tx state.Tx) error {
		g, err = state.Grant(tx, id)
		return err
	})
	return g, err
}

// TestUnlinkStopsWhatIsAhead holds that whoever is unlinked gets nothing later either.
func TestUnlinkStopsWhatIsAhead(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	allowsAhead(w)
	starts := weekly(2)
	first, later := w.ahead(t, starts...), w.ahead(t, start.Add(3*day))
	w.at(t, starts[0])
	if err := w.UnlinkStaff(t.Context(), w.by(dee, ""), ana.User); err != nil {
		t.Fatal(err)
	}
	w.drain(t)
	w.at(t, starts[1])
	for _, id := range []access.RequestID{first, later} {
		if r := w.request(t, id); r.Stopped.At.IsZero() {
			t.Errorf("%s goes on: %+v", id, r)
		}
	}
	if len(w.members) > 0 {
		t.Errorf("members are %v", w.members)
	}
	w.look(t, func(tx state.Tx) error { _, err := audit.Verify(tx); return err })
}
