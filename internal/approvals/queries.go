package approvals

import (
	"context"
	"errors"
	"slices"
	"time"

	"latchkey/internal/access"
	"latchkey/internal/audit"
	"latchkey/internal/state"
)

// Entry is a request with its grant, if it has one.
type Entry struct {
	Request access.Request
	Grant   *access.Grant
	// HeldUntil is until when another grant keeps the access that this one
	// gave; zero when none does.
	HeldUntil time.Time
	// Unverified are the contacts who have not signed in yet, while it waits for them.
	Unverified []access.Contact
	// Lost is the status of the relationship that carried the grant's access,
	// when it does not any more. Only an overview finds it out.
	Lost access.RelationshipStatus
	// Review is that of an access that was taken by break-glass; nil for any other.
	Review *access.BreakGlassReview
	// Activity says that the customer's own logs are read. Only cards of access that is over
	// find it out.
	Activity bool
}

// Overview is what the partner sees of one customer.
type Overview struct {
	Customer      Customer
	Relationships []state.MirroredRelationship
	Providers     map[access.TenantID]state.Provider // the indirect providers of the relationships
	Grants        []Entry                            // that are not over
	ReadAt        time.Time                          // when the relationships were read; zero when never
	Problem       string                             // what went wrong in the last attempt to read them
	Unreadable    int                                // records that are damaged and therefore not shown
	DAP           DAPStory
	Others        Others
}

// Story is a request with what happened to it.
type Story struct {
	Entry
	Events []access.Event
}

// Overview returns what is known of a customer. Only linked staff and bot
// admins may look.
func (s *Service) Overview(ctx context.Context, o Origin, tenant access.TenantID) (Overview, error) {
	var out Overview
	err := s.view(ctx, o, subject{act: "list", customer: tenant}, func(tx state.Tx) error {
		c, err := s.customer(tx, tenant)
		if err != nil {
			return err
		}
		out.Customer = c
		unread := 0
		if out.Relationships, unread, err = state.ReadableRelationships(tx, tenant); err != nil {
			return err
		}
		out.Unreadable += unread
		if out.Providers, err = providersOf(tx, out.Relationships); err != nil {
			return err
		}
		info, err := state.Mirror(tx)
		if err != nil {
			return err
		}
		out.ReadAt, out.Problem = info.ReadAt, info.Problem
		if out.DAP, err = s.dapStory(tx, tenant); err != nil {
			return err
		}
		if out.Others, err = others(tx, tenant, s.now()); err != nil {
			return err
		}
		ids, err := state.GrantsOf(tx, tenant)
		if err != nil {
			return err
		}
		out.Grants, unread, err = entries(tx, ids)
		out.Unreadable += unread
		if err != nil {
			return err
		}
		return lost(tx, out.Grants, out.Relationships)
	})
	return out, err
}

// lost marks the grants whose relationship has ended or is being ended: their
// time goes on, but they give nothing any more, or will not for long.
func lost(tx state.Tx, grants []Entry, relationships []state.MirroredRelationship) error {
	for i, e := range grants {
		if e.Grant == nil || !e.Grant.Live() {
			continue
		}
		c, err := state.Container(tx, e.Grant.Container)
		if _, bad := state.Unreadable(err); bad || errors.Is(err, state.ErrNotFound) {
			continue
		}
		if err != nil {
			return err
		}
		for _, m := range relationships {
			if m.ID == c.Relationship && m.Ending() {
				grants[i].Lost = m.Status
			}
		}
	}
	return nil
}

// Mine lists what the person asked for that is still open and can be read.
func (s *Service) Mine(ctx context.Context, o Origin) ([]Entry, error) {
	var out []Entry
	err := s.view(ctx, o, subject{act: "mine"}, func(tx state.Tx) error {
		ids, err := state.OpenOf(tx, o.Actor.User)
		if err != nil {
			return err
		}
		out, _, err = entries(tx, ids)
		return err
	})
	return out, err
}

