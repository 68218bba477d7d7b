package approvals_test

import (
	"fmt"
	"slices"
	"testing"

	"latchkey/internal/access"
	"latchkey/internal/outbox"
)

// TestReviewByMail holds that contacts who are not in Slack are written to when a review
// waits, and who sees it on the page and may answer.
func TestReviewByMail(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.withKim(t)
	r := w.started(t)
	if got := w.letters(t); fmt.Sprint(got) != "[review kim@contoso.com]" {
		t.Errorf("started: %v", got)
	}
	w.drain(t)
	at, ok := r.NextReminder()
	if !ok {
		t.Fatal("there is no reminder")
	}
	w.now = at
	w.passDue(t)
	if got := w.letters(t); fmt.Sprint(got) != "[still kim@contoso.com]" {
		t.Errorf("reminded: %v", got)
	}
	kim := signIn("kim")
	if _, err := w.Arrived(t.Context(), kim); err != nil {
		t.Fatal(err)
	}
	other, made := kim, r.ID
	other.Account.Tenant = adatum
	look := func(in access.SignIn, id access.ReviewID) func() error {
		return func() error {
			_, err := w.SignedReview(t.Context(), in, id)
			return err
		}
	}
	w.refuses(t, access.NotFound, "no such access review", look(other, made))
	w.refuses(t, access.NotFound, "no such access review", look(kim, "V-ZZZZZ"))
	w.refuses(t, access.Forbidden, "role alone", look(signIn("lou"), made))
	if err := look(kim, made)(); err != nil {
		t.Error(err)
	}
	w.refuses(t, access.Forbidden, "role alone", func() error {
		_, err := w.MayRemoveSigned(t.Context(), signIn("lou"), row(r.ID, 1))
		return err
	})
	if v, err := w.MayRemoveSigned(t.Context(), kim, row(r.ID, 1)); err != nil || v.Row.N != 1 {
		t.Errorf("to be removed: %+v, %v", v, err)
	}
	got, err := w.AnswerReviewSigned(t.Context(), kim, row(r.ID, 1), access.AnswerKeep)
	if err != nil || !slices.ContainsFunc(got.Rows, func(row access.ReviewRow) bool { return row.By.Entra == kim.Account }) {
		t.Errorf("kept: %+v, %v", got, err)
	}
}

// TestOfferByMail writes to them once of a relationship that waits for them.
func TestOfferByMail(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.withKim(t)
	o := w.drafted(t)
	if got := w.letters(t); len(got) > 0 {
		t.Errorf("before Microsoft has it: %v", got)
	}
	w.onceOf(t, outbox.GraphOffer)
	w.wantOffer(t, o.ID, access.OfferSent)
	if got := w.letters(t); fmt.Sprint(got) != "[offer kim@contoso.com]" {
		t.Errorf("sent: %v", got)
	}
}
