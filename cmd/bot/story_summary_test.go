package main

import (
	"time"

	"github.com/rogpeppe/go-internal/testscript"
)

// summaryVerbs are the verbs of stories about daily summaries:
//
//	morning   move the clock to five past nine in Berlin, five minutes after the
//	          sandbox's summaries are due
//	monday    the same, on the next Monday
func summaryVerbs() map[string]func(*testscript.TestScript, bool, []string) {
	return map[string]func(*testscript.TestScript, bool, []string){"morning": cmdMorning, "monday": cmdMonday}
}

// cmdMorning lets time pass until the next morning's summaries are due.
func cmdMorning(ts *testscript.TestScript, _ bool, _ []string) {
	s := on(ts)
	ts.Check(s.Clock.Advance(until(s.Clock.Now(), func(time.Time) bool { return true })))
}

// cmdMonday lets time pass until those of the next Monday are.
func cmdMonday(ts *testscript.TestScript, _ bool, _ []string) {
	s := on(ts)
	ts.Check(s.Clock.Advance(until(s.Clock.Now(), func(at time.Time) bool { return at.Weekday() == time.Monday })))
}

// until is how long it takes to the next such morning, shortly after nine.
func until(now time.Time, is func(time.Time) bool) time.Duration {
	y, m, d := now.In(berlin).Date()
	for ; ; d++ {
		if next := time.Date(y, m, d, 9, 5, 0, 0, berlin); next.After(now) && is(next) {
			return next.Sub(now)
		}
	}
}
