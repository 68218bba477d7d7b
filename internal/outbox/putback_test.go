package outbox_test

import (
	"context"
	"encoding/json"
	"fmt"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"latchkey/internal/outbox"
	"latchkey/internal/state"
	"latchkey/internal/state/statetest"
)

// TestClockPutBack has effects wait, each in its own way, by a clock that is then put back
// by hours: none waits longer than it would have, from then on, and all are done once.
func TestClockPutBack(t *testing.T) {
	t.Parallel()
	const off, wait = 3 * time.Hour, 20 * time.Minute
	parks := func(err error) func(*world, *outbox.Runner) {
		return func(w *world, r *outbox.Runner) {
			w.try = func(e outbox.Effect, n int) (bool, error) { return n > 1 || e.ID != "a1", err }
			w.enqueue("a:a1", "a:a2")
			w.once(r)
		}
	}
	dies := func(w *world, r *outbox.Runner) {
		w.try = func(e outbox.Effect, n int) (bool, error) {
			if e.ID == "a1" && n == 1 {
				w.post(e)
				runtime.Goexit()
			}
			return true, nil
		}
		w.enqueue("a:a1", "a:a2")
		w.once(r)
	}
	tests := []struct {
		name   string
		ahead  func(w *world, r *outbox.Runner) // while the clock is ahead
		begins func(w *world)                   // the start that follows; nil: the runner goes on
		within time.Duration
	}{
		{"Owed", func(w *world, _ *outbox.Runner) { w.enqueue("a:a1", "a:a2") }, nil, time.Minute},
		{"OwedAndStarted", func(w *world, _ *outbox.Runner) { w.enqueue("a:a1", "a:a2") }, (*world).release, 0},
		{"Failed", parks(errNet), nil, backoff},
		{"FailedAndStarted", parks(errNet), (*world).release, backoff},
		{"Throttled", parks(outbox.RetryAfter(errNet, wait)), nil, wait},
		{"NotYet", parks(outbox.NotYet(wait)), nil, wait},
		{"NotBegun", parks(outbox.NotBegun(wait)), nil, wait},
		{"LeasedByTheDead", dies, nil, lease},
		{"LeasedAndStarted", dies, (*world).release, 0},
		{"StartedTwice", func(w *world, r *outbox.Runner) { dies(w, r); w.release(); w.once(r); w.release() }, nil, 2 * backoff},
	}
	for name, open := range stores {
		for _, test := range tests {
			t.Run(test.name+"/"+name, func(t *testing.T) {
				t.Parallel()
				w := newWorld(t, open(t))
				r := w.runner("one")
				w.once(r)
				w.advance(off)
				test.ahead(w, r)
				w.advance(-off)
				if test.begins != nil {
					test.begins(w)
					r = w.runner("two")
				}
				w.once(r)
				if early := len(w.list()); test.within > lease && early != 0 {
					t.Errorf("%d were done at once, although they were to wait for %v", early, wait)
				}
				w.advance(test.within)
				w.once(r)
				w.wantPosted("a1", "a2")
				w.wantNothingLeft()
			})
		}
	}
}

// TestLongWaitsStay has an effect wait for longer than the clock is ever off: clocks that
// differ a little, and one that is put forward, do not end its wait.
func TestLongWaitsStay(t *testing.T) {
	t.Parallel()
	w := newWorld(t, statetest.Memory())
	w.try = func(_ outbox.Effect, n int) (bool, error) { return n > 1, outbox.RetryAfter(errNet, 12*time.Hour) }
	w.enqueue("a:a1")
	w.once(w.runner("one"))
	for _, move := range []time.Duration{-30 * time.Second, time.Hour, -50 * time.Second, 10 * time.Hour} {
		w.advance(move)
		if next, _ := w.once(w.runner("two")); !next.Equal(start.Add(12 * time.Hour)) {
			t.Errorf("after the clock has moved by %v the next try is at %v, want it as before", move, next)
		}
	}
	w.advance(2 * time.Hour)
	w.once(w.runner("two"))
	w.wantPosted("a1")
}

// TestLooksFurtherBack has an effect be done by a clock that is ahead, and its outcome be
// lost: whoever looks for what was done goes back further than the clock was off.
func TestLooksFurtherBack(t *testing.T) {
	t.Parallel()
	w := newWorld(t, statetest.Memory())
	w.advance(3 * time.Hour)
	w.try = func(e outbox.Effect, n int) (bool, error) {
		if n == 1 {
			w.post(e)
			return false, errNet
		}
		if since := e.Since(); since.After(start) {
			t.Errorf("it is looked for since %v, want since %v or before", since, start)
		}
		return true, nil
	}
	w.enqueue("a:a1")
	w.once(w.runner("one"))
	w.advance(-3*time.Hour + time.Minute)
	w.drain(w.runner("one"))
	w.wantPosted("a1")
	w.wantNothingLeft()
}

