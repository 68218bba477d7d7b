package approvals

import (
	"errors"
	"slices"
	"strings"
	"time"

	"latchkey/internal/access"
	"latchkey/internal/policy"
	"latchkey/internal/state"
)

// decider returns who acts, as one of those whose word the request waits for, with all
// by which they could turn out to be the requester, and in whose place they act.
func (s *Service) decider(tx state.Tx, o Origin, r access.Request, now time.Time) (by, instead access.Person, err error) {
	switch {
	case o.Actor.User != "" && o.Actor.User == r.Requester.User: // the request itself tells them
		return o.Actor, instead, nil
	case r.Rule.Peers > 0 && o.Actor.Team == s.Team():
		by, err = s.peer(tx, o, r, now)
		return by, instead, err
	case r.State == access.Pending && r.Stage() == access.ByPeers:
		return o.Actor, instead, access.RefuseAnyone(access.Forbidden, "%s waits for the partner's own people first; you are asked when they have agreed.", r.ID)
	}
	contact, err := s.contact(tx, o, r.Customer, r.CustomerName)
	if err == nil {
		err = contact.MayDecide(now)
	}
	by = contact.Person
	if o.SignIn != nil && r.Requester.Mail != "" && (strings.EqualFold(o.SignIn.Mail, r.Requester.Mail) || strings.EqualFold(o.SignIn.UPN, r.Requester.Mail)) {
		by.Mail = r.Requester.Mail // whatever the address by which they were linked
	}
	return by, contact.For, err
}

// peer returns the colleague who acts, if they are one of those who must agree.
func (s *Service) peer(tx state.Tx, o Origin, r access.Request, now time.Time) (access.Person, error) {
	b, err := s.staff(tx, o.Actor)
	if err != nil {
		return o.Actor, err
	}
	in, err := s.membership(tx, b, now)
	if err != nil {
		return o.Actor, err
	}
	p := s.Policy()
	switch {
	case !p.Peer(r.Rule, o.Actor.User, in):
		return o.Actor, access.Refuse(access.Forbidden, "%s must be let through by somebody of %s.", r.ID, groupsOf(r.Rule))
	case o.Channel != "" && o.Channel != p.Operations:
		return o.Actor, access.Refuse(access.Forbidden, "This can be done only in the operations channel.")
	case r.State == access.Pending && r.Stage() != access.ByPeers:
		return o.Actor, access.Refuse(access.Conflict, "%s has been let through already; it waits for a contact of %s.", r.ID, r.CustomerName)
	}
	by := s.requester(o.Actor, b)
	by.Name = b.Person.Name
	return by, nil
}

// groupsOf names the staff groups of which colleagues must be.
func groupsOf(r access.Rule) string { return strings.ReplaceAll(r.PeersOf, "\n", " and of ") }

// contact returns the binding by which the person may act for the customer.
// Where Slack says in which channel they act, it must be the customer's.
func (s *Service) contact(tx state.Tx, o Origin, customer access.TenantID, name string) (access.Contact, error) {
	if o.SignIn != nil {
		return s.signedContact(tx, *o.SignIn, customer, name)
	}
	c, err := state.Contact(tx, customer, o.Actor.Team, o.Actor.User)
	if errors.Is(err, state.ErrNotFound) {
		return c, access.RefuseAnyone(access.Forbidden,
			"Only a contact of %s can do this, and you are not linked as one. Your partner's bot admin can link you.", name)
	}
	if err != nil {
		return c, err
	}
	p, ok := s.Policy().Customer(customer)
	if !ok || (o.Channel != "" && o.Channel != p.Channel) {
		return c, access.RefuseAnyone(access.Forbidden, "This can be done only in the channel that is shared with %s.", name)
	}
	return c, s.inForce(tx, c)
}

// inForce refuses somebody who stood in for a contact that is back, or is none any more,
// or was linked anew since and has not named them.
func (s *Service) inForce(tx state.Tx, c access.Contact) error {
	if !c.StandsIn() {
		return nil
	}
	of, err := state.Contact(tx, c.Customer, c.For.Team, c.For.User)
	if err != nil && !absent(err) {
		return err
	}
	if err != nil || of.StandsIn() || of.LinkedAt.After(c.LinkedAt) || c.Over(s.now()) {
		return access.RefuseAnyone(access.Forbidden, "You decided in place of %s until %s. That is over, so nothing was done.", c.For.Name, c.Until)
	}
	return nil
}

// contacts lists those who may act for the customer now.
func (s *Service) contacts(tx state.Tx, customer access.TenantID) ([]access.Contact, error) {
	all, err := state.ContactsOf(tx, customer)
	if err != nil {
		return nil, err
	}
	out := make([]access.Contact, 0, len(all))
	for _, c := range all {
		switch err := s.inForce(tx, c); {
		case err == nil:
			out = append(out, c)
		case access.CodeOf(err) == "":
			return nil, err
		}
	}
	return out, nil
}

// approvable refuses a request that nobody could approve.
func (s *Service) approvable(tx state.Tx, c policy.Customer, r access.Request, now time.Time) error {
	contacts, err := s.contacts(tx, c.Tenant)
	if err != nil {
		return err
	}
	// One who stands in for another has no word beside that one's.
	contacts = slices.DeleteFunc(contacts, access.Contact.StandsIn)
	if len(contacts) < r.Rule.Approvals {
		return access.Refuse(access.Conflict,
			"%s has %d linked contacts and %d must approve. A bot admin links one with `/access customer link %s @contact`.",
			c.Name, len(contacts), r.Rule.Approvals, c.Name).In("customer")
	}
	if r.Rule.Peers == 0 {
		return nil
	}
	peers, err := s.peers(tx, r, now)
	if err != nil || len(peers) >= r.Rule.Peers {
		return err
	}
	of := ""
	if r.Rule.PeersOf != "" {
		of = " of " + groupsOf(r.Rule)
	}
	return access.Refuse(access.Conflict,
		"%d of your colleagues%s must agree first, and %d of them are linked to a user in Entra. A bot admin links them with `/access staff link`.",
		r.Rule.Peers, of, len(peers))
}

// peers lists the colleagues who may agree to the request.
func (s *Service) peers(tx state.Tx, r access.Request, now time.Time) ([]access.Person, error) {
	all, err := state.AllStaff(tx)
	if err != nil {
		return nil, err
	}
	p := s.Policy()
	var out []access.Person
	for _, b := range all {
		in, err := s.membership(tx, b, now)
		if err != nil {
			return nil, err
		}
		if by := s.requester(b.Person, b); p.Peer(r.Rule, b.Person.User, in) && !by.CouldBe(r.Requester) {
			out = append(out, by)
		}
	}
	return out, nil
}
