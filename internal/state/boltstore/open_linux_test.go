package boltstore_test

import (
	"os"
	"path/filepath"
	"runtime"
	"syscall"
	"testing"

	"latchkey/internal/state/boltstore"
)

// TestOpenPermission opens files as a user who may not. A test that runs as root
// may do everything, so it gives up root for the file system, on a thread that
// ends with the goroutine.
func TestOpenPermission(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	path := filepath.Join(dir, "state.db")
	if err := open(t, path).Close(); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(path, 0); err != nil {
		t.Fatal(err)
	}
	closed := filepath.Join(dir, "closed")
	if err := os.Mkdir(closed, 0o500); err != nil {
		t.Fatal(err)
	}
	tests := []struct{ name, path string }{
		{"File", path},
		{"DirectoryForANewFile", filepath.Join(closed, "state.db")},
	}
	for _, test := range tests {
		result := make(chan error)
		go func() {
			runtime.LockOSThread() // and never unlocked: the thread is not used again
			if os.Geteuid() == 0 {
				const nobody = 65534
				syscall.RawSyscall(syscall.SYS_SETFSUID, nobody, 0, 0) //nolint:errcheck // it returns the old id
			}
			_, err := boltstore.Open(test.path)
			result <- err
		}()
		t.Log(test.name)
		wantPermission(t, <-result)
	}
}
