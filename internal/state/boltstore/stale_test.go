package boltstore_test

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"latchkey/internal/state"
	"latchkey/internal/state/boltstore"
)

// stale puts what another page of the same kind holds in the place of each page of a large
// file, under its own number: as a disk does that has lost a write.
func stale(t *testing.T, try func(path, name string)) {
	t.Helper()
	path, page := filepath.Join(t.TempDir(), "state.db"), os.Getpagesize()
	good, _ := largeFile(t)
	var leaves []int // that are in use, and have no others that they overflow into
	for at := 2 * page; at < len(good); at += page {
		if binary.NativeEndian.Uint64(good[at:]) != uint64(at/page) || binary.NativeEndian.Uint16(good[at+8:]) != 2 || binary.NativeEndian.Uint32(good[at+12:]) != 0 {
			continue
		}
		write(t, path, fill(bytes.Clone(good), at, at+page, 0))
		if s, err := boltstore.OpenToRead(path); err == nil {
			s.Close() //nolint:errcheck // it was only read
			continue
		}
		leaves = append(leaves, at)
	}
	draw := rand.New(rand.NewPCG(3, 4))
	for i, at := range leaves {
		for _, from := range []int{leaves[max(i-1, 0)], leaves[min(i+1, len(leaves)-1)], leaves[draw.IntN(len(leaves))]} {
			if from == at {
				continue
			}
			b := bytes.Clone(good)
			copy(b[at+8:at+page], good[from+8:from+page])
			write(t, path, b)
			try(path, fmt.Sprintf("page %d as page %d", from/page, at/page))
		}
	}
}

// TestStalePages reads a file in which pages are older than those above them, in each of
// the ways that there are, each first. What is read is what was written.
func TestStalePages(t *testing.T) {
	t.Parallel()
	_, all := largeFile(t)
	sound := func(name string, err error) {
		if err != nil && !errors.As(err, new(*boltstore.CorruptError)) {
			t.Errorf("%s: %v, want a CorruptError", name, err)
		}
	}
	stale(t, func(path, name string) {
		for _, prefix := range []string{"", "event/", "idx/event/", "request/", "request/00"} {
			s, err := boltstore.OpenUnread(path)
			if err != nil {
				sound(name, err)
				return
			}
			sound(name, s.View(t.Context(), func(tx state.Tx) error {
				last := ""
				for item, err := range tx.Scan(prefix) {
					if err != nil {
						return err
					}
					if item.Key <= last || all[item.Key] != string(item.Value) {
						t.Errorf("%s: after %s a scan of %q tells of %s", name, last, prefix, item.Key)
					}
					last = item.Key
				}
				return nil
			}))
			s.Close() //nolint:errcheck // it is damaged
		}
	})
}

// TestStalePagesAbsent asks for keys that are not there, at the end of what pages hold: the
// page that follows may have them from long ago.
func TestStalePagesAbsent(t *testing.T) {
	t.Parallel()
	_, all := largeFile(t)
	keys := slices.Sorted(maps.Keys(all))
	stale(t, func(path, name string) {
		s, err := boltstore.OpenUnread(path)
		if err != nil {
			return
		}
		defer s.Close() //nolint:errcheck // it is damaged
		for _, key := range keys {
			if !strings.HasPrefix(key, "event/") {
				continue
			}
			err := s.Update(t.Context(), func(tx state.Tx) error {
				err := tx.Delete(key)
				if err == nil {
					_, err = tx.Get(key)
				}
				return err
			})
			switch {
			case errors.As(err, new(*boltstore.CorruptError)):
				return
			case !errors.Is(err, state.ErrNotFound):
				t.Errorf("%s: %s: %v", name, key, err)
			}
		}
	})
}

// TestStaleNeighbours deletes beside pages that are older than those above them, so that
// bbolt makes one page of two. What is left is what was written, or the store stops.
func TestStaleNeighbours(t *testing.T) {
	t.Parallel()
	_, all := largeFile(t)
	keys := slices.Sorted(maps.Keys(all))
	stale(t, func(path, name string) {
		s, err := boltstore.OpenUnread(path)
		if err != nil {
			return
		}
		gone := map[string]bool{}
		for _, prefix := range []string{"event/", "request/"} {
			err = s.Update(t.Context(), func(tx state.Tx) error {
				for i, key := range keys {
					if !strings.HasPrefix(key, prefix) || i%40 > 25 {
						continue
					}
					gone[key] = true
					if err := tx.Delete(key); err != nil {
						return err
					}
				}
				return nil
			})
			if err != nil {
				if !errors.As(err, new(*boltstore.CorruptError)) {
					t.Errorf("%s: %v, want a CorruptError", name, err)
				}
				break
			}
			got, err := readAll(t.Context(), s)
			if err != nil {
				break
			}
			for key, value := range all {
				if is, ok := got[key]; is != value && !gone[key] || ok == gone[key] {
					t.Errorf("%s: %s is there: %v", name, key, ok)
				}
			}
		}
		if err := s.Close(); err != nil {
			t.Errorf("%s: Close: %v", name, err)
		}
	})
}

// TestFreePagesInUse has the list of free pages name one that is in use, or none that can be
// free: what is free is written over, so the start is refused.
func TestFreePagesInUse(t *testing.T) {
	t.Parallel()
	good, _ := largeFile(t)
	page := os.Getpagesize()
	meta := good[16:] // of the two the later one counts
	if other := good[page+16:]; binary.NativeEndian.Uint64(other[48:]) > binary.NativeEndian.Uint64(meta[48:]) {
		meta = other
	}
	list := int(binary.NativeEndian.Uint64(meta[32:])) * page
	path := filepath.Join(t.TempDir(), "state.db")
	refused := 0
	for id := uint64(0); id < uint64(len(good)/page); id++ {
		at := int(id) * page
		if id > 1 && (binary.NativeEndian.Uint16(good[at+8:]) != 2 || !bytes.Contains(good[at:at+page], []byte("contact/0075"))) {
			continue
		}
		b := bytes.Clone(good)
		binary.NativeEndian.PutUint16(b[list+10:], 1)
		binary.NativeEndian.PutUint64(b[list+16:], id)
		write(t, path, b)
		s, err := boltstore.OpenUnread(path)
		if err == nil {
			s.Close() //nolint:errcheck // it is damaged
			t.Logf("page %d was opened: it is free", id)
			continue
		}
		if refused++; !errors.As(err, new(*boltstore.CorruptError)) {
			t.Errorf("page %d: Open = %v, want a CorruptError", id, err)
		}
	}
	if refused != 3 { // the two head pages, and the one in use that has the key
		t.Errorf("%d lists of free pages were refused, want 3", refused)
	}
}
