package graph

import (
	"context"
	"encoding/json"

	"latchkey/internal/access"
	"latchkey/internal/outbox"
	"latchkey/internal/state"
)

// Join makes the requester a member of the container's group, after it has
// checked with Graph that the membership gives exactly what was approved. Its
// result is an [outbox.JoinResult] and means that the membership was read back, unless
// it says that the container has changed; null means that, too, where Entra knows of no
// end, or that the grant is not being given any more.
//
// A check that fails is permanent: nothing is given. Where nobody has looked at the
// container for this grant before, [Effects.Container] is to: it may be mended, or another
// relationship do. A crash after the member was added is repaired by the next try, which
// finds the membership.
func (f *Effects) Join(ctx context.Context, e outbox.Effect) (json.RawMessage, error) {
	p, err := outbox.Payload[outbox.GrantPayload](e)
	if err != nil {
		return nil, err
	}
	var mirror []state.MirroredRelationship
	var rest []access.Grant
	var leaving map[access.RelationshipID]access.ReplaceState
	j, err := f.load(ctx, p.Request, func(tx state.Tx, j job) (err error) {
		if leaving, err = state.Leaving(tx, j.container.Customer); err != nil {
			return err
		}
		if mirror, err = state.AssignedTo(tx, j.container.Group); err != nil {
			return err
		}
		rest, err = others(tx, j.grant)
		return err
	})
	if err != nil {
		return nil, err
	}
	if j.grant.State != access.Activating {
		return none, nil
	}
	if p.OnRecord && leaving[j.container.Relationship] != "" { // nothing new goes through it
		return result(outbox.JoinResult{Changed: true})
	}
	way, in, err := f.verify(ctx, j, mirror)
	if p.OnRecord && outbox.IsPermanent(err) {
		f.Log.InfoContext(ctx, "the container is not as it is on record", "container", j.container.ID, "request", p.Request, "err", err)
		return result(outbox.JoinResult{Changed: true})
	}
	if err != nil {
		return nil, err
	}
	given, err := f.give(ctx, e, j, rest, way, in)
	if err != nil || given == (outbox.JoinResult{}) {
		return none, err
	}
	return result(given)
}

// verify refuses to let anybody into a group that would give them less, more or
// something else than the container says. It returns the pass by which they are let in,
// and whether they are in it already. All of it goes by one look at Graph.
func (f *Effects) verify(ctx context.Context, j job, mirror []state.MirroredRelationship) (way pass, in shown[bool], err error) {
	c := j.container
	if c.Group == "" || c.Relationship == "" || c.Assignment == "" {
		return way, in, never(access.Conflict, "The security group for these roles is not ready. Ask again.")
	}
	s, err := f.Client.survey(ctx, site{group: c.Group, unit: f.Unit, relationship: c.Relationship, who: j.grant.Principal})
	if err != nil {
		return way, in, err
	}
	if way, err = f.admission(ctx, j.grant.Request, s); err != nil {
		return pass{}, in, err
	}
	if err := f.verifyRelationship(ctx, j, s.relationship); err != nil {
		return pass{}, in, err
	}
	if err := verifyAssignment(j, s.assignments); err != nil {
		return pass{}, in, err
	}
	return way, s.member, verifyElsewhere(c, mirror)
}

func (f *Effects) verifyRelationship(ctx context.Context, j job, s shown[access.Relationship]) error {
	until := f.until(j)
	live, err := s.is, s.err
	known := access.CodeOf(err) != access.NotFound
	if err != nil && known {
		return err
	}
	err = f.Store.View(ctx, func(tx state.Tx) error {
		gone, err := outbox.LeavingRole(tx, j.container.Relationship)
		live.Roles = access.Without(live.Roles, gone)
		return err
	})
	if err != nil {
		return err
	}
	if !known || !carries(live, j.container, until) {
		return never(access.Unavailable, "The relationship with %s does not carry the roles asked for until %s any more; "+
			"`/access list %s` shows what there is.", j.customer, access.FormatTime(until), j.customer)
	}
	return nil
}

func verifyAssignment(j job, s shown[[]access.Assignment]) error {
	if s.err != nil {
		return s.err
	}
	c := j.container
	held := of(s.is, c.Group)
	if len(held) != 1 || held[0].ID != c.Assignment || held[0].Status != access.AssignmentActive || !access.SameRoles(held[0].Roles, c.Roles) {
		return never(access.Conflict, "The roles of the security group %s on the relationship with %s were changed: "+
			"they are not what was approved. Ask again; if that does not help, an operator must look at the group.", c.Group, j.customer)
	}
	return nil
}

// verifyElsewhere refuses a group that gives access on another relationship as
// well. The same roles for the same customer are let pass: that is a group on
// its way from a relationship that ends to the one that follows it, and its
// members get nothing but what was approved.
func verifyElsewhere(c access.Container, mirror []state.MirroredRelationship) error {
	for _, m := range mirror {
		if m.ID == c.Relationship {
			continue
		}
		for _, a := range of(m.Assignments, c.Group) {
			if a.Status == assignmentDeleted || m.Customer == c.Customer && access.SameRoles(a.Roles, c.Roles) {
				continue
			}
			return never(access.Conflict, "The security group %s has access on another relationship, %s, as well. "+
				"An operator must remove that access assignment.", c.Group, m.ID)
		}
	}
	return nil
}
