package approvals

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"latchkey/internal/access"
	"latchkey/internal/audit"
	"latchkey/internal/outbox"
	"latchkey/internal/policy"
	"latchkey/internal/state"
)

// LinkContact has Slack asked about the person who is to decide for a customer.
// They become a contact, and both sides are told, when Slack confirms that they
// belong to the customer's team and sit in its shared channel.
func (s *Service) LinkContact(ctx context.Context, o Origin, customer access.TenantID, user access.UserID) error {
	return s.act(ctx, o, subject{act: "customer link", customer: customer}, func(tx state.Tx, now time.Time) error {
		c, err := s.linkable(o, customer)
		if err != nil {
			return err
		}
		if _, err := state.Staff(tx, user); err == nil {
			return access.Refuse(access.Forbidden, "That person is linked as staff, so they cannot decide for a customer.")
		} else if !errors.Is(err, state.ErrNotFound) {
			return err
		}
		return s.lookUp(tx, o, now, outbox.SlackContact, "contact/"+string(customer), outbox.ContactPayload{
			Customer: customer, Team: c.Team, Channel: c.Channel, User: user, By: named(tx, o.Actor),
		})
	})
}

func (s *Service) linkable(o Origin, customer access.TenantID) (policy.Customer, error) {
	if err := s.admin(o.Actor); err != nil {
		return policy.Customer{}, err
	}
	c, ok := s.Policy().Customer(customer)
	if !ok {
		return c, access.Refuse(access.NotFound, "This customer is not in policy.yml. Add it there first.").In("customer")
	}
	if c.Channel == "" {
		return c, access.Refuse(access.Conflict, "policy.yml names no Slack channel for %s. Link its contacts by mail, as in `/access customer link %s kim@contoso.com`.", c.Name, c.Name)
	}
	if c.Team == s.Team() {
		return c, access.Refuse(access.Forbidden,
			"policy.yml gives our own workspace as the team of %s. Contacts must belong to the customer's.", c.Name)
	}
	return c, nil
}

// lookUp owes a look-up whose outcome makes a binding.
func (s *Service) lookUp(tx state.Tx, o Origin, now time.Time, kind, lane string, payload any) error {
	raw, err := json.Marshal(payload)
	if err != nil {
		return fmt.Errorf("payload of %s: %w", kind, err)
	}
	mark := o.Delivery
	if mark == "" {
		mark = state.TimeKey(now)
	}
	return outbox.Enqueue(tx, outbox.Effect{
		ID: fmt.Sprintf("%s/%s/%s", lane, mark, kind), Lane: lane, Kind: kind, Payload: raw,
	}, s.Protocol())
}

// contactFound makes the person a contact and tells the customer's channel.
func (s *Service) contactFound(tx state.Tx, e outbox.Effect, raw json.RawMessage) error {
	p, err := outbox.Payload[outbox.ContactPayload](e)
	if err != nil {
		return err
	}
	var found outbox.ContactResult
	if err := json.Unmarshal(raw, &found); err != nil {
		return fmt.Errorf("result of %s: %w", e.ID, err)
	}
	c, ok := s.Policy().Customer(p.Customer)
	if !ok || c.Team != p.Team || c.Channel != p.Channel || found.Person.Team != p.Team {
		return s.contactRefused(tx, e, access.Refuse(access.Conflict,
			"policy.yml has changed for this customer meanwhile; nobody was linked."))
	}
	switch err := s.foreign(tx, found.Person.Mail, c.Name); {
	case access.CodeOf(err) != "":
		return s.contactRefused(tx, e, err)
	case err != nil:
		return err
	}
	now := s.now()
	if !p.Until.IsZero() {
		return s.standInFound(tx, e, p, found.Person, now)
	}
	contact := access.Contact{Person: found.Person, Customer: p.Customer, LinkedBy: p.By, LinkedAt: now}
	if err := state.PutContact(tx, contact); err != nil {
		return err
	}
	ev, err := audit.Append(tx, access.Event{
		At: now, Actor: p.By, Kind: access.EventContactLinked, Customer: p.Customer,
		Detail: map[string]string{"team": string(found.Person.Team), "user": string(found.Person.User)},
	})
	if err != nil {
		return err
	}
	return errors.Join(
		s.oweNotice(tx, ev, outbox.NoticePayload{
			Notice: outbox.NoticeContactLinked, Channel: c.Channel, Customer: p.Customer, Person: found.Person, By: p.By,
		}),
		s.reply(tx, ev, p.By.User, fmt.Sprintf(
			"%s is now linked as a contact of %s. The customer's channel was told. They may decide once they have signed in, with the button there, else a day from now on.", found.Person.Name, c.Name)),
	)
}

