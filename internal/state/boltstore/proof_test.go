package boltstore_test

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"latchkey/internal/state"
	"latchkey/internal/state/boltstore"
	"latchkey/internal/state/statetest"
)

// TestSuiteOnDemand has every transaction look at its pages first, for good.
func TestSuiteOnDemand(t *testing.T) {
	t.Parallel()
	statetest.Run(t, func(t *testing.T, dir string) state.Store {
		path := filepath.Join(dir, "state.db")
		if _, err := os.Stat(path); err != nil {
			if err := open(t, path).Close(); err != nil {
				t.Fatal(err)
			}
		}
		return opened(t, path, boltstore.OpenUnread)
	})
}

func opened(t testing.TB, path string, by func(string) (*boltstore.Store, error)) *boltstore.Store {
	t.Helper()
	s, err := by(path)
	if err != nil {
		t.Fatalf("Open: %v", err)
	}
	return s
}

// largeFile returns the bytes of a store with a history and with what is now, and what it
// holds.
func largeFile(t *testing.T) ([]byte, map[string]string) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "large.db")
	s := open(t, path)
	for round := range 3 {
		err := s.Update(t.Context(), func(tx state.Tx) error {
			for i := range 120 {
				for _, kind := range []string{"contact", "event", "idx/due", "idx/event", "request", "staff"} {
					key, value := fmt.Sprintf("%s/%04d", kind, (i*7+round)%120), bytes.Repeat([]byte{byte(round)}, 100)
					if i == 60 {
						value = make([]byte, 9000) // which overflows into other pages
					}
					if err := tx.Put(key, value); err != nil {
						return err
					}
				}
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	all := contents(t, s)
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return b[:used(b)], all
}

func contents(t *testing.T, s *boltstore.Store) map[string]string {
	t.Helper()
	all, err := readAll(t.Context(), s)
	if err != nil {
		t.Fatal(err)
	}
	return all
}

func readAll(ctx context.Context, s *boltstore.Store) (map[string]string, error) {
	all := map[string]string{}
	err := s.View(ctx, func(tx state.Tx) error {
		for item, err := range tx.Scan("") {
			if err != nil {
				return err
			}
			all[item.Key] = string(item.Value)
		}
		return nil
	})
	return all, err
}

// TestDamageInALargeFile damages every page in turn, each in several ways. What is read of
// it is what was written, or the store stops: nothing is ever read of a page that makes no
// sense, nor missed because of one.
func TestDamageInALargeFile(t *testing.T) {
	t.Parallel()
	good, all := largeFile(t)
	page := os.Getpagesize()
	path := filepath.Join(t.TempDir(), "state.db")
	ways := map[string]func(b []byte, at int) []byte{
		"Zeroed":  func(b []byte, at int) []byte { return fill(b, at, at+page, 0) },
		"Ones":    func(b []byte, at int) []byte { return fill(b, at, at+page, 0xff) },
		"Body":    func(b []byte, at int) []byte { return fill(b, at+16, at+page, 0xa5) },
		"NoKeys":  func(b []byte, at int) []byte { return fill(b, at+10, at+12, 0) },
		"Other":   func(b []byte, at int) []byte { copy(b[at:at+page], b[(at+page)%(len(b)-page):]); return b },
		"TailCut": func(b []byte, at int) []byte { return b[:at] },
	}
	refused, later := 0, 0
	for name, damage := range ways {
		for at := 2 * page; at < len(good); at += page {
			if name == "TailCut" && at%(16*page) != 0 || goesOn(good, at, page) {
				continue
			}
			write(t, path, damage(bytes.Clone(good), at))
			s, err := boltstore.OpenUnread(path)
			if err != nil {
				if !errors.As(err, new(*boltstore.CorruptError)) {
					t.Errorf("%s, page %d: Open = %v, want a CorruptError", name, at/page, err)
				}
				refused++
				continue
			}
			if !honest(t, s, all) {
				later++
			}
			if err := s.Close(); err != nil {
				t.Errorf("%s, page %d: Close: %v", name, at/page, err)
			}
		}
	}
	t.Logf("%d damages were refused, %d found when they were met", refused, later)
	if refused == 0 || later == 0 {
		t.Error("the test tries nothing")
	}
}

// goesOn reports whether a page holds nothing but the rest of a value. What stands there
// nobody can tell from what should, but for whoever decodes it.
func goesOn(good []byte, at, page int) bool {
	for back := page; back < 4*page && at-back >= 2*page; back += page {
		if int(binary.NativeEndian.Uint32(good[at-back+12:])) >= back/page && binary.NativeEndian.Uint64(good[at-back:]) == uint64((at-back)/page) {
			return true
		}
	}
	return false
}

// honest reads a store key by key, each first, and then whole. It reports whether all is
// there; what is not must be refused.
func honest(t *testing.T, s *boltstore.Store, all map[string]string) bool {
	t.Helper()
	err := s.View(t.Context(), func(tx state.Tx) error {
		for _, key := range slices.Sorted(maps.Keys(all)) {
			v, err := tx.Get(key)
			if err != nil {
				return err
			}
			if string(v) != all[key] {
				t.Errorf("%s has another value than was written", key)
			}
		}
		return nil
	})
	if err != nil && !errors.As(err, new(*boltstore.CorruptError)) {
		t.Errorf("Get = %v, want a CorruptError", err)
	}
	got, err := readAll(t.Context(), s)
	if err == nil && !maps.Equal(got, all) {
		t.Errorf("%d items are there, want %d", len(got), len(all))
	}
	if err != nil && !errors.As(err, new(*boltstore.CorruptError)) {
		t.Errorf("Scan = %v, want a CorruptError", err)
	}
	return err == nil
}

// TestLargeFileRefused damages what everything hangs on. It is found before anything is
// used, as in a small file; what is history is found soon after, and ends the use of it.
func TestLargeFileRefused(t *testing.T) {
	t.Parallel()
	good, _ := largeFile(t)
	page := os.Getpagesize()
	for key, refused := range map[string]bool{
		"contact/0075": true, "idx/due/0075": true, "staff/0075": true, "event/0075": false, "request/0075": false, "idx/event/0075": false,
	} {
		t.Run(key, func(t *testing.T) {
			t.Parallel()
			path := filepath.Join(t.TempDir(), "state.db")
			damaged := bytes.Clone(good)
			for at := 2 * page; at < len(good); at += page {
				if binary.NativeEndian.Uint16(good[at+8:]) == 2 /* a leaf */ && bytes.Contains(good[at:at+page], []byte(key)) {
					damaged = fill(damaged, at+16, at+page, 0xa5)
				}
			}
			write(t, path, damaged)
			s, err := boltstore.OpenLarge(path)
			if refused {
				if !errors.As(err, new(*boltstore.CorruptError)) {
					t.Errorf("Open = %v, want a CorruptError", err)
				}
				return
			}
			if err != nil {
				t.Fatalf("Open = %v", err)
			}
			if err := s.Whole(t.Context()); !errors.As(err, new(*boltstore.CorruptError)) {
				t.Errorf("Whole = %v, want a CorruptError", err)
			}
			err = s.Update(t.Context(), func(tx state.Tx) error { return tx.Put("staff/0001", nil) })
			if !errors.As(err, new(*boltstore.CorruptError)) {
				t.Errorf("Update = %v, want a CorruptError", err)
			}
			if err := s.Close(); err != nil {
				t.Errorf("Close: %v", err)
			}
		})
	}
}

// TestLargeFileInUse writes into a file while it is still being read. It is found whole,
// and holds what was written.
func TestLargeFileInUse(t *testing.T) {
	t.Parallel()
	good, all := largeFile(t)
	path := filepath.Join(t.TempDir(), "state.db")
	for name, by := range map[string]func(string) (*boltstore.Store, error){"Large": boltstore.OpenLarge, "Unread": boltstore.OpenUnread} {
		write(t, path, good)
		s := opened(t, path, by)
		all, draw := maps.Clone(all), rand.New(rand.NewPCG(1, 2))
		keys := slices.Sorted(maps.Keys(all))
		for range 200 {
			err := s.Update(t.Context(), func(tx state.Tx) error {
				for range 20 {
					key, value := keys[draw.IntN(len(keys))], make([]byte, draw.IntN(300))
					if draw.IntN(3) == 0 {
						delete(all, key)
						if err := tx.Delete(key); err != nil {
							return err
						}
						continue
					}
					all[key] = string(value)
					if err := tx.Put(key, value); err != nil {
						return err
					}
				}
				return nil
			})
			if err != nil {
				t.Fatal(err)
			}
		}
		if got := contents(t, s); !maps.Equal(got, all) {
			t.Errorf("%s: %d items are there, want %d", name, len(got), len(all))
		}
		if err := s.Whole(t.Context()); err != nil {
			t.Errorf("%s: Whole = %v", name, err)
		}
		if err := s.Close(); err != nil {
			t.Error(err)
		}
		if err := opened(t, path, boltstore.OpenToRead).Close(); err != nil { // which reads it whole
			t.Error(err)
		}
	}
}

// TestCloseWhileReading ends the reading with the store.
func TestCloseWhileReading(t *testing.T) {
	t.Parallel()
	good, _ := largeFile(t)
	path := filepath.Join(t.TempDir(), "state.db")
	write(t, path, good)
	s := opened(t, path, boltstore.OpenLarge)
	for range 2 {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	if err := s.Whole(ctx); err != nil {
		t.Errorf("Whole of a closed store = %v", err)
	}
}
