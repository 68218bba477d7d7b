package outbox_test

import (
	"encoding/json"
	"testing"
	"time"

	"latchkey/internal/outbox"
	"latchkey/internal/state"
)

// TestPutOff owes a card in two seconds: it is done then, or as soon as it does the work of
// another or something comes to stand behind it, and never before what stands before it. What
// was tried and waits for its own reasons goes on waiting.
func TestPutOff(t *testing.T) {
	t.Parallel()
	const off, card1 = 2 * time.Second, "c1/" + outbox.SlackCard
	for name, open := range stores {
		for _, test := range []struct {
			name   string
			after  func(w *cardWorld)
			before time.Duration // until when nothing is done; zero: it is at once
			want   []string
		}{
			{"Alone", func(*cardWorld) {}, off, []string{card1}},
			{"Folded", func(w *cardWorld) { w.card("c2", 0) }, 0, []string{card1}},
			{"FoldedLater", func(w *cardWorld) { w.card("c2", time.Second) }, time.Second, []string{card1}},
			{"FoldedOff", func(w *cardWorld) { w.card("c2", time.Hour) }, off, []string{card1}},
			{"Followed", func(w *cardWorld) { w.enqueue("a:n2") }, 0, []string{card1, "n2"}},
			{"Tried", func(w *cardWorld) {
				w.card("c2", 0)
				w.try = func(e outbox.Effect, n int) (bool, error) {
					return n > 1 || e.ID != card1, outbox.RetryAfter(errNet, time.Minute)
				}
				w.once(w.both())
				w.card("c3", 0)
				w.enqueue("a:n2")
			}, time.Minute, []string{card1, "n2"}},
			{"TimeToo", func(w *cardWorld) { w.timed("a:n2"); w.enqueue("b:b1") }, 0, []string{card1, "n2", "b1"}},
		} {
			t.Run(test.name+"/"+name, func(t *testing.T) {
				t.Parallel()
				w := &cardWorld{newWorld(t, open(t))}
				w.card("c1", off)
				test.after(w)
				if test.before > 0 {
					w.once(w.both())
					w.wantPosted()
					w.advance(test.before - time.Millisecond)
					if next, _ := w.once(w.both()); !next.Equal(w.Now().Add(time.Millisecond)) {
						t.Errorf("the next is due at %v", next)
					}
					w.wantPosted()
					w.advance(time.Millisecond)
				}
				w.once(w.both())
				if got := w.list(); len(got) != len(test.want) {
					t.Errorf("done were %q, want %q", got, test.want)
				}
				for i, id := range test.want {
					if got := w.list(); i < len(got) && test.name != "TimeToo" && got[i] != id {
						t.Errorf("done were %q, want %q", got, test.want)
					}
				}
				w.wantNothingLeft()
			})
		}
	}
}

// cardWorld is a world with a card in the lane "a".
type cardWorld struct{ *world }

// card owes that the card shows the state of now, after so long.
func (w *cardWorld) card(id string, wait time.Duration) {
	w.t.Helper()
	err := w.store.Update(w.t.Context(), func(tx state.Tx) error {
		return outbox.Enqueue(tx, outbox.Effect{
			ID: id + "/" + outbox.SlackCard, Lane: "a", Kind: outbox.SlackCard, Payload: json.RawMessage(`{}`), NotBefore: w.Now().Add(wait),
		}, w.Now())
	})
	if err != nil {
		w.t.Error(err)
	}
}

// both is a runner that does cards, too.
func (w *cardWorld) both() *outbox.Runner {
	r := w.runner("one")
	h := w.handler()
	r.Handlers[outbox.SlackCard] = h
	return r
}
