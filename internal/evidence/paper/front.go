package paper

import (
	"strconv"
	"strings"
	"time"

	"latchkey/internal/access"
	"latchkey/internal/evidence"
	"latchkey/internal/roles"
)

// period says the time of the report: its name where it has one, and its days.
func (w words) period(r evidence.Report) string {
	first, last := w.date(r.Span.From), w.date(r.Span.To.Add(-time.Second))
	switch {
	case len(r.Span.Name) == 4, strings.Contains(r.Span.Name, "-Q"): // a year, a quarter
		return r.Span.Name
	case isMonth(r.Span.Name):
		return w.Month(r.Span.From.In(w.zone))
	case first == last:
		return first
	}
	return w.Say("%s to %s", first, last)
}

func isMonth(name string) bool {
	_, err := time.Parse("2006-01", name)
	return err == nil
}

func (w words) facts(r evidence.Report) []Fact {
	out := []Fact{
		{Name: w.Say("Tenant in Microsoft Entra"), Value: string(r.Customer), Code: true},
		{Name: w.Say("Time"), Value: w.Say("from %s until before %s", w.at(r.Span.From), w.at(r.Span.To))},
		{Name: w.Say("Made"), Value: w.at(r.Made)},
	}
	if r.Made.Before(r.Span.To) {
		out[1].Value += " " + w.Say("(not over when this was made)")
	}
	if r.AskedBy.Known() {
		out = append(out, Fact{Name: w.Say("Asked for by"), Value: w.name(r.AskedBy)})
	}
	if r.ID != "" {
		out = append(out, Fact{Name: w.Say("Report"), Value: r.ID, Code: true})
	}
	return append(out,
		Fact{Name: w.Say("Clock"), Value: w.Say("All times are by the clock of %s.", r.Zone)},
		Fact{Name: w.Say("Digest of the content"), Value: w.digest, Code: true})
}

// figures count what the report tells.
func (w words) figures(r evidence.Report) []Figure {
	people := map[string]bool{}
	var held time.Duration
	open := 0
	for _, a := range r.Accesses {
		people[string(a.Who.Team)+"/"+string(a.Who.User)+"/"+string(a.Who.Object)] = true
		to := a.To
		if to.IsZero() {
			to = r.Made
		}
		from := a.From
		if from.Before(r.Span.From) {
			from = r.Span.From
		}
		if to.After(r.Span.To) {
			to = r.Span.To
		}
		held += max(0, to.Sub(from))
	}
	for _, a := range r.Took() {
		if a.Glass.Open {
			open++
		}
	}
	glass := len(r.Took())
	out := []Figure{
		{Value: strconv.Itoa(len(r.Accesses)), Name: w.Say("times of access")},
		{Value: strconv.Itoa(len(people)), Name: w.Say("people who had it")},
		{Value: w.Duration(held.Truncate(time.Minute)), Name: w.Say("of access, all together")},
		{Value: strconv.Itoa(glass), Name: w.Say("taken by break-glass"), Warn: glass > 0},
		{Value: strconv.Itoa(len(r.Refused) + len(r.Turned)), Name: w.Say("refused, or without access")},
		{Value: strconv.Itoa(len(r.Standing)), Name: w.Say("groups with standing access"), Warn: len(r.Standing) > 0},
	}
	if held == 0 {
		out[2].Value = "0"
	}
	if open > 0 {
		out[3].Name = w.Say("taken by break-glass, not all reviewed")
	}
	return out
}

// name is what somebody is called, or by which id they are known.
func (w words) name(p evidence.Person) string {
	if p.Deleted {
		return w.Say("%s (deleted on request)", p.Name)
	}
	if called := p.Called(); called != "" {
		return called
	}
	return w.Say("nobody: Latchkey by itself")
}

// person is somebody in a table: their name, and below it what tells them from others of
// that name. All ids are in a table of their own.
func (w words) person(p evidence.Person) Cell {
	c := Cell{{Text: w.name(p), Style: Strong}}
	switch {
	case p.Mail != "" && p.Mail != p.Name:
		c = append(c, small(p.Mail))
	case p.User != "" && !p.Deleted:
		c = append(c, small("Slack "+slackID(p)))
	case p.Object != "":
		c = append(c, small("Entra "+string(p.Object)))
	}
	return c
}

// text is what somebody wrote, or why it is not there.
func (w words) text(t evidence.Text) Cell {
	switch {
	case t.Deleted:
		return Cell{{Text: w.Say("What was written here was deleted on request."), Style: Absent}}
	case t.Gone:
		return Cell{{Text: w.Say("What was written here was deleted when its time was over. The audit log holds its digest."), Style: Absent}}
	case t.Altered:
		return Cell{{Text: t.Text}, {Text: w.Say("This is not what the audit log was told."), Style: Warn}}
	case t.Text == "":
		return nil
	}
	return Cell{{Text: t.Text}}
}

func (w words) roles(ids []access.RoleID) Cell {
	c := make(Cell, len(ids))
	for i, id := range ids {
		c[i] = Line{Text: roles.Name(id)}
	}
	return c
}

func roleNames(ids []access.RoleID) string {
	out := make([]string, len(ids))
	for i, id := range ids {
		out[i] = roles.Name(id)
	}
	return strings.Join(out, ", ")
}

func plain(text string) Cell { return Cell{{Text: text}} }

func small(text string) Line { return Line{Text: text, Style: Small} }
