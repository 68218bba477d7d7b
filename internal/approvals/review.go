package approvals

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"latchkey/internal/access"
	"latchkey/internal/audit"
	"latchkey/internal/outbox"
	"latchkey/internal/policy"
	"latchkey/internal/state"
)

// ReviewStart is what came of the wish to start a review of one customer.
type ReviewStart struct {
	Customer Customer
	Review   access.Review // zero: none was started
	Why      string        // why none was
}

// StartReview has a customer say of everything that gives us access for good whether
// it stays. Only a bot admin may start one.
func (s *Service) StartReview(ctx context.Context, o Origin, tenant access.TenantID) (access.Review, error) {
	var out access.Review
	err := s.act(ctx, o, subject{act: "review start", customer: tenant}, func(tx state.Tx, now time.Time) error {
		if err := s.admin(o.Actor); err != nil {
			return err
		}
		c, ok := s.Policy().Customer(tenant)
		if !ok {
			return access.Refuse(access.Forbidden, "This customer is not in policy.yml, so nobody there can be asked.").In("customer")
		}
		r, err := s.startReview(tx, c, named(tx, o.Actor), now)
		out = r
		return err
	})
	return out, err
}

// StartReviews starts one for each customer of policy.yml that can have one, and tells
// why the others have none.
func (s *Service) StartReviews(ctx context.Context, o Origin) ([]ReviewStart, error) {
	var out []ReviewStart
	err := s.act(ctx, o, subject{act: "review start"}, func(tx state.Tx, now time.Time) error {
		out = nil
		if err := s.admin(o.Actor); err != nil {
			return err
		}
		listed := s.listed()
		for i, c := range s.Policy().Customers {
			one := ReviewStart{Customer: listed[i]}
			r, err := s.startReview(tx, c, named(tx, o.Actor), now)
			refusal, refused := errors.AsType[*access.Error](err)
			switch {
			case refused:
				one.Why = refusal.Message
			case err != nil:
				return err
			}
			one.Review = r
			out = append(out, one)
		}
		return nil
	})
	return out, err
}

// startReview checks everything, stores the review and shows it to the customer. A
// refusal leaves nothing.
func (s *Service) startReview(tx state.Tx, c policy.Customer, by access.Person, now time.Time) (access.Review, error) {
	var none access.Review
	if open, err := state.OpenReview(tx, c.Tenant); err == nil {
		return none, access.Refuse(access.Conflict, "%s is under review already: %s, until %s. `/access review show %s` shows it.",
			c.Name, open.ID, access.FormatTime(open.DueBy), open.ID)
	} else if !errors.Is(err, state.ErrNotFound) {
		return none, err
	}
	contacts, err := state.ContactsOf(tx, c.Tenant)
	if err != nil {
		return none, err
	}
	if len(contacts) == 0 {
		return none, access.Refuse(access.Conflict, "%s has no contact who could answer. Link one first: `/access customer link %s @somebody`.",
			c.Name, strings.ToLower(c.Name))
	}
	found, err := reviewRows(tx, c.Tenant)
	if err != nil {
		return none, err
	}
	p := s.Policy()
	r, err := access.NewReview(access.Review{
		Customer: c.Tenant, CustomerName: c.Name, StartedBy: by, Unanswered: p.Reviews.Unanswered, Rows: found.rows, Unread: found.names,
	}, p.Reviews.Within, now)
	if err != nil {
		return none, err
	}
	if r.ID, err = s.freeReviewID(tx); err != nil {
		return none, err
	}
	if err := state.PutReview(tx, r); err != nil {
		return none, err
	}
	if err := s.planAfter(tx, c.Tenant, now); err != nil {
		return none, err
	}
	ev, err := s.reviewEvent(tx, access.EventReviewStarted, r, by, now, map[string]string{
		"rows": strconv.Itoa(len(r.Rows)), "until": r.DueBy.Format(time.RFC3339), "unanswered": string(r.Unanswered), "policy": p.Version,
	})
	if err != nil {
		return none, err
	}
	for n := range outbox.ReviewCards(len(r.Rows)) {
		err = errors.Join(err, s.oweReviewCard(tx, ev, r.ID, n+1))
	}
	return r, errors.Join(err, s.oweLetters(tx, ev, outbox.LetterPayload{Occasion: outbox.MailReview, Customer: c.Tenant, Review: r.ID}))
}

// freeReviewID draws ids until one is free.
func (s *Service) freeReviewID(tx state.Tx) (access.ReviewID, error) {
	for range 20 {
		drawn, err := s.NewID()
		if err != nil {
			return "", err
		}
		id := access.ReviewID("V-" + strings.TrimPrefix(string(drawn), "R-"))
		if _, err := state.Review(tx, id); errors.Is(err, state.ErrNotFound) {
			return id, nil
		} else if err != nil {
			return "", err
		}
	}
	return "", errors.New("no free review id in 20 draws")
}

