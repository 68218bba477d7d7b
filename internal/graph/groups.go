package graph

import (
	"context"
	"fmt"
	"net/url"
	"slices"
	"strings"

	abs "github.com/microsoft/kiota-abstractions-go"
	"github.com/microsoftgraph/msgraph-sdk-go/models"

	"latchkey/internal/access"
)

// Group is a group of the partner's tenant.
type Group struct {
	ID                          access.GroupID
	Name, Nickname, Description string
	// Plain means a security group with assigned members that has no mail and
	// cannot be assigned to directory roles: the only kind that we make and use.
	Plain bool
}

const groupFields = "id,displayName,mailNickname,description,securityEnabled,mailEnabled,groupTypes,isAssignableToRole"

// Group reads a group; one that is not there is [access.NotFound].
func (c *Client) Group(ctx context.Context, id access.GroupID) (Group, error) {
	r, err := c.readingGroup(id)
	if err != nil {
		return Group{}, fmt.Errorf("%s: %w", readGroup, err)
	}
	m, err := receive[models.Groupable](ctx, c, readGroup, r, models.CreateGroupFromDiscriminatorValue)
	if err != nil {
		return Group{}, err
	}
	return groupOf(m), nil
}

const readGroup = "read the group"

func (c *Client) readingGroup(id access.GroupID) (*abs.RequestInformation, error) {
	return c.request(abs.GET, url.Values{"$select": {groupFields}}, "groups", string(id))
}

// GroupByNickname finds the group with exactly this nickname. Graph does not
// keep nicknames of security groups apart; two with the same are an error. A
// group that was made a moment ago may be missed.
func (c *Client) GroupByNickname(ctx context.Context, nickname string) (Group, bool, error) {
	const doing = "find the group"
	filter := "mailNickname eq '" + strings.ReplaceAll(nickname, "'", "''") + "'"
	r, err := c.request(abs.GET, url.Values{"$filter": {filter}, "$select": {groupFields}}, "groups")
	if err != nil {
		return Group{}, false, fmt.Errorf("%s: %w", doing, err)
	}
	var found []Group
	for m, err := range list[models.Groupable](ctx, c, doing, r, models.CreateGroupFromDiscriminatorValue) {
		if err != nil {
			return Group{}, false, err
		}
		if g := groupOf(m); g.Nickname == nickname {
			found = append(found, g)
		}
	}
	switch len(found) {
	case 0:
		return Group{}, false, nil
	case 1:
		return found[0], true, nil
	}
	return Group{}, false, access.Refuse(access.Conflict,
		"%d groups in Entra carry Latchkey's mark %s. An operator must remove those that Latchkey does not use.", len(found), nickname)
}

// AgentGroup finds one of the groups of Partner Center, and false where the tenant
// has none of this name. Names of groups are not unique: of several, the one that
// was made first is meant, for Partner Center makes its own before anybody works
// in the tenant.
func (c *Client) AgentGroup(ctx context.Context, name access.AgentGroup) (access.GroupID, bool, error) {
	const doing = "find the agents' group"
	query := url.Values{"$filter": {"displayName eq '" + string(name) + "'"}, "$select": {"id,displayName,createdDateTime"}}
	r, err := c.request(abs.GET, query, "groups")
	if err != nil {
		return "", false, fmt.Errorf("%s: %w", doing, err)
	}
	var first models.Groupable
	for m, err := range list[models.Groupable](ctx, c, doing, r, models.CreateGroupFromDiscriminatorValue) {
		if err != nil {
			return "", false, err
		}
		if first == nil || deref(m.GetCreatedDateTime()).Before(deref(first.GetCreatedDateTime())) {
			first = m
		}
	}
	if first == nil {
		return "", false, nil
	}
	return groupOf(first).ID, true, nil
}

// createGroup makes a plain security group with the mark of the pass, and in its unit if
// it has one, without owners and members. It does not look whether there is one already.
func (c *Client) createGroup(ctx context.Context, p pass, name, description string) (Group, error) {
	const doing = "create the group"
	body := models.NewGroup()
	body.SetDisplayName(&name)
	body.SetMailNickname(&p.mark)
	body.SetDescription(&description)
	body.SetSecurityEnabled(ptr(true))
	body.SetMailEnabled(ptr(false))
	path := []string{"groups"}
	if p.unit != "" {
		path = []string{"directory", "administrativeUnits", string(p.unit), "members"}
	}
	r, err := c.post(ctx, body, path...)
	if err != nil {
		return Group{}, fmt.Errorf("%s: %w", doing, err)
	}
	m, err := receive[models.Groupable](ctx, c, doing, p.with(r), models.CreateGroupFromDiscriminatorValue)
	if err != nil {
		return Group{}, err
	}
	return groupOf(m), nil
}

func groupOf(m models.Groupable) Group {
	return Group{
		ID:          access.GroupID(strings.ToLower(deref(m.GetId()))),
		Name:        deref(m.GetDisplayName()),
		Nickname:    deref(m.GetMailNickname()),
		Description: deref(m.GetDescription()),
		Plain: deref(m.GetSecurityEnabled()) && !deref(m.GetMailEnabled()) && !deref(m.GetIsAssignableToRole()) &&
			!slices.ContainsFunc(m.GetGroupTypes(), func(t string) bool { return t != "" }),
	}
}
