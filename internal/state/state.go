// Package state keeps what the bot knows: requests, grants, bindings, the
// mirror of Graph, the audit log and the outbox.
//
// A [Store] is a small transactional map from string keys to bytes, so that
// another backend is little work; the records, their keys and their indexes are
// written once, above it. A change and everything that follows from it (records,
// indexes, events, effects) is one [Store.Update]: after a crash either all of
// it is there or none.
package state

import (
	"context"
	"errors"
	"iter"
)

// Store is a transactional map. Transactions are serialisable: Updates happen
// one after another, and a View sees the store as it was at one moment.
// Implementations pass the suite in statetest.
type Store interface {
	// View runs fn on a consistent snapshot. Writes through tx fail.
	View(ctx context.Context, fn func(Tx) error) error
	// Update runs fn and, if fn returns nil, commits its writes atomically and
	// durably before it returns. If fn fails, or ctx has ended, nothing is
	// written, unless the error is an [ErrUnknown], too. fn may run more than once, so it must touch the world only
	// through tx.
	Update(ctx context.Context, fn func(Tx) error) error
	// Exclusive reports whether no other process can have the store open, so
	// that what a former owner had leased is free again.
	Exclusive() bool
	// Close waits for running transactions and releases the store.
	Close() error
}

// Tx is one transaction. It must not be used after fn has returned. Values that
// it returns belong to the caller; values given to it are copied.
type Tx interface {
	// Get returns the value of key, or [ErrNotFound].
	Get(key string) ([]byte, error)
	// Scan yields the items whose key has the prefix, in the order of their
	// keys. The caller may stop early, and may write in between: whether the
	// scan sees such writes is open.
	Scan(prefix string) iter.Seq2[Item, error]
	// Put sets the value of key. The key must not be empty.
	Put(key string, value []byte) error
	// Delete removes key; a key that is not there is no error.
	Delete(key string) error
}

// Item is one entry of a scan.
type Item struct {
	Key   string
	Value []byte
}

// Errors of every store.
var (
	// ErrNotFound means that there is no such key or record.
	ErrNotFound = errors.New("not found")
	// ErrUnknown means that a commit was begun and that the store cannot say what
	// became of it.
	ErrUnknown = errors.New("it is not known whether this was recorded")
	// ErrReadOnly means a write inside a View.
	ErrReadOnly = errors.New("write in a read-only transaction")
)
