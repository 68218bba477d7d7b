package policy

import (
	"slices"

	"latchkey/internal/access"
)

// Named lists where the file names a user in Slack.
func (p *Policy) Named(user access.UserID) []string {
	var out []string
	say := func(is bool, where string) {
		if is && user != "" {
			out = append(out, where)
		}
	}
	say(p.Admin(user), "the admins")
	for _, c := range p.Customers {
		say(c.Owner == user, "the owner of "+c.Name)
	}
	for _, g := range p.Staff {
		say(slices.Contains(g.People, user), "the staff group "+g.Name)
	}
	for _, c := range p.OnCall {
		instead := slices.ContainsFunc(c.Instead, func(i Instead) bool { return i.Person == user })
		say(instead || slices.Contains(c.People, user), "the on-call list "+c.Name)
	}
	return out
}
