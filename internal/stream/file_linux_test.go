package stream_test

import (
	"os"
	"path/filepath"
	"syscall"
	"testing"
)

// TestNoFile refuses what is no file that can be written at its end, without waiting for
// whoever might read it.
func TestNoFile(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	pipe, link, real := filepath.Join(dir, "pipe"), filepath.Join(dir, "link"), filepath.Join(dir, "real")
	if err := syscall.Mkfifo(pipe, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{dir, pipe, "/dev/null"} {
		if err := target(t, "file://"+path).Place.Send(t.Context(), batch("x\n")); err == nil {
			t.Errorf("%s has taken it", path)
		}
	}
	if err := os.Symlink(real, link); err != nil { // as to where it is mounted
		t.Fatal(err)
	}
	if err := target(t, "file://"+link).Place.Send(t.Context(), batch("x\n")); err != nil {
		t.Error(err)
	}
	if got, err := os.ReadFile(real); string(got) != "x\n" || err != nil {
		t.Errorf("%q, %v", got, err)
	}
}
