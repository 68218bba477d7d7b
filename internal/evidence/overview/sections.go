package overview

import (
	"cmp"
	"fmt"
	"html/template"
	"strings"
	"time"

	"latchkey/internal/access"
	"latchkey/internal/evidence"
	"latchkey/internal/report"
	"latchkey/internal/roles"
)

// mostRows are shown of what may be many; the tables for programs have all.
const mostRows = 40

// course is the time, piece by piece.
func (w words) course(o evidence.Overview) section {
	s := section{ID: "course", Title: "Over the time"}
	asked := report.Series{Name: "requests", Colour: report.Sky}
	given := report.Series{Name: "access given", Colour: report.Blue}
	glass := report.Series{Name: "of it by break-glass", Colour: report.Orange}
	var places, said []string
	t := table{Columns: []column{{Title: upper(o.Step)}, num("Requests"), num("Access given"), num("Denied"), num("Break-glass"), num("Hours")}}
	for _, p := range o.Steps {
		name := w.place(p.From, o.Step)
		places = append(places, name)
		asked.Figures, given.Figures, glass.Figures = append(asked.Figures, p.Asked), append(given.Figures, p.Given), append(glass.Figures, p.Glass)
		said = append(said, fmt.Sprintf("%s %d and %d", name, p.Asked, p.Given))
		t.Rows = append(t.Rows, []cell{line(w.row(p, o.Step)), n(p.Asked), n(p.Given), n(p.Denied), warned(p.Glass), {Text: hours(p.Held), Number: true}})
	}
	all := []report.Series{asked, given}
	if o.Sum.Glass > 0 {
		all = append(all, glass)
	}
	s.Pictures = []picture{drawn("By "+o.Step, report.Columns, report.Chart{
		Places: places, Series: all, Alt: "Columns for each " + o.Step + ": requests, and access given. " + strings.Join(said, "; ") + ".",
	})}
	s.Tables = []table{t}
	return s
}

func (w words) place(at time.Time, step string) string {
	if step == "month" {
		return at.In(w.zone).Format("Jan 06")
	}
	return at.In(w.zone).Format("2 Jan")
}

// row calls a piece of the time by its days.
func (w words) row(p evidence.Step, step string) string {
	switch step {
	case "month":
		return p.From.In(w.zone).Format("January 2006")
	case "day":
		return p.From.In(w.zone).Format("Mon 2 Jan")
	}
	from, to := p.From.In(w.zone), p.To.Add(-time.Second).In(w.zone)
	switch {
	case from.Day() == to.Day():
		return to.Format("2 Jan")
	case from.Month() == to.Month():
		return from.Format("2") + " – " + to.Format("2 Jan")
	}
	return from.Format("2 Jan") + " – " + to.Format("2 Jan")
}

func (w words) teams(o evidence.Overview) section {
	s := section{ID: "teams", Title: "Teams"}
	switch {
	case o.Policy == "":
		s.Lead = []string{"Teams are the staff groups of policy.yml, and none was at hand when this was made: name it with -policy."}
		return s
	case len(o.Teams) == 0 && len(o.Unmapped) == 0:
		s.Lead = []string{"policy.yml names no staff groups, so there are no teams to tell of."}
		return s
	}
	s.Lead = []string{"Who is in two teams counts in both, so together they may have more than there was."}
	if len(o.Unmapped) > 0 {
		s.After = []string{"It was never read who is in " + strings.Join(o.Unmapped, ", ") + ", so nobody is counted there."}
	}
	s.Tables = []table{uses("Team", o.Teams, report.Green, func(u evidence.Use) cell {
		if u.None {
			return head("In no team")
		}
		return head(u.Name)
	})}
	return s
}

func (w words) people(o evidence.Overview) section {
	return section{
		ID: "people", Title: "People", After: more(len(o.People), "people"),
		Tables: []table{uses("Person", o.People, report.Blue, func(u evidence.Use) cell { return head(u.Name) })},
	}
}

func (w words) customers(o evidence.Overview) section {
	return section{
		ID: "customers", Title: "Customers", After: more(len(o.Customers), "customers"),
		Tables: []table{uses("Customer", o.Customers, report.Blue, func(u evidence.Use) cell { return head(u.Name) })},
	}
}

