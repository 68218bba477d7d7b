package watch_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"testing"
	"time"

	"latchkey/internal/access"
	"latchkey/internal/audit"
	"latchkey/internal/outbox"
	"latchkey/internal/state"
	"latchkey/internal/state/statetest"
	"latchkey/internal/watch"
)

// world is the service on a store, with the sync job played by passes.
type world struct {
	*watch.Service
	t        *testing.T
	store    state.Store
	now      time.Time
	followed int
	seen     map[string]int // effects that were looked at
}

func newWorld(t *testing.T) *world {
	w := &world{t: t, store: statetest.Memory(), now: start, seen: map[string]int{}}
	w.Service = &watch.Service{
		Now: func() time.Time { return w.now }, Protocol: func() time.Time { return start },
		Operations: func() access.ChannelID { return "C0OPS" },
		Follow:     func(state.Tx, access.Relationship) error { w.followed++; return nil },
		Log:        slog.New(slog.DiscardHandler),
	}
	return w
}

func (w *world) update(fn func(state.Tx) error) {
	w.t.Helper()
	if err := w.store.Update(context.Background(), fn); err != nil {
		w.t.Fatal(err)
	}
}

// pass has the sync job read these, and returns what is owed for it.
func (w *world) pass(rels ...*state.MirroredRelationship) []string {
	w.t.Helper()
	for _, m := range rels {
		w.update(func(tx state.Tx) error {
			old, changed, err := state.ReplaceMirrored(tx, *m)
			if err != nil || !changed {
				return err
			}
			return w.Changed(tx, old, m)
		})
	}
	w.update(func(tx state.Tx) error {
		all, _, err := state.Readable[state.MirroredRelationship](tx, "mirror/relationship/")
		for _, m := range all {
			if !slices.ContainsFunc(rels, func(r *state.MirroredRelationship) bool { return r.ID == m.ID }) {
				err = errors.Join(err, state.DeleteMirrored(tx, m), w.Changed(tx, &m, nil))
			}
		}
		return errors.Join(err, w.Read(tx, true))
	})
	return w.owed()
}

// owed lists the effects since the last look: "alert card 1", "storm", "watching".
func (w *world) owed() (out []string) {
	w.t.Helper()
	w.update(func(tx state.Tx) error {
		out = nil
		all, err := outbox.Pending(tx)
		for _, e := range all {
			if w.seen[e.ID] == 1+e.Folded {
				continue
			}
			if w.seen[e.ID] = 1 + e.Folded; e.Kind == outbox.SlackNotice {
				n, err2 := outbox.Payload[outbox.NoticePayload](e)
				out, err = append(out, fmt.Sprintf("%s to %s: %s", n.Notice, n.Channel, n.Text)), errors.Join(err, err2)
				continue
			}
			if e.Kind == outbox.Who {
				p, err2 := outbox.Payload[outbox.WhoPayload](e)
				out, err = append(out, fmt.Sprintf("who %s", p.Change)), errors.Join(err, err2)
				continue
			}
			if e.Kind == outbox.SlackFile {
				out = append(out, "table")
				continue
			}
			p, err2 := outbox.Payload[outbox.AlertCardPayload](e)
			if err = errors.Join(err, err2); p.Storm != "" {
				out = append(out, "storm")
				continue
			}
			a, err2 := state.Alert(tx, p.Alert)
			err = errors.Join(err, err2)
			out = append(out, fmt.Sprintf("%s%s card %d", a.Name, a.GroupName, p.Card))
		}
		return err
	})
	slices.Sort(out)
	return out
}

func (w *world) want(what string, got []string, want ...string) {
	w.t.Helper()
	if len(got) != len(want) {
		w.t.Fatalf("%s: owed %q, want %q", what, got, want)
	}
	for i := range got {
		if !strings.HasPrefix(got[i], want[i]) {
			w.t.Errorf("%s: owed %q, want %q", what, got[i], want[i])
		}
	}
}

func (w *world) alert(id access.RelationshipID, group access.GroupID) (a access.Alert) {
	w.t.Helper()
	w.update(func(tx state.Tx) (err error) {
		a, err = state.Alert(tx, access.AlertOf(id, group))
		return err
	})
	return a
}

// watched has the baseline taken of these.
func (w *world) watched(rels ...*state.MirroredRelationship) {
	w.t.Helper()
	w.want("the baseline", w.pass(rels...), "watching to C0OPS")
}

// due does what time demands.
func (w *world) due() {
	w.t.Helper()
	var due []state.Due
	w.update(func(tx state.Tx) (err error) {
		due, err = state.DueUntil(tx, w.now, 100)
		return err
	})
	for _, d := range due {
		if err := w.Due(context.Background(), w.store, d); err != nil {
			w.t.Fatal(err)
		}
	}
	w.update(func(tx state.Tx) error {
		left, err := state.DueUntil(tx, w.now, 1)
		if len(left) > 0 {
			w.t.Errorf("%+v is due for ever", left)
		}
		return err
	})
}

