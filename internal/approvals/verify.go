package approvals

import (
	"context"
	"errors"
	"time"

	"latchkey/internal/access"
	"latchkey/internal/state"
)

// VerifyStory is a contact who is about to prove that they belong to the customer.
type VerifyStory struct {
	Customer string
	Name     string // of the contact
}

// StartVerifying lets a contact sign in once, to prove that they belong to the customer
// and hold a role there. It returns the secret of the link, which is good for a few
// minutes and for this contact.
func (s *Service) StartVerifying(ctx context.Context, o Origin, customer access.TenantID) (secret string, out VerifyStory, err error) {
	err = s.act(ctx, o, subject{act: "verify", customer: customer}, func(tx state.Tx, now time.Time) error {
		if !s.Page {
			return access.RefuseAnyone(access.Unavailable, "There is no page to sign in on. You can decide a day after you were linked.")
		}
		c, _ := s.Policy().Customer(customer)
		contact, err := s.contact(tx, o, customer, c.Name)
		if err != nil {
			return err
		}
		if contact.Verified() {
			return access.RefuseAnyone(access.Conflict, "You are verified already, since %s.", contact.VerifiedAt)
		}
		out = VerifyStory{Customer: c.Name, Name: contact.Person.Name}
		secret, err = s.issue(tx, state.TicketVerify, customer, contact.Person, "", now)
		return err
	})
	return secret, out, err
}

// Verifying says what a contact's link is for.
func (s *Service) Verifying(ctx context.Context, secret string) (VerifyStory, error) {
	var out VerifyStory
	err := s.Store.View(ctx, func(tx state.Tx) error {
		t, err := s.verifiable(tx, secret, s.now())
		out = VerifyStory{Customer: t.Customer, Name: t.By.Name}
		return err
	})
	return out, err
}

func (s *Service) verifiable(tx state.Tx, secret string, now time.Time) (TicketStory, error) {
	t, err := s.usable(tx, secret, now)
	if err == nil && t.Act != state.TicketVerify {
		err = errUnknownLink
	}
	return t, err
}

// Verify binds the contact to the account with which they have signed in, to the
// customer's own tenant and with a role that allows it. It uses the link up.
func (s *Service) Verify(ctx context.Context, secret string, in access.SignIn) (VerifyStory, error) {
	var out VerifyStory
	now := s.now()
	err := s.Store.Update(ctx, func(tx state.Tx) error {
		t, err := s.verifiable(tx, secret, now)
		if err != nil {
			return err
		}
		out = VerifyStory{Customer: t.Customer, Name: t.By.Name}
		contact, err := state.Contact(tx, t.Ticket.Customer, t.By.Team, t.By.User)
		if errors.Is(err, state.ErrNotFound) {
			return access.RefuseAnyone(access.Forbidden, "You are not a contact of %s any more, so nothing was done.", t.Customer)
		}
		if err != nil {
			return err
		}
		if in.Account.Tenant != t.Ticket.Customer {
			return access.RefuseAnyone(access.Forbidden, "You have signed in to another organisation than %s, so nothing was done. Use your account there; the link can be used again.", t.Customer)
		}
		c, role, err := s.admitted(in)
		if err != nil {
			return err
		}
		t.TakenAt, t.SettledAt = now, now
		if err := state.PutTicket(tx, t.Ticket); err != nil {
			return err
		}
		if contact.Verified() && contact.Person.Entra == in.Account {
			return nil
		}
		return s.verified(tx, c, contact, in, role, now)
	})
	return out, s.audited(ctx, signedIn(in), subject{act: "verify", customer: in.Account.Tenant}, err)
}
