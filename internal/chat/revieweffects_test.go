package chat_test

import (
	"errors"
	"testing"

	"latchkey/internal/access"
	"latchkey/internal/chat/chattest"
	"latchkey/internal/outbox"
	"latchkey/internal/state"
)

// A card of an access review is one message, whatever goes wrong, and never taken for
// another card of the same review.
func TestReviewCardFaults(t *testing.T) {
	first := outbox.ReviewCardPayload{Review: "V-7K3M2", Card: 1}
	second := outbox.ReviewCardPayload{Review: "V-7K3M2", Card: 2}
	for _, tt := range []struct {
		name    string
		faults  []fault
		crashes int
	}{
		{"NoFault", nil, 0},
		{"PostFails", []fault{{"chat.postMessage", chattest.Before, 1}}, 0},
		{"AnswerLost", []fault{{"chat.postMessage", chattest.After, 1}}, 0},
		{"UpdateFails", []fault{{"chat.update", chattest.Before, 1}}, 0},
		{"UpdateFailsButApplied", []fault{{"chat.update", chattest.After, 1}}, 0},
		{"CrashAfterPost", nil, 2},
	} {
		t.Run(tt.name, func(t *testing.T) {
			o := newOwed(t, newWorld(t))
			o.render.post = inChannel("other")
			o.owe(outbox.SlackReviewCard, first)
			o.settle()
			left := o.arm(tt.faults...)
			o.crashes = tt.crashes
			for _, text := range []string{"waits", "answered"} {
				o.render.post = inChannel(text)
				o.owe(outbox.SlackReviewCard, second)
				o.settle()
			}
			ours := o.expect("U0CARLA", "C0SHARED", "other", "answered")
			if err := o.store.View(t.Context(), func(tx state.Tx) error {
				one, err1 := state.CardOfReview(tx, first.Review, 1)
				two, err2 := state.CardOfReview(tx, second.Review, 2)
				if want := (access.MessageRef{Channel: "C0SHARED", TS: ours[1].TS}); two.Ref != want || one.Ref.TS != ours[0].TS {
					t.Errorf("the store has the cards at %v and %v, want %v", one.Ref, two.Ref, want)
				}
				return errors.Join(err1, err2)
			}); err != nil {
				t.Fatal(err)
			}
			if n := left(); n > 0 || o.crashes > 0 {
				t.Errorf("%d faults and %d crashes did not happen", n, o.crashes)
			}
		})
	}
}
