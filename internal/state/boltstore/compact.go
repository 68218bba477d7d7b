package boltstore

import (
	"context"
	"errors"
	"fmt"
	"os"

	bolt "go.etcd.io/bbolt"
)

// Compact makes a new file of what the store at path holds, without the pages that are
// free, and returns how many bytes they take, before and after. A file never shrinks by
// itself: the pages that are freed are used again. The store must not be open. A crash
// leaves the old file or the new one.
func Compact(ctx context.Context, path string) (before, after int64, err error) {
	if _, err := os.Stat(path); err != nil {
		return 0, 0, fmt.Errorf("there is nothing to compact: %w", err)
	}
	s, err := openWhole(path)
	if err != nil {
		return 0, 0, err
	}
	defer func() { err = errors.Join(err, s.Close()) }()
	if err := ctx.Err(); err != nil {
		return 0, 0, err
	}
	before = s.used()
	after, err = s.rewrite()
	return before, after, err
}

// used is how many bytes the pages of the file take; zero when they make no sense.
func (s *Store) used() (n int64) {
	s.guard(func() error { //nolint:errcheck // it says how much, and decides nothing
		return s.db.View(func(b *bolt.Tx) error {
			n = b.Size()
			return nil
		})
	})
	return n
}
