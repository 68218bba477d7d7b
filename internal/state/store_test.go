package state_test

import (
	"context"
	"errors"
	"slices"
	"testing"
	"time"

	"latchkey/internal/cause"
	"latchkey/internal/state"
	"latchkey/internal/state/statetest"
)

func TestTimeKey(t *testing.T) {
	t.Parallel()
	east := time.FixedZone("east", 9*3600)
	times := []time.Time{
		start.AddDate(-20, 0, 0), start.Add(-time.Millisecond), start, start.Add(time.Millisecond).In(east),
		start.Add(time.Second), start.Add(time.Minute).In(east), start.AddDate(0, 1, 0), start.AddDate(300, 0, 0),
	}
	last := ""
	for _, at := range times {
		key := state.TimeKey(at)
		if key <= last {
			t.Errorf("the key of %v is %q, which does not sort after %q", at, key, last)
		}
		last = key
		back, err := state.ParseTimeKey(key)
		if err != nil || !back.Equal(at) {
			t.Errorf("ParseTimeKey(%q) = %v, %v; want %v", key, back, err, at)
		}
	}
	if _, err := state.ParseTimeKey("yesterday"); err == nil {
		t.Error("ParseTimeKey took nonsense")
	}
}

func TestSaveSkipsTheSame(t *testing.T) {
	t.Parallel()
	s := statetest.Memory()
	for i, want := range []bool{true, false} {
		update(t, s, func(tx state.Tx) error {
			changed, err := state.Save(tx, "k", sampleKnown)
			if changed != want {
				t.Errorf("time %d: Save reports a change: %t, want %t", i, changed, want)
			}
			return err
		})
	}
	view(t, s, func(tx state.Tx) error {
		if _, err := state.Save(tx, "k", sampleKnown); err != nil {
			t.Errorf("Save of the same in a View = %v, want nothing to write", err)
		}
		if _, err := state.Save(tx, "k", sampleCard); !errors.Is(err, state.ErrReadOnly) {
			t.Errorf("Save in a View = %v, want ErrReadOnly", err)
		}
		if _, err := state.Save(tx, "k", func() {}); err == nil {
			t.Error("Save took what cannot be written")
		}
		return nil
	})
}

func TestObserved(t *testing.T) {
	t.Parallel()
	told := 0
	s := state.Observed{Store: statetest.Memory(), Committed: func() { told++ }}
	update(t, s, func(tx state.Tx) error { return tx.Put("a", nil) })
	refused := errors.New("refused")
	if err := s.Update(t.Context(), func(state.Tx) error { return refused }); !errors.Is(err, refused) {
		t.Errorf("Update = %v, want the error of fn", err)
	}
	gone, cancel := context.WithCancel(t.Context())
	cancel()
	if err := s.Update(gone, func(state.Tx) error { return nil }); !errors.Is(err, context.Canceled) {
		t.Errorf("Update = %v, want context.Canceled", err)
	}
	view(t, s, func(state.Tx) error { return nil })
	if told != 1 {
		t.Errorf("told of %d commits, want 1", told)
	}
}

// TestObservedChanges holds that a commit tells of the watched keys that it changed, that
// one that failed tells nothing, and that a transaction knows what it comes from.
func TestObservedChanges(t *testing.T) {
	t.Parallel()
	var keys []string
	timed := 0
	s := state.Observed{
		Store: statetest.Memory(), Committed: func() {}, Watched: []string{"grant/", "outbox/"},
		Changed: func(k []string) { keys = append(keys, k...) }, Took: func(time.Duration) { timed++ },
	}
	ctx, from := cause.Begin(t.Context())
	err := s.Update(ctx, func(tx state.Tx) error {
		if got := state.CauseOf(tx); got != from {
			t.Errorf("the transaction comes from %+v, want %+v", got, from)
		}
		return errors.Join(tx.Put("grant/1", nil), tx.Put("request/1", nil), tx.Delete("outbox/2"))
	})
	if err != nil {
		t.Fatal(err)
	}
	refused := errors.New("refused")
	if err := s.Update(ctx, func(tx state.Tx) error { return errors.Join(tx.Put("grant/3", nil), refused) }); !errors.Is(err, refused) {
		t.Errorf("Update = %v", err)
	}
	update(t, s, func(tx state.Tx) error { _, err := tx.Get("grant/1"); return err })
	if want := []string{"grant/1", "outbox/2"}; !slices.Equal(keys, want) || timed != 1 {
		t.Errorf("told of %q and %d times, want %q and 1", keys, timed, want)
	}
	view(t, s, func(tx state.Tx) error {
		if got := state.CauseOf(tx); got != (cause.Cause{}) {
			t.Errorf("a view comes from %+v", got)
		}
		return nil
	})
}
