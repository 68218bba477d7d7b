package access_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	_ "time/tzdata"

	"latchkey/internal/access"
)

func zoned(t *testing.T, zone string) *time.Location {
	t.Helper()
	z, err := time.LoadLocation(zone)
	if err != nil {
		t.Fatal(err)
	}
	return z
}

// TestWindows holds on which days windows begin, and at which moment where the clock on
// the wall skips that time or shows it twice.
func TestWindows(t *testing.T) {
	t.Parallel()
	patchTuesday := access.Recurrence{Every: access.EveryMonth, Weekday: time.Tuesday, Nth: 2, At: 20 * time.Hour}
	for _, tt := range []struct {
		name, zone, after string
		r                 access.Recurrence
		last              access.Day
		want              string
	}{
		{"PatchTuesdays", "Europe/Berlin", "2026-11-30 12:00", patchTuesday, "2027-03-01",
			"2026-12-08T19:00Z 2027-01-12T19:00Z 2027-02-09T19:00Z"},
		{"TodayAheadCounts", "UTC", "2026-12-08 19:59", patchTuesday, "2026-12-08", "2026-12-08T20:00Z"},
		{"TodayPastDoesNot", "UTC", "2026-12-08 20:00", patchTuesday, "2026-12-31", ""},
		{"FirstOfMonthOnTheFirst", "UTC", "2026-11-30 00:00", access.Recurrence{Every: access.EveryMonth, Weekday: time.Tuesday, Nth: 1}, "2027-01-31",
			"2026-12-01T00:00Z 2027-01-05T00:00Z"},
		{"LastOfMonth", "UTC", "2027-01-01 00:00", access.Recurrence{Every: access.EveryMonth, Weekday: time.Sunday, Nth: -1}, "2027-03-31",
			"2027-01-31T00:00Z 2027-02-28T00:00Z 2027-03-28T00:00Z"},
		{"Weekly", "UTC", "2026-11-30 00:00", access.Recurrence{Every: access.EveryWeek, Weekday: time.Monday, At: 8 * time.Hour}, "2026-12-14",
			"2026-11-30T08:00Z 2026-12-07T08:00Z 2026-12-14T08:00Z"},
		{"Workdays", "UTC", "2026-12-04 00:00", access.Recurrence{Every: access.EveryWorkday, At: 9*time.Hour + 5*time.Minute}, "2026-12-07",
			"2026-12-04T09:05Z 2026-12-07T09:05Z"},
		{"SpringHasItAnHourLater", "Europe/Berlin", "2027-03-27 00:00", access.Recurrence{Every: access.EveryDay, At: 150 * time.Minute}, "2027-03-29",
			"2027-03-27T01:30Z 2027-03-28T01:30Z 2027-03-29T00:30Z"},
		{"AutumnTakesTheFirst", "Europe/Berlin", "2027-10-30 00:00", access.Recurrence{Every: access.EveryDay, At: 150 * time.Minute}, "2027-11-01",
			"2027-10-30T00:30Z 2027-10-31T00:30Z 2027-11-01T01:30Z"},
		{"SameOnTheWallAcrossSpring", "Europe/Berlin", "2027-03-20 00:00", access.Recurrence{Every: access.EveryWeek, Weekday: time.Tuesday, At: 20 * time.Hour}, "2027-03-30",
			"2027-03-23T19:00Z 2027-03-30T18:00Z"},
		{"HalfAnHour", "Australia/Lord_Howe", "2027-04-03 12:00", access.Recurrence{Every: access.EveryDay, At: 105 * time.Minute}, "2027-04-04",
			"2027-04-03T14:45Z"},
		{"WhatIsNotKnownNeverComes", "UTC", "2027-01-01 00:00", access.Recurrence{Every: "fortnight"}, "2027-12-31", ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			zone := zoned(t, tt.zone)
			after, err := time.ParseInLocation("2006-01-02 15:04", tt.after, zone)
			if err != nil {
				t.Fatal(err)
			}
			tt.r.Last = tt.last
			var got []string
			for _, at := range tt.r.Windows(after, zone) {
				got = append(got, at.Format("2006-01-02T15:04Z07:00"))
			}
			if s := strings.Join(got, " "); s != tt.want {
				t.Errorf("Windows = %s, want %s", s, tt.want)
			}
		})
	}
}

