package outbox_test

import (
	"os"
	"runtime"
	"strings"
	"testing"

	"latchkey/internal/outbox"
	"latchkey/internal/state"
	"latchkey/internal/state/statetest"
)

// TestLostAttemptsAreHeard has attempts end with their process or their lease:
// the handler hears of every attempt with the next error, and of each once.
func TestLostAttemptsAreHeard(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name string
		next func(w *world) // what makes the effect due after its runner is gone
	}{
		{"Lease", func(w *world) { w.advance(2 * lease) }},
		{"Process", func(w *world) { w.release(); w.advance(lease) }},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, statetest.Memory())
			var heard []int
			r := w.runner("one")
			h := r.Handlers[kind]
			h.Retrying = func(_ state.Tx, e outbox.Effect, _ error) error {
				for n := e.Heard + 1; n <= e.Attempts; n++ {
					heard = append(heard, n)
				}
				return nil
			}
			r.Handlers[kind] = h
			w.try = func(_ outbox.Effect, n int) (bool, error) {
				if n%2 == 0 {
					return false, errNet
				}
				runtime.Goexit() // its runner is gone
				return false, nil
			}
			w.enqueue("a:a1")
			for range 6 {
				w.once(r)
				tt.next(w)
			}
			for i, n := range heard {
				if n != i+1 {
					t.Fatalf("heard of the attempts %v", heard)
				}
			}
			if e := w.pending()["a1"]; len(heard) != 6 || e.Attempts != 6 {
				t.Errorf("heard of the attempts %v of %d", heard, e.Attempts)
			}
		})
	}
}

// TestStoredBeforeHeard reads and writes what a version stored that did not count
// what was heard of.
func TestStoredBeforeHeard(t *testing.T) {
	t.Parallel()
	raw, err := os.ReadFile("testdata/v1/effect.json")
	if err != nil {
		t.Fatal(err)
	}
	e, err := state.Decode[outbox.Effect]("effect", raw)
	if err != nil || e.Attempts != 2 || e.Heard != 0 {
		t.Fatalf("read as %+v, %v", e, err)
	}
	again, err := state.Encode(e)
	if err != nil {
		t.Fatal(err)
	}
	statetest.CompareGolden(t, "testdata/v1/effect.json", again, false)
}

// TestUnreadableNextHoldsNothingUp has an effect be done whose next in the lane
// is damaged.
func TestUnreadableNextHoldsNothingUp(t *testing.T) {
	t.Parallel()
	w := newWorld(t, statetest.Memory())
	w.enqueue("a:a1", "a:a2", "b:b1")
	key := ""
	for k := range statetest.Contents(t, w.store) {
		if strings.HasSuffix(k, "effect/a2") {
			key = k
		}
	}
	before := ""
	put := func(value string) {
		if err := w.store.Update(t.Context(), func(tx state.Tx) error { return tx.Put(key, []byte(value)) }); err != nil {
			t.Fatal(err)
		}
	}
	before = statetest.Contents(t, w.store)[key]
	put("{")
	w.once(w.runner("one"))
	w.wantPosted("a1", "b1")
	put(before)
	w.advance(2 * lease * 5)
	w.drain(w.runner("one"))
	w.wantPosted("a1", "b1", "a2")
	w.wantNothingLeft()
}
