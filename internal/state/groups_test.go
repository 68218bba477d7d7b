package state_test

import (
	"errors"
	"slices"
	"testing"
	"time"

	"latchkey/internal/access"
	"latchkey/internal/state"
	"latchkey/internal/state/statetest"
)

// TestMirroredGroups follows groups that come, change and go. Partner Center's are
// found by themselves.
func TestMirroredGroups(t *testing.T) {
	t.Parallel()
	s := statetest.Memory()
	agents := func() []access.GroupID {
		var ids []access.GroupID
		for _, g := range read(t, s, state.MirroredAgents) {
			ids = append(ids, g.ID)
		}
		return ids
	}
	put := func(g state.MirroredGroup) (changed bool) {
		update(t, s, func(tx state.Tx) (err error) {
			changed, err = state.PutMirroredGroup(tx, g)
			return err
		})
		return changed
	}
	one := state.MirroredGroup{ID: "g1", Agents: access.AdminAgents, Members: []access.Member{{ID: "p1"}, {ID: "p2"}}}
	if !put(one) || put(one) {
		t.Error("a group that is new differs, and the same one does not")
	}
	put(state.MirroredGroup{ID: "g2"})
	put(state.MirroredGroup{ID: "g3", Agents: access.SalesAgents})
	if got := agents(); !slices.Equal(got, []access.GroupID{"g1", "g3"}) {
		t.Errorf("Partner Center's groups are %v", got)
	}
	if one.Members = one.Members[:1]; !put(one) {
		t.Error("a group that somebody left does not differ")
	}
	if all := read(t, s, state.MirroredGroups); len(all) != 3 || len(all[0].Members) != 1 {
		t.Errorf("stored are %+v", all)
	}
	update(t, s, func(tx state.Tx) error { return state.DeleteMirroredGroup(tx, one) })
	if got := agents(); !slices.Equal(got, []access.GroupID{"g3"}) {
		t.Errorf("after the group is gone, Partner Center's are %v", got)
	}
	view(t, s, func(tx state.Tx) error {
		if _, err := state.GroupMirrored(tx, "g1"); !errors.Is(err, state.ErrNotFound) {
			t.Errorf("the group that is gone: %v", err)
		}
		return nil
	})
	update(t, s, func(tx state.Tx) error {
		if _, err := state.PutMirroredGroup(tx, state.MirroredGroup{ID: "a/b"}); err == nil {
			t.Error("an id that would be read as two parts was stored")
		}
		return nil
	})
}

func TestUsed(t *testing.T) {
	t.Parallel()
	s := statetest.Memory()
	last := func(tx state.Tx) (time.Time, error) { return state.LastUsed(tx, "rel-1") }
	if at := read(t, s, last); !at.IsZero() {
		t.Errorf("one that was never used was at %v", at)
	}
	for _, at := range []time.Time{start, start.Add(time.Hour)} {
		update(t, s, func(tx state.Tx) error { return state.PutUsed(tx, state.Used{Relationship: "rel-1", At: at}) })
		if got := read(t, s, last); !got.Equal(at) {
			t.Errorf("LastUsed = %v, want %v", got, at)
		}
	}
	update(t, s, func(tx state.Tx) error {
		if state.PutUsed(tx, state.Used{}) == nil {
			t.Error("a use of nothing was stored")
		}
		return nil
	})
}

// TestAssignedTo finds relationships by the groups that have roles on them, and
// mends an index that a version before it has not written.
func TestAssignedTo(t *testing.T) {
	t.Parallel()
	s := statetest.Memory()
	of := func(id access.RelationshipID, groups ...access.GroupID) state.MirroredRelationship {
		m := state.MirroredRelationship{Relationship: access.Relationship{ID: id, Customer: contoso}}
		for _, g := range groups {
			m.Assignments = append(m.Assignments, access.Assignment{Group: g})
		}
		return m
	}
	put := func(m state.MirroredRelationship) {
		update(t, s, func(tx state.Tx) error {
			if _, err := state.PutMirrored(tx, m); err != nil {
				return err
			}
			known, err := state.Mirrored(tx, m)
			if !known {
				t.Errorf("%s was written and is not known", m.ID)
			}
			return err
		})
	}
	found := func(g access.GroupID) (ids []access.RelationshipID) {
		for _, m := range read(t, s, func(tx state.Tx) ([]state.MirroredRelationship, error) { return state.AssignedTo(tx, g) }) {
			ids = append(ids, m.ID)
		}
		return ids
	}
	put(of("rel-1", "g1", "g2", "g1"))
	put(of("rel-2", "g1"))
	if got := found("g1"); !slices.Equal(got, []access.RelationshipID{"rel-1", "rel-2"}) {
		t.Errorf("g1 has roles on %v", got)
	}
	put(of("rel-1", "g2"))
	update(t, s, func(tx state.Tx) error { return state.DeleteMirrored(tx, of("rel-2", "g1")) })
	if got := found("g1"); len(got) != 0 {
		t.Errorf("g1 still has roles on %v", got)
	}
	update(t, s, func(tx state.Tx) error {
		return tx.Delete(state.Path("idx/assigned", "g2", string(contoso), "rel-1"))
	})
	view(t, s, func(tx state.Tx) error {
		known, err := state.Mirrored(tx, of("rel-1", "g2"))
		if known {
			t.Error("what its group does not find counts as known")
		}
		return err
	})
	put(of("rel-1", "g2"))
	if got := found("g2"); !slices.Equal(got, []access.RelationshipID{"rel-1"}) {
		t.Errorf("g2 has roles on %v after it was written again", got)
	}
}
