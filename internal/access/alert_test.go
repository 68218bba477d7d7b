package access_test

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"latchkey/internal/access"
)

// What can happen to a relationship, as alerts see it.
var happenings = map[string]access.Change{
	"ending":     {Kind: access.ChangeEnding, Aspect: access.AspectStatus, From: "active", To: "terminating", Alarming: true},
	"terminated": {Kind: access.ChangeTerminated, Aspect: access.AspectStatus, From: "terminating", To: "terminated", Alarming: true},
	"ours":       {Kind: access.ChangeTerminated, Aspect: access.AspectStatus, From: "active", To: "terminated"},
	"active":     {Kind: access.ChangeActive, Aspect: access.AspectStatus, From: "terminating", To: "active"},
	"replaced":   {Kind: access.ChangeReplaced, Aspect: access.AspectStatus, To: "another"},
	"roles":      {Kind: access.ChangeRoles, Aspect: access.AspectRoles, From: "a b", To: "a", Alarming: true},
	"roles back": {Kind: access.ChangeRoles, Aspect: access.AspectRoles, From: "a", To: "a b", Alarming: true},
	"off":        {Kind: access.ChangeRenewal, Aspect: access.AspectRenewal, From: "on", To: "off", Alarming: true},
	"on":         {Kind: access.ChangeRenewal, Aspect: access.AspectRenewal, From: "off", To: "on"},
	"soon":       {Kind: access.ChangeEndsSoon, Aspect: access.AspectTime, To: "30", Alarming: true},
	"sooner":     {Kind: access.ChangeEndsSoon, Aspect: access.AspectTime, To: "7", Alarming: true},
	"extended":   {Kind: access.ChangeEnd, Aspect: access.AspectEnd, From: "x", To: "y"},
	"shortened":  {Kind: access.ChangeEnd, Aspect: access.AspectEnd, From: "y", To: "x", Alarming: true},
}

// after has an alert go through steps: a happening, "ack", "mute", "unmute",
// "card" and "storm" as a pass over the mirror makes them, or time that passes.
func after(t testing.TB, steps string) access.Alert {
	t.Helper()
	a, now := access.Alert{ID: "A-0123456789"}, start
	for _, step := range strings.Split(steps, ", ") {
		var err error
		c, happens := happenings[step]
		wait, waits := time.ParseDuration(step)
		switch {
		case happens:
			c.At = now
			a = a.Changed(c)
		case waits == nil:
			now = now.Add(wait)
		case step == "ack":
			a, err = a.Acknowledge(ana, now)
		case step == "mute":
			a, err = a.Mute(bo, now)
		case step == "unmute":
			a = a.Unmute(now)
		case step == "card":
			a = a.Carded()
		case step == "storm":
			a = a.Stormed("S-1")
		default:
			t.Fatalf("no step %q", step)
		}
		if err != nil {
			t.Fatalf("%s: %v", step, err)
		}
	}
	return a
}

