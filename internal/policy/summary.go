package policy

import (
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/goccy/go-yaml/ast"

	"latchkey/internal/access"
)

var clock = regexp.MustCompile(`^([01][0-9]|2[0-3]):([0-5][0-9])$`)

var weekdays = []string{"sun", "mon", "tue", "wed", "thu", "fri", "sat"}

// usualSummary is when the daily summary is sent where the file says nothing: at
// the beginning of a working day.
var usualSummary = access.SummaryTimes{
	At:   9 * time.Hour,
	Days: []time.Weekday{time.Monday, time.Tuesday, time.Wednesday, time.Thursday, time.Friday},
}

// summary reads when the daily summary is sent; zone is the policy's.
func (r *reader) summary(n ast.Node, zone string) access.SummaryTimes {
	out := usualSummary
	out.Zone = location(zone)
	if n == nil {
		return out
	}
	o, ok := r.object(n, "summary", "at", "days")
	if !ok {
		return out
	}
	if v := o.get("at"); v != nil {
		text := r.text(v, "at")
		at, ok := timeOfDay(text)
		switch {
		case text == "":
		case !ok:
			r.at(v, `%q is not a time of day; write it in quotes, as in "08:30" or "17:00".`, text)
		default:
			out.At = at
		}
	}
	if v := o.get("days"); v != nil {
		out.Days = r.days(v)
	}
	return out
}

// days reads the days of the week on which it is sent.
func (r *reader) days(n ast.Node) []time.Weekday {
	var out []time.Weekday
	seen := names{}
	for _, v := range r.items(n, "days") {
		word := strings.ToLower(r.text(v, "a day"))
		i := slices.Index(weekdays, word)
		switch {
		case word == "":
		case i < 0:
			r.at(v, "%q is not a day; write mon, tue, wed, thu, fri, sat or sun.", word)
		case seen.unique(r, v, "day", word, word):
			out = append(out, time.Weekday(i))
		}
	}
	return out
}

// location is the zone of a name that was checked.
func location(name string) *time.Location {
	if z, err := time.LoadLocation(name); err == nil {
		return z
	}
	return time.UTC
}

// SummaryFor is when the customer's daily summary is sent: when the partner's own
// is, by the customer's clock. It returns false for a customer that has none.
func (p *Policy) SummaryFor(tenant access.TenantID) (access.SummaryTimes, bool) {
	c, ok := p.Customer(tenant)
	times := p.Summary
	times.Zone = location(c.TimeZone)
	return times, ok && c.Summary
}
