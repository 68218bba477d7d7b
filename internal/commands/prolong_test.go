package commands_test

import (
	"strings"
	"testing"
	"time"

	"latchkey/internal/access"
	"latchkey/internal/approvals"
	"latchkey/internal/commands"
	"latchkey/internal/messages"
)

// TestRequestAhead holds that a start is meant by the clock of the one who asks, and by
// that of policy.yml where Slack does not tell theirs.
func TestRequestAhead(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		name string
		by   access.Person
		text string
		says string
		does string
	}{
		{"OwnClock", ana, "request contoso mail for 4h from tomorrow 20:00 because x", "It begins at 2026-11-25 14:30 UTC.",
			"submit " + string(contoso) + " 1 roles 4h0m0s x; begins 2026-11-25T14:30:00Z, 0 windows"},
		{"ClockOfThePolicy", access.Person{Team: "T1", User: "U1CLEO"}, "request contoso mail for 4h from tomorrow 20:00 because x", "It begins at 2026-11-25 19:00 UTC.",
			"submit " + string(contoso) + " 1 roles 4h0m0s x; begins 2026-11-25T19:00:00Z, 0 windows"},
		{"Recurring", ana, "request contoso mail every patch tuesday 20:00-23:00 until 2027-01-31 because x", "2 times, 6 h in all, of Exchange Administrator. It begins first on 2026-12-08 14:30 UTC: every second Tuesday of the month at 20:00 (Asia/Kolkata).",
			"submit " + string(contoso) + " 1 roles 3h0m0s x; begins 2026-12-08T14:30:00Z, 2 windows"},
		{"NoTime", ana, "request contoso mail for 4h from tomorrow because x", "Say at what time", ""},
		{"None", ana, "request contoso mail for 1h every day 20:00 until 2026-11-01 because x", "No such time comes", ""},
		{"Past", ana, "request contoso mail for 4h from today 8:00 because x", "is past", ""},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			w.policy.TimeZone = "Europe/Berlin"
			r := w.router.Slash(t.Context(), commands.Invocation{Origin: approvals.Origin{Actor: row.by, Channel: "C9"}, Text: row.text})
			w.expect(t, r, row.says, row.does)
		})
	}
}

// TestFormAhead holds that the form asks for the start where some rule allows one.
func TestFormAhead(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	if said := heard(w.slash(t.Context(), "request")); strings.Contains(said, "start") {
		t.Errorf("asks for a start that nobody may choose: %s", said)
	}
	w.policy.Rule.StartWithin = 24 * time.Hour
	if said := heard(w.slash(t.Context(), "request")); !strings.Contains(said, "duration start justification") {
		t.Errorf("does not ask for the start: %s", said)
	}
	fill := func(at time.Time) commands.Reply {
		return w.router.Submit(t.Context(), commands.Invocation{
			Origin: approvals.Origin{Actor: ana}, Callback: messages.ViewRequest,
			Values: map[string]commands.Value{
				"customer": {Selected: []string{string(contoso)}}, "roles": {Selected: []string{string(w.policy.Bundles[1].Roles[0])}},
				"duration": {Text: "4h"}, "start": {Moment: at}, "justification": {Text: "x"},
			},
		})
	}
	w.expect(t, fill(now.Add(-time.Hour)), "errors: start=2026-11-24 08:00 UTC is past", "")
	w.expect(t, fill(now.Add(2*time.Hour)), "silence", "submit "+string(contoso)+" 1 roles 4h0m0s x; begins 2026-11-24T11:00:00Z, 0 windows")
}

// TestProlong holds that a button asks for more time, and what it carries is checked.
func TestProlong(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	id := w.given(t)
	ref := messages.Ref(id, 1)
	w.expect(t, w.click(t.Context(), ana, messages.ActionProlong, ref), "modal grant.extend "+ref, "")
	submit := func(private, length, why string) commands.Reply {
		return w.router.Submit(t.Context(), commands.Invocation{
			Origin: approvals.Origin{Actor: ana}, Callback: messages.ViewProlong, Private: private,
			Values: map[string]commands.Value{"duration": {Text: length}, "justification": {Text: why}},
		})
	}
	w.expect(t, submit(ref, "long", "x"), "errors: duration=", "")
	w.expect(t, submit(ref, "1h", " "), "errors: justification=", "")
	w.expect(t, submit(ref, "1h", "it takes longer"), "silence", "extend "+string(id)+" by 1h0m0s: it takes longer")
	w.did = nil
	w.expect(t, submit("R-1", "1h", "x"), "does not belong to a request", "refused malformed button")
	w.did = nil
	w.expect(t, w.click(t.Context(), ana, messages.ActionProlong, "R-1"), "does not belong to a request", "refused malformed button")
	w.did = nil
	g := w.grants[id]
	g.Extended = 1
	w.grants[id] = g
	w.expect(t, w.click(t.Context(), ana, messages.ActionProlong, ref), "as often as policy allows", "")
}

// TestStopButton holds that one button ends all that is to come.
func TestStopButton(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		by   access.Person
		says string
	}{{ana, "none of its access begins any more"}, {bo, "silence"}} {
		w := newWorld(t)
		r, err := w.Submit(t.Context(), approvals.Origin{Actor: ana}, approvals.Ask{
			Customer: contoso, Roles: w.policy.Bundles[1].Roles, Duration: time.Hour, Justification: "why", StartAt: now.Add(2 * time.Hour),
		})
		if err != nil {
			t.Fatal(err)
		}
		if r, err = r.Decide(access.Decision{By: bo, Verdict: access.Approve}, 1, now); err != nil {
			t.Fatal(err)
		}
		w.requests[r.ID] = r
		w.did = nil
		w.expect(t, w.click(t.Context(), row.by, messages.ActionStop, messages.Ref(r.ID, 1)), row.says, "stop "+string(r.ID))
		w.did = nil
		refused := w.click(t.Context(), row.by, messages.ActionStop, messages.Ref(r.ID, 1))
		if refused.Message == nil && refused.Modal == nil {
			t.Error("a second click is not told that it is over")
		}
		w.click(t.Context(), row.by, messages.ActionStop, "R-1")
		w.expect(t, commands.Reply{}, "silence", "refused malformed button")
	}
}
