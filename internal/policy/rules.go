package policy

import (
	"slices"
	"strings"
	"time"

	"latchkey/internal/access"
	"latchkey/internal/roles"
)

// A Rule says who may ask for what at which customers, on which terms. The first rule
// of the file that fits a role of a request decides it, and no later one is looked at.
type Rule struct {
	Name string // "rule" is the last one, for what no other fits
	Line int    // of the file

	// When it fits. What is empty fits all.
	Who       []access.UserID
	Groups    []string // of the staff, of which Who has the people
	Customers []access.TenantID
	Bundles   []string
	Days      []time.Weekday
	Hours     Hours

	// Only means that its people may ask for nothing else, and nobody else for its
	// bundles.
	Only bool
	// Refuse says why what fits is not allowed; empty when it is.
	Refuse string

	MaxDuration   time.Duration // the longest grant
	Approvals     int           // how many of the customer's contacts must agree; at least 1
	DecideWithin  time.Duration // then a request lapses
	OtherRoles    bool          // roles that no bundle names may be asked for, too
	Ticket        string        // a pattern that the reason must hold; empty: none
	Justification int           // how many characters the reason must have
	BreakGlass    time.Duration // the longest access that may be taken at once; zero: none
}

// StaffGroup are people of the partner's own who are named together.
type StaffGroup struct {
	Name   string
	People []access.UserID
}

// all are the rules in the order in which they are looked at.
func (p *Policy) all() []Rule {
	if p.Rule.Name == "" {
		return p.Rules
	}
	return append(slices.Clone(p.Rules), p.Rule)
}

// misfit says why the rule does not fit the role, as the end of a sentence; empty when
// it does.
func (p *Policy) misfit(rule Rule, ask Ask, id access.RoleID) string {
	if !rule.covers(ask.Requester.User) {
		return "it is for other people"
	}
	if bound := p.bound(ask.Requester.User); bound != "" && !rule.Only && rule.Refuse == "" {
		return "who asks may ask for nothing but what “" + bound + "” says"
	}
	if len(rule.Customers) > 0 && !slices.Contains(rule.Customers, ask.Customer) {
		return "it is for other customers"
	}
	if !rule.holds(ask.At) {
		return "it does not hold at that time"
	}
	switch {
	case rule.Refuse != "" && (len(rule.Bundles) == 0 || p.in(rule.Bundles, id)):
		return ""
	case rule.Refuse != "":
		return "it is not about " + roles.Name(id)
	case !p.gives(rule, ask.Requester.User, id):
		return "it does not give " + roles.Name(id)
	}
	return ""
}

func (r Rule) covers(user access.UserID) bool { return len(r.Who) == 0 || slices.Contains(r.Who, user) }

// holds reports whether the rule holds at the moment.
func (r Rule) holds(at time.Time) bool {
	if len(r.Days) > 0 && !slices.Contains(r.Days, at.In(r.Hours.zone()).Weekday()) {
		return false
	}
	return r.Hours.From == r.Hours.Until || r.Hours.In(at)
}

// bound names the first rule that lets the person ask for nothing else; empty when
// there is none.
func (p *Policy) bound(user access.UserID) string {
	for _, r := range p.Rules {
		if r.Only && len(r.Who) > 0 && r.covers(user) {
			return r.Name
		}
	}
	return ""
}

// in reports whether one of the bundles holds the role.
func (p *Policy) in(bundles []string, id access.RoleID) bool {
	return slices.ContainsFunc(p.Bundles, func(b Bundle) bool { return slices.Contains(bundles, b.Name) && slices.Contains(b.Roles, id) })
}

// gives reports whether the rule gives the role to the person.
func (p *Policy) gives(rule Rule, user access.UserID, id access.RoleID) bool {
	named := false
	for _, b := range p.Bundles {
		if !slices.Contains(b.Roles, id) {
			continue
		}
		named = true
		if (len(rule.Bundles) == 0 || slices.Contains(rule.Bundles, b.Name)) && !p.kept(b.Name, user) {
			return true
		}
	}
	return !named && rule.OtherRoles && id != roles.GlobalAdministrator
}

// kept reports whether the bundle is for other people alone.
func (p *Policy) kept(bundle string, user access.UserID) bool {
	kept := false
	for _, r := range p.Rules {
		if r.Only && slices.Contains(r.Bundles, bundle) {
			if r.covers(user) {
				return false
			}
			kept = true
		}
	}
	return kept
}

// MayAsk reports whether some rule lets the person ask for the role, at whatever
// customer and time.
func (p *Policy) MayAsk(who access.Person, id access.RoleID) bool {
	if who.User == "" || who.Team == "" || !roles.Requestable(id) ||
		slices.ContainsFunc(p.Customers, func(c Customer) bool { return c.Team == who.Team }) {
		return false
	}
	bound := p.bound(who.User) != ""
	return slices.ContainsFunc(p.all(), func(r Rule) bool {
		return r.Refuse == "" && r.covers(who.User) && (!bound || r.Only) && p.gives(r, who.User, id)
	})
}

// Longest is the longest that any rule lets access last.
func (p *Policy) Longest() time.Duration {
	var most time.Duration
	for _, r := range p.all() {
		most = max(most, r.MaxDuration)
	}
	return most
}

// demand is what a request must keep whose parts these are: of each term the strictest.
func demand(parts []Part, version string) access.Rule {
	var out access.Rule
	var named, tickets []string
	for i, part := range parts {
		r := part.decider()
		named = append(named, r.Name)
		if r.Ticket != "" && !slices.Contains(tickets, r.Ticket) {
			tickets = append(tickets, r.Ticket)
		}
		if i == 0 {
			out.MaxDuration, out.DecideWithin = r.MaxDuration, r.DecideWithin
		}
		out.MaxDuration, out.DecideWithin = min(out.MaxDuration, r.MaxDuration), min(out.DecideWithin, r.DecideWithin)
		out.Approvals, out.Justification = max(out.Approvals, r.Approvals), max(out.Justification, r.Justification)
	}
	out.Name, out.PolicyVersion, out.Ticket = strings.Join(named, " and "), version, strings.Join(tickets, "\n")
	return out
}
