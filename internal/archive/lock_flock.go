//go:build unix && !solaris && !aix

package archive

import (
	"context"
	"errors"
	"os"
	"syscall"
	"time"
)

// lock has nobody else write the file until it is closed. What others write takes no longer
// than a moment, so one that is locked for longer is an error.
func lock(ctx context.Context, f *os.File) error {
	ctx, cancel := context.WithTimeout(ctx, lockWait)
	defer cancel()
	for {
		err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
		switch {
		case errors.Is(err, syscall.ENOSYS), errors.Is(err, syscall.ENOTSUP), errors.Is(err, syscall.ENOLCK):
			return nil // a file system that has no locks
		case !errors.Is(err, syscall.EWOULDBLOCK):
			return err
		}
		select {
		case <-time.After(lockWait / 500):
		case <-ctx.Done():
			return errors.New("another process is writing it")
		}
	}
}

const lockWait = 10 * time.Second
