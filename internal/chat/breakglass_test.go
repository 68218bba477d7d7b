package chat_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"latchkey/internal/access"
	"latchkey/internal/chat/chattest"
	"latchkey/internal/outbox"
)

var glassCard = outbox.CardPayload{Request: "R-00001", Card: outbox.BreakGlassCard}

// TestBreakGlassCardFaults has the customer hear of it once, whatever goes wrong.
func TestBreakGlassCardFaults(t *testing.T) {
	for _, tt := range []struct {
		name    string
		faults  []fault
		crashes int
	}{
		{"NoFault", nil, 0},
		{"PostFails", []fault{{"chat.postMessage", chattest.Before, 2}}, 0},
		{"AnswerLost", []fault{{"chat.postMessage", chattest.After, 1}}, 0},
		{"UpdateFails", []fault{{"chat.update", chattest.Before, 1}}, 0},
		{"UpdateFailsButApplied", []fault{{"chat.update", chattest.After, 1}}, 0},
		{"CrashAfterPost", nil, 2},
		{"AnswerLostThenCrash", []fault{{"chat.postMessage", chattest.After, 1}}, 1},
	} {
		t.Run(tt.name, func(t *testing.T) {
			o := newOwed(t, newWorld(t))
			o.render.post = inChannel("the request's own card")
			o.oweCard()
			o.settle()
			left := o.arm(tt.faults...)
			o.crashes = tt.crashes
			for _, text := range []string{"taken", "in force"} {
				o.render.post = inChannel(text)
				o.owe(outbox.SlackCard, glassCard)
				o.settle()
			}
			o.expect("U0CARLA", "C0SHARED", "the request's own card", "in force")
			if n := left(); n > 0 || o.crashes > 0 {
				t.Errorf("%d faults and %d crashes did not happen", n, o.crashes)
			}
		})
	}
}

// TestBreakGlassIsTriedUntilItIsHeard holds that no refusal gives up what a customer must
// hear, that each says why, and that it is said once the way is free; what changes later
// is set aside as any other card is.
func TestBreakGlassIsTriedUntilItIsHeard(t *testing.T) {
	for _, row := range []struct {
		name string
		shut func(*owed) error
		open func(*owed) error
		says string
		code access.Code
	}{
		{
			"Archived", func(o *owed) error { return o.Archive("U0ANA", "C0SHARED") },
			func(o *owed) error { return o.Unarchive("U0ANA", "C0SHARED") }, "does not let the bot write there (is_archived)", access.Unavailable,
		},
		{
			"SomebodyElseInside", func(o *owed) error {
				o.AddTeam(chattest.Team{ID: "T3", Name: "Else"})
				_, err := o.Share("C0SHARED", "T3")
				return errors.Join(err, o.Accept("C0SHARED", "T3"))
			},
			func(o *owed) error { return o.Disconnect("C0SHARED", "T3") }, "is shared with another organisation as well", access.Forbidden,
		},
	} {
		t.Run(row.name, func(t *testing.T) {
			o := newOwed(t, newWorld(t))
			o.backoff = func(int) time.Duration { return 3 * time.Second } // slower than a channel is written to
			var told []error
			post := inChannel("taken")
			post.Team = "T2"
			o.render.post = post
			if err := row.shut(o); err != nil {
				t.Fatal(err)
			}
			o.owe(outbox.SlackCard, glassCard)
			for range 12 {
				e := o.pending()[0]
				_, err := o.effects.Card(t.Context(), e)
				told = append(told, err)
				o.moveTo(o.once())
			}
			if len(o.dead()) > 0 || len(o.pending()) != 1 {
				t.Fatalf("given up are %+v", o.dead())
			}
			for _, err := range told {
				refusal, ok := errors.AsType[*access.Error](err)
				if !ok || refusal.Code != row.code || !strings.Contains(refusal.Message, row.says) || outbox.IsPermanent(err) {
					t.Fatalf("the refusal is %v", err)
				}
			}
			if err := row.open(o); err != nil {
				t.Fatal(err)
			}
			o.moveTo(o.clock().Add(2 * time.Minute))
			o.settle()
			o.expect("U0CARLA", "C0SHARED", "taken")
			if row.code != access.Forbidden {
				return // Slack has another word for a change there, which any card waits for
			}
			if err := row.shut(o); err != nil {
				t.Fatal(err)
			}
			o.moveTo(o.clock().Add(2 * time.Minute))
			post.Message = says("over")
			o.render.post = post
			o.owe(outbox.SlackCard, glassCard)
			o.settle()
			if len(o.dead()) != 1 {
				t.Errorf("a change of what was heard is tried for ever: %+v", o.pending())
			}
		})
	}
}
