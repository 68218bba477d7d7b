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

// Leave ends the membership of a grant, unless another live grant needs it: then
// the end that Entra knows of becomes that of the last of them. Its result is an
// [outbox.LeaveResult]: without HeldBy, the membership was read back as gone.
//
// It never gives up: no error of it is permanent, for access must not stay
// because something was odd. Removing what is gone is no error, so any try may
// be repeated.
func (f *Effects) Leave(ctx context.Context, e outbox.Effect) (json.RawMessage, error) {
	var p outbox.GrantPayload
	if err := json.Unmarshal(e.Payload, &p); err != nil {
		return nil, fmt.Errorf("payload of %s: %w", e.ID, err)
	}
	grant, group, rest, err := f.leaving(ctx, p.Request)
	if err != nil {
		return nil, err
	}
	var out outbox.LeaveResult
	if len(rest) > 0 {
		out.HeldBy = rest[0].Request
	}
	d, where := f.driver(grant), place{group: group, who: grant.Principal, request: grant.Request, tries: e.Term}
	switch until, ok := lastEnd(rest); {
	case group == "":
	case len(rest) == 0:
		err = d.take(ctx, where)
	case ok:
		if where.pass, err = f.holding(ctx, grant); err == nil {
			err = d.keep(ctx, where, until)
		}
	}
	if err != nil {
		return nil, err
	}
	return result(out)
}

// leaving reads what there is to leave, and which other live grants keep it.
func (f *Effects) leaving(ctx context.Context, id access.RequestID) (g access.Grant, group access.GroupID, rest []access.Grant, err error) {
	err = f.Store.View(ctx, func(tx state.Tx) error {
		var err error
		if g, err = state.Grant(tx, id); err != nil {
			return err
		}
		c, err := state.Container(tx, g.Container)
		if err != nil && !errors.Is(err, state.ErrNotFound) {
			return err
		}
		group = c.Group
		rest, err = others(tx, g)
		return err
	})
	return g, group, rest, err
}
