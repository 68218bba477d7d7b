package approvals

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"latchkey/internal/access"
	"latchkey/internal/outbox"
	"latchkey/internal/state"
)

// replacing completes an offer that is to take the place of a relationship: the
// groups with standing access on the old one keep it where the new one holds
// their roles.
func (s *Service) replacing(tx state.Tx, o Origin, offer access.Offer, old access.RelationshipID) (access.Offer, error) {
	story, err := s.changeable(tx, o, offer.Customer, old)
	switch {
	case err != nil:
		return offer, err
	case !story.active() || story.Mirrored == nil:
		return offer, access.Refuse(access.Conflict, "%s is not active, so there is nothing to replace. `/access relationship request` asks for a new one.", story.Name())
	case story.Mirrored.Unseen != "":
		return offer, access.Refuse(access.Unavailable, "What is assigned on %s could not be read, so it is not known what would have to move. Try again in some minutes.", story.Name())
	}
	if other := story.ReplacedBy; other != nil {
		return offer, access.Refuse(access.Conflict,
			"%s is to be replaced already, by %s. `/access relationship show %s` shows how far that is.", story.Name(), other.ID, other.ID)
	}
	offer.Replaces = access.Replacement{
		Relationship: old, Name: story.Name(), Roles: access.SortRoles(story.Held()), State: access.ReplaceWaiting,
	}
	for _, a := range story.Mirrored.Assignments {
		if _, err := state.ContainerOfGroup(tx, a.Group); err == nil {
			continue // made for single accesses, which are moved by themselves
		} else if !errors.Is(err, state.ErrNotFound) {
			return offer, err
		}
		known := slices.ContainsFunc(offer.Groups, func(g access.GroupAccess) bool { return g.Group == a.Group })
		standing := a.Status == access.AssignmentActive || a.Status == access.AssignmentPending
		if known || !standing || len(a.Roles) == 0 || !access.Within(a.Roles, offer.Roles) {
			continue
		}
		name := a.GroupName
		if name == "" {
			name = string(a.Group)
		}
		offer.Groups = append(offer.Groups, access.GroupAccess{Group: a.Group, Name: name, Roles: access.SortRoles(a.Roles)})
	}
	return offer, nil
}

// ReplacePlan is what a replacement would come to.
type ReplacePlan struct {
	Offer  access.Offer // as it would be asked for
	Losing []string     // groups whose standing access ends with the old relationship
	Moving int          // accesses in force that move
	Stuck  int          // accesses in force that keep the old relationship until they are over
}

// MayReplace makes the checks of [Service.Offer] for an offer that is to take a
// relationship's place, without making it.
func (s *Service) MayReplace(ctx context.Context, o Origin, a OfferAsk) (ReplacePlan, error) {
	var out ReplacePlan
	now := s.now()
	err := s.Store.View(ctx, func(tx state.Tx) error {
		var err error
		if out.Offer, err = s.drafted(tx, o, a, now); err != nil {
			return err
		}
		story, err := s.story(tx, a.Customer, a.Replaces, nil)
		if err != nil || story.Mirrored == nil {
			return err
		}
		for _, given := range story.Mirrored.Assignments {
			_, err := state.ContainerOfGroup(tx, given.Group)
			keeps := slices.ContainsFunc(out.Offer.Groups, func(g access.GroupAccess) bool { return g.Group == given.Group })
			if errors.Is(err, state.ErrNotFound) && !keeps {
				out.Losing = append(out.Losing, given.GroupName)
			}
		}
		for _, e := range story.Grants {
			switch {
			case !e.Grant.Live():
			case access.Within(e.Request.Roles, out.Offer.Roles):
				out.Moving++
			default:
				out.Stuck++
			}
		}
		return nil
	})
	return out, s.might(ctx, o, subject{act: "relationship replace", customer: a.Customer}, err)
}