func (w words) roles(o evidence.Overview) section {
	t := uses("Role", o.Roles, report.Blue, func(u evidence.Use) cell {
		c := head(roles.Name(access.RoleID(u.Key)))
		if roles.Privileged(access.RoleID(u.Key)) {
			c.Small = "privileged"
		}
		return c
	})
	return section{
		ID: "roles", Title: "Roles", After: more(len(o.Roles), "roles"), Tables: []table{t},
		Lead: []string{"An access with several roles counts at each of them. Privileged are those that can raise their own rights."},
	}
}

// uses is a table with a bar for the hours.
func uses(what string, all []evidence.Use, colour report.Colour, name func(evidence.Use) cell) table {
	t := table{Wide: true, Spread: true, Columns: []column{
		{Title: what}, num("Hours"), {Title: ""}, num("Times"), num("People"), num("Customers"), num("Requests"), num("Denied"), num("Break-glass"), num("Median wait"), num("9 of 10 within"),
	}}
	single := map[string]int{"Person": 4, "Customer": 5}[what] // it would say 1 in every row
	longest := time.Duration(1)
	for _, u := range all {
		longest = max(longest, u.Held)
	}
	for i, u := range all {
		if i == mostRows {
			break
		}
		row := []cell{
			name(u), {Text: hours(u.Held), Number: true}, {Meter: template.HTML(report.Meter(float64(u.Held)/float64(longest), colour))}, //nolint:gosec // it has no text
			n(u.Given), n(u.People), n(u.Customers), n(u.Asked), n(u.Denied), warned(u.Glass), {Text: wait(u.Waits), Number: true}, {Text: ninety(u.Waits), Number: true},
		}
		if single > 0 {
			row = append(row[:single:single], row[single+1:]...)
		}
		t.Rows = append(t.Rows, row)
	}
	if single > 0 {
		t.Columns = append(t.Columns[:single:single], t.Columns[single+1:]...)
	}
	return t
}

func more(all int, what string) []string {
	if all <= mostRows {
		return nil
	}
	return []string{fmt.Sprintf("… and %d more %s, in the table for programs.", all-mostRows, what)}
}

// decided is what became of requests, how long that took, and what waits.
func (w words) decided(o evidence.Overview) section {
	s := section{ID: "decided", Title: "Decisions"}
	c := o.Outcomes
	parts := []report.Part{
		{Name: "approved by people", Colour: report.Blue, Figure: c.Approved}, {Name: "approved by a rule", Colour: report.Sky, Figure: c.ByRule},
		{Name: "taken by break-glass", Colour: report.Orange, Figure: c.Glass}, {Name: "denied", Colour: report.Ink, Figure: c.Denied},
		{Name: "taken back, or nobody answered", Colour: report.Grey, Figure: c.Withdrawn + c.Lapsed},
	}
	var said []string
	outcome := picture{Title: "What became of requests", Wide: true}
	for _, p := range parts {
		outcome.Legend = append(outcome.Legend, key{template.CSS(p.Colour), p.Name, number(p.Figure)}) //nolint:gosec // a constant
		said = append(said, fmt.Sprintf("%d %s", p.Figure, p.Name))
	}
	outcome.SVG = template.HTML(report.Whole(parts, "A bar of what became of requests: "+strings.Join(said, ", ")+".")) //nolint:gosec // its texts are escaped
	s.Pictures = []picture{outcome}
	t := table{Columns: []column{{Title: "Within"}, num("Decisions")}}
	waits := report.Series{Name: "decisions", Colour: report.Green}
	var places []string
	said = nil
	for i, v := range o.Waits {
		name := "later"
		if i < len(evidence.WaitBounds) {
			name = access.FormatDuration(evidence.WaitBounds[i])
		}
		places, waits.Figures = append(places, name), append(waits.Figures, v)
		said = append(said, fmt.Sprintf("%s %d", name, v))
		t.Rows = append(t.Rows, []cell{line(name), n(v)})
	}
	s.Pictures = append(s.Pictures, drawn("Time until somebody decided", report.Columns, report.Chart{
		Places: places, Series: []report.Series{waits}, Alt: "Columns of how many decisions came within a time: " + strings.Join(said, "; ") + ".",
	}))
	s.Lead = []string{w.waits(o)}
	s.Tables = append(s.Tables, t)
	if len(o.Waiting) > 0 {
		s.Tables = append(s.Tables, w.waiting(o))
	}
	if n := c.Failed; n > 0 {
		s.After = append(s.After, fmt.Sprintf("%d approved %s could not be given.", n, plural(n, "access", "times of access")))
	}
	if n := c.Turned; n > 0 {
		s.After = append(s.After, fmt.Sprintf("%d %s refused at once, by policy or because who tried was not allowed to.", n, plural(n, "act was", "acts were")))
	}
	return s
}

