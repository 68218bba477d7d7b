package approvals

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"latchkey/internal/access"
	"latchkey/internal/audit"
	"latchkey/internal/outbox"
	"latchkey/internal/policy"
	"latchkey/internal/state"
)

// BreakGlass gives the access of a request at once, without anybody's word. Only its
// requester may, and only what policy allows so now as well as then. The customer is told
// at once, and a review stays open until a second person signs it off.
func (s *Service) BreakGlass(ctx context.Context, o Origin, id access.RequestID, terms int) (access.Request, error) {
	var out access.Request
	err := s.act(ctx, o, subject{act: "break glass", request: id}, func(tx state.Tx, now time.Time) error {
		r, err := load(tx, id)
		if err != nil {
			return err
		}
		out, err = s.breakGlass(tx, o, r, terms, now)
		return err
	})
	return out, err
}

// breakGlass writes the request, its review and its grant, and owes what follows. Nothing
// that tells somebody waits for Microsoft.
func (s *Service) breakGlass(tx state.Tx, o Origin, r access.Request, terms int, now time.Time) (access.Request, error) {
	next, err := r.BreakGlass(o.Actor, terms, now)
	if err != nil {
		return r, err
	}
	if next, err = s.glass(tx, o, next, now); err != nil {
		return r, err
	}
	if err := errors.Join(state.PutRequest(tx, next), state.PutBreakGlassReview(tx, access.NewBreakGlassReview(next))); err != nil {
		return r, err
	}
	ev, err := audit.Append(tx, access.Event{
		At: now, Actor: r.Requester, Kind: access.EventBrokeGlass, Customer: r.Customer, Request: r.ID,
		Detail: map[string]string{
			"state": string(next.State), "roles": joinRoles(next.Roles), "duration": next.Duration.String(),
			"justification": audit.Digest(next.Salt, next.Justification), "policy": s.Policy().Version,
		},
	})
	if err != nil {
		return r, err
	}
	return next, errors.Join(s.oweCards(tx, ev, r.ID), s.alarm(tx, ev, r.ID, now), s.give(tx, next, access.NewGrant(next, now), now))
}

// atOnce takes the access of a request that is just being made.
func (s *Service) atOnce(tx state.Tx, o Origin, r access.Request, now time.Time) (access.Request, error) {
	if r.Rule.BreakGlass <= 0 {
		return r, access.Refuse(access.Forbidden, "Policy does not allow break-glass for this. Send it without, and call the customer.").In("urgent")
	}
	r, err := s.breakGlass(tx, o, r, r.Terms, now)
	if refusal, ok := errors.AsType[*access.Error](err); ok {
		return r, refusal.In("urgent")
	}
	return r, err
}

// glass checks what policy and the store say now, and returns the request for no longer
// than is allowed now.
func (s *Service) glass(tx state.Tx, o Origin, r access.Request, now time.Time) (access.Request, error) {
	binding, err := s.staff(tx, o.Actor)
	if err != nil {
		return r, err
	}
	if binding.Principal != r.Principal {
		return r, access.Refuse(access.Conflict,
			"You are no longer linked to the user in Entra that %s was made for, so it cannot be granted. Ask again.", r.ID)
	}
	in, err := s.membership(tx, binding, now)
	if err != nil {
		return r, err
	}
	rule, err := s.Policy().Decide(policy.Ask{Requester: r.Requester, Customer: r.Customer, Roles: r.Roles, Duration: r.Duration, At: now, In: in})
	switch {
	case access.CodeOf(err) == access.Unavailable:
		return r, access.Refuse(access.Unavailable, "%s cannot be taken by break-glass now. %s", r.ID, err)
	case err != nil:
		return r, access.Refuse(access.Conflict, "policy.yml does not allow %s now, so it cannot be taken by break-glass: %s", r.ID, err)
	case rule.BreakGlass <= 0:
		return r, access.Refuse(access.Forbidden, "policy.yml does not allow break-glass for %s now; it waits for an answer. Call the customer.", r.ID)
	}
	r.Duration = min(r.Duration, rule.BreakGlass)
	if err := s.reviewable(tx, r); err != nil {
		return r, err
	}
	return r, noneOverdue(tx, r, now)
}

