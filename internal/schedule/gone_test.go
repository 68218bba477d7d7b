package schedule_test

import (
	"errors"
	"slices"
	"testing"

	"latchkey/internal/access"
	"latchkey/internal/state"
	"latchkey/internal/state/statetest"
)

// TestSyncGone: what Graph no longer lists leaves the mirror, and one that was in
// force is told of as ended, once.
func TestSyncGone(t *testing.T) {
	t.Parallel()
	s, g, store, _ := newSync(t)
	var told []access.Relationship
	s.Changed = func(_ state.Tx, r access.Relationship) error {
		told = append(told, r)
		return nil
	}
	g.relationships = nil // one is active in each customer, one expired, one waits
	g.customers = g.customers[:1]
	for range 2 {
		if err := s.Once(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	var ids []access.RelationshipID
	for _, r := range told {
		if ids = append(ids, r.ID); r.Status != access.RelationshipTerminated {
			t.Errorf("%s is told of as %s", r.ID, r.Status)
		}
	}
	if slices.Sort(ids); !slices.Equal(ids, []access.RelationshipID{"rel-1", "rel-2"}) {
		t.Errorf("told were %v, want those that were active", ids)
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
