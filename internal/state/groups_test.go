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

// TestGroupsOf follows one group through the people that join and leave it.
func TestGroupsOf(t *testing.T) {
	t.Parallel()
	s := statetest.Memory()
	const one, other access.PrincipalID = "p1", "p2"
	groups := func(p access.PrincipalID) []access.GroupID {
		var ids []access.GroupID
		for _, g := range read(t, s, func(tx state.Tx) ([]state.MirroredGroup, error) { return state.GroupsOf(tx, p) }) {
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
	both := state.MirroredGroup{ID: "g1", Members: []access.Member{{ID: one}, {ID: other}}}
	if !put(both) || put(both) {
		t.Error("a group that is new differs, and the same one does not")
	}
	put(state.MirroredGroup{ID: "g2", Members: []access.Member{{ID: one}}})
	if got := groups(one); !slices.Equal(got, []access.GroupID{"g1", "g2"}) {
		t.Errorf("the groups of the first are %v", got)
	}
	both.Members = both.Members[:1]
	if put(both); len(groups(other)) != 0 {
		t.Errorf("who left is still in %v", groups(other))
	}
	update(t, s, func(tx state.Tx) error { return state.DeleteMirroredGroup(tx, both) })
	if got := groups(one); !slices.Equal(got, []access.GroupID{"g2"}) {
		t.Errorf("after the group is gone, the groups are %v", got)
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
