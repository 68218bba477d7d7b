package messages

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"latchkey/internal/access"
)

var userID = regexp.MustCompile(`^[UW][A-Z0-9]{1,30}$`)

// mention names a person so that Slack shows who it is and tells them. An id
// that is none is not let through.
func mention(p access.Person) string {
	n := escape(p.Name, maxName)
	if !userID.MatchString(string(p.User)) {
		return orElse(n, "somebody")
	}
	if n == "" {
		return "<@" + string(p.User) + ">"
	}
	return "<@" + string(p.User) + "> (" + n + ")"
}

// called names a person in text that is read aloud.
func called(p access.Person) string {
	if n := escape(p.Name, maxName); n != "" {
		return n
	}
	return mention(p)
}

// when shows a moment in the reader's own time zone.
func when(t time.Time) string {
	return fmt.Sprintf("<!date^%d^{date_short_pretty} at {time}|%s>", t.Unix(), access.FormatTime(t))
}

// day shows a date in the reader's own time zone.
func day(t time.Time) string {
	return fmt.Sprintf("<!date^%d^{date_short_pretty}|%s>", t.Unix(), t.UTC().Format("2006-01-02"))
}

// privilegedFirst returns the roles with those that need care at the front, each
// part by name.
func privilegedFirst(roles []Role) []Role {
	out := slices.Clone(roles)
	slices.SortStableFunc(out, func(a, b Role) int {
		if a.Privileged != b.Privileged {
			if a.Privileged {
				return -1
			}
			return 1
		}
		return strings.Compare(a.Name, b.Name)
	})
	return out
}

func roleName(r Role) string { return english.roleName(r) }

func rolesIn(roles []Role, few int) string { return english.rolesIn(roles, few) }

// fold joins names, the first few of them, and counts the rest.
func fold(names []string, few int, none, more string) string {
	switch {
	case len(names) == 0:
		return none
	case len(names) == few+1: // "and 1 more" would take as much room as the name
		few++
	}
	if len(names) > few {
		return strings.Join(names[:few], ", ") + " … and " + strconv.Itoa(len(names)-few) + " " + more
	}
	return list(names)
}

// list writes names as "a, b and c".
func list(names []string) string {
	if len(names) < 2 {
		return strings.Join(names, "")
	}
	last := len(names) - 1
	return strings.Join(names[:last], ", ") + " and " + names[last]
}

func count(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return strconv.Itoa(n) + " " + many
}
