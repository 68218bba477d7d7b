package main

import (
	"errors"
	"regexp"
	"strings"
	"testing"
	"time"

	"latchkey/internal/access"
	"latchkey/internal/outbox"
	"latchkey/internal/sandbox"
	"latchkey/internal/state"
)

// TestAlertCrashPoints kills the bot at every call that it makes while a
// relationship is ended by the customer, acknowledged, and replaced by another
// one, and while Slack posts nothing for some of the time.
func TestAlertCrashPoints(t *testing.T) {
	killAt(t, some, 20, (*ambush).alarm)
}

var alertOf = regexp.MustCompile(`The relationship Fabrikam_Contoso_2026 with Contoso`)

func (a *ambush) alarm(t *testing.T) {
	t.Helper()
	a.enter(t)
	must(t, a.settled(t, func() bool { return strings.Contains(a.view("dee"), "Watching 6 relationships") }))
	rel := a.related("Fabrikam_Contoso_2026")[0].ID
	must(t, a.Graph.TerminateRelationship(rel, "carol@contoso.com"))
	must(t, a.faultSlack("chat.postMessage", trouble{times: 1, status: 503}))
	a.look(t, "Please look at this, Contoso: relationship terminated")
	a.try(t, func() error { return a.acknowledge(t) }, func() bool { return strings.Contains(a.view("dee"), "Acknowledged by Dee Okafor") })
	must(t, a.faultSlack("chat.update", trouble{times: 1, status: 503}))
	a.Graph.SetRelationshipStatus(rel, "active")
	a.look(t, "Settled, Contoso: relationship active")
	a.armed.Store(false)
	a.alive(t)
	must(t, a.Slack.SetFaults())
	for range 2 { // a read that is under way may have more to tell; when the next but one begins it is over
		before := a.Graph.Calls()[relationshipList]
		must(t, a.Clock.Advance(time.Second))
		must(t, a.settled(t, func() bool { return a.Graph.Calls()[relationshipList] > before }))
	}
	a.alarmedOnce(t)
}

// look has the bot read the mirror until the operators see what it found.
func (a *ambush) look(t *testing.T, text string) {
	t.Helper()
	a.alive(t)
	must(t, a.Clock.Advance(time.Second))
	must(t, a.settled(t, func() bool { return strings.Contains(a.view("dee"), text) }))
}

func (a *ambush) acknowledge(t *testing.T) error {
	t.Helper()
	var channel, ts string
	must(t, a.settled(t, func() (ok bool) {
		channel, ts, ok = a.button("dee", "alert.acknowledge", "Fabrikam_Contoso_2026")
		return ok || strings.Contains(a.view("dee"), "Acknowledged by Dee Okafor")
	}))
	if ts == "" {
		return nil
	}
	d, err := a.Slack.Click(t.Context(), sandbox.Dee, channel, ts, "alert.acknowledge")
	return errors.Join(err, d.Err)
}

// alarmedOnce checks that nothing was lost, doubled or left.
func (a *ambush) alarmedOnce(t *testing.T) {
	t.Helper()
	a.drain(t)
	cards, watching := 0, 0
	for _, m := range a.Slack.Messages(sandbox.Dee, sandbox.ChannelOperations) {
		if alertOf.MatchString(m.Text) {
			cards++
		}
		if strings.Contains(m.Text, "Watching 6 relationships") {
			watching++
		}
	}
	if cards != 1 || watching != 1 {
		t.Errorf("there are %d cards and %d baselines, want one each:\n%s", cards, watching, a.view("dee"))
	}
	events, err := a.events()
	must(t, err)
	kinds := map[access.EventKind]int{}
	for _, e := range events {
		kinds[e.Kind]++
	}
	for _, kind := range []access.EventKind{
		access.EventWatching, access.EventAlertOpened, access.EventAlertSeen, access.EventAlertResolved,
	} {
		if kinds[kind] != 1 {
			t.Errorf("%d events %s, want 1", kinds[kind], kind)
		}
	}
	must(t, a.store(func(tx state.Tx) error {
		pending, err1 := outbox.Pending(tx)
		dead, err2 := outbox.Dead(tx)
		stale, _, err3 := state.StaleAlerts(tx)
		if len(pending)+len(dead)+len(stale) > 0 {
			t.Errorf("left: owed %+v, dead %+v, stale %+v", pending, dead, stale)
		}
		return errors.Join(err1, err2, err3)
	}))
}
