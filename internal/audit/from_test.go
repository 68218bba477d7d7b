package audit_test

import (
	"context"
	"testing"
	"time"

	"latchkey/internal/access"
	"latchkey/internal/audit"
	"latchkey/internal/state"
	"latchkey/internal/state/statetest"
)

// TestFrom reads parts of a log whose numbers have one digit, two and three.
func TestFrom(t *testing.T) {
	t.Parallel()
	const all = 123
	s := statetest.Memory()
	if err := s.Update(context.Background(), func(tx state.Tx) error {
		for range all {
			if _, err := audit.Append(tx, access.Event{At: time.Date(2026, 3, 1, 9, 0, 0, 0, time.UTC), Kind: access.EventRefused}); err != nil {
				return err
			}
		}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	if err := s.View(context.Background(), func(tx state.Tx) error {
		for first := uint64(1); first <= all+2; first++ {
			for _, last := range []uint64{0, 1, 9, 10, 99, 100, all - 1, all, all + 50} {
				next := first
				for e, err := range audit.From(tx, first, last) {
					if err != nil || e.Seq != next {
						t.Fatalf("from %d to %d: event %d comes as the %dth, %v", first, last, e.Seq, next, err)
					}
					next++
				}
				if want := max(first, min(last, all)+1); next != want {
					t.Fatalf("from %d to %d it ends before %d, want %d", first, last, next, want)
				}
			}
		}
		for e := range audit.From(tx, 5, all) {
			if e.Seq == 6 {
				break // and that is all
			}
		}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	if err := s.Update(context.Background(), func(tx state.Tx) error { return tx.Put("event/00000000000000000007", []byte("?")) }); err != nil {
		t.Fatal(err)
	}
	if err := s.View(context.Background(), func(tx state.Tx) error {
		for e, err := range audit.From(tx, 6, all) {
			if err != nil {
				return err
			}
			if e.Seq > 7 {
				t.Errorf("after a damaged event comes %d", e.Seq)
			}
		}
		return nil
	}); err == nil {
		t.Error("a damaged event is no error")
	}
}
