package graph

import (
	"context"
	"errors"
	"time"

	abs "github.com/microsoft/kiota-abstractions-go"

	"latchkey/internal/access"
)

// What follows gives tests the calls below the standing rule, each with the pass that
// the rule would have made.

// AddMember lets anybody into any group.
func (c *Client) AddMember(ctx context.Context, group access.GroupID, who access.PrincipalID) error {
	return c.addMember(ctx, pass{act: admits, group: group, who: who})
}

// CreateGroup makes a group with any mark.
func (c *Client) CreateGroup(ctx context.Context, name, nickname, description string) (Group, error) {
	return c.createGroup(ctx, pass{act: makes, mark: nickname}, name, description)
}

// Assign gives any group any roles.
func (c *Client) Assign(ctx context.Context, id access.RelationshipID, group access.GroupID, roles []access.RoleID) (access.Assignment, error) {
	return c.assign(ctx, pass{act: assigns, relationship: id, group: group, roles: roles})
}

// AskPIM asks anything of PIM for Groups.
func (c *Client) AskPIM(ctx context.Context, action string, group access.GroupID, who access.PrincipalID, id access.RequestID, start, end time.Time) error {
	return c.askPIM(ctx, action, place{group: group, who: who, request: id, pass: pass{act: admits, group: group, who: who}}, start, end)
}

// InUnit reports whether the group is in the administrative unit.
func (c *Client) InUnit(ctx context.Context, unit access.UnitID, group access.GroupID) (bool, error) {
	s, err := c.survey(ctx, site{group: group, unit: unit})
	return s.inUnit.is, errors.Join(err, s.inUnit.err)
}

// Propose makes any relationship.
func (c *Client) Propose(ctx context.Context, o access.Offer) (access.Relationship, error) {
	return c.propose(ctx, pass{act: offers, customer: o.Customer, roles: o.Roles}, o)
}

// A Pass is one for the wall.
type Pass = pass

// Passes returns a pass of each kind, each for what the arguments say.
func Passes(mark string, group access.GroupID, who access.PrincipalID, customer access.TenantID, rel access.RelationshipID, roles []access.RoleID) map[string]Pass {
	p := pass{mark: mark, group: group, who: who, customer: customer, relationship: rel, roles: roles}
	out := map[string]Pass{"none": {}}
	for name, a := range map[string]act{
		"makes": makes, "admits": admits, "holds": holds, "assigns": assigns, "offers": offers, "sends": sends, "reduces": reduces,
		"extends": extends, "consents": consents,
	} {
		p.act = a
		out[name] = p
	}
	p.yes = true
	for name, a := range map[string]act{"extends on": extends, "consents to": consents} {
		p.act = a
		out[name] = p
	}
	return out
}

// Send sends any request with any pass.
func (c *Client) Send(ctx context.Context, method, body string, p Pass, segments ...string) error {
	verb := map[string]abs.HttpMethod{"POST": abs.POST, "PATCH": abs.PATCH, "PUT": abs.PUT, "DELETE": abs.DELETE}[method]
	r, err := c.request(verb, nil, segments...)
	if err != nil {
		return err
	}
	if body != "" {
		r.SetStreamContentAndContentType([]byte(body), jsonType)
	}
	return c.perform(ctx, "send it", p.with(r))
}

// LogsBy reads a tenant's logs with a client of the test's.
func LogsBy(c *Client, tenant, partner access.TenantID, ours func(access.PrincipalID) bool) *Logs {
	return &Logs{client: c, tenant: tenant, partner: partner, ours: ours}
}
