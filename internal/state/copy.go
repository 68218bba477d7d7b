package state

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"iter"
	"strings"
)

const (
	copyingKey = "meta/copying" // the copy into this store is not finished
	movedKey   = "meta/moved"   // where the state is now
	metaPrefix = "meta/"

	copyItems = 400     // of one transaction
	copyBytes = 1 << 20 // of one transaction, unless one item has more
)

// MovedError means that the state was moved out of the store: to begin on it would give
// and take access by what is not true any more.
type MovedError struct{ To string }

func (e *MovedError) Error() string {
	return fmt.Sprintf("the state was moved from here to %s: set STATE_URL to that; to come back, copy it back with bot state copy", e.To)
}

// ErrCopying means that a copy into the store was begun and not finished.
var ErrCopying = errors.New("a copy of another state into this one was not finished: run bot state copy again")

// NotEmptyError means that a store already holds something, which a copy would mix with.
type NotEmptyError struct{ Name string }

func (e *NotEmptyError) Error() string {
	return e.Name + " is not empty: name one that is, such as another file or another prefix"
}

// Copied is what a copy had to do.
type Copied struct {
	Items  int
	Bytes  int64
	Digest [sha256.Size]byte // of all keys and values
}

// A Place is a store with the name by which people know it.
type Place struct {
	Store
	Name string
}

// Copy moves everything from one store into another, which must be empty, or have been
// moved out of, or hold the beginning of such a copy. Nobody may write to either
// meanwhile. Both are read whole and compared before the first one is marked as moved out
// of, and only then can the second one be used: whenever it stops, no more than one of
// them can, and to run it again goes on. Progress is told how many items are done.
func Copy(ctx context.Context, from, to Place, progress func(items int)) (Copied, error) {
	if err := from.movable(ctx, to); err != nil {
		return Copied{}, err
	}
	if err := to.prepare(ctx); err != nil {
		return Copied{}, err
	}
	if err := fill(ctx, from, to, progress); err != nil {
		return Copied{}, err
	}
	c, err := compare(ctx, from, to)
	if err != nil {
		return Copied{}, err
	}
	// A crash here leaves the first one usable, and the second one not.
	if err := from.Update(ctx, func(tx Tx) error { return tx.Put(movedKey, []byte(to.Name)) }); err != nil {
		return Copied{}, fmt.Errorf("mark %s as moved: %w", from.Name, err)
	}
	// A crash here leaves neither usable, until it is run again.
	if err := to.Update(ctx, func(tx Tx) error { return tx.Delete(copyingKey) }); err != nil {
		return Copied{}, fmt.Errorf("finish %s: %w", to.Name, err)
	}
	return c, nil
}

// Export copies everything from a store that others may write to meanwhile, as it is at
// one moment, into one that is empty. What is left of it after a failure cannot be used.
func Export(ctx context.Context, from, to Place) error {
	if err := from.movable(ctx, to); err != nil {
		return err
	}
	if err := to.prepare(ctx); err != nil {
		return err
	}
	if err := fill(ctx, from, to, func(int) {}); err != nil {
		return err
	}
	return to.Update(ctx, func(tx Tx) error { return tx.Delete(copyingKey) })
}

