package schedule

import (
	"context"
	"errors"
	"log/slog"
	"sync"
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

// dapRetry is how long a customer that could not be read is left alone.
const dapRetry = 30 * time.Second

// tries remembers when each customer was last asked about, so that one that
// cannot be read is not asked about without end. It is rebuilt by every start.
type tries struct {
	mu sync.Mutex
	at map[access.TenantID]time.Time
}

func (t *tries) of(c access.TenantID) time.Time {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.at[c]
}

func (t *tries) note(c access.TenantID, at time.Time) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.at == nil {
		t.at = map[access.TenantID]time.Time{}
	}
	t.at[c] = at
}

// Run reads until ctx ends. The bell tells that somebody may wait, or that the
// clock has jumped.
func (d *DAP) Run(ctx context.Context, bell <-chan struct{}) {
	for ctx.Err() == nil {
		tenant, wait, err := d.next(ctx)
		if err == nil && tenant != "" {
			wait, err = d.Pause, d.readOne(ctx, tenant)
		}
		hurry := bell
		if err != nil {
			if ctx.Err() != nil {
				return
			}
			d.Log.WarnContext(ctx, "legacy administration not read", "customer", tenant, "err", err)
			wait = max(d.Pause, d.RetryAfter(err))
		}
		if err != nil || tenant != "" {
			hurry = nil // a pause that Partner Center needs is not cut short
		}
		pause := time.NewTimer(wait)
		select {
		case <-hurry:
		case <-pause.C:
		case <-ctx.Done():
		}
		pause.Stop()
	}
}

func (d *DAP) readOne(ctx context.Context, tenant access.TenantID) error {
	_, err := d.One(ctx, tenant)
	return err
}

// next returns the customer to read now, or how long there is none.
func (d *DAP) next(ctx context.Context) (tenant access.TenantID, wait time.Duration, err error) {
	now := d.Now()
	wait = d.Interval
	err = d.Store.View(ctx, func(tx state.Tx) error {
		urgent, err := awaited(tx)
		if err != nil {
			return err
		}
		for c, since := range urgent {
			if tried := d.tried.of(c); tried.Before(since) || now.Sub(tried) >= dapRetry {
				tenant = c
				return nil
			}
			wait = min(wait, dapRetry)
		}
		for _, c := range d.Customers() {
			known, _, err := state.DAPOf(tx, c)
			if err != nil {
				return err
			}
			due := known.ReadAt.Add(d.Interval)
			if known.Problem != "" || known.ReadAt.IsZero() {
				due = d.tried.of(c).Add(min(dapRetry, d.Interval))
			}
			if !due.After(now) {
				tenant = c
				return nil
			}
			wait = min(wait, due.Sub(now))
		}
		return nil
	})
	return tenant, wait, err
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
			if err != nil {
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