// advanceAll takes every replacement for the customer a step further that can
// be.
func (s *Service) advanceAll(tx state.Tx, customer access.TenantID, now time.Time) error {
	if customer == "" {
		return nil
	}
	offers, err := state.OffersTo(tx, customer)
	if err != nil {
		return err
	}
	for _, o := range offers {
		if !o.Replaces.Open() {
			continue
		}
		if err := s.advance(tx, o.ID, now); err != nil {
			return err
		}
	}
	return nil
}

// advance takes a replacement as far as it can go now, and owes what its next
// step needs.
func (s *Service) advance(tx state.Tx, id access.OfferID, now time.Time) error {
	return s.advanceAfter(tx, access.Event{}, id, now)
}

// advanceAfter is advance, told by something that would else have the name of
// what is owed now.
func (s *Service) advanceAfter(tx state.Tx, cause access.Event, id access.OfferID, now time.Time) error {
	o, err := state.Offer(tx, id)
	if err != nil || !o.Replaces.Open() {
		return err
	}
	standing, moves, err := s.standing(tx, o)
	if err != nil {
		return err
	}
	after := o.Replace(standing)
	if err := s.replaceStep(tx, o, after, now); err != nil {
		return err
	}
	if after.Replaces.State != access.ReplaceMoving {
		return nil
	}
	for _, c := range moves {
		// One that is owed already is not owed again.
		if err := s.owe(tx, cause, fmt.Sprintf("%s/%s", o.ID, c.ID), outbox.GraphAssign, string(c.ID), outbox.AssignPayload{
			Offer: o.ID, Relationship: o.Relationship, Customer: o.Customer, Group: c.Group, Name: string(c.Group), Roles: c.Roles, Container: c.ID,
		}); err != nil {
			return err
		}
	}
	return nil
}

// standing finds out what a step of the replacement is decided on, and the
// containers whose access is to move.
func (s *Service) standing(tx state.Tx, o access.Offer) (access.Standing, []access.Container, error) {
	out := access.Standing{
		OldOver: true,
		NewOver: o.State == access.OfferTerminating || o.State == access.OfferEnded,
	}
	known, err := state.Relationships(tx, o.Customer)
	if err != nil {
		return out, nil, err
	}
	held := o.Roles
	for _, m := range known {
		if m.ID == o.Replaces.Relationship {
			out.OldOver = gone(m.Status)
		}
		if m.ID == o.Relationship && len(m.Roles) > 0 {
			held = m.Roles
		}
	}
	for _, g := range o.Groups {
		if g.Open() {
			out.ToMove++
		}
	}
	through, err := grantsThrough(tx, o.Customer, o.Replaces.Relationship)
	if err != nil {
		return out, nil, err
	}
	var moves []access.Container
	for _, e := range through {
		if !e.Grant.Live() {
			continue
		}
		c, err := state.Container(tx, e.Grant.Container)
		if err != nil {
			return out, nil, err
		}
		if !access.Within(c.Roles, held) || outlasts(*e.Grant, o) {
			out.Lacking++
			continue
		}
		out.ToMove++
		if !slices.ContainsFunc(moves, func(m access.Container) bool { return m.ID == c.ID }) {
			moves = append(moves, c)
		}
	}
	return out, moves, nil
}

// outlasts reports whether the access lasts longer than the relationship.
func outlasts(g access.Grant, o access.Offer) bool {
	return !o.AutoExtend && !o.End.IsZero() && g.ExpiresAt.After(o.End)
}

// gone reports whether a relationship is over or on its way there.
func gone(status access.RelationshipStatus) bool {
	return over(status) || status == access.RelationshipTerminationRequested || status == access.RelationshipTerminating
}

