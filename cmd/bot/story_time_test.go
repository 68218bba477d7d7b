package main

import (
	"strings"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
)

// timeVerbs are the verbs of stories about moments:
//
//	clock tuesday 12:00   move the clock to the next one in Berlin
//	clock spring          move it to a noon three days before clocks there are put forward
//	moment FROM 20m       $FROM is that much from now, as somebody in Berlin types it
func timeVerbs() map[string]func(*testscript.TestScript, bool, []string) {
	return map[string]func(*testscript.TestScript, bool, []string){"clock": cmdClock, "moment": cmdMoment}
}

// berlin is where the partner of the sandbox is.
var berlin = func() *time.Location {
	zone, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		panic(err)
	}
	return zone
}()

func cmdClock(ts *testscript.TestScript, _ bool, args []string) {
	need(ts, args, 1, "clock weekday time, or clock spring")
	s, noon := on(ts), "12:00"
	is := func(at time.Time) bool { return strings.EqualFold(at.Weekday().String(), args[0]) }
	if args[0] == "spring" {
		is = func(at time.Time) bool { return !at.IsDST() && at.AddDate(0, 0, 3).IsDST() }
	} else if len(args) > 1 {
		noon = args[1]
	}
	clock, err := time.Parse("15:04", noon)
	ts.Check(err)
	now := s.Clock.Now().In(berlin)
	for day := 0; ; day++ {
		at := time.Date(now.Year(), now.Month(), now.Day()+day, clock.Hour(), clock.Minute(), 0, 0, now.Location())
		if at.After(now) && is(at) {
			ts.Check(s.Clock.Advance(at.Sub(now)))
			break
		}
	}
	if s.running() {
		ts.Check(s.wait("the bot to see the clock", s.Followed))
	}
}

func cmdMoment(ts *testscript.TestScript, _ bool, args []string) {
	need(ts, args, 2, "moment NAME duration")
	d, err := time.ParseDuration(args[1])
	ts.Check(err)
	// A moment is told in whole minutes. So that it is as far ahead as the story says, a
	// minute begins now.
	s := on(ts)
	now := s.Clock.Now()
	ts.Check(s.Clock.Advance(now.Truncate(time.Minute).Add(time.Minute).Sub(now)))
	if s.running() {
		ts.Check(s.wait("the bot to see the clock", s.Followed))
	}
	ts.Setenv(args[0], s.Clock.Now().Add(d).In(berlin).Format("2006-01-02 15:04"))
}
