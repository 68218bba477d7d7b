package graph

import (
	"context"
	"fmt"
	"iter"
	"net/http"
	"net/url"
	"strings"

	abs "github.com/microsoft/kiota-abstractions-go"
	"github.com/microsoftgraph/msgraph-sdk-go/models"

	"latchkey/internal/access"
)

const (
	listOwners    = "list the owners of the group"
	lookForMember = "look for the member of the group"
)

// Owners lists the owners of a group.
func (c *Client) Owners(ctx context.Context, id access.GroupID) ([]access.PrincipalID, error) {
	var out []access.PrincipalID
	for m, err := range c.people(ctx, listOwners, "id", "groups", string(id), "owners") {
		if err != nil {
			return nil, err
		}
		out = append(out, m.ID)
	}
	return out, nil
}

// Members lists the direct members of a group.
func (c *Client) Members(ctx context.Context, id access.GroupID) ([]access.Member, error) {
	var out []access.Member
	for m, err := range c.people(ctx, "list the members of the group", memberFields, "groups", string(id), "members") {
		if err != nil {
			return nil, err
		}
		out = append(out, m)
	}
	return out, nil
}

// IsMember reports whether the principal is a direct member of the group. A
// change of a moment ago may be missed.
func (c *Client) IsMember(ctx context.Context, group access.GroupID, p access.PrincipalID) (bool, error) {
	for m, err := range c.people(ctx, lookForMember, "id", "groups", string(group), "members") {
		if err != nil {
			return false, err
		}
		if strings.EqualFold(string(m.ID), string(p)) {
			return true, nil
		}
	}
	return false, nil
}

func (c *Client) people(ctx context.Context, doing, fields string, path ...string) iter.Seq2[access.Member, error] {
	return func(yield func(access.Member, error) bool) {
		r, err := c.readingPeople(fields, path...)
		if err != nil {
			yield(access.Member{}, fmt.Errorf("%s: %w", doing, err))
			return
		}
		for m, err := range list[models.DirectoryObjectable](ctx, c, doing, r, models.CreateDirectoryObjectFromDiscriminatorValue) {
			if err != nil {
				yield(access.Member{}, err)
				return
			}
			if !yield(memberOf(m), nil) {
				return
			}
		}
	}
}

func (c *Client) readingPeople(fields string, path ...string) (*abs.RequestInformation, error) {
	return c.request(abs.GET, url.Values{"$select": {fields}, "$top": {"999"}}, path...)
}

const memberFields = "id,displayName,userPrincipalName"

func memberOf(m models.DirectoryObjectable) access.Member {
	out := access.Member{ID: access.PrincipalID(strings.ToLower(deref(m.GetId())))}
	if u, ok := m.(models.Userable); ok {
		out.Name, out.UPN = deref(u.GetDisplayName()), deref(u.GetUserPrincipalName())
	}
	return out
}

// addMember makes whom the pass is for a direct member of its group. One that is a
// member already is no error; a principal or group that is not there is
// [access.NotFound].
func (c *Client) addMember(ctx context.Context, p pass) error {
	const doing = "add the member to the group"
	object := *c.base
	if err := usable(string(p.who)); err != nil {
		return fmt.Errorf("%s: %w", doing, err)
	}
	body := models.NewReferenceCreate()
	body.SetOdataId(ptr(object.JoinPath("directoryObjects", url.PathEscape(string(p.who))).String()))
	r, err := c.post(ctx, body, "groups", string(p.group), "members", "$ref")
	if err != nil {
		return fmt.Errorf("%s: %w", doing, err)
	}
	err = c.perform(ctx, doing, p.with(r))
	if e := refused(err); e != nil && e.ResponseStatusCode == http.StatusBadRequest && e.duplicate {
		return nil
	}
	return err
}

// RemoveMember ends the direct membership. A principal that is no member, or a
// group that is not there, is no error.
func (c *Client) RemoveMember(ctx context.Context, group access.GroupID, p access.PrincipalID) error {
	const doing = "remove the member from the group"
	// Without $ref this would be the address of the person, not of the
	// membership, and could delete the account.
	r, err := c.request(abs.DELETE, nil, "groups", string(group), "members", string(p), "$ref")
	if err != nil {
		return fmt.Errorf("%s: %w", doing, err)
	}
	if err := c.perform(ctx, doing, r); !isNotFound(err) {
		return err
	}
	return nil
}
