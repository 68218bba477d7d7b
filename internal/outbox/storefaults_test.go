package outbox_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"testing"

	"latchkey/internal/outbox"
	"latchkey/internal/state"
	"latchkey/internal/state/statetest"
)

var errDisk = errors.New("the disk fails")

// breaking is a store one of whose operations fails, and then works again.
type breaking struct {
	state.Store
	left int // operations before the one that fails
}

func (b *breaking) fails() bool {
	b.left--
	return b.left == 0
}

func (b *breaking) View(ctx context.Context, fn func(state.Tx) error) error {
	return b.Store.View(ctx, func(tx state.Tx) error { return fn(breakingTx{tx, b}) })
}

func (b *breaking) Update(ctx context.Context, fn func(state.Tx) error) error {
	return b.Store.Update(ctx, func(tx state.Tx) error { return fn(breakingTx{tx, b}) })
}

type breakingTx struct {
	state.Tx
	b *breaking
}

func (t breakingTx) Get(key string) ([]byte, error) {
	if t.b.fails() {
		return nil, errDisk
	}
	return t.Tx.Get(key)
}

func (t breakingTx) Put(key string, value []byte) error {
	if t.b.fails() {
		return errDisk
	}
	return t.Tx.Put(key, value)
}

func (t breakingTx) Delete(key string) error {
	if t.b.fails() {
		return errDisk
	}
	return t.Tx.Delete(key)
}

func (t breakingTx) Scan(prefix string) iter.Seq2[state.Item, error] {
	return func(yield func(state.Item, error) bool) {
		if t.b.fails() {
			yield(state.Item{}, errDisk)
			return
		}
		t.Tx.Scan(prefix)(yield)
	}
}

// TestStoreFailsAnywhere lets each operation of a run fail in turn: enqueueing,
// releasing, a failure, a permanent one, and successes. No error may be
// swallowed, or half a transaction would be committed and something be lost.
func TestStoreFailsAnywhere(t *testing.T) {
	t.Parallel()
	failed := false
	for n := 1; ; n++ {
		store := &breaking{Store: statetest.Memory(), left: n}
		w := newWorld(t, store)
		w.try = func(e outbox.Effect, n int) (bool, error) {
			switch {
			case e.ID == "a2" && n == 1:
				return false, errNet
			case e.ID == "b1":
				return false, outbox.Permanent(errNet)
			}
			return true, nil
		}
		owe(t, store)
		for range 2 {
			w.runner("one").Once(t.Context()) //nolint:errcheck // the failure that is meant
		}
		err := store.Update(t.Context(), func(tx state.Tx) error { return outbox.Release(tx, w.Now(), w.runner("").Backoff, nil) })
		if err != nil && !errors.Is(err, errDisk) {
			t.Errorf("operation %d: Release = %v", n, err)
		}
		if store.left > 0 { // there were fewer operations than this
			break
		}
		failed = true
		owe(t, store)
		w.drain(w.runner("two"))
		w.wantPosted("a1", "a2", "a3", "b2")
		w.wantNothingLeft("b1")
		if t.Failed() {
			t.Fatalf("after a failure of operation %d", n)
		}
	}
	if !failed {
		t.Error("no operation failed")
	}
}

// owe enqueues the effects of [TestStoreFailsAnywhere] in one transaction, and
// once more when that failed. Enqueueing them again is no use when they are done
// already, so it is left out then.
func owe(t *testing.T, store *breaking) {
	t.Helper()
	if statetest.Contents(t, store.Store)["outbox/seq"] != "" {
		return
	}
	err := store.Update(t.Context(), func(tx state.Tx) error {
		for _, id := range []string{"a1", "a2", "b1", "a3", "b2"} {
			e := outbox.Effect{ID: id, Lane: id[:1], Kind: kind, Payload: json.RawMessage(`{}`)}
			if err := outbox.Enqueue(tx, e, start); err != nil {
				return fmt.Errorf("enqueue %s: %w", id, err)
			}
		}
		return nil
	})
	if err != nil && !errors.Is(err, errDisk) {
		t.Errorf("Enqueue: %v", err)
	}
}
