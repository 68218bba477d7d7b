package seal_test

import (
	"bytes"
	"context"
	"errors"
	"path/filepath"
	"testing"

	"latchkey/internal/state"
	"latchkey/internal/state/boltstore"
	"latchkey/internal/state/seal"
)

var errCrash = errors.New("crash")

func secret(b byte) []byte { return bytes.Repeat([]byte{b}, seal.KeySize) }

func bolt(t testing.TB, path string) *boltstore.Store {
	t.Helper()
	s, err := boltstore.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func sealed(t testing.TB, below state.Store, secrets ...[]byte) (state.Store, seal.Pass) {
	t.Helper()
	s, pass, err := seal.Open(t.Context(), below, secrets)
	if err != nil {
		t.Fatalf("Open: %v", err)
	}
	return s, pass
}

func put(t testing.TB, s state.Store, key, value string) {
	t.Helper()
	if err := s.Update(t.Context(), func(tx state.Tx) error { return tx.Put(key, []byte(value)) }); err != nil {
		t.Fatal(err)
	}
}

func get(t testing.TB, s state.Store, key string) (value string, err error) {
	t.Helper()
	err = s.View(t.Context(), func(tx state.Tx) error {
		raw, err := tx.Get(key)
		value = string(raw)
		return err
	})
	return value, err
}

func file(t testing.TB) string { return filepath.Join(t.TempDir(), "state.db") }

// mortal is a store that dies at its nth Update, before or after the commit.
type mortal struct {
	state.Store
	left  int
	after bool
}

func (m *mortal) Update(ctx context.Context, fn func(state.Tx) error) error {
	m.left--
	if m.left < 0 {
		return errCrash
	}
	if err := m.Store.Update(ctx, fn); err != nil || m.left > 0 || !m.after {
		return err
	}
	return errCrash
}
