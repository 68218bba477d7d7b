//go:build unix && !solaris && !aix

package boltstore

import (
	"errors"
	"io"
	"os"
	"syscall"
	"time"
)

// release closes the file of a damaged store. The lock belongs to the open file,
// which the mapping that is left behind keeps open, so it is given up by name.
func release(f *os.File) error {
	syscall.Flock(int(f.Fd()), syscall.LOCK_UN) //nolint:errcheck // Close tells
	return f.Close()
}

// lock takes the lock that bbolt takes, without a look at what the file holds.
func lock(path string) (io.Closer, error) {
	f, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		return nil, explain(path, nil, err)
	}
	for began := time.Now(); ; time.Sleep(lockWait / 20) {
		err = syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
		if !errors.Is(err, syscall.EWOULDBLOCK) || time.Since(began) > lockWait {
			break
		}
	}
	if err == nil {
		err = (&Store{path: path, file: f}).still()
	}
	if errors.Is(err, syscall.EWOULDBLOCK) {
		err = &LockedError{path}
	}
	if err != nil {
		f.Close() //nolint:errcheck // the first error tells more
		return nil, err
	}
	return f, nil
}
