package approvals

import (
	"context"
	"time"

	"latchkey/internal/access"
	"latchkey/internal/audit"
	"latchkey/internal/outbox"
	"latchkey/internal/policy"
	"latchkey/internal/state"
)

// mostAway is how long somebody may be away: who is away longer is no contact any more.
const mostAway = 90 * 24 * time.Hour

// StandIn has another person of the customer decide in the place of the contact who acts,
// while that one is away. Slack is asked about them as about any contact, and the
// customer's channel is told. Both together have one word.
func (s *Service) StandIn(ctx context.Context, o Origin, customer access.TenantID, user access.UserID, away time.Duration) error {
	return s.act(ctx, o, subject{act: "stand in", customer: customer}, func(tx state.Tx, now time.Time) error {
		c, contact, err := s.away(tx, o, customer)
		if err != nil {
			return err
		}
		switch {
		case away <= 0 || away > mostAway:
			return access.RefuseAnyone(access.Invalid, "Say for how long you are away, at most %s.", mostAway).In("duration")
		case user == o.Actor.User:
			return access.RefuseAnyone(access.Invalid, "Choose somebody else; you cannot stand in for yourself.").In("person")
		}
		if _, err := state.Staff(tx, user); err == nil || s.Policy().Admin(user) {
			return access.RefuseAnyone(access.Forbidden, "That person works for your partner, and cannot decide for you.").In("person")
		} else if !absent(err) {
			return err
		}
		switch known, err := state.Contact(tx, customer, c.Team, user); {
		case err == nil && !known.StandsIn():
			return access.RefuseAnyone(access.Conflict, "%s is a contact, too, and can decide already.", known.Person.Name).In("person")
		case err == nil && !known.For.Same(contact.Person) && !known.Over(now):
			return access.RefuseAnyone(access.Conflict, "%s stands in for %s already.", known.Person.Name, known.For.Name).In("person")
		case err != nil && !absent(err):
			return err
		}
		return s.lookUp(tx, o, now, outbox.SlackContact, "contact/"+string(customer), outbox.ContactPayload{
			Customer: customer, Team: c.Team, Channel: c.Channel, User: user, By: contact.Person, Until: now.Add(away),
		})
	})
}

// MayBeAway makes the checks of [Service.StandIn] that concern who acts.
func (s *Service) MayBeAway(ctx context.Context, o Origin, customer access.TenantID) error {
	err := s.Store.View(ctx, func(tx state.Tx) error {
		_, _, err := s.away(tx, o, customer)
		return err
	})
	return s.audited(ctx, o, subject{act: "stand in", customer: customer}, err)
}

// away returns the contact who acts, who must be one by themselves.
func (s *Service) away(tx state.Tx, o Origin, customer access.TenantID) (policy.Customer, access.Contact, error) {
	c, ok := s.Policy().Customer(customer)
	if !ok {
		return c, access.Contact{}, access.RefuseAnyone(access.NotFound, "Your partner does not look after this customer here any more.")
	}
	contact, err := s.contact(tx, o, c.Tenant, c.Name)
	if err == nil {
		err = contact.MayDecide(s.now())
	}
	if err == nil && contact.StandsIn() {
		err = access.RefuseAnyone(access.Forbidden, "You stand in for %s yourself; only %[1]s can name another.", contact.For.Name)
	}
	return c, contact, err
}

// standInFound lets the person decide, unless who named them is no contact any more.
func (s *Service) standInFound(tx state.Tx, e outbox.Effect, p outbox.ContactPayload, person access.Person, now time.Time) error {
	of, err := state.Contact(tx, p.Customer, p.By.Team, p.By.User)
	if err != nil && !absent(err) {
		return err
	}
	if known, ok := state.Contact(tx, p.Customer, p.Team, p.User); err != nil || of.StandsIn() || ok == nil && !known.StandsIn() {
		return s.standInRefused(tx, e, p, access.Refuse(access.Conflict, "The contacts have changed meanwhile."))
	}
	contact := access.Contact{Person: person, Customer: p.Customer, LinkedBy: of.Person, LinkedAt: now, For: of.Person, Until: p.Until}
	if err := state.PutContact(tx, contact); err != nil {
		return err
	}
	return s.tellAway(tx, access.Event{
		At: now, Actor: of.Person, Kind: access.EventStandIn, Customer: p.Customer,
		Detail: map[string]string{"team": string(person.Team), "user": string(person.User), "until": p.Until.Format(time.RFC3339)},
	}, outbox.NoticePayload{Notice: outbox.NoticeStandIn, Person: person, By: of.Person, Until: p.Until})
}

func (s *Service) standInRefused(tx state.Tx, e outbox.Effect, p outbox.ContactPayload, cause error) error {
	code := access.CodeOf(cause)
	if code == "" {
		code = access.Unavailable
	}
	return s.tellAway(tx, access.Event{
		At: s.now(), Actor: p.By, Kind: access.EventRefused, Customer: p.Customer,
		Detail: map[string]string{"act": "stand in", "code": string(code), "effect": e.ID},
	}, outbox.NoticePayload{Notice: outbox.NoticeStandInRefused, By: p.By})
}

// tellAway writes the event and tells the customer's channel, where policy.yml names one.
func (s *Service) tellAway(tx state.Tx, e access.Event, n outbox.NoticePayload) error {
	ev, err := audit.Append(tx, e)
	if err != nil {
		return err
	}
	c, ok := s.Policy().Customer(e.Customer)
	if !ok {
		return nil
	}
	n.Channel, n.Customer = c.Channel, e.Customer
	return s.oweNotice(tx, ev, n)
}

// Back ends it that others decide in the place of the contact who acts.
func (s *Service) Back(ctx context.Context, o Origin, customer access.TenantID) error {
	return s.act(ctx, o, subject{act: "stand in", customer: customer}, func(tx state.Tx, now time.Time) error {
		_, contact, err := s.away(tx, o, customer)
		if err != nil {
			return err
		}
		all, err := state.ContactsOf(tx, customer)
		if err != nil {
			return err
		}
		ended := 0
		for _, c := range all {
			if !c.StandsIn() || !c.For.Same(contact.Person) {
				continue
			}
			if err := state.DeleteContact(tx, c); err != nil {
				return err
			}
			ended++
		}
		if ended == 0 {
			return access.RefuseAnyone(access.Conflict, "Nobody stands in for you.")
		}
		return s.tellAway(tx, access.Event{At: now, Actor: contact.Person, Kind: access.EventBack, Customer: customer},
			outbox.NoticePayload{Notice: outbox.NoticeBack, By: contact.Person})
	})
}
