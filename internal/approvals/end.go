package approvals

import (
	"context"
	"errors"
	"time"

	"latchkey/internal/access"
	"latchkey/internal/audit"
	"latchkey/internal/outbox"
	"latchkey/internal/state"
)

// Withdraw takes a request back that is pending, or whose access has not begun. Only its
// requester may.
func (s *Service) Withdraw(ctx context.Context, o Origin, id access.RequestID) (access.Request, error) {
	var out access.Request
	err := s.act(ctx, o, subject{act: "withdraw", request: id}, func(tx state.Tx, now time.Time) error {
		r, err := load(tx, id)
		if err != nil {
			return err
		}
		if _, ahead := r.Next(); ahead && o.Actor.Same(r.Requester) {
			out, err = s.stopped(tx, r, r.Requester, "", now)
			return err
		}
		if r, err = r.Withdraw(o.Actor, now); err != nil {
			return err
		}
		out = r
		return s.closed(tx, r, o.Actor, access.EventWithdrawn, now)
	})
	return out, err
}

// closed stores a request that ended without a grant and has its cards say so.
func (s *Service) closed(tx state.Tx, r access.Request, by access.Person, kind access.EventKind, now time.Time) error {
	if err := state.PutRequest(tx, r); err != nil {
		return err
	}
	ev, err := audit.Append(tx, access.Event{At: now, Actor: by, Kind: kind, Customer: r.Customer, Request: r.ID})
	if err != nil {
		return err
	}
	if r.State == access.Lapsed {
		err = s.oweNotice(tx, ev, outbox.NoticePayload{
			Notice: outbox.NoticeDecided, User: r.Requester.User, Request: r.ID, Customer: r.Customer,
		})
	}
	return errors.Join(err, s.oweCards(tx, ev, r.ID))
}

// Revoke ends a grant early: staff their own, bot admins any, and a customer's
// contacts those for their tenant. Where there is none yet, or none any more, but access
// is to begin, none of that begins; the grant that it returns then has no state.
func (s *Service) Revoke(ctx context.Context, o Origin, id access.RequestID, note string) (access.Grant, error) {
	var out access.Grant
	err := s.act(ctx, o, subject{act: "revoke", request: id}, func(tx state.Tx, now time.Time) error {
		r, err := load(tx, id)
		if err != nil {
			return err
		}
		by, err := s.mayRevoke(tx, o, r)
		if err != nil {
			return err
		}
		g, err := state.Grant(tx, id)
		none := errors.Is(err, state.ErrNotFound)
		if err != nil && !none {
			return err
		}
		if _, ahead := r.Next(); ahead && (none || g.Final()) {
			out = access.Grant{Request: r.ID}
			_, err := s.stopped(tx, r, by, note, now)
			return err
		}
		if none {
			return noGrant(r)
		}
		if g, err = g.End(access.Revoked, by, note); err != nil {
			return err
		}
		out = g
		return s.ending(tx, r, g, by, now)
	})
	return out, err
}

// mayRevoke returns the person with the name that the store has for them.
func (s *Service) mayRevoke(tx state.Tx, o Origin, r access.Request) (access.Person, error) {
	if o.Actor.Same(r.Requester) {
		return r.Requester, nil
	}
	if s.isAdmin(o.Actor) {
		return named(tx, o.Actor), nil
	}
	if o.Actor.Team == s.Team() {
		return o.Actor, access.Refuse(access.Forbidden,
			"Only %s, a bot admin or a contact of %s can end %s.", r.Requester.Name, r.CustomerName, r.ID)
	}
	c, err := s.contact(tx, o, r.Customer, r.CustomerName)
	return c.Person, err
}

func noGrant(r access.Request) error {
	if r.State == access.Pending {
		return access.RefuseAnyone(access.Conflict, "%s waits for a decision, so there is no access to end. `/access withdraw %s` takes it back.", r.ID, r.ID)
	}
	return access.RefuseAnyone(access.Conflict, "%s was not approved; it never gave access.", r.ID)
}

// ending stores a grant whose access must go and owes its removal.
func (s *Service) ending(tx state.Tx, r access.Request, g access.Grant, by access.Person, now time.Time) error {
	if err := state.PutGrant(tx, g); err != nil {
		return err
	}
	detail := map[string]string{"reason": string(g.EndReason)}
	if g.EndNote != "" {
		detail["note"] = audit.Digest(r.Salt, g.EndNote)
	}
	ev, err := audit.Append(tx, access.Event{
		At: now, Actor: by, Kind: access.EventEnding, Customer: g.Customer, Request: g.Request, Detail: detail,
	})
	if err != nil {
		return err
	}
	return errors.Join(
		s.owe(tx, ev, string(g.Request), outbox.GraphLeave, memberLane(g), outbox.GrantPayload{Request: g.Request}),
		s.oweCardsShortly(tx, ev, r, by),
		s.moot(tx, g.Request, now),
	)
}

// Due does what time alone demands: it lapses a request that nobody decided, begins
// access whose time has come, ends a grant whose time is over, and ends an offer that came
// to nothing. What is no longer due is left alone.
func (s *Service) Due(ctx context.Context, d state.Due) error {
	now := s.now()
	return s.Store.Update(ctx, func(tx state.Tx) error {
		switch d.Kind {
		case state.DueOffer:
			return s.lapseOffer(tx, d.Offer, now)
		case state.DueSummary:
			return s.summarize(tx, d, now)
		case state.DueReview:
			return s.reviewDue(tx, d.Review, now)
		case state.DueReviewPlan:
			return s.startPlanned(tx, d, now)
		case state.DueBreakGlass:
			return s.remindReview(tx, d.Request, now)
		case state.DueWarn:
			return s.warn(tx, d.Request, now)
		case state.DueLapse, state.DueRemind, state.DueBegin, state.DueExpire, state.DueEnding, state.DueAlert:
		}
		return s.requestDue(tx, d, now)
	})
}

// requestDue does what time demands of a request or its grant.
func (s *Service) requestDue(tx state.Tx, d state.Due, now time.Time) error {
	r, err := state.Request(tx, d.Request)
	if _, bad := state.Unreadable(err); bad && d.Kind == state.DueExpire {
		r, err = access.Request{ID: d.Request}, nil // access ends by its grant alone
	}
	if err != nil {
		return err
	}
	switch d.Kind {
	case state.DueLapse:
		if r, err = r.Lapse(now); err != nil {
			return quiet(err)
		}
		return s.closed(tx, r, access.Person{}, access.EventLapsed, now)
	case state.DueRemind:
		return s.remind(tx, r, now)
	case state.DueBegin:
		return s.begin(tx, r, now)
	case state.DueExpire:
		return s.expire(tx, r, now)
	case state.DueOffer, state.DueSummary, state.DueBreakGlass, state.DueWarn, state.DueReview, state.DueReviewPlan, state.DueEnding, state.DueAlert: // done above, or elsewhere
	}
	return nil
}

func (s *Service) expire(tx state.Tx, r access.Request, now time.Time) error {
	g, err := state.Grant(tx, r.ID)
	if err != nil {
		return err
	}
	if at, ok := g.Due(); !ok || at.After(now) {
		return nil
	}
	reason := access.Expired
	if g.State == access.Activating {
		reason = access.NotActivated
	}
	if g, err = g.End(reason, access.Person{}, ""); err != nil {
		return quiet(err)
	}
	return s.ending(tx, r, g, access.Person{}, now)
}

// quiet drops a refusal: nobody waits for the answer.
func quiet(err error) error {
	if access.CodeOf(err) != "" {
		return nil
	}
	return err
}
