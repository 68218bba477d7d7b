// Package boltstore keeps the state in one bbolt file: the default, for a bot
// that runs as one process.
//
// An Update has reached the disk when it returns nil; several that wait at the
// same time share one commit. A crash at any moment leaves the file as it was
// after the last commit that reached it: bbolt writes changed pages beside the
// old ones and then one page that refers to them, so there is nothing to repair
// and no log to replay.
//
// Nothing is guessed about a file that makes no sense. No page is used that was
// not looked at: a file is read whole before anything else, and refused with a
// [*CorruptError]; of a large one what everything hangs on is, and the rest when it
// is needed or soon after. One that turns out to be damaged later stops the store, and
// is never written again.
package boltstore

import (
	"context"
	"errors"
	"fmt"
	"os"
	"runtime/debug"
	"sync/atomic"

	bolt "go.etcd.io/bbolt"
	bolterrors "go.etcd.io/bbolt/errors"

	"latchkey/internal/state"
	"latchkey/internal/state/turns"
)

// Store is a [state.Store] in one file. Only one process can have it open.
type Store struct {
	path  string
	reads bool  // and never writes
	upTo  int64 // a file of so many bytes is read whole before it is used
	proof *proof
	db    *bolt.DB
	file  *os.File // the one that db has open

	// damage is set once bbolt came across pages that make no sense. Locks in
	// db may be held for ever then, so db is not used any more.
	damage atomic.Pointer[CorruptError]

	queue   *turns.Queue
	commits atomic.Int64
}

var _ state.Store = (*Store)(nil)

// Exclusive reports true: the file is locked while it is open.
func (s *Store) Exclusive() bool { return true }

// View runs fn on the state after the last commit.
func (s *Store) View(ctx context.Context, fn func(state.Tx) error) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	b, err := s.begin(false)
	if err != nil {
		return err
	}
	defer s.rollback(b) //nolint:errcheck // there is nothing to lose
	t := newTx(s, b)
	defer t.End()
	if err := fn(t); err != nil {
		return err
	}
	return t.err
}

// Update runs fn and commits its writes. An error of the commit itself (the disk
// is full or fails) leaves open whether they are there; every other error means
// that they are not.
func (s *Store) Update(ctx context.Context, fn func(state.Tx) error) error {
	if s.reads {
		return errors.Join(ctx.Err(), state.ErrReadOnly)
	}
	return s.queue.Do(ctx, fn)
}

// Commits is how many commits have reached the disk since the store was opened. bbolt
// waits for the disk twice for each: for the pages, and for the page that refers to them.
func (s *Store) Commits() int64 { return s.commits.Load() }

// Close refuses new transactions, waits for those that run, and releases the
// file. Closing twice is no error.
func (s *Store) Close() error {
	if s.proof.stop != nil {
		s.proof.stop()
	}
	<-s.proof.ended
	if again := s.queue.Close(); again {
		return nil
	}
	if s.damage.Load() != nil {
		return release(s.file)
	}
	if err := s.db.Close(); err != nil {
		return fmt.Errorf("close %s: %w", s.path, err)
	}
	return nil
}

func (s *Store) begin(writable bool) (b *bolt.Tx, err error) {
	err = s.guard(func() error {
		b, err = s.db.Begin(writable)
		return err
	})
	if errors.Is(err, bolterrors.ErrDatabaseNotOpen) {
		return nil, turns.ErrClosed
	}
	return b, err
}

func (s *Store) rollback(b *bolt.Tx) error { return s.guard(b.Rollback) }

// guard runs one step of bbolt, which panics or touches memory beyond the file
// when pages make no sense, and turns that into an error for good.
func (s *Store) guard(step func() error) error {
	if d := s.damage.Load(); d != nil {
		return d
	}
	cause, err := caught(step)
	if cause == nil {
		return err
	}
	return s.ruin(cause)
}

// ruin ends the use of a file in which a damage was found.
func (s *Store) ruin(cause error) error {
	s.damage.CompareAndSwap(nil, &CorruptError{Path: s.path, Err: cause})
	return s.damage.Load()
}

// caught runs the step and returns its panic as cause. A page of a mapped file
// that is not there any more is a fault of the memory, and a panic only on
// demand.
func caught(step func() error) (cause, err error) {
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	defer func() {
		if p := recover(); p != nil {
			cause = fmt.Errorf("%v", p)
		}
	}()
	return nil, step()
}

// hasPrefix is strings.HasPrefix for a key and a prefix of unlike types.
func hasPrefix(key []byte, prefix string) bool {
	return len(key) >= len(prefix) && string(key[:len(prefix)]) == prefix
}

func clone(b []byte) []byte { return append(make([]byte, 0, len(b)), b...) }

var bucketName = []byte("state")

// ours reports whether the file holds our bucket, and empty whether it holds
// nothing at all.
func ours(b *bolt.Tx) (ours, empty bool) {
	if b.Bucket(bucketName) != nil {
		return true, false
	}
	first, _ := b.Cursor().First()
	return false, first == nil
}
