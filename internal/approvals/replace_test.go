package approvals_test

import (
	"context"
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"time"

	"latchkey/internal/access"
	"latchkey/internal/approvals"
	"latchkey/internal/outbox"
	"latchkey/internal/policy"
	"latchkey/internal/state"
)

// old is the relationship that every customer begins with here.
const old = access.RelationshipID("rel-contoso")

// through has Ana's access go through the old relationship, on which a group has
// standing access too.
func (w *world) through(t testing.TB) access.RequestID {
	t.Helper()
	id := w.active(t)
	w.put(t, func(tx state.Tx) error {
		c, err := state.Container(tx, w.grant(t, id).Container)
		if err != nil {
			return err
		}
		c.Relationship, c.Assignment = old, "as-old"
		if err := state.PutContainer(tx, c); err != nil {
			return err
		}
		_, err = state.PutMirrored(tx, w.oldOne(access.RelationshipActive))
		return err
	})
	return id
}

func (w *world) oldOne(status access.RelationshipStatus) state.MirroredRelationship {
	return state.MirroredRelationship{
		Relationship: access.Relationship{
			ID: old, Name: "Contoso 2024", Customer: contoso, Status: status, Roles: []access.RoleID{helpdesk, users}, End: start.AddDate(1, 0, 0),
		},
		Assignments: []access.Assignment{
			{ID: "as-1", Relationship: old, Group: "g-readers", GroupName: "Readers", Roles: []access.RoleID{users}, Status: access.AssignmentActive},
			{ID: "as-2", Relationship: old, Group: "g-" + access.GroupID(access.ContainerOf(contoso, []access.RoleID{helpdesk, users})), Roles: []access.RoleID{helpdesk, users}, Status: access.AssignmentActive},
		},
	}
}

func (w *world) replace(t testing.TB, roles ...access.RoleID) access.Offer {
	t.Helper()
	o, err := w.Offer(context.Background(), w.by(dee, ""), approvals.OfferAsk{Customer: contoso, Roles: roles, Days: 365, Replaces: old, Typed: "contoso"})
	if err != nil {
		t.Fatalf("Offer: %v", err)
	}
	w.drain(t)
	return w.offer(t, o.ID)
}

func (w *world) wantReplace(t testing.TB, id access.OfferID, want access.ReplaceState) access.Offer {
	t.Helper()
	o := w.offer(t, id)
	if o.Replaces.State != want {
		t.Errorf("the replacement is %s (%s), want %s", o.Replaces.State, o.Replaces.Note, want)
	}
	return o
}

// carrier is the relationship through which the grant goes.
func (w *world) carrier(t testing.TB, id access.RequestID) (c access.Container) {
	t.Helper()
	w.look(t, func(tx state.Tx) (err error) {
		c, err = state.Container(tx, w.grant(t, id).Container)
		return err
	})
	return c
}

func TestReplaceMovesAll(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	id := w.through(t)
	o := w.replace(t, helpdesk, users)
	w.wantReplace(t, o.ID, access.ReplaceWaiting)
	if len(o.Groups) != 1 || o.Groups[0].Group != "g-readers" || !slices.Equal(o.Groups[0].Roles, []access.RoleID{users}) {
		t.Fatalf("the groups are %+v, want the readers only", o.Groups)
	}
	w.synced(t, o.Name, access.RelationshipActive)
	w.wantReplace(t, o.ID, access.ReplaceMoving)
	if c := w.carrier(t, id); c.Relationship != old {
		t.Errorf("the access goes through %s before it was given there", c.Relationship)
	}
	w.drain(t)
	o = w.wantReplace(t, o.ID, access.ReplaceDone)
	if c := w.carrier(t, id); c.Relationship != o.Relationship || c.Assignment != access.AssignmentID("as-"+c.Group) {
		t.Errorf("the access goes through %+v, want %s", c, o.Relationship)
	}
	if g := w.grant(t, id); g.State != access.Active {
		t.Errorf("the grant is %s", g.State)
	}
	if !o.GroupsDone() {
		t.Errorf("the groups are %+v", o.Groups)
	}
}

