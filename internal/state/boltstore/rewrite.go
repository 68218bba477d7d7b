package boltstore

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	bolt "go.etcd.io/bbolt"

	"latchkey/internal/state"
)

// rewriteStep is how much one transaction of a rewrite copies.
const rewriteStep = 4 << 20

// Rewrite makes a new file of what the store at path holds, where that is owed: bbolt
// leaves what was overwritten or deleted in free pages until it needs them. It reports
// whether it was owed. The store must not be open.
//
// A crash leaves the old file, to which it is still owed, or the new one. What the system
// itself keeps of a deleted file is not in our hands.
func Rewrite(ctx context.Context, path string) (done bool, err error) {
	s, err := openWhole(path)
	if err != nil {
		return false, err
	}
	defer func() { err = errors.Join(err, s.Close()) }()
	err = s.View(ctx, func(tx state.Tx) error {
		done, err = state.OwesRewrite(tx)
		return err
	})
	if err != nil || !done {
		return false, err
	}
	_, err = s.rewrite()
	return err == nil, err
}

// rewrite puts a new file of what the store holds in the place of its own, once that has
// been read whole, and returns how many bytes its pages take. Of the store nothing but
// Close may be called afterwards.
func (s *Store) rewrite() (size int64, err error) {
	info, err := s.file.Stat()
	if err != nil {
		return 0, err
	}
	fresh := s.path + ".rewrite"
	if err := os.Remove(fresh); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return 0, err
	}
	err = s.guard(func() error { return copyTo(fresh, info.Mode().Perm(), s.db) })
	var whole *Store
	if err == nil {
		whole, err = OpenToRead(fresh)
	}
	if err == nil {
		size = whole.used()
		err = whole.Close()
	}
	if err == nil {
		err = os.Rename(fresh, s.path)
	}
	if err != nil {
		os.Remove(fresh) //nolint:errcheck // the first error tells more
		return 0, fmt.Errorf("rewrite %s: %w", s.path, err)
	}
	return size, syncDir(filepath.Dir(s.path))
}

func copyTo(path string, mode os.FileMode, from *bolt.DB) (err error) {
	to, err := bolt.Open(path, mode, &bolt.Options{FreelistType: bolt.FreelistMapType})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, to.Close()) }()
	if err := bolt.Compact(to, from, rewriteStep); err != nil {
		return err
	}
	t := &Store{path: path, db: to, proof: known()}
	return to.Update(func(b *bolt.Tx) error { return state.Rewritten(newTx(t, b)) })
}
