package graph

import (
	"context"
	"errors"
	"slices"

	abs "github.com/microsoft/kiota-abstractions-go"

	"latchkey/internal/access"
	"latchkey/internal/outbox"
	"latchkey/internal/state"
)

// The standing rule: the bot makes people members only of groups that it made and
// marked as its own, and it asks for and assigns only roles that policy.yml names,
// whatever a caller wants.
//
// A request that gives something carries a pass. Passes are made in this file alone:
// from the records in the store and from what Graph shows at that moment, never from
// what a caller or a payload says. The [wall], which each request meets last, lets what
// gives through only where it is word for word what its pass says.

// Rules is the policy in force, as far as it says what may be given.
type Rules interface {
	// Allows refuses roles that nobody may be given.
	Allows([]access.RoleID) error
}

// act is what a pass is for.
type act int

const (
	_        act = iota
	makes        // a group with the mark
	admits       // the person into the group
	holds        // the person in the group, until another end
	assigns      // the roles of the relationship to the group
	offers       // a relationship with the customer and the roles
	sends        // that relationship to the customer
	reduces      // a relationship to the roles
	extends      // a relationship beyond its end, or not any more
	consents     // to a relationship that a provider made
)

// pass lets one request through the wall. The zero pass lets nothing through.
type pass struct {
	act          act
	mark         string
	unit         access.UnitID
	group        access.GroupID
	who          access.PrincipalID
	customer     access.TenantID
	relationship access.RelationshipID
	roles        []access.RoleID
	yes          bool // what extends says, and consents
}

var passKey = abs.RequestOptionKey{Key: "latchkey.pass"}

// GetKey implements the interface of what a request carries.
func (pass) GetKey() abs.RequestOptionKey { return passKey }

// with has the request carry the pass.
func (p pass) with(r *abs.RequestInformation) *abs.RequestInformation {
	r.AddRequestOptions([]abs.RequestOption{p})
	return r
}

// making is the pass to make the group of a container.
func (f *Effects) making(c access.Container) (pass, error) {
	mark, err := nickname(c)
	return pass{act: makes, mark: mark, unit: f.Unit}, errors.Join(err, f.sound(c))
}

// admission is the pass to let the person for whom a grant is into its group, of which s is
// what Graph shows.
func (f *Effects) admission(ctx context.Context, id access.RequestID, s survey) (pass, error) {
	var r access.Request
	var recorded access.ContainerID
	j, err := f.load(ctx, id, func(tx state.Tx, j job) (err error) {
		if r, err = state.Request(tx, id); err != nil {
			return err
		}
		recorded, err = state.ContainerOfGroup(tx, j.container.Group)
		return err
	})
	if err != nil {
		return pass{}, err
	}
	g, c := j.grant, j.container
	if g.State != access.Activating || r.State != access.Approved || r.Principal != g.Principal || r.Customer != g.Customer ||
		r.Container() != c.ID || recorded != c.ID {
		return pass{}, never(access.Conflict, "What is recorded of the access is not what was approved. Nothing was given. "+
			"An operator must look at the request %s.", id)
	}
	return pass{act: admits, group: c.Group, who: g.Principal}, errors.Join(f.sound(c), f.own(c, s, false))
}

// holding is the pass to give a person who is in the group another end there. Nobody is
// let in by it, so it looks at nothing but whether a grant keeps them there.
func (f *Effects) holding(ctx context.Context, g access.Grant) (pass, error) {
	var group access.GroupID
	err := f.Store.View(ctx, func(tx state.Tx) error {
		c, err := state.Container(tx, g.Container)
		if err != nil {
			return err
		}
		recorded, err := state.ContainerOfGroup(tx, c.Group)
		if err != nil {
			return err
		}
		holders, err := state.Holders(tx, c.ID, g.Principal)
		if err == nil && recorded == c.ID && len(holders) > 0 {
			group = c.Group
		}
		return err
	})
	if err == nil && group == "" {
		err = errors.New("no grant keeps the member in a group of ours")
	}
	return pass{act: holds, group: group, who: g.Principal}, err
}

