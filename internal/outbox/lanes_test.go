package outbox_test

import (
	"encoding/json"
	"errors"
	"maps"
	"runtime"
	"slices"
	"testing"
	"time"

	"latchkey/internal/outbox"
	"latchkey/internal/state"
	"latchkey/internal/state/statetest"
)

func TestEnqueueTwice(t *testing.T) {
	t.Parallel()
	w := newWorld(t, statetest.Memory())
	w.enqueue("a:a1")
	before := statetest.Contents(t, w.store)
	w.advance(time.Second)
	w.enqueue("a:a1", "elsewhere:a1")
	if after := statetest.Contents(t, w.store); !maps.Equal(after, before) {
		t.Errorf("enqueueing again changed the store from %v to %v", before, after)
	}
	w.try = func(outbox.Effect, int) (bool, error) { return false, outbox.Permanent(errNet) }
	w.drain(w.runner("one"))
	w.enqueue("a:a1")
	w.wantNothingLeft("a1")
}

func TestEnqueueRefuses(t *testing.T) {
	t.Parallel()
	good := outbox.Effect{ID: "i", Lane: "l", Kind: "k"}
	tests := []struct {
		name  string
		spoil func(*outbox.Effect)
	}{
		{"NoID", func(e *outbox.Effect) { e.ID = "" }},
		{"NoLane", func(e *outbox.Effect) { e.Lane = "" }},
		{"NoKind", func(e *outbox.Effect) { e.Kind = "" }},
		{"LaneOfTwo", func(e *outbox.Effect) { e.Lane = "l|m" }},
	}
	for _, test := range tests {
		w := newWorld(t, statetest.Memory())
		e := good
		test.spoil(&e)
		err := w.store.Update(t.Context(), func(tx state.Tx) error { return outbox.Enqueue(tx, e, start) })
		if err == nil {
			t.Errorf("%s: Enqueue succeeded", test.name)
		}
		if all := statetest.Contents(t, w.store); len(all) != 0 {
			t.Errorf("%s: the store holds %v", test.name, all)
		}
	}
}

// TestEnqueueRolledBack checks that an effect is owed exactly when its
// transaction was committed.
func TestEnqueueRolledBack(t *testing.T) {
	t.Parallel()
	w := newWorld(t, statetest.Memory())
	err := w.store.Update(t.Context(), func(tx state.Tx) error {
		return errors.Join(outbox.Enqueue(tx, outbox.Effect{ID: "a1", Lane: "a", Kind: kind}, start), errNet)
	})
	if !errors.Is(err, errNet) {
		t.Errorf("Update = %v, want the error of fn", err)
	}
	w.drain(w.runner("one"))
	w.wantPosted()
}

// TestLanes holds one lane up: its own effects wait, in order, and no others,
// even where the name of one lane is the beginning of another's.
func TestLanes(t *testing.T) {
	t.Parallel()
	for _, held := range []string{"a1", "b1", "c1"} {
		t.Run(held, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, statetest.Memory())
			stuck := true
			w.try = func(e outbox.Effect, _ int) (bool, error) {
				if stuck && e.ID == held {
					return false, errNet
				}
				return true, nil
			}
			w.enqueue("a/b:b1", "a:a1", "a/:c1", "a:a2", "a/b:b2", "a/:c2", "a/b:b3", "a:a3")
			r := w.runner("one")
			for range 3 {
				w.once(r)
				w.advance(lease)
			}
			all := []string{"a1", "a2", "a3", "b1", "b2", "b3", "c1", "c2"}
			w.wantPosted(slices.DeleteFunc(slices.Clone(all), func(id string) bool { return id[0] == held[0] })...)
			stuck = false
			w.drain(r)
			w.wantPosted(all...)
			w.wantNothingLeft()
		})
	}
}

// TestOutcomesOweMore lets Done and Failed owe the next effect of the same lane.
func TestOutcomesOweMore(t *testing.T) {
	t.Parallel()
	w := newWorld(t, statetest.Memory())
	r := w.runner("one")
	h := w.handler()
	owe := func(tx state.Tx, id string) error {
		return outbox.Enqueue(tx, outbox.Effect{ID: id, Lane: "a", Kind: kind}, w.Now())
	}
	done := h.Done
	h.Done = func(tx state.Tx, e outbox.Effect, result json.RawMessage) error {
		if e.ID == "a1" {
			return errors.Join(done(tx, e, result), owe(tx, "a3"))
		}
		return done(tx, e, result)
	}
	h.Failed = func(tx state.Tx, _ outbox.Effect, _ error) error { return owe(tx, "a4") }
	r.Handlers[kind] = h
	w.try = func(e outbox.Effect, _ int) (bool, error) { return e.ID != "a2", outbox.Permanent(errNet) }
	w.enqueue("a:a1", "a:a2")
	w.drain(r)
	w.wantPosted("a1", "a3", "a4")
	w.wantNothingLeft("a2")
}

func TestNotBefore(t *testing.T) {
	t.Parallel()
	w := newWorld(t, statetest.Memory())
	err := w.store.Update(t.Context(), func(tx state.Tx) error {
		return outbox.Enqueue(tx, outbox.Effect{ID: "a1", Lane: "a", Kind: kind, NotBefore: start.Add(time.Hour)}, start)
	})
	if err != nil {
		t.Fatal(err)
	}
	w.enqueue("a:a2", "b:b1") // a2 waits behind a1, whose time has not come
	r := w.runner("one")
	if next, _ := w.once(r); !next.Equal(start.Add(time.Hour)) {
		t.Errorf("the next is due at %v, want in an hour", next)
	}
	w.wantPosted("b1")
	w.advance(time.Hour - time.Millisecond)
	w.once(r)
	w.wantPosted("b1")
	w.advance(time.Millisecond)
	if next, _ := w.once(r); !next.IsZero() {
		t.Errorf("the next is due at %v, want none", next)
	}
	w.wantPosted("a1", "a2", "b1")
	w.wantNothingLeft()
}

