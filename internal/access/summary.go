package access

import (
	"slices"
	"time"
)

// SummaryTimes says when a daily summary is sent.
type SummaryTimes struct {
	Zone *time.Location
	// At is how long after midnight, by the clock on the wall.
	At   time.Duration
	Days []time.Weekday // working days; none: never
}

// On is the moment of the day's summary. On a day on which the clock on the wall
// skips that time it is as much later; of a time that comes twice it is the first.
func (s SummaryTimes) On(day Day) time.Time {
	y, m, d := day.date()
	wall := time.Date(y, m, d, 0, int(s.At/time.Minute), 0, 0, time.UTC)
	at := time.Date(y, m, d, 0, int(s.At/time.Minute), 0, 0, s.Zone)
	// Of a time that does not come, or comes twice, package time returns either.
	if short := wall.Sub(onTheWall(at)); short > 0 {
		return at.Add(short)
	}
	for _, jump := range []time.Duration{30 * time.Minute, time.Hour} {
		if first := at.Add(-jump); onTheWall(first).Equal(wall) {
			return first
		}
	}
	return at
}

// onTheWall is what a clock shows there, as if it were UTC.
func onTheWall(at time.Time) time.Time {
	y, m, d := at.Date()
	return time.Date(y, m, d, at.Hour(), at.Minute(), at.Second(), 0, time.UTC)
}

// Next is the first working day after the given one whose summary is not out of
// date at now, and the moment at which it is to be sent. That moment may be past:
// a summary that was missed is sent as long as its day lasts. It returns false when
// there is none.
func (s SummaryTimes) Next(after Day, now time.Time) (Day, time.Time, bool) {
	day := max(after.Plus(1), DayOf(now, s.Zone))
	for range 7 {
		if slices.Contains(s.Days, day.Weekday()) {
			return day, s.On(day), true
		}
		day = day.Plus(1)
	}
	return "", time.Time{}, false
}

// First is what [SummaryTimes.Next] is for who has never been sent one: the first
// that is still to come.
func (s SummaryTimes) First(now time.Time) (Day, time.Time, bool) {
	today := DayOf(now, s.Zone)
	if s.On(today).After(now) {
		today = today.Plus(-1)
	}
	return s.Next(today, now)
}

// Day is a date, as in "2026-11-25". Days can be compared as texts.
type Day string

// DayOf is the date at the moment in the zone.
func DayOf(at time.Time, zone *time.Location) Day { return Day(at.In(zone).Format(time.DateOnly)) }

// Valid reports whether it is the date of a day.
func (d Day) Valid() bool {
	_, err := time.Parse(time.DateOnly, string(d))
	return err == nil
}

// Format writes the date as [time.Time.Format] does.
func (d Day) Format(layout string) string {
	y, m, n := d.date()
	return time.Date(y, m, n, 12, 0, 0, 0, time.UTC).Format(layout)
}

// Weekday is the day's place in the week.
func (d Day) Weekday() time.Weekday {
	y, m, n := d.date()
	return time.Date(y, m, n, 12, 0, 0, 0, time.UTC).Weekday()
}

// Span is from when until when the day lasts in the zone.
func (d Day) Span(zone *time.Location) (from, to time.Time) {
	y, m, n := d.date()
	return time.Date(y, m, n, 0, 0, 0, 0, zone), time.Date(y, m, n+1, 0, 0, 0, 0, zone)
}

// Before is the working day before the given one; of a Monday that is Friday, so
// that what happened at a weekend is told, too. Without working days it is the day
// before.
func (s SummaryTimes) Before(day Day) Day {
	for n := 1; n <= 7; n++ {
		if d := day.Plus(-n); slices.Contains(s.Days, d.Weekday()) {
			return d
		}
	}
	return day.Plus(-1)
}

// Plus is the day that many days later.
func (d Day) Plus(n int) Day {
	y, m, k := d.date()
	return Day(time.Date(y, m, k+n, 12, 0, 0, 0, time.UTC).Format(time.DateOnly))
}

func (d Day) date() (int, time.Month, int) {
	at, err := time.Parse(time.DateOnly, string(d))
	if err != nil {
		return 1, time.January, 1
	}
	return at.Date()
}
