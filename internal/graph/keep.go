package graph

import (
	"context"
	"encoding/json"

	"latchkey/internal/access"
	"latchkey/internal/outbox"
	"latchkey/internal/state"
)

// Keep makes the end that Entra knows of a membership that of the last grant in
// force which needs it, after one of them was given another. It has no result.
//
// It is owed in the lane of the membership, so no join or leave is between the
// look into the store and what is done; what it writes is the same however often
// it runs.
func (f *Effects) Keep(ctx context.Context, e outbox.Effect) (json.RawMessage, error) {
	p, err := outbox.Payload[outbox.GrantPayload](e)
	if err != nil {
		return nil, err
	}
	var all []access.Grant
	j, err := f.load(ctx, p.Request, func(tx state.Tx, j job) error {
		rest, err := others(tx, j.grant)
		all = append([]access.Grant{j.grant}, rest...)
		return err
	})
	if err != nil {
		return nil, err
	}
	until, ok := lastEnd(all)
	if j.grant.State != access.Active || j.container.Group == "" || !ok {
		return none, nil
	}
	way, err := f.holding(ctx, j.grant)
	if err != nil {
		return nil, err
	}
	return none, f.driver(j.grant).keep(ctx, place{
		group: j.container.Group, who: j.grant.Principal, request: j.grant.Request, tries: e.Term, pass: way,
	}, until)
}
