// Package approvals holds the use cases: asking for access, deciding, taking it
// back, and what follows when Entra or Slack have answered.
//
// Each use case is one transaction: it loads the records, checks the authority
// of the person who acts against the store, changes state through the pure
// rules of package access, and writes records, audit events and the effects
// owed to the outside. Nothing here talks to the network. A crash leaves the
// whole change or none of it; a refusal leaves an audit event and nothing else.
package approvals

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"time"

	"latchkey/internal/access"
	"latchkey/internal/archive"
	"latchkey/internal/audit"
	"latchkey/internal/outbox"
	"latchkey/internal/policy"
	"latchkey/internal/state"
)

// Service carries out the use cases. Its fields are set once, before use.
type Service struct {
	Store  state.Store
	Policy func() *policy.Policy
	Now    func() time.Time
	// Protocol is the time that Slack and the outbox count in. It is the real
	// time even where Now, by which grants end, has been moved.
	Protocol func() time.Time
	NewID    func() (access.RequestID, error)
	NewNonce func() (string, error) // unguessable, for marks and salts
	Team     func() access.TeamID   // the installing workspace
	Tenant   access.TenantID        // the partner's own in Entra
	Watch    Watcher                // may be nil
	// Lacks names the permissions that the bot is known to lack for a power; may be nil.
	Lacks func(Power) []string
	// Archive keeps what is about to be deleted because it ended long ago, and returns when
	// it is safe; nil: nothing is kept.
	Archive func(context.Context, []archive.Entry, time.Time) error
	// Page says that customers' people can sign in on the bot's page.
	Page bool
	// AuditKey is the private key that signs checkpoints of the audit log. Nil, or empty: the
	// one that was drawn when the log began.
	AuditKey func() string
	// Mails says that contacts who are not in Slack are written to.
	Mails bool
}

// Origin says who acts, where, and by which delivery.
type Origin struct {
	Actor   access.Person
	Channel access.ChannelID // empty when Slack does not say, as for modals
	// SignIn is set when they act on the page, having signed in; Actor is that person.
	SignIn *access.SignIn
	// Delivery recognises the delivery when it comes again. Empty means that
	// it cannot come again.
	Delivery string
}

// errReplayed rolls a repeated delivery back.
var errReplayed = errors.New("delivery seen before")

// subject is what an act is about, for the audit of its refusal.
type subject struct {
	act      string
	customer access.TenantID
	request  access.RequestID
}

// of is the customer whom the act concerns: that of the request where there is one, so that
// a refusal is never filed under another.
func (a subject) of(tx state.Tx) (access.TenantID, error) {
	if a.request == "" {
		return a.customer, nil
	}
	r, err := state.Request(tx, a.request)
	if absent(err) {
		return a.customer, nil
	}
	return r.Customer, err
}

// act runs a use case in one transaction, once per delivery. A refusal is
// audited in a transaction of its own, since the refused one wrote nothing. One for which
// there was no time has written nothing either, and whoever asked is told to try again.
func (s *Service) act(ctx context.Context, o Origin, about subject, fn func(state.Tx, time.Time) error) error {
	now := s.now()
	err := s.Store.Update(ctx, func(tx state.Tx) error {
		if err := s.once(tx, o); err != nil {
			return err
		}
		if err := s.able(about.act); err != nil {
			return err
		}
		return fn(tx, now)
	})
	if errors.Is(err, context.DeadlineExceeded) && !errors.Is(err, state.ErrUnknown) {
		slow := access.RefuseAnyone(access.Unavailable, "This was not recorded: it took too long to write it down, and nothing has changed. Please try again.")
		slow.Err = err
		return slow
	}
	return s.audited(ctx, o, about, err)
}

// once refuses a delivery that has been seen before.
func (s *Service) once(tx state.Tx, o Origin) error {
	if o.Delivery == "" {
		return nil
	}
	isNew, err := state.MarkDelivery(tx, o.Delivery, s.Protocol())
	if err == nil && !isNew {
		return errReplayed
	}
	return err
}

