package approvals

import (
	"context"
	"errors"

	"latchkey/internal/access"
	"latchkey/internal/state"
)

// ReviewEntry is a review with whom it waits for.
type ReviewEntry struct {
	Review   access.Review
	Contacts []access.Person
}

// ReviewEntry returns a review for its cards. It checks nobody's authority: who reads a
// card is decided by where it is posted.
func (s *Service) ReviewEntry(ctx context.Context, id access.ReviewID) (ReviewEntry, error) {
	var out ReviewEntry
	err := s.Store.View(ctx, func(tx state.Tx) (err error) {
		out = ReviewEntry{}
		if out.Review, err = state.Review(tx, id); err != nil {
			return err
		}
		contacts, err := state.ContactsOf(tx, out.Review.Customer)
		for _, c := range contacts {
			out.Contacts = append(out.Contacts, c.Person)
		}
		return err
	})
	return out, err
}

// Review returns one review. Only linked staff and bot admins may look.
func (s *Service) Review(ctx context.Context, o Origin, id access.ReviewID) (access.Review, error) {
	var out access.Review
	err := s.view(ctx, o, subject{act: "review show"}, func(tx state.Tx) (err error) {
		out, err = loadReview(tx, id)
		return err
	})
	return out, err
}

// ReviewOf returns the newest review of a customer.
func (s *Service) ReviewOf(ctx context.Context, o Origin, tenant access.TenantID) (access.Review, error) {
	var out access.Review
	err := s.view(ctx, o, subject{act: "review show", customer: tenant}, func(tx state.Tx) (err error) {
		if out, err = state.LastReview(tx, tenant); errors.Is(err, state.ErrNotFound) {
			return access.Refuse(access.NotFound, "There was no access review of this customer. A bot admin can start one: `/access review start`.")
		}
		return err
	})
	return out, err
}
