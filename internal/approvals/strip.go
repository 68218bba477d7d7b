package approvals

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"latchkey/internal/access"
	"latchkey/internal/audit"
	"latchkey/internal/outbox"
	"latchkey/internal/state"
)

// noLonger is told when what was found has been mended since.
func noLonger() error {
	return access.Refuse(access.Conflict, "This is not so any more; nothing was changed. `/access standing` shows what there is.")
}

func takenMember(id access.ContainerID, p access.PrincipalID) string {
	return "member:" + string(id) + ":" + string(p)
}

// once refuses a second order while the first is being carried out.
func once(tx state.Tx, lane, scope, kind string) error {
	owed, err := outbox.Owes(tx, lane, scope, kind)
	if err == nil && owed {
		return access.Refuse(access.Conflict, "This is being done already. You hear from me when it is over.")
	}
	return err
}

// Oust removes a member from a group of the bot into which no grant put them. Only
// a bot admin may.
func (s *Service) Oust(ctx context.Context, o Origin, group access.GroupID, p access.PrincipalID) (access.Member, error) {
	var out access.Member
	err := s.act(ctx, o, subject{act: "standing remove"}, func(tx state.Tx, now time.Time) error {
		if err := s.admin(o.Actor); err != nil {
			return err
		}
		ours, granted, err := Membership(tx, group, p)
		if err != nil {
			return err
		}
		g, err := state.GroupMirrored(tx, group)
		if err != nil && !errors.Is(err, state.ErrNotFound) {
			return err
		}
		i := slices.IndexFunc(g.Members, func(m access.Member) bool { return m.ID == p })
		if !ours || granted || i < 0 {
			return noLonger()
		}
		out = g.Members[i]
		id, err := state.ContainerOfGroup(tx, group)
		if err != nil {
			return err
		}
		c, err := state.Container(tx, id)
		if err != nil {
			return err
		}
		at, err := state.TakenAt(tx, takenMember(id, p))
		if err != nil {
			return err
		}
		readAt, err := state.GroupsReadAt(tx)
		if err != nil {
			return err
		}
		if !at.IsZero() && !at.Before(readAt) {
			return noLonger()
		}
		// In the lane of the person's grants: what gives access and what takes it
		// away never overtake each other.
		lane := fmt.Sprintf("%s/%s", id, p)
		if err := once(tx, lane, lane, outbox.GraphOust); err != nil {
			return err
		}
		by := named(tx, o.Actor)
		ev, err := audit.Append(tx, access.Event{
			At: now, Actor: by, Kind: access.EventOusting, Customer: c.Customer,
			Detail: map[string]string{"group": string(group), "principal": string(p)},
		})
		if err != nil {
			return err
		}
		return s.owe(tx, ev, lane, outbox.GraphOust, lane, outbox.OustPayload{Container: id, Customer: c.Customer, Member: out, By: by})
	})
	return out, err
}

// Unassign takes away the roles that a group which is not the bot's has on a
// relationship. Only a bot admin may.
func (s *Service) Unassign(
	ctx context.Context, o Origin, customer access.TenantID, id access.RelationshipID, aid access.AssignmentID,
) (access.Assignment, error) {
	var out access.Assignment
	err := s.act(ctx, o, subject{act: "standing unassign", customer: customer}, func(tx state.Tx, now time.Time) (err error) {
		if err := s.admin(o.Actor); err != nil {
			return err
		}
		out, err = s.unassign(tx, customer, id, aid, named(tx, o.Actor), now)
		return err
	})
	return out, err
}

