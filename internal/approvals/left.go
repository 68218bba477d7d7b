package approvals

import (
	"context"
	"errors"
	"fmt"
	"time"

	"latchkey/internal/access"
	"latchkey/internal/outbox"
	"latchkey/internal/state"
)

// leaver is who ends what somebody had whose account was ended.
var leaver = access.Person{Name: "Latchkey, as the account in Slack was ended"}

// Left takes everything from a person who is no active member of their workspace any
// more: of the staff the binding, with all access and requests; of a customer's contacts
// their word. Nobody has to ask for it. It may be called again.
func (s *Service) Left(ctx context.Context, p access.Person) error {
	now := s.now()
	return s.Store.Update(ctx, func(tx state.Tx) error {
		return errors.Join(s.staffLeft(tx, p, now), s.contactLeft(tx, p, now))
	})
}

// Linked lists everybody who is bound: the staff, and the contacts of each customer.
func (s *Service) Linked(ctx context.Context) ([]access.Person, error) {
	var out []access.Person
	err := s.Store.View(ctx, func(tx state.Tx) error {
		out = nil
		staff, err := state.AllStaff(tx)
		if err != nil {
			return err
		}
		for _, b := range staff {
			out = append(out, b.Person)
		}
		for _, c := range s.Policy().Customers {
			contacts, err := state.ContactsOf(tx, c.Tenant)
			if err != nil {
				return err
			}
			for _, b := range contacts {
				out = append(out, b.Person)
			}
		}
		return nil
	})
	return out, err
}

func (s *Service) staffLeft(tx state.Tx, p access.Person, now time.Time) error {
	b, err := state.Staff(tx, p.User)
	if errors.Is(err, state.ErrNotFound) || err == nil && !b.Person.Same(p) {
		return nil
	}
	if err != nil {
		return err
	}
	open, err := state.OpenOf(tx, p.User)
	if err != nil {
		return err
	}
	ev, err := s.unbind(tx, leaver, b, now)
	if err != nil {
		return err
	}
	text := fmt.Sprintf("%s (%s) is no active member of this workspace any more, so they are not linked now. They had nothing open.", b.Person.Name, b.UPN)
	if n := len(open); n > 0 {
		text = fmt.Sprintf("%s (%s) is no active member of this workspace any more, so they are not linked now, and %s at once. Disable the account in Microsoft Entra, too.",
			b.Person.Name, b.UPN, counted(n, "request or access of theirs ends", "requests and accesses of theirs end"))
	}
	return s.tellOperators(tx, ev, outbox.NoticePayload{Notice: outbox.NoticeOperators, Text: text})
}

func (s *Service) contactLeft(tx state.Tx, p access.Person, now time.Time) error {
	for _, c := range s.Policy().Customers {
		contact, err := state.Contact(tx, c.Tenant, p.Team, p.User)
		if errors.Is(err, state.ErrNotFound) {
			continue
		}
		if err != nil {
			return err
		}
		if err := s.removeContact(tx, contact, leaver, now); err != nil {
			return err
		}
	}
	return nil
}
