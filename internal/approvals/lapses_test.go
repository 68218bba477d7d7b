package approvals_test

import (
	"context"
	"fmt"
	"log/slog"
	"maps"
	"sync/atomic"
	"testing"
	"time"

	"latchkey/internal/access"
	"latchkey/internal/outbox"
	"latchkey/internal/schedule"
	"latchkey/internal/state"
)

// TestManyLapseAtOnce has the time of very many requests run out in one second, in which
// access ends, too, and the bot stop in the middle of it. Each lapses once and owes two
// cards and a notice, as one alone would, and the access is not left past its end.
// LATCHKEY_REQUESTS=10000 makes them ten thousand.
func TestManyLapseAtOnce(t *testing.T) {
	t.Parallel()
	many := requestsOr(t, 1000)
	w := newBoltWorld(t)
	over := w.active(t)
	end := w.grant(t, over).ExpiresAt
	like, err := w.Submit(t.Context(), w.by(bo, ""), anAsk())
	if err != nil {
		t.Fatal(err)
	}
	w.drain(t)
	like = w.request(t, like.ID)
	like.DecideBy, like.Reminded = end, 2 // more often nobody is reminded
	w.put(t, func(tx state.Tx) error {
		err := state.PutRequest(tx, like)
		for i := 1; i < many && err == nil; i++ {
			r := like
			r.ID = access.RequestID(fmt.Sprintf("R-%05d", 10_000+i))
			err = state.PutRequest(tx, r)
		}
		return err
	})

	w.now = end
	var tried atomic.Int64
	before := int64(0)
	ctx, stop := context.WithCancel(t.Context())
	due := &schedule.Due{Store: w.store, Now: func() time.Time { return w.now }, Log: slog.New(slog.DiscardHandler)}
	due.Do = func(ctx context.Context, d state.Due) error {
		if tried.Add(1) == int64(many/2) {
			stop()
		}
		return w.Due(ctx, d)
	}
	if _, err := due.Once(ctx); err == nil {
		t.Fatal("it did not stop in the middle")
	}
	for range 2 { // the second has nothing to do
		before = tried.Load()
		if _, err := due.Once(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	if n := tried.Load(); n != before {
		t.Errorf("%d things are still due after they were done", n-before)
	}

	lapsed, owed := map[access.RequestID]int{}, map[string]int{}
	for _, e := range w.events(t) {
		if e.Kind == access.EventLapsed {
			lapsed[e.Request]++
		}
	}
	w.look(t, func(tx state.Tx) error {
		for id, n := range lapsed {
			if r, err := state.Request(tx, id); err != nil || r.State != access.Lapsed || n != 1 {
				t.Errorf("%s is %s and lapsed %d times, %v", id, r.State, n, err)
			}
		}
		return nil
	})
	for _, e := range w.pending(t) {
		owed[e.Kind]++
	}
	want := map[string]int{outbox.SlackCard: 2*many + 2, outbox.SlackNotice: many, outbox.GraphLeave: 1}
	if g := w.grant(t, over); len(lapsed) != many || g.State != access.Ending || !maps.Equal(owed, want) {
		t.Errorf("%d of %d have lapsed, the access is %s, and %v is owed, want %v", len(lapsed), many, g.State, owed, want)
	}
}
