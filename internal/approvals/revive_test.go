package approvals_test

import (
	"strings"
	"testing"

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
	if dead := w.dead(t); len(dead) != 4 {
		t.Errorf("%d are dead, want two cards and the two words about them", len(dead))
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
