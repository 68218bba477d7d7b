package approvals_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"

	"latchkey/internal/access"
	"latchkey/internal/approvals"
	"latchkey/internal/outbox"
	"latchkey/internal/state"
)

// anAlert is one about Contoso's relationship, which was terminated.
func anAlert(customer access.TenantID, n int) access.Alert {
	rel := access.RelationshipID("rel-contoso")
	if n > 0 {
		rel = access.RelationshipID(fmt.Sprintf("rel-%d", n))
	}
	a := access.Alert{
		ID: access.AlertOf(rel, ""), Relationship: rel, Name: "Care plan", Customer: customer, Roles: []access.RoleID{helpdesk, users}, Duration: "P400D",
	}
	return a.Changed(access.Change{
		Kind: access.ChangeTerminated, Aspect: access.AspectStatus, From: "active", To: "terminated", At: start, Alarming: true,
	})
}

// alarmed stores it with a card.
func (w *world) alarmed(t *testing.T) access.AlertID {
	t.Helper()
	a := anAlert(contoso, 0).Carded()
	w.put(t, func(tx state.Tx) error { return state.PutAlert(tx, a, false) })
	return a.ID
}

func (w *world) alertNow(t *testing.T, id access.AlertID) (a access.Alert) {
	t.Helper()
	w.look(t, func(tx state.Tx) (err error) {
		a, err = state.Alert(tx, id)
		return err
	})
	return a
}

func TestAcknowledgeAlert(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	id := w.alarmed(t)
	for _, p := range []access.Person{ana, zoe, carol} {
		w.refuses(t, access.Forbidden, "Only a bot admin", func() error {
			_, err := w.AcknowledgeAlert(context.Background(), w.by(p, operations), id)
			return err
		})
	}
	w.refuses(t, access.NotFound, "not known", func() error {
		_, err := w.AcknowledgeAlert(context.Background(), w.by(dee, operations), "A-ZZZZZZZZZZ")
		return err
	})
	origin := w.by(dee, operations)
	w.does(t, func() error {
		_, err := w.AcknowledgeAlert(context.Background(), origin, id)
		return err
	}, "event alert.acknowledged", "slack.alert.card "+string(id)+"/slack")
	if a := w.alertNow(t, id); a.State != access.AlertAcknowledged || !a.AckBy.Same(dee) {
		t.Errorf("the alert is %+v", a)
	}
	w.changesNothing(t, access.EventReplayed, access.Conflict, "nothing was done twice", func() error {
		_, err := w.AcknowledgeAlert(context.Background(), origin, id)
		return err
	})
	w.refuses(t, access.Conflict, "already acknowledged", func() error {
		_, err := w.AcknowledgeAlert(context.Background(), w.by(dee, operations), id)
		return err
	})
}

func TestMuteAlert(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	id := w.alarmed(t)
	w.refuses(t, access.Forbidden, "Only a bot admin", func() error {
		_, err := w.MuteAlert(context.Background(), w.by(ana, operations), id)
		return err
	})
	w.does(t, func() error {
		_, err := w.MuteAlert(context.Background(), w.by(dee, operations), id)
		return err
	}, "event alert.muted", "slack.alert.card "+string(id)+"/slack")
	w.look(t, func(tx state.Tx) error {
		due, ok, err := state.NextDue(tx)
		if !ok || due.Alert != id || !due.At.Equal(start.Add(access.MuteFor)) {
			t.Errorf("due is %+v", due)
		}
		return err
	})
}

func TestAskAgain(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	id := w.alarmed(t)
	w.refuses(t, access.Forbidden, "Only a bot admin", func() error {
		_, err := w.AskAgain(context.Background(), w.by(ana, operations), id)
		return err
	})
	o, err := w.AskAgain(context.Background(), w.by(dee, operations), id)
	if err != nil || o.Days != 400 || !access.SameRoles(o.Roles, []access.RoleID{users, helpdesk}) || o.Customer != contoso {
		t.Errorf("asked for %+v, %v", o, err)
	}
	w.refuses(t, access.Conflict, "already asked", func() error {
		_, err := w.AskAgain(context.Background(), w.by(dee, operations), id)
		return err
	})
}

// TestAskAgainForLostRoles asks for the roles that the relationship had before it
// lost some.
func TestAskAgainForLostRoles(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	a := access.Alert{ID: access.AlertOf("rel-contoso", ""), Relationship: "rel-contoso", Customer: contoso, Roles: []access.RoleID{helpdesk}}
	a = a.Changed(access.Change{
		Kind: access.ChangeRoles, Aspect: access.AspectRoles, From: access.JoinRoles([]access.RoleID{helpdesk, exchange}), To: string(helpdesk), At: start, Alarming: true,
	})
	w.put(t, func(tx state.Tx) error { return state.PutAlert(tx, a, false) })
	o, err := w.AskAgain(context.Background(), w.by(dee, operations), a.ID)
	if err != nil || o.Days != 365 || !access.SameRoles(o.Roles, []access.RoleID{helpdesk, exchange}) {
		t.Errorf("asked for %+v, %v", o, err)
	}
}

