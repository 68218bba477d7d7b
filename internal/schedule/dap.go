package schedule

import (
	"context"
	"errors"
	"log/slog"
	"sync/atomic"
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
	Problem func(error) string
	// Gone reports whether an error of Read says that the partner has no such
	// customer.
	Gone func(error) bool
	// Customers are read first; those that Graph names follow.
	Customers func() []access.TenantID
	Now       func() time.Time
	Interval  time.Duration
	Pause     time.Duration // between two customers
	Log       *slog.Logger
	// Seen is told of each read and of what was known before, in the transaction
	// that writes it. It may be nil.
	Seen func(tx state.Tx, old, now state.DAP) error
	// Rested is told after a while in which something was seen that differs from
	// what was known. It may be nil.
	Rested func(state.Tx) error

	tried tries
	news  atomic.Bool // since Rested was told
}

// Run reads until ctx ends. The bell tells that somebody may wait, or that the
// clock has jumped.
func (d *DAP) Run(ctx context.Context, bell <-chan struct{}) {
	r := &rounds{
		store: d.Store, customers: d.Customers, everyone: true, now: d.Now, pause: d.Pause, longest: d.Interval, tried: &d.tried,
		due: d.due, awaited: awaited, retryAfter: d.RetryAfter,
		read: func(ctx context.Context, tenant access.TenantID) error {
			_, err := d.One(ctx, tenant)
			return err
		},
		failed: func(ctx context.Context, tenant access.TenantID, err error) {
			d.Log.WarnContext(ctx, "legacy administration not read", "customer", tenant, "err", err)
		},
		rested: d.rested,
	}
	r.run(ctx, bell)
}

func (d *DAP) rested(ctx context.Context) error {
	if d.Rested == nil || !d.news.Swap(false) {
		return nil
	}
	err := d.Store.Update(ctx, d.Rested)
	if err != nil {
		d.news.Store(true)
	}
	return err
}

func (d *DAP) due(tx state.Tx, c access.TenantID) (at time.Time, failed bool, err error) {
	known, _, err := state.DAPOf(tx, c)
	failed = known.Problem != "" && (known.GoneSince.IsZero() || known.ReadAt.Before(known.GoneSince)) || known.ReadAt.IsZero()
	return known.ReadAt.Add(d.Interval), failed, err
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

// noRelationship is what Partner Center calls having none.
const noRelationship = "none"

// without is what is known of a customer who could not be read. That Partner Center
// does not know the customer any more is believed when it says so again, a while
// later.
func (d *DAP) without(known state.DAP, readErr error) state.DAP {
	now := d.Now().UTC().Truncate(time.Second)
	known.Problem = d.Problem(readErr)
	switch {
	case !d.Gone(readErr):
		known.GoneSince = time.Time{}
	case known.GoneSince.IsZero():
		known.GoneSince = now
	case now.Sub(known.GoneSince) >= doubtFor:
		known.Relationship, known.ReadAt = noRelationship, now
	}
	return known
}

// One reads one customer now and writes what it is told. A read that fails
// leaves what was known and says so beside it; its error is returned.
func (d *DAP) One(ctx context.Context, tenant access.TenantID) (state.DAP, error) {
	d.tried.note(tenant, d.Now())
	read, readErr := d.Read(ctx, tenant)
	if readErr != nil && ctx.Err() != nil {
		return read, ctx.Err()
	}
	changed := false
	err := d.Store.Update(ctx, func(tx state.Tx) error {
		known, _, err := state.DAPOf(tx, tenant)
		if _, damaged := state.Unreadable(err); err != nil && !damaged {
			return err
		}
		if readErr != nil {
			read = d.without(known, readErr)
		} else {
			read.ReadAt, read.Problem = d.Now().UTC().Truncate(time.Second), ""
		}
		read.Customer = tenant
		if changed, err = state.PutDAP(tx, read); err != nil {
			return err
		}
		if d.Seen == nil {
			return nil
		}
		return d.Seen(tx, known, read)
	})
	if err == nil && changed {
		d.news.Store(true)
	}
	return read, errors.Join(readErr, err)
}
