package outbox_test

import (
	"context"
	"encoding/json"
	"runtime"
	"strings"
	"testing"
	"time"

	"latchkey/internal/outbox"
	"latchkey/internal/state"
	"latchkey/internal/state/statetest"
)

// TestPanicIsAFailure does not take the process down, and is tried again.
func TestPanicIsAFailure(t *testing.T) {
	t.Parallel()
	w := newWorld(t, statetest.Memory())
	r := w.runner("one")
	h, bad := w.handler(), 2
	do := h.Do
	h.Do = func(ctx context.Context, e outbox.Effect) (json.RawMessage, error) {
		if e.ID == "a1" && bad > 0 {
			bad--
			panic("poison")
		}
		return do(ctx, e)
	}
	r.Handlers[kind] = h
	w.enqueue("a:a1", "b:b1")
	w.once(r)
	w.wantPosted("b1")
	if e := w.pending()["a1"]; e.Attempts != 1 || !strings.Contains(e.LastError, "panicked") {
		t.Errorf("after a panic the effect is %+v", e)
	}
	w.drain(r)
	w.wantPosted("b1", "a1")
	w.wantNothingLeft()
}

// TestPoisonIsPutOff keeps an effect that ends the process from doing so at
// every start, before anything else is done.
func TestPoisonIsPutOff(t *testing.T) {
	t.Parallel()
	w := newWorld(t, statetest.Memory())
	w.try = func(e outbox.Effect, _ int) (bool, error) {
		if e.ID == "a1" {
			runtime.Goexit() // the process dies here
		}
		return true, nil
	}
	w.enqueue("a:a1", "b:b1")
	for life, late := range []bool{false, true, true} {
		if _, survived := w.once(w.runner("one")); survived == (life == 0 || life == 1) {
			t.Errorf("life %d: survived is %t", life, survived)
		}
		w.release()
		e := w.pending()["a1"]
		if got := e.NotBefore.After(w.Now()); got != late || (life < 2 && e.Attempts != life+1) {
			t.Errorf("life %d: the effect is %+v, want it put off: %t", life, e, late)
		}
	}
	w.wantPosted("b1")
}

// TestUnreadableIsPassedOver holds up its own lane and no other, and does not
// stop the start.
func TestUnreadableIsPassedOver(t *testing.T) {
	t.Parallel()
	w := newWorld(t, statetest.Memory())
	w.enqueue("a:a1", "a:a2", "b:b1")
	key := ""
	for k := range statetest.Contents(t, w.store) {
		if strings.HasSuffix(k, "effect/a1") {
			key = k
		}
	}
	put := func(value []byte) (before []byte) {
		t.Helper()
		err := w.store.Update(t.Context(), func(tx state.Tx) (err error) {
			if before, err = tx.Get(key); err != nil {
				return err
			}
			return tx.Put(key, value)
		})
		if err != nil {
			t.Fatal(err)
		}
		return before
	}
	good := put([]byte("{torn"))
	w.release()
	r := w.runner("one")
	if next, _ := w.once(r); !next.After(w.Now()) {
		t.Errorf("the next look is at %v, want one that does not spin", next)
	}
	w.wantPosted("b1")
	put(good)
	w.advance(10 * time.Minute)
	w.drain(r)
	w.wantPosted("b1", "a1", "a2")
	w.wantNothingLeft()
}
