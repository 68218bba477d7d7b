package approvals

import (
	"context"
	"errors"
	"strconv"
	"time"

	"latchkey/internal/access"
	"latchkey/internal/audit"
	"latchkey/internal/outbox"
	"latchkey/internal/state"
)

// approved does what follows the last approval: access begins, now or at its time, or
// goes on for longer.
func (s *Service) approved(tx state.Tx, ev access.Event, r access.Request, now time.Time) error {
	switch {
	case r.Extends != "":
		return s.prolonged(tx, r, now)
	case r.Scheduled():
		return s.oweNotice(tx, ev, outbox.NoticePayload{
			Notice: outbox.NoticeScheduled, User: r.Requester.User, Request: r.ID, Customer: r.Customer,
		})
	}
	return s.give(tx, r, access.NewGrant(r, now), now)
}

// begin opens the window of an approved request whose time has come, or has passed while
// the bot did not run: what is left of it is given, and of one that is over nothing. It
// may be allowed no more, and then does not begin. The next one comes all the same.
func (s *Service) begin(tx state.Tx, r access.Request, now time.Time) error {
	before, err := state.Grant(tx, r.ID)
	if err != nil && !errors.Is(err, state.ErrNotFound) {
		return err
	}
	if before.Request != "" && !before.Final() {
		return s.hold(tx, r, now)
	}
	r, w, err := r.Pass(now)
	if err != nil {
		return quiet(err)
	}
	if err := state.PutRequest(tx, r); err != nil {
		return err
	}
	g, err := r.Open(w, before, now)
	if err != nil {
		return err
	}
	if g.Final() {
		return s.notBegun(tx, r, g, now)
	}
	switch err := s.mayBegin(tx, r, w, now); {
	case err == nil:
		return s.give(tx, r, g, now)
	case access.CodeOf(err) == "", access.CodeOf(err) == access.Unavailable:
		return err // as long as the window is open, the next pass may know more
	default:
		return s.notBegun(tx, r, g.NotBegun(sentence(err), now), now)
	}
}

// hold has a window wait until the access of the one before is gone; its removal goes on
// with it.
func (s *Service) hold(tx state.Tx, r access.Request, now time.Time) error {
	r, due := r.Hold(now)
	if !due {
		return nil
	}
	if err := state.PutRequest(tx, r); err != nil {
		return err
	}
	_, err := audit.Append(tx, access.Event{At: now, Kind: access.EventHeld, Customer: r.Customer, Request: r.ID})
	return err
}

// release opens the window that has waited for the removal of the access before it. Where
// its time has not come by a clock that was put back, or it cannot be told yet whether it
// may open, it is due from now on: the removal must be recorded all the same.
func (s *Service) release(tx state.Tx, r access.Request, now time.Time) error {
	r = r.Release()
	err := state.PutRequest(tx, r)
	if err == nil {
		err = s.begin(tx, r, now)
	}
	if access.CodeOf(err) == access.Unavailable {
		return state.PutRequest(tx, r)
	}
	return err
}

// mayBegin checks anew what was true when it was approved.
func (s *Service) mayBegin(tx state.Tx, r access.Request, w access.Window, now time.Time) error {
	binding, err := bound(tx, r)
	if err != nil {
		return err
	}
	if err := s.still(tx, r, binding, w.Start, now); err != nil {
		return err
	}
	c, ok := s.Policy().Customer(r.Customer)
	if !ok {
		return access.Refuse(access.Forbidden, "%s is not in policy.yml any more, so nothing can be given there.", r.CustomerName)
	}
	return carried(tx, c, r, w.End)
}

// bound returns the binding of the requester, who must not be somebody else in Entra by
// now.
func bound(tx state.Tx, r access.Request) (access.Staff, error) {
	binding, err := state.Staff(tx, r.Requester.User)
	if err != nil && !errors.Is(err, state.ErrNotFound) {
		return binding, err
	}
	if binding.Principal != r.Principal {
		return binding, access.RefuseAnyone(access.Conflict,
			"%s is no longer linked to the user in Entra that %s was made for, so it cannot be granted.", r.Requester.Name, r.ID)
	}
	return binding, nil
}

// notBegun stores that a window gave nothing, and tells both sides and the operators why.
func (s *Service) notBegun(tx state.Tx, r access.Request, g access.Grant, now time.Time) error {
	if err := state.PutGrant(tx, g); err != nil {
		return err
	}
	ev, err := audit.Append(tx, access.Event{
		At: now, Kind: access.EventFailed, Customer: g.Customer, Request: g.Request,
		Detail: map[string]string{"reason": string(g.EndReason), "window": strconv.Itoa(g.Window)},
	})
	if err != nil {
		return err
	}
	n := outbox.NoticePayload{Notice: outbox.NoticeFailed, User: r.Requester.User, Request: r.ID, Customer: r.Customer}
	err = errors.Join(s.oweCards(tx, ev, r.ID), s.oweNotice(tx, ev, n),
		s.oweTrouble(tx, ev, r.ID, string(r.ID)+" did not begin: "+g.EndNote))
	if c, ok := s.Policy().Customer(r.Customer); ok {
		n.Notice, n.User, n.Channel = outbox.NoticeNotBegun, "", c.Channel
		err = errors.Join(err, s.oweNotice(tx, ev, n))
	}
	return err
}

// Stop has no window of an approved request open any more, and ends the access of one
// that is open. Who may end access may do so.
func (s *Service) Stop(ctx context.Context, o Origin, id access.RequestID, note string) (access.Request, error) {
	var out access.Request
	err := s.act(ctx, o, subject{act: "stop", request: id}, func(tx state.Tx, now time.Time) error {
		r, err := load(tx, id)
		if err != nil {
			return err
		}
		by, err := s.mayRevoke(tx, o, r)
		if err != nil {
			return err
		}
		if out, err = s.stopped(tx, r, by, note, now); err != nil {
			return err
		}
		g, err := state.Grant(tx, id)
		if errors.Is(err, state.ErrNotFound) || err == nil && !g.Live() {
			return nil
		}
		if err != nil {
			return err
		}
		if g, err = g.End(access.Revoked, by, note); err != nil {
			return err
		}
		return s.ending(tx, out, g, by, now)
	})
	return out, err
}

// stopped stores that no window opens any more, and tells who did not do it.
func (s *Service) stopped(tx state.Tx, r access.Request, by access.Person, note string, now time.Time) (access.Request, error) {
	r, err := r.Stop(by, note, now)
	if err != nil {
		return r, err
	}
	if err := state.PutRequest(tx, r); err != nil {
		return r, err
	}
	detail := map[string]string{"window": strconv.Itoa(r.Opened + 1)}
	if note != "" {
		detail["note"] = audit.Digest(r.Salt, note)
	}
	ev, err := audit.Append(tx, access.Event{
		At: now, Actor: by, Kind: access.EventStopped, Customer: r.Customer, Request: r.ID, Detail: detail,
	})
	if err != nil {
		return r, err
	}
	err = s.oweCards(tx, ev, r.ID)
	n := outbox.NoticePayload{Notice: outbox.NoticeStopped, Request: r.ID, Customer: r.Customer}
	if !by.Same(r.Requester) {
		n.User = r.Requester.User
		err = errors.Join(err, s.oweNotice(tx, ev, n))
	}
	if c, ok := s.Policy().Customer(r.Customer); ok && by.Team != c.Team {
		n.User, n.Channel, n.Notice = "", c.Channel, outbox.NoticeStoppedCustomer
		err = errors.Join(err, s.oweNotice(tx, ev, n))
	}
	return r, err
}