// audited records a refusal and passes err on. Internal errors pass untouched.
func (s *Service) audited(ctx context.Context, o Origin, about subject, err error) error {
	kind := access.EventRefused
	var refusal *access.Error
	switch {
	case errors.Is(err, errReplayed):
		kind = access.EventReplayed
		refusal = access.RefuseAnyone(access.Conflict, "This was already received once; nothing was done twice.")
	case errors.As(err, &refusal):
	default:
		return err
	}
	now := s.now()
	auditErr := s.Store.Update(ctx, func(tx state.Tx) error {
		if kind == access.EventRefused && o.Delivery != "" {
			if _, err := state.MarkDelivery(tx, o.Delivery, s.Protocol()); err != nil {
				return err
			}
		}
		customer, err := about.of(tx)
		if err != nil {
			return err
		}
		_, err = audit.Append(tx, access.Event{
			At: now, Actor: o.Actor, Kind: kind, Customer: customer, Request: about.request,
			Detail: map[string]string{"act": about.act, "code": string(refusal.Code)},
		})
		return err
	})
	if auditErr != nil {
		return fmt.Errorf("audit a refusal: %w", auditErr)
	}
	return refusal
}

// Refuse audits a refusal that was found before any use case ran, and returns it.
func (s *Service) Refuse(ctx context.Context, o Origin, what string, refusal *access.Error) error {
	return s.audited(ctx, o, subject{act: what}, refusal)
}

// TurnedAway audits deliveries that were not taken, forged or repeated ones: this
// one, and those that were suppressed since the last report.
func (s *Service) TurnedAway(ctx context.Context, kind access.EventKind, path string, suppressed int) error {
	return s.Store.Update(ctx, func(tx state.Tx) error {
		_, err := audit.Append(tx, access.Event{
			At: s.now(), Kind: kind,
			Detail: map[string]string{"path": path, "suppressed": strconv.Itoa(suppressed)},
		})
		return err
	})
}

// now is the instant of a use case: UTC and whole milliseconds, as stored.
func (s *Service) now() time.Time { return s.Now().UTC().Truncate(time.Millisecond) }

// staff returns the binding of the person who acts, who must belong to the
// installing workspace and be linked to an Entra user.
func (s *Service) staff(tx state.Tx, p access.Person) (access.Staff, error) {
	if p.User == "" || p.Team != s.Team() {
		return access.Staff{}, access.Refuse(access.Forbidden, "Only staff of the partner can do this.")
	}
	b, err := state.Staff(tx, p.User)
	if errors.Is(err, state.ErrNotFound) {
		return access.Staff{}, errNotLinked
	}
	return b, err
}

// reader checks that the person may look: linked staff and bot admins.
func (s *Service) reader(tx state.Tx, p access.Person) error {
	if s.isAdmin(p) {
		return nil
	}
	_, err := s.staff(tx, p)
	return err
}

// named gives a person the name by which colleagues know them, where the store
// has one; Slack sends a handle.
func named(tx state.Tx, p access.Person) access.Person {
	if b, err := state.Staff(tx, p.User); err == nil && b.Person.Same(p) {
		p.Name = b.Person.Name
	}
	return p
}

func (s *Service) isAdmin(p access.Person) bool {
	return p.Team != "" && p.Team == s.Team() && s.Policy().Admin(p.User)
}

func (s *Service) admin(p access.Person) error {
	if s.isAdmin(p) {
		return nil
	}
	return access.Refuse(access.Forbidden, "Only a bot admin can do this. The admins are listed in policy.yml.")
}

// load returns a request, or a refusal that names what was looked for.
func load(tx state.Tx, id access.RequestID) (access.Request, error) {
	r, err := state.Request(tx, id)
	if errors.Is(err, state.ErrNotFound) {
		return r, access.RefuseAnyone(access.NotFound, "There is no request %s. `/access mine` lists yours.", id)
	}
	return r, err
}

// owe enqueues an effect that the event caused.
func (s *Service) owe(tx state.Tx, cause access.Event, scope, kind, lane string, payload any) error {
	return s.oweIn(tx, 0, cause, scope, kind, lane, payload)
}

// oweIn is owe of what need not be done for so long.
func (s *Service) oweIn(tx state.Tx, wait time.Duration, cause access.Event, scope, kind, lane string, payload any) error {
	raw, err := json.Marshal(payload)
	if err != nil {
		return fmt.Errorf("payload of %s: %w", kind, err)
	}
	now := s.Protocol()
	return outbox.Enqueue(tx, outbox.Effect{
		ID:        fmt.Sprintf("%s/%04d/%s", scope, cause.Seq, kind),
		Lane:      lane,
		Kind:      kind,
		Payload:   raw,
		NotBefore: now.Add(wait),
	}, now)
}

// absent reports whether there is no such record, or none that can be read.
func absent(err error) bool {
	_, damaged := state.Unreadable(err)
	return damaged || errors.Is(err, state.ErrNotFound)
}