func (s *Service) reviewEvent(
	tx state.Tx, kind access.EventKind, r access.Review, by access.Person, now time.Time, detail map[string]string,
) (access.Event, error) {
	detail["review"] = string(r.ID)
	return audit.Append(tx, access.Event{At: now, Actor: by, Kind: kind, Customer: r.Customer, Detail: detail})
}

// oweReviewCard has a card show the review as the transaction leaves it.
func (s *Service) oweReviewCard(tx state.Tx, cause access.Event, id access.ReviewID, card int) error {
	p := outbox.ReviewCardPayload{Review: id, Card: card}
	if card == 0 && s.Policy().Operations == "" {
		return nil
	}
	return s.owe(tx, cause, p.Scope(), outbox.SlackReviewCard, p.Lane(), p)
}

// found is what there is to be reviewed at a customer.
type found struct {
	rows   []access.ReviewRow
	unread []access.RelationshipID // whose assignments could not be read
	names  []string                // of these
}

// mostNamed bounds how many members of a group a row names.
const mostNamed = 20

// reviewRows lists the active relationships of a customer by name, each with the
// groups that have roles on it. A group of the bot counts only while somebody has
// access through it.
func reviewRows(tx state.Tx, tenant access.TenantID) (found, error) {
	var out found
	mirrored, err := state.Relationships(tx, tenant)
	if err != nil {
		return out, err
	}
	mirrored = slices.DeleteFunc(mirrored, func(m state.MirroredRelationship) bool {
		return m.Status != access.RelationshipActive && m.Status != access.RelationshipExpiring
	})
	slices.SortFunc(mirrored, func(a, b state.MirroredRelationship) int {
		return cmp.Or(cmp.Compare(fold(a.Name), fold(b.Name)), cmp.Compare(a.ID, b.ID))
	})
	for _, m := range mirrored {
		whole := access.ReviewRow{
			Relationship: m.ID, Name: cmp.Or(m.Name, string(m.ID)), Roles: access.SortRoles(m.Roles), End: m.End, AutoExtend: m.AutoExtends(),
		}
		out.rows = append(out.rows, whole)
		if m.Unseen != "" {
			out.unread, out.names = append(out.unread, m.ID), append(out.names, whole.Name)
			continue
		}
		assignments := slices.Clone(m.Assignments)
		slices.SortFunc(assignments, func(a, b access.Assignment) int {
			return cmp.Or(cmp.Compare(fold(a.GroupName), fold(b.GroupName)), cmp.Compare(a.ID, b.ID))
		})
		for _, a := range assignments {
			row, ok, err := assignedRow(tx, whole, a)
			if err != nil {
				return out, err
			}
			if ok {
				out.rows = append(out.rows, row)
			}
		}
	}
	return out, nil
}

// assignedRow is the row of a group with roles on a relationship; false when it gives
// nobody anything for good.
func assignedRow(tx state.Tx, row access.ReviewRow, a access.Assignment) (access.ReviewRow, bool, error) {
	taken, err := state.TakenAt(tx, "assignment:"+string(a.ID))
	if err != nil || !taken.IsZero() || a.Status != access.AssignmentActive && a.Status != access.AssignmentPending {
		return row, false, err
	}
	row.Group, row.GroupName, row.Assignment, row.Roles = a.Group, cmp.Or(a.GroupName, string(a.Group)), a.ID, access.SortRoles(a.Roles)
	id, err := state.ContainerOfGroup(tx, a.Group)
	if err == nil {
		row.Own = true
		held, err := inContainer(tx, row, id)
		return held, held.Count > 0, err
	}
	if !errors.Is(err, state.ErrNotFound) {
		return row, false, err
	}
	g, err := state.GroupMirrored(tx, a.Group)
	if _, bad := state.Unreadable(err); bad || errors.Is(err, state.ErrNotFound) {
		row.Unseen = true // it has not been read yet
		return row, true, nil
	}
	row.GroupName, row.Unseen, row.Count = cmp.Or(g.Name, row.GroupName), g.Unseen != "", len(g.Members)
	for _, m := range g.Members[:min(mostNamed, len(g.Members))] {
		row.Members = append(row.Members, memberName(m))
	}
	return row, true, err
}

// inContainer adds who has access by request through a group of the bot.
func inContainer(tx state.Tx, row access.ReviewRow, id access.ContainerID) (access.ReviewRow, error) {
	held, err := state.HeldContainer(tx, id)
	if err != nil {
		return row, err
	}
	for _, one := range held {
		g, err := state.Grant(tx, one)
		if err != nil {
			return row, err
		}
		row.Count++
		if len(row.Members) < mostNamed {
			row.Members = append(row.Members, fmt.Sprintf("%s (%s)", g.Requester.Name, g.Request))
		}
	}
	return row, nil
}
