package chat_test

import (
	"strings"
	"testing"
	"time"

	"latchkey/internal/access"
	"latchkey/internal/cards"
	"latchkey/internal/chat/chattest"
	"latchkey/internal/outbox"
)

// TestPrivate holds that what is for a customer is said only where it alone reads it
// beside us, and that this is looked at again: a card is not even changed in a channel
// into which somebody else was let.
func TestPrivate(t *testing.T) {
	o := newOwed(t, newWorld(t))
	// say owes a notice and returns why it was given up.
	say := func(post cards.Post) string {
		t.Helper()
		before := len(o.dead())
		o.render.post = post
		o.owe(outbox.SlackNotice, outbox.NoticePayload{Notice: outbox.NoticeEnded})
		o.settle()
		if gone := o.dead(); len(gone) > before {
			return gone[len(gone)-1].LastError
		}
		return ""
	}
	for _, row := range []struct {
		channel access.ChannelID
		team    access.TeamID
		want    string
	}{
		{"C0THREE", "T2", "shared with another organisation as well"},
		{"C0OWN", "T2", "not shared with its Slack workspace"},
		{"C0OTHER", "T2", "not shared with its Slack workspace"},
		{"C0QUIET", "T2", "not shared with its Slack workspace"},
		{"C0NOWHERE", "T2", "is not there"},
		{"C0OWN", "", ""}, // the partner's own
		{"C0SHARED", "T2", ""},
	} {
		post := inChannel("a card")
		post.Channel, post.Team = row.channel, row.team
		if got := say(post); row.want == "" && got != "" || !strings.Contains(got, row.want) {
			t.Errorf("in %s, for %q: %q, want %q", row.channel, row.team, got, row.want)
		}
	}
	card := inChannel("pending")
	card.Team = "T2"
	draw := func(text string) int {
		t.Helper()
		before := len(o.dead())
		card.Message = says(text)
		o.render.post = card
		o.oweCard()
		o.settle()
		return len(o.dead()) - before
	}
	if draw("pending") != 0 {
		t.Fatal("a card is not drawn where the customer alone reads it")
	}
	o.AddTeam(chattest.Team{ID: "T3", Name: "Else"})
	if _, err := o.Share("C0SHARED", "T3"); err != nil {
		t.Fatal(err)
	}
	if err := o.Accept("C0SHARED", "T3"); err != nil {
		t.Fatal(err)
	}
	o.moveTo(o.clock().Add(61 * time.Second))
	if draw("approved") != 1 {
		t.Error("a card is changed where somebody else reads it")
	}
	if err := o.Disconnect("C0SHARED", "T3"); err != nil {
		t.Fatal(err)
	}
	if draw("active") != 0 {
		t.Error("a card is not changed when they are out again")
	}
	list := o.Messages("U0CARLA", "C0SHARED")
	if last := list[len(list)-1]; last.Text != "active" {
		t.Errorf("the card says %q", last.Text)
	}
}
