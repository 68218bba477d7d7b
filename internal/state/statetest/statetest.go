// Package statetest is what every [state.Store] must pass, and a store in memory
// that passes it.
//
// A backend's test is one call of [Run]. The suite covers what the contract
// says and what is built above it relies on, including transactions that run
// side by side; how a backend survives the death of its process is tested
// beside the backend.
package statetest

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"testing"

	"latchkey/internal/state"
)

// Run runs the suite. Open opens the store that lives in dir, which it may be
// asked for again after the store was closed; each test has its own dir. The
// suite closes what it opens.
func Run(t *testing.T, open func(t *testing.T, dir string) state.Store) {
	tests := []struct {
		name string
		run  func(t *testing.T, s state.Store)
	}{
		{"Values", values},
		{"LargeValues", largeValues},
		{"Copies", copies},
		{"Keys", keys},
		{"ScanOrder", scanOrder},
		{"ScanStops", scanStops},
		{"ScanWhileWriting", scanWhileWriting},
		{"ReadOnly", readOnly},
		{"ReadsOwnWrites", readsOwnWrites},
		{"RollbackOnError", rollbackOnError},
		{"RollbackOnPanic", rollbackOnPanic},
		{"RollbackOnGoexit", rollbackOnGoexit},
		{"Cancelled", cancelled},
		{"TxAfterItsEnd", txAfterItsEnd},
		{"Snapshot", snapshot},
		{"ReadersSeeWholeTransactions", readersSeeWholeTransactions},
		{"Writers", writers},
		{"FailuresAmongWriters", failuresAmongWriters},
		{"PanicsAmongWriters", panicsAmongWriters},
		{"CancelledAmongWriters", cancelledAmongWriters},
		{"CloseWaits", closeWaits},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			s := open(t, t.TempDir())
			defer shut(t, s)
			test.run(t, s)
		})
	}
	t.Run("Reopen", func(t *testing.T) {
		t.Parallel()
		reopen(t, open)
	})
}

func shut(t *testing.T, s state.Store) {
	t.Helper()
	if err := s.Close(); err != nil {
		t.Errorf("Close: %v", err)
	}
}

func update(t *testing.T, s state.Store, fn func(state.Tx) error) {
	t.Helper()
	if err := s.Update(t.Context(), fn); err != nil {
		t.Errorf("Update: %v", err)
	}
}

func view(t *testing.T, s state.Store, fn func(state.Tx) error) {
	t.Helper()
	if err := s.View(t.Context(), fn); err != nil {
		t.Errorf("View: %v", err)
	}
}

// put writes keys and values in turn.
func put(t *testing.T, s state.Store, pairs ...string) {
	t.Helper()
	update(t, s, func(tx state.Tx) error { return putAll(tx, pairs...) })
}

func putAll(tx state.Tx, pairs ...string) error {
	for i := 0; i < len(pairs); i += 2 {
		if err := tx.Put(pairs[i], []byte(pairs[i+1])); err != nil {
			return err
		}
	}
	return nil
}

// Contents returns every item of the store.
func Contents(t testing.TB, s state.Store) map[string]string {
	t.Helper()
	all := map[string]string{}
	err := s.View(t.Context(), func(tx state.Tx) error {
		clear(all)
		for item, err := range tx.Scan("") {
			if err != nil {
				return err
			}
			all[item.Key] = string(item.Value)
		}
		return nil
	})
	if err != nil {
		t.Errorf("read the store: %v", err)
	}
	return all
}

// wantContents checks that the store holds exactly these keys and values.
func wantContents(t *testing.T, s state.Store, pairs ...string) {
	t.Helper()
	want := map[string]string{}
	for i := 0; i < len(pairs); i += 2 {
		want[pairs[i]] = pairs[i+1]
	}
	if got := Contents(t, s); !maps.Equal(got, want) {
		t.Errorf("the store holds %v, want %v", got, want)
	}
}

// scanned returns the scan of prefix as "key=value" in the order it came.
func scanned(tx state.Tx, prefix string) ([]string, error) {
	var out []string
	for item, err := range tx.Scan(prefix) {
		if err != nil {
			return out, err
		}
		out = append(out, item.Key+"="+string(item.Value))
	}
	return out, nil
}

func wantScan(tx state.Tx, prefix string, want ...string) error {
	got, err := scanned(tx, prefix)
	if err != nil {
		return fmt.Errorf("Scan(%q): %w", prefix, err)
	}
	if !slices.Equal(got, want) {
		return fmt.Errorf("Scan(%q) = %q, want %q", prefix, got, want)
	}
	return nil
}

func wantGet(tx state.Tx, key, want string) error {
	got, err := tx.Get(key)
	if err != nil || string(got) != want {
		return fmt.Errorf("Get(%q) = %q, %w; want %q", key, got, err, want)
	}
	return nil
}

func wantMissing(tx state.Tx, key string) error {
	if got, err := tx.Get(key); !errors.Is(err, state.ErrNotFound) {
		return fmt.Errorf("Get(%q) = %q, %w; want ErrNotFound", key, got, err)
	}
	return nil
}
