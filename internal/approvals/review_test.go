package approvals_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"latchkey/internal/access"
	"latchkey/internal/approvals"
	"latchkey/internal/outbox"
	"latchkey/internal/policy"
	"latchkey/internal/state"
)

const fortnight = 14 * 24 * time.Hour

// started has Dee start a review of Contoso, which has a relationship, a group of the
// partner's on it and, with a grant, one of the bot's.
func (w *world) started(t testing.TB) access.Review {
	t.Helper()
	r, err := w.StartReview(context.Background(), w.by(dee, ""), contoso)
	if err != nil {
		t.Fatalf("StartReview: %v", err)
	}
	return r
}

// reviews gives Contoso two groups and starts a review.
func (w *world) reviews(t *testing.T) (access.Review, access.RequestID) {
	t.Helper()
	w.put(t, furnishGroups)
	id := w.active(t)
	w.inGroup(t, id, ana)
	w.put(t, func(tx state.Tx) error { // the access goes through the relationship
		g, err := state.Grant(tx, id)
		if err != nil {
			return err
		}
		c, err := state.Container(tx, g.Container)
		c.Relationship = "rel-contoso"
		return errors.Join(err, state.PutContainer(tx, c))
	})
	return w.started(t), id
}

func (w *world) accessReview(t testing.TB, id access.ReviewID) access.Review {
	t.Helper()
	e, err := w.ReviewEntry(context.Background(), id)
	if err != nil {
		t.Fatal(err)
	}
	return e.Review
}

func (w *world) answer(p access.Person, ref approvals.ReviewRef, a access.Answer) func() error {
	channel := contosoChannel
	if p.Team == home {
		channel = operations
	}
	return func() error {
		_, err := w.AnswerReview(context.Background(), w.by(p, channel), ref, a)
		return err
	}
}

func (w *world) reviewDue(id access.ReviewID) func() error {
	return func() error {
		return w.Due(context.Background(), state.Due{Kind: state.DueReview, Review: id, At: w.now})
	}
}

// ruled changes the policy of the world.
func (w *world) ruled(t *testing.T, more string) {
	t.Helper()
	p, err := policy.Parse("policy.yml", []byte(policyText+more))
	if err != nil {
		t.Fatal(err)
	}
	w.policy = p
}

func row(id access.ReviewID, n int) approvals.ReviewRef {
	return approvals.ReviewRef{Review: id, Row: n, Terms: 1}
}

func states(r access.Review) (out []access.RowState) {
	for _, one := range r.Rows {
		out = append(out, one.State)
	}
	return out
}

func TestStartReview(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.put(t, furnishGroups)
	for _, p := range []access.Person{ana, zoe, carol} {
		w.refuses(t, access.Forbidden, "bot admin", func() error {
			_, err := w.StartReview(t.Context(), w.by(p, ""), contoso)
			return err
		})
	}
	w.refuses(t, access.Forbidden, "not in policy.yml", func() error {
		_, err := w.StartReview(t.Context(), w.by(dee, ""), "other")
		return err
	})
	var r access.Review
	w.does(t, func() error { r = w.started(t); return nil }, "event review.started", "slack.review.card V-00001/slack/1")
	if len(r.Rows) != 2 || r.Rows[1].GroupName != "GDAP readers" || r.Rows[1].Count != 1 || r.Unanswered != access.UnansweredAsk || !r.DueBy.Equal(w.now.Add(fortnight)) {
		t.Errorf("it is %+v", r)
	}
	if sum, err := w.Summarize(t.Context(), w.by(ana, ""), "", 1); err != nil || sum.Reviews != 1 || sum.Quiet() {
		t.Errorf("the summary counts %d, %v", sum.Reviews, err)
	}
	w.refuses(t, access.Conflict, "under review already: V-00001", func() error {
		_, err := w.StartReview(t.Context(), w.by(dee, ""), contoso)
		return err
	})
	all, err := w.StartReviews(t.Context(), w.by(dee, ""))
	if err != nil || len(all) != 2 || !strings.Contains(all[0].Why, "under review already") || all[1].Review.Customer != adatum {
		t.Errorf("of all: %+v, %v", all, err)
	}
	w.put(t, func(tx state.Tx) error {
		return state.DeleteContact(tx, access.Contact{Person: amir, Customer: adatum})
	})
	w.put(t, func(tx state.Tx) error { // as if it were over
		r := w.accessReview(t, all[1].Review.ID)
		r.State = access.ReviewClosed
		return state.PutReview(tx, r)
	})
	w.refuses(t, access.Conflict, "no contact who could answer", func() error {
		_, err := w.StartReview(t.Context(), w.by(dee, ""), adatum)
		return err
	})
}

