package main

import (
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"latchkey/internal/chat/chattest"
	"latchkey/internal/graph/graphtest"
)

// trouble is what a story asks to go wrong.
type trouble struct {
	after, times, status, retry, duplicate, reorder, done int
	delay                                                 time.Duration
	err, drop                                             string
}

func parseTrouble(args []string) (f trouble, err error) {
	numbers := map[string]*int{
		"after": &f.after, "times": &f.times, "status": &f.status, "retry": &f.retry,
		"duplicate": &f.duplicate, "reorder": &f.reorder, "done": &f.done,
	}
	for _, a := range args {
		k, v, _ := strings.Cut(a, "=")
		var bad error
		switch k {
		case "delay":
			f.delay, bad = time.ParseDuration(v)
		case "error":
			f.err = v
		case "drop":
			f.drop = v
		default:
			n, known := numbers[k]
			if !known {
				return f, fmt.Errorf("there is no %q", k)
			}
			*n, bad = strconv.Atoi(v)
		}
		err = errors.Join(err, bad)
	}
	return f, err
}

// cmdFault adds to the plan of a stand-in what goes wrong next.
//
//	fault slack chat.postMessage times=2 retry=1
//	fault slack deliver:/slack/interactions duplicate=1
//	fault graph 'POST /groups/{id}/members/$ref' times=1 drop=after
func cmdFault(ts *testscript.TestScript, _ bool, args []string) {
	need(ts, args, 3, "fault slack|graph on key=value …")
	f, err := parseTrouble(args[2:])
	ts.Check(err)
	if args[0] == "slack" {
		ts.Check(on(ts).faultSlack(args[1], f))
		return
	}
	ts.Check(on(ts).faultGraph(args[1], f))
}

func (s *stage) faultSlack(where string, f trouble) error {
	return s.Slack.AddFault(chattest.Fault{
		On: where, After: f.after, Times: f.times, Delay: f.delay, Error: f.err, Status: f.status, RetryAfter: f.retry,
		Drop:      map[string]chattest.Drop{"before": chattest.DropBefore, "after": chattest.DropAfter}[f.drop],
		Duplicate: f.duplicate, Reorder: f.reorder > 0,
	})
}

func (s *stage) faultGraph(where string, f trouble) error {
	return s.Graph.AddFault(graphtest.Fault{
		On: where, After: f.after, Times: f.times, Delay: f.delay, Code: f.err, Status: f.status, RetryAfter: f.retry,
		Drop:       map[string]graphtest.Drop{"before": graphtest.DropBefore, "after": graphtest.DropAfter}[f.drop],
		DoThenFail: f.done > 0, Duplicate: f.duplicate, Reorder: f.reorder > 0,
	})
}

// cmdHit waits until every fault of the plan has hit, so that a story cannot
// pass because nothing went wrong, and clears the plan.
func cmdHit(ts *testscript.TestScript, _ bool, _ []string) {
	s := on(ts)
	ts.Check(s.wait("every fault to hit", func() bool {
		for _, f := range s.Slack.Faults() {
			if f.Hits == 0 || f.Hits < f.Times {
				return false
			}
		}
		for _, f := range s.Graph.Faults() {
			if f.Hits == 0 || f.Hits < f.Times {
				return false
			}
		}
		return true
	}))
	ts.Check(errors.Join(s.Slack.SetFaults(), s.Graph.SetFaults()))
}

// cmdOnce checks that exactly one message that a person sees in a channel says
// something.
func cmdOnce(ts *testscript.TestScript, _ bool, args []string) {
	need(ts, args, 3, "once who #channel pattern")
	re, err := regexp.Compile(args[2])
	ts.Check(err)
	n, s := 0, on(ts)
	for _, m := range s.Slack.Messages(people[args[0]], s.channel(args[1])) {
		if re.MatchString(s.said(m)) {
			n++
		}
	}
	if n != 1 {
		ts.Fatalf("%d messages say %q:\n%s", n, args[2], on(ts).seen(args[0]))
	}
}
