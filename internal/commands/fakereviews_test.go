package commands_test

import (
	"context"

	"latchkey/internal/access"
	"latchkey/internal/approvals"
)

// review is the one that the fake knows, of Contoso.
func (s *service) review() access.Review {
	r, err := access.NewReview(access.Review{
		ID: "V-00001", Customer: contoso, CustomerName: "Contoso", StartedBy: dee, Unanswered: access.UnansweredKeep,
		Rows: []access.ReviewRow{{Relationship: relA, Name: "Care plan", Roles: []access.RoleID{exchangeID}}},
	}, access.DraftWithin, now)
	if err != nil {
		panic(err)
	}
	return r
}

func (s *service) StartReview(_ context.Context, o approvals.Origin, tenant access.TenantID) (access.Review, error) {
	if err := s.admin(o); err != nil {
		return access.Review{}, err
	}
	s.log("review %s", tenant)
	return s.review(), nil
}

func (s *service) StartReviews(_ context.Context, o approvals.Origin) ([]approvals.ReviewStart, error) {
	if err := s.admin(o); err != nil {
		return nil, err
	}
	s.log("review all")
	return []approvals.ReviewStart{{Customer: s.customers[0], Review: s.review()}, {Customer: s.customers[1], Why: "It has no contact."}}, nil
}

func (s *service) MayRemove(_ context.Context, o approvals.Origin, ref approvals.ReviewRef) (approvals.ReviewRemoval, error) {
	r := s.review()
	if ref.Review != r.ID {
		return approvals.ReviewRemoval{}, access.Refuse(access.NotFound, "There is no access review %s.", ref.Review)
	}
	if !o.Actor.Same(bo) {
		return approvals.ReviewRemoval{}, access.Refuse(access.Forbidden, "You are no contact of Contoso.")
	}
	row, err := r.MayAnswer(ref.Row, ref.Terms, now)
	return approvals.ReviewRemoval{Review: r, Row: row}, err
}

func (s *service) AnswerReview(ctx context.Context, o approvals.Origin, ref approvals.ReviewRef, a access.Answer) (access.Review, error) {
	found, err := s.MayRemove(ctx, o, ref)
	if err == nil {
		s.log("answer %s %d %d %s", ref.Review, ref.Row, ref.Terms, a)
	}
	return found.Review, err
}

func (s *service) KeepReview(ctx context.Context, o approvals.Origin, ref approvals.ReviewRef) (access.Review, error) {
	ref.Row = 1
	found, err := s.MayRemove(ctx, o, ref)
	if err == nil {
		s.log("keep %s %d", ref.Review, ref.Terms)
	}
	return found.Review, err
}

func (s *service) Review(_ context.Context, _ approvals.Origin, id access.ReviewID) (access.Review, error) {
	if r := s.review(); r.ID == id {
		return r, s.ready()
	}
	return access.Review{}, access.Refuse(access.NotFound, "There is no access review %s.", id)
}

func (s *service) ReviewOf(_ context.Context, _ approvals.Origin, tenant access.TenantID) (access.Review, error) {
	if tenant != contoso {
		return access.Review{}, access.Refuse(access.NotFound, "There was no access review of this customer.")
	}
	return s.review(), s.ready()
}
