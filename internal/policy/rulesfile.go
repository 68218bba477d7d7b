package policy

import (
	"regexp"
	"slices"
	"time"

	"github.com/goccy/go-yaml/ast"

	"latchkey/internal/access"
)

const (
	leastGrant   = time.Minute
	longestGrant = 90 * day // access that lasts longer is not access for a task
	leastWait    = 5 * time.Minute
	longestWait  = 30 * day
	usualWait    = day
	mostContacts = 10
	mostReason   = 200 // characters that a rule may want of a reason
)

// lastRule is how the rule is called that stands alone.
const lastRule = "rule"

var terms = []string{
	"max_duration", "approvals", "peers", "peers_of", "auto", "decide_within", "other_roles", "ticket", "justification", "break_glass",
	"start_within", "recurring", "extensions", "signed_in", "remind_after", "escalate_after",
}

// rules reads the rules before the last one.
func (r *reader) rules(n ast.Node, p *Policy) []Rule {
	var out []Rule
	seen := names{}
	for _, v := range r.items(n, "rules") {
		o, ok := r.object(v, "a rule", append([]string{
			"name", "who", "customers", "bundles", "days", "hours", "clock", "on_call", "only", "refuse",
		}, terms...)...)
		if !ok {
			continue
		}
		rule := Rule{Line: line(v)}
		if rule.Name = r.name(o.need("name", "say what it is for"), "name", "rule", seen); rule.Name == lastRule {
			r.at(v, "the name “rule” is that of the last one; choose another.")
		}
		r.who(o.get("who"), p, &rule)
		rule.Customers = r.ruled(o.get("customers"), p)
		rule.Bundles = r.bundled(o.get("bundles"), p)
		rule.Hours.Zone = location(p.TimeZone)
		if v := o.get("days"); v != nil {
			rule.Days = r.days(v)
		}
		if v := o.get("hours"); v != nil {
			rule.Hours.From, rule.Hours.Until = r.hours(v, "hours")
		}
		rule.OnCall = r.scheduled(o.get("on_call"), p)
		rule.Clock = r.clock(o)
		if rule.Only = r.boolean(o.get("only"), "only"); rule.Only && (rule.everybody() || rule.Bundles == nil) {
			r.at(v, "only: true says that some people get some bundles and nothing else; give the rule who and bundles.")
		}
		if rule.Refuse = r.text(o.get("refuse"), "refuse"); rule.Refuse == "" {
			r.terms(o, &rule, p)
		} else if i := slices.IndexFunc(terms, func(key string) bool { return o.fields[key] != nil }); i >= 0 {
			r.at(o.fields[terms[i]].Key, "a rule that refuses has no %s; remove one of the two.", terms[i])
		}
		out = append(out, rule)
	}
	return out
}

// rule reads the last one, for what no other fits.
func (r *reader) rule(n ast.Node, p *Policy) Rule {
	if n == nil {
		return Rule{}
	}
	o, ok := r.object(n, "the rule", terms...)
	if !ok {
		return Rule{}
	}
	rule := Rule{Name: lastRule, Line: line(n)}
	r.terms(o, &rule, p)
	return rule
}

// pattern reads a pattern of tickets. The engine takes time in the length of the text
// alone, whatever the pattern.
func (r *reader) pattern(n ast.Node) string {
	text := r.text(n, "ticket")
	if text == "" {
		return ""
	}
	re, err := regexp.Compile(text)
	switch {
	case err != nil:
		r.at(n, "ticket is not a pattern: %q; write it as in INC-[0-9]+.", text)
		return ""
	case re.MatchString(""):
		r.at(n, "ticket fits a text without any ticket: %q; write it as in INC-[0-9]+.", text)
		return ""
	}
	return text
}

// who reads whom a rule is for: staff groups, and people by their ids.
func (r *reader) who(n ast.Node, p *Policy, rule *Rule) {
	seen := names{}
	for _, v := range r.items(n, "who") {
		text := r.text(v, "whom it is for")
		if text == "" {
			continue
		}
		i := slices.IndexFunc(p.Staff, func(g StaffGroup) bool { return fold(g.Name) == fold(text) })
		switch {
		case !seen.unique(r, v, "person or group", fold(text), text):
		case i >= 0:
			rule.Who, rule.Groups = append(rule.Who, p.Staff[i].People...), append(rule.Groups, p.Staff[i].Name)
			if p.Staff[i].Source != "" {
				rule.Kept = append(rule.Kept, p.Staff[i].Name)
			}
		case userID.MatchString(text):
			rule.Who = append(rule.Who, access.UserID(text))
		default:
			var known []string
			for _, g := range p.Staff {
				known = append(known, g.Name)
			}
			r.at(v, "%q is neither a staff group nor a Slack user id%s", text, didYouMean(near(text, known)))
		}
	}
	slices.Sort(rule.Who)
	rule.Who = slices.Compact(rule.Who)
}

// ruled reads at which customers a rule holds: by name, or by a tag that they have.
func (r *reader) ruled(n ast.Node, p *Policy) []access.TenantID {
	var out []access.TenantID
	seen := names{}
	for _, v := range r.items(n, "customers") {
		text := r.text(v, "a customer")
		if text == "" || !seen.unique(r, v, "customer", fold(text), text) {
			continue
		}
		var known []string
		found := false
		for _, c := range p.Customers {
			tagged := slices.ContainsFunc(c.Tags, func(t string) bool { return fold(t) == fold(text) })
			if known = append(append(known, c.Name), c.Tags...); tagged || fold(c.Name) == fold(text) {
				out, found = append(out, c.Tenant), true
			}
		}
		if !found {
			r.at(v, "%q is neither a customer nor a tag of one%s", text, didYouMean(near(text, known)))
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// bundled reads which bundles a rule gives.
func (r *reader) bundled(n ast.Node, p *Policy) []string {
	known := make([]string, len(p.Bundles))
	for i, b := range p.Bundles {
		known[i] = b.Name
	}
	var out []string
	seen := names{}
	for _, v := range r.items(n, "bundles") {
		if name := r.oneOf(v, "a bundle", "a bundle", known); name != "" && seen.unique(r, v, "bundle", fold(name), name) {
			out = append(out, name)
		}
	}
	return out
}

// near are the names that somebody may have meant, at most three.
func near(text string, known []string) []string {
	var out []string
	for _, name := range known {
		if closeTo(fold(text), fold(name)) && !slices.Contains(out, name) && len(out) < 3 {
			out = append(out, name)
		}
	}
	return out
}
