package approvals

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"time"

	"latchkey/internal/access"
	"latchkey/internal/audit"
	"latchkey/internal/outbox"
	"latchkey/internal/policy"
	"latchkey/internal/state"
)

// Decide records one contact's word on a request. The decision that completes
// the approvals also makes the grant, in the same transaction.
func (s *Service) Decide(ctx context.Context, o Origin, id access.RequestID, terms int, v access.Verdict, note string) (access.Request, error) {
	return s.decide(ctx, o, id, terms, access.Decision{Verdict: v, Note: note})
}

// Narrow approves a part of what is asked for: fewer of its roles, or for less long. All
// that holds for an approval holds for it.
func (s *Service) Narrow(ctx context.Context, o Origin, id access.RequestID, terms int, left access.Narrowing) (access.Request, error) {
	return s.decide(ctx, o, id, terms, access.Decision{Verdict: access.Approve, Narrowed: &left})
}

func (s *Service) decide(ctx context.Context, o Origin, id access.RequestID, terms int, d access.Decision) (access.Request, error) {
	var out access.Request
	about := subject{act: string(d.Verdict), request: id}
	err := s.act(ctx, o, about, func(tx state.Tx, now time.Time) error {
		r, err := s.decision(tx, o, id, terms, d, now)
		if err != nil {
			return err
		}
		if err := state.PutRequest(tx, r); err != nil {
			return err
		}
		e := decided(r, o.Actor, now)
		if o.SignIn != nil {
			e.Detail["signed_in"], e.Actor = string(o.SignIn.Account.Object), r.Decisions[len(r.Decisions)-1].By
		}
		ev, err := audit.Append(tx, e)
		if err != nil {
			return err
		}
		out = r
		switch r.State {
		case access.Approved:
			if err = s.approved(tx, ev, r, now); err == nil && r.Extends == "" && !r.Scheduled() {
				return s.oweCardsShortly(tx, ev, r, r.Decisions[len(r.Decisions)-1].By)
			}
		case access.Denied:
			err = s.oweNotice(tx, ev, outbox.NoticePayload{
				Notice: outbox.NoticeDecided, User: r.Requester.User, Request: r.ID, Customer: r.Customer,
			})
		case access.Pending, access.Withdrawn, access.Lapsed:
		}
		return errors.Join(err, s.oweCards(tx, ev, r.ID))
	})
	return out, err
}

// decided tells the log of the last decision on a request.
func decided(r access.Request, by access.Person, now time.Time) access.Event {
	d := r.Decisions[len(r.Decisions)-1]
	e := access.Event{
		At: now, Actor: by, Kind: access.EventApproved, Customer: r.Customer, Request: r.ID,
		Detail: map[string]string{"state": string(r.State)},
	}
	if d.Verdict == access.Deny {
		e.Kind = access.EventDenied
	}
	if d.Verdict == access.Deny || d.Note != "" {
		e.Detail["note"] = audit.Digest(r.Salt, d.Note)
	}
	if d.Stage != access.ByContacts {
		e.Detail["stage"] = string(d.Stage)
	}
	if d.For != (access.Person{}) {
		e.Detail["for"] = string(d.For.User)
	}
	if n := d.Narrowed; n != nil {
		e.Detail["roles"], e.Detail["duration"] = joinRoles(n.Roles), n.Duration.String()
	}
	return e
}

// MayDecide makes the checks of [Service.Decide] without deciding, so that a
// person who may not decide is not asked for a reason first.
func (s *Service) MayDecide(ctx context.Context, o Origin, id access.RequestID, terms int) (access.Request, error) {
	var out access.Request
	now := s.now()
	err := s.Store.View(ctx, func(tx state.Tx) error {
		r, err := load(tx, id)
		if err != nil {
			return err
		}
		out = r
		_, err = s.decision(tx, o, id, terms, access.Decision{Verdict: access.Deny}, now)
		return err
	})
	return out, s.audited(ctx, o, subject{act: "deny", request: id, customer: out.Customer}, err)
}

