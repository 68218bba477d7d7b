package commands

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"latchkey/internal/access"
)

// When is when access is wanted, as it was typed. The zero value is as soon as it is
// approved.
//
//	from [<day>] <time>
//	every <days> <time>[-<time>] (until <date> | for <n> weeks | for <n> months)
//
// A day is today, tomorrow, a weekday or a date as in 2026-12-08, and a time is on the
// clock of 24 hours. The days are day, weekday, or a weekday; before a weekday may stand
// first, second, third, fourth or last, which counts within the month. "patch tuesday" is
// the second Tuesday of the month. "at" may stand before a time and changes nothing.
type When struct {
	Day   string            // of a single start; empty: the next time the clock shows At
	At    time.Duration     // after midnight
	Every access.Recurrence // without its clock and its last day
	Last  access.Day        // of windows
	Count int               // or for how many of Unit they come
	Unit  string            // "week" or "month"

	once bool
}

// Given reports whether anything was said of it.
func (w When) Given() bool { return w.once || w.Every.Every != "" }

var (
	clockTime = regexp.MustCompile(`^([01]?\d|2[0-3]):([0-5]\d)(?:[-–—]([01]?\d|2[0-3]):([0-5]\d))?$`)
	isoDate   = regexp.MustCompile(`^\d{4}-\d{2}-\d{2}$`)
	nths      = []string{"", "first", "second", "third", "fourth"}
)

func badWhen(format string, args ...any) error {
	return access.Refuse(access.Invalid, format, args...).In("start")
}

// takeWhen takes what is said of when out of the words. Length is how long each window
// lasts, where its end was said, too.
func takeWhen(words []Word) (rest []Word, w When, length time.Duration, err error) {
	rest = words
	for i := range words {
		taken := 0
		switch {
		case words[i].is("from"):
			taken, length, err = w.from(words[i+1:])
		case words[i].is("every"):
			taken, length, err = w.every(words[i+1:])
		}
		if err != nil {
			return nil, When{}, 0, err
		}
		if taken > 0 {
			rest = append(slices.Clone(words[:i]), words[i+1+taken:]...)
			break
		}
	}
	if w.Every.Every == "" {
		return rest, w, length, nil
	}
	if rest = w.last(rest); w.Last == "" && w.Count == 0 {
		return nil, When{}, 0, badWhen("Say until when access is wanted again and again, as in `until 2027-03-01` or `for 3 months`.")
	}
	return rest, w, length, nil
}

// from reads a single start, and how many words it took; none when that is none.
func (w *When) from(words []Word) (int, time.Duration, error) {
	n := 0
	if len(words) > 0 && isDay(words[0]) {
		w.Day, n = strings.ToLower(words[0].Text), 1
	}
	taken, at, length, err := clock(words[n:])
	if n == 0 && taken == 0 && err == nil {
		return 0, 0, nil
	}
	if err != nil || taken == 0 {
		return 0, 0, badWhen("Say at what time, on the clock of 24 hours, as in `from tomorrow 20:00`.")
	}
	if isoDate.MatchString(w.Day) && !access.Day(w.Day).Valid() {
		return 0, 0, badWhen("There is no day %s.", w.Day)
	}
	w.At, w.once = at, true
	return n + taken, length, nil
}

// every reads on which days windows begin, and when.
func (w *When) every(words []Word) (int, time.Duration, error) {
	r, n := days(words)
	if n == 0 {
		return 0, 0, nil
	}
	taken, at, length, err := clock(words[n:])
	if err != nil || taken == 0 {
		return 0, 0, badWhen("Say at what time, on the clock of 24 hours, as in `every second tuesday 20:00` or `every day 20:00-23:00`.")
	}
	r.At = at
	w.Every = r
	return n + taken, length, nil
}

// days reads which days come again, and how many words that took.
func days(words []Word) (access.Recurrence, int) {
	at := func(i int) string {
		if i < len(words) && !words[i].Quoted {
			return strings.ToLower(words[i].Text)
		}
		return ""
	}
	var r access.Recurrence
	if day, ok := weekday(at(0)); ok {
		r.Every, r.Weekday = access.EveryWeek, day
		return r, 1
	}
	switch at(0) {
	case "day":
		r.Every = access.EveryDay
		return r, 1
	case "weekday", "workday":
		r.Every = access.EveryWorkday
		return r, 1
	case "patch":
		r.Nth = 2
	case "last":
		r.Nth = -1
	default:
		r.Nth = max(0, slices.Index(nths, at(0)))
	}
	day, ok := weekday(at(1))
	if !ok || r.Nth == 0 || at(0) == "patch" && day != time.Tuesday {
		return r, 0
	}
	r.Every, r.Weekday = access.EveryMonth, day
	if at(2) == "of" && at(3) == "the" && at(4) == "month" {
		return r, 5
	}
	return r, 2
}

// clock reads a time, and how long it is to the second one, if there is one.
func clock(words []Word) (taken int, at, length time.Duration, err error) {
	if len(words) > 0 && words[0].is("at") {
		words, taken = words[1:], 1
	}
	if len(words) == 0 {
		return 0, 0, 0, nil
	}
	m := clockTime.FindStringSubmatch(words[0].Text)
	if m == nil {
		if strings.Contains(words[0].Text, ":") {
			err = badWhen("“%s” is not a time.", short(words[0].Text))
		}
		return 0, 0, 0, err
	}
	minutes := func(h, m string) time.Duration {
		hours, _ := strconv.Atoi(h) // what fits the pattern is a number
		rest, _ := strconv.Atoi(m)
		return time.Duration(hours)*time.Hour + time.Duration(rest)*time.Minute
	}
	at = minutes(m[1], m[2])
	if m[3] != "" {
		if length = minutes(m[3], m[4]) - at; length <= 0 {
			length += 24 * time.Hour
		}
	}
	return taken + 1, at, length, nil
}

