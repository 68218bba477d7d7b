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
	s, err := Open(path)
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
	info, err := s.file.Stat()
	if err != nil {
		return false, err
	}
	fresh := path + ".rewrite"
	if err := os.Remove(fresh); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return false, err
	}
	if err := copyTo(fresh, info.Mode().Perm(), s.db); err != nil {
		os.Remove(fresh) //nolint:errcheck // the first error tells more
		return false, fmt.Errorf("rewrite %s: %w", path, err)
	}
	if err := os.Rename(fresh, path); err != nil {
		return false, err
	}
	return true, syncDir(filepath.Dir(path))
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
	t := &Store{path: path, db: to}
	return to.Update(func(b *bolt.Tx) error { return state.Rewritten(newTx(t, b)) })
}
