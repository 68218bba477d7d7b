package main

import (
	"errors"
	"strconv"
	"strings"
	"testing"

	"latchkey/internal/access"
	"latchkey/internal/outbox"
	"latchkey/internal/sandbox"
	"latchkey/internal/state"
)

// TestReviewCrashPoints kills the bot at every call that it makes during an access
// review, as [TestCrashPoints] does for the main job.
func TestReviewCrashPoints(t *testing.T) {
	killAt(t, some, 10, (*ambush).lookOver)
}

func (a *ambush) lookOver(t *testing.T) {
	t.Helper()
	a.enter(t)
	var id string
	a.try(t, func() error {
		_, err := a.say("dee", "#ops", "review start contoso")
		return err
	}, func() bool {
		id = reviewID.FindString(a.view("carol"))
		return id != ""
	})
	a.try(t, func() error { return a.remove(id, 2) }, func() bool {
		return strings.Contains(a.view("carol"), "GDAP Contoso readers has no roles") && strings.Contains(a.view("carol"), "Removed on")
	})
	a.try(t, func() error { return a.pressRow("review.keep", id, 1) }, func() bool {
		return strings.Contains(a.view("carol"), id+": access review closed") && strings.Contains(a.view("dee"), "file latchkey-"+id)
	})
	a.armed.Store(false)
	a.alive(t)
	a.lookedOver(t, id)
}

// pressRow presses a button of a row, unless it is there no more.
func (a *ambush) pressRow(action, review string, row int) error {
	if _, _, _, ok := a.rowButton("carol", action, review, strconv.Itoa(row)); !ok {
		return nil
	}
	return a.answers("carol", action, review, strconv.Itoa(row))
}

// remove presses Remove and confirms what the modal says. A person whose bot died has to
// press again.
func (a *ambush) remove(review string, row int) error {
	if err := a.pressRow("review.remove", review, row); err != nil {
		return err
	}
	return a.confirm("carol", "Remove access", nil)
}

// lookedOver checks that everything happened once.
func (a *ambush) lookedOver(t *testing.T, id string) {
	t.Helper()
	a.drain(t)
	for _, one := range a.live("Fabrikam_Contoso_2026") {
		t.Errorf("the assignment %+v is left", one)
	}
	count := map[string]int{}
	for _, m := range a.Slack.Messages(sandbox.Carol, sandbox.ChannelContoso) {
		for _, text := range []string{id + ": access review closed", "GDAP Contoso readers has no roles"} {
			if !m.Ephemeral && strings.Contains(m.Text, text) {
				count[text]++
			}
		}
	}
	for _, m := range a.Slack.Messages(sandbox.Dee, sandbox.ChannelOperations) {
		for _, text := range []string{id + ", access review of Contoso: closed", "file latchkey-" + id} {
			if !m.Ephemeral && strings.Contains(a.said(m), text) {
				count[text]++
			}
		}
	}
	for _, text := range []string{id + ": access review closed", "GDAP Contoso readers has no roles", id + ", access review of Contoso: closed", "file latchkey-" + id} {
		if count[text] != 1 {
			t.Errorf("%d messages say %q, want one; Carol sees:\n%s", count[text], text, a.view("carol"))
		}
	}
	events, err := a.events()
	must(t, err)
	kinds := map[access.EventKind]int{}
	for _, e := range events {
		kinds[e.Kind]++
	}
	for kind, want := range map[access.EventKind]int{
		access.EventReviewStarted: 1, access.EventReviewAnswered: 2, access.EventUnassigning: 1, access.EventUnassigned: 1,
		access.EventReviewRemoved: 1, access.EventReviewClosed: 1,
	} {
		if kinds[kind] != want {
			t.Errorf("%d events %s, want %d", kinds[kind], kind, want)
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