// TestAnswerReview follows the answers of a customer's contacts, and what is refused.
func TestAnswerReview(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	r, _ := w.reviews(t)
	w.drain(t)
	for p, says := range map[access.Person]string{
		ana: "Only a contact", bo: "Only a contact", dee: "Only a contact", oskar: "Only a contact", amir: "Only a contact",
	} {
		w.refuses(t, access.Forbidden, says, w.answer(p, row(r.ID, 1), access.AnswerKeep))
		w.refuses(t, access.Forbidden, says, func() error {
			_, err := w.MayRemove(context.Background(), w.by(p, contosoChannel), row(r.ID, 1))
			return err
		})
	}
	w.put(t, func(tx state.Tx) error {
		return state.PutContact(tx, access.Contact{Person: oskar, Customer: contoso, LinkedAt: w.now})
	})
	for _, a := range []access.Answer{access.AnswerKeep, access.AnswerRemove} {
		w.refuses(t, access.Forbidden, "linked only just now", w.answer(oskar, row(r.ID, 1), a))
	}
	w.refuses(t, access.Forbidden, "only in the channel", func() error {
		_, err := w.AnswerReview(context.Background(), w.by(carol, adatumChannel), row(r.ID, 1), access.AnswerKeep)
		return err
	})
	w.refuses(t, access.NotFound, "no access review V-ZZZZZ", w.answer(carol, row("V-ZZZZZ", 1), access.AnswerKeep))
	w.refuses(t, access.NotFound, "has no row 9", w.answer(carol, row(r.ID, 9), access.AnswerKeep))
	w.does(t, w.answer(carol, row(r.ID, 1), access.AnswerKeep), "event review.answered", "slack.review.card "+string(r.ID)+"/slack/1")
	w.refuses(t, access.Conflict, "already kept by Carol", w.answer(cem, row(r.ID, 1), access.AnswerRemove))
	w.does(t, func() error {
		_, err := w.KeepReview(context.Background(), w.by(cem, contosoChannel), approvals.ReviewRef{Review: r.ID, Terms: 1})
		return err
	}, "event review.answered", "event review.answered", "event review.closed",
		"slack.file file/"+string(r.ID), "slack.review.card "+string(r.ID)+"/slack/0", "slack.review.card "+string(r.ID)+"/slack/1")
	got := w.accessReview(t, r.ID)
	if got.State != access.ReviewClosed || got.Rows[2].By != cem {
		t.Errorf("it is %s: %+v", got.State, got.Rows)
	}
	w.refuses(t, access.Conflict, "waits for an answer any more", func() error {
		_, err := w.KeepReview(context.Background(), w.by(cem, contosoChannel), approvals.ReviewRef{Review: r.ID, Terms: 1})
		return err
	})
}

// TestSignedInReview: who has no account in Slack answers signed in, and is somebody.
func TestSignedInReview(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	in := w.verified(t)
	w.ruled(t, "reviews: {unanswered: remove}\n")
	r := w.started(t)
	answer := func(in access.SignIn) func() error {
		return func() error {
			_, err := w.AnswerReview(context.Background(), approvals.Origin{Actor: in.Person(), SignIn: &in}, row(r.ID, 1), access.AnswerKeep)
			return err
		}
	}
	w.refuses(t, access.Forbidden, "Your role alone", answer(signIn("oskar")))
	other := in
	other.Account.Tenant = adatum
	w.refuses(t, access.Forbidden, "another organisation", answer(other))
	if err := answer(in)(); err != nil {
		t.Fatal(err)
	}
	got := w.accessReview(t, r.ID)
	if !got.Rows[0].By.Entra.Known() || got.State != access.ReviewClosed {
		t.Errorf("it is %s by %+v", got.State, got.Rows[0].By)
	}
	w.refuses(t, access.Conflict, "already kept by Carol", w.answer(cem, row(r.ID, 1), access.AnswerKeep))
}