// TestBackoffShorterThanLease checks that a failure gives the lease back: the
// next try comes after the backoff, and not when the lease would have ended.
func TestBackoffShorterThanLease(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name     string
		err      error
		wait     time.Duration
		attempts int
	}{
		{"Backoff", errNet, backoff, 1},
		{"RetryAfter", outbox.RetryAfter(errNet, 7*time.Second), 7 * time.Second, 1},
		{"RetryAfterLonger", outbox.RetryAfter(errNet, 3*lease), 3 * lease, 1},
		{"NotYet", outbox.NotYet(2 * time.Second), 2 * time.Second, 0},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, statetest.Memory())
			w.try = func(_ outbox.Effect, n int) (bool, error) { return n > 1, test.err }
			w.enqueue("a:a1")
			r, other := w.runner("one"), w.runner("two")
			due := start.Add(test.wait)
			if next, _ := w.once(r); !next.Equal(due) {
				t.Errorf("the next is due at %v, want after %v", next, test.wait)
			}
			e := w.pending()["a1"]
			if e.LeaseOwner != "" || !e.LeaseUntil.IsZero() || !e.NotBefore.Equal(due) || e.Attempts != test.attempts || e.Term != 1 {
				t.Errorf("after the failure the effect is %+v", e)
			}
			w.advance(test.wait - time.Millisecond)
			w.once(other)
			w.wantPosted()
			w.advance(time.Millisecond)
			w.once(other)
			w.wantPosted("a1")
			w.wantNothingLeft()
		})
	}
}

// TestRelease ends the leases of a process that has died, without waiting for
// them, and touches nothing else.
func TestRelease(t *testing.T) {
	t.Parallel()
	w := newWorld(t, statetest.Memory())
	w.try = func(e outbox.Effect, n int) (bool, error) {
		if e.ID == "a1" && n == 1 {
			runtime.Goexit()
		}
		return e.ID != "b1" || n > 1, errNet
	}
	w.enqueue("b:b1", "a:a1", "a:a2")
	dead := w.runner("one")
	if _, survived := w.once(dead); survived {
		t.Fatal("the runner was to die")
	}
	waits := w.pending()["b1"]
	next := w.runner("two")
	w.advance(time.Second)
	w.once(next)
	w.wantPosted()
	w.release()
	if got := w.pending()["b1"]; !got.NotBefore.Equal(waits.NotBefore) {
		t.Errorf("Release moved an effect that nobody held to %v", got.NotBefore)
	}
	if e := w.pending()["a1"]; e.LeaseOwner != "" || !e.NotBefore.Equal(w.Now()) {
		t.Errorf("after Release the effect is %+v", e)
	}
	w.release()
	w.once(next)
	w.wantPosted("a1", "a2")
	w.drain(next)
	w.wantPosted("a1", "a2", "b1")
	w.wantNothingLeft()
}

// TestUnknownKind keeps an effect of a version that knows more.
func TestUnknownKind(t *testing.T) {
	t.Parallel()
	w := newWorld(t, statetest.Memory())
	w.enqueue("a:a1")
	ignorant := w.runner("one")
	ignorant.Handlers = nil
	for range 5 {
		w.once(ignorant)
		w.advance(lease)
	}
	if e := w.pending()["a1"]; e.Attempts != 5 || e.LastError == "" {
		t.Errorf("the effect is %+v, want it owed still, after 5 attempts", e)
	}
	w.drain(w.runner("two"))
	w.wantPosted("a1")
	w.wantNothingLeft()
}

// TestBareHandler has neither Done nor Failed nor Retrying.
func TestBareHandler(t *testing.T) {
	t.Parallel()
	w := newWorld(t, statetest.Memory())
	w.try = func(e outbox.Effect, n int) (bool, error) {
		if e.ID == "b1" {
			return false, outbox.Permanent(errNet)
		}
		return n > 1, errNet
	}
	r := w.runner("one")
	r.Handlers[kind] = outbox.Handler{Do: w.handler().Do}
	w.enqueue("a:a1", "b:b1")
	w.drain(r)
	w.wantPosted("a1")
	w.wantNothingLeft("b1")
}

// TestFailedFails keeps an effect alive until its failure could be written.
func TestFailedFails(t *testing.T) {
	t.Parallel()
	w := newWorld(t, statetest.Memory())
	w.try = func(outbox.Effect, int) (bool, error) { return false, outbox.Permanent(errNet) }
	r := w.runner("one")
	h, failures := w.handler(), 0
	failed := h.Failed
	h.Failed = func(tx state.Tx, e outbox.Effect, cause error) error {
		if failures++; failures < 3 {
			return errors.Join(tx.Put("half", nil), errNet)
		}
		return failed(tx, e, cause)
	}
	r.Handlers[kind] = h
	w.enqueue("a:a1")
	w.drain(r)
	w.wantNothingLeft("a1")
	if _, half := statetest.Contents(t, w.store)["half"]; half || w.told("failed", "a1") != 1 {
		t.Errorf("half a failure was written: %t, and Failed was told %d times", half, w.told("failed", "a1"))
	}
}