func (w words) waits(o evidence.Overview) string {
	all := o.Sum.Waits
	if all.Count == 0 {
		return "Nobody had to decide anything."
	}
	return fmt.Sprintf("%d %s. Half came within %s, nine of ten within %s, from when the terms were asked for as they were decided.",
		all.Count, plural(all.Count, "decision by people", "decisions by people"), wait(all), ninety(all))
}

func (w words) waiting(o evidence.Overview) table {
	t := table{Title: "Waiting on " + w.at(o.Upto), Wide: true, Cards: true, Columns: []column{{Title: "Request"}, {Title: "Who"}, {Title: "Customer"}, {Title: "Roles"}, {Title: "Since"}, num("For")}}
	for i, r := range o.Waiting {
		if i == mostRows {
			break
		}
		t.Rows = append(t.Rows, []cell{
			request(r.Request), {Text: called(r.Who)}, {Text: r.Customer}, {Text: named(r.Roles)}, when(w.short(r.Since)),
			{Text: since(r.For), Number: true, Warn: r.For > evidence.WaitBounds[len(evidence.WaitBounds)-1]},
		})
	}
	return t
}

// since leaves minutes out of what is days.
func since(d time.Duration) string {
	if d > 24*time.Hour {
		d = d.Truncate(time.Hour)
	}
	return access.FormatDuration(d)
}

func (w words) denials(o evidence.Overview) section {
	s := section{ID: "denials", Title: "Denials"}
	if len(o.Denials) == 0 {
		s.Lead = []string{"Nobody said no."}
		return s
	}
	t := table{Wide: true, Cards: true, Columns: []column{{Title: "Request"}, {Title: "When"}, {Title: "Who asked"}, {Title: "Customer"}, {Title: "Roles"}, {Title: "Who said no"}, {Title: "Why"}}}
	for i, d := range o.Denials {
		if i == mostRows {
			break
		}
		by := cell{Text: called(d.By), Small: "of the customer"}
		if d.Peer {
			by.Small = "a colleague"
		}
		t.Rows = append(t.Rows, []cell{request(d.Request), when(w.short(d.At)), {Text: called(d.Who)}, {Text: d.Customer}, {Text: named(d.Roles)}, by, {Text: said(d.Note)}})
	}
	s.Tables, s.After = []table{t}, more(len(o.Denials), "denials")
	return s
}

func (w words) glass(o evidence.Overview) section {
	s := section{ID: "glass", Title: "Break-glass"}
	if len(o.Glass) == 0 {
		s.Lead = []string{"Nobody broke glass."}
		return s
	}
	s.Lead = []string{"Access that somebody took in an emergency, without anybody’s word, and whether a second person has looked at it."}
	t := table{Wide: true, Cards: true, Columns: []column{{Title: "Request"}, {Title: "When"}, {Title: "Who"}, {Title: "Customer"}, {Title: "Roles"}, num("Hours"), {Title: "Review"}}}
	for i, g := range o.Glass {
		if i == mostRows {
			break
		}
		review := cell{Text: "not signed off", Warn: true}
		if !g.Open {
			review = cell{Text: "signed off by " + called(g.By), Small: w.short(g.SignedAt)}
		}
		if g.Objections > 0 {
			review.Small = strings.TrimPrefix(review.Small+", ", ", ") + fmt.Sprintf("%d %s", g.Objections, plural(g.Objections, "objection", "objections"))
		}
		t.Rows = append(t.Rows, []cell{
			request(g.Request), when(w.short(g.At)), {Text: called(g.Who)}, {Text: g.Customer}, {Text: named(g.Roles)}, {Text: hours(g.Held), Number: true}, review,
		})
	}
	s.Tables, s.After = []table{t}, more(len(o.Glass), "times")
	return s
}