// TestReviewRemovesGroup: the roles of a group go by the same way as a bot admin's
// order, and the contact gets no direct message of it.
func TestReviewRemovesGroup(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	r, _ := w.reviews(t)
	w.drain(t)
	n := 1 + slices.IndexFunc(r.Rows, func(row access.ReviewRow) bool { return row.GroupName == "GDAP readers" })
	w.does(t, w.answer(carol, row(r.ID, n), access.AnswerRemove), "event review.answered", "event assignment.removing",
		"graph.unassign relationship/rel-contoso", "slack.review.card "+string(r.ID)+"/slack/1")
	w.refuses(t, access.Conflict, "is being removed already", w.answer(carol, row(r.ID, n), access.AnswerRemove))
	w.does(t, func() error { w.onceOf(t, outbox.GraphUnassign); return nil },
		"event assignment.removed", "event review.removed", "slack.review.card "+string(r.ID)+"/slack/1", "slack.offer.notice notice/"+string(contoso)+" relationship to ")
	if got := w.accessReview(t, r.ID); got.Rows[n-1].State != access.RowRemoved || got.State != access.ReviewOpen {
		t.Errorf("it is %s: %v", got.State, states(got))
	}
	again := w.started2(t, r.ID)
	if len(again.Rows) != 2 {
		t.Errorf("the next one has %+v", again.Rows)
	}
}

// started2 closes a review and starts another.
func (w *world) started2(t *testing.T, id access.ReviewID) access.Review {
	t.Helper()
	if _, err := w.KeepReview(t.Context(), w.by(carol, contosoChannel), approvals.ReviewRef{Review: id, Terms: 1}); err != nil {
		t.Fatal(err)
	}
	return w.started(t)
}

// TestReviewRemovesOwn: in a group of the bot's the grants are ended, and the row is
// done when they are over.
func TestReviewRemovesOwn(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	r, id := w.reviews(t)
	w.drain(t)
	n := 1 + slices.IndexFunc(r.Rows, func(row access.ReviewRow) bool { return row.Own })
	found, err := w.MayRemove(t.Context(), w.by(carol, ""), row(r.ID, n))
	if err != nil || len(found.Grants) != 1 || found.Grants[0].Request.ID != id {
		t.Fatalf("it would end %+v, %v", found.Grants, err)
	}
	if err := w.answer(carol, row(r.ID, n), access.AnswerRemove)(); err != nil {
		t.Fatal(err)
	}
	if g := w.grant(t, id); g.State != access.Ending || g.EndedBy != carol || w.accessReview(t, r.ID).Rows[n-1].State != access.RowRemoving {
		t.Errorf("the grant is %s by %s", g.State, g.EndedBy.User)
	}
	w.drain(t)
	if g, got := w.grant(t, id), w.accessReview(t, r.ID); g.State != access.Ended || got.Rows[n-1].State != access.RowRemoved {
		t.Errorf("the grant is %s, the rows %v", g.State, states(got))
	}
}

// TestReviewRemovesRelationship: access through it ends first, its groups go with it,
// and where Microsoft refuses for good the row and the operators hear of it.
func TestReviewRemovesRelationship(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		fail   error
		want   access.RowState
		others access.RowState
	}{
		"Done":    {nil, access.RowRemoved, access.RowRemoved},
		"Refused": {errGone, access.RowFailed, access.RowOpen},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			r, id := w.reviews(t)
			w.drain(t)
			if err := w.answer(carol, row(r.ID, 1), access.AnswerRemove)(); err != nil {
				t.Fatal(err)
			}
			w.refuses(t, access.Conflict, "goes with its relationship", w.answer(carol, row(r.ID, 2), access.AnswerKeep))
			if test.fail != nil {
				w.failing(outbox.GraphTerminate, test.fail)
			}
			w.drain(t)
			got := w.accessReview(t, r.ID)
			if got.Rows[0].State != test.want || got.Rows[1].State != test.others || w.grant(t, id).State != access.Ended {
				t.Errorf("the rows are %v, the grant is %s", states(got), w.grant(t, id).State)
			}
			if test.fail != nil && !strings.Contains(got.Rows[0].Note, "The group was deleted") {
				t.Errorf("the row says %q", got.Rows[0].Note)
			}
		})
	}
}

