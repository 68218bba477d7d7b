package schedule_test

import (
	"errors"
	"slices"
	"testing"
	"time"

	"latchkey/internal/access"
	"latchkey/internal/state"
	"latchkey/internal/state/statetest"
)

// TestSyncGone: what Graph no longer lists leaves the mirror, and is told of once.
func TestSyncGone(t *testing.T) {
	t.Parallel()
	s, g, store, now := newSync(t)
	c := &told{}
	s.Watch = c
	g.relationships = nil // all at once is believed the second time
	g.customers = g.customers[:1]
	for range 3 {
		*now = now.Add(time.Minute)
		if err := s.Once(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	if slices.Sort(c.gone); !slices.Equal(c.gone, []access.RelationshipID{"rel-1", "rel-2", "rel-3", "rel-4"}) || len(c.all) != 0 {
		t.Errorf("told that %v are gone and %v changed", c.gone, c.ids())
	}
	if got, _ := mirror(t, store); len(got) != 0 {
		t.Errorf("mirrored are still %v", got)
	}
	view(t, store, func(tx state.Tx) error {
		known, err := state.KnownCustomers(tx)
		if len(known) != 1 || known[0].Tenant != contoso {
			t.Errorf("known are %v, want Contoso", known)
		}
		return err
	})
}

// TestSyncRefusedInTheMiddle: Graph tells of some assignments and then nothing
// more. What it did not tell is not taken for empty.
func TestSyncRefusedInTheMiddle(t *testing.T) {
	t.Parallel()
	s, g, store, _ := newSync(t)
	before := statetest.Contents(t, store)
	g.refusing = errNet
	g.assignments["rel-1"] = nil
	if err := s.Once(t.Context()); !errors.Is(err, errNet) {
		t.Errorf("Once = %v", err)
	}
	if got := statetest.Contents(t, store)["mirror/relationship/contoso/rel-1"]; got != before["mirror/relationship/contoso/rel-1"] {
		t.Errorf("rel-1 is now %s", got)
	}
}
