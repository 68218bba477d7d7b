package main

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"latchkey/internal/access"
	"latchkey/internal/outbox"
	"latchkey/internal/sandbox"
	"latchkey/internal/state"
)

// TestStandingCrashPoints kills the bot at every call that it makes while standing
// access is taken away, as [TestCrashPoints] does for the main job.
func TestStandingCrashPoints(t *testing.T) {
	killAt(t, some, 10, (*ambush).sweep)
}

func (a *ambush) sweep(t *testing.T) {
	t.Helper()
	a.enter(t)
	a.armed.Store(false)
	a.intrude(t)
	a.seen.Store(0)
	a.armed.Store(true)
	for button, done := range map[string]string{
		"standing.unassign": "The group GDAP Contoso readers has no roles", "standing.remove": "Bo Lindqvist is out of Latchkey's group",
	} {
		a.try(t, func() error { return a.press(button) }, func() bool {
			return strings.Contains(a.view("carol"), done) && strings.Contains(a.view("dee"), done)
		})
	}
	a.armed.Store(false)
	a.alive(t)
	a.swept(t)
}

// intrude gives Ana access by request, and has somebody put Bo beside her.
func (a *ambush) intrude(t *testing.T) {
	t.Helper()
	_, err := a.say("ana", "#contoso", `request contoso "Exchange Administrator" for 4h because mail`)
	must(t, err)
	must(t, a.click("carol", "request.approve", "R-"))
	must(t, a.wait("Ana to have access", func() bool { return strings.Contains(a.view("ana"), "is in place until") }))
	for _, g := range a.Graph.Groups() {
		for _, u := range a.Graph.Users() {
			if strings.HasPrefix(g.MailNickname, "latchkey-") && u.DisplayName == "Bo Lindqvist" {
				a.Graph.AddMember(g.ID, u.ID)
			}
		}
	}
	must(t, a.Clock.Advance(time.Second)) // has the bot look
	must(t, a.wait("the bot to see Bo", func() bool {
		told, err := a.say("dee", "#ops", "standing contoso")
		return err == nil && strings.Contains(told, "Bo Lindqvist is in Latchkey")
	}))
}

// press presses the button of a fresh list. Who is late finds it gone.
func (a *ambush) press(action string) error {
	if _, err := a.say("dee", "#ops", "standing contoso"); err != nil {
		return err
	}
	channel, ts, ok := a.button("dee", action, "Contoso")
	if !ok {
		return nil
	}
	d, err := a.Slack.Click(context.Background(), sandbox.Dee, channel, ts, action)
	return errors.Join(err, d.Err)
}

// swept checks that what was to go is gone, once, and that nothing else is.
func (a *ambush) swept(t *testing.T) {
	t.Helper()
	a.drain(t)
	for _, g := range a.Graph.Groups() {
		if strings.HasPrefix(g.MailNickname, "latchkey-") && len(g.Members) != 1 {
			t.Errorf("%s has %d members, want Ana alone", g.DisplayName, len(g.Members))
		}
	}
	for _, as := range a.Graph.Assignments() {
		if len(a.granted("ana")) != 1 || as.Status != "active" && as.Status != "deleted" {
			t.Errorf("the assignment %+v; Ana has %v", as, a.granted("ana"))
		}
	}
	events, err := a.events()
	must(t, err)
	removed := map[access.EventKind]int{}
	for _, e := range events {
		removed[e.Kind]++
	}
	for _, kind := range []access.EventKind{access.EventOusting, access.EventOusted, access.EventUnassigning, access.EventUnassigned} {
		if removed[kind] != 1 {
			t.Errorf("%d events %s, want 1", removed[kind], kind)
		}
	}
	must(t, a.store(func(tx state.Tx) error {
		pending, err1 := outbox.Pending(tx)
		dead, err2 := outbox.Dead(tx)
		if len(pending)+len(dead) > 0 {
			t.Errorf("effects left: owed %+v, dead %+v", pending, dead)
		}
		return errors.Join(err1, err2)
	}))
}
