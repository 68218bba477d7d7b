package state

import (
	"errors"
	"time"

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

// PutMirroredGroup writes what was read of a group, and the index of
// Partner Center's. It reports whether that differs from what was known.
func PutMirroredGroup(tx Tx, g MirroredGroup) (bool, error) {
	if !safe(string(g.ID)) {
		return false, errors.New("a group without a usable id")
	}
	old, err := GroupMirrored(tx, g.ID)
	if err := orNew(err); err != nil {
		return false, err
	}
	changed, err := Save(tx, groupKey(g.ID), g)
	if err != nil || !changed {
		return changed, err
	}
	return true, reindex(tx, string(g.ID), agentIndexes(old), agentIndexes(g))
}

// DeleteMirroredGroup removes a group that nobody can reach a customer by any more.
func DeleteMirroredGroup(tx Tx, g MirroredGroup) error {
	if err := tx.Delete(groupKey(g.ID)); err != nil {
		return err
	}
	return reindex(tx, string(g.ID), agentIndexes(g), nil)
}

func agentIndexes(g MirroredGroup) []string {
	if g.Agents == "" {
		return nil
	}
	return []string{Path("idx/agents", string(g.Agents), string(g.ID))}
}

// GroupMirrored returns a group as last read, or [ErrNotFound].
func GroupMirrored(tx Tx, id access.GroupID) (MirroredGroup, error) {
	return Load[MirroredGroup](tx, groupKey(id))
}

// MirroredGroups lists every group of the mirror that can be read. There may be
// very many.
func MirroredGroups(tx Tx) ([]MirroredGroup, error) {
	all, _, err := Readable[MirroredGroup](tx, "mirror/group/")
	return all, err
}

// MirroredAgents lists Partner Center's groups.
func MirroredAgents(tx Tx) ([]MirroredGroup, error) { return groupsAt(tx, "idx/agents/") }

// GroupsReadAt returns when the groups were last read; zero when never. Until then
// a group may still show who has left it since. Of very many groups not each is read
// each time; one of which somebody was taken out is.
func GroupsReadAt(tx Tx) (time.Time, error) {
	at, err := Load[time.Time](tx, "mirror/groups")
	if err != nil {
		return time.Time{}, orNew(err)
	}
	return at, nil
}

// PutGroupsReadAt records that a read of the groups began at that moment.
func PutGroupsReadAt(tx Tx, at time.Time) error {
	_, err := Save(tx, "mirror/groups", at)
	return err
}

// groupsAt lists the groups whose ids end the index keys. One that is damaged, or
// gone, is left out: the next read of the groups writes it anew.
func groupsAt(tx Tx, prefix string) ([]MirroredGroup, error) {
	ids, err := lastParts(tx, prefix)
	if err != nil {
		return nil, err
	}
	out := make([]MirroredGroup, 0, len(ids))
	for _, id := range ids {
		g, err := GroupMirrored(tx, access.GroupID(id))
		if err := orNew(err); err != nil {
			return nil, err
		}
		if err == nil {
			out = append(out, g)
		}
	}
	return out, nil
}
