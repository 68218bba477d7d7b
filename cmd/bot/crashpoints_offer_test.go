package main

import (
	"errors"
	"strings"
	"testing"
	"time"

	"latchkey/internal/access"
	"latchkey/internal/outbox"
	"latchkey/internal/sandbox"
	"latchkey/internal/state"
)

// TestOfferCrashPoints kills the bot at every call that it makes while a
// relationship is asked for, approved and ended, as [TestCrashPoints] does for
// the main job.
func TestOfferCrashPoints(t *testing.T) {
	killAt(t, some, 20, (*ambush).offer)
}

func (a *ambush) offer(t *testing.T) {
	t.Helper()
	a.enter(t)
	var id string
	a.try(t, func() error {
		_, err := a.say("dee", "#ops", `relationship request contoso "Teams Administrator" for 1y`)
		return err
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
		return strings.Contains(a.view("carol"), "was approved and is active") && strings.Contains(a.view("dee"), "was approved and is active")
	}))
	a.try(t, func() error { return a.endIt(id) }, func() bool {
		return strings.Contains(a.view("carol"), "has ended. Terminated by Dee Okafor") && strings.Contains(a.view("dee"), "has ended. Terminated by Dee Okafor") &&
			strings.Contains(a.view("carol"), id+", relationship that Dee Okafor asks of Contoso: ended")
	})
	a.armed.Store(false)
	a.alive(t)
	a.offeredOnce(t, id)
}

// endIt is the command, with the modal that it opens filled in. One who is late
// is told that it is being ended already.
func (a *ambush) endIt(id string) error {
	told, err := a.say("dee", "#ops", "relationship terminate "+id)
	if err != nil || strings.Contains(told, "ended") {
		return err
	}
	return a.fill("dee", map[string]string{"confirm": "Contoso"})
}

// offeredOnce checks that nothing was lost, doubled or left.
func (a *ambush) offeredOnce(t *testing.T, id string) {
	t.Helper()
	a.drain(t)
	if all := a.related("Contoso O-"); len(all) != 1 || all[0].Status != "terminated" {
		t.Errorf("Microsoft has %+v, want one that was terminated", all)
	}
	count := map[string]int{}
	for _, m := range a.Slack.Messages(sandbox.Carol, sandbox.ChannelContoso) {
		for what, words := range map[string]string{"cards": ", relationship that Dee Okafor asks of", "active": "was approved and is active", "ended": "has ended"} {
			if strings.Contains(m.Text, id) && strings.Contains(m.Text, words) {
				count[what]++
			}
		}
	}
	if count["cards"] != 1 || count["active"] != 1 || count["ended"] != 1 {
		t.Errorf("Contoso's channel has %v, want one each:\n%s", count, a.view("carol"))
	}
	events, err := a.events()
	must(t, err)
	kinds := map[access.EventKind]int{}
	for _, e := range events {
		if e.Detail["offer"] == id {
			kinds[e.Kind]++
		}
	}
	for _, kind := range []access.EventKind{
		access.EventOffered, access.EventOfferSent, access.EventOfferActive, access.EventOfferEnding, access.EventOfferEnded,
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
