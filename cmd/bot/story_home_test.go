package main

import (
	"context"
	"encoding/json"
	"errors"
	"regexp"
	"strings"

	"github.com/rogpeppe/go-internal/testscript"
)

// cmdHome is a person who opens the app's Home.
func cmdHome(ts *testscript.TestScript, neg bool, args []string) {
	need(ts, args, 1, "home who")
	d, err := on(ts).Slack.OpenHome(context.Background(), people[args[0]])
	if err == nil {
		err = d.Err
	}
	outcome(ts, neg, err)
}

// cmdShows waits until somebody's Home says something; it is not opened again.
func cmdShows(ts *testscript.TestScript, neg bool, args []string) {
	need(ts, args, 2, "shows who pattern")
	s := on(ts)
	re := regexp.MustCompile(args[1])
	text := func() string { v, _ := s.Slack.Home(people[args[0]]); return plain(v.Raw) }
	if neg {
		if re.MatchString(text()) {
			ts.Fatalf("the home of %s shows %q:\n%s", args[0], args[1], text())
		}
		return
	}
	if err := s.wait("the home of "+args[0]+" to show "+args[1], func() bool { return re.MatchString(text()) }); err != nil {
		ts.Fatalf("%v; it shows:\n%s", err, text())
	}
	number(ts)
}

// cmdHides waits until somebody's Home does not say something any more.
func cmdHides(ts *testscript.TestScript, _ bool, args []string) {
	need(ts, args, 2, "hides who pattern")
	s := on(ts)
	re := regexp.MustCompile(args[1])
	text := func() string { v, _ := s.Slack.Home(people[args[0]]); return plain(v.Raw) }
	if err := s.wait("the home of "+args[0]+" to hide "+args[1], func() bool { return !re.MatchString(text()) }); err != nil {
		ts.Fatalf("%v; it shows:\n%s", err, text())
	}
}

// cmdPress presses a button in somebody's Home, that of a request where one is
// named.
func cmdPress(ts *testscript.TestScript, neg bool, args []string) {
	need(ts, args, 2, "press who action [request]")
	s := on(ts)
	v, _ := s.Slack.Home(people[args[0]])
	var raw struct {
		Blocks []json.RawMessage
	}
	ts.Check(json.Unmarshal(v.Raw, &raw))
	block := ""
	for _, b := range raw.Blocks {
		if strings.Contains(string(b), "\""+args[1]+"\"") && (len(args) < 3 || strings.Contains(string(b), "\""+args[2]+"/")) {
			var o struct {
				ID string `json:"block_id"`
			}
			ts.Check(json.Unmarshal(b, &o))
			block = o.ID
			break
		}
	}
	if neg {
		if block != "" {
			ts.Fatalf("the home of %s has the button", args[0])
		}
		return
	}
	if block == "" {
		ts.Fatalf("the home of %s has no such button: %s", args[0], v.Raw)
	}
	d, err := s.Slack.Click(context.Background(), people[args[0]], "", v.ID, block+"/"+args[1])
	s.last = d
	outcome(ts, neg, errors.Join(err, d.Err))
}
