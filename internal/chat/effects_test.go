package chat_test

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/slack-go/slack"

	"latchkey/internal/access"
	"latchkey/internal/cards"
	"latchkey/internal/chat"
	"latchkey/internal/chat/chattest"
	"latchkey/internal/outbox"
)

func inChannel(text string) cards.Post { return cards.Post{Message: says(text), Channel: "C0SHARED"} }

func inDM(text string) cards.Post { return cards.Post{Message: says(text), User: "U0ANA"} }

// Whatever goes wrong on the way, there is one card and it shows the last state.
func TestCardFaults(t *testing.T) {
	const before, after = chattest.Before, chattest.After
	const open, post, update, look = "conversations.open", "chat.postMessage", "chat.update", "conversations.history"
	for _, tt := range []struct {
		name    string
		faults  []fault
		crashes int
		post    func(string) cards.Post
	}{
		{"NoFault", nil, 0, inChannel},
		{"NoFaultInDM", nil, 0, inDM},
		{"OpenFails", []fault{{open, before, 1}}, 0, inDM},
		{"OpenFailsButApplied", []fault{{open, after, 1}}, 0, inDM},
		{"PostFails", []fault{{post, before, 1}}, 0, inChannel},
		{"PostFailsTwice", []fault{{post, before, 2}}, 0, inChannel},
		{"PostFailsButApplied", []fault{{post, after, 1}}, 0, inChannel},
		{"PostFailsButAppliedInDM", []fault{{post, after, 1}}, 0, inDM},
		{"PostFailsThenAnswerLost", []fault{{post, before, 1}, {post, after, 1}}, 0, inChannel},
		{"AnswerLostThenLookFails", []fault{{post, after, 1}, {look, before, 1}}, 0, inChannel},
		{"AnswerLostThenLookFailsLate", []fault{{post, after, 1}, {look, after, 2}}, 0, inChannel},
		{"AnswerLostThenUpdateFails", []fault{{post, after, 1}, {update, before, 1}}, 0, inChannel},
		{"UpdateFails", []fault{{update, before, 1}}, 0, inChannel},
		{"UpdateFailsButApplied", []fault{{update, after, 1}}, 0, inChannel},
		{"UpdateFailsOften", []fault{{update, before, 2}, {update, after, 2}}, 0, inChannel},
		{"CrashAfterPost", nil, 1, inChannel},
		{"CrashAfterPostInDM", nil, 1, inDM},
		{"CrashAgainAfterPost", nil, 3, inChannel},
		{"AnswerLostThenCrash", []fault{{post, after, 1}}, 1, inChannel},
		{"CrashThenUpdateFails", []fault{{update, after, 1}}, 1, inChannel},
	} {
		t.Run(tt.name, func(t *testing.T) {
			o := newOwed(t, newWorld(t))
			viewer, channel := "U0CARLA", "C0SHARED"
			if tt.post("").User != "" {
				viewer, channel = "U0ANA", "D0ANA"
			}
			left := o.arm(tt.faults...)
			o.crashes = tt.crashes
			o.render.post = tt.post("pending")
			o.oweCard()
			o.settle()
			ours := o.expect(viewer, channel, "pending")
			o.render.post = tt.post("approved")
			o.oweCard()
			o.settle()
			o.expect(viewer, channel, "approved")
			if got, want := o.card(), (access.MessageRef{Channel: access.ChannelID(channel), TS: ours[0].TS}); got != want {
				t.Errorf("the store has the card at %v, want %v", got, want)
			}
			if n := left(); n > 0 || o.crashes > 0 {
				t.Errorf("%d faults and %d crashes did not happen", n, o.crashes)
			}
		})
	}
}

// A card that somebody deleted is posted again, once, whatever goes wrong.
func TestCardDeleted(t *testing.T) {
	for _, tt := range []struct {
		name    string
		faults  []fault
		crashes int
	}{
		{"Posted", nil, 0},
		{"PostFails", []fault{{"chat.postMessage", chattest.Before, 1}}, 0},
		{"AnswerLost", []fault{{"chat.postMessage", chattest.After, 1}}, 0},
		{"AnswerLostThenUpdateFails", []fault{{"chat.postMessage", chattest.After, 1}, {"chat.update", chattest.Before, 1}}, 0},
		{"CrashAfterPost", nil, 1},
	} {
		t.Run(tt.name, func(t *testing.T) {
			o := newOwed(t, newWorld(t))
			o.render.post = inChannel("pending")
			o.oweCard()
			o.settle()
			old := o.card()
			if _, _, err := o.client.API.DeleteMessageContext(t.Context(), string(old.Channel), old.TS); err != nil {
				t.Fatal(err)
			}
			left := o.arm(tt.faults...)
			o.crashes = tt.crashes
			o.render.post = inChannel("approved")
			o.oweCard()
			o.settle()
			ours := o.expect("U0CARLA", "C0SHARED", "approved")
			if got := o.card(); got.TS != ours[0].TS || got == old {
				t.Errorf("the store has the card at %v, want %s", got, ours[0].TS)
			}
			if n := left(); n > 0 {
				t.Errorf("%d faults did not happen", n)
			}
		})
	}
}

