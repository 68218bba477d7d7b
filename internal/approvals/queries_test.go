package approvals_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"latchkey/internal/access"
	"latchkey/internal/approvals"
	"latchkey/internal/state"
)

// strangers are neither linked staff nor admins.
var strangers = map[string]access.Person{
	"Unlinked": zoe, "Contact": carol, "AnotherCustomersContact": amir, "Nobody": {},
	"StaffsUserElsewhere": {Team: carol.Team, User: ana.User}, "AdminsUserElsewhere": {Team: carol.Team, User: dee.User},
	"AdminWithoutTeam": {User: dee.User},
}

// TestQueriesRefuse has people look who may not. That is audited, and nothing is
// shown.
func TestQueriesRefuse(t *testing.T) {
	t.Parallel()
	queries := map[string]func(context.Context, *world, approvals.Origin, access.RequestID) (bool, error){
		"Overview": func(ctx context.Context, w *world, o approvals.Origin, _ access.RequestID) (bool, error) {
			v, err := w.Overview(ctx, o, contoso)
			return v.Customer.Name != "" || v.Grants != nil, err
		},
		"Mine": func(ctx context.Context, w *world, o approvals.Origin, _ access.RequestID) (bool, error) {
			v, err := w.Mine(ctx, o)
			return v != nil, err
		},
		"Show": func(ctx context.Context, w *world, o approvals.Origin, id access.RequestID) (bool, error) {
			v, err := w.Show(ctx, o, id)
			return v.Request.ID != "" || v.Events != nil, err
		},
		"Why": func(ctx context.Context, w *world, o approvals.Origin, _ access.RequestID) (bool, error) {
			v, err := w.Why(ctx, o, approvals.Who{User: bo.User}, contoso)
			return v.Customer.Name != "" || v.Relationships != nil, err
		},
		"Standing": func(ctx context.Context, w *world, o approvals.Origin, _ access.RequestID) (bool, error) {
			v, err := w.Standing(ctx, o, contoso)
			return v.Customer.Name != "" || v.Looked != 0, err
		},
		"StandingAll": func(ctx context.Context, w *world, o approvals.Origin, _ access.RequestID) (bool, error) {
			v, err := w.StandingAll(ctx, o)
			return v.Clean != 0 || v.Customers != nil || v.Agents != nil, err
		},
		"Contacts": func(ctx context.Context, w *world, o approvals.Origin, _ access.RequestID) (bool, error) {
			v, err := w.Contacts(ctx, o, contoso)
			return v != nil, err
		},
		"Find": func(ctx context.Context, w *world, o approvals.Origin, _ access.RequestID) (bool, error) {
			v, err := w.Find(ctx, o, "contoso")
			return v.Name != "", err
		},
		"Customers": func(ctx context.Context, w *world, o approvals.Origin, _ access.RequestID) (bool, error) {
			v, err := w.Customers(ctx, o, "", 10)
			return len(v) > 0, err
		},
		"Staff": func(ctx context.Context, w *world, o approvals.Origin, _ access.RequestID) (bool, error) {
			v, err := w.Staff(ctx, o)
			return v != nil, err
		},
	}
	w := newWorld(t)
	id := w.asked(t)
	for query, ask := range queries {
		for name, p := range strangers {
			t.Log(query, name)
			w.refuses(t, access.Forbidden, "", func() error {
				seen, err := ask(t.Context(), w, w.by(p, ""), id)
				if seen {
					t.Error("something was shown")
				}
				return err
			})
		}
		before := len(w.events(t))
		for _, p := range []access.Person{ana, dee} {
			_, err := ask(t.Context(), w, w.by(p, ""), id)
			if want := p == ana && query == "Staff"; (err != nil) != want {
				t.Errorf("%s: %s gets %v", query, p.Name, err)
			}
		}
		if got := len(w.events(t)) - before; got != 0 && query != "Staff" {
			t.Errorf("%s: looking left %d events", query, got)
		}
	}
}

func TestOverview(t *testing.T) {
	t.Parallel()
	w := newFindWorld(t)
	id := w.active(t)
	w.asked(t) // waits: that is not access
	v, err := w.Overview(t.Context(), w.by(ana, ""), contoso)
	if err != nil || v.Customer.Name != "Contoso" || len(v.Relationships) != 1 || len(v.Grants) != 1 ||
		v.Grants[0].Request.ID != id || v.Grants[0].Grant.State != access.Active || !v.ReadAt.Equal(start) || v.Problem != "" {
		t.Errorf("Overview = %+v, %v", v, err)
	}
	if v, err := w.Overview(t.Context(), w.by(ana, ""), advent); err != nil || v.Customer.InPolicy || v.Customer.Domains[0] != "adventure-works.com" {
		t.Errorf("Overview of a customer of Graph alone = %+v, %v", v, err)
	}
	if _, err := w.Overview(t.Context(), w.by(ana, ""), "nobody"); access.CodeOf(err) != access.NotFound {
		t.Errorf("Overview of nobody = %v", err)
	}
	w.put(t, func(tx state.Tx) error {
		return state.PutMirror(tx, state.MirrorInfo{ReadAt: start, Problem: "It failed."})
	})
	if v, err := w.Overview(t.Context(), w.by(dee, ""), contoso); err != nil || v.Problem != "It failed." {
		t.Errorf("Overview = %+v, %v", v, err)
	}
}

