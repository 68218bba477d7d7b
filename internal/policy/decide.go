package policy

import (
	"slices"
	"strings"
	"time"

	"latchkey/internal/access"
	"latchkey/internal/roles"
)

// An Ask is what a person of the staff wants.
type Ask struct {
	Requester access.Person
	Customer  access.TenantID
	Roles     []access.RoleID
	Duration  time.Duration
}

// Decide says whether policy lets the person ask, and returns the rule that
// the request must keep. A refusal is an [*access.Error]: Forbidden for what
// policy does not allow, Invalid for what cannot be meant; its message says
// what is allowed. Who may then approve is not decided here.
func (p *Policy) Decide(ask Ask) (access.Rule, error) {
	customer, known := p.Customer(ask.Customer)
	switch {
	case ask.Requester.User == "" || ask.Requester.Team == "":
		return access.Rule{}, access.Refuse(access.Forbidden, "Only a person whom Slack has named may ask for access.")
	case !known:
		return access.Rule{}, access.Refuse(access.Invalid,
			"That customer is not in the policy; a bot admin can add it.").In("customer")
	case ask.Requester.Team == customer.Team:
		// Who may approve for a customer must not be able to ask as well.
		return access.Rule{}, access.Refuse(access.Forbidden,
			"People of %s do not ask for access to their own tenant here; their part is to approve or deny.", customer.Name)
	case len(ask.Roles) == 0:
		return access.Rule{}, refuseRoles("Name at least one role or bundle.")
	}
	for _, id := range ask.Roles {
		if err := p.allows(id); err != nil {
			return access.Rule{}, err
		}
	}
	switch {
	case ask.Duration < leastGrant:
		return access.Rule{}, access.Refuse(access.Invalid,
			"Say for how long, from a minute to %s.", access.FormatDuration(p.Rule.MaxDuration)).In("duration")
	case ask.Duration > p.Rule.MaxDuration:
		return access.Rule{}, access.Refuse(access.Forbidden,
			"You asked for %s; at most %s is allowed.",
			access.FormatDuration(ask.Duration), access.FormatDuration(p.Rule.MaxDuration)).In("duration")
	}
	return access.Rule{
		Name:          "rule",
		PolicyVersion: p.Version,
		MaxDuration:   p.Rule.MaxDuration,
		Approvals:     p.Rule.Approvals,
		DecideWithin:  p.Rule.DecideWithin,
	}, nil
}

// allows refuses a role that may not be asked for.
func (p *Policy) allows(id access.RoleID) error {
	role, known := roles.ByID(id)
	switch {
	case !known:
		return access.Refuse(access.Invalid, "The role %q is not known. %s", shown(string(id)), p.allowed()).In("roles")
	case !roles.Requestable(id):
		return access.Refuse(access.Forbidden, "%s is reserved for Microsoft and can be given to nobody. %s", role.Name, p.allowed()).In("roles")
	case p.bundled(role.ID):
		return nil
	case role.ID == roles.GlobalAdministrator:
		return access.Refuse(access.Forbidden, "Global Administrator may not be asked for: no bundle names it. %s", p.allowed()).In("roles")
	case !p.Rule.OtherRoles:
		return access.Refuse(access.Forbidden, "%s may not be asked for: no bundle names it. %s", role.Name, p.allowed()).In("roles")
	}
	return nil
}

func (p *Policy) bundled(id access.RoleID) bool {
	return slices.ContainsFunc(p.Bundles, func(b Bundle) bool { return slices.Contains(b.Roles, id) })
}

// allowed says in a sentence what may be asked for.
func (p *Policy) allowed() string {
	names := make([]string, len(p.Bundles))
	for i, b := range p.Bundles {
		names[i] = b.Name
	}
	if len(names) == 0 {
		return "Any other role may be asked for."
	}
	bundles := "the roles of the bundles " + shortList(names)
	if p.Rule.OtherRoles {
		return "Allowed are " + bundles + ", and every other role but Global Administrator."
	}
	return "Allowed are " + bundles + "."
}

// shortList names at most ten and counts the rest, for a message that a person
// reads.
func shortList(names []string) string {
	const most = 10
	if len(names) <= most {
		return list(names)
	}
	return strings.Join(names[:most], ", ") + " and others"
}