// TestReplaceHolds: the old one stays while access needs it, and no longer.
func TestReplaceHolds(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	id := w.through(t)
	o := w.replace(t, users)
	w.synced(t, o.Name, access.RelationshipActive)
	w.drain(t)
	w.wantReplace(t, o.ID, access.ReplaceHeld)
	if _, err := w.Revoke(context.Background(), w.by(ana, ""), id, ""); err != nil {
		t.Fatal(err)
	}
	w.drain(t)
	w.wantReplace(t, o.ID, access.ReplaceDone)
}

// TestReplaceEdges takes a replacement to where it does not come to its end, or
// not by the straight way.
func TestReplaceEdges(t *testing.T) {
	t.Parallel()
	cannot := access.Refuse(access.Conflict, "Microsoft does not accept it.")
	for _, tt := range []struct {
		name  string
		roles []access.RoleID
		do    func(*testing.T, *world, access.Offer)
		want  access.ReplaceState
		ended bool // the old one is asked to end
	}{
		{"declined", []access.RoleID{helpdesk}, func(t *testing.T, w *world, o access.Offer) {
			w.say(t, func() error {
				_, err := w.DeclineOffer(context.Background(), w.by(carol, contosoChannel), o.ID, "no")
				return err
			})
		}, access.ReplaceWaiting, false},
		{"declined, and approved all the same", []access.RoleID{helpdesk}, func(t *testing.T, w *world, o access.Offer) {
			w.say(t, func() error {
				_, err := w.DeclineOffer(context.Background(), w.by(carol, contosoChannel), o.ID, "no")
				return err
			})
			w.synced(t, o.Name, access.RelationshipActive)
		}, access.ReplaceKept, false},
		{"lapsed, and approved late", []access.RoleID{helpdesk, users}, func(t *testing.T, w *world, o access.Offer) {
			w.now = w.now.Add(access.ApproveWithin)
			w.say(t, func() error {
				return w.Due(context.Background(), state.Due{Kind: state.DueOffer, Offer: o.ID, At: w.now})
			})
			w.wantReplace(t, o.ID, access.ReplaceWaiting)
			w.synced(t, o.Name, access.RelationshipActive)
		}, access.ReplaceDone, true},
		{"a group that cannot have it", []access.RoleID{helpdesk, users}, func(t *testing.T, w *world, o access.Offer) {
			w.failing(outbox.GraphAssign, outbox.Permanent(cannot))
			w.synced(t, o.Name, access.RelationshipActive)
		}, access.ReplaceKept, false},
		{"the old one cannot be ended", []access.RoleID{helpdesk, users}, func(t *testing.T, w *world, o access.Offer) {
			w.failing(outbox.GraphTerminate, outbox.Permanent(cannot))
			w.synced(t, o.Name, access.RelationshipActive)
		}, access.ReplaceKept, true},
		{"the old one ends while it waits", []access.RoleID{helpdesk, users}, func(t *testing.T, w *world, o access.Offer) {
			w.mirrorOld(t, access.RelationshipTerminated)
			w.wantReplace(t, o.ID, access.ReplaceWaiting)
			w.synced(t, o.Name, access.RelationshipActive)
		}, access.ReplaceDone, false},
		{"the old one ends while it holds", []access.RoleID{users}, func(t *testing.T, w *world, o access.Offer) {
			w.synced(t, o.Name, access.RelationshipActive)
			w.drain(t)
			w.wantReplace(t, o.ID, access.ReplaceHeld)
			w.mirrorOld(t, access.RelationshipTerminating)
		}, access.ReplaceDone, false},
		{"the new one ends while the old one holds", []access.RoleID{users}, func(t *testing.T, w *world, o access.Offer) {
			w.synced(t, o.Name, access.RelationshipActive)
			w.drain(t)
			w.wantReplace(t, o.ID, access.ReplaceHeld)
			w.synced(t, o.Name, access.RelationshipTerminated)
		}, access.ReplaceKept, false},
		{"the access ends by itself", []access.RoleID{users}, func(t *testing.T, w *world, o access.Offer) {
			w.synced(t, o.Name, access.RelationshipActive)
			w.drain(t)
			w.now = w.now.Add(9 * time.Hour)
			w.look(t, func(tx state.Tx) error {
				due, err := state.DueUntil(tx, w.now, 10)
				for _, d := range due {
					if err := w.Due(context.Background(), d); err != nil {
						t.Error(err)
					}
				}
				return err
			})
		}, access.ReplaceDone, true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			w.through(t)
			o := w.replace(t, tt.roles...)
			tt.do(t, w, o)
			w.drain(t)
			o = w.wantReplace(t, o.ID, tt.want)
			if tt.want == access.ReplaceKept && o.Replaces.Note == "" {
				t.Error("nobody is told why")
			}
			ended := slices.ContainsFunc(w.events(t), func(e access.Event) bool { return e.Kind == access.EventTerminating })
			if ended != tt.ended {
				t.Errorf("the old one was asked to end: %t, want %t", ended, tt.ended)
			}
		})
	}
}

