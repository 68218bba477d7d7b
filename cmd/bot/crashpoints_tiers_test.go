package main

import (
	"errors"
	"strings"
	"testing"

	"latchkey/internal/access"
	"latchkey/internal/outbox"
	"latchkey/internal/sandbox"
	"latchkey/internal/state"
)

const providedRelationship = "Northwind_Adatum_Calls"

// TestConsentCrashPoints kills the bot at every call that it makes while a bot
// admin approves, or rejects, what the indirect provider made.
func TestConsentCrashPoints(t *testing.T) {
	for action, want := range map[string]string{"relationship.consent": "approvalPending", "relationship.reject": "terminated"} {
		t.Run(action, func(t *testing.T) {
			t.Parallel()
			killAt(t, some, 8, func(a *ambush, t *testing.T) { a.consent(t, action, want) })
		})
	}
}

func (a *ambush) consent(t *testing.T, action, want string) {
	t.Helper()
	a.set(t)
	must(t, a.wait("the notice", func() bool { return strings.Contains(a.view("dee"), "waits for your own consent") }))
	a.armed.Store(true)
	a.try(t, func() error { return a.click("dee", action, providedRelationship) }, func() bool {
		return strings.Count(a.view("dee"), "Microsoft has confirmed that") >= 2 && strings.Contains(a.view("amir"), "asked you for on our behalf")
	})
	a.armed.Store(false)
	a.alive(t)
	a.drain(t)
	if all := a.related(providedRelationship); len(all) != 1 || all[0].Status != want || all[0].PartnerConsentPending {
		t.Errorf("Microsoft has %+v, want it %s", all, want)
	}
	n := 0
	for _, m := range a.Slack.Messages(sandbox.Amir, sandbox.ChannelAdatum) {
		if strings.Contains(m.Text, "asked you for on our behalf") {
			n++
		}
	}
	if n != 1 || strings.Count(a.view("dee"), "made a relationship with Adatum for you") != 1 {
		t.Errorf("%d messages in Adatum's channel, want 1; dee sees\n%s", n, a.view("dee"))
	}
	events, err := a.events()
	must(t, err)
	kinds := map[access.EventKind]int{}
	for _, e := range events {
		kinds[e.Kind]++
	}
	for _, kind := range []access.EventKind{access.EventConsentAwaited, access.EventConsenting, access.EventConsented} {
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