// reviewable refuses what nobody could review: a second person must be able to.
func (s *Service) reviewable(tx state.Tx, r access.Request) error {
	for _, admin := range s.Policy().Reviewers(r.Requester.User) {
		as, err := principalOf(tx, admin)
		if err != nil {
			return err
		}
		if as != "" && as != r.Principal {
			return nil
		}
	}
	return access.Refuse(access.Forbidden,
		"Break-glass access is reviewed by a second person, and there is no other bot admin who is linked to a user in Entra. policy.yml must name one, and `/access staff link` link them, first.")
}

// noneOverdue refuses somebody whose last time nobody has looked at.
func noneOverdue(tx state.Tx, r access.Request, now time.Time) error {
	open, err := state.OpenBreakGlassOf(tx, r.Principal)
	if err != nil {
		return err
	}
	for _, id := range open {
		v, err := state.BreakGlassReview(tx, id)
		if _, damaged := state.Unreadable(err); err != nil && !damaged {
			return err
		}
		if err != nil || v.Overdue(now) {
			return access.Refuse(access.Forbidden,
				"Your break-glass access %s has waited for %s to be signed off. A bot admin does that on its card in the operations channel; then you can break glass again.",
				id, access.FormatDuration(access.ReviewWithin))
		}
	}
	return nil
}

// principalOf is who a member of the workspace is in Entra; empty when nobody has linked
// them.
func principalOf(tx state.Tx, user access.UserID) (access.PrincipalID, error) {
	b, err := state.Staff(tx, user)
	if errors.Is(err, state.ErrNotFound) {
		return "", nil
	}
	return b.Principal, err
}

// SignOff closes the review of a break-glass access. A bot admin may who is not the one
// whose access it was.
func (s *Service) SignOff(ctx context.Context, o Origin, id access.RequestID, note string) (access.BreakGlassReview, error) {
	return s.onReview(ctx, o, id, "break glass sign off", access.EventSignedOff, note, s.signedOff)
}

// Object records that a break-glass access was not all right, and alarms the operators. A
// bot admin and the customer's contacts may.
func (s *Service) Object(ctx context.Context, o Origin, id access.RequestID, note string) (access.BreakGlassReview, error) {
	return s.onReview(ctx, o, id, "break glass object", access.EventObjected, note, s.objected)
}

// MaySignOff and MayObject make the checks without acting, so that a person who may not
// is not asked for words first.
func (s *Service) MaySignOff(ctx context.Context, o Origin, id access.RequestID) (access.BreakGlassReview, error) {
	return s.mayReview(ctx, o, id, "break glass sign off", s.signedOff)
}

// MayObject is as [Service.MaySignOff] is, for an objection.
func (s *Service) MayObject(ctx context.Context, o Origin, id access.RequestID) (access.BreakGlassReview, error) {
	return s.mayReview(ctx, o, id, "break glass object", s.objected)
}

// reviewing returns the review with somebody's word added, and who they are, not yet
// stored.
type reviewing func(tx state.Tx, o Origin, v access.BreakGlassReview, note string, now time.Time) (access.BreakGlassReview, access.Person, error)

func (s *Service) signedOff(tx state.Tx, o Origin, v access.BreakGlassReview, note string, now time.Time) (access.BreakGlassReview, access.Person, error) {
	if !v.Concerns(o.Actor, "") { // else the rule itself tells them
		if err := s.admin(o.Actor); err != nil {
			return v, o.Actor, err
		}
	}
	as, err := principalOf(tx, o.Actor.User)
	if err != nil {
		return v, o.Actor, err
	}
	by := named(tx, o.Actor)
	next, err := v.SignOff(by, as, note, now)
	if err == nil && as == "" { // who they are cannot be told for sure
		return v, by, access.Refuse(access.Forbidden, "Only a bot admin who is linked to a user in Entra signs this off, so that it is certain that two people have looked. Link yourself with `/access staff link`.")
	}
	v = next
	return v, by, err
}

