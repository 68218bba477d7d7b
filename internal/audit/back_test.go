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

// TestBack reads the log from its end, and no further than it is wanted.
func TestBack(t *testing.T) {
	t.Parallel()
	s := statetest.Memory()
	at := time.Date(2026, 3, 1, 9, 0, 0, 0, time.UTC)
	var got []uint64
	read := func(most int) func(state.Tx) error {
		return func(tx state.Tx) error {
			got = nil
			for e, err := range audit.Back(tx) {
				if err != nil {
					return err
				}
				if got = append(got, e.Seq); len(got) == most {
					break
				}
			}
			return nil
		}
	}
	if err := s.View(context.Background(), read(9)); err != nil || len(got) != 0 {
		t.Errorf("of an empty log: %v, %v", got, err)
	}
	for i := range 5 {
		err := s.Update(context.Background(), func(tx state.Tx) error {
			_, err := audit.Append(tx, access.Event{At: at.Add(time.Duration(i) * time.Hour), Kind: access.EventRefused})
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := s.View(context.Background(), read(9)); err != nil || len(got) != 5 || got[0] != 5 || got[4] != 1 {
		t.Errorf("all: %v, %v", got, err)
	}
	if err := s.Update(context.Background(), func(tx state.Tx) error { return tx.Delete("event/00000000000000000003") }); err != nil {
		t.Fatal(err)
	}
	if err := s.View(context.Background(), read(2)); err != nil || len(got) != 2 || got[1] != 4 {
		t.Errorf("the last two: %v, %v", got, err)
	}
	if err := s.View(context.Background(), read(9)); err == nil {
		t.Errorf("over a gap: %v", got)
	}
}
