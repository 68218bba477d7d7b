package approvals

import (
	"context"

	"latchkey/internal/access"
	"latchkey/internal/state"
)

// errNoReview says as little to somebody of another customer as of a made-up id.
var errNoReview = access.RefuseAnyone(access.NotFound, "There is no such access review for your organisation.")

// SignedReview returns an access review as somebody sees it who has signed in: only a
// contact of its customer does.
func (s *Service) SignedReview(ctx context.Context, in access.SignIn, id access.ReviewID) (access.Review, error) {
	var out access.Review
	now := s.now()
	err := s.Store.View(ctx, func(tx state.Tx) error {
		r, err := loadReview(tx, id)
		if err == nil {
			_, err = s.signedContact(tx, in, r.Customer, r.CustomerName)
		}
		if code := access.CodeOf(err); code == access.NotFound || code != "" && in.Account.Tenant != r.Customer {
			return errNoReview
		}
		if err != nil {
			return err
		}
		out, err = refreshed(tx, r, now)
		return err
	})
	return out, s.audited(ctx, signedIn(in), subject{act: "review look", customer: in.Account.Tenant}, err)
}

// AnswerReviewSigned is [Service.AnswerReview] by somebody who has signed in.
func (s *Service) AnswerReviewSigned(ctx context.Context, in access.SignIn, ref ReviewRef, a access.Answer) (access.Review, error) {
	return s.AnswerReview(ctx, signedIn(in), ref, a)
}

// KeepReviewSigned is [Service.KeepReview] by somebody who has signed in.
func (s *Service) KeepReviewSigned(ctx context.Context, in access.SignIn, ref ReviewRef) (access.Review, error) {
	return s.KeepReview(ctx, signedIn(in), ref)
}

// MayRemoveSigned is [Service.MayRemove] for somebody who has signed in.
func (s *Service) MayRemoveSigned(ctx context.Context, in access.SignIn, ref ReviewRef) (ReviewRemoval, error) {
	return s.MayRemove(ctx, signedIn(in), ref)
}
