package messages

import (
	"strings"
	"time"

	"latchkey/internal/access"
	"latchkey/internal/lang"
)

// A tongue words what a message says in one language. What customers see is said
// through it; what only the partner's own staff see is English.
type tongue struct{ lang.Tag }

var english = tongue{lang.English}

// words are what somebody wrote. What must be written is empty only when it was deleted.
func (in tongue) words(s string) string {
	if s == "" {
		return in.Say("deleted on request")
	}
	return s
}

// A saying is a sentence twice: formatted, with times in the reader's zone, and to be
// read aloud, with times in UTC.
type saying struct{ shown, aloud string }

// saying says a sentence twice. Persons, moments and sayings among its parts are written
// as each of the two wants them; all else must be escaped already.
func (in tongue) saying(english string, parts ...any) saying {
	shown, aloud := make([]any, len(parts)), make([]any, len(parts))
	for i, part := range parts {
		switch part := part.(type) {
		case access.Person:
			shown[i], aloud[i] = mention(part), called(part)
		case time.Time:
			shown[i], aloud[i] = in.SlackTime(part), part
		case saying:
			shown[i], aloud[i] = part.shown, part.aloud
		default:
			shown[i], aloud[i] = part, part
		}
	}
	return saying{in.Say(english, shown...), unmarked(in.Say(english, aloud...))}
}

// unmarked takes the marks of bold text off, which no part of a message holds but as a
// mark: see [escape].
func unmarked(s string) string { return strings.ReplaceAll(s, "*", "") }

// plain is a saying that is the same both ways.
func plain(s string) saying { return saying{s, unmarked(s)} }

// and joins two sayings to one.
func (s saying) and(t saying) saying { return saying{s.shown + " " + t.shown, s.aloud + " " + t.aloud} }

// then joins what is the same both ways, if there is any.
func (s saying) then(more string) saying {
	if more == "" {
		return s
	}
	return s.and(plain(more))
}

// after puts a sign before what is shown.
func (s saying) after(sign string) saying { return saying{sign + " " + s.shown, s.aloud} }

// tell shows a sentence in a section, and says it.
func (p *page) tell(s saying) {
	p.section(s.shown)
	p.say("%s", s.aloud)
}

// mutter shows a sentence in small print, and says it.
func (p *page) mutter(s saying) {
	p.context(s.shown)
	p.say("%s", s.aloud)
}

func (in tongue) roleName(r Role) string {
	if r.Privileged {
		return in.Say("%s (privileged)", name(r.Name))
	}
	return name(r.Name)
}

// roleLines lists every role: whoever decides must see all that is given.
func (in tongue) roleLines(roles []Role, bundle string) []string {
	title := in.Say("*Roles*")
	switch len(roles) {
	case 0:
	case 1:
		title = in.Say("*Role*")
	default:
		title = in.Say("*Roles* (%d)", len(roles))
	}
	if bundle != "" {
		title = in.Say("%s: the bundle %s", title, name(bundle))
	}
	lines := []string{title}
	for _, r := range privilegedFirst(roles) {
		mark := "• "
		if r.Privileged {
			mark = "• ⚠️ "
		}
		lines = append(lines, mark+in.roleName(r))
	}
	if len(roles) == 0 {
		lines = append(lines, "• "+in.Say("none"))
	}
	return lines
}

// rolesIn names the roles within a sentence, the first few by name.
func (in tongue) rolesIn(roles []Role, few int) string {
	names := make([]string, 0, len(roles))
	for _, r := range privilegedFirst(roles) {
		names = append(names, in.roleName(r))
	}
	return in.fold(names, few, in.Say("no role"))
}

// fold joins names, the first few of them, and counts the rest.
func (in tongue) fold(names []string, few int, none string) string {
	switch {
	case len(names) == 0:
		return none
	case len(names) == few+1: // "and 1 more" would take as much room as the name
		few++
	}
	if len(names) > few {
		return in.Say("%s … and %d more", strings.Join(names[:few], ", "), len(names)-few)
	}
	return in.List(names)
}

// plainRoles names roles for a plain text of little room.
func (in tongue) plainRoles(roles []Role) string {
	sorted := privilegedFirst(roles)
	names := make([]string, 0, len(sorted))
	size := 0
	for _, r := range sorted {
		n := line(r.Name, 60)
		if size += len(n); size > 100 && len(names) > 0 {
			return in.Say("%s and %d more roles", names[0], len(sorted)-1)
		}
		names = append(names, n)
	}
	if len(names) == 0 {
		return in.Say("no role")
	}
	return in.List(names)
}
