package approvals

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"latchkey/internal/access"
	"latchkey/internal/audit"
	"latchkey/internal/outbox"
	"latchkey/internal/policy"
	"latchkey/internal/roles"
	"latchkey/internal/state"
)

// Arrival is what somebody is here who has signed in.
type Arrival struct {
	Customer string
	// Bound says that they are a contact. Who is not has been made known to the
	// partner's people.
	Bound bool
}

// signedIn makes an origin of who has signed in. The log keeps no addresses.
func signedIn(in access.SignIn) Origin {
	return Origin{Actor: access.Person{Name: in.Name, Entra: in.Account}, SignIn: &in}
}

// Arrived takes somebody who has signed in to a tenant. A contact who is known by mail
// is bound to the account and verified with it; whoever else holds a role by which they
// could decide is enrolled: the partner's people hear that they would like to be bound.
func (s *Service) Arrived(ctx context.Context, in access.SignIn) (Arrival, error) {
	var out Arrival
	now := s.now()
	err := s.Store.Update(ctx, func(tx state.Tx) error {
		c, role, err := s.admitted(in)
		if err != nil {
			return err
		}
		out = Arrival{Customer: c.Name}
		contact, err := s.arrived(tx, c, in)
		switch {
		case errors.Is(err, state.ErrNotFound):
			return s.enrol(tx, c, in, role, now)
		case err != nil:
			return err
		}
		out.Bound = true
		if contact.Person.Entra == in.Account && contact.Verified() {
			return nil
		}
		return s.verified(tx, c, contact, in, role, now)
	})
	return out, s.audited(ctx, signedIn(in), subject{act: "sign-in", customer: in.Account.Tenant}, err)
}

// admitted returns the customer whose own tenant somebody has signed in to, and the role
// that makes them a possible contact of it.
func (s *Service) admitted(in access.SignIn) (policy.Customer, access.RoleID, error) {
	c, ok := s.Policy().Customer(in.Account.Tenant)
	switch {
	case !in.Account.Known() || !ok:
		return c, "", access.RefuseAnyone(access.Forbidden, "You have signed in to an organisation for which nothing can be decided here.")
	case len(in.Roles) == 0:
		return c, "", access.RefuseAnyone(access.Unavailable,
			"Microsoft does not tell this page which roles you hold, so nothing was done. Tell your partner: its app registration must ask for directory roles, as the README of the bot says.")
	}
	role, ok := c.Admits(in.Roles)
	if !ok {
		return c, "", access.RefuseAnyone(access.Forbidden, "You can decide for %s only while you hold %s there. Activate the role, or ask somebody who has it.",
			c.Name, either(c.ContactRoles))
	}
	return c, role, nil
}

func either(ids []access.RoleID) string {
	out := make([]string, len(ids))
	for i, id := range ids {
		out[i] = roles.Name(id)
	}
	return strings.Join(out, " or ")
}

// arrived finds the contact that somebody who has signed in is: by their account, or by
// the name under which they sign in, which the tenant gives to nobody else.
func (s *Service) arrived(tx state.Tx, c policy.Customer, in access.SignIn) (access.Contact, error) {
	contact, err := state.ContactByAccount(tx, c.Tenant, in.Account)
	if !errors.Is(err, state.ErrNotFound) {
		return contact, err
	}
	contact, err = state.ContactByMail(tx, c.Tenant, in.UPN)
	if err == nil && contact.Person.Entra.Known() {
		return contact, access.RefuseAnyone(access.Forbidden,
			"%s is linked to another account, perhaps one of the same name that was deleted. Ask your partner to link you anew.", in.UPN)
	}
	return contact, err
}

// signedContact returns the binding of who has signed in. That they belong to the
// customer and hold the role is looked at anew, by the policy of now.
func (s *Service) signedContact(tx state.Tx, in access.SignIn, customer access.TenantID, name string) (access.Contact, error) {
	if in.Account.Tenant != customer {
		return access.Contact{}, access.RefuseAnyone(access.Forbidden, "You have signed in to another organisation than %s, so nothing was done.", name)
	}
	if _, _, err := s.admitted(in); err != nil {
		return access.Contact{}, err
	}
	contact, err := state.ContactByAccount(tx, customer, in.Account)
	if errors.Is(err, state.ErrNotFound) {
		return contact, access.RefuseAnyone(access.Forbidden,
			"Your role alone does not let you decide here: your partner has not linked you as a contact of %s. It knows by now that you would like to be.", name)
	}
	if err != nil {
		return contact, err
	}
	return contact, s.inForce(tx, contact)
}

