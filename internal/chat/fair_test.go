package chat_test

import (
	"fmt"
	"testing"
	"time"

	"latchkey/internal/access"
	"latchkey/internal/cards"
	"latchkey/internal/chat"
	"latchkey/internal/outbox"
)

// lapse owes that the cards of so many requests change, because time has run out.
func (o *owed) lapse(requests int) {
	o.t.Helper()
	o.from.Timed = true
	defer func() { o.from.Timed = false }()
	for i := range requests {
		id := access.RequestID(fmt.Sprintf("R-%05d", i+2))
		o.oweIn(string(id), outbox.SlackCard, outbox.CardPayload{Request: id, Card: outbox.CustomerCard})
	}
}

// click owes that a card is shown which somebody has just pressed a button of, and returns
// how long it is until it shows.
func (o *owed) click(card outbox.CardPayload) time.Duration {
	o.t.Helper()
	e, clicked := o.oweIn("click", outbox.SlackCard, card), o.clock()
	for next := o.once(); ; next = o.once() {
		if !o.owes(e.ID) {
			return o.clock().Sub(clicked)
		}
		o.moveTo(next)
	}
}

func (o *owed) owes(id string) bool {
	for _, e := range o.pending() {
		if e.ID == id {
			return true
		}
	}
	return false
}

// TestClickAmongLapses has very many requests lapse in one second, and somebody press a
// button every quarter of a minute while their cards change: each click shows within
// seconds, and the others change meanwhile as fast as Slack leaves room for.
func TestClickAmongLapses(t *testing.T) {
	const lapses = 300
	o := newOwed(t, newWorld(t))
	o.render.post = inChannel("pending")
	o.oweCard()
	o.settle()
	o.place(lapses, o.card())
	early := o.refusals()
	o.lapse(lapses)
	o.once()
	began, clicks := o.clock(), 20
	for i := range clicks {
		at := began.Add(time.Duration(i) * 15 * time.Second)
		for next := o.once(); next.Before(at); next = o.once() {
			o.moveTo(next)
		}
		o.moveTo(at)
		if took := o.click(customerCard); took > 5*time.Second {
			t.Errorf("click %d shows after %s", i, took)
		}
	}
	if left := len(o.pending()); left > lapses-25*5 {
		t.Errorf("of %d cards %d are left after %s", lapses, left, o.clock().Sub(began))
	}
	o.drained()
	if early() != 0 {
		t.Errorf("Slack refused %d calls", early())
	}
}

// TestTenThousandTickets gives out the turns of ten thousand lapses, and of those who click
// among them, more of them than Slack takes: everybody comes to their turn.
func TestTenThousandTickets(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 3, 2, 9, 30, 0, 0, time.UTC)
	turn := chat.Tickets(func() time.Time { return now }, "chat.update")
	for i := range 10_000 {
		turn(fmt.Sprint("lapse ", i), true)
	}
	if wait := turn("lapse 9999", true); wait < 3*time.Hour || wait > 6*time.Hour {
		t.Errorf("the last of them waits for %s", wait)
	}
	if wait := turn("click", false); wait != 0 {
		t.Errorf("whoever clicks waits for %s", wait)
	}
	went := map[int]bool{}
	for i := range 1200 { // one a second, for twenty minutes
		now = now.Add(time.Second)
		turn(fmt.Sprint("click ", i), false)
		for lapse := 100; lapse < 400; lapse++ {
			if !went[lapse] && turn(fmt.Sprint("lapse ", lapse), true) == 0 {
				went[lapse] = true
			}
		}
	}
	if len(went) < 100 {
		t.Errorf("while Slack is kept busy by people, %d of the others went, want more", len(went))
	}
}

// TestClickBehindALapse has somebody act on what time had changed before, whose card still
// waits for its turn: both are shown at once, in their order.
func TestClickBehindALapse(t *testing.T) {
	o := newOwed(t, newWorld(t))
	o.render.post = inChannel("busy")
	o.oweCard()
	o.settle()
	o.place(100, o.card())
	o.lapse(100)
	o.render.notices = []cards.Post{inDM("it begins soon"), inDM("it is ended")}
	o.from.Timed = true
	o.oweCard()
	o.owe(outbox.SlackNotice, outbox.NoticePayload{Text: "0"})
	o.once()
	if n := len(o.Messages("U0ANA", "D0ANA")); n != 0 {
		t.Fatalf("%d words were said before the turn of the card", n)
	}
	o.from.Timed = false
	o.owe(outbox.SlackNotice, outbox.NoticePayload{Text: "1"})
	o.once()
	if said := o.expectLast("U0ANA", "D0ANA", 3); said != "it begins soon; it is ended" {
		t.Errorf("said at once was %q", said)
	}
	o.drained()
}
