package state_test

import (
	"errors"
	"testing"
	"time"

	"latchkey/internal/access"
	"latchkey/internal/state"
	"latchkey/internal/state/statetest"
)

// ahead has a request begin later, again and again, and extend another, which no request
// does at once: it is for the stored form.
func ahead(r access.Request) access.Request {
	r.Rule.StartWithin, r.Rule.Recurring, r.Rule.Extensions = 720*time.Hour, 2160*time.Hour, 2
	r.StartAt = start.Add(24 * time.Hour)
	r.Windows = []time.Time{r.StartAt, r.StartAt.AddDate(0, 0, 7), r.StartAt.AddDate(0, 0, 14)}
	r.Recurs = access.Recurrence{
		Every: access.EveryMonth, Weekday: time.Tuesday, Nth: 2, At: 20*time.Hour + 30*time.Minute, Zone: "Europe/Berlin", Last: "2026-12-31",
	}
	r.Opened, r.Held = 1, true
	r.Stopped = access.Stop{By: bo, Note: "not <needed> any more", At: start.Add(48 * time.Hour)}
	r.Extends, r.Ends = "R-ZZZZZ", start.Add(2*time.Hour)
	return r
}

// sampleRecurring is a request with windows, of which one is behind.
func sampleRecurring() access.Request {
	r := ahead(sampleRequest)
	r.Extends, r.Ends = "", time.Time{}
	return r
}

// sampleWindow is the grant of a window.
func sampleWindow() access.Grant {
	g := sampleGrant
	g.Window, g.Until, g.Extended, g.Warned = 1, start.Add(93*time.Minute), 1, true
	return g
}

// sampleExtension asks for more time.
func sampleExtension() access.Request {
	r := sampleRequest
	r.ID, r.Extends, r.Ends = "R-EXTND", sampleRequest.ID, start.Add(4*time.Hour)
	return r
}

// TestStoredAheadKeys holds the keys of what begins later, and of extensions.
func TestStoredAheadKeys(t *testing.T) {
	t.Parallel()
	s := statetest.Memory()
	update(t, s, func(tx state.Tx) error {
		next, held, stopped := sampleRecurring(), sampleRecurring(), sampleRecurring()
		next.ID, next.Held, next.Stopped = "R-00001", false, access.Stop{}
		held.ID, held.Stopped = "R-00002", access.Stop{}
		stopped.ID = "R-00003"
		waits, extends := sampleRecurring(), sampleExtension()
		waits.ID, waits.State, waits.Opened, waits.Stopped, waits.Reminded = "R-00004", access.Pending, 0, access.Stop{}, 2
		extends.State, extends.Reminded = access.Pending, 2
		active := sampleWindow()
		active.Request, active.State, active.Warned = "R-00005", access.Active, false
		return errors.Join(state.PutRequest(tx, next), state.PutRequest(tx, held), state.PutRequest(tx, stopped), state.PutRequest(tx, waits),
			state.PutRequest(tx, extends), state.PutGrant(tx, active))
	})
	compareKeys(t, s, "ahead-keys.txt")
	if err := s.View(t.Context(), func(tx state.Tx) error {
		got, err := state.Extending(tx, sampleRequest.ID)
		if len(got) != 1 || got[0] != "R-EXTND" {
			t.Errorf("Extending = %v", got)
		}
		ahead, err2 := state.AheadOf(tx, sampleRequest.Customer)
		if len(ahead) != 2 || ahead[0] != "R-00001" || ahead[1] != "R-00002" {
			t.Errorf("AheadOf = %v", ahead)
		}
		return errors.Join(err, err2)
	}); err != nil {
		t.Error(err)
	}
}