// carrying is the pass to give the group of a container, which may be fresh, its roles on
// a relationship.
func (f *Effects) carrying(ctx context.Context, c access.Container, rel access.RelationshipID, fresh bool) (pass, error) {
	if err := f.sound(c); err != nil {
		return pass{}, err
	}
	s, err := f.Client.survey(ctx, site{group: c.Group, unit: f.Unit})
	if err != nil {
		return pass{}, err
	}
	if err := f.own(c, s, fresh); err != nil {
		return pass{}, err
	}
	return f.within(ctx, pass{act: assigns, group: c.Group, relationship: rel, customer: c.Customer, roles: c.Roles})
}

// within completes a pass for roles on a relationship: it must be the customer's, and
// hold them.
func (f *Effects) within(ctx context.Context, p pass) (pass, error) {
	live, err := f.Client.Relationship(ctx, p.relationship)
	if err != nil {
		return pass{}, err
	}
	if live.Customer != p.customer || !access.Within(p.roles, live.Roles) {
		return pass{}, never(access.Conflict, "The relationship %s does not hold all the roles that the security group is to receive.", p.relationship)
	}
	return p, f.allowed(p.roles)
}

// standing is the pass to give a group what an offer gives for good, or a group of ours
// what it has on the relationship that the offer replaces.
func (f *Effects) standing(ctx context.Context, want outbox.AssignPayload) (pass, error) {
	var o access.Offer
	var c access.Container
	err := f.Store.View(ctx, func(tx state.Tx) (err error) {
		if o, err = state.Offer(tx, want.Offer); err != nil {
			return err
		}
		if want.Container != "" {
			c, err = state.Container(tx, want.Container)
		}
		return err
	})
	if errors.Is(err, state.ErrNotFound) {
		err = outbox.Permanent(err)
	}
	if err != nil {
		return pass{}, err
	}
	named := slices.ContainsFunc(o.Groups, func(g access.GroupAccess) bool {
		return g.Group == want.Group && access.SameRoles(g.Roles, want.Roles)
	})
	ours := c.ID != "" && c.Customer == o.Customer && c.Group == want.Group && access.SameRoles(c.Roles, want.Roles)
	if o.Relationship != want.Relationship || o.Customer != want.Customer || !named && !ours {
		return pass{}, never(access.Conflict, "What the security group %s is to receive is not what the offer %s says. Nothing was given. "+
			"An operator must look at it.", want.Name, o.ID)
	}
	if ours {
		return f.carrying(ctx, c, o.Relationship, false)
	}
	return f.within(ctx, pass{act: assigns, group: want.Group, relationship: o.Relationship, customer: o.Customer, roles: want.Roles})
}

// offering is the pass to make the relationship that an offer asks for.
func (f *Effects) offering(ctx context.Context, id access.OfferID) (pass, error) {
	o, err := f.drafted(ctx, id)
	return pass{act: offers, customer: o.Customer, roles: o.Roles}, err
}

// sending is the pass to send that relationship to the customer, if it is still what the
// offer asks for.
func (f *Effects) sending(ctx context.Context, id access.OfferID, rel access.RelationshipID) (pass, error) {
	o, err := f.drafted(ctx, id)
	if err != nil {
		return pass{}, err
	}
	live, err := f.readBack(ctx, rel)
	if err == nil && !asMade(live, o) {
		err = changedBefore(o)
	}
	return pass{act: sends, relationship: rel}, err
}

func changedBefore(o access.Offer) error {
	return never(access.Conflict, "The relationship %s was changed at Microsoft before it was sent. Nothing was sent to the customer.", o.Name)
}

