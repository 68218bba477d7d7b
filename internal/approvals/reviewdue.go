package approvals

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"time"

	"latchkey/internal/access"
	"latchkey/internal/outbox"
	"latchkey/internal/state"
)

// reviewDue does what time demands of a review: it reminds the customer, and at the
// end has what nobody answered be handled as policy said at its start.
func (s *Service) reviewDue(tx state.Tx, id access.ReviewID, now time.Time) error {
	r, err := state.Review(tx, id)
	if err != nil {
		return err
	}
	fresh, err := refreshed(tx, r, now)
	if err != nil {
		return err
	}
	if fresh, err = s.reviewMoved(tx, r, fresh, access.Person{}, now); err != nil {
		return err
	}
	if now.Before(fresh.DueBy) {
		return s.remindRows(tx, fresh, now)
	}
	closed, err := fresh.Close(now)
	if err != nil {
		return quiet(err)
	}
	_, err = s.reviewMoved(tx, fresh, closed, access.Person{}, now)
	return err
}

// remindRows tells the customer's channel how much still waits and, with the last
// reminder, the operators, who know whom to call.
func (s *Service) remindRows(tx state.Tx, r access.Review, now time.Time) error {
	r, due := r.Remind(now)
	if !due {
		return nil
	}
	if err := state.PutReview(tx, r); err != nil {
		return err
	}
	ev, err := s.reviewEvent(tx, access.EventReviewReminded, r, access.Person{}, now, map[string]string{})
	if err != nil {
		return err
	}
	n := outbox.NoticePayload{Notice: outbox.NoticeReviewReminder, Review: r.ID, Customer: r.Customer}
	if c, ok := s.Policy().Customer(r.Customer); ok {
		n.Channel = c.Channel
		err = s.oweNotice(tx, ev, n)
	}
	err = errors.Join(err, s.oweLetters(tx, ev, outbox.LetterPayload{Occasion: outbox.MailStill, Customer: r.Customer, Review: r.ID}))
	if n.Channel = s.Policy().Operations; r.LastReminder() && n.Channel != "" {
		n.Notice = outbox.NoticeReviewUnanswered
		err = errors.Join(err, s.oweNotice(tx, ev, n))
	}
	return err
}

// PlanReviews has the reviews that policy.yml wants be due from now on. It is called at
// the start, and when the file changed.
func (s *Service) PlanReviews(ctx context.Context) error {
	now := s.now()
	return s.Store.Update(ctx, func(tx state.Tx) error {
		p := s.Policy()
		known, err := state.ReviewPlans(tx)
		if err != nil {
			return err
		}
		for _, plan := range known {
			if _, listed := p.Customer(plan.Customer); p.Reviews.Every == 0 || !listed {
				if err := state.DeleteReviewPlan(tx, plan.Customer); err != nil {
					return err
				}
			}
		}
		for _, c := range p.Customers {
			if err := s.planReview(tx, c.Tenant, now); err != nil {
				return err
			}
		}
		return nil
	})
}

// planReview has the next review be due so long after the last one as policy.yml says.
// Where there was none, the time runs from when the file was first seen to want them: a
// change of a file asks nobody at once.
func (s *Service) planReview(tx state.Tx, customer access.TenantID, now time.Time) error {
	every := s.Policy().Reviews.Every
	if every == 0 {
		return nil
	}
	plan, err := state.ReviewPlanOf(tx, customer)
	if _, bad := state.Unreadable(err); err != nil && !bad && !errors.Is(err, state.ErrNotFound) {
		return err
	}
	last, err := state.LastReview(tx, customer)
	if _, bad := state.Unreadable(err); err != nil && !bad && !errors.Is(err, state.ErrNotFound) {
		return err
	}
	if plan.Customer == "" {
		plan = state.ReviewPlan{Customer: customer, Since: now}
		if !last.StartedAt.IsZero() {
			plan.Since = last.StartedAt
		}
	}
	from := plan.Since
	if last.StartedAt.After(from) {
		from = last.StartedAt
	}
	plan.At = from.Add(every)
	return state.PutReviewPlan(tx, plan)
}

// planAfter puts the next review off, since one begins now.
func (s *Service) planAfter(tx state.Tx, customer access.TenantID, now time.Time) error {
	every := s.Policy().Reviews.Every
	if every == 0 {
		return nil
	}
	return state.PutReviewPlan(tx, state.ReviewPlan{Customer: customer, Since: now, At: now.Add(every)})
}

// startPlanned starts the review that is due. One that cannot be started is told to the
// operators, and is due again after its time; while one is open it waits a day.
func (s *Service) startPlanned(tx state.Tx, d state.Due, now time.Time) error {
	plan, err := state.ReviewPlanOf(tx, d.Customer)
	if err != nil || !plan.At.Equal(d.At) {
		return err
	}
	c, ok := s.Policy().Customer(d.Customer)
	every := s.Policy().Reviews.Every
	if !ok || every == 0 {
		return state.DeleteReviewPlan(tx, d.Customer)
	}
	if err = s.able("review start"); err == nil {
		_, err = s.startReview(tx, c, access.Person{}, now)
	}
	refusal, refused := errors.AsType[*access.Error](err)
	if !refused {
		return err
	}
	if _, err := state.OpenReview(tx, d.Customer); err == nil {
		plan.At = now.Add(24 * time.Hour)
		return state.PutReviewPlan(tx, plan)
	}
	plan.Since, plan.At = now, now.Add(every)
	if err := state.PutReviewPlan(tx, plan); err != nil {
		return err
	}
	cause := access.Event{Seq: uint64(max(now.Unix(), 0)), Customer: d.Customer} //nolint:gosec // not negative
	return s.troubleOf(tx, cause, "reviewplan/"+string(d.Customer), fmt.Sprintf(
		"An access review of %s was due and could not be started: %s", cmp.Or(c.Name, string(c.Tenant)), refusal.Message))
}
