package graph

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"strconv"

	"latchkey/internal/access"
	"latchkey/internal/outbox"
	"latchkey/internal/state"
)

// Offer makes the relationship that an offer asks for and sends it to the
// customer. Its result is an [outbox.RelationshipResult], read back when it was
// sent, or null when the offer was given up meanwhile.
//
// The relationship is found by its name before a try that is not the first makes
// it, so that after a crash, or an answer that was lost, there is still one.
func (f *Effects) Offer(ctx context.Context, e outbox.Effect) (json.RawMessage, error) {
	o, err := f.offer(ctx, e)
	if err != nil {
		return nil, err
	}
	if o.State != access.OfferDrafted {
		return none, nil
	}
	rel, err := f.proposed(ctx, e, o)
	if err != nil {
		return nil, err
	}
	if !asMade(rel, o) {
		return nil, changedBefore(o)
	}
	if rel.Status == access.RelationshipCreated {
		if rel, err = f.locked(ctx, rel.ID, o); err != nil {
			return nil, err
		}
	}
	switch rel.Status {
	case access.RelationshipCreated:
		return nil, outbox.NotYet(lookAgain)
	case access.RelationshipTerminated, access.RelationshipExpired:
		return nil, never(access.Conflict, "The relationship %s was ended at Microsoft before the customer could see it.", o.Name)
	}
	return result(outbox.RelationshipResult{Relationship: rel})
}

func (f *Effects) offer(ctx context.Context, e outbox.Effect) (access.Offer, error) {
	p, err := outbox.Payload[outbox.OfferPayload](e)
	if err != nil {
		return access.Offer{}, err
	}
	var o access.Offer
	err = f.Store.View(ctx, func(tx state.Tx) (err error) {
		o, err = state.Offer(tx, p.Offer)
		return err
	})
	if errors.Is(err, state.ErrNotFound) {
		err = outbox.Permanent(err)
	}
	return o, err
}

// proposed returns the offer's relationship: one that an earlier try made, or a
// new one.
func (f *Effects) proposed(ctx context.Context, e outbox.Effect, o access.Offer) (access.Relationship, error) {
	if e.Repeated() {
		rel, found, err := f.Client.RelationshipNamed(ctx, o.Customer, o.Name)
		if err != nil || found {
			return rel, err
		}
	}
	way, err := f.offering(ctx, o.ID)
	if err != nil {
		return access.Relationship{}, err
	}
	rel, err := f.Client.propose(ctx, way, o)
	if err == nil {
		f.Log.InfoContext(ctx, "relationship made", "relationship", rel.ID, "offer", o.ID, "customer", o.Customer)
		return f.readBack(ctx, rel.ID)
	}
	if access.CodeOf(err) == access.Forbidden || status(err) == http.StatusTooManyRequests {
		return rel, err
	}
	// It may have been made all the same, or be there already.
	made, found, again := f.Client.RelationshipNamed(ctx, o.Customer, o.Name)
	switch {
	case again == nil && found:
		return made, nil
	case status(err) == http.StatusConflict:
		return rel, outbox.NotYet(lookAgain) // it is there, and not listed yet
	case status(err) == http.StatusBadRequest:
		return rel, outbox.Permanent(refuse(access.Invalid, "make the relationship", err,
			"Microsoft does not accept what was asked for: perhaps a role that cannot be delegated, or a customer that is not yours."))
	}
	return rel, err
}

// readBack waits for what was made a moment ago.
func (f *Effects) readBack(ctx context.Context, id access.RelationshipID) (access.Relationship, error) {
	rel, err := f.Client.Relationship(ctx, id)
	if access.CodeOf(err) == access.NotFound {
		err = outbox.NotYet(lookAgain / 2)
	}
	return rel, err
}

// asMade reports whether the relationship is what the offer asks for.
func asMade(r access.Relationship, o access.Offer) bool {
	return r.Customer == o.Customer && access.SameRoles(r.Roles, o.Roles) &&
		(r.Duration == "" || sameDays(r.Duration, o.Days))
}

// sameDays compares a duration that Graph may write in another form with days.
// A form that is not understood says nothing against it.
func sameDays(duration string, days int) bool {
	var n int
	if len(duration) < 3 || duration[0] != 'P' || duration[len(duration)-1] != 'D' {
		return true
	}
	n, err := strconv.Atoi(duration[1 : len(duration)-1])
	return err != nil || n == days
}

// locked sends the relationship for approval and reads it back.
func (f *Effects) locked(ctx context.Context, id access.RelationshipID, o access.Offer) (access.Relationship, error) {
	way, err := f.sending(ctx, o.ID, id)
	if err != nil {
		return access.Relationship{}, err
	}
	err = f.Client.lock(ctx, way)
	if err == nil {
		f.Log.InfoContext(ctx, "relationship sent for approval", "relationship", id, "offer", o.ID)
	}
	rel, again := f.readBack(ctx, id)
	switch {
	case again != nil:
		return rel, again
	case err == nil || rel.Status != access.RelationshipCreated:
		return rel, nil
	case status(err) == http.StatusConflict: // a new one takes a moment until it can be sent
		return rel, outbox.NotYet(lookAgain)
	}
	return rel, err
}

// Retract removes what an offer that was given up left at Microsoft. Its result
// is null, or the relationship when it had been sent all the same.
func (f *Effects) Retract(ctx context.Context, e outbox.Effect) (json.RawMessage, error) {
	o, err := f.offer(ctx, e)
	if err != nil {
		return nil, err
	}
	rel, found, err := f.Client.RelationshipNamed(ctx, o.Customer, o.Name)
	switch {
	case err != nil:
		return nil, err
	case !found && e.Term <= looks: // it may not be listed yet
		return nil, outbox.NotYet(lookAgain)
	case !found:
		return none, nil
	case rel.Status != access.RelationshipCreated:
		return result(outbox.RelationshipResult{Relationship: rel})
	}
	if err := f.Client.DeleteCreated(ctx, rel.ID); err != nil {
		return nil, err
	}
	if _, err := f.Client.Relationship(ctx, rel.ID); access.CodeOf(err) != access.NotFound {
		if err == nil {
			err = outbox.NotYet(lookAgain)
		}
		return nil, err
	}
	f.Log.InfoContext(ctx, "relationship deleted", "relationship", rel.ID, "offer", o.ID)
	return none, nil
}
