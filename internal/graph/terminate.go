package graph

import (
	"context"
	"encoding/json"
	"net/http"

	"latchkey/internal/access"
	"latchkey/internal/outbox"
)

// Terminate asks Microsoft to end a relationship. Its result is an
// [outbox.RelationshipResult], read back once Microsoft has taken the request,
// or null when it does not know the relationship any more. The end itself may
// come later; the mirror shows it.
func (f *Effects) Terminate(ctx context.Context, e outbox.Effect) (json.RawMessage, error) {
	p, err := outbox.Payload[outbox.TerminatePayload](e)
	if err != nil {
		return nil, err
	}
	rel, err := f.Client.Relationship(ctx, p.Relationship)
	switch {
	case access.CodeOf(err) == access.NotFound:
		return none, nil
	case err != nil:
		return nil, err
	case ending(rel.Status):
		return result(outbox.RelationshipResult{Relationship: rel})
	case rel.Status == access.RelationshipCreated || rel.Status == access.RelationshipApprovalPending:
		return nil, never(access.Conflict, "It is not active yet, and Microsoft ends only what is. It says: %s.", rel.Status)
	}
	asked := f.Client.Terminate(ctx, p.Relationship)
	if asked == nil {
		f.Log.InfoContext(ctx, "end of relationship asked for", "relationship", p.Relationship)
	}
	rel, err = f.Client.Relationship(ctx, p.Relationship)
	switch {
	case access.CodeOf(err) == access.NotFound:
		return none, nil
	case err != nil:
		return nil, err
	case ending(rel.Status):
		return result(outbox.RelationshipResult{Relationship: rel})
	case asked != nil:
		return nil, asked
	}
	return nil, outbox.NotYet(lookAgain)
}

func ending(s access.RelationshipStatus) bool {
	switch s {
	case access.RelationshipTerminationRequested, access.RelationshipTerminating, access.RelationshipTerminated, access.RelationshipExpired:
		return true
	}
	return false
}

// Extend has a relationship renew itself, or not any more. Its result is an
// [outbox.RelationshipResult], read back with the change.
func (f *Effects) Extend(ctx context.Context, e outbox.Effect) (json.RawMessage, error) {
	p, err := outbox.Payload[outbox.ExtendPayload](e)
	if err != nil {
		return nil, err
	}
	rel, err := f.Client.Relationship(ctx, p.Relationship)
	if access.CodeOf(err) == access.NotFound {
		return nil, never(access.NotFound, "Microsoft does not know the relationship any more.")
	}
	if err != nil {
		return nil, err
	}
	by, err := extending(rel, p.On)
	if err != nil {
		return nil, err
	}
	if rel.AutoExtends() != p.On {
		if err := f.Client.setExtension(ctx, by); err != nil {
			return nil, f.extendRefused(err)
		}
		f.Log.InfoContext(ctx, "extension of relationship changed", "relationship", p.Relationship, "on", p.On)
		if rel, err = f.Client.Relationship(ctx, p.Relationship); err != nil {
			return nil, err
		}
	}
	if rel.AutoExtends() != p.On {
		return nil, outbox.NotYet(lookAgain)
	}
	return result(outbox.RelationshipResult{Relationship: rel})
}

// extendRefused tells a change that Microsoft does not take, even on a fresh
// look, from trouble that passes.
func (f *Effects) extendRefused(err error) error {
	if status(err) == http.StatusBadRequest {
		return outbox.Permanent(refuse(access.Conflict, "change the extension of the relationship", err,
			"Microsoft does not accept it. A relationship that holds Global Administrator cannot renew itself."))
	}
	return err
}
