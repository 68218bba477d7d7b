package boltstore_test

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	bolt "go.etcd.io/bbolt"

	"latchkey/internal/state"
	"latchkey/internal/state/boltstore"
	"latchkey/internal/state/statetest"
)

func TestOpenMakesAPrivateFile(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "state.db")
	s := open(t, path)
	defer s.Close() //nolint:errcheck // not what is tested
	info, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	if got := info.Mode(); got != 0o600 {
		t.Errorf("the file has mode %v, want -rw-------", got)
	}
	if !s.Exclusive() {
		t.Error("Exclusive() = false")
	}
}

func TestOpenLocked(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "state.db")
	s := open(t, path)
	_, err := boltstore.Open(path)
	var locked *boltstore.LockedError
	if !errors.As(err, &locked) || !strings.Contains(err.Error(), "stop it first") {
		t.Errorf("Open of an open store = %v, want a LockedError", err)
	}
	if err := s.Close(); err != nil {
		t.Errorf("Close: %v", err)
	}
	if err := s.Close(); err != nil {
		t.Errorf("Close again: %v", err)
	}
	if err := open(t, path).Close(); err != nil {
		t.Errorf("Close: %v", err)
	}
}

func TestOpenRefuses(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name string
		path func(t *testing.T, dir string) string
		want string
	}{
		{"NoDirectory", func(t *testing.T, dir string) string { return filepath.Join(dir, "none", "state.db") }, "create it first"},
		{"Directory", func(t *testing.T, dir string) string { return dir }, "no regular file"},
		{"DirectoryIsAFile", func(t *testing.T, dir string) string {
			write(t, filepath.Join(dir, "file"), []byte("x"))
			return filepath.Join(dir, "file", "state.db")
		}, "not a directory"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			_, err := boltstore.Open(test.path(t, t.TempDir()))
			if err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("Open = %v, want an error with %q", err, test.want)
			}
		})
	}
}

// TestOpenDamaged damages a good file in each of several ways. Open must say so,
// give the file free again and leave it as it is.
func TestOpenDamaged(t *testing.T) {
	t.Parallel()
	good := goodFile(t)
	page := os.Getpagesize()
	tests := []struct {
		name   string
		damage func(b []byte) []byte
	}{
		{"Empty", func([]byte) []byte { return nil }},
		{"Text", func([]byte) []byte { return bytes.Repeat([]byte("not a store\n"), 2000) }},
		{"Short", func(b []byte) []byte { return b[:100] }},
		{"OnePage", func(b []byte) []byte { return b[:page] }},
		{"TwoPages", func(b []byte) []byte { return b[:2*page] }},
		{"Half", func(b []byte) []byte { return b[:len(b)/2] }},
		{"Odd", func(b []byte) []byte { return b[:len(b)/2+17] }},
		{"BothMetas", func(b []byte) []byte { return fill(b, 0, 2*page, 0xa5) }},
		{"BothChecksums", func(b []byte) []byte { return fill(fill(b, 72, 80, 1), page+72, page+80, 1) }},
		{"PagesOfZero", func(b []byte) []byte { return fill(b, 2*page, len(b), 0) }},
		{"PagesOfOnes", func(b []byte) []byte { return fill(b, 2*page, len(b), 0xff) }},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			path := filepath.Join(t.TempDir(), "state.db")
			damaged := test.damage(bytes.Clone(good))
			write(t, path, damaged)
			for range 2 { // the second time would find a lock that was kept
				_, err := boltstore.Open(path)
				var corrupt *boltstore.CorruptError
				if !errors.As(err, &corrupt) || !strings.Contains(err.Error(), "restore a backup") {
					t.Fatalf("Open = %v, want a CorruptError", err)
				}
			}
			if got, err := os.ReadFile(path); err != nil || !bytes.Equal(got, damaged) {
				t.Errorf("Open changed the damaged file (%v)", err)
			}
		})
	}
}

// TestOpenEachPageDamaged overwrites every page in turn. Each must either not
// matter (it was free) or be found; nothing may bring the process down.
func TestOpenEachPageDamaged(t *testing.T) {
	t.Parallel()
	good := goodFile(t)
	page := os.Getpagesize()
	path := filepath.Join(t.TempDir(), "state.db")
	found := 0
	for _, with := range []byte{0x00, 0xff, 0x01} {
		for at := 2 * page; at < len(good); at += page {
			write(t, path, fill(bytes.Clone(good), at, at+page, with))
			s, err := boltstore.Open(path)
			var corrupt *boltstore.CorruptError
			switch {
			case err == nil:
				if err := s.Close(); err != nil {
					t.Errorf("Close: %v", err)
				}
			case errors.As(err, &corrupt):
				found++
			default:
				t.Errorf("page %d: Open = %v, want a CorruptError", at/page, err)
			}
		}
	}
	if found == 0 {
		t.Error("no damaged page was found")
	}
}