func TestWindowsAreBounded(t *testing.T) {
	t.Parallel()
	r := access.Recurrence{Every: access.EveryDay, Last: "9999-01-01"}
	if n := len(r.Windows(start, time.UTC)); n != access.MostWindows+1 {
		t.Errorf("%d windows, want %d", n, access.MostWindows+1)
	}
}

func TestRecurrenceInWords(t *testing.T) {
	t.Parallel()
	at, zone := 20*time.Hour+5*time.Minute, "Europe/Berlin"
	for want, r := range map[string]access.Recurrence{
		"every day at 20:05 (Europe/Berlin)":                         {Every: access.EveryDay, At: at, Zone: zone},
		"every working day at 20:05 (Europe/Berlin)":                 {Every: access.EveryWorkday, At: at, Zone: zone},
		"every Friday at 20:05 (Europe/Berlin)":                      {Every: access.EveryWeek, Weekday: time.Friday, At: at, Zone: zone},
		"every second Tuesday of the month at 20:05 (Europe/Berlin)": {Every: access.EveryMonth, Weekday: time.Tuesday, Nth: 2, At: at, Zone: zone},
		"every last Sunday of the month at 20:05 (Europe/Berlin)":    {Every: access.EveryMonth, Nth: -1, At: at, Zone: zone},
		"at times that this version does not know":                   {Every: "fortnight"},
	} {
		if got := r.String(); got != want {
			t.Errorf("%+v is %q, want %q", r, got, want)
		}
	}
}

// scheduledTerms are those of a request whose rule allows a start and windows ahead.
func scheduledTerms() access.Request {
	r := terms()
	r.Rule.StartWithin, r.Rule.Recurring, r.Rule.Extensions = 30*24*time.Hour, 90*24*time.Hour, 2
	return r
}

func TestScheduledRequest(t *testing.T) {
	t.Parallel()
	day := 24 * time.Hour
	every := func(n int, gap time.Duration) (out []time.Time) {
		for i := range n {
			out = append(out, start.Add(day).Add(time.Duration(i)*gap))
		}
		return out
	}
	for _, tt := range []struct {
		name  string
		alter func(*access.Request)
		says  string
	}{
		{"Once", func(r *access.Request) { r.StartAt = start.Add(day) }, ""},
		{"Furthest", func(r *access.Request) { r.StartAt = start.Add(30 * day) }, ""},
		{"TooFar", func(r *access.Request) { r.StartAt = start.Add(30*day + time.Minute) }, "at most 30 d ahead"},
		{"Past", func(r *access.Request) { r.StartAt = start.Add(-time.Hour) }, "is past, or too soon"},
		{"TooSoon", func(r *access.Request) { r.StartAt = start.Add(4 * time.Minute) }, "is past, or too soon"},
		{"NotAllowed", func(r *access.Request) { r.StartAt, r.Rule.StartWithin = start.Add(day), 0 }, "does not let access be asked for ahead"},
		{"Recurring", func(r *access.Request) { r.Windows = every(3, 7*day) }, ""},
		{"RecurringNotAllowed", func(r *access.Request) { r.Windows, r.Rule.Recurring = every(3, 7*day), 0 }, "does not let access recur"},
		{"RecurringTooLong", func(r *access.Request) { r.Windows = every(14, 7*day) }, "at most 90 d"},
		{"TooMany", func(r *access.Request) { r.Windows = every(101, 3*time.Hour) }, "more than 100 times"},
		{"None", func(r *access.Request) { r.Windows = []time.Time{} }, "No such time comes"},
		{"IntoEachOther", func(r *access.Request) { r.Windows = every(3, r.Duration+14*time.Minute) }, "must end 15 min before the next"},
		{"JustApart", func(r *access.Request) { r.Windows = every(3, r.Duration+15*time.Minute) }, ""},
		{"NotInOrder", func(r *access.Request) { r.Windows = every(3, 7*day); slices.Reverse(r.Windows) }, "not in their order"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			asked := scheduledTerms()
			tt.alter(&asked)
			r, err := access.NewRequest(asked, start)
			if tt.says != "" {
				if err == nil || !strings.Contains(err.Error(), tt.says) {
					t.Fatalf("NewRequest: %v, want %q", err, tt.says)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if r.Scheduled() && r.DecideBy.After(r.StartAt) {
				t.Errorf("begins at %v and can be decided until %v", r.StartAt, r.DecideBy)
			}
			if r.Recurring() && !r.StartAt.Equal(r.Windows[0]) {
				t.Errorf("begins at %v, the first window at %v", r.StartAt, r.Windows[0])
			}
		})
	}
}