// unassign owes the end of the group's roles, for whoever may take them away.
func (s *Service) unassign(
	tx state.Tx, customer access.TenantID, id access.RelationshipID, aid access.AssignmentID, by access.Person, now time.Time,
) (access.Assignment, error) {
	story, out, err := s.assignable(tx, customer, id, aid)
	if err != nil {
		return out, err
	}
	lane, scope := outbox.RelationshipLane(id), outbox.RelationshipLane(id)+"/"+string(aid)
	if err := once(tx, lane, scope, outbox.GraphUnassign); err != nil {
		return out, err
	}
	if story.Offer != nil {
		given := string(story.Offer.ID) + "/" + string(out.Group)
		owed, err := outbox.Owes(tx, outbox.RelationshipLane(id)+"/"+string(out.Group), given, outbox.GraphAssign)
		if err != nil {
			return out, err
		}
		if owed {
			return out, access.Refuse(access.Conflict, "The group %s is being given its roles right now. Try again when that is done.", out.GroupName)
		}
	}
	ev, err := s.relationshipEvent(tx, access.EventUnassigning, id, customer, by, now,
		map[string]string{"assignment": string(aid), "group": string(out.Group)})
	if err != nil {
		return out, err
	}
	if err := state.PutAct(tx, state.Act{Relationship: id, Kind: state.ActAssign, By: by, At: now}); err != nil {
		return out, err
	}
	return out, s.owe(tx, ev, scope, outbox.GraphUnassign, lane, outbox.UnassignPayload{
		Customer: customer, Relationship: id, Name: story.Name(), Assignment: aid,
		Group: out.Group, GroupName: cmp.Or(out.GroupName, string(out.Group)), By: by,
	})
}

// assignable finds an assignment that can be taken away: one that is there, and not to
// a group of the bot.
func (s *Service) assignable(
	tx state.Tx, customer access.TenantID, id access.RelationshipID, aid access.AssignmentID,
) (story RelationshipStory, out access.Assignment, err error) {
	story, err = s.known(tx, customer, id)
	if access.CodeOf(err) == access.NotFound || err == nil && story.Mirrored == nil {
		return story, out, noLonger()
	}
	if err != nil {
		return story, out, err
	}
	i := slices.IndexFunc(story.Mirrored.Assignments, func(a access.Assignment) bool { return a.ID == aid })
	if i < 0 {
		return story, out, noLonger()
	}
	out = story.Mirrored.Assignments[i]
	if _, err := state.ContainerOfGroup(tx, out.Group); !errors.Is(err, state.ErrNotFound) {
		return story, out, cmp.Or(err, noLonger())
	}
	if at, err := state.TakenAt(tx, "assignment:"+string(aid)); err != nil || !at.IsZero() {
		return story, out, cmp.Or(err, noLonger())
	}
	return story, out, nil
}

// standingOutcomes are the outcomes of the effects that take standing access away.
func (s *Service) standingOutcomes() map[string]outbox.Handler {
	return map[string]outbox.Handler{
		outbox.GraphOust:     {Done: s.ousted, Retrying: s.oustTrouble, Failed: s.dead},
		outbox.GraphMuster:   {Done: s.mustered, Retrying: s.musterTrouble, Failed: s.dead},
		outbox.GraphUnassign: {Done: s.unassigned, Retrying: s.unassignTrouble, Failed: s.unassignRefused},
	}
}

func (s *Service) ousted(tx state.Tx, e outbox.Effect, raw json.RawMessage) error {
	p, err := outbox.Payload[outbox.OustPayload](e)
	if err != nil {
		return err
	}
	var result outbox.LeaveResult
	if err := json.Unmarshal(raw, &result); err != nil {
		return fmt.Errorf("result of %s: %w", e.ID, err)
	}
	if p.Restored {
		return s.expelled(tx, p, result)
	}
	now := s.now()
	who := memberName(p.Member)
	if result.HeldBy != "" {
		return s.reply(tx, access.Event{Seq: uint64(now.Unix())}, p.By.User, fmt.Sprintf( //nolint:gosec // after 1970
			"%s was not removed: the access %s needs the membership by now.", who, result.HeldBy))
	}
	ev, err := audit.Append(tx, access.Event{
		At: now, Actor: p.By, Kind: access.EventOusted, Customer: p.Customer,
		Detail: map[string]string{"container": string(p.Container), "principal": string(p.Member.ID)},
	})
	if err != nil {
		return err
	}
	if err := state.MarkTaken(tx, takenMember(p.Container, p.Member.ID), now); err != nil {
		return err
	}
	name, err := s.customerName(tx, p.Customer)
	if err != nil {
		return err
	}
	text := access.Say("%s is out of Latchkey's group for %s: removed by %s, checked in Microsoft Entra. No request had put them there.", who, name, p.By.Name)
	return errors.Join(s.reply(tx, ev, p.By.User, text.String()), s.tellChannel(tx, ev, p.Customer, text), s.out(tx, p.Container, p.Member, p.By))
}