// last takes the last day of windows out of the words.
func (w *When) last(words []Word) []Word {
	for i := len(words) - 2; i >= 0; i-- {
		after := words[i+1:]
		if words[i].is("until") && isoDate.MatchString(after[0].Text) && access.Day(after[0].Text).Valid() {
			w.Last = access.Day(after[0].Text)
			return append(slices.Clone(words[:i]), after[1:]...)
		}
		if !words[i].is("for") || len(after) < 2 {
			continue
		}
		n, err := strconv.Atoi(after[0].Text)
		unit := strings.TrimSuffix(strings.ToLower(after[1].Text), "s")
		if err == nil && n > 0 && n <= 52 && (unit == "week" || unit == "month") {
			w.Count, w.Unit = n, unit
			return append(slices.Clone(words[:i]), after[2:]...)
		}
	}
	return words
}

func isDay(word Word) bool {
	_, ok := weekday(strings.ToLower(word.Text))
	return !word.Quoted && (ok || word.is("today") || word.is("tomorrow") || isoDate.MatchString(word.Text))
}

// weekday reads the name of one, in full or its first three letters.
func weekday(text string) (time.Weekday, bool) {
	for d := time.Sunday; d <= time.Saturday; d++ {
		name := strings.ToLower(d.String())
		if text == name || text == name[:3] {
			return d, true
		}
	}
	return 0, false
}

// Moments finds the start, or the windows and what they are made of, by the clock of
// the zone.
func (w When) Moments(now time.Time, zone *time.Location) (start time.Time, windows []time.Time, r access.Recurrence) {
	if w.Every.Every != "" {
		r = w.Every
		r.Zone, r.Last = zone.String(), w.lastDay(now.In(zone))
		if windows = r.Windows(now, zone); windows == nil {
			windows = []time.Time{}
		}
		return time.Time{}, windows, r
	}
	if !w.once {
		return time.Time{}, nil, r
	}
	day := access.DayOf(now, zone)
	on := access.SummaryTimes{Zone: zone, At: w.At}
	fits := func() bool { return on.On(day).After(now) }
	switch name, named := weekday(w.Day); {
	case named:
		fits = func() bool { return day.Weekday() == name && on.On(day).After(now) }
	case w.Day == "today":
		return on.On(day).UTC(), nil, r
	case w.Day == "tomorrow":
		return on.On(day.Plus(1)).UTC(), nil, r
	case w.Day != "":
		return on.On(access.Day(w.Day)).UTC(), nil, r
	}
	for !fits() {
		day = day.Plus(1)
	}
	return on.On(day).UTC(), nil, r
}

// lastDay is the last day of windows that come for some weeks or months from today.
func (w When) lastDay(today time.Time) access.Day {
	y, m, d := today.Date()
	switch w.Unit {
	case "week":
		return access.DayOf(today, today.Location()).Plus(7 * w.Count)
	case "month":
		end := time.Date(y, m+time.Month(w.Count)+1, 0, 12, 0, 0, 0, time.UTC) // of that month
		return access.DayOf(time.Date(end.Year(), end.Month(), min(d, end.Day()), 12, 0, 0, 0, time.UTC), time.UTC)
	}
	return w.Last
}

// String writes it so that it reads as the same again.
func (w When) String() string {
	at := fmt.Sprintf("%02d:%02d", int(w.At/time.Hour), int(w.At/time.Minute)%60)
	if w.once {
		return strings.Join(strings.Fields("from "+w.Day+" "+at), " ")
	}
	r := w.Every
	days := map[access.Every]string{access.EveryDay: "day", access.EveryWorkday: "weekday"}[r.Every]
	switch {
	case r.Every == "":
		return ""
	case days != "":
	case r.Nth < 0:
		days = "last " + strings.ToLower(r.Weekday.String())
	default:
		days = strings.TrimSpace(nths[r.Nth] + " " + strings.ToLower(r.Weekday.String()))
	}
	out := fmt.Sprintf("every %s %02d:%02d ", days, int(r.At/time.Hour), int(r.At/time.Minute)%60)
	if w.Count > 0 {
		return fmt.Sprintf("%sfor %d %ss", out, w.Count, w.Unit)
	}
	return out + "until " + string(w.Last)
}

// moments finds when access is to begin, by the clock of the person where Slack tells it,
// and else by that of policy.yml.
func (e Env) moments(ctx context.Context, inv Invocation, w When) (start time.Time, windows []time.Time, r access.Recurrence) {
	if !w.Given() {
		return time.Time{}, nil, r
	}
	zone := e.Policy().Zone()
	if e.Zone != nil {
		if own := e.Zone(ctx, inv.Origin.Actor); own != nil {
			zone = own
		}
	}
	return w.Moments(e.Now(), zone)
}

// noMoment adds to a refusal of the customer or the roles what may have been meant by a
// word that begins when access is wanted, but that nothing followed which says when.
func noMoment(asked Asked, refusal error) error {
	e, ok := errors.AsType[*access.Error](refusal)
	if !ok || asked.When.Given() || !slices.ContainsFunc(asked.Words, func(w Word) bool { return w.is("from") || w.is("every") }) {
		return refusal
	}
	said := *e
	said.Message += " If that was to say when: write it as in `from tomorrow 20:00` or `every tuesday 20:00 until 2027-03-01`."
	return &said
}
