package schedule

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"reflect"
	"slices"

	"latchkey/internal/access"
	"latchkey/internal/state"
)

// groups mirrors the groups by which people reach customers: those that were seen
// to receive roles, and Partner Center's own. Of very many only a part has its turn. One that cannot be read keeps what
// was known of it and says so.
func (r *reading) groups(ctx context.Context) error {
	began := r.Now()
	want := map[access.GroupID]state.MirroredGroup{}
	for _, names := range []map[access.GroupID]string{r.kept, r.names} {
		for id, name := range names {
			want[id] = state.MirroredGroup{ID: id, Name: name}
		}
	}
	whole := !r.partial
	for _, name := range access.AgentGroups() {
		id, found, err := r.Graph.AgentGroup(ctx, name)
		switch {
		case ctx.Err() != nil:
			return ctx.Err()
		case err != nil:
			r.Log.WarnContext(ctx, "group not found", "group", name, "err", err)
			whole = false
		case found:
			want[id] = state.MirroredGroup{ID: id, Name: string(name), Agents: name}
		}
	}
	r.member.next(len(want), r.sweeps())
	due, err := r.turn(ctx, want)
	if err != nil {
		return err
	}
	slices.Sort(due)
	for ids := range slices.Chunk(due, chunk) {
		if err := r.members(ctx, ids, want); err != nil {
			return err
		}
	}
	if whole { // else a group that was not seen this time may still be there
		if err := r.forgetGroups(ctx, want); err != nil {
			return err
		}
	}
	return r.Store.Update(ctx, func(tx state.Tx) error {
		if err := state.PutGroupsReadAt(tx, began); err != nil || r.Watch == nil {
			return err
		}
		return r.Watch.GroupsRead(tx, began)
	})
}

// members reads who is in the groups, and writes what differs from what was known.
func (r *reading) members(ctx context.Context, ids []access.GroupID, want map[access.GroupID]state.MirroredGroup) error {
	read := make([]state.MirroredGroup, 0, len(ids))
	err := r.Graph.MembersOf(ctx, ids, func(id access.GroupID, members []access.Member, err error) {
		turned(r.Turned)
		g := want[id]
		if err != nil {
			r.Log.WarnContext(ctx, "members not read", "group", id, "err", err)
			g.Unseen = "Its members could not be read: the bot may lack the permission, or Microsoft did not answer."
		}
		g.Members = slices.SortedFunc(slices.Values(members), func(a, b access.Member) int { return cmp.Compare(a.ID, b.ID) })
		read = append(read, g)
	})
	if err != nil {
		return fmt.Errorf("read members: %w", err)
	}
	var news []state.MirroredGroup
	err = r.Store.View(ctx, func(tx state.Tx) error {
		news = nil
		for _, g := range read {
			old, err := state.GroupMirrored(tx, g.ID)
			if _, bad := state.Unreadable(err); err != nil && !bad && !errors.Is(err, state.ErrNotFound) {
				return err
			}
			if g.Unseen != "" {
				g.Members = old.Members
			}
			if !reflect.DeepEqual(old, g) {
				news = append(news, g)
			}
		}
		return nil
	})
	if err != nil || len(news) == 0 {
		return err
	}
	return r.Store.Update(ctx, func(tx state.Tx) error {
		for _, g := range news {
			if err := r.putGroup(tx, g); err != nil {
				return err
			}
		}
		return nil
	})
}

// putGroup writes what was read of a group and tells of it when it differs.
func (s *Sync) putGroup(tx state.Tx, g state.MirroredGroup) error {
	was, err := state.GroupMirrored(tx, g.ID)
	old := &was
	if _, bad := state.Unreadable(err); bad || errors.Is(err, state.ErrNotFound) {
		old, err = nil, nil
	}
	if err != nil {
		return err
	}
	changed, err := state.PutMirroredGroup(tx, g)
	if err != nil || !changed || s.Watch == nil {
		return err
	}
	return s.Watch.Members(tx, old, g)
}

// forgetGroups removes the groups that give nobody anything any more.
func (r *reading) forgetGroups(ctx context.Context, want map[access.GroupID]state.MirroredGroup) error {
	var gone []state.MirroredGroup
	err := r.Store.View(ctx, func(tx state.Tx) error {
		all, err := state.MirroredGroups(tx)
		gone = slices.DeleteFunc(all, func(g state.MirroredGroup) bool { _, ok := want[g.ID]; return ok })
		return err
	})
	if err != nil || len(gone) == 0 {
		return err
	}
	return r.Store.Update(ctx, func(tx state.Tx) error {
		for _, g := range gone {
			if err := state.DeleteMirroredGroup(tx, g); err != nil {
				return err
			}
		}
		return nil
	})
}
