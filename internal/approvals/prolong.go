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

// Prolong asks for more time of access that is in force: a request of its own, which
// whoever decides on such access decides. Only whose access it is may ask.
func (s *Service) Prolong(ctx context.Context, o Origin, id access.RequestID, more time.Duration, why string) (access.Request, error) {
	return s.submit(ctx, o, subject{act: "extend", request: id}, func(tx state.Tx, now time.Time) (Ask, error) {
		r, g, err := s.prolongable(tx, o, id, now)
		return Ask{Customer: r.Customer, Roles: r.Roles, Duration: more, Justification: why, extends: g}, err
	})
}

// MayProlong makes the checks of [Service.Prolong] that come before anything is filled
// in.
func (s *Service) MayProlong(ctx context.Context, o Origin, id access.RequestID) (Entry, error) {
	var out Entry
	now := s.now()
	err := s.Store.View(ctx, func(tx state.Tx) error {
		r, g, err := s.prolongable(tx, o, id, now)
		out = Entry{Request: r, Grant: &g}
		if err != nil {
			return err
		}
		return r.Rule.AllowsExtension(g.Extended)
	})
	return out, s.might(ctx, o, subject{act: "extend", request: id, customer: out.Request.Customer}, err)
}

// prolongable returns access that is in force, to the one whose it is.
func (s *Service) prolongable(tx state.Tx, o Origin, id access.RequestID, now time.Time) (access.Request, access.Grant, error) {
	r, err := load(tx, id)
	if err != nil {
		return r, access.Grant{}, err
	}
	if !o.Actor.Same(r.Requester) {
		return r, access.Grant{}, access.Refuse(access.Forbidden, "Only %s, whose access it is, can ask for more time of %s.", r.Requester.Name, r.ID)
	}
	g, err := state.Grant(tx, id)
	if errors.Is(err, state.ErrNotFound) || err == nil && (g.State != access.Active || !now.Before(g.ExpiresAt)) {
		return r, g, access.Refuse(access.Conflict, "The access of %s is not in force, so there is nothing to extend. Ask for it with `/access request`.", r.ID)
	}
	return r, g, err
}

// mayExtend checks, before an extension is granted, that there still is what it extends.
func (s *Service) mayExtend(tx state.Tx, r access.Request, now time.Time) error {
	of, err := load(tx, r.Extends)
	if err != nil {
		return err
	}
	g, err := state.Grant(tx, r.Extends)
	if err != nil {
		return err
	}
	if g.Principal != r.Principal {
		return access.Refuse(access.Conflict, "The access of %s is that of another user in Entra than %s is linked to now. Ask again with `/access request`.", r.Extends, r.Requester.Name)
	}
	if _, err := g.Extend(r.Until(), now); err != nil {
		return err
	}
	if err := r.Rule.AllowsExtension(g.Extended); err != nil {
		return err
	}
	if err := of.Room(r.Until()); err != nil {
		return err
	}
	c, ok := s.Policy().Customer(r.Customer)
	if !ok {
		return access.Refuse(access.Forbidden, "%s is not in policy.yml any more, so nothing can be given there.", r.CustomerName)
	}
	if err := carried(tx, c, r, r.Until()); access.CodeOf(err) == access.Conflict {
		return access.RefuseAnyone(access.Conflict, "No relationship with %s carries the access of %s until %s, so it cannot be extended.", c.Name, r.Extends, r.Until())
	} else if err != nil {
		return err
	}
	return nil
}

// prolonged moves the end of the access that the approved request extends.
func (s *Service) prolonged(tx state.Tx, r access.Request, now time.Time) error {
	g, err := state.Grant(tx, r.Extends)
	if err != nil {
		return err
	}
	if g, err = g.Extend(r.Until(), now); err != nil {
		return err
	}
	if err := state.PutGrant(tx, g); err != nil {
		return err
	}
	ev, err := audit.Append(tx, access.Event{
		At: now, Kind: access.EventProlonged, Customer: g.Customer, Request: g.Request,
		Detail: map[string]string{"until": g.ExpiresAt.Format(time.RFC3339), "by": string(r.ID)},
	})
	if err != nil {
		return err
	}
	return errors.Join(s.oweEnd(tx, ev, g), s.oweCards(tx, ev, g.Request), s.oweNotice(tx, ev, outbox.NoticePayload{
		Notice: outbox.NoticeExtended, User: g.Requester.User, Request: g.Request, Customer: g.Customer,
	}))
}

// moot closes what asked for more time of access that ends.
func (s *Service) moot(tx state.Tx, of access.RequestID, now time.Time) error {
	waiting, err := state.Extending(tx, of)
	if err != nil {
		return err
	}
	for _, id := range waiting {
		r, err := state.Request(tx, id)
		if _, bad := state.Unreadable(err); bad {
			continue // nobody can decide it either
		}
		if err != nil {
			return err
		}
		if r, err = r.Moot(now); err != nil {
			return quiet(err)
		}
		if err := s.closed(tx, r, access.Person{}, access.EventLapsed, now); err != nil {
			return err
		}
	}
	return nil
}

// warn tells a person that their access ends soon. Of access whose time is over it only
// notes that there is nothing to tell.
func (s *Service) warn(tx state.Tx, id access.RequestID, now time.Time) error {
	g, err := state.Grant(tx, id)
	if err != nil {
		return err
	}
	g, due := g.Warn(now)
	if !due {
		return nil
	}
	if err := state.PutGrant(tx, g); err != nil || !now.Before(g.ExpiresAt) {
		return err
	}
	ev, err := audit.Append(tx, access.Event{At: now, Kind: access.EventWarned, Customer: g.Customer, Request: g.Request})
	if err != nil {
		return err
	}
	return s.oweNotice(tx, ev, outbox.NoticePayload{
		Notice: outbox.NoticeEndsSoon, User: g.Requester.User, Request: g.Request, Customer: g.Customer,
	})
}