func (w *world) events() (out []access.EventKind) {
	w.t.Helper()
	w.update(func(tx state.Tx) error {
		out = nil
		for e, err := range audit.All(tx) {
			if err != nil {
				return err
			}
			out = append(out, e.Kind)
		}
		return nil
	})
	return out
}

func TestBaseline(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	other := rel(called("Old"))
	other.ID, other.Customer = "rel-2", "adatum"
	invitation := rel(is("approvalPending"))
	invitation.ID, invitation.Customer = "rel-3", ""
	w.update(func(tx state.Tx) error { return errors.Join(w.Changed(tx, nil, rel()), w.Read(tx, false)) })
	w.want("a pass that broke", w.owed())
	w.want("the first whole pass", w.pass(rel(), other, invitation), "watching to C0OPS: Watching 3 relationships of 2 customers.")
	w.want("the second", w.pass(rel(), other, invitation))
	w.want("a change", w.pass(rel(is("terminated")), other, invitation), "Care plan card 1")
	if got := w.events(); !slices.Equal(got, []access.EventKind{access.EventWatching, access.EventAlertOpened}) {
		t.Errorf("the log has %v", got)
	}
	if w.followed != 5 { // one twice in the pass that broke, three new ones, one change
		t.Logf("offers were followed %d times", w.followed)
	}
}

// TestBaselineOfNothing is that of a partner who has no relationship yet.
func TestBaselineOfNothing(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.want("nothing", w.pass(), "watching to C0OPS: Watching 0 relationships of 0 customers.")
	w.want("the first", w.pass(rel()), "Care plan card 1")
}

func TestAlerts(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.watched(rel())
	w.want("terminating", w.pass(rel(is("terminating"))), "Care plan card 1")
	w.now = w.now.Add(time.Hour)
	w.want("back", w.pass(rel()), "Care plan card 1")
	if a := w.alert("rel-1", ""); a.State != access.AlertResolved || len(a.History) != 2 || a.Customer != contoso || !access.SameRoles(a.Roles, rel().Roles) {
		t.Errorf("the alert is %+v", a)
	}
	w.want("again", w.pass(rel(is("terminating"))), "Care plan card 1")
	w.now = w.now.Add(25 * time.Hour)
	w.want("a day later", w.pass(rel(is("terminated"))), "Care plan card 1", "Care plan card 2")
	w.want("nothing new", w.pass(rel(is("terminated"))))
	want := []access.EventKind{
		access.EventWatching, access.EventAlertOpened, access.EventAlertResolved, access.EventAlertOpened, access.EventAlertChanged,
	}
	if got := w.events(); !slices.Equal(got, want) {
		t.Errorf("the log has %v, want %v", got, want)
	}
}

func TestVanishedAndBack(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.watched(rel())
	w.want("gone", w.pass(), "Care plan card 1")
	w.want("back", w.pass(rel()), "Care plan card 1")
	if a := w.alert("rel-1", ""); a.State != access.AlertResolved || a.Newest().Kind != access.ChangeListed {
		t.Errorf("the alert is %+v", a)
	}
	w.want("gone again", w.pass(), "Care plan card 1")
	w.want("back, but over", w.pass(rel(is("terminated"))), "Care plan card 1")
	if a := w.alert("rel-1", ""); a.State != access.AlertOpen {
		t.Errorf("the alert is %+v", a)
	}
}

// TestReplaced settles the alert about a lost relationship when another one
// brings all of its roles back.
func TestReplaced(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		name  string
		roles []access.RoleID
		state access.AlertState
	}{
		{"All", []access.RoleID{"a", "b", "c"}, access.AlertResolved},
		{"Some", []access.RoleID{"a", "c"}, access.AlertOpen},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			w.watched(rel())
			w.pass(rel(is("terminated")))
			next := rel(called("Next"), holds(row.roles...))
			next.ID = "rel-2"
			w.pass(rel(is("terminated")), next)
			if a := w.alert("rel-1", ""); a.State != row.state {
				t.Errorf("the alert is %+v", a)
			}
		})
	}
}

// TestOurOwn is silent about what the bot makes, and loud when that is undone.
func TestOurOwn(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.watched(rel(unassigned(1)))
	c := access.Container{ID: access.ContainerOf(contoso, []access.RoleID{"b"}), Customer: contoso, Roles: []access.RoleID{"b"}, Nonce: "n"}
	w.update(func(tx state.Tx) error { return state.PutContainer(tx, c) })
	w.want("an assignment that is being made", w.pass(rel()))
	c.Group = "g-ours"
	w.update(func(tx state.Tx) error { return state.PutContainer(tx, c) })
	w.want("it is removed", w.pass(rel(unassigned(1))), "Care planlatchkey card 1")
	if a := w.alert("rel-1", "g-ours"); a.State != access.AlertOpen || a.Newest().Kind != access.ChangeUnassigned {
		t.Errorf("the alert is %+v", a)
	}
	w.want("it is there again", w.pass(rel()), "Care planlatchkey card 1")
	if a := w.alert("rel-1", "g-ours"); a.State != access.AlertResolved {
		t.Errorf("the alert is %+v", a)
	}
	w.want("another one is removed", w.pass(rel(unassigned(0))), "Care planStaff card 1")
	if a := w.alert("rel-1", "g-1"); a.State != access.AlertResolved {
		t.Errorf("the alert is %+v", a)
	}
}

