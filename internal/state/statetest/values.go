package statetest

import (
	"bytes"
	"errors"
	"fmt"
	"testing"

	"latchkey/internal/state"
)

func values(t *testing.T, s state.Store) {
	view(t, s, func(tx state.Tx) error {
		return errors.Join(wantMissing(tx, "a"), wantMissing(tx, ""), wantScan(tx, ""))
	})
	put(t, s, "a", "1", "b", "2", "empty", "")
	wantContents(t, s, "a", "1", "b", "2", "empty", "")
	put(t, s, "a", "3")
	update(t, s, func(tx state.Tx) error {
		return errors.Join(tx.Delete("b"), tx.Delete("never was"))
	})
	wantContents(t, s, "a", "3", "empty", "")
	update(t, s, func(tx state.Tx) error { return tx.Put("nil", nil) })
	view(t, s, func(tx state.Tx) error {
		return errors.Join(wantGet(tx, "nil", ""), wantGet(tx, "empty", ""), wantMissing(tx, "b"))
	})
	update(t, s, func(tx state.Tx) error {
		return errors.Join(tx.Put("nil", nil), wantGet(tx, "nil", ""))
	})
}

func largeValues(t *testing.T, s state.Store) {
	value := func(i int) []byte { return bytes.Repeat([]byte{byte('a' + i)}, 1<<20) }
	for i := range 3 {
		update(t, s, func(tx state.Tx) error {
			return tx.Put(fmt.Sprint("large/", i), value(i))
		})
	}
	view(t, s, func(tx state.Tx) error {
		i := 0
		for item, err := range tx.Scan("large/") {
			if err != nil {
				return err
			}
			if !bytes.Equal(item.Value, value(i)) {
				t.Errorf("%s came back changed", item.Key)
			}
			i++
		}
		if i != 3 {
			t.Errorf("%d large values came back, want 3", i)
		}
		return nil
	})
}

// copies checks that what was given and what was returned belong to the caller.
func copies(t *testing.T, s state.Store) {
	given := []byte("given")
	var got, scanned []byte
	update(t, s, func(tx state.Tx) error {
		copy(given, "given")
		if err := tx.Put("a", given); err != nil {
			return err
		}
		copy(given, "spoil")
		return wantGet(tx, "a", "given")
	})
	wantContents(t, s, "a", "given")
	read := func(tx state.Tx) (err error) {
		if got, err = tx.Get("a"); err != nil {
			return err
		}
		for item, err := range tx.Scan("a") {
			if err != nil {
				return err
			}
			scanned = item.Value
		}
		copy(got, "spoil")
		copy(scanned, "ruins")
		return wantGet(tx, "a", "given")
	}
	view(t, s, read)
	update(t, s, read)
	put(t, s, "a", "other")
	if string(got) != "spoil" || string(scanned) != "ruins" {
		t.Errorf("values changed after their transaction: %q, %q", got, scanned)
	}
}

func keys(t *testing.T, s state.Store) {
	update(t, s, func(tx state.Tx) error {
		if err := tx.Put("", []byte("x")); err == nil {
			t.Error("Put with an empty key succeeded")
		}
		return nil
	})
	wantContents(t, s)
	put(t, s, "a/b|c d#é\x00\xff", "odd", "a", "plain")
	wantContents(t, s, "a/b|c d#é\x00\xff", "odd", "a", "plain")
}
