package messages

import (
	"strconv"
	"strings"
	"time"

	"latchkey/internal/access"
)

// Trend is what happened in a period and in the one before it.
type Trend struct {
	access.Period
	Now, Then Totals
}

// Totals counts what happened in a time.
type Totals struct {
	Asked, Given, Refused int
	Held                  time.Duration
	Customers             int
	Alerts                int
}

// trends tells how weeks and months compare with those before.
func (p *page) trends(v SummaryView) {
	for _, t := range v.Trends {
		title, figures := t.title(v.Zone), t.figures(v.Customer == "")
		p.section("*" + title + "*: " + figures + ".")
		p.say("%s: %s.", title, figures)
	}
}

func (t Trend) title(zone *time.Location) string {
	from, last := t.From.In(zone), t.To.Add(-time.Second).In(zone)
	switch t.Unit {
	case access.Week:
		return "Last week, " + from.Format("2 Jan") + " to " + last.Format("2 Jan") + ", and the week before"
	case access.Month:
		return from.Format("January 2006") + ", and the month before"
	}
	return "This time, and as many days before"
}

// figures names each total with what it was before, where there was any. Of how many
// customers there are, and of alerts, only the partner hears.
func (t Trend) figures(partner bool) string {
	var all []string
	add := func(what, now, then string, more int) {
		if now != then || now != none && now != noTime {
			all = append(all, what+": "+compared(now, then, more))
		}
	}
	figure := func(what string, now, then int) { add(what, strconv.Itoa(now), strconv.Itoa(then), now-then) }
	figure("requests", t.Now.Asked, t.Then.Asked)
	figure("access given", t.Now.Given, t.Then.Given)
	figure("denied or not decided", t.Now.Refused, t.Then.Refused)
	add("in force", heldFor(t.Now.Held), heldFor(t.Then.Held), int(t.Now.Held-t.Then.Held))
	if partner {
		figure("customers with access", t.Now.Customers, t.Then.Customers)
		figure("alerts", t.Now.Alerts, t.Then.Alerts)
	}
	return strings.Join(all, "; ")
}

const (
	none   = "0"
	noTime = "0 h"
)

func compared(now, then string, more int) string {
	switch {
	case now == then:
		return now + ", as before"
	case more > 0:
		return now + ", up from " + then
	}
	return now + ", down from " + then
}

// heldFor is a sum of times, as exactly as anybody wants to know it.
func heldFor(d time.Duration) string {
	switch {
	case d == 0:
		return noTime
	case d >= 24*time.Hour:
		d = d.Round(time.Hour)
	}
	return access.FormatDuration(d)
}