func TestMineAndShow(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	over := w.active(t)
	if _, err := w.Revoke(t.Context(), w.by(ana, ""), over, ""); err != nil {
		t.Fatal(err)
	}
	w.drain(t)
	active := w.active(t)
	waiting := w.asked(t)
	mine, err := w.Mine(t.Context(), w.by(ana, ""))
	if err != nil || len(mine) != 2 || mine[0].Request.ID != active || mine[0].Grant == nil ||
		mine[1].Request.ID != waiting || mine[1].Grant != nil {
		t.Errorf("Mine = %+v, %v", mine, err)
	}
	if mine, err := w.Mine(t.Context(), w.by(bo, "")); err != nil || len(mine) != 0 {
		t.Errorf("Bo's are %+v, %v", mine, err)
	}
	story, err := w.Show(t.Context(), w.by(bo, ""), over)
	var kinds []access.EventKind
	for _, e := range story.Events {
		kinds = append(kinds, e.Kind)
	}
	want := []access.EventKind{
		access.EventRequested, access.EventApproved, access.EventGranting, access.EventContainerReady,
		access.EventActive, access.EventEnding, access.EventEnded,
	}
	if err != nil || len(kinds) != len(want) || story.Grant.State != access.Ended {
		t.Errorf("Show = %v, %v; want %v", kinds, err, want)
	}
	if _, err := w.Show(t.Context(), w.by(ana, ""), "R-ZZZZZ"); access.CodeOf(err) != access.NotFound {
		t.Errorf("Show of nothing = %v", err)
	}
	if _, err := w.Entry(t.Context(), "R-ZZZZZ"); !errors.Is(err, state.ErrNotFound) {
		t.Errorf("Entry of nothing = %v", err)
	}
}

func TestRefuseAndForged(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.refuses(t, access.Invalid, "Say it otherwise.", func() error {
		return w.Refuse(t.Context(), w.by(oskar, ""), "parse", access.Refuse(access.Invalid, "Say it otherwise."))
	})
	w.does(t, func() error { return w.TurnedAway(t.Context(), access.EventForged, "/slack/\xff", 41) }, "event intake.forged")
	events := w.events(t)
	if e := events[0]; e.Actor.User != oskar.User || e.Detail["act"] != "parse" {
		t.Errorf("the refusal is %+v", e)
	}
	if e := events[1]; e.Detail["suppressed"] != "41" || e.Actor != (access.Person{}) {
		t.Errorf("the forgery is %+v", e)
	}
}

// TestDeliveryOfNoUse is refused as a fault, not as an act of a person.
func TestDeliveryOfNoUse(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	before := len(w.records(t))
	_, err := w.Submit(t.Context(), approvals.Origin{Actor: ana, Delivery: "a/b"}, anAsk())
	if err == nil || access.CodeOf(err) != "" || len(w.records(t)) != before {
		t.Errorf("Submit = %v with %d records, was %d", err, len(w.records(t)), before)
	}
}

// TestFailingStore has nothing half done when the store fails.
func TestFailingStore(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	id := w.asked(t)
	before, events := w.records(t), len(w.events(t))
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err1 := w.Submit(ctx, w.by(bo, ""), anAsk())
	_, err2 := w.Decide(ctx, w.by(carol, contosoChannel), id, 1, access.Approve, "")
	_, err3 := w.Decide(ctx, w.by(oskar, contosoChannel), id, 1, access.Approve, "")
	err4 := w.Due(ctx, state.Due{Kind: state.DueLapse, Request: id})
	_, err5 := w.Mine(ctx, w.by(ana, ""))
	for i, err := range []error{err1, err2, err3, err4, err5} {
		if !errors.Is(err, context.Canceled) {
			t.Errorf("act %d = %v", i+1, err)
		}
	}
	if after := w.records(t); len(after) != len(before) || len(w.events(t)) != events {
		t.Errorf("%d records and %d events, was %d and %d", len(after), len(w.events(t)), len(before), events)
	}
}

// TestTimesAreStored checks that a use case happens at whole milliseconds in UTC.
func TestTimesAreStored(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.now = start.Add(1500 * time.Microsecond).In(time.FixedZone("east", 3600))
	id := w.asked(t)
	if at := w.request(t, id).CreatedAt; !at.Equal(start.Add(time.Millisecond)) || at.Location() != time.UTC {
		t.Errorf("CreatedAt is %v", at)
	}
}

// TestOverviewOfLostAccess says of a grant that its relationship has ended, and
// says nothing of the sort while it is there.
func TestOverviewOfLostAccess(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		status, want access.RelationshipStatus
	}{
		{access.RelationshipActive, ""},
		{"expiring", ""},
		{access.RelationshipTerminating, access.RelationshipTerminating},
		{access.RelationshipTerminationRequested, access.RelationshipTerminationRequested},
		{access.RelationshipTerminated, access.RelationshipTerminated},
		{access.RelationshipExpired, access.RelationshipExpired},
	} {
		w := newWorld(t)
		id := w.active(t)
		w.put(t, func(tx state.Tx) error {
			c, err := state.Container(tx, w.grant(t, id).Container)
			if err != nil {
				return err
			}
			c.Relationship = "rel-contoso"
			if err := state.PutContainer(tx, c); err != nil {
				return err
			}
			known, err := state.Relationships(tx, contoso)
			if err == nil {
				known[0].Status = tt.status
				_, err = state.PutMirrored(tx, known[0])
			}
			return err
		})
		seen, err := w.Overview(t.Context(), approvals.Origin{Actor: dee}, contoso)
		if err != nil || len(seen.Grants) != 1 || seen.Grants[0].Lost != tt.want {
			t.Errorf("%s: the overview is %+v, %v", tt.status, seen.Grants, err)
		}
	}
}