// The lost message is found among many others and by its own mark only.
func TestLostCardIsFoundAmongOthers(t *testing.T) {
	o := newOwed(t, newWorld(t))
	o.render.post = inChannel("customer card")
	o.arm(fault{"chat.postMessage", chattest.After, 2})
	o.oweCard()
	retry := o.once()
	for i := range 450 {
		if _, err := o.Say("U0CARLA", "C0SHARED", fmt.Sprint("chatter ", i)); err != nil {
			t.Fatal(err)
		}
	}
	o.owe(outbox.SlackNotice, outbox.NoticePayload{})
	o.moveTo(retry)
	o.settle()
	ours := o.expect("U0CARLA", "C0SHARED", "customer card", "customer card")
	if got := o.card(); got.TS != ours[0].TS {
		t.Errorf("the store has the card at %v, want %s", got, ours[0].TS)
	}
	if n := o.Calls()["conversations.history"]; n < 4 {
		t.Errorf("%d pages were read, want 3 for the card and 1 for the notice at least", n)
	}
}

// A first try looks for nothing: that would cost a call for every message.
func TestFirstTryDoesNotLook(t *testing.T) {
	o := newOwed(t, newWorld(t))
	o.render.post = inChannel("hello")
	o.oweCard()
	o.owe(outbox.SlackNotice, outbox.NoticePayload{})
	o.settle()
	if calls := o.Calls(); calls["conversations.history"] != 0 || calls["chat.postMessage"] != 2 {
		t.Errorf("calls %v, want two posts and no look", calls)
	}
}

func TestNoticeFaults(t *testing.T) {
	const before, after = chattest.Before, chattest.After
	for _, tt := range []struct {
		name    string
		faults  []fault
		crashes int
		post    func(string) cards.Post
	}{
		{"NoFault", nil, 0, inChannel},
		{"NoFaultInDM", nil, 0, inDM},
		{"PostFails", []fault{{"chat.postMessage", before, 2}}, 0, inChannel},
		{"PostFailsButApplied", []fault{{"chat.postMessage", after, 1}}, 0, inChannel},
		{"OpenFails", []fault{{"conversations.open", before, 1}, {"conversations.open", after, 1}}, 0, inDM},
		{"AnswerLostThenLookFails", []fault{{"chat.postMessage", after, 1}, {"conversations.history", before, 2}}, 0, inDM},
		{"CrashAfterPost", nil, 2, inDM},
	} {
		t.Run(tt.name, func(t *testing.T) {
			o := newOwed(t, newWorld(t))
			viewer, channel := "U0CARLA", "C0SHARED"
			if tt.post("").User != "" {
				viewer, channel = "U0ANA", "D0ANA"
			}
			left := o.arm(tt.faults...)
			o.crashes = tt.crashes
			o.render.post = tt.post("the access has ended")
			o.owe(outbox.SlackNotice, outbox.NoticePayload{})
			o.settle()
			o.expect(viewer, channel, "the access has ended")
			o.owe(outbox.SlackNotice, outbox.NoticePayload{}) // another cause, so said again
			o.settle()
			o.expect(viewer, channel, "the access has ended", "the access has ended")
			if n := left(); n > 0 || o.crashes > 0 {
				t.Errorf("%d faults and %d crashes did not happen", n, o.crashes)
			}
		})
	}
}

// A clock that is ahead for good does not have anything be said twice.
func TestLostByAClockAhead(t *testing.T) {
	for name, post := range map[string]func(string) cards.Post{"Channel": inChannel, "DM": inDM} {
		for _, jumps := range []bool{false, true} { // between Slack's last answer and the post that has none
			t.Run(fmt.Sprintf("%s/%v", name, jumps), func(t *testing.T) {
				w := anonymous(t)
				var ahead atomic.Int64
				ours := func() time.Time { return w.clock().Add(time.Duration(ahead.Load())) }
				w.client = chat.New(chat.Options{BotToken: botToken, APIURL: w.url + "/api/", Now: ours})
				o := newOwed(t, w)
				o.ours = ours
				if !jumps {
					ahead.Store(int64(3 * time.Hour))
				}
				if err := w.client.Identify(t.Context()); err != nil {
					t.Fatal(err)
				}
				ahead.Store(int64(3 * time.Hour))
				o.render.post = post("the access has ended")
				o.crashes = 1
				o.owe(outbox.SlackNotice, outbox.NoticePayload{})
				o.once()
				w.moveTo(w.clock().Add(2 * lease))
				o.once()
				viewer, channel := "U0CARLA", "C0SHARED"
				if post("").User != "" {
					viewer, channel = "U0ANA", "D0ANA"
				}
				o.expect(viewer, channel, "the access has ended")
			})
		}
	}
}