// TestAsked knows a relationship of ours by its id, and before by its name.
func TestAsked(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		name  string
		offer access.Offer
		cards int
	}{
		{"ByName", access.Offer{ID: "O-00001", Customer: contoso, Name: "Next", State: access.OfferDrafted}, 0},
		{"ByID", access.Offer{ID: "O-00001", Customer: contoso, Name: "x", State: access.OfferSent, Relationship: "rel-2"}, 0},
		{"Neither", access.Offer{ID: "O-00001", Customer: contoso, Name: "Other", State: access.OfferDrafted}, 1},
		{"OfAnother", access.Offer{ID: "O-00001", Customer: "adatum", Name: "Next", State: access.OfferDrafted}, 1},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			w.watched(rel())
			w.update(func(tx state.Tx) error { return state.PutOffer(tx, row.offer) })
			next := rel(called("Next"), is("approvalPending"))
			next.ID = "rel-2"
			if got := w.pass(rel(), next); len(got) != row.cards {
				t.Errorf("owed %q, want %d", got, row.cards)
			}
		})
	}
}

func many(n int, edits ...edit) (out []*state.MirroredRelationship) {
	for i := range n {
		m := rel(append([]edit{called(fmt.Sprintf("Many %02d", i))}, edits...)...)
		m.ID, m.Customer = access.RelationshipID(fmt.Sprintf("many-%02d", i)), access.TenantID(fmt.Sprintf("tenant-%02d", i))
		out = append(out, m)
	}
	return out
}

func TestStorm(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.watched(many(30)...)
	ten := append(many(10, is("terminated")), many(30)[10:]...)
	if got := w.pass(ten...); len(got) != 10 || got[0] != "Many 00 card 1" {
		t.Errorf("for ten, owed %q", got)
	}
	w.want("nothing new", w.pass(ten...))
	all := many(30, is("terminated"))
	w.want("twenty more", w.pass(all...), "storm", "table")
	if a := w.alert("many-20", ""); a.Storm == "" || !a.InStorm || a.Card != 0 || a.Ring {
		t.Errorf("an alert of the storm is %+v", a)
	}
	w.now = w.now.Add(time.Hour)
	all[20] = many(30)[20]
	w.want("one is back", w.pass(all...), "storm")
	w.now = w.now.Add(25 * time.Hour)
	all[21] = many(30)[21]
	w.want("another one, a day later", w.pass(all...), "Many 21 card 1", "storm")
}

// TestUnmuted tells again of what is still wrong when a mute is over.
func TestUnmuted(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.watched(rel())
	w.pass(rel(is("terminated")))
	muted, err := w.alert("rel-1", "").Mute(dee, w.now)
	if err != nil {
		t.Fatal(err)
	}
	w.update(func(tx state.Tx) error { return state.PutAlert(tx, muted, false) })
	w.now = w.now.Add(access.MuteFor)
	w.due()
	w.want("a week later", w.pass(rel(is("terminated"))), "Care plan card 1", "Care plan card 2")
}

func TestDoubtful(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.watched(rel())
	w.update(func(tx state.Tx) error { return w.Doubtful(tx, state.Doubt{At: start, Missing: "x", Count: 300}, 312) })
	w.want("a doubt", w.owed(), "trouble to C0OPS: Microsoft listed only 12 of 312 relationships.")
	w.Operations = func() access.ChannelID { return "" }
	w.update(func(tx state.Tx) error { return w.Doubtful(tx, state.Doubt{At: start.Add(1), Count: 2}, 2) })
	w.want("nobody to tell", w.owed())
}

// TestQuietHours holds back what is told only, and nothing else; what waited comes when
// they are over.
func TestQuietHours(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	quiet := true
	w.Quiet = func(time.Time) bool { return quiet }
	w.watched(rel())
	w.want("extended", w.pass(rel(ends(start.AddDate(1, 6, 0)))))
	w.want("nothing new", w.pass(rel(ends(start.AddDate(1, 6, 0)))))
	loud := rel2()
	w.want("somebody's", w.pass(rel(ends(start.AddDate(1, 6, 0))), loud), "Old card 1")
	quiet = false
	w.want("in the morning", w.pass(rel(ends(start.AddDate(1, 6, 0))), loud), "Care plan card 1")
	quiet = true
	w.want("a card that is there", w.pass(rel(ends(start.AddDate(2, 0, 0))), loud), "Care plan card 1")
	w.want("and gets bad", w.pass(rel(is("terminated"), ends(start.AddDate(2, 0, 0))), loud), "Care plan card 1", "Care plan card 2")
}
