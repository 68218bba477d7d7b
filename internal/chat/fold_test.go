package chat_test

import (
	"net/http"
	"testing"
	"time"

	"latchkey/internal/chat/chattest"
	"latchkey/internal/outbox"
	"latchkey/internal/state"
)

// TestTenChangesWhileThrottled has a card change ten times while Slack takes no update:
// one update shows the last state, also when the bot has died in between.
func TestTenChangesWhileThrottled(t *testing.T) {
	for _, crashes := range []int{0, 1} {
		o := newOwed(t, newWorld(t))
		o.render.post = inChannel("state 0")
		o.oweCard()
		o.settle()
		back := o.clock().Add(time.Hour)
		o.set(nil, func(method string) (int, http.Header, string) {
			if method == "chat.update" && o.clock().Before(back) {
				return http.StatusTooManyRequests, http.Header{"Retry-After": {"3600"}}, `{"ok":false,"error":"ratelimited"}`
			}
			return 0, nil, ""
		})
		for _, text := range []string{"1", "2", "3", "4", "5", "6", "7", "8", "9", "10"} {
			o.render.post = inChannel("state " + text)
			o.oweCard()
			o.once()
		}
		before := o.Calls()["chat.update"]
		o.crashes = crashes
		o.settle()
		o.expect("U0CARLA", "C0SHARED", "state 10")
		if n := o.Calls()["chat.update"] - before; n != 1+crashes {
			t.Errorf("chat.update was called %d times with %d crashes, want once and once after each", n, crashes)
		}
	}
}

// TestRevivedLooksBack has a message be given up whose posting was not answered, and be
// tried again two days later: it is not said twice.
func TestRevivedLooksBack(t *testing.T) {
	o := newOwed(t, newWorld(t))
	left := o.arm(fault{"chat.postMessage", chattest.After, 1})
	o.render.post = inChannel("said once")
	e := o.owe(outbox.SlackNotice, outbox.NoticePayload{})
	next := o.once()
	o.answers("conversations.history", `{"ok":false,"error":"is_archived"}`, 1)
	o.moveTo(next)
	o.once()
	if len(o.dead()) != 1 || left() != 0 {
		t.Fatalf("given up are %+v", o.dead())
	}
	o.moveTo(o.clock().Add(48 * time.Hour))
	if err := o.store.Update(t.Context(), func(tx state.Tx) error {
		_, err := outbox.Revive(tx, e.ID, o.clock())
		return err
	}); err != nil {
		t.Fatal(err)
	}
	o.settle()
	o.expect("U0CARLA", "C0SHARED", "said once")
}
