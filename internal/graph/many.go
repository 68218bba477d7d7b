package graph

import (
	"context"
	"fmt"
	"net/url"

	abs "github.com/microsoft/kiota-abstractions-go"
	"github.com/microsoft/kiota-abstractions-go/serialization"
	"github.com/microsoftgraph/msgraph-sdk-go/models"

	"latchkey/internal/access"
)

// AssignmentsOf reads the assignments of many relationships, in few calls, and
// tells each once, in any order. What of one cannot be read is its own error; an
// error of AssignmentsOf means that the rest was not tried.
func (c *Client) AssignmentsOf(
	ctx context.Context, ids []access.RelationshipID, each func(access.RelationshipID, []access.Assignment, error),
) error {
	request := func(id access.RelationshipID) (*abs.RequestInformation, error) { return c.readingAssignments(ctx, id) }
	return many(ctx, c, listAssignments, ids, request, newAssignment, func(id access.RelationshipID, found []*assignment, err error) {
		each(id, assignmentsOf(found, id), err)
	})
}

// MembersOf lists the direct members of many groups, as [Client.AssignmentsOf]
// does of relationships.
func (c *Client) MembersOf(ctx context.Context, groups []access.GroupID, each func(access.GroupID, []access.Member, error)) error {
	const doing = "list the members of the group"
	request := func(id access.GroupID) (*abs.RequestInformation, error) {
		return c.request(abs.GET, url.Values{"$select": {memberFields}, "$top": {"999"}}, "groups", string(id), "members")
	}
	return many(ctx, c, doing, groups, request, models.CreateDirectoryObjectFromDiscriminatorValue,
		func(id access.GroupID, found []models.DirectoryObjectable, err error) {
			out := make([]access.Member, len(found))
			for i, m := range found {
				out[i] = memberOf(m)
			}
			each(id, out, err)
		})
}

// GroupNames reads what many groups are called, as [Client.AssignmentsOf] does.
func (c *Client) GroupNames(ctx context.Context, groups []access.GroupID, each func(access.GroupID, string, error)) error {
	const doing = "read the group"
	reads := make([]*abs.RequestInformation, len(groups))
	for i, id := range groups {
		var err error
		if reads[i], err = c.request(abs.GET, url.Values{"$select": {"id,displayName"}}, "groups", string(id)); err != nil {
			return fmt.Errorf("%s: %w", doing, err)
		}
	}
	return c.fetch(ctx, doing, reads, func(i int, body serialization.ParseNode, err error) {
		if err != nil {
			each(groups[i], "", err)
			return
		}
		each(groups[i], child(body, "displayName"), nil)
	})
}

// many reads a list of each of the ids. Few lists have a second page; that is read
// by itself.
func many[ID ~string, T serialization.Parsable](
	ctx context.Context, c *Client, doing string, ids []ID, request func(ID) (*abs.RequestInformation, error),
	factory serialization.ParsableFactory, each func(ID, []T, error),
) error {
	reads := make([]*abs.RequestInformation, len(ids))
	for i, id := range ids {
		var err error
		if reads[i], err = request(id); err != nil {
			return fmt.Errorf("%s: %w", doing, err)
		}
	}
	return c.fetch(ctx, doing, reads, func(i int, body serialization.ParseNode, err error) {
		if err != nil {
			each(ids[i], nil, err)
			return
		}
		found, err := pages[T](ctx, c, doing, body, factory)
		each(ids[i], found, err)
	})
}

// pages reads the list that the answer begins.
func pages[T serialization.Parsable](
	ctx context.Context, c *Client, doing string, body serialization.ParseNode, factory serialization.ParsableFactory,
) ([]T, error) {
	v, err := body.GetObjectValue(newPage(factory))
	if err != nil {
		return nil, fmt.Errorf("%s: %w", doing, err)
	}
	p, ok := v.(*page)
	if !ok || !p.whole {
		return nil, fmt.Errorf("%s: graph answered without a list", doing)
	}
	out := make([]T, 0, len(p.items))
	for _, item := range p.items {
		one, ok := item.(T)
		if !ok {
			return nil, fmt.Errorf("%s: graph listed something else", doing)
		}
		out = append(out, one)
	}
	if p.next == "" {
		return out, nil
	}
	r, err := c.follow(p.next)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", doing, err)
	}
	for one, err := range list[T](ctx, c, doing, r, factory) {
		if err != nil {
			return nil, err
		}
		out = append(out, one)
	}
	return out, nil
}
