package boltstore_test

import (
	"bytes"
	"errors"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"latchkey/internal/state"
	"latchkey/internal/state/boltstore"
	"latchkey/internal/state/statetest"
)

// owing is a file in which a free page still has what was deleted.
func owing(t *testing.T) (path string, contents map[string]string) {
	t.Helper()
	path = filepath.Join(t.TempDir(), "state.db")
	s := open(t, path)
	put := func(fn func(tx state.Tx) error) {
		if err := s.Update(t.Context(), fn); err != nil {
			t.Fatal(err)
		}
	}
	put(func(tx state.Tx) error {
		return errors.Join(tx.Put("kept", []byte("kept")), tx.Put("secret", []byte(strings.Repeat("planted", 3000))))
	})
	put(func(tx state.Tx) error { return errors.Join(tx.Delete("secret"), state.OweRewrite(tx)) })
	contents = statetest.Contents(t, s)
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if !shows(t, path) {
		t.Fatal("the test would see nothing")
	}
	return path, contents
}

func shows(t *testing.T, path string) bool {
	t.Helper()
	raw, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return bytes.Contains(raw, []byte("planted"))
}

// TestRewrite has what was deleted leave the file, also after a rewrite that was cut short.
func TestRewrite(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		name string
		left string // of a rewrite before
	}{{"Whole", ""}, {"AfterACrash", "half a file, planted"}} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			path, want := owing(t)
			if row.left != "" {
				if err := os.WriteFile(path+".rewrite", []byte(row.left), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			if done, err := boltstore.Rewrite(t.Context(), path); !done || err != nil {
				t.Fatalf("Rewrite: %v, %v", done, err)
			}
			if shows(t, path) {
				t.Error("it is still there")
			}
			files, err := filepath.Glob(filepath.Dir(path) + "/*")
			info, statErr := os.Stat(path)
			if err := errors.Join(err, statErr); err != nil || len(files) != 1 || info.Mode().Perm() != 0o600 {
				t.Errorf("there are %q, mode %v, %v", files, info.Mode(), err)
			}
			s := open(t, path)
			defer s.Close() //nolint:errcheck // nothing was written
			delete(want, "meta/rewrite")
			if got := statetest.Contents(t, s); !maps.Equal(got, want) {
				t.Errorf("the store holds %v, want %v", got, want)
			}
		})
	}
}

// TestRewriteNeedsTheFile holds that a store that is open, or not to be rewritten, or has
// no room, is left as it is.
func TestRewriteNeedsTheFile(t *testing.T) {
	t.Parallel()
	path, want := owing(t)
	s := open(t, path)
	if done, err := boltstore.Rewrite(t.Context(), path); done || !errors.As(err, new(*boltstore.LockedError)) {
		t.Errorf("Rewrite of an open one: %v, %v", done, err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if err := os.MkdirAll(path+".rewrite/in the way", 0o700); err != nil {
		t.Fatal(err)
	}
	if done, err := boltstore.Rewrite(t.Context(), path); done || err == nil {
		t.Errorf("Rewrite without room: %v, %v", done, err)
	}
	s = open(t, path)
	if got := statetest.Contents(t, s); !maps.Equal(got, want) {
		t.Errorf("the store holds %v, want %v", got, want)
	}
	if err := s.Update(t.Context(), state.Rewritten); err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if done, err := boltstore.Rewrite(t.Context(), path); done || err != nil {
		t.Errorf("Rewrite without need: %v, %v", done, err)
	}
}
