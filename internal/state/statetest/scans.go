package statetest

import (
	"errors"
	"fmt"
	"slices"
	"testing"

	"latchkey/internal/state"
)

func scanOrder(t *testing.T, s state.Store) {
	put(t, s, "b/2", "x", "a", "x", "b/10", "x", "b", "x", "b0", "x", "b/", "x",
		"b/\xff", "x", "b\xff", "x", "c", "x", "B/1", "x")
	tests := []struct {
		name, prefix string
		want         []string
	}{
		{"Everything", "", []string{"B/1", "a", "b", "b/", "b/10", "b/2", "b/\xff", "b0", "b\xff", "c"}},
		{"Prefix", "b/", []string{"b/", "b/10", "b/2", "b/\xff"}},
		{"PrefixIsAKey", "b", []string{"b", "b/", "b/10", "b/2", "b/\xff", "b0", "b\xff"}},
		{"LastKey", "c", []string{"c"}},
		{"HighestByte", "b\xff", []string{"b\xff"}},
		{"BetweenKeys", "bb", nil},
		{"BehindTheLast", "d", nil},
		{"LongerThanItsKey", "c/", nil},
		{"CaseCounts", "B", []string{"B/1"}},
	}
	check := func(tx state.Tx) error {
		var problems error
		for _, test := range tests {
			want := slices.Clone(test.want)
			for i := range want {
				want[i] += "=x"
			}
			if err := wantScan(tx, test.prefix, want...); err != nil {
				problems = errors.Join(problems, fmt.Errorf("%s: %w", test.name, err))
			}
		}
		return problems
	}
	view(t, s, check)
	update(t, s, check)
}

func scanStops(t *testing.T, s state.Store) {
	put(t, s, "a", "1", "b", "2", "c", "3")
	view(t, s, func(tx state.Tx) error {
		n := 0
		for range tx.Scan("") {
			if n++; n == 2 {
				break
			}
		}
		if n != 2 {
			t.Errorf("the scan went on after it was left: %d items", n)
		}
		// One scan inside another, over the same keys.
		var pairs []string
		for outer, err := range tx.Scan("") {
			if err != nil {
				return err
			}
			for inner, err := range tx.Scan("") {
				if err != nil {
					return err
				}
				pairs = append(pairs, outer.Key+inner.Key)
			}
		}
		if want := []string{"aa", "ab", "ac", "ba", "bb", "bc", "ca", "cb", "cc"}; !slices.Equal(pairs, want) {
			t.Errorf("nested scans gave %q, want %q", pairs, want)
		}
		return nil
	})
}

// scanWhileWriting changes what is scanned from inside the loop. Whether the
// scan shows a change is open; each item that nobody touched must come exactly
// once, in order, and the loop must end.
func scanWhileWriting(t *testing.T, s state.Store) {
	const n = 300 // more than fits one page of a tree
	key := func(i int) string { return fmt.Sprintf("k/%04d", i) }
	tests := []struct {
		name  string
		write func(tx state.Tx, at string) error
		after func(i int) bool // the key is there afterwards
	}{
		{"DeleteThis", func(tx state.Tx, at string) error { return tx.Delete(at) }, func(int) bool { return false }},
		{"PutThis", func(tx state.Tx, at string) error { return tx.Put(at, []byte("again")) }, func(int) bool { return true }},
		{"AddBehind", func(tx state.Tx, at string) error { return tx.Put(at+"+", []byte("added")) }, func(int) bool { return true }},
		{"AddBefore", func(tx state.Tx, at string) error { return tx.Put("k/!"+at, []byte("added")) }, func(int) bool { return true }},
		{"MoveElsewhere", func(tx state.Tx, at string) error {
			return errors.Join(tx.Delete(at), tx.Put("moved/"+at, nil))
		}, func(int) bool { return false }},
	}
	for _, test := range tests {
		update(t, s, func(tx state.Tx) error {
			for item, err := range tx.Scan("") {
				if err != nil {
					return err
				}
				if err := tx.Delete(item.Key); err != nil {
					return err
				}
			}
			for i := range n {
				if err := tx.Put(key(i), []byte("old")); err != nil {
					return err
				}
			}
			return nil
		})
		update(t, s, func(tx state.Tx) error {
			return scanAndWrite(tx, test.name, n, key, test.write)
		})
		all := Contents(t, s)
		for i := range n {
			if _, ok := all[key(i)]; ok != test.after(i) {
				t.Errorf("%s: %s is there: %t, want %t", test.name, key(i), ok, test.after(i))
			}
		}
	}
}

func scanAndWrite(tx state.Tx, name string, n int, key func(int) string, write func(state.Tx, string) error) error {
	seen, old, last := 0, 0, ""
	for item, err := range tx.Scan("k/") {
		if err != nil {
			return err
		}
		if seen++; seen > 4*n {
			return fmt.Errorf("%s: the scan does not end", name)
		}
		if item.Key <= last {
			return fmt.Errorf("%s: %q came after %q", name, item.Key, last)
		}
		last = item.Key
		if item.Key == key(old) {
			old++
		}
		if err := write(tx, item.Key); err != nil {
			return err
		}
	}
	if old != n {
		return fmt.Errorf("%s: the scan showed %d of the %d items", name, old, n)
	}
	return nil
}
