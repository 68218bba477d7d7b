package main

import (
	"time"

	"github.com/rogpeppe/go-internal/testscript"
)

// summaryVerbs are the verbs of stories about daily summaries:
//
//	morning   move the clock to five past nine in Berlin, five minutes after the
//	          sandbox's summaries are due
func summaryVerbs() map[string]func(*testscript.TestScript, bool, []string) {
	return map[string]func(*testscript.TestScript, bool, []string){"morning": cmdMorning}
}

func cmdMorning(ts *testscript.TestScript, _ bool, _ []string) {
	s := on(ts)
	berlin, err := time.LoadLocation("Europe/Berlin")
	ts.Check(err)
	now := s.Clock.Now().In(berlin)
	y, m, d := now.Date()
	next := time.Date(y, m, d, 9, 5, 0, 0, berlin)
	if !next.After(now) {
		next = time.Date(y, m, d+1, 9, 5, 0, 0, berlin)
	}
	ts.Check(s.Clock.Advance(next.Sub(now)))
}