func TestOpenStorm(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	one := state.Storm{ID: "S-0123456789", At: start}
	w.put(t, func(tx state.Tx) error {
		var err error
		for n := 1; n <= 8; n++ {
			customer := contoso
			if n == 8 {
				customer = adatum
			}
			a := anAlert(customer, n).Stormed(one.ID)
			one.Alerts = append(one.Alerts, a.ID)
			err = errors.Join(err, state.PutAlert(tx, a, false))
		}
		return errors.Join(err, state.PutStorm(tx, one))
	})
	open := func(p access.Person, id access.StormID, c access.TenantID) (int, error) {
		all, err := w.OpenStorm(context.Background(), w.by(p, operations), id, c)
		return len(all), err
	}
	w.refuses(t, access.Forbidden, "Only a bot admin", func() error { _, err := open(ana, one.ID, contoso); return err })
	w.refuses(t, access.NotFound, "not known", func() error { _, err := open(dee, "S-ZZZZZZZZZZ", contoso); return err })
	for _, want := range []int{5, 2} {
		if n, err := open(dee, one.ID, contoso); n != want || err != nil {
			t.Errorf("%d cards, %v, want %d", n, err, want)
		}
	}
	w.refuses(t, access.Conflict, "cards of their own already", func() error { _, err := open(dee, one.ID, contoso); return err })
	cards := map[string]int{}
	for _, e := range w.pending(t) {
		p, err := outbox.Payload[outbox.AlertCardPayload](e)
		if err != nil {
			t.Error(err)
		}
		cards[string(p.Alert)]++
	}
	if len(cards) != 8 || cards[""] == 0 { // seven alerts, and the card of many
		t.Errorf("owed are %v", cards)
	}
	e, err := w.StormEntry(context.Background(), one.ID)
	if err != nil || len(e.Alerts) != 8 || e.Alerts[0].InStorm || !e.Alerts[7].InStorm {
		t.Errorf("the storm is %+v, %v", e, err)
	}
	if _, err := w.StormEntry(context.Background(), "S-ZZZZZZZZZZ"); !errors.Is(err, state.ErrNotFound) {
		t.Errorf("an unknown storm gives %v", err)
	}
}

// TestAlertEntry finds what goes on, and whose access is hit.
func TestAlertEntry(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	request := w.active(t)
	a := anAlert(contoso, 0)
	a.Relationship = "rel" // through which the access goes
	id := a.ID
	w.put(t, func(tx state.Tx) error {
		return errors.Join(state.PutAlert(tx, a, false), relate(tx, contoso, a.Relationship, start.AddDate(1, 0, 0), exchange))
	})
	e, err := w.AlertEntry(context.Background(), id)
	if err != nil || len(e.Left) != 1 || e.Left[0].ID != "rel-contoso" || !e.End.Equal(start.AddDate(1, 0, 0)) {
		t.Errorf("the entry is %+v, %v", e, err)
	}
	if !slices.ContainsFunc(e.Grants, func(g approvals.Entry) bool { return g.Request.ID == request }) || len(e.Grants) != 1 {
		t.Errorf("hit are %+v", e.Grants)
	}
	if _, err := w.AlertEntry(context.Background(), "A-ZZZZZZZZZZ"); !errors.Is(err, state.ErrNotFound) {
		t.Errorf("an unknown alert gives %v", err)
	}
}

// TestActs remembers what a bot admin does to a relationship, until Microsoft
// refuses it.
func TestActs(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	act := func(kind state.ActKind) (a state.Act, ok bool) {
		w.look(t, func(tx state.Tx) (err error) {
			a, ok, err = state.ActOf(tx, "rel-contoso", kind)
			return err
		})
		return a, ok
	}
	if _, err := w.Extend(context.Background(), w.by(dee, operations), contoso, "rel-contoso", true); err != nil {
		t.Fatal(err)
	}
	if _, err := w.Terminate(context.Background(), w.by(dee, operations), contoso, "rel-contoso", "Contoso"); err != nil {
		t.Fatal(err)
	}
	for _, kind := range []state.ActKind{state.ActExtend, state.ActTerminate} {
		if a, ok := act(kind); !ok || !a.By.Same(dee) || !a.At.Equal(start) {
			t.Errorf("the act %s is %+v, %t", kind, a, ok)
		}
	}
	for _, e := range w.pending(t) {
		h, known := w.Outcomes()[e.Kind]
		if known && (e.Kind == outbox.GraphTerminate || e.Kind == outbox.GraphExtend) {
			w.put(t, func(tx state.Tx) error { return h.Failed(tx, e, errNet) })
		}
	}
	for _, kind := range []state.ActKind{state.ActExtend, state.ActTerminate} {
		if _, ok := act(kind); ok {
			t.Errorf("the act %s is remembered although it was refused", kind)
		}
	}
}
