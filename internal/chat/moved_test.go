package chat_test

import (
	"testing"

	"latchkey/internal/access"
	"latchkey/internal/chat/chattest"
	"latchkey/internal/outbox"
)

// A card stays one card when Slack calls its channel by another id, and what was owed to
// the old one is said in the channel of now, where only the customer may read it.
func TestCardFollowsItsChannel(t *testing.T) {
	o := newOwed(t, newWorld(t))
	o.AddChannel(chattest.Channel{ID: "G0FRESH", Name: "fresh", Host: "T1", Private: true, Members: []string{"U0BOT", "U0ANA"}})
	draw := func(text string, of access.TeamID) {
		t.Helper()
		o.render.post = inChannel(text)
		o.render.post.Channel, o.render.post.Team = "G0FRESH", of
		o.oweCard()
		o.owe(outbox.SlackNotice, outbox.NoticePayload{Notice: outbox.NoticeEnded})
		o.settle()
	}
	draw("pending", "")
	o.AddTeam(chattest.Team{ID: "T2", Name: "Contoso"})
	if _, err := o.Share("G0FRESH", "T2"); err != nil {
		t.Fatal(err)
	}
	o.effects.Moved = func(c access.ChannelID) access.ChannelID {
		if c == "G0FRESH" {
			return "C0FRESH"
		}
		return c
	}
	draw("not yet shared", "T2")
	if n := len(o.dead()); n != 2 {
		t.Errorf("%d effects are given up while the customer is not there, want both", n)
	}
	if err := o.Accept("C0FRESH", "T2"); err != nil {
		t.Fatal(err)
	}
	draw("approved", "T2")
	all := o.Messages("U0ANA", "C0FRESH")
	if len(all) != 3 || all[0].Text != "approved" || all[1].Text != "pending" || all[2].Text != "approved" {
		t.Errorf("the channel has %+v, want the card and two notices", all)
	}
}
