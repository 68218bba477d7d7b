package main

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/sethvargo/go-envconfig"

	"latchkey/internal/config"
	"latchkey/internal/local"
	"latchkey/internal/state"
	"latchkey/internal/state/boltstore"
)

// onState runs a subcommand on the state at path.
func onState(t *testing.T, path string, args ...string) (code int, stdout, stderr string) {
	t.Helper()
	var out, errs bytes.Buffer
	code = run(t.Context(), args, envconfig.MapLookuper(map[string]string{"STATE_URL": "bolt://" + path}), &out, &errs)
	return code, out.String(), errs.String()
}

// made writes a state of these items.
func made(t *testing.T, items map[string]string) (path string) {
	t.Helper()
	path = filepath.Join(t.TempDir(), "state.db")
	s, err := boltstore.Open(path)
	must(t, err)
	must(t, s.Update(t.Context(), func(tx state.Tx) error {
		for key, value := range items {
			if err := tx.Put(key, []byte(value)); err != nil {
				return err
			}
		}
		return nil
	}))
	must(t, s.Close())
	return path
}

func names(t *testing.T, dir string) (out []string) {
	t.Helper()
	entries, err := os.ReadDir(dir)
	must(t, err)
	for _, e := range entries {
		out = append(out, e.Name())
	}
	return out
}

// TestBackupBrokenOff has the bot die, or send what makes no sense, in the middle of a
// copy. There must be no backup then, not even a part of one under another name.
func TestBackupBrokenOff(t *testing.T) {
	t.Parallel()
	good, err := os.ReadFile(made(t, map[string]string{"meta/version": "1"}))
	must(t, err)
	damaged := bytes.Clone(good)
	clear(damaged[2*os.Getpagesize():])
	tests := []struct {
		name string
		copy func(w io.Writer) error
		want string
	}{
		{"DiesAtOnce", func(io.Writer) error { return errors.New("died") }, "EOF"},
		{"DiesInTheMiddle", func(w io.Writer) error {
			_, err := w.Write(good[:len(good)/2])
			return errors.Join(err, errors.New("died"))
		}, "did not send the whole copy"},
		{"Damaged", func(w io.Writer) error {
			_, err := w.Write(damaged)
			return err
		}, "there is no backup"},
		{"Nothing", func(io.Writer) error { return nil }, "there is no backup"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			path := filepath.Join(t.TempDir(), "state.db")
			ctx, stop := context.WithCancel(t.Context())
			ended := make(chan error)
			go func() {
				ended <- local.Serve(ctx, local.Path(path), local.Bot{Copy: func(_ context.Context, w io.Writer) error { return test.copy(w) }}.Handler())
			}()
			for c, err := net.Dial("unix", local.Path(path)); ; c, err = net.Dial("unix", local.Path(path)) {
				if err == nil {
					must(t, c.Close())
					break
				}
			}
			dir := t.TempDir()
			code, out, errs := onState(t, path, "backup", filepath.Join(dir, "copy.db"))
			if code != exitFailed || out != "" || !strings.Contains(errs, test.want) {
				t.Errorf("backup = %d, %q, %q; want %q", code, out, errs, test.want)
			}
			if left := names(t, dir); len(left) > 0 {
				t.Errorf("it left %v", left)
			}
			stop()
			must(t, <-ended)
		})
	}
}

// TestBackupOfAFaultyState keeps the copy, which is all that there is, and says what is
// wrong with it.
func TestBackupOfAFaultyState(t *testing.T) {
	t.Parallel()
	path := made(t, map[string]string{"meta/version": "1", "request/R-00001": "{"})
	dest := filepath.Join(t.TempDir(), "copy.db")
	code, out, errs := onState(t, path, "backup", dest)
	if code != exitFaults || !strings.Contains(out, "unreadable  request/R-00001") || !strings.Contains(errs, "faults") {
		t.Errorf("backup = %d, %q, %q", code, out, errs)
	}
	info, err := os.Stat(dest)
	if err != nil || info.Mode() != 0o600 {
		t.Errorf("the backup is %v (%v), want a file that only its owner may read", info.Mode(), err)
	}
	if code, out, _ = onState(t, path, "state", "check", dest); code != exitFaults || !strings.Contains(out, "1 faults") {
		t.Errorf("state check = %d, %q", code, out)
	}
}

// TestStateMend writes indexes anew, and nothing else.
func TestStateMend(t *testing.T) {
	t.Parallel()
	path := made(t, map[string]string{"meta/version": "1", "idx/requester/U0ANA/R-00001": "R-00001", "storm/S-1": "{"})
	code, out, errs := onState(t, path, "state", "check", "-mend")
	if code != exitFaults || !strings.Contains(out, "1 faults") || !strings.Contains(errs, "1 entries") || strings.Contains(out, "stale") {
		t.Errorf("state check -mend = %d, %q, %q", code, out, errs)
	}
}

// TestSpoolIsPrivate makes the copy where nobody else can have put a file of theirs, into
// which the state would be written: the directory for a backup may be everybody's.
func TestSpoolIsPrivate(t *testing.T) {
	t.Parallel()
	path := made(t, map[string]string{"a": "1"})
	c := config.Config{StateURL: "bolt://" + path}
	partial, err := spool(t.Context(), c, filepath.Join(t.TempDir(), "backup.db"))
	must(t, err)
	for at, want := range map[string]os.FileMode{partial: 0o600, filepath.Dir(partial): os.ModeDir | 0o700} {
		info, err := os.Stat(at)
		must(t, err)
		if info.Mode() != want {
			t.Errorf("%s is %v, want %v", at, info.Mode(), want)
		}
	}
}