// enrol tells the partner's people, once, of somebody whom they could bind.
func (s *Service) enrol(tx state.Tx, c policy.Customer, in access.SignIn, role access.RoleID, now time.Time) error {
	who := in.Person()
	isNew, err := state.PutEnrolment(tx, access.Enrolment{Customer: c.Tenant, Person: who, Role: role, At: now})
	if err != nil || !isNew {
		return err
	}
	ev, err := audit.Append(tx, access.Event{
		At: now, Actor: signedIn(in).Actor, Kind: access.EventEnrolled, Customer: c.Tenant,
		Detail: map[string]string{"principal": string(in.Account.Object), "role": string(role)},
	})
	if err != nil {
		return err
	}
	return s.tellOperators(tx, ev, outbox.NoticePayload{Notice: outbox.NoticeOperators, Customer: c.Tenant, Text: fmt.Sprintf(
		"%s (%s) has signed in to the tenant of %s as %s and is no contact, so they can decide nothing. Only if the customer has named them to you, link them: `/access customer link %s`, with @ and their name if they are in the shared channel.",
		who.Name, in.UPN, c.Name, roles.Name(role), c.Name)})
}

// verified binds a contact to the account with which they have signed in.
func (s *Service) verified(tx state.Tx, c policy.Customer, contact access.Contact, in access.SignIn, role access.RoleID, now time.Time) error {
	if err := s.stranger(tx, c, in); err != nil {
		return err
	}
	contact.Person.Entra, contact.VerifiedAt, contact.Role = in.Account, now, role
	if contact.Person.Mail == "" {
		contact.Person.Mail = in.Person().Mail
	}
	if contact.Person.User == "" && in.Name != "" {
		contact.Person.Name = in.Name
	}
	if err := errors.Join(state.PutContact(tx, contact), state.DeleteEnrolment(tx, c.Tenant, in.Account.Object)); err != nil {
		return err
	}
	ev, err := audit.Append(tx, access.Event{
		At: now, Actor: contact.Person, Kind: access.EventVerified, Customer: c.Tenant,
		Detail: map[string]string{"principal": string(in.Account.Object), "role": string(role)},
	})
	if err != nil || c.Channel == "" {
		return err
	}
	return s.oweNotice(tx, ev, outbox.NoticePayload{
		Notice: outbox.NoticeVerified, Channel: c.Channel, Customer: c.Tenant, Person: contact.Person, Text: roles.Name(role),
	})
}

// stranger refuses to bind an account of the partner's own people, or one that another
// contact has.
func (s *Service) stranger(tx state.Tx, c policy.Customer, in access.SignIn) error {
	if ours, err := ours(tx, in.UPN, in.Mail); err != nil {
		return err
	} else if ours {
		return access.RefuseAnyone(access.Forbidden, "This account has the address of somebody of your partner's own staff, so it cannot decide for %s.", c.Name)
	}
	other, err := state.ContactByAccount(tx, c.Tenant, in.Account)
	if err == nil {
		return access.RefuseAnyone(access.Conflict, "This account is already that of %s, who is a contact of %s.", other.Person.Name, c.Name)
	}
	if errors.Is(err, state.ErrNotFound) {
		return nil
	}
	return err
}

// ours reports whether one of the addresses is that of somebody of the partner's own staff.
func ours(tx state.Tx, addresses ...string) (bool, error) {
	staff, err := state.AllStaff(tx)
	if err != nil {
		return false, err
	}
	for _, b := range staff {
		if slices.ContainsFunc(addresses, func(a string) bool {
			return a != "" && (strings.EqualFold(a, b.UPN) || strings.EqualFold(a, b.Person.Mail))
		}) {
			return true, nil
		}
	}
	return false, nil
}

// errNoRequest says as little to somebody of another customer as of a made-up id.
var errNoRequest = access.RefuseAnyone(access.NotFound, "There is no such request for your organisation.")

func hidden(err error) error {
	if access.CodeOf(err) == access.NotFound {
		return errNoRequest
	}
	return err
}

func hiddenUnless(theirs bool, err error) error {
	if theirs || access.CodeOf(err) == "" {
		return err
	}
	return errNoRequest
}

// NarrowSigned is [Service.Narrow] by somebody who has signed in.
func (s *Service) NarrowSigned(ctx context.Context, in access.SignIn, id access.RequestID, terms int, left access.Narrowing) (access.Request, error) {
	return s.Narrow(ctx, signedIn(in), id, terms, left)
}

// TurnedBack audits that somebody who has signed in was refused before anything else,
// and returns the refusal.
func (s *Service) TurnedBack(ctx context.Context, in access.SignIn, refusal *access.Error) error {
	return s.audited(ctx, signedIn(in), subject{act: "sign-in", customer: in.Account.Tenant}, refusal)
}