// standing is what gives access for good: how that went, and what there is.
func (w words) standing(o evidence.Overview) section {
	s := section{ID: "standing", Title: "Standing privilege"}
	if o.ReadAt.IsZero() {
		s.Lead = []string{"Nothing was read from Microsoft yet."}
		return s
	}
	s.Lead = []string{"Groups that are not the bot’s and have roles for as long as a relationship lasts: everybody in them has access all the time, and nobody is asked."}
	if len(o.Trend) > 0 {
		s = w.trend(s, o)
	}
	if len(o.Groups) > 0 {
		t := table{Title: "As read on " + w.at(o.ReadAt), Wide: true, Cards: true, Columns: []column{{Title: "Customer"}, {Title: "Group"}, {Title: "Roles"}, num("Members")}}
		for i, g := range o.Groups {
			if i == mostRows {
				break
			}
			members := cell{Text: number(g.Members), Number: true}
			if g.Unseen {
				members.Text = "not read"
			}
			which := cell{Text: named(g.Roles)}
			if g.Privileged {
				which.Small, which.Warn = "privileged", true
			}
			t.Rows = append(t.Rows, []cell{head(g.Customer), {Text: g.Group}, which, members})
		}
		s.Tables, s.After = append(s.Tables, t), append(s.After, more(len(o.Groups), "groups")...)
	} else {
		s.After = append(s.After, "As read on "+w.at(o.ReadAt)+" there is none.")
	}
	if len(o.DAP) > 0 {
		s.After = append(s.After, "Legacy administration (DAP) is still on at "+strings.Join(o.DAP[:min(mostRows, len(o.DAP))], ", ")+".")
	}
	return s
}

func (w words) trend(s section, o evidence.Overview) section {
	privileged := report.Series{Name: "groups with privileged roles", Colour: report.Orange}
	groups := report.Series{Name: "groups with standing access", Colour: report.Blue}
	legacy := report.Series{Name: "customers with legacy administration", Colour: report.Green}
	t := table{Columns: []column{{Title: "At the end of"}, num("Relationships"), num("Groups"), num("Privileged"), num("Legacy (DAP)")}}
	var places, said []string
	for _, p := range o.Trend {
		day := p.At.Add(-time.Second)
		places = append(places, day.In(w.zone).Format("2 Jan"))
		privileged.Figures, groups.Figures, legacy.Figures = append(privileged.Figures, p.Privileged), append(groups.Figures, p.Groups), append(legacy.Figures, p.DAP)
		said = append(said, fmt.Sprintf("%s %d, %d and %d", places[len(places)-1], p.Groups, p.Privileged, p.DAP))
		t.Rows = append(t.Rows, []cell{line(w.day(day)), n(p.Relationships), n(p.Groups), warned(p.Privileged), n(p.DAP)})
	}
	s.Pictures = []picture{drawn("At the end of each week", report.Lines, report.Chart{
		Places: places, Series: []report.Series{groups, privileged, legacy},
		Alt: "Lines over the weeks: groups with standing access, those with privileged roles, and customers with legacy administration. " + strings.Join(said, "; ") + ".",
	})}
	s.Tables = []table{t}
	s.After = append(s.After, "Of a relationship that has ended since, the log does not have its groups, so earlier weeks may have had more of them. Nothing is known from before "+w.day(o.Known)+", when watching began.")
	return s
}

func drawn(title string, draw func(report.Chart) string, c report.Chart) picture {
	p := picture{Title: title, SVG: template.HTML(draw(c))} //nolint:gosec // its texts are escaped
	if len(c.Series) == 1 {
		return p
	}
	for _, s := range c.Series {
		p.Legend = append(p.Legend, key{Colour: template.CSS(s.Colour), Name: s.Name}) //nolint:gosec // a constant
	}
	return p
}

func num(title string) column { return column{Title: title, Number: true} }

func n(v int) cell { return cell{Text: number(v), Number: true} }

func warned(v int) cell { return cell{Text: number(v), Number: true, Warn: v > 0} }

func line(text string) cell { return cell{Text: text, Head: true, ID: true} }

func when(text string) cell { return cell{Text: text, ID: true} }

func request(id access.RequestID) cell { return line(string(id)) }

func head(text string) cell { return cell{Text: cmp.Or(text, "–"), Head: true} }

func upper(word string) string { return strings.ToUpper(word[:1]) + word[1:] }
