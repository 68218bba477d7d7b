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
	At        time.Time // when they ask
	// In is what is known of them and the staff groups whose people Slack or Entra keeps.
	In Membership

	// Starts are when the access begins; empty: as soon as it is approved. Recurs means
	// that they are of windows that come again.
	Starts []time.Time
	Recurs bool
	// Moment is the one start for which it is judged again, when its time has come.
	Moment time.Time
	// Extension counts the extensions of the access, of which this would be the last;
	// 0: it is none.
	Extension int
}

// Judgement is what the policy says to an ask, and why.
type Judgement struct {
	Rule  access.Rule // what the request must keep; zero when it is refused
	Parts []Part
	Err   error // the refusal; nil when it is allowed
}

// Part is those of the roles that one rule decides.
type Part struct {
	Roles []access.RoleID
	Steps []Step // the rules that were looked at; the last one decides, if it fits
}

// doubt names the groups on which it depends whether the rule fits that decides.
func (p Part) doubt() []string {
	if n := len(p.Steps); n > 0 {
		return p.Steps[n-1].Doubt
	}
	return nil
}

// decider is the rule that decides; nil when none fits.
func (p Part) decider() *Rule {
	if n := len(p.Steps); n > 0 && p.Steps[n-1].Misfit == "" {
		return &p.Steps[n-1].Rule
	}
	return nil
}

// Step is a rule that was looked at.
type Step struct {
	Rule   Rule
	Misfit string // why it does not fit, as the end of a sentence; empty: it does
	// Doubt names the staff groups on which it depends whether it fits, and of which
	// nothing is known. No later rule is looked at then, and nothing is allowed.
	Doubt []string
}

// Decide says whether policy lets the person ask, and returns the rule that
// the request must keep. A refusal is an [*access.Error]: Forbidden for what
// policy does not allow, Invalid for what cannot be meant, Unavailable for what depends
// on a staff group that could not be read; its message says what is allowed. Who may then approve is not decided here.
func (p *Policy) Decide(ask Ask) (access.Rule, error) {
	j := p.Judge(ask)
	return j.Rule, j.Err
}

// Judge is [Policy.Decide] with its reasons. Of each role the first rule that fits
// decides, so that nobody lowers the bar for one by asking for another with it; the
// request must keep what all of these rules demand.
func (p *Policy) Judge(ask Ask) (j Judgement) { return p.each(ask, p.judge(ask)) }

func (p *Policy) judge(ask Ask) (j Judgement) {
	if j.Err = p.sound(ask); j.Err != nil {
		return j
	}
	customer, _ := p.Customer(ask.Customer)
	ask.Customer = customer.Tenant
	for _, id := range ask.Roles {
		p.part(&j, ask, id)
	}
	for _, part := range j.Parts {
		rule := part.decider()
		switch {
		case rule == nil:
			j.Err = p.unfit(ask, part.Roles, customer)
		case part.doubt() != nil:
			j.Err = p.unread(part.doubt())
		default:
			j.Err = rule.limits(ask)
		}
		if j.Err != nil {
			return j
		}
	}
	j.Rule = p.demand(j.Parts)
	return j
}

// part finds the rule that decides a role, and adds it to what that rule decides.
func (p *Policy) part(j *Judgement, ask Ask, id access.RoleID) {
	var steps []Step
	for _, rule := range p.all() {
		step := Step{Rule: rule}
		step.Misfit, step.Doubt = p.misfit(rule, ask, id)
		if steps = append(steps, step); step.Misfit == "" {
			break
		}
	}
	one := Part{Roles: []access.RoleID{id}, Steps: steps}
	for i, known := range j.Parts {
		if a, b := known.decider(), one.decider(); (a == b || a != nil && b != nil && a.Line == b.Line) && slices.Equal(known.doubt(), one.doubt()) {
			j.Parts[i].Roles = append(j.Parts[i].Roles, id)
			return
		}
	}
	j.Parts = append(j.Parts, one)
}

// sound refuses what no rule could allow.
func (p *Policy) sound(ask Ask) error {
	customer, known := p.Customer(ask.Customer)
	switch {
	case ask.Requester.User == "" || ask.Requester.Team == "":
		return access.Refuse(access.Forbidden, "Only a person whom Slack has named may ask for access.")
	case !known:
		return access.Refuse(access.Invalid,
			"That customer is not in the policy; a bot admin can add it.").In("customer")
	case ask.Requester.Team == customer.Team:
		// Who may approve for a customer must not be able to ask as well.
		return access.Refuse(access.Forbidden,
			"People of %s do not ask for access to their own tenant here; their part is to approve or deny.", customer.Name)
	case len(ask.Roles) == 0:
		return refuseRoles("Name at least one role or bundle.")
	}
	for _, id := range ask.Roles {
		if err := p.allows(id); err != nil {
			return err
		}
	}
	return nil
}

// limits refuses what the rule, which fits, does not allow.
func (r Rule) limits(ask Ask) error {
	switch {
	case r.Refuse != "":
		return access.Refuse(access.Forbidden, "%s (policy.yml, “%s”)", r.Refuse, r.Name)
	case ask.Duration < leastGrant:
		return access.Refuse(access.Invalid,
			"Say for how long, from a minute to %s.", access.FormatDuration(r.MaxDuration)).In("duration")
	case ask.Duration > r.MaxDuration:
		return access.Refuse(access.Forbidden,
			"You asked for %s; at most %s is allowed.",
			access.FormatDuration(ask.Duration), access.FormatDuration(r.MaxDuration)).In("duration")
	}
	return r.later(ask)
}

// unfit refuses roles that no rule fits, and says what this person may ask for.
func (p *Policy) unfit(ask Ask, unfit []access.RoleID, customer Customer) error {
	var bundles []string
	for _, b := range p.Bundles {
		closed := func(id access.RoleID) bool {
			rules := p.all()
			var doubt []string
			i := slices.IndexFunc(rules, func(r Rule) (fits bool) {
				var why string
				why, doubt = p.misfit(r, ask, id)
				return why == ""
			})
			return i < 0 || rules[i].Refuse != "" || doubt != nil
		}
		if !slices.ContainsFunc(b.Roles, closed) {
			bundles = append(bundles, b.Name)
		}
	}
	allowed := "There is nothing that you may ask for there now."
	if len(bundles) > 0 {
		allowed = "There you may ask for the roles of " + shortList(bundles) + "."
	}
	return access.Refuse(access.Forbidden, "No rule of policy.yml lets you ask for %s at %s now. %s", shortList(named(unfit)), customer.Name, allowed).In("roles")
}

// Allows refuses a role that nobody may ask for.
func (p *Policy) Allows(ids []access.RoleID) error {
	if len(ids) == 0 {
		return refuseRoles("Name at least one role or bundle.")
	}
	for _, id := range ids {
		if err := p.allows(id); err != nil {
			return err
		}
	}
	return nil
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
	case !p.others():
		return access.Refuse(access.Forbidden, "%s may not be asked for: no bundle names it. %s", role.Name, p.allowed()).In("roles")
	}
	return nil
}

// others reports whether some rule lets people ask for roles that no bundle names.
func (p *Policy) others() bool {
	return slices.ContainsFunc(p.all(), func(r Rule) bool { return r.OtherRoles && r.Refuse == "" })
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
	if p.others() {
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