// TestReviewOfWhatChanged: who answers a row that is not any more what was shown is told,
// and the card shows what it is now.
func TestReviewOfWhatChanged(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	r, _ := w.reviews(t)
	w.drain(t)
	w.put(t, func(tx state.Tx) error {
		all, err := state.Relationships(tx, contoso)
		all[0].Assignments[0].Roles = []access.RoleID{users, helpdesk}
		_, err2 := state.PutMirrored(tx, all[0])
		return errors.Join(err, err2)
	})
	n := 1 + slices.IndexFunc(r.Rows, func(row access.ReviewRow) bool { return row.GroupName == "GDAP readers" })
	var err error
	w.does(t, func() error { err = w.answer(carol, row(r.ID, n), access.AnswerKeep)(); return nil },
		"event review.changed", "event refused", "slack.review.card "+string(r.ID)+"/slack/1")
	if access.CodeOf(err) != access.Conflict || !strings.Contains(err.Error(), "has changed") {
		t.Errorf("it is taken, or refused with %v", err)
	}
	if err := w.answer(carol, approvals.ReviewRef{Review: r.ID, Row: n, Terms: 2}, access.AnswerKeep)(); err != nil {
		t.Errorf("once more: %v", err)
	}
	w.put(t, func(tx state.Tx) error {
		return w.mirrored(tx, access.Relationship{ID: "rel-contoso", Customer: contoso, Status: access.RelationshipTerminated})
	})
	if got := w.accessReview(t, r.ID); got.State != access.ReviewClosed || got.Count(access.RowGone) != 2 {
		t.Errorf("when the relationship is over, it is %s: %v", got.State, states(got))
	}
}

// TestReviewDue reminds, and handles what nobody answered as policy said at the start.
func TestReviewDue(t *testing.T) {
	t.Parallel()
	for as, want := range map[access.Unanswered]access.RowState{
		access.UnansweredKeep: access.RowKept, access.UnansweredRemove: access.RowRemoved, access.UnansweredAsk: access.RowHanded,
	} {
		t.Run(string(as), func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			w.ruled(t, "reviews: {unanswered: "+string(as)+"}\n")
			r, id := w.reviews(t)
			w.ruled(t, "reviews: {within: 1d, unanswered: keep}\n") // too late for this one
			w.drain(t)
			card := "slack.review.card " + string(r.ID) + "/slack/1"
			w.does(t, w.reviewDue(r.ID))
			w.now = w.now.Add(fortnight / 2)
			w.does(t, w.reviewDue(r.ID), "event review.reminded", "slack.notice notice/C0CONTOSO review.reminder to C0CONTOSO")
			w.does(t, w.reviewDue(r.ID))
			w.now = r.DueBy.Add(-time.Hour)
			w.does(t, w.reviewDue(r.ID), "event review.reminded",
				"slack.notice notice/C0CONTOSO review.reminder to C0CONTOSO", "slack.notice notice/C0OPS review.unanswered to C0OPS")
			w.drain(t)
			w.now = r.DueBy
			if as == access.UnansweredAsk {
				w.does(t, w.reviewDue(r.ID), "event review.changed", "event review.changed", "event review.changed", "slack.review.card "+string(r.ID)+"/slack/0", card)
			} else if err := w.reviewDue(r.ID)(); err != nil {
				t.Error(err)
			}
			w.drain(t)
			got := w.accessReview(t, r.ID)
			if got.Rows[0].State != want || (got.State == access.ReviewClosed) == (as == access.UnansweredAsk) {
				t.Errorf("it is %s: %v", got.State, states(got))
			}
			if g := w.grant(t, id); as == access.UnansweredRemove && !g.Final() {
				t.Errorf("the grant is %s", g.State)
			}
			if as == access.UnansweredAsk {
				w.decided(t, r)
			}
			w.does(t, w.reviewDue(r.ID))
		})
	}
}

// decided has a bot admin answer what the customer did not.
func (w *world) decided(t *testing.T, r access.Review) {
	t.Helper()
	w.refuses(t, access.Conflict, "Your partner decides", w.answer(carol, row(r.ID, 1), access.AnswerKeep))
	w.refuses(t, access.Forbidden, "bot admin", w.answer(ana, row(r.ID, 1), access.AnswerKeep))
	w.refuses(t, access.Forbidden, "Only a contact", w.answer(oskar, row(r.ID, 1), access.AnswerKeep))
	for n := range len(r.Rows) {
		if err := w.answer(dee, row(r.ID, n+1), access.AnswerKeep)(); err != nil {
			t.Error(err)
		}
	}
	if got := w.accessReview(t, r.ID); got.State != access.ReviewClosed || !got.Rows[0].By.Same(dee) {
		t.Errorf("it is %s: %+v", got.State, got.Rows[0])
	}
}
