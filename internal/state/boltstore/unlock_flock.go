//go:build unix && !solaris && !aix

package boltstore

import (
	"os"
	"syscall"
)

// release closes the file of a damaged store. The lock belongs to the open file,
// which the mapping that is left behind keeps open, so it is given up by name.
func release(f *os.File) error {
	syscall.Flock(int(f.Fd()), syscall.LOCK_UN) //nolint:errcheck // Close tells
	return f.Close()
}