// drafted reads an offer that is still to be made, with roles that policy.yml names.
func (f *Effects) drafted(ctx context.Context, id access.OfferID) (access.Offer, error) {
	var o access.Offer
	err := f.Store.View(ctx, func(tx state.Tx) (err error) {
		o, err = state.Offer(tx, id)
		return err
	})
	switch {
	case errors.Is(err, state.ErrNotFound):
		return o, outbox.Permanent(err)
	case err != nil:
		return o, err
	case o.State != access.OfferDrafted:
		return o, never(access.Conflict, "The offer %s is not to be made any more.", id)
	}
	return o, f.allowed(o.Roles)
}

// reducing is the pass to take roles out of a relationship, so to leave it fewer than it
// has.
func (f *Effects) reducing(ctx context.Context, id access.RelationshipID, left []access.RoleID) (pass, error) {
	live, err := f.Client.Relationship(ctx, id)
	if err == nil && !access.Within(left, live.Roles) {
		err = never(access.Conflict, "The relationship does not hold these roles any more.")
	}
	return pass{act: reduces, relationship: id, roles: left}, err
}

// extending is the pass to have a relationship that is active renew itself at its end, or
// not.
func extending(live access.Relationship, on bool) (pass, error) {
	if live.Status != access.RelationshipActive {
		return pass{}, never(access.Conflict, "It can be changed only while the relationship is active. Microsoft says: %s.", live.Status)
	}
	return pass{act: extends, relationship: live.ID, yes: on}, nil
}

// consenting is the pass to answer a provider that waits for our word.
func consenting(live access.Relationship, approve bool) (pass, error) {
	if !live.ConsentPending {
		return pass{}, never(access.Conflict, "The relationship does not wait for our word.")
	}
	return pass{act: consents, relationship: live.ID, yes: approve}, nil
}

// sound refuses the record of a container that does not agree with itself, and one whose
// roles policy.yml does not name.
func (f *Effects) sound(c access.Container) error {
	if c.ID != access.ContainerOf(c.Customer, c.Roles) {
		return never(access.Conflict, "What is recorded of the security group for these roles does not agree with itself. Nothing was given. "+
			"An operator must look at the container %s.", c.ID)
	}
	return f.allowed(c.Roles)
}

func (f *Effects) allowed(ids []access.RoleID) error {
	if f.Rules == nil {
		return never(access.Forbidden, "No policy is in force, so nothing may be given.")
	}
	if err := f.Rules().Allows(ids); err != nil {
		if why, ok := errors.AsType[*access.Error](err); ok {
			return never(access.Forbidden, "By policy.yml this may not be given: %s", why.Message)
		}
		return outbox.Permanent(err)
	}
	return nil
}

// own refuses the group of a container that Graph does not show, or not any more, as we made
// it. What Graph does not show yet of a fresh one is waited for.
func (f *Effects) own(c access.Container, s survey, fresh bool) error {
	switch err := s.group.err; {
	case isNotFound(err) && fresh:
		return outbox.NotYet(lookAgain)
	case isNotFound(err):
		return never(access.Conflict, "The security group %s, which carries these roles, was deleted in Entra. Ask again.", c.Group)
	case err != nil:
		return err
	}
	if err := ours(s.group.is, c); err != nil {
		return err
	}
	if err := f.inUnit(c.Group, s.inUnit, fresh); err != nil {
		return err
	}
	err := s.owners.err
	if err == nil && len(s.owners.is) > 0 {
		err = never(access.Conflict, "The security group %s has owners, who can let anybody in. Latchkey made it without any: "+
			"an operator must take them out.", c.Group)
	}
	return err
}

// inUnit refuses a group that is not in the administrative unit, where there is one: our
// rights end there, so somebody who is let in now could not be taken out.
func (f *Effects) inUnit(g access.GroupID, s shown[bool], fresh bool) error {
	switch {
	case f.Unit == "":
		return nil
	case s.err == nil && !s.is && fresh:
		return outbox.NotYet(lookAgain)
	case s.err == nil && !s.is:
		return never(access.Conflict, "The security group %s is not in the administrative unit %s, so Latchkey could not take anybody out of it again. "+
			"An operator must put it there.", g, f.Unit)
	}
	return s.err
}
