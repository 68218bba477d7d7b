//go:build !unix || solaris || aix

package boltstore

import (
	"errors"
	"io"
	"os"
)

// release closes the file of a damaged store, and the lock goes with it.
func release(f *os.File) error { return f.Close() }

// lock only looks whether another process has the file open: what is open cannot be
// replaced on such a system.
func lock(path string) (io.Closer, error) {
	s, err := Open(path)
	if errors.As(err, new(*LockedError)) || errors.As(err, new(*PermissionError)) {
		return nil, err
	}
	if s == nil {
		return io.NopCloser(nil), nil
	}
	return io.NopCloser(nil), s.Close()
}
