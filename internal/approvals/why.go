package approvals

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"latchkey/internal/access"
	"latchkey/internal/state"
)

// Who names a person of the partner: by the Slack user or, where that is empty,
// by the name with which they sign in to Entra.
type Who struct {
	User access.UserID
	UPN  string
}

// Reach is every way by which a person can get into a customer's tenant, and what
// is known of the ways that are closed.
type Reach struct {
	Customer Customer
	Person   access.Person // as Slack or, for who is not linked, as Entra knows them
	// Principal is empty when nobody knows who the person is in Entra; then
	// nothing can be said of groups.
	Principal     access.PrincipalID
	Open          []Entry               // requests that wait, and grants that are not over
	Last          *Entry                // the newest request that is over, when none is open
	Ways          []Way                 // through groups that receive roles of the customer
	Agents        []state.MirroredGroup // Partner Center's groups that the person is in
	AgentsKnown   int                   // how many of Partner Center's groups were read
	Unseen        []string              // names of what could not be read
	Relationships []state.MirroredRelationship
	DAP           DAPStory
	ReadAt        time.Time // of all that Microsoft told; zero when never
	Problem       string
}

// Way is a group that the person is a direct member of, with the roles that it
// receives on a relationship of the customer.
type Way struct {
	Group        state.MirroredGroup
	Relationship access.Relationship
	Assignment   access.Assignment
	// Granted means that a grant put the person there, or is taking them out.
	Granted bool
	// Ours means that the bot made the group, so that nobody else should put
	// people there.
	Ours bool
}

// Open reports whether the way leads in now.
func (w Way) Open() bool {
	return w.Assignment.Status == access.AssignmentActive &&
		(w.Relationship.Status == access.RelationshipActive || w.Relationship.Status == access.RelationshipExpiring)
}

// Why tells by which ways a person reaches a customer, or why by none. Only linked
// staff and bot admins may ask.
func (s *Service) Why(ctx context.Context, o Origin, who Who, tenant access.TenantID) (Reach, error) {
	var out Reach
	err := s.view(ctx, o, subject{act: "why", customer: tenant}, func(tx state.Tx) error {
		var err error
		if out.Customer, err = s.customer(tx, tenant); err != nil {
			return err
		}
		info, err := state.Mirror(tx)
		if err != nil {
			return err
		}
		out.ReadAt, out.Problem = info.ReadAt, info.Problem
		if out.Relationships, err = state.Relationships(tx, tenant); err != nil {
			return err
		}
		if out.DAP, err = s.dapStory(tx, tenant); err != nil {
			return err
		}
		if err := out.identify(tx, who); err != nil {
			return err
		}
		if err := out.asked(tx); err != nil {
			return err
		}
		if err := lost(tx, out.Open, out.Relationships); err != nil {
			return err
		}
		return out.member(tx)
	})
	return out, err
}

// identify finds who is meant. A person whom only a group of Entra knows can be
// named by UPN, too: the ways that nobody thinks of are the ones to ask about.
func (r *Reach) identify(tx state.Tx, who Who) error {
	if who.User != "" {
		b, err := state.Staff(tx, who.User)
		if errors.Is(err, state.ErrNotFound) {
			r.Person.User = who.User
			return nil
		}
		r.Person, r.Principal = b.Person, b.Principal
		return err
	}
	staff, err := state.AllStaff(tx)
	if err != nil {
		return err
	}
	for _, b := range staff {
		if strings.EqualFold(b.UPN, who.UPN) {
			r.Person, r.Principal = b.Person, b.Principal
			return nil
		}
	}
	groups, err := state.MirroredGroups(tx)
	if err != nil {
		return err
	}
	for _, g := range groups {
		for _, m := range g.Members {
			if strings.EqualFold(m.UPN, who.UPN) {
				r.Person.Name, r.Principal = m.Name, m.ID
				return nil
			}
		}
	}
	return access.Refuse(access.NotFound,
		"Nobody who is linked, and no member of a group that reaches a customer, signs in as %s. Mention the person, as in `/access why @ana contoso`.", who.UPN).In("person")
}

// asked gathers what the person asked for at this customer.
func (r *Reach) asked(tx state.Tx) error {
	if r.Person.User == "" {
		return nil
	}
	ids, err := state.RequestsOf(tx, r.Person.User)
	if err != nil {
		return err
	}
	all, unread, err := entries(tx, ids)
	if err != nil {
		return err
	}
	if unread > 0 {
		r.Unseen = append(r.Unseen, "some of their requests here")
	}
	for _, e := range all {
		switch {
		case e.Request.Customer != r.Customer.Tenant:
		case e.Request.State == access.Pending, e.Grant != nil && !e.Grant.Final():
			r.Open = append(r.Open, e)
		case r.Last == nil || e.over().After(r.Last.over()):
			r.Last = &e
		}
	}
	if len(r.Open) > 0 {
		r.Last = nil
	}
	return nil
}

