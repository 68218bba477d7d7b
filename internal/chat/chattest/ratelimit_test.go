package chattest_test

import (
	"testing"
	"time"

	"latchkey/internal/chat/chattest"
)

// burst posts until it is refused and returns how many messages were taken.
func (w *world) burst(channel string) int {
	w.t.Helper()
	for n := range 1000 {
		if answer := w.call("chat.postMessage", "channel", channel, "text", "x"); answer["ok"] != true {
			w.refused("ratelimited", "chat.postMessage", "channel", channel, "text", "x")
			return n
		}
	}
	w.t.Fatalf("1000 messages in %s were taken", channel)
	return 0
}

func TestPostingLimit(t *testing.T) {
	t.Parallel()
	w := newWorld(t, func(o *chattest.Options) { o.PostRate = 0 })
	first := w.burst("C-OPEN")
	if first < 2 || first > 20 {
		t.Errorf("a burst of %d messages was taken, want a short one", first)
	}
	status, header, body, err := w.try(t.Context(), post, "channel=C-OPEN&text=x")
	if err != nil || status != 429 || header.Get("Retry-After") != "1" || body != `{"error":"ratelimited","ok":false}` {
		t.Errorf("the next = %d %v %s, %v, want 429 and a second to wait", status, header, body, err)
	}
	if n := len(w.Messages("U-ANA", "C-OPEN")); n != first {
		t.Errorf("ana sees %d messages, want the %d that were taken", n, first)
	}
	w.must("chat.postMessage", "channel", "C-SHARED", "text", "another channel")
	w.must("chat.postEphemeral", "channel", "C-OPEN", "user", "U-ANA", "text", "another method")

	w.advance(time.Second)
	if n := w.burst("C-OPEN"); n != 1 {
		t.Errorf("%d messages after a second, want 1", n)
	}
	w.advance(-time.Hour)
	if n := w.burst("C-OPEN"); n != 0 {
		t.Errorf("%d messages after the clock went back, want none", n)
	}
	w.advance(time.Hour)
	if n := w.burst("C-OPEN"); n != first {
		t.Errorf("%d messages after an hour, want a burst of %d", n, first)
	}
}

func TestPostingLimitOfAPerson(t *testing.T) {
	t.Parallel()
	w := newWorld(t, func(o *chattest.Options) { o.PostRate = 0.1 })
	w.must("chat.postMessage", "channel", "U-ANA", "text", "opens the conversation")
	w.burst("U-ANA")
	dm := w.must("conversations.open", "users", "U-ANA")
	w.refused("ratelimited", "chat.postMessage", "channel", at(dm, "channel", "id").(string), "text", "x")
	w.must("chat.postMessage", "channel", "U-BO", "text", "x")
	if _, header, _, _ := w.try(t.Context(), post, "channel=U-ANA&text=x"); header.Get("Retry-After") != "10" {
		t.Errorf("Retry-After = %q, want 10", header.Get("Retry-After"))
	}
}

func TestRefusedPostingsDoNotCount(t *testing.T) {
	t.Parallel()
	w := newWorld(t, func(o *chattest.Options) { o.PostRate = 1 })
	for range 100 {
		w.refused("no_text", "chat.postMessage", "channel", "C-OPEN")
	}
	w.must("chat.postMessage", "channel", "C-OPEN", "text", "x")
}

// TestTiers lets no minute have more calls of a method than its tier, and counts each
// method by itself.
func TestTiers(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		method string
		args   []string
		tier   int
	}{
		{"conversations.info", []string{"channel", "C-OPEN"}, 50},
		{"users.info", []string{"user", "U-ANA"}, 100},
		{"users.list", nil, 20},
	} {
		w := newWorld(t, func(o *chattest.Options) { o.PostRate = 0 })
		for range tt.tier {
			w.must(tt.method, tt.args...)
		}
		w.refused("ratelimited", tt.method, tt.args...)
		w.must("auth.test")
		w.must("conversations.members", "channel", "C-OPEN")
		w.advance(59 * time.Second)
		w.refused("ratelimited", tt.method, tt.args...)
		w.advance(time.Second)
		for range tt.tier {
			w.must(tt.method, tt.args...)
		}
		w.refused("ratelimited", tt.method, tt.args...)
	}
}

// TestWorkspaceLimit has messages in many channels be too many for the workspace.
func TestWorkspaceLimit(t *testing.T) {
	t.Parallel()
	w := newWorld(t, func(o *chattest.Options) { o.PostRate = 1000 })
	for range 300 {
		w.must("chat.postMessage", "channel", "C-OPEN", "text", "x")
		w.advance(time.Millisecond)
	}
	w.refused("ratelimited", "chat.postMessage", "channel", "C-SHARED", "text", "x")
}

// TestNoLimits has none where there are to be none.
func TestNoLimits(t *testing.T) {
	t.Parallel()
	w := newWorld(t, func(o *chattest.Options) { o.PostRate = -1 })
	for range 150 {
		w.must("users.info", "user", "U-ANA")
	}
}
