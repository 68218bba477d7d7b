//go:build !unix || solaris || aix

package boltstore

import "os"

// release closes the file of a damaged store, and the lock goes with it.
func release(f *os.File) error { return f.Close() }
