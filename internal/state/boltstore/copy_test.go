package boltstore_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"strconv"
	"sync"
	"testing"

	"latchkey/internal/state"
	"latchkey/internal/state/boltstore"
	"latchkey/internal/state/statetest"
)

// TestWriteToUnderLoad copies a store while several goroutines write into it. Each
// transaction numbers itself, so that a copy which is not exactly the first n of them
// shows.
func TestWriteToUnderLoad(t *testing.T) {
	t.Parallel()
	s := open(t, filepath.Join(t.TempDir(), "state.db"))
	ctx, stop := context.WithCancel(t.Context())
	var writers sync.WaitGroup
	for w := range 4 {
		writers.Go(func() {
			for i := 0; ctx.Err() == nil; i++ {
				if err := s.Update(ctx, numbered(w, i)); err != nil && ctx.Err() == nil {
					t.Error(err)
					return
				}
			}
		})
	}
	last := 0
	for round := range 8 {
		waitFor(t, s, last+50)
		var file bytes.Buffer
		if _, err := s.WriteTo(t.Context(), &file); err != nil {
			t.Fatal(err)
		}
		path := filepath.Join(t.TempDir(), "copy.db")
		write(t, path, file.Bytes())
		n := wantPrefix(t, path)
		if n < last+50 {
			t.Errorf("copy %d holds %d transactions, and %d were committed before it", round, n, last+50)
		}
		last = n
	}
	stop()
	writers.Wait()
	if err := s.Close(); err != nil {
		t.Error(err)
	}
}

// numbered is a transaction that writes its own number in two places.
func numbered(w, i int) func(state.Tx) error {
	return func(tx state.Tx) error {
		n, err := number(tx)
		if err != nil {
			return err
		}
		next := []byte(strconv.Itoa(n + 1))
		return errors.Join(tx.Put("n", next), tx.Put(fmt.Sprintf("done/%08d", n+1), bytes.Repeat(next, 1+(w+i)%500)))
	}
}

func number(tx state.Tx) (int, error) {
	raw, err := tx.Get("n")
	if errors.Is(err, state.ErrNotFound) {
		return 0, nil
	}
	if err != nil {
		return 0, err
	}
	return strconv.Atoi(string(raw))
}