func (s *Service) contactRefused(tx state.Tx, e outbox.Effect, cause error) error {
	p, err := outbox.Payload[outbox.ContactPayload](e)
	if err != nil {
		return s.dead(tx, e, cause)
	}
	if !p.Until.IsZero() {
		return s.standInRefused(tx, e, p, cause)
	}
	return s.linkRefused(tx, e, p.By, p.Customer, "customer link", cause)
}

// linkRefused audits a link that did not come about and tells who asked for it.
func (s *Service) linkRefused(tx state.Tx, e outbox.Effect, by access.Person, customer access.TenantID, act string, cause error) error {
	code := access.CodeOf(cause)
	if code == "" {
		code = access.Unavailable
	}
	ev, err := audit.Append(tx, access.Event{
		At: s.now(), Actor: by, Kind: access.EventRefused, Customer: customer,
		Detail: map[string]string{"act": act, "code": string(code), "effect": e.ID},
	})
	if err != nil {
		return err
	}
	return s.reply(tx, ev, by.User, "Nobody was linked. "+sentence(cause))
}

// UnlinkContact takes a contact's word away, at once.
func (s *Service) UnlinkContact(ctx context.Context, o Origin, customer access.TenantID, team access.TeamID, user access.UserID) error {
	return s.act(ctx, o, subject{act: "customer unlink", customer: customer}, func(tx state.Tx, now time.Time) error {
		if err := s.admin(o.Actor); err != nil {
			return err
		}
		contact, err := state.Contact(tx, customer, team, user)
		if errors.Is(err, state.ErrNotFound) {
			return access.Refuse(access.NotFound, "That person is not a contact of this customer.")
		}
		if err != nil {
			return err
		}
		return s.removeContact(tx, contact, named(tx, o.Actor), now)
	})
}

// removeContact takes the word of a contact away, and tells the customer.
func (s *Service) removeContact(tx state.Tx, contact access.Contact, by access.Person, now time.Time) error {
	if err := state.DeleteContact(tx, contact); err != nil {
		return err
	}
	detail := map[string]string{"team": string(contact.Person.Team), "user": string(contact.Person.User)}
	if contact.Person.Entra.Known() { // by which alone one is known who is not in Slack
		detail["principal"] = string(contact.Person.Entra.Object)
	}
	ev, err := audit.Append(tx, access.Event{At: now, Actor: by, Kind: access.EventContactRemoved, Customer: contact.Customer, Detail: detail})
	if err != nil {
		return err
	}
	c, ok := s.Policy().Customer(contact.Customer)
	if !ok {
		return nil // no channel to tell any more
	}
	return s.oweNotice(tx, ev, outbox.NoticePayload{
		Notice: outbox.NoticeContactRemoved, Channel: c.Channel, Customer: contact.Customer, Person: contact.Person, By: by,
	})
}

// LinkStaff has Entra asked for the user that a member of the staff is to be
// bound to. The binding is made, and both are told, when it is found.
func (s *Service) LinkStaff(ctx context.Context, o Origin, person access.Person, upn string) error {
	return s.act(ctx, o, subject{act: "staff link"}, func(tx state.Tx, now time.Time) error {
		if err := s.admin(o.Actor); err != nil {
			return err
		}
		upn = strings.TrimSpace(upn)
		if at := strings.IndexByte(upn, '@'); at < 1 || at == len(upn)-1 || strings.ContainsAny(upn, " /\\?#%") {
			return access.Refuse(access.Invalid,
				"Give the sign-in name of the user in Entra, as in `/access staff link @ana ana@your-domain`.")
		}
		person.Team = s.Team()
		return s.lookUp(tx, o, now, outbox.GraphStaff, "staff/"+string(person.User),
			outbox.StaffPayload{Person: person, UPN: upn, By: o.Actor})
	})
}

