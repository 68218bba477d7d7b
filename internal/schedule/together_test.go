package schedule_test

import (
	"context"
	"fmt"
	"path/filepath"
	"testing"
	"testing/synctest"
	"time"

	"latchkey/internal/access"
	"latchkey/internal/schedule"
	"latchkey/internal/state"
	"latchkey/internal/state/boltstore"
)

// TestDueTogether has very much be due at one moment: it shares commits, of which none is
// made for the first alone.
func TestDueTogether(t *testing.T) {
	t.Parallel()
	synctest.Test(t, dueTogether) // in which nobody is late
}

func dueTogether(t *testing.T) {
	const many = 96
	store, err := boltstore.Open(filepath.Join(t.TempDir(), "state.db"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { store.Close() }) //nolint:errcheck // nothing is read from it any more
	if err := store.Update(t.Context(), func(tx state.Tx) error {
		for i := range many {
			if err := pending(tx, access.RequestID(fmt.Sprintf("R-%05d", i)), start); err != nil {
				return err
			}
		}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	before := store.Commits()
	d := &schedule.Due{Store: store, Now: func() time.Time { return start.Add(time.Minute) }, Log: quiet(), Do: func(ctx context.Context, one state.Due) error {
		return store.Update(ctx, func(tx state.Tx) error {
			r, err := state.Request(tx, one.Request)
			if err != nil {
				return err
			}
			r.State = access.Lapsed
			return state.PutRequest(tx, r)
		})
	}}
	if _, err := d.Once(t.Context()); err != nil {
		t.Fatal(err)
	}
	if got := store.Commits() - before; got > many/24 {
		t.Errorf("%d commits for %d things that were due", got, many)
	}
}
