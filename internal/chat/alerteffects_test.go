package chat_test

import (
	"errors"
	"testing"

	"latchkey/internal/access"
	"latchkey/internal/chat/chattest"
	"latchkey/internal/outbox"
	"latchkey/internal/state"
)

// A card of an alert is one message, whatever goes wrong, and never taken for
// another card.
func TestAlertCardFaults(t *testing.T) {
	storm := outbox.AlertCardPayload{Storm: "S-0123456789"}
	first := outbox.AlertCardPayload{Alert: "A-0123456789", Card: 1}
	second := outbox.AlertCardPayload{Alert: "A-0123456789", Card: 2}
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
			for _, other := range []outbox.AlertCardPayload{storm, first} {
				o.render.post = inChannel("other")
				o.owe(outbox.SlackAlertCard, other)
				o.settle()
			}
			left := o.arm(tt.faults...)
			o.crashes = tt.crashes
			for _, text := range []string{"open", "acknowledged"} {
				o.render.post = inChannel(text)
				o.owe(outbox.SlackAlertCard, second)
				o.settle()
			}
			ours := o.expect("U0CARLA", "C0SHARED", "other", "other", "acknowledged")
			if err := o.store.View(t.Context(), func(tx state.Tx) error {
				card, err := state.PostedAlert(tx, state.AlertCard{Alert: second.Alert, Card: 2})
				many, err2 := state.PostedAlert(tx, state.AlertCard{Storm: storm.Storm})
				if want := (access.MessageRef{Channel: "C0SHARED", TS: ours[2].TS}); card.Ref != want || many.Ref.TS != ours[0].TS {
					t.Errorf("the store has the cards at %v and %v, want %v", card.Ref, many.Ref, want)
				}
				return errors.Join(err, err2)
			}); err != nil {
				t.Fatal(err)
			}
			if n := left(); n > 0 || o.crashes > 0 {
				t.Errorf("%d faults and %d crashes did not happen", n, o.crashes)
			}
		})
	}
}