// TestRunSeesTheClockPutBack has a runner sleep until a moment that is hours away since the
// clock was put back: it looks at the clock again before, and what reads it late, in the
// middle of a transaction, is seen a little later.
func TestRunSeesTheClockPutBack(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var ahead atomic.Int64
		now := func() time.Time { return time.Now().Add(time.Duration(ahead.Load())) }
		ahead.Store(int64(6 * time.Hour))
		r := startRun(t, func(r *outbox.Runner) { r.Now = now })
		defer r.end()
		r.try = func(_ outbox.Effect, n int) (bool, error) { return n > 1, errNet }
		owe := func(lane string, at time.Time) {
			err := r.store.Update(t.Context(), func(tx state.Tx) error {
				return outbox.Enqueue(tx, outbox.Effect{ID: lane + "1", Lane: lane, Kind: kind, Payload: json.RawMessage(`{}`)}, at)
			})
			if err != nil {
				t.Fatal(err)
			}
			r.runner.Wake()
			synctest.Wait()
		}
		owe("a", now())
		late := now()
		ahead.Store(0)
		time.Sleep(2 * time.Minute) // of the bubble
		r.wantPosted("a1")
		owe("b", late)
		time.Sleep(2 * time.Minute)
		r.wantPosted("a1", "b1")
		r.wantNothingLeft()
	})
}

// TestClockPutBackDamaged has one that cannot be read be among those that wait.
func TestClockPutBackDamaged(t *testing.T) {
	t.Parallel()
	w := newWorld(t, statetest.Memory())
	w.advance(3 * time.Hour)
	w.enqueue("a:a1", "b:b1")
	if err := w.store.Update(t.Context(), func(tx state.Tx) error {
		return tx.Put(outbox.EffectKeys+"a1", []byte("{"))
	}); err != nil {
		t.Fatal(err)
	}
	w.advance(-3 * time.Hour)
	w.once(w.runner("one"))
	w.wantPosted("b1")
}

// TestLooksInTurns has very much wait for long: a runner with no sign of a clock that was
// put back reads a little of it at each look, and yet comes to what one with another clock
// owed.
func TestLooksInTurns(t *testing.T) {
	t.Parallel()
	const all, most = 700, 200
	w := newWorld(t, statetest.Memory())
	w.try = func(e outbox.Effect, n int) (bool, error) {
		if e.ID == "z" {
			return true, nil
		}
		return n > 1, outbox.RetryAfter(errNet, 12*time.Hour)
	}
	for i := range all {
		w.enqueue(fmt.Sprintf("%03d:%03d", i, i))
	}
	w.once(w.runner("one"))
	reads := &reading{Store: w.store}
	r := w.runner("two")
	r.Store = reads
	look := func() int {
		w.advance(time.Minute)
		reads.loads = 0
		w.once(r)
		return reads.loads
	}
	if first, second := look(), look(); first < all || second < all {
		t.Errorf("the first two looks have read %d and %d of %d", first, second, all)
	}
	w.advance(24 * time.Hour)
	w.enqueue("z:z")
	w.advance(-24 * time.Hour)
	looks := 0
	for ; !w.has("z") && looks < all/most+2; looks++ {
		if n := look(); n > most+10 && !w.has("z") { // or it has found it, and reads everything
			t.Errorf("look %d has read %d", looks, n)
		}
	}
	if !w.has("z") {
		t.Errorf("after %d looks it waits still", looks)
	}
}

// TestPutBackInTheMiddle has the clock be put back while a runner looks in turns, and has not
// come to the end: the next look is at all there is, from the beginning.
func TestPutBackInTheMiddle(t *testing.T) {
	t.Parallel()
	const off, wait = 3 * time.Hour, 20 * time.Minute
	w := newWorld(t, statetest.Memory())
	w.try = func(e outbox.Effect, n int) (bool, error) {
		if e.ID == "z" {
			return n > 1, outbox.RetryAfter(errNet, wait)
		}
		return n > 1, outbox.RetryAfter(errNet, 12*time.Hour)
	}
	for i := range 300 {
		w.enqueue(fmt.Sprintf("%03d:%03d", i, i))
	}
	r := w.runner("one")
	w.once(r)
	w.advance(time.Minute)
	w.once(r)
	w.advance(off)
	w.enqueue("z:z")
	w.once(r) // which looks at the first two hundred
	w.advance(-off)
	w.once(r)
	w.advance(wait)
	w.once(r)
	w.wantPosted("z")
}

// reading counts the effects that are read in views.
type reading struct {
	state.Store
	loads int
}

func (s *reading) View(ctx context.Context, fn func(state.Tx) error) error {
	return s.Store.View(ctx, func(tx state.Tx) error { return fn(loading{tx, s}) })
}

type loading struct {
	state.Tx
	of *reading
}

func (l loading) Get(key string) ([]byte, error) {
	if strings.HasPrefix(key, outbox.EffectKeys) {
		l.of.loads++
	}
	return l.Tx.Get(key)
}
