package state_test

import (
	"errors"
	"reflect"
	"testing"
	"time"

	"latchkey/internal/state"
	"latchkey/internal/state/statetest"
)

var sampleDAP = state.DAP{
	Customer: contoso, Held: true, Relationship: "reseller", ReadAt: start, Problem: "The last attempt failed.",
}

var (
	sampleTicket = state.Ticket{
		ID: "6469676573740a", Act: state.TicketDAP, Customer: contoso, By: ana, Principal: sampleRequest.Principal,
		CreatedAt: start, ExpiresAt: start.Add(10 * time.Minute), TakenAt: start.Add(time.Minute), SettledAt: start.Add(2 * time.Minute),
	}
	sampleDAPAsk = state.DAPAsk{Customer: contoso, By: ana, At: start}
)

func TestStoredDAP(t *testing.T) {
	t.Parallel()
	older(t, "dap", sampleDAP) // before a customer could be gone
	gone := sampleDAP
	gone.GoneSince = start.Add(time.Minute)
	golden(t, "dap-gone", gone)
	golden(t, "ticket", sampleTicket)
	golden(t, "dap-ask", sampleDAPAsk)
	s := statetest.Memory()
	update(t, s, func(tx state.Tx) error {
		_, err := state.PutDAP(tx, sampleDAP)
		return errors.Join(err, state.PutTicket(tx, sampleTicket), state.PutDAPAsk(tx, sampleDAPAsk))
	})
	compareKeys(t, s, "dap-keys.txt")
}

func TestDAP(t *testing.T) {
	t.Parallel()
	s := statetest.Memory()
	update(t, s, func(tx state.Tx) error {
		if _, known, err := state.DAPOf(tx, contoso); known || err != nil {
			t.Errorf("DAPOf before any read = %v, %v", known, err)
		}
		if _, err := state.PutDAP(tx, state.DAP{}); err == nil {
			t.Error("PutDAP of no customer succeeded")
		}
		later, removed := sampleDAP, sampleDAP
		later.ReadAt = start.Add(time.Hour)
		removed.ReadAt, removed.Held, removed.Problem = start.Add(2*time.Hour), false, ""
		for _, row := range []struct {
			name    string
			put     state.DAP
			changed bool
		}{{"First", sampleDAP, true}, {"Again", sampleDAP, false}, {"ReadLater", later, false}, {"Removed", removed, true}} {
			if changed, err := state.PutDAP(tx, row.put); changed != row.changed || err != nil {
				t.Errorf("%s: PutDAP = %v, %v, want %v", row.name, changed, err, row.changed)
			}
			if got, known, err := state.DAPOf(tx, contoso); !reflect.DeepEqual(got, row.put) || !known || err != nil {
				t.Errorf("%s: DAPOf = %+v, %v, %v", row.name, got, known, err)
			}
		}
		return nil
	})
	if got := read(t, s, func(tx state.Tx) ([]state.DAP, error) {
		all, _, err := state.Readable[state.DAP](tx, "mirror/dap/")
		return all, err
	}); len(got) != 1 || got[0].Held {
		t.Errorf("stored are %+v, want the one that was removed", got)
	}
}

func TestTickets(t *testing.T) {
	t.Parallel()
	s := statetest.Memory()
	update(t, s, func(tx state.Tx) error {
		taken := sampleTicket
		taken.SettledAt = time.Time{}
		if !taken.Underway() || sampleTicket.Underway() || (state.Ticket{}).Underway() {
			t.Error("Underway is not that of a ticket that was taken and not settled")
		}
		if err := state.PutTicket(tx, state.Ticket{}); err == nil {
			t.Error("PutTicket without an id succeeded")
		}
		if err := state.PutDAPAsk(tx, state.DAPAsk{}); err == nil {
			t.Error("PutDAPAsk of no customer succeeded")
		}
		return errors.Join(state.PutTicket(tx, sampleTicket), state.PutDAPAsk(tx, sampleDAPAsk))
	})
	if got := read(t, s, func(tx state.Tx) (state.Ticket, error) { return state.TicketOf(tx, sampleTicket.ID) }); got != sampleTicket {
		t.Errorf("TicketOf = %+v", got)
	}
	if got := read(t, s, state.DAPAsks); len(got) != 1 || got[0] != sampleDAPAsk {
		t.Errorf("DAPAsks = %+v", got)
	}
	update(t, s, func(tx state.Tx) error {
		return errors.Join(state.DeleteTicket(tx, sampleTicket.ID), state.DeleteDAPAsk(tx, sampleDAPAsk))
	})
	if got := statetest.Contents(t, s); len(got) != 0 {
		t.Errorf("left: %v", got)
	}
}
