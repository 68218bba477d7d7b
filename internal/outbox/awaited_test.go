package outbox_test

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"slices"
	"testing"
	"time"

	"latchkey/internal/cause"
	"latchkey/internal/outbox"
	"latchkey/internal/state"
	"latchkey/internal/state/statetest"
)

// timed owes effects that time made due, each written as "lane:id".
func (w *world) timed(effects ...string) {
	w.t.Helper()
	w.from = cause.Cause{Timed: true}
	defer func() { w.from = cause.Cause{} }()
	w.enqueue(effects...)
}

// TestAwaitedGoesFirst has very much be due at once because time made it so, and somebody
// wait for something: neither waits for the end of the other.
func TestAwaitedGoesFirst(t *testing.T) {
	t.Parallel()
	for name, open := range stores {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, open(t))
			var all, clicks []string
			for i := range 20 {
				all, clicks = append(all, fmt.Sprintf("t%02d:t%02d", i, i)), append(clicks, fmt.Sprintf("c%02d:c%02d", i, i))
			}
			w.timed(all...)
			w.advance(time.Second)
			w.enqueue(clicks...)
			w.once(w.runner("one"))
			first := w.list()[:20]
			of := map[byte]int{}
			for _, id := range first {
				of[id[0]]++
			}
			if of['c'] != 10 || of['t'] != 10 || !slices.IsSortedFunc(first, func(a, b string) int {
				if a[0] != b[0] {
					return 0
				}
				return int(a[1]-b[1])*10 + int(a[2]-b[2])
			}) {
				t.Errorf("done were first %q", first)
			}
			w.wantNothingLeft()
		})
	}
}

// TestAwaitedTakesItsLaneAlong has somebody wait for what stands behind something that time
// made due: both are done now, in their order, whatever became of the first one meanwhile.
func TestAwaitedTakesItsLaneAlong(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name string
		err  error // of the first try of what time made due
		now  bool  // whether it is tried again at once
	}{
		{"Parked", outbox.NotBegun(time.Hour), true},
		{"Failed", errNet, false},
		{"Throttled", outbox.RetryAfter(errNet, time.Hour), false},
		{"GoesOn", outbox.NotYet(time.Hour), false},
	}
	for _, test := range tests {
		for _, during := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s/%t", test.name, during), func(t *testing.T) {
				t.Parallel()
				w := newWorld(t, stores["Memory"](t))
				w.try = func(e outbox.Effect, n int) (bool, error) {
					if e.ID != "a1" || n > 1 {
						return true, nil
					}
					if during {
						w.enqueue("a:a3")
					}
					return false, test.err
				}
				w.timed("a:a1", "a:a2", "b:b1")
				r := w.runner("one")
				w.once(r)
				if !during {
					w.enqueue("a:a3")
				}
				for id, e := range w.pending() {
					if e.Timed != (id == "b1") {
						t.Errorf("%s: timed is %t", id, e.Timed)
					}
				}
				w.once(r)
				if test.now {
					w.wantPosted("a1", "a2", "a3", "b1")
				} else {
					w.wantPosted("b1")
				}
				w.advance(2 * time.Hour)
				w.once(r)
				w.wantPosted("a1", "a2", "a3", "b1")
				w.wantNothingLeft()
			})
		}
	}
}

// TestAwaitedReadsNoMore has very much stand in a lane, of both sorts: to owe one more there
// reads as little as when there was next to nothing.
func TestAwaitedReadsNoMore(t *testing.T) {
	t.Parallel()
	reads := func(before int) int {
		w := newWorld(t, statetest.Memory())
		for i := range before {
			w.enqueue(fmt.Sprintf("a:c%d", i))
		}
		for i := range before {
			w.timed(fmt.Sprintf("a:t%d", i))
		}
		w.enqueue("a:takes them along")
		counted := &counting{Store: w.store}
		w.store = counted
		w.enqueue("a:last")
		return counted.reads
	}
	if few, many := reads(2), reads(200); few != many {
		t.Errorf("one more in a lane reads %d with four in it, and %d with four hundred", few, many)
	}
}

// counting is a store that counts what is read of it.
type counting struct {
	state.Store
	reads int
}

func (c *counting) Update(ctx context.Context, fn func(state.Tx) error) error {
	return c.Store.Update(ctx, func(tx state.Tx) error { return fn(countingTx{tx, c}) })
}

type countingTx struct {
	state.Tx
	of *counting
}

func (c countingTx) Get(key string) ([]byte, error) {
	c.of.reads++
	return c.Tx.Get(key)
}

func (c countingTx) Scan(prefix string) iter.Seq2[state.Item, error] {
	return func(yield func(state.Item, error) bool) {
		for item, err := range c.Tx.Scan(prefix) {
			c.of.reads++
			if !yield(item, err) {
				return
			}
		}
	}
}

// TestTimedIsPassedOn has what comes of an effect that time made due be due to time, too,
// also when it was set aside unread in between.
func TestTimedIsPassedOn(t *testing.T) {
	t.Parallel()
	w := newWorld(t, stores["Memory"](t))
	store := state.Observed{Store: w.store, Committed: func() {}}
	w.done = func(tx state.Tx, e outbox.Effect) error {
		if e.ID != "a1" {
			return nil
		}
		return outbox.Enqueue(tx, outbox.Effect{ID: "b1", Lane: "b", Kind: "later", Payload: e.Payload}, w.Now())
	}
	w.timed("a:a1")
	good, bad := []byte(nil), []byte("{")
	put := func(value []byte) {
		t.Helper()
		err := w.store.Update(t.Context(), func(tx state.Tx) error {
			old, err := tx.Get(outbox.EffectKeys + "a1")
			good = old
			return errors.Join(err, tx.Put(outbox.EffectKeys+"a1", value))
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	put(bad)
	kept := good
	r := w.runner("one")
	r.Store = store
	next, _ := w.once(r)
	if want := start.Add(5 * time.Minute); !next.Equal(want) {
		t.Errorf("what cannot be read is tried at %v, want %v", next, want)
	}
	put(kept)
	w.advance(5 * time.Minute)
	w.once(r)
	if e := w.pending()["b1"]; !e.Timed {
		t.Errorf("what came of it is %+v", e)
	}
}
