package state

import (
	"errors"

	"latchkey/internal/access"
)

// MirroredGroup is a group of the partner whose members can reach customers: it
// receives roles on a relationship, or is one of Partner Center's. It is part of
// the mirror.
type MirroredGroup struct {
	ID      access.GroupID
	Name    string            // empty when it could not be read
	Agents  access.AgentGroup // which of Partner Center's it is; empty for all others
	Members []access.Member   // direct ones, sorted by id
	// Unseen says why the members could not be read, and is empty when they could.
	Unseen string
}

func groupKey(id access.GroupID) string { return Path("mirror/group", string(id)) }

// PutMirroredGroup writes what was read of a group, and the index by member. It
// reports whether that differs from what was known.
func PutMirroredGroup(tx Tx, g MirroredGroup) (bool, error) {
	if !safe(string(g.ID)) {
		return false, errors.New("a group without a usable id")
	}
	old, err := GroupMirrored(tx, g.ID)
	if err != nil && !errors.Is(err, ErrNotFound) {
		return false, err
	}
	changed, err := Save(tx, groupKey(g.ID), g)
	if err != nil || !changed {
		return changed, err
	}
	return true, reindex(tx, string(g.ID), memberIndexes(old), memberIndexes(g))
}

// DeleteMirroredGroup removes a group that nobody can reach a customer by any more.
func DeleteMirroredGroup(tx Tx, g MirroredGroup) error {
	if err := tx.Delete(groupKey(g.ID)); err != nil {
		return err
	}
	return reindex(tx, string(g.ID), memberIndexes(g), nil)
}

func memberIndexes(g MirroredGroup) []string {
	keys := make([]string, 0, len(g.Members))
	for _, m := range g.Members {
		if safe(string(m.ID)) {
			keys = append(keys, Path("idx/member", string(m.ID), string(g.ID)))
		}
	}
	return keys
}

// GroupMirrored returns a group as last read, or [ErrNotFound].
func GroupMirrored(tx Tx, id access.GroupID) (MirroredGroup, error) {
	return Load[MirroredGroup](tx, groupKey(id))
}

// MirroredGroups lists every group of the mirror.
func MirroredGroups(tx Tx) ([]MirroredGroup, error) { return All[MirroredGroup](tx, "mirror/group/") }

// GroupsOf lists the groups of the mirror of which the principal is a direct member.
func GroupsOf(tx Tx, p access.PrincipalID) ([]MirroredGroup, error) {
	ids, err := lastParts(tx, Path("idx/member", string(p))+"/")
	if err != nil {
		return nil, err
	}
	out := make([]MirroredGroup, 0, len(ids))
	for _, id := range ids {
		g, err := GroupMirrored(tx, access.GroupID(id))
		if err != nil {
			return nil, err
		}
		out = append(out, g)
	}
	return out, nil
}
