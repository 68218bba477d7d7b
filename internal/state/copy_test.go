package state_test

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"strings"
	"testing"

	"latchkey/internal/state"
	"latchkey/internal/state/statetest"
)

// failing is a store whose n'th Update fails, before or after it was applied.
type failing struct {
	state.Store
	in      *int
	applied bool
}

var errCrash = errors.New("the process died")

func (f failing) Update(ctx context.Context, fn func(state.Tx) error) error {
	*f.in--
	if *f.in == 0 {
		if f.applied {
			return errors.Join(f.Store.Update(ctx, fn), errCrash)
		}
		return errCrash
	}
	if *f.in < 0 {
		return errCrash
	}
	return f.Store.Update(ctx, fn)
}

func full(t *testing.T, items int) *statetest.MemoryStore {
	t.Helper()
	s := statetest.Memory()
	if err := state.Migrate(t.Context(), s); err != nil {
		t.Fatal(err)
	}
	err := s.Update(t.Context(), func(tx state.Tx) error {
		for i := range items {
			if err := tx.Put(fmt.Sprintf("item/%05d", i), []byte(strings.Repeat("x", i%100))); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func usable(t *testing.T, s state.Store) error {
	t.Helper()
	return s.View(t.Context(), state.Usable)
}

func quiet(int) {}

// TestCopyStopped stops a copy at each of its writes, before and after it was applied,
// and runs it again. Never can both stores be used, nor is the first one's content lost.
func TestCopyStopped(t *testing.T) {
	t.Parallel()
	const items = 1000
	want := statetest.Contents(t, full(t, items))
	for _, applied := range []bool{false, true} {
		for at := 1; ; at++ {
			a, b := full(t, items), statetest.Memory()
			n := at
			_, err := state.Copy(t.Context(), state.Place{Store: failing{a, &n, applied}, Name: "a"}, state.Place{Store: failing{b, &n, applied}, Name: "b"}, quiet)
			if usable(t, a) == nil && len(statetest.Contents(t, b)) > 0 && usable(t, b) == nil {
				t.Errorf("stopped at write %d, applied %t: both can be used", at, applied)
			}
			if err == nil {
				if at < 6 {
					t.Errorf("the copy made %d writes; it was to be stopped at more", at)
				}
				break
			}
			c, err := state.Copy(t.Context(), state.Place{Store: a, Name: "a"}, state.Place{Store: b, Name: "b"}, quiet)
			if applied && usable(t, b) == nil && err != nil {
				err = nil // its last write was made: there is nothing left to do
				c.Items = len(want)
			}
			if err != nil || c.Items != len(want) {
				t.Fatalf("stopped at write %d, applied %t: the second Copy = %d items, %v", at, applied, c.Items, err)
			}
			if got := statetest.Contents(t, b); !maps.Equal(got, want) {
				t.Errorf("stopped at write %d, applied %t: %d items arrived, want %d", at, applied, len(got), len(want))
			}
			if err := usable(t, a); err == nil {
				t.Errorf("stopped at write %d, applied %t: the first can still be used", at, applied)
			}
		}
	}
}

// TestCopyThereAndBack moves a state, and back again into the store that it came from.
func TestCopyThereAndBack(t *testing.T) {
	t.Parallel()
	a, b := full(t, 10), statetest.Memory()
	there, err := state.Copy(t.Context(), state.Place{Store: a, Name: "a"}, state.Place{Store: b, Name: "b"}, quiet)
	if err != nil {
		t.Fatalf("Copy: %v", err)
	}
	if moved, ok := errors.AsType[*state.MovedError](state.Migrate(t.Context(), a)); !ok || moved.To != "b" {
		t.Errorf("Migrate of the first = %v, want that it was moved to b", moved)
	}
	if err := state.Migrate(t.Context(), b); err != nil {
		t.Errorf("Migrate of the second = %v", err)
	}
	back, err := state.Copy(t.Context(), state.Place{Store: b, Name: "b"}, state.Place{Store: a, Name: "a"}, quiet)
	if err != nil || back != there {
		t.Errorf("Copy back = %v, %v; want %v", back, err, there)
	}
	if err := state.Migrate(t.Context(), a); err != nil {
		t.Errorf("Migrate of the first, after it came back = %v", err)
	}
}

// TestExport leaves the first store as it is.
func TestExport(t *testing.T) {
	t.Parallel()
	a, b := full(t, 1000), statetest.Memory()
	before := statetest.Contents(t, a)
	if err := state.Export(t.Context(), state.Place{Store: a, Name: "a"}, state.Place{Store: b, Name: "b"}); err != nil {
		t.Fatalf("Export: %v", err)
	}
	if !maps.Equal(before, statetest.Contents(t, a)) || !maps.Equal(before, statetest.Contents(t, b)) {
		t.Error("the stores are not both as the first one was")
	}
	if err := state.Migrate(t.Context(), b); err != nil {
		t.Errorf("Migrate of the second = %v", err)
	}
}

// TestCopyRefuses leaves both stores as they are.
func TestCopyRefuses(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name     string
		from, to *statetest.MemoryStore
		want     string
	}{
		{"Nothing", statetest.Memory(), statetest.Memory(), "there is no state in a"},
		{"NotEmpty", full(t, 2), full(t, 1), "b is not empty"},
	}
	for _, test := range tests {
		before := [2]map[string]string{statetest.Contents(t, test.from), statetest.Contents(t, test.to)}
		_, err := state.Copy(t.Context(), state.Place{Store: test.from, Name: "a"}, state.Place{Store: test.to, Name: "b"}, quiet)
		if err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: Copy = %v, want %q", test.name, err, test.want)
		}
		if !maps.Equal(before[0], statetest.Contents(t, test.from)) || !maps.Equal(before[1], statetest.Contents(t, test.to)) {
			t.Errorf("%s: a store was changed", test.name)
		}
	}
}
