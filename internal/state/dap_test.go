package state_test

import (
	"reflect"
	"testing"
	"time"

	"latchkey/internal/state"
	"latchkey/internal/state/statetest"
)

var sampleDAP = state.DAP{
	Customer: contoso, Held: true, Relationship: "reseller", ReadAt: start, Problem: "The last attempt failed.",
}

func TestStoredDAP(t *testing.T) {
	t.Parallel()
	golden(t, "dap", sampleDAP)
	s := statetest.Memory()
	update(t, s, func(tx state.Tx) error {
		_, err := state.PutDAP(tx, sampleDAP)
		return err
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
	if got := read(t, s, state.AllDAP); len(got) != 1 || got[0].Held {
		t.Errorf("AllDAP = %+v, want the one that was removed", got)
	}
}
