package graph

import (
	"context"
	"fmt"
	"net/http"
	"strings"

	abs "github.com/microsoft/kiota-abstractions-go"
	"github.com/microsoft/kiota-abstractions-go/serialization"
	"github.com/microsoftgraph/msgraph-sdk-go/models"

	"latchkey/internal/access"
)

// site is what is looked at before somebody joins a group: the group, the unit that it must
// be in, if there is one, the relationship on which it has its roles, and whether somebody is
// in it already, where that matters.
type site struct {
	group        access.GroupID
	unit         access.UnitID
	relationship access.RelationshipID
	who          access.PrincipalID
}

// survey is what Graph shows of a site, all of it read in one call and at one moment. What
// of it could not be read is an error of that alone, the same as a call of its own has.
type survey struct {
	group        shown[Group]
	owners       shown[[]access.PrincipalID]
	inUnit       shown[bool]
	relationship shown[access.Relationship]
	assignments  shown[[]access.Assignment]
	member       shown[bool]
}

// shown is a part of a survey.
type shown[T any] struct {
	is  T
	err error
}

// part is one request of a survey, and what takes its answer.
type part struct {
	doing string
	read  *abs.RequestInformation
	err   error
	take  func(body serialization.ParseNode, err error)
}

// survey reads all of the site. Its error means that nothing is known.
func (c *Client) survey(ctx context.Context, at site) (survey, error) {
	const doing = "look at the group"
	var s survey
	parts := c.ofGroup(ctx, at, &s)
	if at.relationship != "" {
		parts = append(parts, c.ofRelationship(ctx, at.relationship, &s)...)
	}
	reads := make([]*abs.RequestInformation, len(parts))
	for i, p := range parts {
		if p.err != nil {
			return s, fmt.Errorf("%s: %w", p.doing, p.err)
		}
		reads[i] = p.read
	}
	err := c.fetch(ctx, doing, reads, func(i int, body serialization.ParseNode, err error) { parts[i].take(body, err) })
	return s, err
}

func (c *Client) ofGroup(ctx context.Context, at site, s *survey) []part {
	group, err := c.readingGroup(at.group)
	parts := []part{{readGroup, group, err, func(body serialization.ParseNode, err error) {
		s.group.is, s.group.err = one(readGroup, body, err, models.CreateGroupFromDiscriminatorValue, groupOf)
	}}}
	owners, err := c.readingPeople("id", "groups", string(at.group), "owners")
	parts = append(parts, part{listOwners, owners, err, func(body serialization.ParseNode, err error) {
		s.owners.is, s.owners.err = c.ids(ctx, listOwners, body, err)
	}})
	if at.unit != "" {
		unit, err := c.readingUnit(at.unit, at.group)
		parts = append(parts, part{lookInUnit, unit, err, func(body serialization.ParseNode, err error) {
			id, err := one(lookInUnit, body, err, models.CreateDirectoryObjectFromDiscriminatorValue, idOf)
			s.inUnit.is, s.inUnit.err = inside(id, at.group, err)
		}})
	}
	if at.who != "" {
		members, err := c.readingPeople("id", "groups", string(at.group), "members")
		parts = append(parts, part{lookForMember, members, err, func(body serialization.ParseNode, err error) {
			ids, err := c.ids(ctx, lookForMember, body, err)
			s.member = shown[bool]{among(ids, at.who), err}
		}})
	}
	return parts
}

func (c *Client) ofRelationship(ctx context.Context, id access.RelationshipID, s *survey) []part {
	live, err := c.readingRelationship(ctx, id)
	assignments, err2 := c.readingAssignments(ctx, id)
	return []part{
		{readRelationship, live, err, func(body serialization.ParseNode, err error) {
			m, err := one(readRelationship, body, err, newRelationship, func(m *relationship) *relationship { return m })
			if m, err = answered(m, err, id); err == nil {
				s.relationship.is = m.value()
			}
			s.relationship.err = err
		}},
		{listAssignments, assignments, err2, func(body serialization.ParseNode, err error) {
			var found []*assignment
			if err == nil {
				found, err = pages[*assignment](ctx, c, listAssignments, body, newAssignment)
			}
			s.assignments = shown[[]access.Assignment]{assignmentsOf(found, id), err}
		}},
	}
}

// one reads the answer as a T, and makes of it what is wanted.
func one[T serialization.Parsable, V any](
	doing string, body serialization.ParseNode, err error, factory serialization.ParsableFactory, of func(T) V,
) (V, error) {
	var zero V
	if err != nil {
		return zero, err
	}
	got, err := body.GetObjectValue(factory)
	if err != nil {
		return zero, fmt.Errorf("%s: %w", doing, err)
	}
	v, ok := got.(T)
	if !ok {
		return zero, fmt.Errorf("%s: graph answered without the object asked for", doing)
	}
	return of(v), nil
}

// ids reads the list that the answer begins.
func (c *Client) ids(ctx context.Context, doing string, body serialization.ParseNode, err error) ([]access.PrincipalID, error) {
	if err != nil {
		return nil, err
	}
	found, err := pages[models.DirectoryObjectable](ctx, c, doing, body, models.CreateDirectoryObjectFromDiscriminatorValue)
	out := make([]access.PrincipalID, len(found))
	for i, m := range found {
		out[i] = memberOf(m).ID
	}
	return out, err
}

func idOf(m models.DirectoryObjectable) string { return deref(m.GetId()) }

// among reports whether the person is one of them.
func among(ids []access.PrincipalID, who access.PrincipalID) bool {
	for _, id := range ids {
		if strings.EqualFold(string(id), string(who)) {
			return true
		}
	}
	return false
}

// answered is what a read of one relationship means. One that Graph does not know, or whose
// id it refuses, is [access.NotFound].
func answered(m *relationship, err error, id access.RelationshipID) (*relationship, error) {
	if status(err) == http.StatusBadRequest { // how the service answers to some ids that are gone
		return nil, refuse(access.NotFound, readRelationship, refused(err), "Microsoft does not know the relationship (any more).")
	}
	if err != nil {
		return nil, err
	}
	if got := m.value().ID; got != "" && !strings.EqualFold(string(got), string(id)) {
		return nil, fmt.Errorf("%s: the answer is about another one", readRelationship)
	}
	return m, nil
}
