package policy

import (
	"regexp"
	"slices"

	"github.com/goccy/go-yaml/ast"

	"latchkey/internal/access"
)

var usergroupID = regexp.MustCompile(`^S[A-Z0-9]{2,20}$`)

// staff reads the groups of the partner's own people.
func (r *reader) staff(n ast.Node) []StaffGroup {
	var out []StaffGroup
	seen, sources := names{}, names{}
	for _, v := range r.items(n, "staff") {
		o, ok := r.object(v, "a staff group", "name", "people", "slack_group", "entra_group")
		if !ok {
			continue
		}
		g := StaffGroup{Name: r.name(o.need("name", "say how your staff call it"), "name", "staff group", seen)}
		switch o.among("people", "slack_group", "entra_group") {
		case "people":
			g.People = r.users(o.get("people"), "people")
		case "slack_group":
			g.Source = r.usergroup(o.get("slack_group"), sources)
		case "entra_group":
			if id := r.groupID(o.get("entra_group"), sources); id != "" {
				g.Source = access.EntraSource(id)
			}
		}
		out = append(out, g)
	}
	return out
}

// among returns the one of the keys that the object has, and notes where it has none of
// them, or several.
func (o object) among(keys ...string) string {
	found := ""
	for _, key := range keys {
		v, ok := o.fields[key]
		switch {
		case !ok:
		case found != "":
			o.r.at(v.Key, "%s has %s or %s, not both; remove one of the two.", o.what, found, key)
			return ""
		default:
			found = key
		}
	}
	if found == "" {
		o.r.at(o.node, "%s has none of %s; give it one of them.", o.what, list(keys))
	}
	return found
}

func (r *reader) usergroup(n ast.Node, seen names) access.StaffSource {
	id := r.text(n, "slack_group")
	switch {
	case id == "":
		return ""
	case !usergroupID.MatchString(id):
		r.at(n, "%q is not the id of a usergroup in Slack, which looks like S0614TZR7; copy it from the menu of the group, under People.", id)
		return ""
	}
	seen.unique(r, n, "usergroup", id, id)
	return access.SlackSource(id)
}

// foreign refuses to trust mail addresses of a customer's domain for the partner's people.
func (r *reader) foreign(n ast.Node, p *Policy) {
	for _, d := range p.StaffByMail {
		for _, c := range p.Customers {
			if slices.Contains(c.Domains, d) {
				r.at(n, "%q is a domain of %s; only those of your own say who of your people is who.", d, c.Name)
			}
		}
	}
}
