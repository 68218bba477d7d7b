package graph

import (
	"context"
	"encoding/json"
	"errors"
	"slices"

	"latchkey/internal/access"
	"latchkey/internal/outbox"
	"latchkey/internal/state"
)

// Oust ends a membership of a group of ours that no grant needs. Its result is an
// [outbox.LeaveResult]: with HeldBy, a grant needs it by now, and it stays. Like
// [Effects.Leave] it never gives up.
func (f *Effects) Oust(ctx context.Context, e outbox.Effect) (json.RawMessage, error) {
	p, err := outbox.Payload[outbox.OustPayload](e)
	if err != nil {
		return nil, err
	}
	group, holders, err := f.ousting(ctx, p)
	if err != nil {
		return nil, err
	}
	if len(holders) > 0 {
		return result(outbox.LeaveResult{HeldBy: holders[0]})
	}
	if p.Restored { // it is not known by which driver they came in
		d := scheduled{membership: membership{f.Client, f.Log}, now: f.Now, patience: f.misses()}
		if err := d.take(ctx, place{group: group, who: p.Member.ID, tries: e.Term}); err != nil {
			return nil, err
		}
		return result(outbox.LeaveResult{})
	}
	if err := f.Client.RemoveMember(ctx, group, p.Member.ID); err != nil {
		return nil, err
	}
	in, err := f.Client.IsMember(ctx, group, p.Member.ID)
	switch {
	case isNotFound(err): // no group, no member
	case err != nil:
		return nil, err
	case in:
		return nil, outbox.NotYet(lookAgain / 2)
	}
	f.Log.InfoContext(ctx, "member removed", "group", group, "principal", p.Member.ID)
	return result(outbox.LeaveResult{})
}

// ousting finds the group, and who needs the membership by now. Of a group that the state
// does not know, the mark says whether it is ours.
func (f *Effects) ousting(ctx context.Context, p outbox.OustPayload) (group access.GroupID, holders []access.RequestID, err error) {
	err = f.Store.View(ctx, func(tx state.Tx) (err error) {
		if group = p.Group; group != "" {
			holders, err = state.HoldersIn(tx, group, p.Member.ID)
			return err
		}
		c, err := state.Container(tx, p.Container)
		if err != nil {
			return err
		}
		group = c.Group
		holders, err = state.Holders(tx, p.Container, p.Member.ID)
		return err
	})
	if err != nil || p.Group == "" {
		return group, holders, err
	}
	switch live, err := f.Client.Group(ctx, group); {
	case isNotFound(err): // and so nobody is in it
	case err != nil:
		return group, nil, err
	case !marked(live):
		return group, nil, never(access.Conflict, "The group %s does not bear Latchkey's mark any more; nobody was taken out of it.", live.Name)
	}
	return group, holders, nil
}

// Unassign takes away the roles of a group that is not ours. A group that became
// ours meanwhile is left alone.
func (f *Effects) Unassign(ctx context.Context, e outbox.Effect) (json.RawMessage, error) {
	p, err := outbox.Payload[outbox.UnassignPayload](e)
	if err != nil {
		return nil, err
	}
	err = f.Store.View(ctx, func(tx state.Tx) error {
		_, err := state.ContainerOfGroup(tx, p.Group)
		return err
	})
	switch {
	case err == nil:
		return nil, never(access.Conflict, "The group is Latchkey's own; its members come and go by request.")
	case !errors.Is(err, state.ErrNotFound):
		return nil, err
	}
	asked := f.Client.Unassign(ctx, p.Relationship, p.Assignment)
	if asked == nil {
		f.Log.InfoContext(ctx, "assignment removed", "relationship", p.Relationship, "group", p.Group)
	}
	all, err := f.Client.Assignments(ctx, p.Relationship)
	if access.CodeOf(err) == access.NotFound {
		return none, nil // without the relationship there is no assignment
	}
	if err != nil {
		return nil, err
	}
	i := slices.IndexFunc(all, func(a access.Assignment) bool { return a.ID == p.Assignment })
	switch {
	case i < 0, all[i].Status == assignmentDeleted:
		return none, nil
	case asked != nil:
		return nil, asked
	}
	return nil, outbox.NotYet(lookAgain)
}
