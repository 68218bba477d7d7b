package boltstore_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"latchkey/internal/state"
	"latchkey/internal/state/boltstore"
	"latchkey/internal/state/statetest"
)

// replaceVar tells the test binary that it is the child of [TestReplaceCrash]: the step
// at which it dies, the two files, and the name to keep by.
const replaceVar = "BOLTSTORE_TEST_REPLACE"

var replaceSteps = []string{"begun", "copied", "prepared", "kept", "placed", "never"}

func mark(s *boltstore.Store) error {
	return s.Update(context.Background(), func(tx state.Tx) error { return tx.Put("mark", nil) })
}

// TestReplaceCrash ends a process at each step of a replacement. The name must have the
// old file or the new one, whole; the next try does it all.
func TestReplaceCrash(t *testing.T) {
	t.Parallel()
	for _, there := range []bool{true, false} {
		for _, step := range replaceSteps {
			t.Run(fmt.Sprintf("%t/%s", there, step), func(t *testing.T) {
				t.Parallel()
				dir := t.TempDir()
				path, from, keep := filepath.Join(dir, "state.db"), filepath.Join(t.TempDir(), "backup.db"), filepath.Join(dir, "kept.db")
				write(t, from, goodFile(t))
				fresh := contentsOf(t, from)
				fresh["mark"] = ""
				old := map[string]string{}
				if there {
					old = map[string]string{"old": "x"}
					put(t, path, "old", "x")
				}
				cmd := exec.CommandContext(t.Context(), os.Args[0])
				cmd.Env = append(os.Environ(), replaceVar+"="+strings.Join([]string{step, path, from, keep}, ":"))
				if out, err := cmd.CombinedOutput(); (err == nil) != (step == "never" || step == "kept" && !there) {
					t.Fatalf("the child ended with %v: %s", err, out)
				}
				switch got := there && !placed(step); {
				case !there && !placed(step) && step != "kept":
					if _, err := os.Stat(path); err == nil {
						t.Error("there is a file")
					}
				case got:
					wantContents(t, path, old)
				default:
					wantContents(t, path, fresh)
				}
				os.Remove(keep) //nolint:errcheck // it may not be there
				if err := boltstore.Replace(path, from, boltstore.Replacing{Prepare: mark, Keep: keep}); err != nil {
					t.Errorf("the next try: %v", err)
				}
				wantContents(t, path, fresh)
				entries, err := os.ReadDir(dir)
				if err != nil {
					t.Fatal(err)
				}
				for _, e := range entries {
					if e.Name() != "state.db" && e.Name() != "kept.db" {
						t.Errorf("%s is left", e.Name())
					}
				}
			})
		}
	}
}

func placed(step string) bool { return step == "placed" || step == "never" }

// replaceAndDie is what the child does.
func replaceAndDie(args string) {
	p := strings.Split(args, ":")
	err := boltstore.ReplaceReaching(p[1], p[2], boltstore.Replacing{Prepare: mark, Keep: p[3]}, func(step string) {
		if step == p[0] {
			os.Exit(7)
		}
	})
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	os.Exit(0)
}

func put(t *testing.T, path, key, value string) {
	t.Helper()
	s := open(t, path)
	err := s.Update(t.Context(), func(tx state.Tx) error { return tx.Put(key, []byte(value)) })
	if err := errors.Join(err, s.Close()); err != nil {
		t.Fatal(err)
	}
}

func contentsOf(t *testing.T, path string) map[string]string {
	t.Helper()
	s, err := boltstore.OpenToRead(path)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close() //nolint:errcheck // it was only read
	return statetest.Contents(t, s)
}

func wantContents(t *testing.T, path string, want map[string]string) {
	t.Helper()
	if got := contentsOf(t, path); !maps.Equal(got, want) {
		t.Errorf("%s holds %d items, want %d", path, len(got), len(want))
	}
}

func TestReplace(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	path, from, keep := filepath.Join(dir, "state.db"), filepath.Join(dir, "backup.db"), filepath.Join(dir, "kept.db")
	write(t, from, goodFile(t))
	put(t, path, "old", "x")
	if err := boltstore.Replace(path, from, boltstore.Replacing{}); !errors.As(err, new(*boltstore.ExistsError)) {
		t.Errorf("Replace without a name to keep by = %v, want an ExistsError", err)
	}
	s := open(t, path)
	if err := boltstore.Replace(path, from, boltstore.Replacing{Keep: keep}); !errors.As(err, new(*boltstore.LockedError)) {
		t.Errorf("Replace of an open store = %v, want a LockedError", err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	failed := errors.New("not today")
	if err := boltstore.Replace(path, from, boltstore.Replacing{Keep: keep, Prepare: func(*boltstore.Store) error { return failed }}); !errors.Is(err, failed) {
		t.Errorf("Replace = %v, want what Prepare returns", err)
	}
	wantContents(t, path, map[string]string{"old": "x"})
	if err := boltstore.Replace(path, from, boltstore.Replacing{Keep: keep}); err != nil {
		t.Fatal(err)
	}
	wantContents(t, path, contentsOf(t, from))
	wantContents(t, keep, map[string]string{"old": "x"})
	if err := boltstore.Replace(path, from, boltstore.Replacing{Keep: keep}); err == nil {
		t.Error("Replace writes over what was kept")
	}
	write(t, path, []byte("this is no store"))
	if err := boltstore.Replace(path, from, boltstore.Replacing{Keep: keep + "2"}); err != nil {
		t.Errorf("Replace of a damaged file = %v", err)
	}
	write(t, from, bytes.Repeat([]byte("no backup"), 2000))
	if err := boltstore.Replace(path, from, boltstore.Replacing{Keep: keep + "3"}); !errors.As(err, new(*boltstore.CorruptError)) {
		t.Errorf("Replace by a damaged file = %v, want a CorruptError", err)
	}
	names := []string{}
	entries, err := os.ReadDir(dir)
	for _, e := range entries {
		names = append(names, e.Name())
	}
	if want := []string{"backup.db", "kept.db", "kept.db2", "state.db"}; err != nil || !slices.Equal(names, want) {
		t.Errorf("there are %v (%v), want %v", names, err, want)
	}
}

// TestReplacedWhileWaiting has a process wait for the lock of a file that is replaced
// meanwhile: it must not go on with the file that has another name by then.
func TestReplacedWhileWaiting(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	path, from := filepath.Join(dir, "state.db"), filepath.Join(dir, "backup.db")
	put(t, from, "new", "x")
	put(t, path, "old", "x")
	waiting, opened := make(chan struct{}), make(chan error)
	err := boltstore.Replace(path, from, boltstore.Replacing{Keep: filepath.Join(dir, "kept.db"), Prepare: func(*boltstore.Store) error {
		go func() {
			close(waiting)
			s, err := boltstore.Open(path)
			if err == nil {
				err = errors.Join(s.Update(context.Background(), func(tx state.Tx) error { return tx.Put("late", nil) }), s.Close())
			}
			opened <- err
		}()
		<-waiting
		return nil
	}})
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]string{"new": "x"}
	switch err := <-opened; {
	case err == nil:
		want["late"] = ""
	case !errors.As(err, new(*boltstore.LockedError)):
		t.Errorf("who waited got %v", err)
	}
	wantContents(t, path, want)
}