// Slack says how long to wait, and is not asked earlier.
func TestRateLimit(t *testing.T) {
	for _, method := range []string{"chat.postMessage", "conversations.open"} {
		t.Run(method, func(t *testing.T) {
			o := newOwed(t, newWorld(t))
			limited := true
			o.set(nil, func(m string) (int, http.Header, string) {
				if m != method || !limited {
					return 0, nil, ""
				}
				return http.StatusTooManyRequests, http.Header{"Retry-After": {"37"}}, `{"ok":false,"error":"ratelimited"}`
			})
			o.render.post = inDM("hello")
			o.owe(outbox.SlackNotice, outbox.NoticePayload{})
			next := o.once()
			if wait := next.Sub(o.clock()); wait != 37*time.Second {
				t.Fatalf("the next try is in %v, want 37s", wait)
			}
			limited = false
			o.moveTo(next)
			o.settle()
			o.expect("U0ANA", "D0ANA", "hello")
		})
	}
}

// Errors that people mend are tried again; the others end the effect.
func TestErrorsOfSlack(t *testing.T) {
	effect := outbox.Effect{ID: "R-00001/0001/slack.notice", Payload: []byte("{}"), Term: 1}
	for _, tt := range []struct {
		method, code string
		permanent    bool
	}{
		{"chat.postMessage", "invalid_blocks", true},
		{"chat.postMessage", "invalid_blocks_format", true},
		{"chat.postMessage", "msg_too_long", true},
		{"chat.postMessage", "msg_blocks_too_long", true},
		{"chat.postMessage", "no_text", true},
		{"chat.postMessage", "is_archived", true},
		{"chat.postMessage", "not_in_channel", false},
		{"chat.postMessage", "channel_not_found", false},
		{"chat.postMessage", "missing_scope", false},
		{"chat.postMessage", "internal_error", false},
		{"chat.postMessage", "one_that_is_new", false},
		{"conversations.open", "user_not_found", true},
		{"conversations.open", "user_disabled", true},
		{"conversations.open", "cannot_dm_bot", true},
		{"conversations.open", "user_not_visible", false},
	} {
		t.Run(tt.method+"/"+tt.code, func(t *testing.T) {
			o := newOwed(t, newWorld(t))
			o.render.post = inDM("private words")
			o.answers(tt.method, `{"ok":false,"error":"`+tt.code+`"}`, -1)
			_, err := o.effects.Notice(t.Context(), effect)
			if err == nil || outbox.IsPermanent(err) != tt.permanent || !strings.Contains(err.Error(), tt.code) {
				t.Errorf("error %v, permanent %v; want %s, %v", err, outbox.IsPermanent(err), tt.code, tt.permanent)
			}
			quiet(t, err)
		})
	}
}

// The stand-in refuses these itself.
func TestRefusedPosts(t *testing.T) {
	tooLong := cards.Post{Message: says(strings.Repeat("a", 3001)), Channel: "C0SHARED"}
	for _, tt := range []struct {
		name      string
		post      cards.Post
		permanent bool
	}{
		{"InvalidBlocks", tooLong, true},
		{"NothingToSay", cards.Post{Channel: "C0SHARED"}, true},
		{"NotInChannel", cards.Post{Message: says("x"), Channel: "C0QUIET"}, false},
		{"NoSuchChannel", cards.Post{Message: says("x"), Channel: "C0NONE"}, false},
		{"DeactivatedUser", cards.Post{Message: says("x"), User: "U0OLD"}, true},
		{"StrangeUser", cards.Post{Message: says("x"), User: "U0DAN"}, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			o := newOwed(t, newWorld(t))
			o.render.post = tt.post
			o.oweCard()
			o.once()
			dead, pending := o.dead(), o.pending()
			if (len(dead) == 1) != tt.permanent || (len(pending) == 1) == tt.permanent {
				t.Errorf("given up %+v, pending %+v; want permanent %v", dead, pending, tt.permanent)
			}
			for _, e := range append(dead, pending...) {
				quiet(t, errors.New(e.LastError))
			}
		})
	}
}