func (w *world) say(t *testing.T, act func() error) {
	t.Helper()
	if err := act(); err != nil {
		t.Fatal(err)
	}
	w.drain(t)
}

func (w *world) mirrorOld(t *testing.T, status access.RelationshipStatus) {
	t.Helper()
	m := w.oldOne(status)
	w.put(t, func(tx state.Tx) error {
		if _, err := state.PutMirrored(tx, m); err != nil {
			return err
		}
		return w.Followed(tx, m.Relationship)
	})
}

// TestNothingNewThroughTheOld: access whose container was found on the old
// relationship before the replacement began is given through another.
func TestNothingNewThroughTheOld(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.through(t)
	o := w.replace(t, users)
	r, err := w.Submit(context.Background(), w.by(bo, ""), anAsk())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.decide(carol, r.ID, access.Approve); err != nil {
		t.Fatal(err)
	}
	w.synced(t, o.Name, access.RelationshipActive)
	w.wantReplace(t, o.ID, access.ReplaceMoving)
	w.refuses(t, access.Conflict, "is being replaced by one that does not", func() error {
		ask := anAsk()
		ask.Roles = ask.Roles[1:]
		_, err := w.Submit(context.Background(), w.by(bo, ""), ask)
		return err
	})
	handler := w.Outcomes()[outbox.GraphContainer]
	of := func(kind string) (found outbox.Effect) {
		for _, e := range w.pending(t) {
			if e.Kind == kind {
				found = e
			}
		}
		return found
	}
	w.joins.Changed = true // as who joins now sees
	w.onceOf(t, outbox.GraphJoin)
	w.joins.Changed = false
	owed := of(outbox.GraphContainer)
	raw, _ := json.Marshal(outbox.ContainerResult{Group: "g-x", Relationship: old, Assignment: "as-x"})
	w.put(t, func(tx state.Tx) error { return handler.Done(tx, owed, raw) })
	again := 0
	for _, e := range w.pending(t) {
		if e.Kind == outbox.GraphJoin {
			t.Errorf("somebody joins through the old one: %s", e.ID)
		}
		if e.Kind == outbox.GraphContainer && e.ID != owed.ID {
			again++
		}
	}
	if again != 1 {
		t.Errorf("%d looks for another way are owed, want 1", again)
	}
	if g := w.grant(t, r.ID); g.State != access.Activating {
		t.Errorf("the grant is %s", g.State)
	}
	w.drain(t)
}

func TestReplaceRefusals(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.through(t)
	ask := func(by access.Person, id access.RelationshipID, roles ...access.RoleID) func() error {
		return func() error {
			_, err := w.Offer(context.Background(), w.by(by, ""), approvals.OfferAsk{Customer: contoso, Roles: roles, Days: 365, Replaces: id, Typed: "Contoso"})
			return err
		}
	}
	w.refuses(t, access.Forbidden, "Only a bot admin", ask(ana, old, users))
	w.refuses(t, access.NotFound, "not known", ask(dee, "rel-nobody", users))
	w.refuses(t, access.NotFound, "not known", ask(dee, "rel-adatum", users)) // another customer's
	w.refuses(t, access.Invalid, "Type Contoso to confirm", func() error {
		_, err := w.Offer(context.Background(), w.by(dee, ""), approvals.OfferAsk{Customer: contoso, Roles: []access.RoleID{users}, Days: 365, Replaces: old, Typed: "Adatum"})
		return err
	})
	plan, err := w.MayReplace(context.Background(), w.by(dee, ""), approvals.OfferAsk{Customer: contoso, Roles: []access.RoleID{helpdesk}, Days: 365, Replaces: old})
	if err != nil || plan.Moving != 0 || plan.Stuck != 1 || !slices.Equal(plan.Losing, []string{"Readers"}) || len(plan.Offer.Groups) != 0 {
		t.Errorf("the plan is %+v, %v", plan, err)
	}
	w.replace(t, users)
	w.refuses(t, access.Conflict, "is to be replaced already", ask(dee, old, helpdesk))
	w.drain(t)

	w = newWorld(t)
	w.through(t)
	w.mirrorOld(t, access.RelationshipExpired)
	w.refuses(t, access.Conflict, "nothing to replace", ask(dee, old, users))
	w.put(t, func(tx state.Tx) error {
		m := w.oldOne(access.RelationshipActive)
		m.Unseen = "They could not be read."
		_, err := state.PutMirrored(tx, m)
		return err
	})
	w.refuses(t, access.Unavailable, "could not be read", ask(dee, old, users))
}

