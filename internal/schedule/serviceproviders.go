package schedule

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"latchkey/internal/access"
	"latchkey/internal/state"
)

// ServiceProviders mirrors which other organisations administer customers'
// tenants, for the customers that let the bot read it.
type ServiceProviders struct {
	Store state.Store
	// Read asks the customer's tenant. It returns [ErrNotLetIn] for a customer that
	// has not let the bot in.
	Read func(context.Context, access.TenantID) ([]access.TenantID, error)
	// Name looks up who a tenant is.
	Name func(context.Context, access.TenantID) (name, domain string, err error)
	// RetryAfter is how long an error of Read asks to wait; zero when it does not.
	RetryAfter func(error) time.Duration
	Customers  func() []access.TenantID
	Now        func() time.Time
	Pause      time.Duration // between two customers
	Log        *slog.Logger
	// Seen is told of each read, in the transaction that writes it. It may be nil.
	Seen func(state.Tx, state.ServiceProviders) error

	tried tries
}

// ErrNotLetIn means that the customer has not let the bot read in its tenant.
var ErrNotLetIn = errors.New("not let in")

const (
	// providersEvery is how often the others are read: they change by contracts.
	providersEvery = 24 * time.Hour
	// letInEvery is how often a customer is tried that has not let the bot in,
	// which it may do without being asked.
	letInEvery = 6 * time.Hour
	// letInPatience is how many times longer than the pause between two looks a
	// customer has been silent that was asked.
	letInPatience = 4
)

// Run reads until ctx ends. The bell tells that somebody may wait, or that the
// clock has jumped.
func (p *ServiceProviders) Run(ctx context.Context, bell <-chan struct{}) {
	r := &rounds{
		store: p.Store, customers: p.Customers, now: p.Now, pause: p.Pause, longest: time.Hour, tried: &p.tried,
		due: p.due, retryAfter: p.RetryAfter, read: p.One,
		failed: func(ctx context.Context, tenant access.TenantID, err error) {
			p.Log.WarnContext(ctx, "service providers not read", "customer", tenant, "err", err)
		},
	}
	r.run(ctx, bell)
}

// due is soon for a customer that was asked to let the bot in, and ever later the
// longer it does not.
func (p *ServiceProviders) due(tx state.Tx, c access.TenantID) (at time.Time, failed bool, err error) {
	known, err := state.ServiceProvidersOf(tx, c)
	switch {
	case err != nil:
		return time.Time{}, false, err
	case known.TriedAt.IsZero(), known.Problem != "":
		return time.Time{}, true, nil
	case known.LetIn:
		return known.TriedAt.Add(providersEvery), false, nil
	}
	wait := letInEvery
	asked, err := state.LetInAskOf(tx, c)
	if _, damaged := state.Unreadable(err); err != nil && !damaged && !errors.Is(err, state.ErrNotFound) {
		return time.Time{}, false, err
	}
	if err == nil {
		wait = min(wait, max(roundRetry, known.TriedAt.Sub(asked.At)/letInPatience))
	}
	return known.TriedAt.Add(wait), false, nil
}

// One reads one customer now and writes what it is told. A customer that has not
// let the bot in is no failure; what was read before it took that back is
// forgotten.
func (p *ServiceProviders) One(ctx context.Context, tenant access.TenantID) error {
	p.tried.note(tenant, p.Now())
	others, readErr := p.Read(ctx, tenant)
	if readErr != nil && ctx.Err() != nil {
		return ctx.Err()
	}
	for _, t := range others {
		if err := nameTenant(ctx, p.Store, p.Log, p.Now(), p.Name, t); err != nil {
			return err
		}
	}
	err := p.Store.Update(ctx, func(tx state.Tx) error {
		known, err := state.ServiceProvidersOf(tx, tenant)
		if _, damaged := state.Unreadable(err); err != nil && !damaged {
			return err
		}
		read := p.told(known, others, readErr)
		read.Customer = tenant
		if err := state.PutServiceProviders(tx, read); err != nil || p.Seen == nil {
			return err
		}
		return p.Seen(tx, read)
	})
	if errors.Is(readErr, ErrNotLetIn) {
		readErr = nil
	}
	return errors.Join(readErr, err)
}

// told is what is known after a read.
func (p *ServiceProviders) told(known state.ServiceProviders, others []access.TenantID, err error) state.ServiceProviders {
	now := p.Now().UTC().Truncate(time.Second)
	known.TriedAt = now
	switch {
	case err == nil:
		known.LetIn, known.Others, known.ReadAt, known.Problem = true, others, now, ""
	case errors.Is(err, ErrNotLetIn):
		known = state.ServiceProviders{TriedAt: now}
	default:
		known.Problem = "Microsoft did not say who else administers the tenant."
	}
	return known
}
