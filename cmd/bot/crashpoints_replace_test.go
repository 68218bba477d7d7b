package main

import (
	"errors"
	"strings"
	"testing"
	"time"

	"latchkey/internal/access"
	"latchkey/internal/chat/chattest"
	"latchkey/internal/outbox"
	"latchkey/internal/sandbox"
	"latchkey/internal/state"
)

// TestReplaceCrashPoints kills the bot at every call that it makes while a
// relationship takes the place of another, with access in force through it and a
// group that has standing access, and while Global Administrator is taken out of
// the new one, as [TestOfferCrashPoints] does for an offer.
func TestReplaceCrashPoints(t *testing.T) {
	killAt(t, some, 20, (*ambush).replace)
}

const oldRelationship = "Fabrikam_Contoso_2026"

func (a *ambush) replace(t *testing.T) {
	t.Helper()
	a.set(t)
	a.through(t)
	a.armed.Store(true)
	var id string
	a.try(t, func() error {
		told, err := a.say("dee", "#ops", `relationship replace `+oldRelationship+` with "Global Administrator, Exchange Administrator, Global Reader" for 1y`)
		if err != nil || strings.Contains(told, "already") {
			return err
		}
		return a.confirm("dee", "Replace relationship", map[string]string{"confirm": "Contoso"})
	}, func() bool {
		id = offerID.FindString(a.view("carol"))
		return id != "" && strings.Contains(a.view("dee"), "you asked of Contoso: waiting for approval")
	})
	all := a.related(id)
	if len(all) != 1 {
		t.Fatalf("%d relationships were made, want 1", len(all))
	}
	must(t, a.Graph.ApproveRelationship(all[0].ID, "carol@contoso.com"))
	a.alive(t)
	must(t, a.Clock.Advance(time.Second)) // has the bot look
	must(t, a.settled(t, func() bool {
		return strings.Contains(a.view("carol"), "It has taken the place of") && strings.Contains(a.view("dee"), "It has taken the place of") &&
			strings.Contains(a.view("carol"), "The relationship "+oldRelationship+" is ended")
	}))
	a.try(t, func() error {
		told, err := a.say("dee", "#ops", "relationship reduce "+id)
		if err != nil || strings.Contains(told, "does not hold") {
			return err
		}
		return a.confirm("dee", "Global Administrator", nil)
	}, func() bool {
		return strings.Contains(a.view("carol"), "no longer holds Global Administrator") && strings.Contains(a.view("dee"), "no longer holds Global Administrator")
	})
	a.armed.Store(false)
	a.alive(t)
	a.replacedOnce(t, id)
}

// confirm fills in a person's modal of that title, once it is there: the bot may die
// before it opens it.
func (a *ambush) confirm(who, title string, fields map[string]string) error {
	there := func() bool { return strings.Contains(a.view(who), "modal: "+title) }
	if err := a.wait("the modal "+title, func() bool { return there() || !a.running() }); err != nil {
		return err
	}
	if !there() {
		return errors.New("the bot has died")
	}
	return a.fill(who, fields)
}

// fill submits a person's modal. One that was there when the bot died may go, or another of
// the same come above it, while they type; then they look again, and are done when none is
// there.
func (a *ambush) fill(who string, fields map[string]string) error {
	err := a.submit(who, fields)
	for range 3 {
		if !errors.Is(err, chattest.ErrNoSuchView) {
			break
		}
		if _, there := a.Slack.View(people[who]); !there {
			return nil
		}
		err = a.submit(who, fields)
	}
	return err
}

// through gives Ana access through the relationship that is to be replaced.
func (a *ambush) through(t *testing.T) {
	t.Helper()
	_, err := a.say("ana", "#ops", `request contoso "Exchange Administrator" for 4h because mailbox migration`)
	must(t, err)
	request := requestID.FindString(a.view("carol"))
	must(t, a.wait("the request", func() bool { request = requestID.FindString(a.view("carol")); return request != "" }))
	must(t, a.click("carol", "request.approve", request))
	must(t, a.wait("the access", func() bool { return len(a.granted("ana")) == 1 }))
}

// replacedOnce checks that nobody lost access, and that nothing was doubled or
// left.
func (a *ambush) replacedOnce(t *testing.T, id string) {
	t.Helper()
	a.drain(t)
	if got := a.granted("ana"); len(got) != 1 || got[0] != "contoso: Exchange Administrator" {
		t.Errorf("Ana has %q, want what she had", got)
	}
	if old := a.related(oldRelationship); len(old) != 1 || old[0].Status != "terminated" {
		t.Errorf("the old one is %+v, want it terminated", old)
	}
	if n := a.live(oldRelationship); len(n) != 0 {
		t.Errorf("the old one still has %+v", n)
	}
	if n := a.live(id); len(n) != 2 {
		t.Errorf("the new one has %+v, want one assignment for Ana's access and one for the readers", n)
	}
	count := map[string]int{}
	for _, m := range a.Slack.Messages(sandbox.Carol, sandbox.ChannelContoso) {
		for what, words := range map[string]string{
			"cards": ", relationship that Dee Okafor asks of", "active": "was approved and is active", "group": "now has standing access",
			"reduced": "no longer holds Global Administrator", "ending": ": All access has moved to it", "done": ": It has taken the place of", "ended": "is ended: Dee Okafor ended it",
		} {
			if strings.Contains(m.Text, words) {
				count[what]++
			}
		}
	}
	for _, what := range []string{"cards", "active", "group", "ending", "done", "ended", "reduced"} {
		if count[what] != 1 {
			t.Errorf("Contoso's channel has %v, want one each:\n%s", count, a.view("carol"))
			break
		}
	}
	events, err := a.events()
	must(t, err)
	kinds := map[string]int{}
	for _, e := range events {
		kinds[string(e.Kind)+" "+e.Detail["step"]]++
	}
	for _, kind := range []string{
		string(access.EventGroupGiven) + " ", string(access.EventReplacement) + " moving", string(access.EventReplacement) + " ending",
		string(access.EventReplacement) + " done", string(access.EventTerminated) + " ", string(access.EventReduced) + " ",
	} {
		if kinds[kind] != 1 {
			t.Errorf("%d events %s, want 1", kinds[kind], kind)
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