// over is when the request, or the access that it gave, was over.
func (e Entry) over() time.Time {
	if e.Grant != nil {
		return e.Grant.EndedAt
	}
	return e.Request.EndedAt
}

// member follows the groups that the person is in.
func (r *Reach) member(tx state.Tx) error {
	agents, err := state.MirroredAgents(tx)
	if err != nil {
		return err
	}
	r.AgentsKnown = len(agents)
	for _, g := range agents {
		r.unseen(g)
		if r.in(g) {
			r.Agents = append(r.Agents, g)
		}
	}
	slices.SortFunc(r.Agents, func(a, b state.MirroredGroup) int {
		order := access.AgentGroups()
		return slices.Index(order, a.Agents) - slices.Index(order, b.Agents)
	})
	for _, rel := range r.Relationships {
		if rel.Unseen != "" {
			r.Unseen = append(r.Unseen, cmp.Or(rel.Name, string(rel.ID)))
		}
		for _, a := range rel.Assignments {
			if err := r.way(tx, rel.Relationship, a); err != nil {
				return err
			}
		}
	}
	slices.Sort(r.Unseen)
	r.Unseen = slices.Compact(r.Unseen)
	return nil
}

// way adds the way through a group, if the person is in it.
func (r *Reach) way(tx state.Tx, rel access.Relationship, a access.Assignment) error {
	g, err := state.GroupMirrored(tx, a.Group)
	if _, bad := state.Unreadable(err); bad || errors.Is(err, state.ErrNotFound) {
		r.unseen(state.MirroredGroup{ID: a.Group, Name: a.GroupName, Unseen: "It has not been read yet."})
		return nil
	}
	if err != nil {
		return err
	}
	r.unseen(g)
	if !r.in(g) {
		return nil
	}
	way := Way{Group: g, Relationship: rel, Assignment: a}
	if way.Ours, way.Granted, err = Membership(tx, a.Group, r.Principal); err != nil {
		return err
	}
	r.Ways = append(r.Ways, way)
	return nil
}

func (r *Reach) in(g state.MirroredGroup) bool {
	return r.Principal != "" && slices.ContainsFunc(g.Members, func(m access.Member) bool { return m.ID == r.Principal })
}

// unseen notes a group whose members were not read, so that no answer is built on
// them.
func (r *Reach) unseen(g state.MirroredGroup) {
	if g.Unseen != "" {
		r.Unseen = append(r.Unseen, orID(g))
	}
}

func orID(g state.MirroredGroup) string {
	if g.Name == "" {
		return string(g.ID)
	}
	return g.Name
}

// Membership tells why the principal is a member of a group: ours when the bot
// made the group, granted when a grant put the principal there or is taking them
// out, or has done so after the group was read last. A member of whom granted is
// false stands there outside any grant.
func Membership(tx state.Tx, group access.GroupID, p access.PrincipalID) (ours, granted bool, err error) {
	id, err := state.ContainerOfGroup(tx, group)
	if errors.Is(err, state.ErrNotFound) {
		return false, false, nil
	}
	if err != nil {
		return false, false, err
	}
	if live, err := state.Holders(tx, id, p); err != nil || len(live) > 0 {
		return true, err == nil, err
	}
	granted, err = lately(tx, id, p)
	return true, granted, err
}

// lately reports whether a grant is taking the principal out of the container, or
// has done so after the groups were read last.
func lately(tx state.Tx, id access.ContainerID, p access.PrincipalID) (bool, error) {
	readAt, err := state.GroupsReadAt(tx)
	if err != nil {
		return false, err
	}
	c, err := state.Container(tx, id)
	if err != nil {
		return false, err
	}
	ids, err := state.GrantsOf(tx, c.Customer)
	if err != nil {
		return false, err
	}
	users, err := state.StaffOf(tx, p)
	if err != nil {
		return false, err
	}
	for _, u := range users {
		theirs, err := state.RequestsOf(tx, u)
		if err != nil {
			return false, err
		}
		ids = append(ids, theirs...)
	}
	for _, r := range ids {
		g, err := state.Grant(tx, r)
		if _, bad := state.Unreadable(err); bad || errors.Is(err, state.ErrNotFound) {
			continue // nothing was given, as far as anybody knows
		}
		if err != nil {
			return false, err
		}
		if g.Container == id && g.Principal == p && (!g.Final() || !g.EndedAt.Before(readAt)) {
			return true, nil
		}
	}
	return false, nil
}