// TestReduce: the role leaves the offer and its groups; who asked and the
// customer are told.
func TestReduce(t *testing.T) {
	t.Parallel()
	const global = access.RoleID("62e90394-69f5-4237-9190-012177145e10")
	w := newWorld(t)
	w.policy.Bundles[1].Roles = access.SortRoles([]access.RoleID{exchange, global})
	offer, err := w.Offer(context.Background(), w.by(dee, ""), approvals.OfferAsk{Customer: contoso, Roles: []access.RoleID{exchange, global}, Days: 365})
	if err != nil {
		t.Fatal(err)
	}
	w.drain(t)
	id := access.RelationshipID("rel-" + offer.ID)
	reduce := func(by access.Person, id access.RelationshipID) func() error {
		return func() error {
			_, err := w.Reduce(context.Background(), w.by(by, ""), contoso, id)
			return err
		}
	}
	w.refuses(t, access.Conflict, "is not active", reduce(dee, id))
	w.synced(t, offer.Name, access.RelationshipActive)
	w.drain(t)
	w.refuses(t, access.Forbidden, "Only a bot admin", reduce(ana, id))
	w.refuses(t, access.Conflict, "does not hold Global Administrator", reduce(dee, old))
	w.does(t, reduce(dee, id), "event relationship.reducing", "graph.reduce relationship/"+string(id))
	w.refuses(t, access.Conflict, "carries Global Administrator", func() error {
		_, err := w.Submit(context.Background(), w.by(ana, ""), approvals.Ask{
			Customer: contoso, Roles: []access.RoleID{exchange, global}, Duration: time.Hour, Justification: "an emergency",
		})
		return err
	})
	w.does(t, func() error { w.onceOf(t, outbox.GraphReduce); return nil },
		"event relationship.reduced", "event offer.changed",
		"slack.offer.card O-00001/slack/requester", "slack.offer.card O-00001/slack/customer",
		"slack.notice notice/U0DEE reply to U0DEE", "slack.offer.notice notice/"+string(contoso)+" relationship to ")
	if o := w.offer(t, offer.ID); !slices.Equal(o.Roles, []access.RoleID{exchange}) {
		t.Errorf("the offer holds %v", o.Roles)
	}
	w.refuses(t, access.Conflict, "does not hold Global Administrator", reduce(dee, id))
	w.drain(t)
}

// TestGroupsOfABundle: what the bundle named at the asking is what is given,
// whatever the policy says later.
func TestGroupsOfABundle(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.policy.Bundles[1].Groups = append(w.policy.Bundles[1].Groups, policy.Group{Name: "Desk", ID: "g-desk"}, policy.Group{Name: "Night", ID: "g-night"})
	o := w.sent(t)
	w.policy.Bundles[1].Groups = nil
	if len(o.Groups) != 2 || !slices.Equal(o.Groups[0].Roles, []access.RoleID{exchange}) {
		t.Fatalf("the groups are %+v", o.Groups)
	}
	for _, e := range w.pending(t) {
		t.Errorf("owed before it is active: %s", e.ID)
	}
	w.synced(t, o.Name, access.RelationshipActive)
	w.drain(t)
	if o = w.offer(t, o.ID); !o.GroupsDone() {
		t.Errorf("the groups are %+v", o.Groups)
	}
	var told []string
	for _, e := range w.events(t) {
		if e.Kind == access.EventGroupGiven {
			told = append(told, e.Detail["group"])
		}
	}
	slices.Sort(told)
	if got := strings.Join(told, " "); got != "g-desk g-night" {
		t.Errorf("logged are %q", got)
	}
}
