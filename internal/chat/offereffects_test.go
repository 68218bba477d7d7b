package chat_test

import (
	"errors"
	"testing"

	"latchkey/internal/access"
	"latchkey/internal/chat/chattest"
	"latchkey/internal/outbox"
	"latchkey/internal/state"
)

var offerCard = outbox.OfferCardPayload{Offer: "O-00001", Card: outbox.CustomerCard}

// A card of an offer is one message, whatever goes wrong, and never taken for
// the card of a request.
func TestOfferCardFaults(t *testing.T) {
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
			o.render.post = inChannel("request")
			o.oweCard()
			o.settle()
			left := o.arm(tt.faults...)
			o.crashes = tt.crashes
			for _, text := range []string{"waiting", "active"} {
				o.render.post = inChannel(text)
				o.owe(outbox.SlackOfferCard, offerCard)
				o.settle()
			}
			ours := o.expect("U0CARLA", "C0SHARED", "request", "active")
			var card state.OfferCard
			if err := o.store.View(t.Context(), func(tx state.Tx) (err error) {
				card, err = state.CardOfOffer(tx, offerCard.Offer, offerCard.Card)
				return err
			}); err != nil {
				t.Fatal(err)
			}
			if want := (access.MessageRef{Channel: "C0SHARED", TS: ours[1].TS}); card.Ref != want {
				t.Errorf("the store has the card at %v, want %v", card.Ref, want)
			}
			if n := left(); n > 0 || o.crashes > 0 {
				t.Errorf("%d faults and %d crashes did not happen", n, o.crashes)
			}
		})
	}
}

func TestOfferNoticeFaults(t *testing.T) {
	for _, tt := range []struct {
		name    string
		faults  []fault
		crashes int
	}{
		{"NoFault", nil, 0},
		{"PostFails", []fault{{"chat.postMessage", chattest.Before, 2}}, 0},
		{"AnswerLost", []fault{{"chat.postMessage", chattest.After, 1}}, 0},
		{"CrashAfterPost", nil, 1},
	} {
		t.Run(tt.name, func(t *testing.T) {
			o := newOwed(t, newWorld(t))
			left := o.arm(tt.faults...)
			o.crashes = tt.crashes
			o.render.post = inDM("it is active")
			o.owe(outbox.SlackOfferNotice, outbox.OfferNoticePayload{Notice: outbox.NoticeOfferActive, Offer: "O-00001", User: "U0ANA"})
			o.settle()
			o.expect("U0ANA", "D0ANA", "it is active")
			if n := left(); n > 0 {
				t.Errorf("%d faults did not happen", n)
			}
		})
	}
}

// What cannot be drawn is not posted.
func TestOfferThatCannotBeDrawn(t *testing.T) {
	o := newOwed(t, newWorld(t))
	o.render.err = outbox.Permanent(errors.New("no such offer"))
	o.owe(outbox.SlackOfferCard, offerCard)
	o.settle()
	if len(o.dead()) != 1 || o.Calls()["chat.postMessage"] != 0 {
		t.Errorf("%d are set aside after %v", len(o.dead()), o.Calls())
	}
}
