package approvals_test

import (
	"slices"
	"testing"
	"time"

	"latchkey/internal/access"
	"latchkey/internal/outbox"
	"latchkey/internal/state"
)

// TestReminders holds who is reminded of a request, in which order, and once.
func TestReminders(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	id := w.asked(t)
	w.drain(t)
	within := w.request(t, id).DecideBy.Sub(w.now)
	reminded := func(after time.Duration) (out []string) {
		t.Helper()
		w.now = w.request(t, id).CreatedAt.Add(after)
		for range 2 { // the second finds nothing
			var due []state.Due
			w.look(t, func(tx state.Tx) (err error) {
				due, err = state.DueUntil(tx, w.now, 10)
				return err
			})
			for _, d := range due {
				if err := w.Due(t.Context(), d); err != nil {
					t.Fatal(err)
				}
			}
		}
		for _, e := range w.pending(t) {
			if p, err := outbox.Payload[outbox.NoticePayload](e); err == nil && e.Kind == outbox.SlackNotice {
				out = append(out, string(p.Notice)+" "+string(p.Channel)+string(p.User))
			}
		}
		w.drain(t)
		slices.Sort(out)
		return out
	}
	if got := reminded(within/2 - time.Second); len(got) > 0 {
		t.Errorf("too early: %q", got)
	}
	if got, want := reminded(within/2), []string{"reminder C0CONTOSO"}; !slices.Equal(got, want) {
		t.Errorf("half way: %q, want %q", got, want)
	}
	if got, want := reminded(within-within/8), []string{"reminder C0CONTOSO", "unanswered C0OPS", "unanswered U0ANA"}; !slices.Equal(got, want) {
		t.Errorf("near the end: %q, want %q", got, want)
	}
	if got := reminded(within - time.Second); len(got) > 0 {
		t.Errorf("a third time: %q", got)
	}
	who, err := w.Undecided(t.Context(), w.request(t, id))
	if err != nil || len(who) != 2 || slices.ContainsFunc(who, func(p access.Person) bool { return p.User == oskar.User }) {
		t.Errorf("who may decide is %+v, %v", who, err)
	}
	n := 0
	for _, e := range w.events(t) {
		if e.Kind == access.EventReminded {
			n++
		}
	}
	if n != 2 {
		t.Errorf("the log has %d reminders", n)
	}
}
