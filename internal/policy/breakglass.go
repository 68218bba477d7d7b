package policy

import (
	"slices"
	"strings"
	"time"

	"latchkey/internal/access"
	"latchkey/internal/roles"
)

// longestBreakGlass is longer than any emergency lasts that nobody could be asked about.
const longestBreakGlass = day

// breakGlass is the longest access that all of the parts let somebody take at once; zero
// when one of them does not. A privileged role may be taken only by a rule that names a
// bundle with it: a rule for everything has nobody think of it.
func (p *Policy) breakGlass(parts []Part) time.Duration {
	var most time.Duration
	for i, part := range parts {
		r := part.decider()
		if r.BreakGlass == 0 || len(p.unnamed(*r, part.Roles)) > 0 {
			return 0
		}
		if most = min(most, r.BreakGlass); i == 0 {
			most = r.BreakGlass
		}
	}
	return most
}

// unnamed are those of the roles that the rule would have to name.
func (p *Policy) unnamed(rule Rule, ids []access.RoleID) []access.RoleID {
	return slices.DeleteFunc(slices.Clone(ids), func(id access.RoleID) bool {
		role, known := roles.ByID(id)
		return known && !role.Privileged || p.in(rule.Bundles, id)
	})
}

// MayBreakGlass reports whether some rule lets the person, of whom this membership is
// known, take something at once, at whatever customer and time.
func (p *Policy) MayBreakGlass(who access.Person, in Membership) bool {
	return who.User != "" && slices.ContainsFunc(p.all(), func(r Rule) bool {
		covered, _ := r.covers(who.User, in)
		return r.BreakGlass > 0 && covered
	})
}

// Reviewers are the bot admins who may sign off what the person took by break-glass.
func (p *Policy) Reviewers(of access.UserID) []access.UserID {
	return slices.DeleteFunc(slices.Clone(p.Admins), func(id access.UserID) bool { return id == of })
}

// glass says in a sentence whether the access could be taken at once; empty when no rule
// has a word about it.
func (p *Policy) glass(j Judgement, ask Ask) string {
	switch {
	case j.Rule.BreakGlass > 0 && len(p.Reviewers(ask.Requester.User)) == 0:
		return " It cannot be taken by break-glass: there is no other bot admin who could review it."
	case j.Rule.BreakGlass > 0:
		return " In an emergency it can be taken at once, without anybody's word, for at most " + access.FormatDuration(j.Rule.BreakGlass) + "."
	}
	for _, part := range j.Parts {
		r := part.decider()
		if names := p.unnamed(*r, part.Roles); r.BreakGlass > 0 && len(names) > 0 {
			return " It cannot be taken by break-glass: “" + r.Name + "” would have to name a bundle with " + strings.Join(named(names), ", ") + ", for privileged roles must be named."
		}
	}
	return ""
}