// decision returns the request with the decision added, not yet stored.
func (s *Service) decision(tx state.Tx, o Origin, id access.RequestID, terms int, d access.Decision, now time.Time) (access.Request, error) {
	r, err := load(tx, id)
	if err != nil {
		return r, err
	}
	if d.By, d.For, err = s.decider(tx, o, r, now); err != nil {
		return r, err
	}
	d.SignedIn = o.SignIn != nil
	if r, err = r.Decide(d, terms, now); err != nil {
		return r, err
	}
	if d.Narrowed != nil {
		if err := untwinned(tx, r); err != nil {
			return r, err
		}
	}
	if r.State != access.Approved {
		return r, nil
	}
	binding, err := bound(tx, r)
	if err != nil {
		return r, err
	}
	if r.Extends != "" {
		if err := s.mayExtend(tx, r, now); err != nil {
			return r, err
		}
	}
	return r, s.still(tx, r, binding, r.Ends, now)
}

// still refuses a request that policy would not let its requester make any more, who may
// be in other staff groups by now; of what begins again and again, for the moment alone,
// or for all of it when that is zero. On which terms it is granted stays as it was when it
// was made.
func (s *Service) still(tx state.Tx, r access.Request, by access.Staff, moment, now time.Time) error {
	in, err := s.membership(tx, by, now)
	if err != nil {
		return err
	}
	ask := policy.Ask{
		Requester: r.Requester, Customer: r.Customer, Roles: r.Roles, Duration: r.Duration, At: r.TermsAt(), In: in,
		Starts: r.Starts(), Recurs: r.Recurring(), Moment: moment,
	}
	if r.Extends != "" {
		ask.Extension = 1 // how often is the access's own, see mayExtend
	}
	switch _, err := s.Policy().Decide(ask); {
	case access.CodeOf(err) == access.Unavailable:
		return access.RefuseAnyone(access.Unavailable, "%s cannot be granted now. %s", r.ID, err)
	case err != nil && len(in) > 0:
		return access.RefuseAnyone(access.Conflict,
			"policy.yml, or who is in a staff group, has changed since %s was asked for, and does not allow it any more, so it cannot be granted: %s", r.ID, err)
	case err != nil:
		return access.RefuseAnyone(access.Conflict,
			"policy.yml has changed since %s was asked for, and does not allow it any more, so it cannot be granted: %s", r.ID, err)
	}
	return nil
}

// give begins to give what was approved.
func (s *Service) give(tx state.Tx, r access.Request, g access.Grant, now time.Time) error {
	var err error
	if g.Driver, err = s.driver(tx, g); err != nil {
		return err
	}
	c, err := state.Container(tx, g.Container)
	if errors.Is(err, state.ErrNotFound) {
		c = access.Container{ID: g.Container, Customer: r.Customer, Roles: r.Roles}
		if c.Nonce, err = s.NewNonce(); err == nil {
			err = state.PutContainer(tx, c)
		}
	}
	if err != nil {
		return err
	}
	if err := state.PutGrant(tx, g); err != nil {
		return err
	}
	detail := map[string]string{"container": string(g.Container), "principal": string(g.Principal)}
	if g.Window > 0 {
		detail["window"] = strconv.Itoa(g.Window)
	}
	ev, err := audit.Append(tx, access.Event{At: now, Kind: access.EventGranting, Customer: g.Customer, Request: g.Request, Detail: detail})
	if err != nil {
		return err
	}
	switch does, err := onRecord(tx, c); {
	case err != nil:
		return err
	case does:
		return s.owe(tx, ev, string(g.Request), outbox.GraphJoin, memberLane(g), outbox.GrantPayload{Request: g.Request, OnRecord: true})
	}
	return s.oweContainer(tx, ev, g)
}

// oweContainer has the container be there, and the membership follow.
func (s *Service) oweContainer(tx state.Tx, cause access.Event, g access.Grant) error {
	return s.owe(tx, cause, string(g.Request), outbox.GraphContainer, string(g.Container),
		outbox.ContainerPayload{Container: g.Container, Request: g.Request})
}

// onRecord reports whether the container was made, on a relationship through which
// something new may go. Whether it still is as it was made is looked at as somebody joins.
func onRecord(tx state.Tx, c access.Container) (bool, error) {
	if c.Group == "" || c.Relationship == "" || c.Assignment == "" {
		return false, nil
	}
	leaving, err := state.Leaving(tx, c.Customer)
	return leaving[c.Relationship] == "", err
}

// memberLane is where everything that happens to one membership queues, so that
// two grants of the same roles to the same person cannot cross.
func memberLane(g access.Grant) string { return fmt.Sprintf("%s/%s", g.Container, g.Principal) }
