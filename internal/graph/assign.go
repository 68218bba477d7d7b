package graph

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"slices"
	"time"

	"latchkey/internal/access"
	"latchkey/internal/outbox"
	"latchkey/internal/state"
)

const (
	// waitWithin bounds how long an operation of Microsoft's is waited for.
	waitWithin = 24 * time.Hour
	// often is how many leases look every few seconds; later ones look seldom.
	often = 30
	// seldom is the wait between looks at what takes long.
	seldom = 30 * time.Second
)

// Assign gives a group its roles on the relationship of an offer. Its result is
// an [outbox.AssignResult], read back as active, or null when the access is not
// wanted any more. One that is there with the same roles is adopted; one with
// others is left alone and reported.
func (f *Effects) Assign(ctx context.Context, e outbox.Effect) (json.RawMessage, error) {
	p, err := outbox.Payload[outbox.AssignPayload](e)
	if err != nil {
		return nil, err
	}
	if wanted, err := f.wanted(ctx, p); err != nil || !wanted {
		return none, err
	}
	rel, err := f.Client.Relationship(ctx, p.Relationship)
	switch {
	case access.CodeOf(err) == access.NotFound || err == nil && ending(rel.Status):
		return none, nil
	case err != nil:
		return nil, err
	case rel.Status != access.RelationshipActive: // it shows late
		return nil, waiting(e, "Microsoft has not made the relationship active.")
	case rel.Customer != p.Customer || !access.Within(p.Roles, rel.Roles):
		return nil, never(access.Conflict, "The relationship does not hold all the roles that the security group %s is to receive.", p.Name)
	}
	if _, err := f.Client.Group(ctx, p.Group); access.CodeOf(err) == access.NotFound {
		return nil, never(access.NotFound, "There is no security group %s (%s) in your tenant.", p.Name, p.Group)
	} else if err != nil {
		return nil, err
	}
	return f.given(ctx, e, p)
}

// wanted reports whether the offer still gives the group this access.
func (f *Effects) wanted(ctx context.Context, p outbox.AssignPayload) (bool, error) {
	var wanted bool
	err := f.Store.View(ctx, func(tx state.Tx) error {
		o, err := state.Offer(tx, p.Offer)
		if err != nil {
			return err
		}
		made, err := state.ContainerOfGroup(tx, p.Group)
		if err != nil && !errors.Is(err, state.ErrNotFound) {
			return err
		}
		if p.Container == "" {
			if made != "" {
				return never(access.Conflict, "The security group %s is one that Latchkey made for single accesses. It cannot have standing access.", p.Group)
			}
			wanted = o.GivesGroups() && !o.Withheld(p.Group)
			return nil
		}
		held, err := state.HeldContainer(tx, p.Container)
		wanted = made == p.Container && len(held) > 0 && o.State == access.OfferActive && o.Replaces.Under()
		return err
	})
	if errors.Is(err, state.ErrNotFound) {
		err = outbox.Permanent(err)
	}
	return wanted, err
}

// given returns the group's active assignment, which it makes when there is
// none.
func (f *Effects) given(ctx context.Context, e outbox.Effect, p outbox.AssignPayload) (json.RawMessage, error) {
	id, err := f.held(ctx, e, p)
	if err != nil || id != "" {
		return assigned(id, err)
	}
	way, err := f.standing(ctx, p)
	if err != nil {
		return nil, err
	}
	_, err = f.Client.assign(ctx, way)
	switch {
	case err == nil:
		f.Log.InfoContext(ctx, "roles assigned", "group", p.Group, "relationship", p.Relationship, "offer", p.Offer)
	case status(err) == http.StatusBadRequest:
		// The relationship may have moved on since it was read.
		if again, readErr := f.Client.Relationship(ctx, p.Relationship); readErr != nil || again.Status != access.RelationshipActive {
			return nil, errors.Join(readErr, waiting(e, "Microsoft does not take it now."))
		}
		return nil, outbox.Permanent(refuse(access.Conflict, "assign roles to the group", err,
			"Microsoft does not accept that the security group %s receives these roles.", p.Name))
	case status(err) != http.StatusConflict: // it may be there, and we have missed it
		return nil, err
	}
	id, again := f.held(ctx, e, p)
	switch {
	case again != nil || id != "":
		return assigned(id, again)
	case err != nil && status(err) != http.StatusConflict:
		return nil, err
	}
	return nil, waiting(e, "Microsoft does not show the access that was given.")
}

func assigned(id access.AssignmentID, err error) (json.RawMessage, error) {
	if err != nil {
		return nil, err
	}
	return result(outbox.AssignResult{Assignment: id})
}

// held returns the group's assignment once it is active, and nothing when there
// is none.
func (f *Effects) held(ctx context.Context, e outbox.Effect, p outbox.AssignPayload) (access.AssignmentID, error) {
	all, err := f.Client.Assignments(ctx, p.Relationship)
	if err != nil {
		return "", err
	}
	held := of(all, p.Group)
	if len(held) == 0 {
		return "", nil
	}
	held = slices.DeleteFunc(held, func(a access.Assignment) bool { return a.Status == assignmentDeleting })
	if len(held) == 0 { // another cannot be made until it is gone
		return "", waiting(e, "Microsoft is still removing what the group had before.")
	}
	if len(held) > 1 || !access.SameRoles(held[0].Roles, p.Roles) {
		return "", never(access.Conflict, "The security group %s has other roles on the relationship already. "+
			"Remove that access assignment, or leave it as it is.", p.Name)
	}
	switch a := held[0]; a.Status {
	case access.AssignmentActive:
		return a.ID, nil
	case access.AssignmentPending:
		return "", waiting(e, "Microsoft has not made the access active.")
	default:
		return "", never(access.Unavailable, "The access of the security group %s has the status %q at Microsoft.", p.Name, a.Status)
	}
}

// waiting has the effect look again: soon at first, then seldom, and after a day
// no more.
func waiting(e outbox.Effect, what string) error {
	switch {
	case !e.EnqueuedAt.IsZero() && time.Since(e.EnqueuedAt) > waitWithin:
		return never(access.Unavailable, "%s It was waited for %s.", what, access.FormatDuration(waitWithin))
	case e.Term > often:
		return outbox.NotYet(seldom)
	}
	return outbox.NotYet(lookAgain)
}
