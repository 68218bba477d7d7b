package state_test

import (
	"errors"
	"slices"
	"testing"
	"time"

	"latchkey/internal/access"
	"latchkey/internal/state"
	"latchkey/internal/state/statetest"
)

var sampleReview = access.BreakGlassReview{
	Request: "R-7K3M2", Requester: ana, Principal: sampleRequest.Principal, Customer: contoso, CustomerName: "Contoso <Ltd> & Söhne",
	OpenedAt: start, Objections: []access.Objection{{By: bo, Note: "nobody <called>", At: start.Add(time.Hour), Contact: true}},
	SignedBy: access.Person{Team: "T0FABRIKAM", User: "U0DEE", Name: "Dee"}, SignedAt: start.Add(2 * time.Hour), Note: "called them",
	Reminded: 3, UnheardAt: start.Add(time.Minute), Rev: 5,
}

// TestOpenBreakGlass lists what nobody has signed off, of all and of one person.
func TestOpenBreakGlass(t *testing.T) {
	t.Parallel()
	s := statetest.Memory()
	open, other := sampleReview, sampleReview
	open.Request, open.SignedAt, open.Reminded = "R-00001", time.Time{}, 0
	other.Request, other.SignedAt, other.Principal = "R-00002", time.Time{}, "p-other"
	update(t, s, func(tx state.Tx) error {
		return errors.Join(state.PutBreakGlassReview(tx, sampleReview), state.PutBreakGlassReview(tx, open), state.PutBreakGlassReview(tx, other))
	})
	compareKeys(t, s, "breakglass-keys.txt")
	update(t, s, func(tx state.Tx) error {
		all, err := state.OpenBreakGlass(tx)
		mine, err2 := state.OpenBreakGlassOf(tx, sampleReview.Principal)
		if len(all) != 2 || !slices.Equal(mine, []access.RequestID{"R-00001"}) {
			t.Errorf("open are %v, of one %v", all, mine)
		}
		next, ok, err3 := state.NextDue(tx)
		if want := (state.Due{At: start.Add(24 * time.Hour), Kind: state.DueBreakGlass, Request: "R-00001"}); !ok || next != want {
			t.Errorf("due next is %+v, want %+v", next, want)
		}
		open.SignedAt, other.SignedAt = start, start
		return errors.Join(err, err2, err3, state.PutBreakGlassReview(tx, open), state.PutBreakGlassReview(tx, other))
	})
	update(t, s, func(tx state.Tx) error {
		all, err := state.OpenBreakGlass(tx)
		if _, ok, dueErr := state.NextDue(tx); len(all) != 0 || ok || dueErr != nil {
			t.Errorf("signed off, and still open: %v, %t", all, ok)
		}
		return err
	})
}
