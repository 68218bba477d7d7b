package policy

import (
	"slices"
	"strings"

	"latchkey/internal/access"
	"latchkey/internal/roles"
)

// demand is what a request must keep whose parts these are: of each term the strictest.
func (p *Policy) demand(parts []Part) access.Rule {
	var out access.Rule
	var named, tickets, groups []string
	for i, part := range parts {
		r := part.decider()
		out.SignedIn = out.SignedIn || r.SignedIn || slices.ContainsFunc(part.Roles, roles.Privileged)
		named = append(named, r.Name)
		if r.Ticket != "" && !slices.Contains(tickets, r.Ticket) {
			tickets = append(tickets, r.Ticket)
		}
		if r.PeersOf != "" && !slices.Contains(groups, r.PeersOf) {
			groups = append(groups, r.PeersOf)
		}
		if i == 0 {
			out.MaxDuration, out.DecideWithin, out.Auto = r.MaxDuration, r.DecideWithin, r.Auto
		}
		out.MaxDuration, out.DecideWithin = min(out.MaxDuration, r.MaxDuration), min(out.DecideWithin, r.DecideWithin)
		aheadDemand(&out, r, i == 0)
		out.Approvals, out.Justification = max(out.Approvals, r.Approvals), max(out.Justification, r.Justification)
		out.Peers, out.Auto = max(out.Peers, r.Peers), out.Auto && r.Auto
		if p.dual(part.Roles) {
			out.Approvals = max(out.Approvals, two-r.Peers)
		}
	}
	remindDemand(&out, parts)
	out.BreakGlass = p.breakGlass(parts)
	out.Name, out.PolicyVersion = strings.Join(named, " and "), p.Version
	out.Ticket, out.PeersOf = strings.Join(tickets, "\n"), strings.Join(groups, "\n")
	return out
}

// two people agree to what is under dual control.
const two = 2

// dual reports whether one of the roles is in a bundle under dual control.
func (p *Policy) dual(ids []access.RoleID) bool {
	return slices.ContainsFunc(p.Bundles, func(b Bundle) bool {
		return b.Dual && slices.ContainsFunc(ids, func(id access.RoleID) bool { return slices.Contains(b.Roles, id) })
	})
}

// Peer reports whether the person is one of those colleagues who must agree by the
// rule. That they are linked, and are not who asks, is not decided here. Of a group that
// could not be read lately nobody is.
func (p *Policy) Peer(rule access.Rule, user access.UserID, in Membership) bool {
	if rule.PeersOf == "" {
		return true
	}
	for name := range strings.SplitSeq(rule.PeersOf, "\n") {
		if !in[name] && !slices.Contains(p.people(name), user) {
			return false
		}
	}
	return true
}

// people are those whom the file names of a staff group.
func (p *Policy) people(name string) []access.UserID {
	for _, g := range p.Staff {
		if g.Name == name {
			return g.People
		}
	}
	return nil
}
