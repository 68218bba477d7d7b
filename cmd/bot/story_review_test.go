package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/rogpeppe/go-internal/testscript"
)

// reviewVerbs are the verbs of stories about access reviews:
//
//	reviewed carol 1                  wait until she sees a review; it is $V1, the next $V2 …
//	answers carol review.keep $V1 2   wait for the button of the row and press it; "!": she has none now
func reviewVerbs() map[string]func(*testscript.TestScript, bool, []string) {
	return map[string]func(*testscript.TestScript, bool, []string){"answers": cmdAnswers, "reviewed": cmdReviewed}
}

var reviewID = regexp.MustCompile(`\bV-[0-9A-HJKMNP-TV-Z]{5}\b`)

// cmdReviewed names the newest review that the person sees.
func cmdReviewed(ts *testscript.TestScript, _ bool, args []string) {
	need(ts, args, 2, "reviewed who n")
	n, err := strconv.Atoi(args[1])
	ts.Check(err)
	s := on(ts)
	var ids []string
	ts.Check(s.wait(fmt.Sprintf("%s to see %d reviews", args[0], n), func() bool {
		ids = nil
		for _, id := range reviewID.FindAllString(s.read(args[0]), -1) {
			if !slices.Contains(ids, id) {
				ids = append(ids, id)
			}
		}
		return len(ids) >= n
	}))
	for i, id := range ids {
		ts.Setenv("V"+strconv.Itoa(i+1), id)
	}
}

// read is what somebody sees in Slack or, of who is known by an address, in their mailbox.
func (s *stage) read(who string) string {
	if strings.Contains(who, "@") {
		return s.mailed(who)
	}
	return s.seen(who)
}

// rowButton finds the button of a row in the newest message that has it.
func (s *stage) rowButton(who, action, review, row string) (channel, ts, value string, ok bool) {
	for _, c := range s.Slack.ChannelsOf(people[who]) {
		for _, m := range slices.Backward(s.Slack.Messages(people[who], c.ID)) {
			for _, v := range valuesOf(m.Blocks, action) {
				if strings.HasPrefix(v, review+"/"+row+"/") {
					return c.ID, m.TS, v, true
				}
			}
		}
	}
	return "", "", "", false
}

// valuesOf are the values of the buttons of an action.
func valuesOf(blocks json.RawMessage, action string) (out []string) {
	var all []struct {
		Elements []struct {
			ActionID string `json:"action_id"`
			Value    string
		}
	}
	if json.Unmarshal(blocks, &all) != nil {
		return nil
	}
	for _, b := range all {
		for _, e := range b.Elements {
			if e.ActionID == action {
				out = append(out, e.Value)
			}
		}
	}
	return out
}

func (s *stage) answers(who, action, review, row string) error {
	var channel, ts, value string
	if err := s.wait(fmt.Sprintf("%s to have %s on row %s of %s", who, action, row, review), func() (ok bool) {
		channel, ts, value, ok = s.rowButton(who, action, review, row)
		return ok
	}); err != nil {
		return fmt.Errorf("%w; %s sees:\n%s", err, who, s.seen(who))
	}
	d, err := s.Slack.ClickValue(context.Background(), people[who], channel, ts, action, value)
	s.last = d
	return errors.Join(err, d.Err)
}

func cmdAnswers(ts *testscript.TestScript, neg bool, args []string) {
	need(ts, args, 4, "answers who action review row")
	if neg {
		if _, _, _, ok := on(ts).rowButton(args[0], args[1], args[2], args[3]); ok {
			ts.Fatalf("%s has the button %s on row %s of %s", args[0], args[1], args[3], args[2])
		}
		return
	}
	outcome(ts, false, on(ts).answers(args[0], args[1], args[2], args[3]))
}
