package graph

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"latchkey/internal/access"
	"latchkey/internal/outbox"
	"latchkey/internal/state"
)

// Leave ends the membership of a grant, unless another live grant needs it. Its
// result is an [outbox.LeaveResult]: without HeldBy, the membership was read
// back as gone.
//
// It never gives up: no error of it is permanent, for access must not stay
// because something was odd. Removing what is gone is no error, so any try may
// be repeated.
func (f *Effects) Leave(ctx context.Context, e outbox.Effect) (json.RawMessage, error) {
	var p outbox.GrantPayload
	if err := json.Unmarshal(e.Payload, &p); err != nil {
		return nil, fmt.Errorf("payload of %s: %w", e.ID, err)
	}
	grant, group, heldBy, err := f.leaving(ctx, p.Request)
	if err != nil {
		return nil, err
	}
	if heldBy != "" || group == "" {
		return result(outbox.LeaveResult{HeldBy: heldBy})
	}
	// Without a look first: the directory may not show yet what a join did a
	// moment ago, and believing it would leave the access behind.
	if err := f.Client.RemoveMember(ctx, group, grant.Principal); err != nil {
		return nil, err
	}
	in, err := f.Client.IsMember(ctx, group, grant.Principal)
	switch {
	case isNotFound(err): // no group, no member
	case err != nil:
		return nil, err
	case in:
		return nil, outbox.NotYet(lookAgain / 2)
	}
	f.Log.InfoContext(ctx, "member removed", "group", group, "principal", grant.Principal, "request", grant.Request)
	return result(outbox.LeaveResult{})
}

// leaving reads what there is to leave, and which other live grant keeps it.
func (f *Effects) leaving(ctx context.Context, id access.RequestID) (g access.Grant, group access.GroupID, heldBy access.RequestID, err error) {
	err = f.Store.View(ctx, func(tx state.Tx) error {
		var err error
		if g, err = state.Grant(tx, id); err != nil {
			return err
		}
		c, err := state.Container(tx, g.Container)
		if errors.Is(err, state.ErrNotFound) {
			return nil
		}
		if err != nil {
			return err
		}
		group = c.Group
		holders, err := state.Holders(tx, g.Container, g.Principal)
		if err != nil {
			return err
		}
		for _, other := range holders {
			if other != id {
				heldBy = other
				break
			}
		}
		return nil
	})
	return g, group, heldBy, err
}
