package approvals

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"latchkey/internal/access"
	"latchkey/internal/audit"
	"latchkey/internal/outbox"
	"latchkey/internal/roles"
	"latchkey/internal/state"
)

// giveGroups owes the standing access of the offer's groups, once it is active.
func (s *Service) giveGroups(tx state.Tx, cause access.Event, o access.Offer) error {
	if !o.GivesGroups() {
		return nil
	}
	if err := state.PutAct(tx, state.Act{Relationship: o.Relationship, Kind: state.ActAssign, By: o.Requester, At: cause.At}); err != nil {
		return err
	}
	for _, g := range o.Groups {
		if !g.Open() {
			continue
		}
		lane := outbox.RelationshipLane(o.Relationship) + "/" + string(g.Group)
		if err := s.owe(tx, cause, fmt.Sprintf("%s/%s", o.ID, g.Group), outbox.GraphAssign, lane, outbox.AssignPayload{
			Offer: o.ID, Relationship: o.Relationship, Customer: o.Customer, Group: g.Group, Name: g.Name, Roles: g.Roles,
		}); err != nil {
			return err
		}
	}
	return s.asideIfOvertaken(tx, o)
}

// assigned records that a group has its roles, and goes on with a replacement
// that waited for it.
func (s *Service) assigned(tx state.Tx, e outbox.Effect, raw json.RawMessage) error {
	p, err := outbox.Payload[outbox.AssignPayload](e)
	if err != nil {
		return err
	}
	var found *outbox.AssignResult
	if err := json.Unmarshal(raw, &found); err != nil {
		return fmt.Errorf("result of %s: %w", e.ID, err)
	}
	now := s.now()
	switch {
	case found == nil: // not wanted any more
	case p.Container != "":
		err = s.containerMoved(tx, p, found.Assignment, now)
	default:
		err = s.groupGiven(tx, p, found.Assignment, now)
	}
	if err != nil {
		return err
	}
	return s.advanceAfter(tx, access.Event{Seq: e.Seq}, p.Offer, now)
}

func (s *Service) groupGiven(tx state.Tx, p outbox.AssignPayload, id access.AssignmentID, now time.Time) error {
	o, err := state.Offer(tx, p.Offer)
	if err != nil {
		return err
	}
	given := o.GroupReady(p.Group, id)
	if given.Rev == o.Rev {
		return nil
	}
	ev, err := s.relationshipEvent(tx, access.EventGroupGiven, p.Relationship, p.Customer, access.Person{}, now, map[string]string{
		"offer": string(o.ID), "group": string(p.Group), "assignment": string(id), "roles": joinRoles(p.Roles),
	})
	if err != nil {
		return err
	}
	if err := s.moved(tx, o, given, access.Person{}, now); err != nil {
		return err
	}
	text := access.Say("Everybody in the security group “%s” now has standing access to %s through the relationship %s: %s. It lasts until the relationship ends.",
		p.Name, o.CustomerName, o.ID, roleNames(p.Roles))
	return s.tellOffer(tx, ev, o, text)
}

// groupTaken has an offer say that a group has its standing access no more.
func (s *Service) groupTaken(tx state.Tx, p outbox.UnassignPayload) error {
	o, err := state.OfferOf(tx, p.Relationship)
	if errors.Is(err, state.ErrNotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	for _, g := range o.Groups {
		if g.Group == p.Group && g.Assignment == p.Assignment {
			return s.moved(tx, o, o.GroupRefused(g.Group, fmt.Sprintf("%s took it away.", p.By.Name)), p.By, s.now())
		}
	}
	return nil
}

// containerMoved records that a container's access goes through the relationship
// that replaces its own.
func (s *Service) containerMoved(tx state.Tx, p outbox.AssignPayload, id access.AssignmentID, now time.Time) error {
	c, err := state.Container(tx, p.Container)
	if err != nil || c.Group != p.Group || c.Relationship == p.Relationship {
		return err
	}
	c.Relationship, c.Assignment = p.Relationship, id
	if err := state.PutContainer(tx, c); err != nil {
		return err
	}
	_, err = audit.Append(tx, access.Event{
		At: now, Kind: access.EventContainerReady, Customer: c.Customer,
		Detail: map[string]string{
			"container": string(c.ID), "group": string(c.Group), "offer": string(p.Offer),
			"relationship": string(c.Relationship), "assignment": string(c.Assignment),
		},
	})
	return err
}

func (s *Service) assignTrouble(tx state.Tx, e outbox.Effect, cause error) error {
	if !worthTelling(e) {
		return nil
	}
	p, err := outbox.Payload[outbox.AssignPayload](e)
	if err != nil {
		return err
	}
	return s.troubleOf(tx, access.Event{Seq: uint64(e.Attempts), Customer: p.Customer}, e.ID, fmt.Sprintf( //nolint:gosec // counts from 1
		"The security group %s could not be given its roles through %s in %d tries: %s The bot keeps trying.", p.Name, p.Offer, e.Attempts, sentence(cause)))
}

// assignRefused tells of access that cannot be given. A replacement that needed
// it ends here: the old relationship stays, since access hangs on it.
func (s *Service) assignRefused(tx state.Tx, e outbox.Effect, cause error) error {
	p, err := outbox.Payload[outbox.AssignPayload](e)
	if err != nil {
		return s.dead(tx, e, cause)
	}
	o, err := state.Offer(tx, p.Offer)
	if err != nil {
		return s.dead(tx, e, cause)
	}
	now, why := s.now(), sentence(cause)
	after := o
	if p.Container == "" {
		after = after.GroupRefused(p.Group, why)
	}
	ev, err := s.relationshipEvent(tx, access.EventRefused, p.Relationship, p.Customer, access.Person{}, now,
		map[string]string{"act": "assign", "code": string(access.CodeOf(cause)), "effect": e.ID})
	if err != nil {
		return err
	}
	if err := s.moved(tx, o, after, access.Person{}, now); err != nil {
		return err
	}
	text := fmt.Sprintf("The security group “%s” could not be given its roles through the relationship %s with %s. %s", p.Name, o.ID, o.CustomerName, why)
	if err := s.reply(tx, ev, o.Requester.User, text); err != nil {
		return err
	}
	if err := s.troubleOf(tx, ev, string(o.ID), text); err != nil {
		return err
	}
	return s.keep(tx, o.ID, "A security group could not be given its access: "+why, now)
}

// tellOffer tells both sides of an offer something.
func (s *Service) tellOffer(tx state.Tx, cause access.Event, o access.Offer, text access.Sentence) error {
	if err := s.reply(tx, cause, o.Requester.User, text.String()); err != nil {
		return err
	}
	return s.tellChannel(tx, cause, o.Customer, text)
}

func roleNames(ids []access.RoleID) string {
	out := make([]string, len(ids))
	for i, id := range ids {
		out[i] = roles.Name(id)
	}
	return strings.Join(out, ", ")
}
