package chat_test

import (
	"fmt"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"latchkey/internal/access"
	"latchkey/internal/cards"
	"latchkey/internal/chat"
	"latchkey/internal/chat/chattest"
	"latchkey/internal/outbox"
)

// refusals counts how often the stand-in itself says that something came too early.
func (o *owed) refusals() func() int64 {
	var n atomic.Int64
	o.mu.Lock()
	defer o.mu.Unlock()
	o.answered = func(status int) {
		if status == http.StatusTooManyRequests {
			n.Add(1)
		}
	}
	return n.Load
}

// drained does everything, however long it takes, and returns how long that is.
func (o *owed) drained() time.Duration {
	o.t.Helper()
	began := o.clock()
	for next := o.once(); !next.IsZero(); next = o.once() {
		if next.Sub(began) > 24*time.Hour {
			o.t.Fatalf("%d effects are still owed after a day", len(o.pending()))
		}
		o.moveTo(next)
	}
	return o.clock().Sub(began)
}

// TestBurstOfSummaries has the summaries of 500 customers be owed at one moment, each in
// its own channel, which is looked at before it is written to. Slack refuses nothing.
func TestBurstOfSummaries(t *testing.T) {
	const customers = 500
	o := newOwed(t, newWorld(t))
	early := o.refusals()
	for i := range customers {
		channel := fmt.Sprintf("C0CUSTOMER%03d", i)
		o.AddChannel(chattest.Channel{
			ID: channel, Name: strings.ToLower(channel), Host: "T1", Connected: []string{"T1", "T2"}, Members: []string{"U0BOT", "U0CARLA"},
		})
		o.render.notices = append(o.render.notices, cards.Post{Message: says("yesterday"), Channel: access.ChannelID(channel), Team: "T2"})
		o.oweIn(channel, outbox.SlackNotice, outbox.NoticePayload{Text: fmt.Sprint(i)})
	}
	took := o.drained()
	for i := range customers {
		if n := len(o.Messages("U0CARLA", fmt.Sprintf("C0CUSTOMER%03d", i))); n != 1 {
			t.Fatalf("customer %d reads %d messages", i, n)
		}
	}
	if early() != 0 || took < 8*time.Minute || took > 15*time.Minute {
		t.Errorf("Slack refused %d calls, and all was said after %s; want none, in ten minutes", early(), took)
	}
}

// TestBurstOfLapses has the cards of very many requests change in one second. Slack
// refuses no update, and what is said elsewhere meanwhile waits for none of them.
func TestBurstOfLapses(t *testing.T) {
	const requests = 500
	o := newOwed(t, newWorld(t))
	o.render.post = inChannel("pending")
	o.oweCard()
	o.settle()
	at := o.card()
	o.place(requests, at)
	o.render.post = inChannel("lapsed")
	for i := range requests {
		id := access.RequestID(fmt.Sprintf("R-%05d", i+2))
		o.oweIn(string(id), outbox.SlackCard, outbox.CardPayload{Request: id, Card: outbox.CustomerCard})
	}
	early, before, began := o.refusals(), o.Calls()["chat.update"], o.clock()
	for range 3 {
		o.moveTo(o.once())
	}
	o.render.notices = []cards.Post{inDM("0"), inDM("1"), inDM("2")}
	for i := range 3 {
		o.oweIn(fmt.Sprint("notice", i), outbox.SlackNotice, outbox.NoticePayload{Text: fmt.Sprint(i)})
	}
	o.once()
	if n := len(o.Messages("U0ANA", "D0ANA")); n != 3 {
		t.Errorf("%d words were said at once, want 3", n)
	}
	o.drained()
	took := o.clock().Sub(began)
	if n := o.Calls()["chat.update"] - before; early() != 0 || n != requests || took < 10*time.Minute || took > 15*time.Minute {
		t.Errorf("Slack refused %d of %d updates, and all were made after %s", early(), n, took)
	}
}

// TestChannelsDoNotWaitForEachOther has one channel be busy, and one be held by Slack.
func TestChannelsDoNotWaitForEachOther(t *testing.T) {
	o := newOwed(t, newWorld(t))
	early := o.refusals()
	for i := range 40 {
		o.render.notices = append(o.render.notices, inChannel(fmt.Sprint("busy ", i)))
		o.oweIn(fmt.Sprint("busy", i), outbox.SlackNotice, outbox.NoticePayload{Text: fmt.Sprint(i)})
	}
	o.render.notices = append(o.render.notices, inDM("elsewhere"))
	o.oweIn("elsewhere", outbox.SlackNotice, outbox.NoticePayload{Text: "40"})
	o.once()
	if n := len(o.Messages("U0ANA", "D0ANA")); n != 1 {
		t.Errorf("%d words were said elsewhere, want 1", n)
	}
	if took := o.drained(); early() != 0 || took < 30*time.Second || took > time.Minute {
		t.Errorf("Slack refused %d postings, and 40 were made after %s", early(), took)
	}
	o.moveTo(o.clock().Add(time.Minute))
	var held atomic.Bool
	held.Store(true)
	o.set(nil, func(method string) (int, http.Header, string) {
		if method == "chat.postMessage" && held.CompareAndSwap(true, false) {
			return http.StatusTooManyRequests, http.Header{"Retry-After": {"30"}}, `{"ok":false,"error":"ratelimited"}`
		}
		return 0, nil, ""
	})
	o.render.notices = []cards.Post{inChannel("held"), inChannel("behind"), inDM("free")}
	for i := range 3 {
		o.oweIn(fmt.Sprint("held", i), outbox.SlackNotice, outbox.NoticePayload{Text: fmt.Sprint(i)})
	}
	o.once()
	if n := len(o.Messages("U0ANA", "D0ANA")); n != 2 {
		t.Errorf("while a channel is held %d words were said elsewhere, want 2", n)
	}
	if took := o.drained(); took != 30*time.Second {
		t.Errorf("all was said after %s, want as long as Slack had asked for", took)
	}
	all := o.expectLast("U0CARLA", "C0SHARED", 2)
	if all != "held; behind" {
		t.Errorf("said were %s", all)
	}
}