func (s *Service) objected(tx state.Tx, o Origin, v access.BreakGlassReview, note string, now time.Time) (access.BreakGlassReview, access.Person, error) {
	by, contact := named(tx, o.Actor), o.Actor.Team != s.Team()
	if contact {
		c, err := s.contact(tx, o, v.Customer, v.CustomerName)
		if err != nil {
			return v, by, err
		}
		if by.Name = c.Person.Name; o.SignIn != nil {
			by = c.Person
		}
	} else if !v.Concerns(o.Actor, "") {
		if err := s.admin(o.Actor); err != nil {
			return v, by, err
		}
	}
	as := access.PrincipalID("")
	if !contact {
		var err error
		if as, err = principalOf(tx, o.Actor.User); err != nil {
			return v, by, err
		}
	}
	v, err := v.Object(by, as, contact, note, now)
	return v, by, err
}

func (s *Service) onReview(
	ctx context.Context, o Origin, id access.RequestID, act string, kind access.EventKind, note string, change reviewing,
) (access.BreakGlassReview, error) {
	var out access.BreakGlassReview
	err := s.act(ctx, o, subject{act: act, request: id}, func(tx state.Tx, now time.Time) error {
		v, err := reviewOf(tx, id)
		if err != nil {
			return err
		}
		v, by, err := change(tx, o, v, note, now)
		if err != nil {
			return err
		}
		if err := state.PutBreakGlassReview(tx, v); err != nil {
			return err
		}
		r, err := state.Request(tx, id)
		if _, damaged := state.Unreadable(err); err != nil && !damaged {
			return err
		}
		ev, err := audit.Append(tx, access.Event{
			At: now, Actor: by, Kind: kind, Customer: v.Customer, Request: id, Detail: map[string]string{"note": audit.Digest(r.Salt, note)},
		})
		if err != nil {
			return err
		}
		out = v
		if kind == access.EventObjected {
			err = s.oweReview(tx, ev, outbox.NoticeBreakGlassObjection)
		}
		return errors.Join(err, s.oweCards(tx, ev, id))
	})
	return out, err
}

func (s *Service) mayReview(ctx context.Context, o Origin, id access.RequestID, act string, change reviewing) (access.BreakGlassReview, error) {
	var out access.BreakGlassReview
	now := s.now()
	err := s.Store.View(ctx, func(tx state.Tx) (err error) {
		if out, err = reviewOf(tx, id); err != nil {
			return err
		}
		_, _, err = change(tx, o, out, "…", now)
		return err
	})
	return out, s.audited(ctx, o, subject{act: act, request: id, customer: out.Customer}, err)
}

func reviewOf(tx state.Tx, id access.RequestID) (access.BreakGlassReview, error) {
	v, err := state.BreakGlassReview(tx, id)
	if errors.Is(err, state.ErrNotFound) {
		return v, access.RefuseAnyone(access.NotFound, "%s was not taken by break-glass, so there is nothing to review.", id)
	}
	return v, err
}

// remindReview tells the operators daily that nobody has signed off an access yet.
func (s *Service) remindReview(tx state.Tx, id access.RequestID, now time.Time) error {
	v, err := state.BreakGlassReview(tx, id)
	if err != nil {
		return err
	}
	v, due := v.Remind(now)
	if !due {
		return nil
	}
	if err := state.PutBreakGlassReview(tx, v); err != nil {
		return err
	}
	ev, err := audit.Append(tx, access.Event{At: now, Kind: access.EventReviewOpen, Customer: v.Customer, Request: id})
	if err != nil {
		return err
	}
	return s.oweReview(tx, ev, outbox.NoticeBreakGlassOpen)
}

