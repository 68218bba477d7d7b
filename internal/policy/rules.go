package policy

import (
	"slices"
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
	Kept      []string // those of Groups whose people Slack or Entra keeps; Who has them not
	Customers []access.TenantID
	Bundles   []string
	Days      []time.Weekday
	Hours     Hours
	Clock     Clock  // by which days and hours are told
	OnCall    string // a schedule: it fits whose turn it is

	// Only means that its people may ask for nothing else, and nobody else for its
	// bundles.
	Only bool
	// Refuse says why what fits is not allowed; empty when it is.
	Refuse string

	MaxDuration   time.Duration // the longest grant
	Approvals     int           // how many of the customer's contacts must agree
	Peers         int           // how many colleagues must agree, before the customer is asked
	PeersOf       string        // the staff group that they are of; empty: any of the linked staff
	Auto          bool          // nobody is asked
	DecideWithin  time.Duration // then a request lapses
	RemindAfter   time.Duration // when those who were asked are reminded; zero: half way
	EscalateAfter time.Duration // when others hear that nobody answers; zero: near the end
	OtherRoles    bool          // roles that no bundle names may be asked for, too
	Ticket        string        // a pattern that the reason must hold; empty: none
	Justification int           // how many characters the reason must have
	BreakGlass    time.Duration // the longest access that may be taken at once; zero: none
	StartWithin   time.Duration // how far ahead it may be asked for; zero: not at all
	Recurring     time.Duration // for how long it may come again; zero: not at all
	Extensions    int           // how often it may be extended
	SignedIn      bool          // contacts approve after signing in, for whatever roles
}

// StaffGroup are people of the partner's own who are named together, or kept in Slack or
// Entra.
type StaffGroup struct {
	Name   string
	People []access.UserID
	Source access.StaffSource // empty when the file names the people
}

// all are the rules in the order in which they are looked at.
func (p *Policy) all() []Rule {
	if p.Rule.Name == "" {
		return p.Rules
	}
	return append(slices.Clone(p.Rules), p.Rule)
}

// misfit says why the rule does not fit the role, as the end of a sentence; empty when
// it does. Where it fits only if somebody is in a staff group, or is not, and that is not
// known, doubt names the groups.
func (p *Policy) misfit(rule Rule, ask Ask, id access.RoleID) (why string, doubt []string) {
	covered, doubt := rule.covers(ask.Requester.User, ask.In)
	if !covered && doubt == nil {
		return "it is for other people", nil
	}
	if !rule.Only && rule.Refuse == "" {
		bound, perhaps := p.bound(ask.Requester.User, ask.In)
		if bound != "" {
			return "who asks may ask for nothing but what “" + bound + "” says", nil
		}
		doubt = append(doubt, perhaps...)
	}
	if len(rule.Customers) > 0 && !slices.Contains(rule.Customers, ask.Customer) {
		return "it is for other customers", nil
	}
	if zone := p.zoneOf(rule, ask.Customer); !rule.holds(ask.begins(), zone) {
		return "it does not hold at that time, " + clockIn(ask.begins(), zone), nil
	}
	if c, ok := p.onCall(rule.OnCall); rule.OnCall != "" && (!ok || c.At(ask.begins()) != ask.Requester.User) {
		return "who asks is not on call then, by “" + rule.OnCall + "”", nil
	}
	given, perhaps := false, []string(nil)
	switch {
	case rule.Refuse != "" && (len(rule.Bundles) == 0 || p.in(rule.Bundles, id)):
		return "", doubt
	case rule.Refuse != "":
		return "it is not about " + roles.Name(id), nil
	default:
		given, perhaps = p.gives(rule, ask.Requester.User, ask.In, id)
	}
	if !given && perhaps == nil {
		return "it does not give " + roles.Name(id), nil
	}
	return "", distinct(append(doubt, perhaps...))
}

// bound names the first rule that lets the person ask for nothing else; empty when
// there is none. Doubt names the groups of rules of which that is not known.
func (p *Policy) bound(user access.UserID, in Membership) (name string, doubt []string) {
	for _, r := range p.Rules {
		if !r.Only || r.everybody() {
			continue
		}
		is, unread := r.covers(user, in)
		if is {
			return r.Name, nil
		}
		doubt = append(doubt, unread...)
	}
	return "", doubt
}

// in reports whether one of the bundles holds the role.
func (p *Policy) in(bundles []string, id access.RoleID) bool {
	return slices.ContainsFunc(p.Bundles, func(b Bundle) bool { return slices.Contains(bundles, b.Name) && slices.Contains(b.Roles, id) })
}

// gives reports whether the rule gives the role to the person. Where it does not, but
// would if they were in some groups of which that is not known, doubt names those.
func (p *Policy) gives(rule Rule, user access.UserID, in Membership, id access.RoleID) (does bool, doubt []string) {
	named := false
	for _, b := range p.Bundles {
		if !slices.Contains(b.Roles, id) {
			continue
		}
		named = true
		if len(rule.Bundles) > 0 && !slices.Contains(rule.Bundles, b.Name) {
			continue
		}
		kept, unread := p.kept(b.Name, user, in)
		if !kept {
			return true, nil
		}
		doubt = append(doubt, unread...)
	}
	return !named && rule.OtherRoles && id != roles.GlobalAdministrator, doubt
}

// kept reports whether the bundle is for other people alone. Doubt names the groups that
// would make the person one of them, if they were in.
func (p *Policy) kept(bundle string, user access.UserID, in Membership) (is bool, doubt []string) {
	for _, r := range p.Rules {
		if !r.Only || !slices.Contains(r.Bundles, bundle) {
			continue
		}
		covered, unread := r.covers(user, in)
		if covered {
			return false, nil
		}
		is, doubt = true, append(doubt, unread...)
	}
	return is, doubt
}

// MayAsk reports whether some rule lets the person, of whom this membership is known, ask
// for the role, at whatever customer and time. What is not known for certain is not offered.
func (p *Policy) MayAsk(who access.Person, in Membership, id access.RoleID) bool {
	if who.User == "" || who.Team == "" || !roles.Requestable(id) ||
		slices.ContainsFunc(p.Customers, func(c Customer) bool { return c.Team == who.Team }) {
		return false
	}
	bound, doubt := p.bound(who.User, in)
	return slices.ContainsFunc(p.all(), func(r Rule) bool {
		covered, _ := r.covers(who.User, in)
		given, _ := p.gives(r, who.User, in, id)
		return r.Refuse == "" && covered && (r.Only || bound == "" && doubt == nil) && given
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

// RulesFor are the rules that can decide a request for the customer, in the order in which
// they are looked at. Who else they hold for is not told.
func (p *Policy) RulesFor(customer access.TenantID) []Rule {
	var out []Rule
	for _, r := range p.all() {
		if len(r.Customers) > 0 {
			if !slices.Contains(r.Customers, customer) {
				continue
			}
			r.Customers = []access.TenantID{customer}
		}
		out = append(out, r)
	}
	return out
}

// BundlesFor lists the bundles that may be told of to a customer: all but those that only
// rules of other customers name.
func (p *Policy) BundlesFor(customer access.TenantID) []Bundle {
	theirs := map[string]bool{}
	for _, r := range p.all() {
		own := len(r.Customers) == 0 || slices.Contains(r.Customers, customer)
		for _, name := range r.Bundles {
			theirs[name] = theirs[name] || own
		}
	}
	var out []Bundle
	for _, b := range p.Bundles {
		if own, named := theirs[b.Name]; own || !named {
			out = append(out, b)
		}
	}
	return out
}
