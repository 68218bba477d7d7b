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
	"latchkey/internal/chat/chattest"
	"latchkey/internal/outbox"
)

// TestOutage holds that an outage of Slack of six hours, which swallows the answers to
// what it takes at its beginning, loses nothing and doubles nothing: alerts, what is said once, and
// files. The bot dies and starts again in the middle.
func TestOutage(t *testing.T) {
	o := newOwed(t, newWorld(t))
	o.backoff = outbox.Backoff(func() float64 { return 0.5 })
	const alerts = 12
	began := o.clock()
	back := began.Add(6 * time.Hour)
	var lost, calls atomic.Int64 // answers at its beginning, and calls that met nothing
	o.set(func(c chattest.Call) {
		if c.Method == "chat.postMessage" && c.Phase == chattest.After && lost.Load() < 3 {
			lost.Add(1)
			panic(http.ErrAbortHandler)
		}
	}, func(string) (int, http.Header, string) {
		if lost.Load() == 3 && o.clock().Before(back) {
			calls.Add(1)
			return http.StatusServiceUnavailable, nil, "down"
		}
		return 0, nil, ""
	})
	var want []string
	for i := range alerts {
		text := fmt.Sprintf("alert %02d", i)
		o.render.say(text, inChannel(text))
		want = append(want, text)
		o.oweIn(text, outbox.SlackAlertCard, outbox.AlertCardPayload{Alert: access.AlertID(text), Card: 1})
	}
	o.render.say("said once", inChannel("said once"))
	o.oweIn("notice", outbox.SlackNotice, outbox.NoticePayload{Notice: outbox.NoticeSummary, Text: "said once"})
	o.render.file = cards.File{Channel: "C0SHARED", Name: "week.png", Title: "A week", Content: []byte("drawn")}
	o.oweIn("notice", outbox.SlackFile, outbox.FilePayload{Day: "2026-11-24"})
	tries := 0
	for next := o.once(); !next.IsZero(); next = o.once() {
		if tries++; tries == 20 {
			o.crashes = 1
		}
		if tries > 2000 {
			t.Fatalf("not settled: %+v", o.pending())
		}
		o.moveTo(next)
	}
	if took := o.clock().Sub(began); took < 6*time.Hour || took > 7*time.Hour || calls.Load() < alerts {
		t.Errorf("all was told after %s and %d calls in vain", took, calls.Load())
	}
	said := map[string]int{}
	for _, m := range o.Messages("U0CARLA", "C0SHARED") {
		if m.User == "U0BOT" && len(m.Files) == 0 {
			said[m.Text]++
		}
	}
	for _, text := range append(want, "said once") {
		if said[text] != 1 {
			t.Errorf("%q was said %d times", text, said[text])
		}
	}
	if got := o.files("C0SHARED"); strings.Count(got, "week.png") != 1 || len(said) != alerts+1 {
		t.Errorf("shown is %q, said is %v", got, said)
	}
	if len(o.dead()) > 0 {
		t.Errorf("given up is %+v", o.dead())
	}
}
