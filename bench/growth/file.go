package growth

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"latchkey/internal/state/boltstore"
)

// File makes a store of the size in dir, unless one is there, and returns where it is. One
// of a million requests takes some minutes.
func File(ctx context.Context, dir string, size Size, now time.Time) (path string, err error) {
	path = filepath.Join(dir, fmt.Sprintf("%d-%d.db", size.Ended, size.Active))
	if _, err := os.Stat(path); !errors.Is(err, os.ErrNotExist) {
		return path, err
	}
	partial := path + ".partial"
	if err := os.RemoveAll(partial); err != nil {
		return "", err
	}
	s, err := boltstore.Open(partial)
	if err != nil {
		return "", err
	}
	if err := errors.Join(Fill(ctx, s, size, now), s.Close()); err != nil {
		return "", err
	}
	return path, os.Rename(partial, path)
}