// The card's update has its own refusals.
func TestRefusedUpdates(t *testing.T) {
	for _, tt := range []struct {
		code      string
		permanent bool
	}{
		{"cant_update_message", true},
		{"edit_window_closed", true},
		{"is_archived", true},
		{"channel_not_found", false},
	} {
		t.Run(tt.code, func(t *testing.T) {
			o := newOwed(t, newWorld(t))
			o.render.post = inChannel("pending")
			o.oweCard()
			o.settle()
			o.answers("chat.update", `{"ok":false,"error":"`+tt.code+`"}`, -1)
			o.oweCard()
			o.once()
			if got := len(o.dead()) == 1; got != tt.permanent {
				t.Errorf("given up %v, want %v", got, tt.permanent)
			}
			if n := o.Calls()["chat.postMessage"]; n != 1 {
				t.Errorf("%d posts, want 1", n)
			}
		})
	}
}

func TestNothingIsPostedWithout(t *testing.T) {
	broken := errors.New("cannot be drawn")
	for _, tt := range []struct {
		name      string
		change    func(*owed)
		payload   string
		permanent bool
	}{
		{"Identity", func(*owed) {}, "{}", false},
		{"Payload", func(*owed) {}, "[", true},
		{"Drawing", func(o *owed) { o.render.err = broken }, "{}", false},
		{"DrawingForGood", func(o *owed) { o.render.err = outbox.Permanent(broken) }, "{}", true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			o := newOwed(t, anonymous(t))
			o.render.post = inDM("hello")
			tt.change(o)
			for _, term := range []int{1, 2} {
				e := outbox.Effect{ID: "x", Payload: []byte(tt.payload), Term: term}
				if _, err := o.effects.Card(t.Context(), e); err == nil || outbox.IsPermanent(err) != tt.permanent {
					t.Errorf("Card: %v, permanent %v, want %v", err, outbox.IsPermanent(err), tt.permanent)
				}
				if _, err := o.effects.Notice(t.Context(), e); err == nil || outbox.IsPermanent(err) != tt.permanent {
					t.Errorf("Notice: %v, permanent %v, want %v", err, outbox.IsPermanent(err), tt.permanent)
				}
			}
			if calls := o.Calls(); len(calls) > 0 {
				t.Errorf("calls %v, want none", calls)
			}
		})
	}
}

// Links in what people wrote are not fetched and shown.
func TestPostsUnfurlNothing(t *testing.T) {
	o := newOwed(t, newWorld(t))
	checked := 0
	o.set(func(c chattest.Call) {
		if c.Method == "chat.postMessage" && c.Phase == chattest.Before {
			checked++
			if c.Form.Get("unfurl_links") != "false" || c.Form.Get("unfurl_media") != "false" {
				t.Errorf("posted with %v", c.Form)
			}
		}
	}, nil)
	o.render.post = inChannel("see example.com")
	o.oweCard()
	o.settle()
	if checked != 1 {
		t.Errorf("%d posts, want 1", checked)
	}
}

func TestIdentify(t *testing.T) {
	w := anonymous(t)
	w.answers("auth.test", `{"ok":false,"error":"invalid_auth"}`, 1)
	err := w.client.Identify(t.Context())
	if _, ok := errors.AsType[slack.SlackErrorResponse](err); !ok || w.client.Team() != "" || w.client.Bot() != "" {
		t.Errorf("refused: %v, team %q, bot %q", err, w.client.Team(), w.client.Bot())
	}
	quiet(t, err)
	if err := w.client.Identify(t.Context()); err != nil || w.client.Team() != "T1" || w.client.Bot() != "U0BOT" {
		t.Errorf("Identify = %v, team %q, bot %q", err, w.client.Team(), w.client.Bot())
	}
}

// quiet checks that an error tells no secret and nothing that was to be said.
func quiet(t *testing.T, err error) {
	t.Helper()
	if s := err.Error(); strings.Contains(s, botToken) || strings.Contains(s, appToken) || strings.Contains(s, "private words") {
		t.Errorf("the error %q tells too much", s)
	}
}

// TestNothingToSay holds that a notice which has nothing to say any more is done, and
// posts nothing.
func TestNothingToSay(t *testing.T) {
	o := newOwed(t, newWorld(t))
	o.owe(outbox.SlackNotice, outbox.NoticePayload{Notice: outbox.NoticeReminder, Request: "R-00001"})
	o.settle()
	o.expect("U0CARLA", "C0SHARED")
}
