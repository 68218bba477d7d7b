package access

import "time"

// Period is a time with the one before it, to compare it with.
type Period struct {
	Unit             PeriodUnit
	Before, From, To time.Time // the one before begins at Before and ends at From
}

// PeriodUnit is what a period is one of.
type PeriodUnit string

// The units. A week begins on Monday.
const (
	Week  PeriodUnit = "week"
	Month PeriodUnit = "month"
)

// Over lists the newest week and the newest month that ended after a day, as long as
// they ended by the beginning of another.
func Over(after, by Day, zone *time.Location) []Period {
	var out []Period
	y, m, d := by.date()
	since := (int(by.Weekday()) + 6) % 7 // days since Monday
	week := func(n int) time.Time { return time.Date(y, m, d-since-7*n, 0, 0, 0, 0, zone) }
	month := func(n int) time.Time { return time.Date(y, m-time.Month(n), 1, 0, 0, 0, 0, zone) }
	for _, p := range []Period{{Week, week(2), week(1), week(0)}, {Month, month(2), month(1), month(0)}} {
		if after < DayOf(p.To, zone) {
			out = append(out, p)
		}
	}
	return out
}
