package approvals

import (
	"context"
	"errors"
	"time"

	"latchkey/internal/access"
	"latchkey/internal/state"
)

// Sight is a request as somebody sees it who has signed in, and what they may do.
type Sight struct {
	Entry
	MayNot    *access.Error // why they may not decide; nil: they may
	MayEnd    bool          // its access, or all of it that is ahead
	MayObject bool          // say that what was taken by break-glass was not all right
}

// Signed returns a request as somebody sees it who has signed in: only a contact of its
// customer does. Whether they may decide is another question, which the refusal answers.
func (s *Service) Signed(ctx context.Context, in access.SignIn, id access.RequestID) (Sight, error) {
	var out Sight
	now := s.now()
	err := s.Store.View(ctx, func(tx state.Tx) error {
		r, err := load(tx, id)
		if err != nil {
			return hidden(err)
		}
		if _, err := s.signedContact(tx, in, r.Customer, r.CustomerName); err != nil {
			return hiddenUnless(in.Account.Tenant == r.Customer, err)
		}
		if !r.Shown() {
			return errNoRequest
		}
		out = Sight{}
		if out.Entry, err = entry(tx, id); err != nil {
			return err
		}
		return s.may(tx, signedIn(in), &out, now)
	})
	return out, s.audited(ctx, signedIn(in), subject{act: "look", customer: in.Account.Tenant}, err)
}

// may finds out what somebody may do who has signed in.
func (s *Service) may(tx state.Tx, o Origin, v *Sight, now time.Time) error {
	r := v.Request
	_, err := s.decision(tx, o, r.ID, r.Terms, access.Decision{Verdict: access.Approve}, now)
	if err != nil && !errors.As(err, &v.MayNot) {
		return err
	}
	_, ahead := r.Next()
	if ahead || v.Grant != nil && v.Grant.Live() {
		_, err := s.mayRevoke(tx, o, r)
		if v.MayEnd = err == nil; unexpected(err) {
			return err
		}
	}
	if v.Review != nil {
		_, _, err := s.objected(tx, o, *v.Review, "…", now)
		if v.MayObject = err == nil; unexpected(err) {
			return err
		}
	}
	return nil
}

// unexpected reports whether an error is no refusal.
func unexpected(err error) bool { return err != nil && access.CodeOf(err) == "" }

// DecideSigned is [Service.Decide] by somebody who has signed in.
func (s *Service) DecideSigned(ctx context.Context, in access.SignIn, id access.RequestID, terms int, v access.Verdict, note string) (access.Request, error) {
	return s.Decide(ctx, signedIn(in), id, terms, v, note)
}

// RevokeSigned is [Service.Revoke] by somebody who has signed in.
func (s *Service) RevokeSigned(ctx context.Context, in access.SignIn, id access.RequestID, note string) (access.Grant, error) {
	return s.Revoke(ctx, signedIn(in), id, note)
}

// ObjectSigned is [Service.Object] by somebody who has signed in.
func (s *Service) ObjectSigned(ctx context.Context, in access.SignIn, id access.RequestID, note string) (access.BreakGlassReview, error) {
	return s.Object(ctx, signedIn(in), id, note)
}