// staffFound makes the binding, unless somebody else has the same Entra user.
func (s *Service) staffFound(tx state.Tx, e outbox.Effect, raw json.RawMessage) error {
	p, err := outbox.Payload[outbox.StaffPayload](e)
	if err != nil {
		return err
	}
	var found outbox.StaffResult
	if err := json.Unmarshal(raw, &found); err != nil {
		return fmt.Errorf("result of %s: %w", e.ID, err)
	}
	others, err := state.StaffOf(tx, found.Principal)
	if err != nil {
		return err
	}
	for _, u := range others {
		if u != p.Person.User {
			return s.staffRefused(tx, e, access.Refuse(access.Conflict,
				"%s is already linked to <@%s>. Unlink that first, with `/access staff unlink`.", found.UPN, u))
		}
	}
	now := s.now()
	person := p.Person
	if found.Name != "" {
		person.Name = found.Name // what people call them, not their Slack handle
	}
	if err := state.PutStaff(tx, access.Staff{
		Person: person, Principal: found.Principal, UPN: found.UPN, LinkedBy: p.By, LinkedAt: now,
	}); err != nil {
		return err
	}
	ev, err := audit.Append(tx, access.Event{
		At: now, Actor: p.By, Kind: access.EventStaffLinked,
		Detail: map[string]string{"user": string(person.User), "principal": string(found.Principal)},
	})
	if err != nil {
		return err
	}
	err = s.reply(tx, ev, p.By.User, fmt.Sprintf("<@%s> is now linked to %s.", person.User, found.UPN))
	if person.User != p.By.User {
		err = errors.Join(err, s.reply(tx, ev, person.User, fmt.Sprintf(
			"You are now linked to %s in Entra. `/access help` shows what you can do.", found.UPN)))
	}
	return err
}

func (s *Service) staffRefused(tx state.Tx, e outbox.Effect, cause error) error {
	p, err := outbox.Payload[outbox.StaffPayload](e)
	if err != nil {
		return s.dead(tx, e, cause)
	}
	return s.linkRefused(tx, e, p.By, "", "staff link", cause)
}

// UnlinkStaff removes a binding and ends what was given by it: live grants end,
// pending requests are withdrawn.
func (s *Service) UnlinkStaff(ctx context.Context, o Origin, user access.UserID) error {
	return s.act(ctx, o, subject{act: "staff unlink"}, func(tx state.Tx, now time.Time) error {
		if err := s.admin(o.Actor); err != nil {
			return err
		}
		b, err := state.Staff(tx, user)
		if errors.Is(err, state.ErrNotFound) {
			return access.Refuse(access.NotFound, "That person is not linked.")
		}
		if err != nil {
			return err
		}
		_, err = s.unbind(tx, o.Actor, b, now)
		return err
	})
}

// unbind removes a binding and ends all that was given by it.
func (s *Service) unbind(tx state.Tx, by access.Person, b access.Staff, now time.Time) (access.Event, error) {
	user := b.Person.User
	open, err := state.OpenOf(tx, user)
	if err != nil {
		return access.Event{}, err
	}
	for _, id := range open {
		if err := s.stop(tx, by, id, now); err != nil {
			return access.Event{}, err
		}
	}
	if err := state.DeleteStaff(tx, user); err != nil {
		return access.Event{}, err
	}
	return audit.Append(tx, access.Event{
		At: now, Actor: by, Kind: access.EventStaffRemoved,
		Detail: map[string]string{"user": string(user), "principal": string(b.Principal)},
	})
}

// stop ends whatever a request still is.
func (s *Service) stop(tx state.Tx, by access.Person, id access.RequestID, now time.Time) error {
	r, err := state.Request(tx, id)
	if err != nil {
		return err
	}
	if r.State == access.Pending {
		if r, err = r.Withdraw(r.Requester, now); err != nil {
			return err
		}
		return s.closed(tx, r, by, access.EventWithdrawn, now)
	}
	const why = "unlinked from Entra"
	if _, ahead := r.Next(); ahead {
		if r, err = s.stopped(tx, r, by, why, now); err != nil {
			return err
		}
	}
	g, err := state.Grant(tx, id)
	if errors.Is(err, state.ErrNotFound) {
		return nil // it had not begun
	}
	if err != nil {
		return err
	}
	if g, err = g.End(access.Revoked, by, why); err != nil {
		return quiet(err)
	}
	return s.ending(tx, r, g, by, now)
}
