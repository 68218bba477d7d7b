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

// A Place is where somebody had an account.
type Place string

// The places.
const (
	InSlack Place = "Slack"
	InEntra Place = "Microsoft Entra"
)

// leaver is who ends what somebody had whose account there was ended.
func (p Place) leaver() access.Person {
	return access.Person{Name: "Latchkey, as the account in " + string(p) + " was ended"}
}

func (p Place) other() Place {
	if p == InSlack {
		return InEntra
	}
	return InSlack
}

// Left takes everything from a person who has no active account there any more: of the
// staff the binding, with all access and requests; of a customer's contacts their word.
// Nobody has to ask for it. It may be called again.
func (s *Service) Left(ctx context.Context, p access.Person, where Place) error {
	now := s.now()
	return s.Store.Update(ctx, func(tx state.Tx) error {
		err := s.staffLeft(tx, p, where, now)
		if where == InSlack {
			err = errors.Join(err, s.contactLeft(tx, p, now))
		}
		return err
	})
}

// Principals lists who of the staff is linked, by their users in Entra.
func (s *Service) Principals(ctx context.Context) (map[access.PrincipalID]access.Person, error) {
	out := map[access.PrincipalID]access.Person{}
	err := s.Store.View(ctx, func(tx state.Tx) error {
		all, err := state.AllStaff(tx)
		for _, b := range all {
			out[b.Principal] = b.Person
		}
		return err
	})
	return out, err
}

// Linked lists everybody in Slack who is bound: the staff, and the contacts of each customer.
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
				if b.Person.User != "" {
					out = append(out, b.Person)
				}
			}
		}
		return nil
	})
	return out, err
}

func (s *Service) staffLeft(tx state.Tx, p access.Person, where Place, now time.Time) error {
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
	ev, err := s.unbind(tx, where.leaver(), b, now)
	if err != nil {
		return err
	}
	text := fmt.Sprintf("%s (%s) has no active account in %s any more, so they are not linked now. They had nothing open.", b.Person.Name, b.UPN, where)
	if n := len(open); n > 0 {
		text = fmt.Sprintf("%s (%s) has no active account in %s any more, so they are not linked now, and %s at once. See to the account in %s, too.",
			b.Person.Name, b.UPN, where, counted(n, "request or access of theirs ends", "requests and accesses of theirs end"), where.other())
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
		if err := s.removeContact(tx, contact, InSlack.leaver(), now); err != nil {
			return err
		}
	}
	return nil
}