func TestAlert(t *testing.T) {
	t.Parallel()
	rows := []struct {
		name, steps string
		state       access.AlertState
		ring        bool
		wrong       int
	}{
		{"Alarm", "ending", access.AlertOpen, true, 1},
		{"Carded", "ending, card", access.AlertOpen, false, 1},
		{"Quiet", "ours", access.AlertResolved, true, 0},
		{"QuietCarded", "ours, card, 1h, active", access.AlertResolved, false, 0},
		{"QuietThenLoud", "ours, card, 1h, ending", access.AlertOpen, true, 1},
		{"GoesOn", "ending, card, 1m, terminated", access.AlertOpen, false, 1},
		{"Mended", "ending, card, 1h, active", access.AlertResolved, false, 0},
		{"Flaps", "ending, card, 1h, active, 1h, ending, 1h, active, 1h, ending", access.AlertOpen, false, 1},
		{"QuietForADay", "ending, card, 24h, active", access.AlertResolved, true, 0},
		{"NearlyADay", "ending, card, 23h59m, active", access.AlertResolved, false, 0},
		{"AnotherAspect", "ending, card, 1h, roles", access.AlertOpen, true, 2},
		{"OneOfTwoMended", "ending, roles, card, 1h, active", access.AlertOpen, false, 1},
		{"BothMended", "ending, roles, card, 1h, active, roles back", access.AlertResolved, false, 0},
		{"Replaced", "terminated, roles, card, replaced", access.AlertResolved, false, 0},
		{"Acknowledged", "ending, card, ack", access.AlertAcknowledged, false, 1},
		{"AcknowledgedUnposted", "ending, ack", access.AlertAcknowledged, false, 1},
		{"AcknowledgedMended", "ending, card, ack, 1h, active", access.AlertResolved, false, 0},
		{"AcknowledgedReopens", "ending, card, ack, 1h, terminated", access.AlertOpen, false, 1},
		{"AcknowledgedQuiet", "ending, card, ack, 1h, extended", access.AlertAcknowledged, false, 1},
		{"SoonExtended", "soon, card, 1h, extended", access.AlertResolved, false, 0},
		{"SoonRenews", "soon, card, 1h, on", access.AlertResolved, false, 0},
		{"SoonAndSooner", "soon, card, 552h, sooner", access.AlertOpen, true, 1},
		{"OffOn", "off, card, 1h, on", access.AlertResolved, false, 0},
		{"Shortened", "shortened, card", access.AlertOpen, false, 1},
		{"ShortenedExtended", "shortened, card, 1h, extended", access.AlertResolved, false, 0},
		{"Muted", "ending, card, mute, 1h, active, 48h, ending", access.AlertOpen, false, 1},
		{"MutedNewKind", "ending, card, mute, 1h, terminated", access.AlertOpen, true, 1},
		{"MutedInfo", "ending, card, mute, 48h, extended", access.AlertOpen, false, 1},
		{"MuteOver", "ending, card, mute, 168h, unmute", access.AlertOpen, true, 1},
		{"MuteOverMended", "ending, card, mute, 1h, active, 168h, unmute", access.AlertResolved, false, 0},
		{"MuteOverAcknowledged", "ending, card, ack, mute, 168h, unmute", access.AlertAcknowledged, false, 1},
		{"MuteNotOver", "ending, card, mute, 167h, unmute", access.AlertOpen, false, 1},
		{"Storm", "ending, storm", access.AlertOpen, false, 1},
		{"StormMended", "ending, storm, 1h, active", access.AlertResolved, false, 0},
		{"StormLater", "ending, storm, 25h, active", access.AlertResolved, true, 0},
	}
	for _, row := range rows {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			a := after(t, row.steps)
			if a.State != row.state || a.Ring != row.ring || len(a.Wrong) != row.wrong {
				t.Errorf("%s: %s, ring %t, wrong %v; want %s, %t, %d", row.steps, a.State, a.Ring, a.Wrong, row.state, row.ring, row.wrong)
			}
			if row.state == access.AlertOpen && !a.AckAt.IsZero() {
				t.Errorf("%s: open, and acknowledged by %v", row.steps, a.AckBy)
			}
		})
	}
}

func TestAlertRefusals(t *testing.T) {
	t.Parallel()
	rows := []struct {
		name, steps string
		act         func(access.Alert) (access.Alert, error)
		says        string
	}{
		{"AcknowledgeTwice", "ending, ack", acknowledge, "Ana has already acknowledged this"},
		{"AcknowledgeSettled", "ending, active", acknowledge, "has been settled"},
		{"MuteTwice", "ending, mute", mute, "has already muted this until"},
		{"MuteSettled", "ours", mute, "has been settled"},
	}
	for _, row := range rows {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			a := after(t, row.steps)
			got, err := row.act(a)
			if access.CodeOf(err) != access.Conflict || !strings.Contains(err.Error(), row.says) {
				t.Errorf("the error is %v, want %q", err, row.says)
			}
			if !reflect.DeepEqual(got, a) {
				t.Errorf("a refusal changed the alert to %+v", got)
			}
		})
	}
}

func acknowledge(a access.Alert) (access.Alert, error) { return a.Acknowledge(bo, start) }
func mute(a access.Alert) (access.Alert, error)        { return a.Mute(bo, start.Add(time.Minute)) }

func TestAlertNames(t *testing.T) {
	t.Parallel()
	one, two := access.AlertOf("rel-1", ""), access.AlertOf("rel-1", "g")
	if one == two || one != access.AlertOf("rel-1", "") || len(one) != 12 {
		t.Errorf("alerts are called %s and %s", one, two)
	}
	a := access.Alert{ID: one}
	if s := access.StormOf([]access.Alert{a}); s == access.StormOf([]access.Alert{a.Carded()}) || s != access.StormOf([]access.Alert{a}) {
		t.Errorf("the storm is called %s", s)
	}
}

func TestAlertForgetsTheOldest(t *testing.T) {
	t.Parallel()
	a := after(t, strings.TrimSuffix(strings.Repeat("ending, 1h, active, 1h, ", 30), ", "))
	if len(a.History) != 20 || a.Dropped != 40 || a.Newest().Kind != access.ChangeActive {
		t.Errorf("%d changes are kept and %d dropped", len(a.History), a.Dropped)
	}
}

