package access_test

import (
	"testing"
	"time"

	"latchkey/internal/access"
)

func zone(t *testing.T, name string) *time.Location {
	t.Helper()
	z, err := time.LoadLocation(name)
	if err != nil {
		t.Fatal(err)
	}
	return z
}

func moment(t *testing.T, text string) time.Time {
	t.Helper()
	at, err := time.Parse(time.RFC3339, text)
	if err != nil {
		t.Fatal(err)
	}
	return at
}

var workdays = []time.Weekday{time.Monday, time.Tuesday, time.Wednesday, time.Thursday, time.Friday}

// TestSummaryNext holds the days of daily summaries: over week ends, days on which
// the clock jumps, and after a time in which nothing was sent.
func TestSummaryNext(t *testing.T) {
	t.Parallel()
	every := append([]time.Weekday{time.Saturday, time.Sunday}, workdays...)
	for _, row := range []struct {
		name, zone string
		at         time.Duration
		days       []time.Weekday
		after      access.Day // empty: never sent
		now        string
		day        access.Day
		when       string
	}{
		{"Tomorrow", "Europe/Berlin", 9 * time.Hour, workdays, "2026-11-25", "2026-11-25T08:00:01Z", "2026-11-26", "2026-11-26T08:00:00Z"},
		{"OverTheWeekEnd", "Europe/Berlin", 9 * time.Hour, workdays, "2026-11-27", "2026-11-27T12:00:00Z", "2026-11-30", "2026-11-30T08:00:00Z"},
		{"MissedAndStillTheDay", "Europe/Berlin", 9 * time.Hour, workdays, "2026-11-24", "2026-11-25T22:59:59Z", "2026-11-25", "2026-11-25T08:00:00Z"},
		{"MissedForDays", "Europe/Berlin", 9 * time.Hour, workdays, "2026-11-16", "2026-11-25T07:00:00Z", "2026-11-25", "2026-11-25T08:00:00Z"},
		{"MissedAndNoWorkingDay", "Europe/Berlin", 9 * time.Hour, workdays, "2026-11-26", "2026-11-28T12:00:00Z", "2026-11-30", "2026-11-30T08:00:00Z"},
		{"MissedBehindMidnight", "Europe/Berlin", 9 * time.Hour, workdays, "2026-11-24", "2026-11-25T23:00:00Z", "2026-11-26", "2026-11-26T08:00:00Z"},
		{"FirstBefore", "Europe/Berlin", 9 * time.Hour, workdays, "", "2026-11-25T07:59:59Z", "2026-11-25", "2026-11-25T08:00:00Z"},
		{"FirstAfter", "Europe/Berlin", 9 * time.Hour, workdays, "", "2026-11-25T08:00:00Z", "2026-11-26", "2026-11-26T08:00:00Z"},
		{"SummerBegins", "Europe/Berlin", 9 * time.Hour, every, "2026-03-28", "2026-03-28T12:00:00Z", "2026-03-29", "2026-03-29T07:00:00Z"},
		{"SummerEnds", "Europe/Berlin", 9 * time.Hour, every, "2026-10-24", "2026-10-24T12:00:00Z", "2026-10-25", "2026-10-25T08:00:00Z"},
		{"SkippedTime", "Europe/Berlin", 150 * time.Minute, every, "2026-03-28", "2026-03-28T12:00:00Z", "2026-03-29", "2026-03-29T01:30:00Z"},
		{"TimeThatComesTwice", "Europe/Berlin", 150 * time.Minute, every, "2026-10-24", "2026-10-24T12:00:00Z", "2026-10-25", "2026-10-25T00:30:00Z"},
		{"SummerBeginsElsewhere", "America/New_York", 9 * time.Hour, every, "2026-03-07", "2026-03-07T20:00:00Z", "2026-03-08", "2026-03-08T13:00:00Z"},
		{"SummerEndsElsewhere", "America/New_York", 9 * time.Hour, every, "2026-10-31", "2026-10-31T20:00:00Z", "2026-11-01", "2026-11-01T14:00:00Z"},
		{"SkippedMidnight", "America/Santiago", 0, every, "2026-09-05", "2026-09-05T20:00:00Z", "2026-09-06", "2026-09-06T04:00:00Z"},
		{"Never", "Europe/Berlin", 9 * time.Hour, nil, "2026-11-25", "2026-11-25T12:00:00Z", "", "0001-01-01T00:00:00Z"},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			s := access.SummaryTimes{Zone: zone(t, row.zone), At: row.at, Days: row.days}
			day, at, ok := s.Next(row.after, moment(t, row.now))
			if row.after == "" {
				day, at, ok = s.First(moment(t, row.now))
			}
			if day != row.day || !at.Equal(moment(t, row.when)) || ok != (row.day != "") {
				t.Errorf("next is %s at %s, %v; want %s at %s", day, at.UTC().Format(time.RFC3339), ok, row.day, row.when)
			}
		})
	}
}

func TestDay(t *testing.T) {
	t.Parallel()
	berlin := zone(t, "Europe/Berlin")
	from, to := access.Day("2026-10-25").Span(berlin)
	if to.Sub(from) != 25*time.Hour || access.DayOf(from, berlin) != "2026-10-25" || access.DayOf(to, berlin) != "2026-10-26" {
		t.Errorf("the day on which summer ends lasts from %v to %v", from, to)
	}
	s := access.SummaryTimes{Zone: berlin, Days: workdays}
	for day, want := range map[access.Day]access.Day{"2026-11-30": "2026-11-27", "2026-11-29": "2026-11-27", "2026-11-25": "2026-11-24", "2026-01-01": "2025-12-31"} {
		if got := s.Before(day); got != want {
			t.Errorf("the working day before %s is %s, want %s", day, got, want)
		}
	}
	for day, want := range map[access.Day]bool{"2026-11-25": true, "2026-02-30": false, "": false, "25.11.2026": false} {
		if day.Valid() != want {
			t.Errorf("Valid(%q) = %v", day, !want)
		}
	}
}
