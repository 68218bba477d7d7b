package policy

import (
	"slices"

	"latchkey/internal/access"
)

// A Membership says of those staff groups whose people Slack or Entra keeps whether one
// person is in them, by the names of the groups. Of a group that it does not name nothing
// is known: a rule that depends on it refuses, whichever way that would be.
type Membership map[string]bool

// Kept lists the staff groups whose people policy.yml does not name, in the file's order.
func (p *Policy) Kept() []StaffGroup {
	return slices.DeleteFunc(slices.Clone(p.Staff), func(g StaffGroup) bool { return g.Source == "" })
}

// everybody reports whether the rule is for all people.
func (r Rule) everybody() bool { return len(r.Who)+len(r.Kept) == 0 }

// covers reports whether the rule is for the person. Where that is not known it returns
// false, with the groups on which it depends.
func (r Rule) covers(user access.UserID, in Membership) (is bool, doubt []string) {
	if r.everybody() || slices.Contains(r.Who, user) {
		return true, nil
	}
	for _, g := range r.Kept {
		is, known := in[g]
		switch {
		case is:
			return true, nil
		case !known:
			doubt = append(doubt, g)
		}
	}
	return false, doubt
}

// unread refuses what depends on groups of which nothing is known.
func (p *Policy) unread(doubt []string) error {
	groups := make([]string, len(doubt))
	for i, name := range doubt {
		groups[i] = "“" + name + "”"
		for _, g := range p.Staff {
			if g.Name == name {
				groups[i] += " (" + g.Source.String() + ")"
			}
		}
	}
	return access.Refuse(access.Unavailable,
		"policy.yml makes this depend on who is in %s, and that could not be read lately, so nothing is allowed or given by it. Try again in a minute; if it stays so, a bot admin finds the reason in the operators' channel.",
		list(groups))
}

// assumed says in a sentence what an explanation takes for granted; empty where the file
// names all people itself.
func (p *Policy) assumed(in Membership) string {
	kept := p.Kept()
	if len(kept) == 0 {
		return ""
	}
	var is, not, unknown []string
	for _, g := range kept {
		switch of, known := in[g.Name]; {
		case of:
			is = append(is, g.Name)
		case known:
			not = append(not, g.Name)
		default:
			unknown = append(unknown, g.Name)
		}
	}
	var out []string
	if len(is) > 0 {
		out = append(out, "is in "+list(is))
	}
	if len(not) > 0 {
		out = append(out, "is not in "+list(not))
	}
	if len(unknown) > 0 {
		out = append(out, "may be in "+list(unknown)+" or not (-groups says which)")
	}
	return "Slack and Entra keep who is in these groups, and nobody was asked: it is assumed that the person " + list(out) + ".\n"
}

// Assume is the membership of somebody who is in exactly these of the groups that Slack
// and Entra keep. It returns the name that is none of them, if there is one.
func (p *Policy) Assume(groups ...string) (in Membership, unknown string) {
	in = Membership{}
	for _, g := range p.Kept() {
		in[g.Name] = false
	}
	for _, text := range groups {
		name, ok := p.group(text)
		if _, kept := in[name]; !ok || !kept {
			return nil, text
		}
		in[name] = true
	}
	return in, ""
}

// group finds a staff group by how people write its name.
func (p *Policy) group(text string) (name string, ok bool) {
	i := slices.IndexFunc(p.Staff, func(g StaffGroup) bool { return fold(g.Name) == fold(text) })
	if i < 0 {
		return "", false
	}
	return p.Staff[i].Name, true
}

// Person finds whom a text means: somebody by their Slack user id, or anybody of a
// staff group by its name. In is what is thereby known of the groups that Slack and Entra
// keep.
func (p *Policy) Person(text string) (user access.UserID, in Membership, ok bool) {
	for _, g := range p.Staff {
		switch {
		case fold(g.Name) != fold(text):
		case g.Source != "":
			return access.UserID("Somebody in " + g.Name), Membership{g.Name: true}, true
		case len(g.People) > 0:
			return g.People[0], Membership{}, true
		}
	}
	return access.UserID(text), Membership{}, userID.MatchString(text)
}

// distinct sorts names and keeps each once.
func distinct(names []string) []string {
	slices.Sort(names)
	return slices.Compact(names)
}
