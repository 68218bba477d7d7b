package graph

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"time"

	"latchkey/internal/access"
	"latchkey/internal/outbox"
	"latchkey/internal/state"
)

const (
	// lookAgain is the wait until what was made a moment ago is looked for again.
	lookAgain = 2 * time.Second
	// looks is how many leases of an offer's effect must not find its relationship
	// before one that is repeated makes it.
	looks = 3
	// misses is how many looks in a row must find no group, where an earlier try
	// may have made one, before it is made: the directory may be slow to show it.
	// With the waits between them they take two minutes.
	misses = 8
	// longestLook bounds the wait between two such looks.
	longestLook = 30 * time.Second
)

// Container makes sure that the group of a container exists and has, on a
// relationship that outlives the grant, an active assignment with exactly the
// container's roles. Its result is an [outbox.ContainerResult], or null when
// the grant is not live any more.
//
// The group is found by its mark before it is made, the assignment by its group:
// after a crash the next try finds what the last one left.
func (f *Effects) Container(ctx context.Context, e outbox.Effect) (json.RawMessage, error) {
	p, err := outbox.Payload[outbox.ContainerPayload](e)
	if err != nil {
		return nil, err
	}
	var mirror []state.MirroredRelationship
	j, err := f.load(ctx, p.Request, func(tx state.Tx, j job) (err error) {
		if mirror, err = state.Relationships(tx, j.container.Customer); err != nil {
			return err
		}
		leaving, err := state.Leaving(tx, j.container.Customer)
		mirror = slices.DeleteFunc(mirror, func(m state.MirroredRelationship) bool { return leaving[m.ID] != "" })
		for i, m := range mirror {
			gone, err := outbox.LeavingRole(tx, m.ID)
			if err != nil {
				return err
			}
			mirror[i].Roles = access.Without(m.Roles, gone)
		}
		return err
	})
	switch {
	case err != nil:
		return nil, err
	case !j.grant.Live():
		return none, nil
	case j.container.ID != p.Container:
		return nil, outbox.Permanent(fmt.Errorf("the grant %s does not need the container %s", p.Request, p.Container))
	}
	group, err := f.group(ctx, e, j)
	if err != nil {
		return nil, err
	}
	relationship, err := f.relationship(ctx, j, group, mirror)
	if err != nil {
		return nil, err
	}
	assignment, err := f.assignment(ctx, j, group, relationship)
	if err != nil {
		return nil, err
	}
	return result(outbox.ContainerResult{Group: group, Relationship: relationship, Assignment: assignment})
}

// group returns the container's group: the recorded one, one that carries the
// mark, or a new one.
func (f *Effects) group(ctx context.Context, e outbox.Effect, j job) (access.GroupID, error) {
	mark, err := nickname(j.container)
	if err != nil {
		return "", err
	}
	if j.container.Group != "" {
		g, err := f.Client.Group(ctx, j.container.Group)
		if err == nil {
			return g.ID, ours(g, j.container)
		}
		if !isNotFound(err) {
			return "", err
		}
	}
	if !e.Repeated() {
		f.missed.first(e.ID)
	}
	g, found, err := f.Client.GroupByNickname(ctx, mark)
	switch {
	case access.CodeOf(err) == access.Conflict: // two carry the mark
		return "", outbox.Permanent(err)
	case err != nil:
		return "", err
	case found:
		f.missed.found(e.ID)
		return g.ID, f.adopt(ctx, g, j.container)
	}
	if n := f.missed.again(e.ID); n > 0 && n < f.misses() {
		f.Log.DebugContext(ctx, "waiting for a security group that may have been made", "looks", n, "request", j.grant.Request)
		return "", outbox.NotYet(min(lookAgain<<(n-1), longestLook))
	}
	f.missed.making(e.ID)
	way, err := f.making(j.container)
	if err != nil {
		return "", err
	}
	g, err = f.Client.createGroup(ctx, way, groupName(j.customer, j.container), groupDescription(j.customer, j.container))
	if err != nil {
		f.missed.refused(e.ID, err)
		return "", err
	}
	f.Log.InfoContext(ctx, "security group created", "group", g.ID, "container", j.container.ID, "request", j.grant.Request)
	return g.ID, nil
}

func (f *Effects) misses() int {
	if f.Misses > 0 {
		return f.Misses
	}
	return misses
}

// adopt accepts a group that carries the mark but is not in the record, if
// nobody is in it or over it: our own has had no member yet.
func (f *Effects) adopt(ctx context.Context, g Group, c access.Container) error {
	if err := ours(g, c); err != nil {
		return err
	}
	owners, err := f.Client.Owners(ctx, g.ID)
	if err != nil {
		return err
	}
	members, err := f.Client.Members(ctx, g.ID)
	if err != nil {
		return err
	}
	if len(owners) > 0 || len(members) > 0 {
		return never(access.Conflict, "The group %s carries Latchkey's mark, but has owners or members that Latchkey did not give it. "+
			"An operator must empty it before it can be used.", g.ID)
	}
	return nil
}

