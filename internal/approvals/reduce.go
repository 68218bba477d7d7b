package approvals

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"latchkey/internal/access"
	"latchkey/internal/outbox"
	"latchkey/internal/roles"
	"latchkey/internal/state"
)

// MayReduce makes the checks of [Service.Reduce] without reducing.
func (s *Service) MayReduce(ctx context.Context, o Origin, customer access.TenantID, id access.RelationshipID) (RelationshipStory, error) {
	var out RelationshipStory
	err := s.Store.View(ctx, func(tx state.Tx) (err error) {
		out, err = s.reducible(tx, o, customer, id)
		return err
	})
	return out, s.might(ctx, o, subject{act: "relationship reduce", customer: customer}, err)
}

// Reduce takes Global Administrator out of an active relationship, the one role
// that can leave one. Only a bot admin may, and not while somebody has access
// with it.
func (s *Service) Reduce(ctx context.Context, o Origin, customer access.TenantID, id access.RelationshipID) (RelationshipStory, error) {
	var out RelationshipStory
	about := subject{act: "relationship reduce", customer: customer}
	err := s.act(ctx, o, about, func(tx state.Tx, now time.Time) error {
		story, err := s.reducible(tx, o, customer, id)
		if err != nil {
			return err
		}
		if err := once(tx, outbox.RelationshipLane(id), outbox.RelationshipLane(id), outbox.GraphReduce); err != nil {
			return err
		}
		by := named(tx, o.Actor)
		ev, err := s.relationshipEvent(tx, access.EventReducing, id, customer, by, now, map[string]string{})
		if err != nil {
			return err
		}
		if err := state.PutAct(tx, state.Act{Relationship: id, Kind: state.ActRoles, By: by, At: now}); err != nil {
			return err
		}
		out = story
		return s.owe(tx, ev, outbox.RelationshipLane(id), outbox.GraphReduce, outbox.RelationshipLane(id),
			outbox.ReducePayload{Relationship: id, Customer: customer, Name: story.Name(), Role: roles.GlobalAdministrator, At: now, By: by})
	})
	return out, err
}

func (s *Service) reducible(tx state.Tx, o Origin, customer access.TenantID, id access.RelationshipID) (RelationshipStory, error) {
	story, err := s.changeable(tx, o, customer, id)
	if err != nil {
		return story, err
	}
	held := story.Held()
	switch {
	case !story.active():
		return story, access.Refuse(access.Conflict, "%s is not active. Only of an active relationship Global Administrator can be taken out.", story.Name())
	case !holdsGlobal(held):
		return story, access.Refuse(access.Conflict,
			"%s does not hold Global Administrator, and Microsoft lets no other role be taken out. `/access relationship replace` asks for one with other roles.", story.Name())
	case len(held) == 1:
		return story, access.Refuse(access.Conflict, "%s holds nothing but Global Administrator. End it instead: `/access relationship terminate`.", story.Name())
	}
	for _, e := range story.Grants {
		if e.Grant.Live() && slices.Contains(e.Request.Roles, roles.GlobalAdministrator) {
			return story, access.Refuse(access.Conflict,
				"%s of %s uses Global Administrator through it. End that access first (`/access revoke %s`), or wait until it is over.",
				e.Request.ID, e.Request.Requester.Name, e.Request.ID)
		}
	}
	return story, nil
}

// Held returns the roles of the relationship as they were last read, or else
// as they were asked for.
func (r RelationshipStory) Held() []access.RoleID {
	switch {
	case r.Offer != nil && r.Offer.State == access.OfferActive && r.Mirrored != nil:
		// Whichever of the two heard of a reduction last: roles only leave.
		return slices.DeleteFunc(slices.Clone(r.Mirrored.Roles), func(id access.RoleID) bool { return !slices.Contains(r.Offer.Roles, id) })
	case r.Mirrored != nil:
		return r.Mirrored.Roles
	case r.Offer != nil:
		return r.Offer.Roles
	}
	return nil
}

func (r RelationshipStory) active() bool {
	if r.Offer != nil {
		return r.Offer.State == access.OfferActive
	}
	return r.Mirrored != nil && r.Mirrored.Status == access.RelationshipActive
}

// reduced tells both sides that the role has left the relationship.
func (s *Service) reduced(tx state.Tx, e outbox.Effect, raw json.RawMessage) error {
	p, err := outbox.Payload[outbox.ReducePayload](e)
	if err != nil {
		return err
	}
	rel, err := readBack(e, raw)
	if err != nil || rel == nil {
		return err
	}
	now := s.now()
	ev, err := s.relationshipEvent(tx, access.EventReduced, p.Relationship, p.Customer, p.By, now, map[string]string{"roles": joinRoles(rel.Roles)})
	if err != nil {
		return err
	}
	if err := s.seen(tx, *rel, p.By, now); err != nil {
		return err
	}
	text := access.Say("The relationship %s no longer holds Global Administrator; nobody gets that role through it any more. It still holds: %s. Changed by %s.",
		p.Name, roleNames(rel.Roles), p.By.Name)
	return errors.Join(s.reply(tx, ev, p.By.User, text.String()), s.tellChannel(tx, ev, p.Customer, text))
}

func (s *Service) reduceTrouble(tx state.Tx, e outbox.Effect, cause error) error {
	if !worthTelling(e) {
		return nil
	}
	p, err := outbox.Payload[outbox.ReducePayload](e)
	if err != nil {
		return err
	}
	return s.troubleOf(tx, access.Event{Seq: uint64(e.Attempts), Customer: p.Customer}, e.ID, fmt.Sprintf( //nolint:gosec // counts from 1
		"Global Administrator should leave the relationship %s but could not be taken out in %d tries: %s The bot keeps trying.", p.Name, e.Attempts, sentence(cause)))
}

func (s *Service) reduceRefused(tx state.Tx, e outbox.Effect, cause error) error {
	p, err := outbox.Payload[outbox.ReducePayload](e)
	if err != nil {
		return s.dead(tx, e, cause)
	}
	return s.notChanged(tx, e, p.Relationship, p.Customer, p.By, "relationship reduce",
		fmt.Sprintf("Global Administrator was not taken out of the relationship %s. %s", p.Name, sentence(cause)), s.now(), cause)
}
