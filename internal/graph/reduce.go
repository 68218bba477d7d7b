package graph

import (
	"context"
	"encoding/json"
	"net/http"
	"slices"
	"time"

	abs "github.com/microsoft/kiota-abstractions-go"
	"github.com/microsoftgraph/msgraph-sdk-go/models"
	"github.com/microsoftgraph/msgraph-sdk-go/tenantrelationships"

	"latchkey/internal/access"
	"latchkey/internal/outbox"
	"latchkey/internal/state"
)

// skew is how far Microsoft's clock may be behind ours.
const skew = time.Minute

// Reduce takes Global Administrator out of a relationship. Its result is an
// [outbox.RelationshipResult], read back without the role. It is refused while
// somebody has access with that role through it.
//
// Microsoft answers before it has done it, so a try that is not the first looks
// how far the earlier one came before it asks again.
func (f *Effects) Reduce(ctx context.Context, e outbox.Effect) (json.RawMessage, error) {
	p, err := outbox.Payload[outbox.ReducePayload](e)
	if err != nil {
		return nil, err
	}
	rel, err := f.Client.Relationship(ctx, p.Relationship)
	switch {
	case access.CodeOf(err) == access.NotFound:
		return nil, never(access.NotFound, "Microsoft does not know the relationship any more.")
	case err != nil:
		return nil, err
	case rel.Status != access.RelationshipActive:
		return nil, never(access.Conflict, "It can be changed only while the relationship is active. Microsoft says: %s.", rel.Status)
	case !slices.Contains(rel.Roles, p.Role):
		return result(outbox.RelationshipResult{Relationship: rel})
	}
	if e.Repeated() {
		if under, err := f.underWay(ctx, p); err != nil {
			return nil, err
		} else if under {
			return nil, waiting(e, "Microsoft has not taken the role out.")
		}
	}
	if err := f.unused(ctx, p); err != nil {
		return nil, err
	}
	way, err := f.reducing(ctx, p.Relationship, access.Without(rel.Roles, p.Role))
	if err != nil {
		return nil, err
	}
	if err := f.Client.setRoles(ctx, way); err != nil {
		if status(err) == http.StatusBadRequest {
			err = outbox.Permanent(refuse(access.Conflict, "change the roles of the relationship", err, "Microsoft does not accept the change."))
		}
		return nil, err
	}
	f.Log.InfoContext(ctx, "Global Administrator is to leave the relationship", "relationship", p.Relationship)
	if rel, err = f.Client.Relationship(ctx, p.Relationship); err != nil {
		return nil, err
	}
	if !slices.Contains(rel.Roles, p.Role) {
		return result(outbox.RelationshipResult{Relationship: rel})
	}
	return nil, waiting(e, "Microsoft has not taken the role out.")
}

// underWay reports whether Microsoft is at work on what was asked for. A change
// that failed there is given up on: to repeat it is for people to decide.
func (f *Effects) underWay(ctx context.Context, p outbox.ReducePayload) (bool, error) {
	all, err := f.Client.Operations(ctx, p.Relationship)
	if err != nil {
		return false, err
	}
	for _, o := range all {
		if o.Kind == onAssignment || o.Created.Before(p.At.Add(-skew)) {
			continue
		}
		if o.Status == operationFailed {
			return false, never(access.Unavailable, "Microsoft took the change and then reported that it failed. The role is still in the relationship.")
		}
		return true, nil // also one that is done: the relationship shows it late
	}
	return false, nil
}

// unused makes sure that nobody has the role through the relationship, and
// removes it from the groups of ours that nobody is in: what would be left of
// their access is something that nobody approved.
func (f *Effects) unused(ctx context.Context, p outbox.ReducePayload) error {
	idle := map[access.GroupID]bool{}
	err := f.Store.View(ctx, func(tx state.Tx) error {
		all, err := state.ContainersOf(tx, p.Customer)
		if err != nil {
			return err
		}
		for _, c := range all {
			if c.Group == "" || !slices.Contains(c.Roles, p.Role) {
				continue
			}
			held, err := state.HeldContainer(tx, c.ID)
			if err != nil {
				return err
			}
			if c.Relationship == p.Relationship && len(held) > 0 {
				return never(access.Conflict, "%s uses Global Administrator through it. End that access first, or wait until it is over.", held[0])
			}
			idle[c.Group] = true
		}
		return nil
	})
	if err != nil || len(idle) == 0 {
		return err
	}
	given, err := f.Client.Assignments(ctx, p.Relationship)
	if err != nil {
		return err
	}
	for _, a := range given {
		if idle[a.Group] {
			if err := f.Client.Unassign(ctx, p.Relationship, a.ID); err != nil {
				return err
			}
		}
	}
	return nil
}

// setRoles leaves a relationship the roles of the pass. Of an active one only Global
// Administrator can be taken out; Graph takes it, and does it some time later.
func (c *Client) setRoles(ctx context.Context, p pass) error {
	const doing = "change the roles of the relationship"
	return c.fresh(ctx, p, p.relationship, doing, func(b *relationshipBuilder, tag *abs.RequestHeaders) (*abs.RequestInformation, error) {
		body := models.NewDelegatedAdminRelationship()
		body.SetAccessDetails(detailsOf(p.roles))
		return b.ToPatchRequestInformation(ctx, body,
			&tenantrelationships.DelegatedAdminRelationshipsDelegatedAdminRelationshipItemRequestBuilderPatchRequestConfiguration{Headers: tag})
	})
}