func TestOpenOtherBoltFile(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "state.db")
	db, err := bolt.Open(path, 0o600, nil)
	if err != nil {
		t.Fatal(err)
	}
	err = db.Update(func(tx *bolt.Tx) error {
		_, err := tx.CreateBucket([]byte("theirs"))
		return err
	})
	if err := errors.Join(err, db.Close()); err != nil {
		t.Fatal(err)
	}
	var corrupt *boltstore.CorruptError
	if _, err := boltstore.Open(path); !errors.As(err, &corrupt) {
		t.Errorf("Open of another program's file = %v, want a CorruptError", err)
	}
}

// TestDamagedWhileOpen cuts the file off under a store that is open, as a bad
// copy over it does. The store answers with an error from then on.
func TestDamagedWhileOpen(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "state.db")
	write(t, path, goodFile(t))
	s := open(t, path)
	if err := os.Truncate(path, 2*int64(os.Getpagesize())); err != nil {
		t.Fatal(err)
	}
	var corrupt *boltstore.CorruptError
	hidden := func(tx state.Tx) error {
		for _, err := range tx.Scan("") {
			if err != nil {
				return nil // which must not count as success
			}
		}
		return nil
	}
	if err := s.View(t.Context(), hidden); !errors.As(err, &corrupt) {
		t.Errorf("View = %v, want a CorruptError", err)
	}
	if err := s.Update(t.Context(), hidden); !errors.As(err, &corrupt) {
		t.Errorf("Update = %v, want a CorruptError", err)
	}
	if err := s.Close(); err != nil {
		t.Errorf("Close: %v", err)
	}
	if _, err := boltstore.Open(path); !errors.As(err, &corrupt) {
		t.Errorf("Open = %v, want a CorruptError and no lock", err)
	}
}

// TestDamagedUnderUpdate is the same for a store whose next use is an Update
// that writes.
func TestDamagedUnderUpdate(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "state.db")
	write(t, path, goodFile(t))
	s := open(t, path)
	if err := os.Truncate(path, 2*int64(os.Getpagesize())); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		err := s.Update(t.Context(), func(tx state.Tx) error {
			if err := tx.Put("key/0001", []byte("new")); err != nil {
				return nil
			}
			return tx.Delete("key/0100")
		})
		var corrupt *boltstore.CorruptError
		if !errors.As(err, &corrupt) {
			t.Errorf("Update = %v, want a CorruptError", err)
		}
	}
	if err := s.Close(); err != nil {
		t.Errorf("Close: %v", err)
	}
}

// goodFile returns the bytes of a store of many pages.
func goodFile(t *testing.T) []byte {
	t.Helper()
	path := filepath.Join(t.TempDir(), "good.db")
	s := open(t, path)
	for round := range 3 {
		err := s.Update(t.Context(), func(tx state.Tx) error {
			for i := range 400 {
				value := bytes.Repeat([]byte{byte(round)}, 200)
				if err := tx.Put(fmt.Sprintf("key/%04d", i), value); err != nil {
					return err
				}
			}
			return tx.Put("large", make([]byte, 20<<10))
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	if got := len(statetest.Contents(t, s)); got != 401 {
		t.Fatalf("the store holds %d items, want 401", got)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return b[:used(b)]
}

// used returns where the pages of a store end: the file is larger, and most of
// it a hole. The number of pages stands in the newer of the two head pages.
func used(b []byte) int {
	page := os.Getpagesize()
	pages := max(binary.NativeEndian.Uint64(b[56:]), binary.NativeEndian.Uint64(b[page+56:]))
	return int(pages) * page
}

func fill(b []byte, from, to int, with byte) []byte {
	for i := from; i < to; i++ {
		b[i] = with
	}
	return b
}

func write(t *testing.T, path string, b []byte) {
	t.Helper()
	if err := os.WriteFile(path, b, 0o600); err != nil {
		t.Fatal(err)
	}
}

// wantPermission checks what Open says when the system refuses.
func wantPermission(t *testing.T, err error) {
	t.Helper()
	var denied *boltstore.PermissionError
	if !errors.As(err, &denied) || !errors.Is(err, fs.ErrPermission) {
		t.Errorf("Open = %v, want a PermissionError", err)
	}
}
