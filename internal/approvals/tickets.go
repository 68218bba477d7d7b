package approvals

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"time"

	"latchkey/internal/access"
	"latchkey/internal/audit"
	"latchkey/internal/state"
)

const (
	// TicketLife is how long the link to a sign-in is good.
	TicketLife = 10 * time.Minute
	ticketKept = 24 * time.Hour // so that an old link is told from a made-up one
	maxTickets = 20             // of one person that are open
)

// TicketStory is a ticket with what people are told of it.
type TicketStory struct {
	state.Ticket
	Customer string // its name
	UPN      string // who has to sign in
}

func ticketID(secret string) string {
	sum := sha256.Sum256([]byte(secret))
	return hex.EncodeToString(sum[:])
}

// issue writes a ticket and returns its secret, and clears away old ones.
func (s *Service) issue(tx state.Tx, act state.TicketAct, customer access.TenantID, by access.Person, principal access.PrincipalID, now time.Time) (string, error) {
	all, err := state.AllTickets(tx)
	if err != nil {
		return "", err
	}
	open := 0
	for _, t := range all {
		switch {
		case !t.Underway() && now.Sub(t.ExpiresAt) > ticketKept:
			if err := state.DeleteTicket(tx, t.ID); err != nil {
				return "", err
			}
		case t.By.Same(by) && t.TakenAt.IsZero() && now.Before(t.ExpiresAt):
			open++
		}
	}
	if open >= maxTickets {
		return "", access.Refuse(access.Conflict, "You have %d links to a sign-in that are still good. Use one of them, or wait %s.", open, access.FormatDuration(TicketLife))
	}
	secret, err := s.NewNonce()
	if err != nil {
		return "", fmt.Errorf("draw a secret: %w", err)
	}
	return secret, state.PutTicket(tx, state.Ticket{
		ID: ticketID(secret), Act: act, Customer: customer, By: by, Principal: principal,
		CreatedAt: now, ExpiresAt: now.Add(TicketLife),
	})
}

// Ticket returns the ticket of a link that can still be used.
func (s *Service) Ticket(ctx context.Context, secret string) (TicketStory, error) {
	var out TicketStory
	err := s.Store.View(ctx, func(tx state.Tx) (err error) {
		out, err = s.usable(tx, secret, s.now())
		if err == nil && out.Act == state.TicketVerify {
			return errUnknownLink
		}
		return err
	})
	return out, err
}

var errUnknownLink = access.RefuseAnyone(access.NotFound, "This link is not known. Start again in Slack.")

func (s *Service) usable(tx state.Tx, secret string, now time.Time) (TicketStory, error) {
	t, err := state.TicketOf(tx, ticketID(secret))
	switch {
	case errors.Is(err, state.ErrNotFound):
		return TicketStory{}, errUnknownLink
	case err != nil:
		return TicketStory{}, err
	case !t.TakenAt.IsZero():
		return TicketStory{}, access.RefuseAnyone(access.Conflict, "This link has been used. Slack tells what became of it.")
	case !now.Before(t.ExpiresAt):
		return TicketStory{}, access.RefuseAnyone(access.Conflict, "This link was good for %s and is too old now. Start again in Slack.", TicketLife)
	}
	out := TicketStory{Ticket: t, Customer: string(t.Customer)}
	if c, err := s.customer(tx, t.Customer); err == nil {
		out.Customer = c.Name
	}
	if b, err := state.Staff(tx, t.By.User); err == nil {
		out.UPN = b.UPN
	}
	return out, nil
}

// TakeTicket uses the ticket up for the person who has signed in. All that
// allowed the act is checked again, from the store and the policy of now. What
// it returns may be done, once.
func (s *Service) TakeTicket(ctx context.Context, secret string, principal access.PrincipalID) (TicketStory, error) {
	var out TicketStory
	now := s.now()
	err := s.Store.Update(ctx, func(tx state.Tx) error {
		t, err := s.usable(tx, secret, now)
		if err != nil {
			return err
		}
		out = t
		staff, err := s.signer(tx, t.By)
		switch {
		case err != nil:
			return err
		case principal != t.Principal || staff.Principal != t.Principal:
			return access.Refuse(access.Forbidden, "This link is for %s, who started it in Slack. You have signed in as somebody else, so nothing was done.", t.UPN)
		}
		kind := access.EventDAPRemoving
		if t.Act == state.TicketDAP {
			if _, _, err := s.removable(tx, t.By, t.Ticket.Customer); err != nil {
				return err
			}
		} else {
			kind = access.EventInvited
		}
		out.TakenAt = now
		if err := state.PutTicket(tx, out.Ticket); err != nil {
			return err
		}
		_, err = audit.Append(tx, access.Event{
			At: now, Actor: t.By, Kind: kind, Customer: t.Ticket.Customer, Detail: map[string]string{"principal": string(principal)},
		})
		return err
	})
	if refusal, ok := errors.AsType[*access.Error](err); ok {
		return out, s.refusedTicket(ctx, out, principal, refusal)
	}
	return out, err
}

// RefusedSignIn audits a sign-in that was turned away.
func (s *Service) RefusedSignIn(ctx context.Context, secret string, principal access.PrincipalID, refusal *access.Error) error {
	t, err := s.Ticket(ctx, secret)
	if err != nil && access.CodeOf(err) == "" {
		return err
	}
	return s.refusedTicket(ctx, t, principal, refusal)
}

func (s *Service) refusedTicket(ctx context.Context, t TicketStory, principal access.PrincipalID, refusal *access.Error) error {
	err := s.Store.Update(ctx, func(tx state.Tx) error {
		detail := map[string]string{"act": "sign-in", "code": string(refusal.Code)}
		if t.Act != "" {
			detail["for"] = string(t.Act)
		}
		if principal != "" {
			detail["principal"] = string(principal)
		}
		_, err := audit.Append(tx, access.Event{
			At: s.now(), Actor: t.By, Kind: access.EventRefused, Customer: t.Ticket.Customer, Detail: detail,
		})
		return err
	})
	if err != nil {
		return fmt.Errorf("audit a refusal: %w", err)
	}
	return refusal
}

// GiveUp records that an act that was taken was not done, and tells who wanted
// it. A ticket that is settled already stays as it is.
func (s *Service) GiveUp(ctx context.Context, id, why string) error {
	return s.Store.Update(ctx, func(tx state.Tx) error {
		t, err := state.TicketOf(tx, id)
		if err != nil || !t.Underway() {
			return err
		}
		if t.Act == state.TicketDAP {
			return s.dapKept(tx, t, why, s.now())
		}
		t.SettledAt = s.now()
		return state.PutTicket(tx, t)
	})
}

// Invited records that the link was fetched, and sends it to who wanted it.
func (s *Service) Invited(ctx context.Context, id, link string) error {
	return s.Store.Update(ctx, func(tx state.Tx) error {
		t, err := state.TicketOf(tx, id)
		if err != nil || !t.Underway() {
			return err
		}
		now := s.now()
		t.SettledAt = now
		if err := state.PutTicket(tx, t); err != nil {
			return err
		}
		cause := access.Event{Seq: uint64(max(0, now.UnixMilli())), Customer: t.Customer} //nolint:gosec // not negative
		return s.reply(tx, cause, t.By.User, "The link by which a customer accepts us as its reseller: "+link+
			" It lets us order for it, and gives no access to its tenant; for that, ask for a relationship (GDAP) too.")
	})
}
