package approvals_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"latchkey/internal/access"
	"latchkey/internal/outbox"
	"latchkey/internal/state"
)

// TestRevive has a card be refused for good. The operators are told, a bot admin
// has it tried again, once, and nobody else can.
func TestRevive(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.failing(outbox.SlackCard, errGone)
	w.asked(t)
	w.drain(t)
	dead := w.dead(t)
	if len(dead) != 2 {
		t.Fatalf("dead are %+v", dead)
	}
	told := 0
	for _, done := range w.done {
		if strings.Contains(done, "trouble") {
			told++
		}
	}
	if told != 2 {
		t.Errorf("the operators were told %d times: %v", told, w.done)
	}
	w.before = nil
	id := dead[0].ID
	w.refuses(t, access.Forbidden, "Only a bot admin", func() error { return w.Revive(t.Context(), w.by(ana, ""), id) })
	w.refuses(t, access.Conflict, "tried again already", func() error { return w.Revive(t.Context(), w.by(dee, ""), "R-00000/card") })
	w.does(t, func() error { return w.Revive(t.Context(), w.by(dee, ""), id) }, "event effect.revived", "slack.card "+dead[0].Lane)
	w.refuses(t, access.Conflict, "tried again already", func() error { return w.Revive(t.Context(), w.by(dee, ""), id) })
	w.drain(t)
	if left := w.dead(t); len(left) != 1 || left[0].ID == id {
		t.Errorf("dead are %+v", left)
	}
	if done := w.done[len(w.done)-1]; !strings.Contains(done, "slack.card") {
		t.Errorf("done was %s", done)
	}
}

// TestDeadNoticeToOperators does not tell the operators that they cannot be told.
func TestDeadNoticeToOperators(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.before = func(e outbox.Effect) error {
		if e.Kind == outbox.SlackCard || e.Kind == outbox.SlackNotice {
			return errGone
		}
		return nil
	}
	w.asked(t)
	w.drain(t)
	// Two cards, what two contacts are told in person, and a word about each: none about those.
	if dead := w.dead(t); len(dead) != 8 {
		t.Errorf("%d are dead, want 8", len(dead))
	}
}

func (w *world) dead(t *testing.T) (out []outbox.Effect) {
	t.Helper()
	w.look(t, func(tx state.Tx) (err error) {
		out, err = outbox.Dead(tx)
		return err
	})
	return out
}

// TestCardGone has the customer's card be refused for good: its contacts are told in
// person, once, as long as they may decide; a card of what is decided is no news to them.
func TestCardGone(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.before = func(e outbox.Effect) error {
		if p, err := outbox.Payload[outbox.CardPayload](e); err == nil && e.Kind == outbox.SlackCard && p.Card == outbox.CustomerCard {
			return errGone
		}
		return nil
	}
	id := w.asked(t)
	w.drain(t)
	inPerson := func() (n int) {
		for _, done := range w.done {
			if strings.Contains(done, "/reminder") {
				n++
			}
		}
		return n
	}
	if n := inPerson(); n != 2 {
		t.Errorf("%d contacts were told in person, want both: %v", n, w.done)
	}
	if _, err := w.decide(carol, id, access.Deny); err != nil {
		t.Fatal(err)
	}
	w.drain(t)
	if n := inPerson(); n != 2 {
		t.Errorf("after the decision %d words were said in person, want no more", n)
	}
}

// TestNotSaidYet tells the operators of what people have to mend, once at first and then
// ever more seldom; of what passes by itself not at first.
func TestNotSaidYet(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name  string
		cause error
		told  int // after six tries
	}{
		{"Mended", &access.Error{Code: access.Unavailable, Message: "Slack does not let the bot write there (not_in_channel)."}, 2},
		{"Passing", errors.New("the connection was lost"), 1},
	} {
		w := newWorld(t)
		tries := 0
		w.before = func(e outbox.Effect) error {
			if p, err := outbox.Payload[outbox.CardPayload](e); err == nil && e.Kind == outbox.SlackCard && p.Card == outbox.CustomerCard && tries < 6 {
				tries++
				return tt.cause
			}
			return nil
		}
		w.asked(t)
		for range 8 {
			w.drain(t)
			w.protocol = w.protocol.Add(time.Hour)
		}
		told := 0
		for _, done := range w.done {
			if strings.Contains(done, "/trouble/") {
				told++
			}
		}
		if told != tt.told || len(w.dead(t)) != 0 {
			t.Errorf("%s: the operators were told %d times, want %d: %v", tt.name, told, tt.told, w.done)
		}
	}
}
