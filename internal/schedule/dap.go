package schedule

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"latchkey/internal/access"
	"latchkey/internal/state"
)

// DAP mirrors whether customers still have legacy delegated administration.
// Partner Center tells it of one customer at a time and is throttled, so the
// customers are read slowly, one after another, and each at most once in the
// interval, unless somebody waits for it.
type DAP struct {
	Store state.Store
	// Read asks Partner Center. What it returns has no time yet.
	Read func(context.Context, access.TenantID) (state.DAP, error)
	// RetryAfter is how long an error of Read asks to wait; zero when it does not.
	RetryAfter func(error) time.Duration
	// Problem words an error of Read for people.
	Problem   func(error) string
	Customers func() []access.TenantID
	Now       func() time.Time
	Interval  time.Duration
	Pause     time.Duration // between two customers
	Log       *slog.Logger
	// Seen is told of each read, in the transaction that writes it. It may be nil.
	Seen func(state.Tx, state.DAP) error

	tried tries
}

// Run reads until ctx ends. The bell tells that somebody may wait, or that the
// clock has jumped.
func (d *DAP) Run(ctx context.Context, bell <-chan struct{}) {
	r := &rounds{
		store: d.Store, customers: d.Customers, now: d.Now, pause: d.Pause, longest: d.Interval, tried: &d.tried,
		due: d.due, awaited: awaited, retryAfter: d.RetryAfter,
		read: func(ctx context.Context, tenant access.TenantID) error {
			_, err := d.One(ctx, tenant)
			return err
		},
		failed: func(ctx context.Context, tenant access.TenantID, err error) {
			d.Log.WarnContext(ctx, "legacy administration not read", "customer", tenant, "err", err)
		},
	}
	r.run(ctx, bell)
}

func (d *DAP) due(tx state.Tx, c access.TenantID) (at time.Time, failed bool, err error) {
	known, _, err := state.DAPOf(tx, c)
	return known.ReadAt.Add(d.Interval), known.Problem != "" || known.ReadAt.IsZero(), err
}

// awaited is about which customers somebody waits for a word, and since when.
func awaited(tx state.Tx) (map[access.TenantID]time.Time, error) {
	out := map[access.TenantID]time.Time{}
	later := func(c access.TenantID, at time.Time) {
		if at.After(out[c]) {
			out[c] = at
		}
	}
	asks, err := state.DAPAsks(tx)
	if err != nil {
		return nil, err
	}
	for _, a := range asks {
		later(a.Customer, a.At)
	}
	tickets, err := state.AllTickets(tx)
	if err != nil {
		return nil, err
	}
	for _, t := range tickets {
		if t.Act == state.TicketDAP && t.Underway() {
			later(t.Customer, t.TakenAt)
		}
	}
	return out, nil
}

// One reads one customer now and writes what it is told. A read that fails
// leaves what was known and says so beside it; its error is returned.
func (d *DAP) One(ctx context.Context, tenant access.TenantID) (state.DAP, error) {
	d.tried.note(tenant, d.Now())
	read, readErr := d.Read(ctx, tenant)
	if readErr != nil && ctx.Err() != nil {
		return read, ctx.Err()
	}
	err := d.Store.Update(ctx, func(tx state.Tx) error {
		if readErr != nil {
			known, _, err := state.DAPOf(tx, tenant)
			if _, damaged := state.Unreadable(err); err != nil && !damaged {
				return err
			}
			read = known
			read.Problem = d.Problem(readErr)
		} else {
			read.ReadAt, read.Problem = d.Now().UTC().Truncate(time.Second), ""
		}
		read.Customer = tenant
		if _, err := state.PutDAP(tx, read); err != nil {
			return err
		}
		if d.Seen == nil {
			return nil
		}
		return d.Seen(tx, read)
	})
	return read, errors.Join(readErr, err)
}
