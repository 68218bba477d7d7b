package approvals

import (
	"context"
	"time"

	"latchkey/internal/access"
	"latchkey/internal/audit"
	"latchkey/internal/state"
)

// Change puts other terms in the place of those that a waiting request asks for, as if
// they were asked for now: by the policy of now, and everybody who must agree is asked
// anew. Only who asked may, and on the terms that they saw.
func (s *Service) Change(ctx context.Context, o Origin, id access.RequestID, terms int, a Ask) (access.Request, error) {
	var out access.Request
	err := s.act(ctx, o, subject{act: "change", request: id}, func(tx state.Tx, now time.Time) error {
		r, err := s.changed(tx, o, id, terms, a, now)
		if err != nil {
			return err
		}
		if err := state.PutRequest(tx, r); err != nil {
			return err
		}
		ev, err := audit.Append(tx, access.Event{
			At: now, Actor: o.Actor, Kind: access.EventChanged, Customer: r.Customer, Request: r.ID, Detail: asked(r),
		})
		if err != nil {
			return err
		}
		out = r
		if r.State == access.Approved {
			return s.byRule(tx, r, now)
		}
		return s.oweCards(tx, ev, r.ID)
	})
	return out, err
}

// changed returns the request on its new terms, not yet stored.
func (s *Service) changed(tx state.Tx, o Origin, id access.RequestID, terms int, a Ask, now time.Time) (access.Request, error) {
	r, err := load(tx, id)
	if err != nil {
		return r, err
	}
	if terms != r.Terms {
		return r, access.Refuse(access.Conflict, "%s has changed since this form was opened. Close it and begin again from the new card.", id)
	}
	if r.Extends != "" {
		return r, access.Refuse(access.Conflict, "%s is about access that is there already. Withdraw it and ask for another extension.", id)
	}
	a.Customer, a.StartAt, a.Windows, a.Recurs = r.Customer, r.StartAt, r.Windows, r.Recurs
	if r.Recurring() {
		a.StartAt = time.Time{} // it is that of the first window
	}
	if !o.Actor.Same(r.Requester) || r.State != access.Pending { // it says so itself
		_, err := r.Change(o.Actor, r, now)
		return r, err
	}
	to, err := s.wanted(tx, o, a, now)
	if err != nil {
		return r, err
	}
	if to.Principal != r.Principal {
		return r, access.Refuse(access.Conflict, "You are linked to another user in Entra than when you asked for %s. Withdraw it and ask again.", id)
	}
	next, err := r.Change(o.Actor, to, now)
	if err != nil {
		return r, err
	}
	return next, untwinned(tx, next)
}

// MayChange returns the request that the person is about to change.
func (s *Service) MayChange(ctx context.Context, o Origin, id access.RequestID, terms int) (access.Request, error) {
	var out access.Request
	err := s.Store.View(ctx, func(tx state.Tx) error {
		r, err := load(tx, id)
		if err != nil {
			return err
		}
		out = r
		if terms != r.Terms {
			return access.Refuse(access.Conflict, "%s has changed since this card was drawn. Look at the new card.", id)
		}
		// That nothing was changed is what is left to refuse for who may change it.
		if _, err = r.Change(o.Actor, r, s.now()); access.CodeOf(err) == access.Invalid {
			return nil
		}
		return err
	})
	return out, s.might(ctx, o, subject{act: "change", request: id, customer: out.Customer}, err)
}
