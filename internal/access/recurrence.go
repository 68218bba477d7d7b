package access

import (
	"fmt"
	"slices"
	"time"
)

// Every says what windows of access come with.
type Every string

// What windows come with.
const (
	EveryDay     Every = "day"
	EveryWorkday Every = "workday" // from Monday to Friday
	EveryWeek    Every = "week"    // on one weekday
	EveryMonth   Every = "month"   // on the n-th of one weekday
)

// MostWindows bounds how many windows one approval can open.
const MostWindows = 100

// betweenWindows is the least time between the end of a window and the beginning of
// the next: until then the access of the one is gone.
const betweenWindows = 15 * time.Minute

// Recurrence says when windows of access begin: on which days, and when by the clock on
// the wall. On a day on which that clock skips the time, the window begins as much later;
// of a time that comes twice it begins with the first. However the clock is put, each
// window lasts as long as every other.
type Recurrence struct {
	Every   Every
	Weekday time.Weekday  // of [EveryWeek] and [EveryMonth]
	Nth     int           // of [EveryMonth]: the first is 1, the last of a month -1
	At      time.Duration // after midnight
	Zone    string        // whose clock, as in "Europe/Berlin"
	Last    Day           // the last one on which a window may begin
}

// Windows lists when the windows begin after a moment, the first [MostWindows] of them
// and one more, so that too many show. The zone is that of the recurrence.
func (r Recurrence) Windows(after time.Time, zone *time.Location) []time.Time {
	var out []time.Time
	clock := SummaryTimes{Zone: zone, At: r.At}
	for day := DayOf(after, zone); day <= r.Last && len(out) <= MostWindows; day = day.Plus(1) {
		if at := clock.On(day); r.on(day) && at.After(after) {
			out = append(out, at.UTC())
		}
	}
	return out
}

// on reports whether a window begins on the day.
func (r Recurrence) on(day Day) bool {
	switch r.Every {
	case EveryDay:
		return true
	case EveryWorkday:
		return day.Weekday() != time.Saturday && day.Weekday() != time.Sunday
	case EveryWeek:
		return day.Weekday() == r.Weekday
	case EveryMonth:
		_, month, n := day.date()
		if r.Nth < 0 {
			_, next, _ := day.Plus(7).date()
			return day.Weekday() == r.Weekday && next != month
		}
		return day.Weekday() == r.Weekday && (n+6)/7 == r.Nth
	}
	return false
}

// String says it in words, without the day on which it ends.
func (r Recurrence) String() string {
	at := fmt.Sprintf(" at %02d:%02d (%s)", int(r.At/time.Hour), int(r.At/time.Minute)%60, r.Zone)
	switch r.Every {
	case EveryDay:
		return "every day" + at
	case EveryWorkday:
		return "every working day" + at
	case EveryWeek:
		return "every " + r.Weekday.String() + at
	case EveryMonth:
		nth, ok := map[int]string{1: "first", 2: "second", 3: "third", 4: "fourth", -1: "last"}[r.Nth]
		if ok {
			return "every " + nth + " " + r.Weekday.String() + " of the month" + at
		}
	}
	return "at times that this version does not know"
}

// apart refuses windows that would run into each other, are too many, or do not come.
func apart(starts []time.Time, each time.Duration) error {
	switch {
	case len(starts) == 0:
		return Refuse(Invalid, "No such time comes before the last day. Name a later one, as in `until 2027-03-01`.").In("start")
	case len(starts) > MostWindows:
		return Refuse(Invalid, "That would be more than %d times. Name an earlier last day.", MostWindows).In("start")
	case !slices.IsSortedFunc(starts, time.Time.Compare):
		return Refuse(Invalid, "The times are not in their order.").In("start")
	}
	for i := range starts[1:] {
		if gap := starts[i+1].Sub(starts[i]) - each; gap < betweenWindows {
			return Refuse(Invalid, "Each of these times must end %s before the next begins. Ask for less than %s.",
				FormatDuration(betweenWindows), FormatDuration(each)).In("duration")
		}
	}
	return nil
}