// Usable reports why the store may not be used, if a copy is why: a [*MovedError] or
// [ErrCopying].
func Usable(tx Tx) error {
	if _, err := tx.Get(copyingKey); err == nil {
		return ErrCopying
	} else if !errors.Is(err, ErrNotFound) {
		return err
	}
	to, err := tx.Get(movedKey)
	if errors.Is(err, ErrNotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	return &MovedError{string(to)}
}

// movable refuses to copy what is no whole state.
func (p Place) movable(ctx context.Context, to Place) error {
	return p.View(ctx, func(tx Tx) error {
		if _, err := tx.Get(versionKey); errors.Is(err, ErrNotFound) {
			return fmt.Errorf("there is no state in %s", p.Name)
		}
		err := Usable(tx)
		if moved, ok := errors.AsType[*MovedError](err); ok && moved.To == to.Name {
			// It may have been stopped before its last step.
			if errors.Is(to.View(ctx, Usable), ErrCopying) {
				return nil
			}
		}
		return err
	})
}

// prepare marks the store as one into which something is copied, and empties it of what
// an earlier copy, or an earlier life, has left.
func (p Place) prepare(ctx context.Context) error {
	err := p.Update(ctx, func(tx Tx) error {
		var moved *MovedError
		switch err := Usable(tx); {
		case errors.Is(err, ErrCopying):
			return nil
		case errors.As(err, &moved):
		case err != nil:
			return err
		default:
			for _, err := range tx.Scan("") {
				return errors.Join(err, &NotEmptyError{p.Name})
			}
		}
		return tx.Put(copyingKey, nil)
	})
	for more := err == nil; more && err == nil; {
		err = p.Update(ctx, func(tx Tx) error {
			n := 0
			more = false
			for item, err := range tx.Scan("") {
				if err != nil {
					return err
				}
				if item.Key == copyingKey {
					continue
				}
				if n++; n > copyItems {
					more = true
					return nil
				}
				if err := tx.Delete(item.Key); err != nil {
					return err
				}
			}
			return nil
		})
	}
	if err != nil {
		return fmt.Errorf("prepare %s: %w", p.Name, err)
	}
	return nil
}

// ours yields what is copied: everything but the marks of copies.
func ours(tx Tx) iter.Seq2[Item, error] {
	return func(yield func(Item, error) bool) {
		for item, err := range tx.Scan("") {
			if err == nil && strings.HasPrefix(item.Key, metaPrefix) && (item.Key == copyingKey || item.Key == movedKey) {
				continue
			}
			if !yield(item, err) {
				return
			}
		}
	}
}

// fill writes the items of one into the other, in transactions of bounded size.
func fill(ctx context.Context, from, to Place, progress func(int)) error {
	var batch []Item
	size, done := 0, 0
	flush := func() error {
		err := to.Update(ctx, func(tx Tx) error {
			for _, item := range batch {
				if err := tx.Put(item.Key, item.Value); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			return fmt.Errorf("write to %s: %w", to.Name, err)
		}
		done += len(batch)
		batch, size = batch[:0], 0
		progress(done)
		return nil
	}
	return from.View(ctx, func(tx Tx) error {
		for item, err := range ours(tx) {
			if err != nil {
				return fmt.Errorf("read %s: %w", from.Name, err)
			}
			if n := len(item.Key) + len(item.Value); len(batch) == copyItems || len(batch) > 0 && size+n > copyBytes {
				if err := flush(); err != nil {
					return err
				}
			}
			batch, size = append(batch, item), size+len(item.Key)+len(item.Value)
		}
		return flush()
	})
}

// compare reads both side by side.
func compare(ctx context.Context, from, to Place) (c Copied, err error) {
	err = from.View(ctx, func(a Tx) error {
		return to.View(ctx, func(b Tx) error {
			h := sha256.New()
			next, stop := iter.Pull2(ours(b))
			defer stop()
			for x, err := range ours(a) {
				if err != nil {
					return fmt.Errorf("read %s: %w", from.Name, err)
				}
				y, err, ok := next()
				if err != nil {
					return fmt.Errorf("read %s: %w", to.Name, err)
				}
				if !ok || x.Key != y.Key || !bytes.Equal(x.Value, y.Value) {
					return fmt.Errorf("%s does not hold what %s does, from %q on: was either written to meanwhile? Run it again", to.Name, from.Name, x.Key)
				}
				c.Items, c.Bytes = c.Items+1, c.Bytes+int64(len(x.Key)+len(x.Value))
				fmt.Fprintf(h, "%d %d ", len(x.Key), len(x.Value))
				h.Write([]byte(x.Key))
				h.Write(x.Value)
			}
			if y, err, ok := next(); ok {
				return errors.Join(err, fmt.Errorf("%s holds more than %s: %q", to.Name, from.Name, y.Key))
			}
			h.Sum(c.Digest[:0])
			return nil
		})
	})
	return c, err
}
