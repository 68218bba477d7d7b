package state

import (
	"context"
	"strings"
	"time"

	"latchkey/internal/cause"
)

// Observed is a store that tells of each commit, so that what waits for work
// need not poll, and whose transactions know what they come from.
type Observed struct {
	Store
	// Committed is told of each commit. It must not block.
	Committed func()
	// Changed is told, after the commit, of the keys that it wrote or deleted below
	// Watched; it must not block, and may be nil. It says nothing of their order: who
	// reads such a key then finds what this commit wrote, or a later one.
	Changed func(keys []string)
	Watched []string // prefixes
	// Begin is told of each transaction and returns its context, and a function that
	// is told what became of it. It may be nil.
	Begin func(context.Context) (context.Context, func(outcome string))
	// Took is told how long each commit that wrote something took. It may be nil.
	Took func(time.Duration)
}

// Update runs the transaction and tells of its commit.
func (o Observed) Update(ctx context.Context, fn func(Tx) error) error {
	if o.Begin == nil {
		return o.update(ctx, fn)
	}
	ctx, end := o.Begin(ctx)
	err := o.update(ctx, fn)
	if err != nil {
		end("refused")
		return err
	}
	end("committed")
	return nil
}

func (o Observed) update(ctx context.Context, fn func(Tx) error) error {
	began := time.Now()
	var seen *observedTx
	err := o.Store.Update(ctx, func(tx Tx) error {
		seen = &observedTx{Tx: tx, watched: o.Watched, cause: cause.Of(ctx)} // fn may run again
		return fn(seen)
	})
	if err != nil {
		return err
	}
	if seen.wrote && o.Took != nil {
		o.Took(time.Since(began))
	}
	if len(seen.keys) > 0 && o.Changed != nil {
		o.Changed(seen.keys)
	}
	o.Committed()
	return nil
}

// CauseOf returns what the transaction comes from; the zero value where that is not
// known.
func CauseOf(tx Tx) cause.Cause {
	if o, ok := tx.(*observedTx); ok {
		return o.cause
	}
	return cause.Cause{}
}

// observedTx is a transaction that remembers which of the watched keys it changed.
type observedTx struct {
	Tx
	cause   cause.Cause
	watched []string
	keys    []string
	wrote   bool
}

func (t *observedTx) Put(key string, value []byte) error {
	t.note(key)
	return t.Tx.Put(key, value)
}

func (t *observedTx) Delete(key string) error {
	t.note(key)
	return t.Tx.Delete(key)
}

func (t *observedTx) note(key string) {
	t.wrote = true
	for _, prefix := range t.watched {
		if strings.HasPrefix(key, prefix) {
			t.keys = append(t.keys, key)
			return
		}
	}
}
