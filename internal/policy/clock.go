package policy

import (
	"slices"
	"strings"
	"time"

	"latchkey/internal/access"
)

// Clock says by whose clock a rule tells days and hours. The zero value is the partner's.
type Clock string

// CustomersClock is the clock of the customer that is asked.
const CustomersClock Clock = "customer"

// clock reads by whose clock days and hours are told.
func (r *reader) clock(o object) Clock {
	v := o.get("clock")
	text := strings.ToLower(r.text(v, "clock"))
	switch {
	case text == "":
		return ""
	case text != "partner" && text != string(CustomersClock):
		r.at(v, "%q is no clock; write customer for that of the customer, or partner for that of the policy.", text)
	case o.fields["days"] == nil && o.fields["hours"] == nil:
		r.at(v, "clock says by whose clock days and hours are told; give the rule one of them, or remove it.")
	case text == string(CustomersClock):
		return CustomersClock
	}
	return ""
}

// zoneOf is the zone in which the rule tells days and hours at the customer.
func (p *Policy) zoneOf(rule Rule, customer access.TenantID) *time.Location {
	if c, ok := p.Customer(customer); ok && rule.Clock == CustomersClock {
		return location(c.TimeZone)
	}
	return rule.Hours.zone()
}

// timed reports whether the rule holds at some times alone.
func (r Rule) timed() bool { return len(r.Days) > 0 || r.Hours.From != r.Hours.Until }

// holds reports whether the rule holds at the moment, told in the zone.
func (r Rule) holds(at time.Time, zone *time.Location) bool {
	if len(r.Days) > 0 && !slices.Contains(r.Days, at.In(zone).Weekday()) {
		return false
	}
	hours := r.Hours
	hours.Zone = zone
	return hours.From == hours.Until || hours.In(at)
}

// clockIn is what the clock shows there.
func clockIn(at time.Time, zone *time.Location) string {
	return at.In(zone).Format("Mon 15:04") + " in " + zone.String()
}
