package policy

import (
	"slices"

	"github.com/goccy/go-yaml/ast"

	"latchkey/internal/access"
	"latchkey/internal/roles"
)

// terms reads on which terms a rule allows what it fits.
func (r *reader) terms(o object, rule *Rule, p *Policy) {
	rule.MaxDuration = r.duration(o.need("max_duration", "say how long access may last, as in 8h"), "max_duration", leastGrant, longestGrant)
	rule.OtherRoles = r.boolean(o.get("other_roles"), "other_roles")
	if rule.DecideWithin = usualWait; o.get("decide_within") != nil {
		rule.DecideWithin = r.duration(o.get("decide_within"), "decide_within", leastWait, longestWait)
	}
	r.reminders(o, rule)
	rule.Ticket = r.pattern(o.get("ticket"))
	if v := o.get("signed_in"); v != nil {
		if rule.SignedIn = r.boolean(v, "signed_in"); !rule.SignedIn {
			r.at(v, "signed_in: false would change nothing: roles that can raise their own rights are approved on the page, after signing in, whatever a rule says; remove it.")
		}
	}
	if v := o.get("justification"); v != nil {
		rule.Justification, _ = r.number(v, "justification", 1, mostReason)
	}
	if v := o.get("break_glass"); v != nil {
		rule.BreakGlass = r.duration(v, "break_glass", leastGrant, longestBreakGlass)
		if rule.MaxDuration > 0 && rule.BreakGlass > rule.MaxDuration {
			r.at(v, "break_glass is longer than max_duration, %s, so it would be cut; write that or less.", access.FormatDuration(rule.MaxDuration))
		}
	}
	r.ahead(o, rule)
	r.asked(o, rule, p)
}

// asked reads who must agree: colleagues, contacts of the customer, or nobody.
func (r *reader) asked(o object, rule *Rule, p *Policy) {
	if rule.Auto = r.boolean(o.get("auto"), "auto"); rule.Auto {
		for _, key := range []string{"approvals", "peers", "peers_of", "break_glass"} {
			if v := o.fields[key]; v != nil {
				r.at(v.Key, "with auto: true nobody is asked; remove %s, or auto.", key)
			}
		}
		r.harmless(o, rule, p)
		return
	}
	if v := o.get("peers"); v != nil {
		rule.Peers, _ = r.number(v, "peers", 1, mostContacts)
	}
	if v := o.get("peers_of"); v != nil {
		if rule.PeersOf = r.staffGroup(v, p); o.fields["peers"] == nil {
			r.at(v, "peers_of says which colleagues must agree; say with peers how many.")
		}
	}
	if o.fields["approvals"] == nil && rule.Peers > 0 {
		return
	}
	v := o.need("approvals", "say how many of a customer's contacts must agree, at least 1")
	if i, ok := v.(*ast.IntegerNode); ok && i.Value == uint64(0) {
		hint := "write 1 or more."
		if rule.Peers > 0 {
			hint = "write 1 or more, or leave it out: then colleagues agree, and the customer is told."
		}
		r.at(v, "approvals is 0, but an empty list of approvers means nobody, not everybody; %s", hint)
		return
	}
	rule.Approvals, _ = r.number(v, "approvals", 1, mostContacts)
}

// harmless refuses a rule that would give without a word what can raise its own rights,
// or what two people must agree to.
func (r *reader) harmless(o object, rule *Rule, p *Policy) {
	at := o.fields["auto"].Key
	if len(rule.Bundles) == 0 || rule.OtherRoles {
		r.at(at, "auto: true gives without asking anybody; name the bundles that it is for, and no other_roles.")
		return
	}
	for _, b := range p.Bundles {
		if !slices.Contains(rule.Bundles, b.Name) {
			continue
		}
		if b.Dual {
			r.at(at, "the bundle %s is under dual control, so two people must be asked; remove it, or auto.", b.Name)
		}
		for _, id := range b.Roles {
			if !b.Dual && p.dual([]access.RoleID{id}) { // by another bundle
				r.at(at, "the bundle %s holds %s, which is under dual control, so two people must be asked; remove it, or auto.", b.Name, roles.Name(id))
			}
			if role, ok := roles.ByID(id); !ok || role.Privileged {
				r.at(at, "the bundle %s holds %s, which is privileged, so somebody must be asked; remove it, or auto.", b.Name, roles.Name(id))
			}
		}
	}
}

// staffGroup reads the name of a group of the staff.
func (r *reader) staffGroup(n ast.Node, p *Policy) string {
	known := make([]string, len(p.Staff))
	for i, g := range p.Staff {
		known[i] = g.Name
	}
	return r.oneOf(n, "peers_of", "a staff group", known)
}

// scheduled reads the name of a schedule.
func (r *reader) scheduled(n ast.Node, p *Policy) string {
	known := make([]string, len(p.OnCall))
	for i, c := range p.OnCall {
		known[i] = c.Name
	}
	return r.oneOf(n, "on_call", "a schedule of on_call", known)
}

// oneOf reads one of the names that the file has given before, as it is written there.
func (r *reader) oneOf(n ast.Node, key, kind string, known []string) string {
	text := r.text(n, key)
	i := slices.IndexFunc(known, func(name string) bool { return fold(name) == fold(text) })
	switch {
	case text == "":
	case i >= 0:
		return known[i]
	default:
		r.at(n, "%q is not %s%s", text, kind, didYouMean(near(text, known)))
	}
	return ""
}