func waitFor(t *testing.T, s *boltstore.Store, least int) {
	t.Helper()
	for n := 0; n < least; {
		err := s.View(t.Context(), func(tx state.Tx) (err error) {
			n, err = number(tx)
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
}

// wantPrefix opens a copy and checks that it holds the first n transactions, whole.
func wantPrefix(t *testing.T, path string) (n int) {
	t.Helper()
	s, err := boltstore.OpenToRead(path)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close() //nolint:errcheck // it was only read
	all := statetest.Contents(t, s)
	if n, err = strconv.Atoi(all["n"]); err != nil || len(all) != n+1 {
		t.Fatalf("the copy holds %d items of %d transactions (%v)", len(all), n, err)
	}
	for i := 1; i <= n; i++ {
		value := all[fmt.Sprintf("done/%08d", i)]
		if id := strconv.Itoa(i); value == "" || len(value)%len(id) != 0 || value[:len(id)] != id {
			t.Errorf("transaction %d is there in part: %q", i, value)
		}
	}
	return n
}

// TestWriteToEnds ends a copy whose reader or whose ctx fails, and goes on.
func TestWriteToEnds(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "state.db")
	write(t, path, goodFile(t))
	s := open(t, path)
	before := statetest.Contents(t, s)
	if _, err := s.WriteTo(t.Context(), failing{}); !errors.Is(err, errRefused) {
		t.Errorf("WriteTo a writer that fails = %v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	if _, err := s.WriteTo(ctx, cancels{cancel}); !errors.Is(err, context.Canceled) {
		t.Errorf("WriteTo until ctx ends = %v", err)
	}
	if err := s.Update(t.Context(), func(tx state.Tx) error { return tx.Put("more", nil) }); err != nil {
		t.Errorf("Update: %v", err)
	}
	before["more"] = ""
	if got := statetest.Contents(t, s); !maps.Equal(got, before) {
		t.Error("the store has changed")
	}
	if err := s.Close(); err != nil {
		t.Error(err)
	}
	if _, err := s.WriteTo(t.Context(), io.Discard); err == nil {
		t.Error("WriteTo of a closed store works")
	}
}

type failing struct{}

func (failing) Write([]byte) (int, error) { return 0, errRefused }

type cancels struct{ cancel func() }

func (c cancels) Write(p []byte) (int, error) {
	c.cancel()
	return len(p), nil
}

// TestOpenToRead writes nothing, not even where there is nothing.
func TestOpenToRead(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "state.db")
	if _, err := boltstore.OpenToRead(path); err == nil {
		t.Error("OpenToRead of nothing works")
	}
	if _, err := os.Stat(path); err == nil {
		t.Error("OpenToRead has made a file")
	}
	good := goodFile(t)
	write(t, path, good)
	if err := os.Chmod(path, 0o400); err != nil {
		t.Fatal(err)
	}
	s, err := boltstore.OpenToRead(path)
	if err != nil {
		t.Fatal(err)
	}
	other, err := boltstore.OpenToRead(path)
	if err != nil {
		t.Fatalf("a second reader: %v", err)
	}
	if got := len(statetest.Contents(t, s)); got != 401 {
		t.Errorf("it holds %d items, want 401", got)
	}
	err = s.Update(t.Context(), func(tx state.Tx) error { return tx.Put("x", nil) })
	if !errors.Is(err, state.ErrReadOnly) {
		t.Errorf("Update = %v, want ErrReadOnly", err)
	}
	if err := errors.Join(s.Close(), other.Close()); err != nil {
		t.Error(err)
	}
	if got, err := os.ReadFile(path); err != nil || !bytes.Equal(got, good) {
		t.Errorf("the file has changed (%v)", err)
	}
	path = filepath.Join(t.TempDir(), "open.db")
	writing := open(t, path)
	defer writing.Close() //nolint:errcheck // not what is tested
	if _, err := boltstore.OpenToRead(path); !errors.As(err, new(*boltstore.LockedError)) {
		t.Errorf("OpenToRead of what is open = %v, want a LockedError", err)
	}
}

// TestCompact makes a file smaller of which most was deleted, and changes nothing else.
func TestCompact(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "state.db")
	write(t, path, goodFile(t))
	s := open(t, path)
	if _, _, err := boltstore.Compact(t.Context(), path); !errors.As(err, new(*boltstore.LockedError)) {
		t.Errorf("Compact of an open store = %v, want a LockedError", err)
	}
	err := s.Update(t.Context(), func(tx state.Tx) error {
		for i := range 380 {
			if err := tx.Delete(fmt.Sprintf("key/%04d", i)); err != nil {
				return err
			}
		}
		return tx.Delete("large")
	})
	want := statetest.Contents(t, s)
	if err := errors.Join(err, s.Close()); err != nil {
		t.Fatal(err)
	}
	before, after, err := boltstore.Compact(t.Context(), path)
	if err != nil || after == 0 || after > before/2 {
		t.Errorf("Compact = %d, %d, %v; want it to be much smaller", before, after, err)
	}
	info, err := os.Stat(path)
	if err != nil || info.Mode() != 0o600 {
		t.Errorf("the file is %v, %v", info.Mode(), err)
	}
	s = open(t, path)
	if got := statetest.Contents(t, s); !maps.Equal(got, want) {
		t.Errorf("it holds %d items, want %d", len(got), len(want))
	}
	if err := s.Close(); err != nil {
		t.Error(err)
	}
	if _, _, err := boltstore.Compact(t.Context(), filepath.Join(t.TempDir(), "none.db")); err == nil {
		t.Error("Compact of nothing works")
	}
	entries, err := os.ReadDir(filepath.Dir(path))
	if err != nil || len(entries) != 1 {
		t.Errorf("it left %v (%v)", entries, err)
	}
}