// FuzzAlert lets anything happen, and checks what must hold of every alert.
func FuzzAlert(f *testing.F) {
	f.Add([]byte{0, 1, 2, 3, 4, 20, 21, 22, 23, 24})
	f.Add([]byte{0, 20, 21, 1, 24, 24, 22, 0})
	names := []string{}
	for name := range happenings {
		names = append(names, name)
	}
	slices.Sort(names)
	f.Fuzz(func(t *testing.T, events []byte) {
		if len(events) > 300 {
			return
		}
		a, now := access.Alert{ID: "A-0123456789"}, start
		for _, e := range events {
			before := a
			kept := fmt.Sprintf("%+v", before)
			rang := a.Ring
			var err error
			switch n := int(e) % 26; {
			case n < len(names):
				c := happenings[names[n]]
				c.At = now
				a = a.Changed(c)
			case n == 20:
				a, err = a.Acknowledge(ana, now)
			case n == 21:
				a, err = a.Mute(bo, now)
			case n == 22:
				a = a.Unmute(now)
			case n == 23 && a.Ring:
				a = a.Carded()
			case n == 24 && a.Ring:
				a = a.Stormed("S-1")
			default:
				now = now.Add(time.Duration(e) * 20 * time.Minute)
			}
			if fmt.Sprintf("%+v", before) != kept {
				t.Fatalf("a step changed what it was given to %+v", before)
			}
			if err != nil && !reflect.DeepEqual(a, before) {
				t.Fatalf("a refusal changed %+v to %+v", before, a)
			}
			checkAlert(t, a)
			if a.Rev < before.Rev || a.Rev > before.Rev+1 || a.Rev == before.Rev && !reflect.DeepEqual(a, before) {
				t.Fatalf("%+v became %+v", before, a)
			}
			if e%26 < 13 && a.State == access.AlertOpen && before.State != access.AlertOpen && a.Card == 0 && a.Storm == "" && !a.Ring && !rang && !a.Muted(now) {
				t.Fatalf("%+v opened and tells nobody", a)
			}
		}
	})
}

func checkAlert(t *testing.T, a access.Alert) {
	t.Helper()
	if a.Rev == 0 {
		return // nothing has happened
	}
	if a.State == access.AlertResolved && len(a.Wrong) > 0 || a.State != access.AlertResolved && len(a.Wrong) == 0 {
		t.Fatalf("%s with %v wrong", a.State, a.Wrong)
	}
	if (a.State == access.AlertAcknowledged) == a.AckAt.IsZero() && a.State != access.AlertResolved {
		t.Fatalf("%s, acknowledged at %v", a.State, a.AckAt)
	}
	if a.MutedUntil.IsZero() != (len(a.MutedKinds) == 0) {
		t.Fatalf("muted until %v for %v", a.MutedUntil, a.MutedKinds)
	}
	for i, f := range a.Wrong {
		for _, g := range a.Wrong[:i] {
			if f.Aspect == g.Aspect {
				t.Fatalf("%s is wrong twice", f.Aspect)
			}
		}
	}
	if len(a.History) > 20 || len(a.History) == 0 {
		t.Fatalf("%d changes are kept", len(a.History))
	}
}

func TestDaysOf(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]int{
		"P730D": 730, "P2Y": 730, "P1Y30D": 395, "P3M": 90, "P2W": 14, "": 0, "P": 0, "730": 0, "PT5M": 0, "P5": 0, "P1D2": 0, "PD": 0, "P99999D": 0,
	} {
		if got := access.DaysOf(text); got != want {
			t.Errorf("DaysOf(%q) = %d, want %d", text, got, want)
		}
	}
}

// TestSeverity tells how bad what is wrong is, and what it was when the newest card was
// made.
func TestSeverity(t *testing.T) {
	t.Parallel()
	aspect := func(of access.Aspect, alarming bool) access.Change {
		return access.Change{Kind: "x", Aspect: of, To: "in", At: start, Alarming: alarming}
	}
	for _, row := range []struct {
		name    string
		changes []access.Change
		want    access.Severity
	}{
		{"Nothing", nil, access.SeverityInfo},
		{"Told", []access.Change{aspect(access.AspectStatus, false)}, access.SeverityInfo},
		{"Lost", []access.Change{aspect(access.AspectStatus, true)}, access.SeverityAlarm},
		{"Stranger", []access.Change{aspect(access.AspectStatus, true), aspect(access.AspectStranger, true)}, access.SeverityUrgent},
		{"Stuck", []access.Change{aspect(access.AspectRemoval, true)}, access.SeverityUrgent},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			var a access.Alert
			for _, c := range row.changes {
				a = a.Changed(c)
			}
			if got := a.Severity(); got != row.want || a.Carded().Sent != row.want {
				t.Errorf("%q, and its card %q, want %q", got, a.Carded().Sent, row.want)
			}
			if got := access.Worst([]access.Alert{{}, a, {}}); got != row.want {
				t.Errorf("the worst of three is %q", got)
			}
		})
	}
}