// relationship chooses the relationship that is to carry the assignment, among
// those of the mirror, and confirms it with Graph.
func (f *Effects) relationship(
	ctx context.Context, j job, group access.GroupID, mirror []state.MirroredRelationship,
) (access.RelationshipID, error) {
	until := f.until(j)
	for _, m := range candidates(mirror, j.container, group, until) {
		live, err := f.Client.Relationship(ctx, m.ID)
		if access.CodeOf(err) == access.NotFound {
			continue
		}
		if err != nil {
			return "", err
		}
		if carries(live, j.container, until) {
			return m.ID, nil
		}
	}
	return "", never(access.Unavailable, "No active relationship with %s carries the roles asked for until %s; "+
		"`/access list %s` shows them.", j.customer, access.FormatTime(until), j.customer)
}

// carries reports whether a relationship is with the container's customer and
// carries its roles.
func carries(r access.Relationship, c access.Container, until time.Time) bool {
	return r.Customer == c.Customer && r.Carries(c.Roles, until)
}

// candidates sorts the relationships that may do: the recorded one first, then
// those that the group is assigned on, then the one that lasts
// longest, and what Microsoft made last.
func candidates(
	mirror []state.MirroredRelationship, c access.Container, group access.GroupID, until time.Time,
) []state.MirroredRelationship {
	out := slices.DeleteFunc(slices.Clone(mirror), func(m state.MirroredRelationship) bool {
		return !carries(m.Relationship, c, until)
	})
	rank := func(m state.MirroredRelationship) int {
		switch {
		case m.ID == c.Relationship:
			return 0
		case slices.ContainsFunc(m.Assignments, func(a access.Assignment) bool {
			return a.Group == group && a.Status == access.AssignmentActive
		}):
			return 1
		case !m.MicrosoftLed():
			return 2
		}
		return 3 // it is meant to end
	}
	slices.SortStableFunc(out, func(a, b state.MirroredRelationship) int {
		return cmp.Or(cmp.Compare(rank(a), rank(b)), longest(a.End, b.End))
	})
	return out
}

// longest orders ends, the latest first; no end is the latest.
func longest(a, b time.Time) int {
	switch {
	case a.IsZero() && b.IsZero():
		return 0
	case a.IsZero():
		return -1
	case b.IsZero():
		return 1
	}
	return b.Compare(a)
}

// assignment returns the group's active assignment on the relationship, which
// it makes when there is none.
func (f *Effects) assignment(
	ctx context.Context, j job, group access.GroupID, relationship access.RelationshipID,
) (access.AssignmentID, error) {
	id, err := f.assigned(ctx, j, group, relationship)
	if id != "" || err != nil {
		return id, err
	}
	c := j.container
	c.Group = group
	way, err := f.carrying(ctx, c, relationship, j.container.Group == "")
	if err != nil {
		return "", err
	}
	_, err = f.Client.assign(ctx, way)
	if err != nil && status(err) != http.StatusConflict { // it may be there, and we have missed it
		return "", err
	}
	if err == nil {
		f.Log.InfoContext(ctx, "roles assigned", "group", group, "container", j.container.ID, "request", j.grant.Request)
	}
	id, again := f.assigned(ctx, j, group, relationship)
	switch {
	case id != "" || again != nil:
		return id, again
	case err != nil:
		return "", err
	}
	return "", outbox.NotYet(lookAgain)
}

// assigned returns the group's assignment once it is active, and nothing when
// there is none.
func (f *Effects) assigned(
	ctx context.Context, j job, group access.GroupID, relationship access.RelationshipID,
) (access.AssignmentID, error) {
	all, err := f.Client.Assignments(ctx, relationship)
	if err != nil {
		return "", err
	}
	held := of(all, group)
	if len(held) == 0 {
		return "", nil
	}
	held = slices.DeleteFunc(held, func(a access.Assignment) bool { return a.Status == assignmentDeleting })
	if len(held) == 0 { // another cannot be made until it is gone
		return "", outbox.NotYet(lookAgain)
	}
	for _, a := range held {
		if !access.SameRoles(a.Roles, j.container.Roles) || len(held) > 1 {
			return "", never(access.Conflict, "The security group %s has other roles on the relationship with %s than Latchkey gave it. "+
				"An operator must remove that access assignment.", group, j.customer)
		}
	}
	switch a := held[0]; a.Status {
	case access.AssignmentActive:
		return a.ID, nil
	case access.AssignmentPending:
		return "", outbox.NotYet(lookAgain)
	default:
		return "", never(access.Unavailable, "The access assignment of the security group %s on the relationship with %s has the status %q. "+
			"An operator must remove it; then it can be asked for again.", group, j.customer, a.Status)
	}
}

// of returns the assignments of one group.
func of(all []access.Assignment, group access.GroupID) []access.Assignment {
	return slices.DeleteFunc(slices.Clone(all), func(a access.Assignment) bool { return a.Group != group })
}
