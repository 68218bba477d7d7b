package state_test

import (
	"errors"
	"testing"
	"time"

	"latchkey/internal/access"
	"latchkey/internal/state"
	"latchkey/internal/state/statetest"
)

func TestAlertIndexes(t *testing.T) {
	t.Parallel()
	s := statetest.Memory()
	check := func(what string, open, stale, due int) {
		t.Helper()
		view(t, s, func(tx state.Tx) error {
			a, err1 := state.OpenAlerts(tx, contoso)
			b, aside, err2 := state.StaleAlerts(tx)
			c, err3 := state.DueUntil(tx, start.AddDate(1, 0, 0), 10)
			if len(a) != open || len(b) != stale || len(c) != due {
				t.Errorf("%s: %d open, %d stale, %d due; want %d, %d, %d", what, len(a), len(b), len(c), open, stale, due)
			}
			for _, d := range c {
				if d.Kind != state.DueAlert || d.Alert != sampleAlert.ID || d.ID() != string(sampleAlert.ID) || !d.At.Equal(sampleAlert.MutedUntil) {
					t.Errorf("%s: due is %+v", what, d)
				}
			}
			if len(aside) > 0 {
				t.Errorf("%s: set aside are %v", what, aside)
			}
			return errors.Join(err1, err2, err3)
		})
	}
	put := func(a access.Alert, stale bool) {
		t.Helper()
		update(t, s, func(tx state.Tx) error { return state.PutAlert(tx, a, stale) })
	}
	put(sampleAlert, true)
	check("stored", 1, 1, 1)
	a := sampleAlert
	a.State = access.AlertAcknowledged
	put(a, false)
	check("acknowledged", 1, 0, 0)
	a.Customer = fabrikam
	put(a, false)
	check("of another customer", 0, 0, 0)
	a.Customer, a.State = contoso, access.AlertResolved
	put(a, true)
	check("resolved", 0, 1, 0)
}

func TestEnding(t *testing.T) {
	t.Parallel()
	s := statetest.Memory()
	due := func(what string, want ...state.Due) {
		t.Helper()
		view(t, s, func(tx state.Tx) error {
			got, err := state.DueUntil(tx, start.AddDate(1, 0, 0), 10)
			if len(got) != len(want) || len(want) == 1 && got[0] != want[0] {
				t.Errorf("%s: due is %+v, want %+v", what, got, want)
			}
			return err
		})
	}
	put := func(e state.Ending) {
		t.Helper()
		update(t, s, func(tx state.Tx) error { return state.PutEnding(tx, e) })
	}
	put(state.Ending{Relationship: sampleRelationship.ID}) // of one that never had an end
	due("nothing")
	put(sampleEnding)
	due("an end", state.Due{At: sampleEnding.Tell, Kind: state.DueEnding, Relationship: sampleRelationship.ID})
	later := sampleEnding
	later.Tell = later.Tell.Add(time.Hour)
	put(later)
	due("a later one", state.Due{At: later.Tell, Kind: state.DueEnding, Relationship: sampleRelationship.ID})
	put(state.Ending{Relationship: sampleRelationship.ID})
	due("none any more")
	if n := len(statetest.Contents(t, s)); n != 0 {
		t.Errorf("%d records are left", n)
	}
}

func TestDoubtAndAct(t *testing.T) {
	t.Parallel()
	s := statetest.Memory()
	update(t, s, func(tx state.Tx) error {
		return errors.Join(state.PutDoubt(tx, sampleDoubt), state.PutAct(tx, sampleAct))
	})
	view(t, s, func(tx state.Tx) error {
		d, err1 := state.Doubted(tx)
		a, ok, err2 := state.ActOf(tx, sampleAct.Relationship, state.ActTerminate)
		_, other, err3 := state.ActOf(tx, sampleAct.Relationship, state.ActExtend)
		if d != sampleDoubt || a != sampleAct || !ok || other {
			t.Errorf("stored are %+v and %+v, %t, %t", d, a, ok, other)
		}
		return errors.Join(err1, err2, err3)
	})
	update(t, s, func(tx state.Tx) error {
		return errors.Join(state.PutDoubt(tx, state.Doubt{}), state.DropAct(tx, sampleAct.Relationship, state.ActTerminate))
	})
	if n := len(statetest.Contents(t, s)); n != 0 {
		t.Errorf("%d records are left", n)
	}
}

// TestReplaceMirrored returns what was known before, also of an invitation that
// somebody has accepted meanwhile.
func TestReplaceMirrored(t *testing.T) {
	t.Parallel()
	s := statetest.Memory()
	replace := func(r state.MirroredRelationship, changed bool, was access.RelationshipStatus) {
		t.Helper()
		update(t, s, func(tx state.Tx) error {
			old, got, err := state.ReplaceMirrored(tx, r)
			before := access.RelationshipStatus("")
			if old != nil {
				before = old.Status
			}
			if got != changed || before != was {
				t.Errorf("changed %t from %q, want %t from %q", got, before, changed, was)
			}
			return err
		})
	}
	r := sampleRelationship
	r.Customer, r.Status = "", "approvalPending"
	replace(r, true, "")
	replace(r, false, "")
	r.Customer, r.Status = contoso, "active"
	replace(r, true, "approvalPending")
	r.Status = "terminated"
	replace(r, true, "active")
	replace(r, false, "")
	view(t, s, func(tx state.Tx) error {
		all, err := allRelationships(tx)
		if len(all) != 1 {
			t.Errorf("mirrored are %v", all)
		}
		return err
	})
}

// TestAlertUnreadable: an alert whose record is damaged holds up no other, and is
// written anew.
func TestAlertUnreadable(t *testing.T) {
	t.Parallel()
	s := statetest.Memory()
	other := sampleAlert
	other.ID = "A-1111111111"
	update(t, s, func(tx state.Tx) error {
		return errors.Join(state.PutAlert(tx, sampleAlert, true), state.PutAlert(tx, other, true), tx.Put("alert/"+string(sampleAlert.ID), []byte("{")))
	})
	look := func(read, aside int) {
		t.Helper()
		view(t, s, func(tx state.Tx) error {
			stale, bad, err1 := state.StaleAlerts(tx)
			open, err2 := state.OpenAlerts(tx, contoso)
			if len(stale) != read || len(open) != read || len(bad) != aside {
				t.Errorf("%d are stale and %d open, set aside are %v; want %d and %d", len(stale), len(open), bad, read, aside)
			}
			return errors.Join(err1, err2)
		})
	}
	look(1, 1)
	update(t, s, func(tx state.Tx) error { return state.PutAlert(tx, sampleAlert, true) })
	look(2, 0)
}
