package overview

import (
	"cmp"
	"fmt"
	"html/template"
	"strconv"
	"strings"
	"time"

	"latchkey/internal/access"
	"latchkey/internal/evidence"
	"latchkey/internal/roles"
)

// document is the page in words.
type document struct {
	Title, Period, Made string
	Figures             []figure
	Sections            []section
	Foot                []string
}

// figure is a number that says something by itself.
type figure struct {
	Value, Name string
	Warn        bool
}

// section is a part with a title. Its pictures stand beside its first table where there is
// room, else above it.
type section struct {
	ID, Title string
	Lead      []string
	Pictures  []picture
	Tables    []table
	After     []string
}

type picture struct {
	Title  string
	Wide   bool          // nothing stands beside it
	SVG    template.HTML // drawn by package report, which escapes every text
	Legend []key
}

type key struct {
	Colour template.CSS
	Name   string
	Figure string
}

type table struct {
	Title   string
	Columns []column
	Rows    [][]cell
	Wide    bool // it is as wide as the page even beside pictures
	Spread  bool // with room for names in its first column
	Cards   bool // where there is little room, each row is by itself
}

type column struct {
	Title  string
	Number bool
}

type cell struct {
	Text   string
	Small  string // below it
	Meter  template.HTML
	Number bool
	Warn   bool
	Head   bool // it says what its row is about
	ID     bool // it is in one line
}

// words says things by the clock of the partner.
type words struct{ zone *time.Location }

func view(o evidence.Overview) document {
	w := words{o.Zone}
	d := document{
		Title: "How delegated access was used", Period: w.period(o), Figures: figures(o),
		Made: fmt.Sprintf("All customers. Made on %s; times are those of %s.", w.at(o.Made), o.Zone),
	}
	if o.Upto.Before(o.Span.To) {
		d.Made += " The time is not over yet."
	}
	if o.Empty() {
		d.Sections = append(d.Sections, section{Title: "Nothing happened", Lead: []string{"Nobody asked for access in this time, nobody had any, and nothing waits."}})
	} else {
		d.Sections = append(d.Sections, w.course(o), w.teams(o), w.people(o), w.customers(o), w.roles(o), w.decided(o), w.denials(o), w.glass(o))
	}
	d.Sections = append(d.Sections, w.standing(o))
	d.Foot = foot(o)
	return d
}

func figures(o evidence.Overview) []figure {
	open := 0
	for _, g := range o.Glass {
		if g.Open {
			open++
		}
	}
	out := []figure{
		{Value: number(o.Sum.Given), Name: plural(o.Sum.Given, "time of access", "times of access")},
		{Value: strconv.FormatFloat(o.Sum.Held.Hours(), 'f', 0, 64), Name: "hours of access"},
		{Value: number(o.Sum.People), Name: plural(o.Sum.People, "person had access", "people had access")},
		{Value: fmt.Sprintf("%d of %d", o.Sum.Customers, max(o.Served, o.Sum.Customers)), Name: "customers were worked at"},
		{Value: wait(o.Sum.Waits), Name: "half of the decisions came within"},
		{Value: number(o.Outcomes.Denied), Name: "denied"},
		{Value: number(len(o.Glass)), Name: "by break-glass", Warn: len(o.Glass) > 0},
	}
	if open > 0 {
		out[6].Name += fmt.Sprintf(", %d not signed off", open)
	}
	if n := len(o.Groups); !o.ReadAt.IsZero() {
		risky := 0
		for _, g := range o.Groups {
			if g.Privileged {
				risky++
			}
		}
		out = append(out, figure{Value: number(n), Name: plural(n, "group has", "groups have") + fmt.Sprintf(" standing access, %d of them privileged", risky), Warn: risky > 0})
	}
	return out
}

func foot(o evidence.Overview) []string {
	var out []string
	if o.Last > 0 {
		made := fmt.Sprintf("Made of the audit log up to event %d", o.Last)
		if o.First > 0 {
			made = fmt.Sprintf("Made of events %d to %d of the audit log", o.First, o.Last)
		}
		out = append(out, made+", and of what began before them and was not over. `bot audit verify` checks the log.")
	}
	if o.Policy != "" {
		out = append(out, "Who is in which team is as policy.yml (version "+o.Policy+"), Slack and Entra say now.")
	}
	if o.Unread > 0 {
		out = append(out, fmt.Sprintf("%d %s could not be read, and what they say is missing here: `bot state check` names them.", o.Unread, plural(o.Unread, "record", "records")))
	}
	return out
}

func (w words) at(t time.Time) string { return t.In(w.zone).Format("2 January 2006, 15:04") }

func (w words) short(t time.Time) string { return t.In(w.zone).Format("2 Jan 15:04") }

func (w words) day(t time.Time) string { return t.In(w.zone).Format("2 January 2006") }

// period calls a month by its name, a year by its number, and another time by its first and
// its last day.
func (w words) period(o evidence.Overview) string {
	if at, err := time.Parse("2006-01", o.Span.Name); err == nil {
		return at.Format("January 2006")
	}
	if _, err := time.Parse("2006", o.Span.Name); err == nil {
		return o.Span.Name
	}
	last := o.Span.To.Add(-time.Second)
	if from := w.day(o.Span.From); from != w.day(last) {
		return from + " – " + w.day(last)
	}
	return w.day(last)
}

func number(n int) string { return strconv.Itoa(n) }

func plural(n int, one, more string) string {
	if n == 1 {
		return one
	}
	return more
}

// hours writes a time of access so that a column of them can be compared.
func hours(d time.Duration) string {
	switch {
	case d == 0:
		return "0"
	case d.Hours() < 0.05:
		return "< 0.1"
	}
	return strconv.FormatFloat(d.Hours(), 'f', 1, 64)
}

func wait(w evidence.Waits) string {
	if w.Count == 0 {
		return "–"
	}
	return access.FormatDuration(w.Median)
}

func ninety(w evidence.Waits) string {
	if w.Count == 0 {
		return "–"
	}
	return access.FormatDuration(w.Ninety)
}

// called is how a person is named.
func called(p evidence.Person) string {
	if p.Deleted {
		return p.Name + " (deleted on request)"
	}
	return cmp.Or(p.Called(), "somebody")
}

func named(ids []access.RoleID) string {
	out := make([]string, len(ids))
	for i, id := range ids {
		out[i] = roles.Name(id)
	}
	return strings.Join(out, ", ")
}

// said is what somebody wrote, as far as it is there.
func said(t evidence.Text) string {
	switch {
	case t.Deleted:
		return "deleted on request"
	case t.Gone:
		return "not kept any more"
	case t.Altered:
		return t.Text + " (not what the log was told)"
	}
	return t.Text
}
