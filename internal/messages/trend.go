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
		title, figures := p.in.trend(t, v.Zone), p.in.figures(t, v.Customer == "")
		p.section("*" + title + "*: " + figures + ".")
		p.say("%s: %s.", title, figures)
	}
}

func (in tongue) trend(t Trend, zone *time.Location) string {
	from, last := t.From.In(zone), t.To.Add(-time.Second).In(zone)
	switch t.Unit {
	case access.Week:
		return in.Say("Last week, %s to %s, and the week before", in.MonthDay(from), in.MonthDay(last))
	case access.Month:
		return in.Say("%s, and the month before", in.Month(from))
	}
	return in.Say("This time, and as many days before")
}

// figures names each total with what it was before, where there was any. Of how many
// customers there are, and of alerts, only the partner hears.
func (in tongue) figures(t Trend, partner bool) string {
	var all []string
	add := func(what, now, then string, more int) {
		if now != then || now != none && now != noTime {
			all = append(all, what+": "+in.compared(now, then, more))
		}
	}
	figure := func(what string, now, then int) { add(what, strconv.Itoa(now), strconv.Itoa(then), now-then) }
	figure(in.Say("requests"), t.Now.Asked, t.Then.Asked)
	figure(in.Say("access given"), t.Now.Given, t.Then.Given)
	figure(in.Say("denied or not decided"), t.Now.Refused, t.Then.Refused)
	add(in.Say("in force"), in.heldFor(t.Now.Held), in.heldFor(t.Then.Held), int(t.Now.Held-t.Then.Held))
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

func (in tongue) compared(now, then string, more int) string {
	switch {
	case now == then:
		return in.Say("%s, as before", now)
	case more > 0:
		return in.Say("%s, up from %s", now, then)
	}
	return in.Say("%s, down from %s", now, then)
}

// heldFor is a sum of times, as exactly as anybody wants to know it.
func (in tongue) heldFor(d time.Duration) string {
	switch {
	case d == 0:
		return noTime
	case d >= 24*time.Hour:
		d = d.Round(time.Hour)
	}
	return in.Duration(d)
}
