package state_test

import (
	"errors"
	"testing"
	"time"

	"latchkey/internal/access"
	"latchkey/internal/state"
	"latchkey/internal/state/statetest"
)

var (
	sampleAccessReview = access.Review{
		ID: "V-7K3M2", Customer: contoso, CustomerName: "Contoso <Ltd> & Söhne", StartedBy: ana, StartedAt: start, DueBy: start.AddDate(0, 0, 14),
		Unanswered: access.UnansweredAsk, Unread: []string{"Contoso 2024"}, State: access.ReviewClosed, ClosedAt: start.AddDate(0, 0, 15),
		Reminded: 2, Overdue: true, Terms: 3, Rev: 9,
		Rows: []access.ReviewRow{{
			N: 1, Relationship: sampleRelationship.ID, Name: "Contoso helpdesk", Roles: []access.RoleID{helpdesk, reader}, End: start.AddDate(1, 0, 0),
			AutoExtend: true, Group: "g0000000-0000-4000-8000-00000000000b", GroupName: "Desk <1>", Assignment: "as-1", Own: true,
			Members: []string{"Ana Ito"}, Count: 12, Unseen: true, Terms: 2, State: access.RowFailed, By: bo, At: start.Add(time.Hour),
			Grants: []access.RequestID{"R-7K3M2"}, Note: "Microsoft said no.", EndedAt: start.Add(2 * time.Hour),
		}},
	}
	sampleReviewCard = state.ReviewCard{
		Review: "V-7K3M2", Card: 2, Ref: access.MessageRef{Channel: "C0CONTOSO", TS: "1772443800.000400"},
	}
	sampleReviewPlan = state.ReviewPlan{Customer: contoso, Since: start, At: start.AddDate(0, 3, 0)}
)

// openReview is one that waits until a moment.
func openReview(id access.ReviewID, customer access.TenantID, at time.Time) access.Review {
	return access.Review{
		ID: id, Customer: customer, StartedAt: at, DueBy: at.AddDate(0, 0, 14), State: access.ReviewOpen,
		Rows: []access.ReviewRow{{N: 1, State: access.RowOpen}},
	}
}

// TestReviews finds the one that is open, the newest, and what time does to them.
func TestReviews(t *testing.T) {
	t.Parallel()
	s := statetest.Memory()
	view(t, s, func(tx state.Tx) error {
		for _, get := range []func(state.Tx, access.TenantID) (access.Review, error){state.OpenReview, state.LastReview} {
			if got, err := get(tx, contoso); !errors.Is(err, state.ErrNotFound) {
				t.Errorf("of a customer without one: %v, %v", got, err)
			}
		}
		return nil
	})
	older, newer := openReview("V-00002", contoso, start), openReview("V-00001", contoso, start.AddDate(0, 1, 0))
	older.State = access.ReviewClosed
	update(t, s, func(tx state.Tx) error {
		return errors.Join(state.PutReview(tx, older), state.PutReview(tx, newer), state.PutReview(tx, openReview("V-00003", fabrikam, start)))
	})
	view(t, s, func(tx state.Tx) error {
		open, err1 := state.OpenReview(tx, contoso)
		last, err2 := state.LastReview(tx, contoso)
		all, err3 := state.OpenReviews(tx)
		first, _, err4 := state.NextDue(tx)
		if open.ID != "V-00001" || last.ID != "V-00001" || len(all) != 2 || first.Review != "V-00003" || first.Kind != state.DueReview || first.ID() != "V-00003" {
			t.Errorf("open %s, last %s, all %d, due %+v", open.ID, last.ID, len(all), first)
		}
		return errors.Join(err1, err2, err3, err4)
	})
	newer.State = access.ReviewClosed
	update(t, s, func(tx state.Tx) error {
		return errors.Join(state.PutReview(tx, newer), tx.Put(state.Path("review", "V-00003"), []byte("rotten")))
	})
	view(t, s, func(tx state.Tx) error {
		if got, err := state.OpenReview(tx, contoso); !errors.Is(err, state.ErrNotFound) {
			t.Errorf("a closed one is open: %v, %v", got, err)
		}
		all, err := state.OpenReviews(tx)
		if len(all) != 0 {
			t.Errorf("%d can be read, want none", len(all))
		}
		return err
	})
}

func TestReviewPlans(t *testing.T) {
	t.Parallel()
	s := statetest.Memory()
	update(t, s, func(tx state.Tx) error { return state.PutReviewPlan(tx, sampleReviewPlan) })
	view(t, s, func(tx state.Tx) error {
		due, ok, err := state.NextDue(tx)
		if !ok || due.Customer != contoso || due.Kind != state.DueReviewPlan || !due.At.Equal(sampleReviewPlan.At) {
			t.Errorf("due is %+v, %t", due, ok)
		}
		return err
	})
	for range 2 {
		update(t, s, func(tx state.Tx) error { return state.DeleteReviewPlan(tx, contoso) })
	}
	if left := statetest.Contents(t, s); len(left) != 0 {
		t.Errorf("%v is left", left)
	}
}

// TestStoredReviewKeys holds the keys of reviews and their indexes.
func TestStoredReviewKeys(t *testing.T) {
	t.Parallel()
	s := statetest.Memory()
	update(t, s, func(tx state.Tx) error {
		return errors.Join(state.PutReview(tx, sampleAccessReview), state.PutReview(tx, openReview("V-00001", contoso, start)),
			state.PutReviewCard(tx, sampleReviewCard), state.PutReviewPlan(tx, sampleReviewPlan))
	})
	compareKeys(t, s, "review-keys.txt")
}
