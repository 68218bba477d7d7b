package approvals_test

import (
	"errors"
	"testing"
	"time"

	"latchkey/internal/access"
	"latchkey/internal/approvals"
	"latchkey/internal/state"
)

// next is when the next review of the customer is due; zero when none is.
func (w *world) nextReview(t *testing.T, customer access.TenantID) time.Time {
	t.Helper()
	var at time.Time
	w.look(t, func(tx state.Tx) error {
		p, err := state.ReviewPlanOf(tx, customer)
		at = p.At
		if errors.Is(err, state.ErrNotFound) {
			return nil
		}
		return err
	})
	return at
}

func (w *world) planned(t *testing.T) {
	t.Helper()
	if err := w.PlanReviews(t.Context()); err != nil {
		t.Fatal(err)
	}
}

// TestReviewPlan has the bot start reviews by itself.
func TestReviewPlan(t *testing.T) {
	t.Parallel()
	const every, day = 90 * 24 * time.Hour, 24 * time.Hour
	w := newWorld(t)
	w.planned(t)
	if at := w.nextReview(t, contoso); !at.IsZero() {
		t.Errorf("without a word one is due at %v", at)
	}
	w.ruled(t, "reviews: {every: 90d}\n")
	w.planned(t)
	first := w.now.Add(every)
	w.now = w.now.Add(10 * day)
	w.planned(t) // a start later
	if at := w.nextReview(t, contoso); !at.Equal(first) {
		t.Errorf("the first is due at %v, want %v", at, first)
	}
	r := w.started(t) // by hand, between
	if at := w.nextReview(t, contoso); !at.Equal(w.now.Add(every)) {
		t.Errorf("after one by hand it is due at %v", at)
	}
	w.now = w.now.Add(every)
	due := func() error {
		return w.Due(t.Context(), state.Due{Kind: state.DueReviewPlan, Customer: contoso, At: w.nextReview(t, contoso)})
	}
	if err := due(); err != nil { // the last is still open
		t.Fatal(err)
	}
	if at := w.nextReview(t, contoso); !at.Equal(w.now.Add(day)) {
		t.Errorf("while one is open, it is due at %v", at)
	}
	w.now = r.DueBy.Add(-time.Hour)
	if _, err := w.KeepReview(t.Context(), w.by(carol, contosoChannel), approvals.ReviewRef{Review: r.ID, Terms: 1}); err != nil {
		t.Fatal(err)
	}
	w.now = w.nextReview(t, contoso)
	w.does(t, due, "event review.started", "slack.review.card V-00002/slack/1")
	w.does(t, func() error { // the same once more
		return w.Due(t.Context(), state.Due{Kind: state.DueReviewPlan, Customer: contoso, At: w.now})
	})
	w.put(t, func(tx state.Tx) error {
		return state.DeleteContact(tx, access.Contact{Person: amir, Customer: adatum})
	})
	w.does(t, func() error {
		return w.Due(t.Context(), state.Due{Kind: state.DueReviewPlan, Customer: adatum, At: w.nextReview(t, adatum)})
	}, "slack.notice notice/C0OPS trouble to C0OPS")
	w.ruled(t, "")
	w.planned(t)
	if at := w.nextReview(t, adatum); !at.IsZero() {
		t.Errorf("when none is wanted any more, one is due at %v", at)
	}
}

func TestShowReview(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	if _, err := w.ReviewOf(t.Context(), w.by(ana, ""), contoso); access.CodeOf(err) != access.NotFound {
		t.Errorf("before there was one: %v", err)
	}
	r := w.started(t)
	for _, p := range []access.Person{ana, dee} {
		one, err1 := w.Review(t.Context(), w.by(p, ""), r.ID)
		last, err2 := w.ReviewOf(t.Context(), w.by(p, ""), contoso)
		if err1 != nil || err2 != nil || one.ID != r.ID || last.ID != r.ID {
			t.Errorf("%s sees %s and %s, %v, %v", p.User, one.ID, last.ID, err1, err2)
		}
	}
	for _, p := range []access.Person{carol, zoe} {
		w.refuses(t, access.Forbidden, "", func() error {
			_, err := w.Review(t.Context(), w.by(p, ""), r.ID)
			return err
		})
	}
	if _, err := w.Review(t.Context(), w.by(ana, ""), "V-ZZZZZ"); access.CodeOf(err) != access.NotFound {
		t.Errorf("of none: %v", err)
	}
}