// TestWorkspaceHeld has Slack refuse postings in two channels at once: nothing more is
// posted anywhere until it takes messages again, and other methods go on.
func TestWorkspaceHeld(t *testing.T) {
	o := newOwed(t, newWorld(t))
	o.render.notices = []cards.Post{inChannel("one"), inDM("two"), {Message: says("three"), Channel: "C0OWN"}}
	var tried atomic.Int64
	back := o.clock().Add(time.Minute)
	o.set(nil, func(method string) (int, http.Header, string) {
		if method == "chat.postMessage" && o.clock().Before(back) {
			tried.Add(1)
			return http.StatusTooManyRequests, http.Header{"Retry-After": {"60"}}, `{"ok":false,"error":"ratelimited"}`
		}
		return 0, nil, ""
	})
	for i := range 3 {
		o.oweIn(fmt.Sprint("n", i), outbox.SlackNotice, outbox.NoticePayload{Text: fmt.Sprint(i)})
	}
	o.once()
	if tried.Load() != 2 {
		t.Errorf("%d postings were tried, want two", tried.Load())
	}
	if _, err := o.client.Usergroup(t.Context(), "S0"); chat.Patience(err) != 0 {
		t.Error("another method waits, too")
	}
	if took := o.drained(); took != time.Minute {
		t.Errorf("all was said after %s, want a minute", took)
	}
	o.expect("U0CARLA", "C0SHARED", "one")
	o.expect("U0ANA", "D0ANA", "two")
}

// TestParkedDoesNotLook has a message wait for its turn: nobody looks for it before it is
// said, for nobody has tried.
func TestParkedDoesNotLook(t *testing.T) {
	o := newOwed(t, newWorld(t))
	for i := range 30 {
		o.render.notices = append(o.render.notices, inChannel(fmt.Sprint("n", i)))
		o.oweIn(fmt.Sprint("n", i), outbox.SlackNotice, outbox.NoticePayload{Text: fmt.Sprint(i)})
	}
	o.drained()
	if n := o.Calls()["conversations.history"]; n != 0 {
		t.Errorf("Slack was asked %d times for what nobody can have said", n)
	}
}

// TestRestartWhileParked starts the bot anew in the middle of a burst: it forgets the
// turns, and goes on as before.
func TestRestartWhileParked(t *testing.T) {
	o := newOwed(t, newWorld(t))
	early := o.refusals()
	for i := range 60 {
		o.render.notices = append(o.render.notices, inChannel(fmt.Sprint("n", i)))
		o.oweIn(fmt.Sprint("n", i), outbox.SlackNotice, outbox.NoticePayload{Text: fmt.Sprint(i)})
	}
	o.moveTo(o.once())
	o.moveTo(o.once())
	o.client = chat.New(chat.Options{BotToken: botToken, AppToken: appToken, APIURL: o.url + "/api/", Now: o.clock})
	if err := o.client.Identify(t.Context()); err != nil {
		t.Fatal(err)
	}
	o.effects = &chat.Effects{Client: o.client, Render: o.render, Store: o.store, Now: o.clock}
	o.drained()
	if n := len(o.Messages("U0CARLA", "C0SHARED")); early() != 0 || n != 60 {
		t.Errorf("Slack refused %d postings and shows %d, want 60", early(), n)
	}
}

// TestClockGoesBack has nobody wait until a clock that went back is where it was.
func TestClockGoesBack(t *testing.T) {
	o := newOwed(t, newWorld(t))
	for i := range 20 {
		o.render.notices = append(o.render.notices, inChannel(fmt.Sprint("n", i)))
		o.oweIn(fmt.Sprint("n", i), outbox.SlackNotice, outbox.NoticePayload{Text: fmt.Sprint(i)})
	}
	o.drained()
	o.moveTo(o.clock().Add(-5 * time.Hour))
	o.render.notices = append(o.render.notices, inDM("20"))
	o.oweIn("n20", outbox.SlackNotice, outbox.NoticePayload{Text: "20"})
	o.once()
	o.expect("U0ANA", "D0ANA", "20")
}

// TestUnpaced makes every call at once in a world without limits.
func TestUnpaced(t *testing.T) {
	w := newWorld(t)
	c := chat.New(chat.Options{BotToken: botToken, APIURL: w.url + "/api/", Now: w.clock, Unpaced: true})
	for range 60 {
		if _, err := c.Usergroup(t.Context(), "S0"); err == nil {
			t.Fatal("there is no such group")
		}
	}
	if n := w.Calls()["usergroups.users.list"]; n != 60 {
		t.Errorf("%d calls were made, want 60", n)
	}
}