// Show returns one request with its history.
func (s *Service) Show(ctx context.Context, o Origin, id access.RequestID) (Story, error) {
	var out Story
	err := s.view(ctx, o, subject{act: "show", request: id}, func(tx state.Tx) error {
		if _, err := load(tx, id); err != nil {
			return err
		}
		e, err := entry(tx, id)
		if err != nil {
			return err
		}
		out.Entry = e
		out.Events, err = audit.Of(tx, id)
		return err
	})
	return out, err
}

// Entry returns a request with its grant, for its cards. It checks nobody's
// authority: who reads a card is decided by where it is posted.
func (s *Service) Entry(ctx context.Context, id access.RequestID) (Entry, error) {
	var out Entry
	err := s.Store.View(ctx, func(tx state.Tx) error {
		var err error
		if out, err = entry(tx, id); err != nil {
			return err
		}
		if out.Grant != nil && out.Grant.Final() && !out.Grant.ActiveAt.IsZero() {
			c, err := state.ActivityCursor(tx, out.Request.Customer)
			out.Activity = c.State() == access.ActivityRead
			return err
		}
		if out.Request.State != access.Pending {
			return nil
		}
		all, err := state.ContactsOf(tx, out.Request.Customer)
		out.Unverified = slices.DeleteFunc(all, access.Contact.Verified)
		return err
	})
	return out, err
}

// Contacts lists who may decide for a customer.
func (s *Service) Contacts(ctx context.Context, o Origin, tenant access.TenantID) ([]access.Contact, error) {
	var out []access.Contact
	err := s.view(ctx, o, subject{act: "customer", customer: tenant}, func(tx state.Tx) error {
		var err error
		out, err = s.contacts(tx, tenant)
		return err
	})
	return out, err
}

// Staff lists who is linked to which user in Entra. Only bot admins may look.
func (s *Service) Staff(ctx context.Context, o Origin) ([]access.Staff, error) {
	var out []access.Staff
	err := s.view(ctx, o, subject{act: "staff"}, func(tx state.Tx) error {
		if err := s.admin(o.Actor); err != nil {
			return err
		}
		var err error
		out, err = state.AllStaff(tx)
		return err
	})
	return out, err
}

// view runs a query for linked staff and bot admins; a refusal is audited.
func (s *Service) view(ctx context.Context, o Origin, about subject, fn func(state.Tx) error) error {
	err := s.Store.View(ctx, func(tx state.Tx) error {
		if err := s.reader(tx, o.Actor); err != nil {
			return err
		}
		if err := s.able(about.act); err != nil {
			return err
		}
		return fn(tx)
	})
	if access.CodeOf(err) == access.Forbidden {
		return s.audited(ctx, o, about, err)
	}
	return err
}

// entries leaves out what cannot be read, and counts it.
func entries(tx state.Tx, ids []access.RequestID) (out []Entry, unread int, err error) {
	out = make([]Entry, 0, len(ids))
	for _, id := range ids {
		e, err := entry(tx, id)
		if _, bad := state.Unreadable(err); bad {
			unread++
			continue
		}
		if err != nil {
			return nil, 0, err
		}
		out = append(out, e)
	}
	return out, unread, nil
}

func entry(tx state.Tx, id access.RequestID) (Entry, error) {
	r, err := state.Request(tx, id)
	if err != nil {
		return Entry{}, err
	}
	e := Entry{Request: r}
	if r.BrokeGlass() {
		v, err := state.BreakGlassReview(tx, id)
		if err == nil {
			e.Review = &v
		} else if !absent(err) {
			return e, err
		}
	}
	g, err := state.Grant(tx, id)
	if errors.Is(err, state.ErrNotFound) {
		return e, nil
	}
	if err != nil {
		return e, err
	}
	e.Grant = &g
	if g.HeldBy != "" {
		other, err := state.Grant(tx, g.HeldBy)
		if _, bad := state.Unreadable(err); bad {
			return e, nil
		}
		if err != nil {
			return e, err
		}
		e.HeldUntil = other.ExpiresAt
	}
	return e, nil
}