// oweReview tells the operators something about the review, after its card.
func (s *Service) oweReview(tx state.Tx, cause access.Event, n outbox.NoticeKind) error {
	channel := s.Policy().Operations
	if channel == "" {
		return nil
	}
	return s.owe(tx, cause, string(cause.Request)+"/"+string(n), outbox.SlackNotice, cardLane(cause.Request, outbox.BreakGlassReviewCard),
		outbox.NoticePayload{Notice: n, Channel: channel, Request: cause.Request, Customer: cause.Customer})
}

// cardTrouble alarms the operators when a customer cannot be told of a break-glass access
// in its channel, and has its contacts be told in person. The card is tried for ever.
func (s *Service) cardTrouble(tx state.Tx, e outbox.Effect, cause error) error {
	p, err := outbox.Payload[outbox.CardPayload](e)
	switch {
	case err != nil:
		return err
	case p.Card != outbox.BreakGlassCard:
		return s.notSaid(tx, e, cause)
	}
	if _, err := state.CardOf(tx, p.Request, p.Card); err == nil {
		return s.notSaid(tx, e, cause) // they have been told, and what waits is how it goes on
	} else if !errors.Is(err, state.ErrNotFound) {
		return err
	}
	v, err := state.BreakGlassReview(tx, p.Request)
	if err != nil {
		return err
	}
	// What has a sentence for people no waiting mends.
	first := v.UnheardAt.IsZero() && (access.CodeOf(cause) != "" || worthTelling(e))
	if !first && !worthTelling(e) {
		return nil
	}
	ev := access.Event{Seq: uint64(e.Attempts), Customer: v.Customer, Request: p.Request} //nolint:gosec // counts from 1
	why := "Slack does not take it."
	if access.CodeOf(cause) != "" {
		why = sentence(cause)
	}
	err = s.oweTrouble(tx, ev, p.Request, fmt.Sprintf(
		"BREAK-GLASS: %s has not been told in its channel of the access that %s took without its approval (%d tries). %s CALL THEM NOW. Its contacts are written to in person, and the bot keeps trying the channel.",
		v.CustomerName, v.Requester.Name, e.Attempts, why))
	if !first {
		return err
	}
	v.UnheardAt = s.now()
	v.Rev++
	return errors.Join(err, state.PutBreakGlassReview(tx, v), s.tellContacts(tx, ev, v))
}

// tellContacts writes to each contact of the customer in person.
func (s *Service) tellContacts(tx state.Tx, cause access.Event, v access.BreakGlassReview) error {
	contacts, err := callable(tx, v)
	for _, c := range contacts {
		if c.User == "" {
			continue // is not in Slack
		}
		lane := fmt.Sprintf("%s/slack/%s", v.Request, c.User)
		err = errors.Join(err, s.owe(tx, cause, lane+"/"+string(outbox.NoticeBreakGlass), outbox.SlackNotice, lane, outbox.NoticePayload{
			Notice: outbox.NoticeBreakGlass, User: c.User, Request: v.Request, Customer: v.Customer, Person: c,
		}))
	}
	return err
}

// CalledUpon lists the contacts whom a break-glass access concerns. It checks nobody's
// authority: who reads of it is decided by where it is posted.
func (s *Service) CalledUpon(ctx context.Context, v access.BreakGlassReview) ([]access.Person, error) {
	var out []access.Person
	err := s.Store.View(ctx, func(tx state.Tx) (err error) {
		out, err = callable(tx, v)
		return err
	})
	return out, err
}

// callable are the customer's contacts but for the one whose access it is. Somebody of
// whom only an address is known so far is none the less told.
func callable(tx state.Tx, v access.BreakGlassReview) ([]access.Person, error) {
	var out []access.Person
	all, err := state.ContactsOf(tx, v.Customer)
	for _, c := range all {
		p := c.Person
		known := p.Told(v.Requester) || p.Mail == "" || strings.EqualFold(p.Mail, v.Requester.Mail)
		if !known || !v.Concerns(p, "") {
			out = append(out, p)
		}
	}
	return out, err
}
