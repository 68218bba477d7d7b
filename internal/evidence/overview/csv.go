package overview

import (
	"strconv"
	"strings"
	"time"

	"latchkey/internal/access"
	"latchkey/internal/evidence"
	"latchkey/internal/roles"
)

// sheet is a table for programs, with moments in UTC and times in whole seconds.
type sheet struct {
	name    string
	columns []string
	rows    [][]string
}

func tables(o evidence.Overview) []sheet {
	return []sheet{accessSheet(o), courseSheet(o), eventsSheet(o), standingSheet(o)}
}

// accessSheet has a row for all, and for each team, person, customer and role.
func accessSheet(o evidence.Overview) sheet {
	s := sheet{name: "access", columns: []string{
		"by", "id", "name", "access_seconds", "times", "people", "customers", "requests", "denied", "break_glass", "decisions", "median_wait_seconds", "p90_wait_seconds",
	}}
	add := func(by string, all ...evidence.Use) {
		for _, u := range all {
			name := u.Name
			if by == "role" {
				name = roles.Name(access.RoleID(u.Key))
			}
			s.rows = append(s.rows, []string{
				by, u.Key, name, seconds(u.Held), number(u.Given), number(u.People), number(u.Customers), number(u.Asked), number(u.Denied), number(u.Glass),
				number(u.Waits.Count), waited(u.Waits, u.Waits.Median), waited(u.Waits, u.Waits.Ninety),
			})
		}
	}
	add("all", o.Sum)
	for _, u := range o.Teams {
		if u.None {
			add("no team", u)
			continue
		}
		add("team", u)
	}
	add("person", o.People...)
	add("customer", o.Customers...)
	add("role", o.Roles...)
	return s
}

// courseSheet has a row for each piece of the time.
func courseSheet(o evidence.Overview) sheet {
	s := sheet{name: "course", columns: []string{"from", "to", "requests", "access_given", "denied", "break_glass", "access_seconds"}}
	for _, p := range o.Steps {
		s.rows = append(s.rows, []string{stamp(p.From), stamp(p.To), number(p.Asked), number(p.Given), number(p.Denied), number(p.Glass), seconds(p.Held)})
	}
	return s
}

// eventsSheet has a row for each denial, each break-glass, and each request that waits.
func eventsSheet(o evidence.Overview) sheet {
	s := sheet{name: "cases", columns: []string{"kind", "request", "at", "person", "customer", "roles", "by", "note", "seconds", "review", "reviewed_at", "objections"}}
	for _, d := range o.Denials {
		s.rows = append(s.rows, []string{"denied", string(d.Request), stamp(d.At), called(d.Who), d.Customer, semicolons(d.Roles), called(d.By), said(d.Note), "", "", "", ""})
	}
	for _, g := range o.Glass {
		review, by := "open", ""
		if !g.Open {
			review, by = "signed off", called(g.By)
		}
		s.rows = append(s.rows, []string{
			"break-glass", string(g.Request), stamp(g.At), called(g.Who), g.Customer, semicolons(g.Roles), by, "", seconds(g.Held), review, stamp(g.SignedAt), number(g.Objections),
		})
	}
	for _, r := range o.Waiting {
		s.rows = append(s.rows, []string{"waiting", string(r.Request), stamp(r.Since), called(r.Who), r.Customer, semicolons(r.Roles), "", "", seconds(r.For), "", "", ""})
	}
	return s
}

// standingSheet has a row for the end of each week, and then one for each group.
func standingSheet(o evidence.Overview) sheet {
	s := sheet{name: "standing", columns: []string{"kind", "at", "relationships", "groups", "privileged_groups", "legacy_customers", "customer", "group", "roles", "members"}}
	for _, p := range o.Trend {
		s.rows = append(s.rows, []string{"week", stamp(p.At), number(p.Relationships), number(p.Groups), number(p.Privileged), number(p.DAP), "", "", "", ""})
	}
	for _, g := range o.Groups {
		kind, members := "group", number(g.Members)
		if g.Privileged {
			kind = "privileged group"
		}
		if g.Unseen {
			members = ""
		}
		s.rows = append(s.rows, []string{kind, stamp(o.ReadAt), "", "", "", "", g.Customer, g.Group, semicolons(g.Roles), members})
	}
	for _, name := range o.DAP {
		s.rows = append(s.rows, []string{"legacy", stamp(o.ReadAt), "", "", "", "", name, "", "", ""})
	}
	return s
}

func seconds(d time.Duration) string { return strconv.FormatInt(int64(d/time.Second), 10) }

// waited is empty where nobody waited: that is not the same as no time at all.
func waited(w evidence.Waits, d time.Duration) string {
	if w.Count == 0 {
		return ""
	}
	return seconds(d)
}

func stamp(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format(time.RFC3339)
}

func semicolons(ids []access.RoleID) string {
	out := make([]string, len(ids))
	for i, id := range ids {
		out[i] = roles.Name(id)
	}
	return strings.Join(out, "; ")
}