// customerName is what people call the customer, or its tenant when nobody knows.
func (s *Service) customerName(tx state.Tx, tenant access.TenantID) (string, error) {
	c, err := s.customer(tx, tenant)
	if access.CodeOf(err) == access.NotFound || err == nil && strings.TrimSpace(c.Name) == "" {
		return string(tenant), nil
	}
	return c.Name, err
}

func memberName(m access.Member) string { return cmp.Or(m.Name, m.UPN, string(m.ID)) }

func (s *Service) oustTrouble(tx state.Tx, e outbox.Effect, cause error) error {
	p, err := outbox.Payload[outbox.OustPayload](e)
	if err != nil {
		return err
	}
	if p.Container == "" && worthTelling(e) {
		return s.troubleOf(tx, access.Event{Seq: uint64(e.Attempts), Customer: p.Customer}, e.ID, fmt.Sprintf( //nolint:gosec // counts from 1
			"%s could not be taken out of a group that was made after the backup, in %d tries: %s The bot keeps trying.", memberName(p.Member), e.Attempts, sentence(cause)))
	}
	return s.stuck(tx, e, p.Container, p.Member, cause)
}

func (s *Service) unassigned(tx state.Tx, e outbox.Effect, _ json.RawMessage) error {
	p, err := outbox.Payload[outbox.UnassignPayload](e)
	if err != nil {
		return err
	}
	ev, err := s.relationshipEvent(tx, access.EventUnassigned, p.Relationship, p.Customer, p.By, s.now(),
		map[string]string{"assignment": string(p.Assignment), "group": string(p.Group)})
	if err != nil {
		return err
	}
	if err := s.groupTaken(tx, p); err != nil {
		return err
	}
	if err := s.reviewRemoved(tx, p.Customer, assignmentRow(p.Relationship, p.Assignment)); err != nil {
		return err
	}
	err = errors.Join(
		state.PutUsed(tx, state.Used{Relationship: p.Relationship, At: s.now()}), // until now it was
		state.MarkTaken(tx, "assignment:"+string(p.Assignment), s.now()))
	if err != nil {
		return err
	}
	text := access.Say("The group %s has no roles on the relationship %s any more: %s took them away. Its members reach the tenant only by request now.",
		p.GroupName, p.Name, p.By.Name)
	return errors.Join(s.answer(tx, ev, p.By, text.String()), s.tellChannel(tx, ev, p.Customer, text))
}

func (s *Service) unassignTrouble(tx state.Tx, e outbox.Effect, cause error) error {
	if !worthTelling(e) {
		return nil
	}
	p, err := outbox.Payload[outbox.UnassignPayload](e)
	if err != nil {
		return err
	}
	return s.troubleOf(tx, access.Event{Seq: uint64(e.Attempts), Customer: p.Customer}, e.ID, fmt.Sprintf( //nolint:gosec // counts from 1
		"The roles of the group %s on the relationship %s should be gone but could not be taken away in %d tries: %s The bot keeps trying.",
		p.GroupName, p.Name, e.Attempts, sentence(cause)))
}

func (s *Service) unassignRefused(tx state.Tx, e outbox.Effect, cause error) error {
	p, err := outbox.Payload[outbox.UnassignPayload](e)
	if err != nil {
		return s.dead(tx, e, cause)
	}
	if err := s.reviewFailed(tx, p.Customer, assignmentRow(p.Relationship, p.Assignment), sentence(cause)); err != nil {
		return err
	}
	return s.notChanged(tx, e, p.Relationship, p.Customer, p.By, "standing unassign",
		fmt.Sprintf("The roles of the group %s on the relationship %s were not taken away. %s", p.GroupName, p.Name, sentence(cause)), s.now(), cause)
}