// replaceStep stores a step of a replacement, tells both sides, and owes the end
// of the old relationship once nothing hangs on it.
func (s *Service) replaceStep(tx state.Tx, before, after access.Offer, now time.Time) error {
	if after.Rev == before.Rev {
		return nil
	}
	if err := state.PutOffer(tx, after); err != nil {
		return err
	}
	ev, err := s.offerEventAs(tx, access.EventReplacement, after, access.Person{}, now, map[string]string{
		"replaces": string(after.Replaces.Relationship), "step": string(after.Replaces.State),
	})
	if err != nil {
		return err
	}
	if err := s.oweOfferCards(tx, ev, after); err != nil {
		return err
	}
	text := access.Say("The relationship %s with %s: %s", after.ID, after.CustomerName, after.ReplaceSentence())
	if err := s.tellOffer(tx, ev, after, text); err != nil {
		return err
	}
	switch after.Replaces.State {
	case access.ReplaceEnding:
		return s.endReplaced(tx, after, now)
	case access.ReplaceKept:
		return s.troubleOf(tx, ev, string(after.ID), text.String()+" Look at both and end the one that is not wanted with `/access relationship terminate`.")
	case access.ReplaceWaiting, access.ReplaceMoving, access.ReplaceHeld, access.ReplaceDone:
	}
	return nil
}

// endReplaced owes the end of the old relationship, in the name of who asked for
// the new one.
func (s *Service) endReplaced(tx state.Tx, o access.Offer, now time.Time) error {
	id, by := o.Replaces.Relationship, o.Requester
	ev, err := s.relationshipEvent(tx, access.EventTerminating, id, o.Customer, by, now, map[string]string{"replaced by": string(o.ID)})
	if err != nil {
		return err
	}
	old, err := state.OfferOf(tx, id)
	switch {
	case err == nil:
		ended, err := old.Terminate(by)
		if access.CodeOf(err) == "" {
			err = errors.Join(err, s.moved(tx, old, ended, by, now))
		} else {
			err = nil // it is being ended already
		}
		if err != nil {
			return err
		}
	case !errors.Is(err, state.ErrNotFound):
		return err
	}
	if err := state.PutAct(tx, state.Act{Relationship: id, Kind: state.ActTerminate, By: by, At: now}); err != nil {
		return err
	}
	return s.owe(tx, ev, outbox.RelationshipLane(id), outbox.GraphTerminate, outbox.RelationshipLane(id),
		outbox.TerminatePayload{Relationship: id, Customer: o.Customer, Name: o.Replaces.Name, By: by})
}

// replacedBy completes the replacement of a relationship that Microsoft is
// ending.
func (s *Service) replacedBy(tx state.Tx, old access.RelationshipID, customer access.TenantID, now time.Time) error {
	return s.ofReplacement(tx, old, customer, func(o access.Offer) error {
		return s.replaceStep(tx, o, o.Replace(access.Standing{OldOver: true}), now)
	})
}

// keptBy gives up the replacement of a relationship that cannot be ended.
func (s *Service) keptBy(tx state.Tx, old access.RelationshipID, customer access.TenantID, why string, now time.Time) error {
	return s.ofReplacement(tx, old, customer, func(o access.Offer) error { return s.replaceStep(tx, o, o.Keep(why), now) })
}

// ofReplacement finds the offer for whose sake the relationship is being ended.
func (s *Service) ofReplacement(tx state.Tx, old access.RelationshipID, customer access.TenantID, do func(access.Offer) error) error {
	offers, err := state.OffersTo(tx, customer)
	if err != nil {
		return err
	}
	for _, o := range offers {
		if o.Replaces.Relationship == old && o.Replaces.State == access.ReplaceEnding {
			if err := do(o); err != nil {
				return err
			}
		}
	}
	return nil
}

// keep gives up a replacement.
func (s *Service) keep(tx state.Tx, id access.OfferID, why string, now time.Time) error {
	o, err := state.Offer(tx, id)
	if err != nil || !o.Replaces.Under() {
		return err
	}
	return s.replaceStep(tx, o, o.Keep(why), now)
}
