package schedule

import (
	"context"
	"sync"
	"time"

	"latchkey/internal/access"
	"latchkey/internal/state"
)

// rounds reads customers slowly, one after another, each at most once in an
// interval, unless somebody waits for it. It is how services are asked that tell
// of one customer at a time and are throttled.
type rounds struct {
	store     state.Store
	customers func() []access.TenantID
	// everyone has the customers that Graph names be read, too.
	everyone bool
	now      func() time.Time
	pause    time.Duration // between two customers
	longest  time.Duration // after which it looks again who is due
	// due is when the customer is to be read again, and whether the last read of it
	// failed, or was never: then it is tried again after a while.
	due func(state.Tx, access.TenantID) (at time.Time, failed bool, err error)
	// awaited is about which customers somebody waits for a word, and since when. It
	// may be nil.
	awaited func(state.Tx) (map[access.TenantID]time.Time, error)
	// read reads one customer now and writes what it is told.
	read func(context.Context, access.TenantID) error
	// retryAfter is how long an error of read asks to wait; zero when it does not.
	retryAfter func(error) time.Duration
	failed     func(context.Context, access.TenantID, error)
	// rested is called when nobody is due, and once in a while when somebody always
	// is. It may be nil.
	rested func(context.Context) error

	tried *tries
	at    int // where in the customers the next look begins
	all   []access.TenantID
	asOf  time.Time // when the mirror was read of which all was made
}

// restEvery is how long a round may go on before it is taken for rested.
const restEvery = time.Minute

// roundRetry is how long a customer that could not be read is left alone.
const roundRetry = 30 * time.Second

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

// run reads until ctx ends. The bell tells that somebody may wait, or that the
// clock has jumped.
func (r *rounds) run(ctx context.Context, bell <-chan struct{}) {
	rested := time.Now()
	for ctx.Err() == nil {
		looked := time.Now()
		tenant, wait, err := r.next(ctx)
		if err == nil && r.rested != nil && (tenant == "" || looked.Sub(rested) >= restEvery) {
			rested, err = looked, r.rested(ctx)
		}
		if err == nil && tenant != "" {
			wait, err = r.pause, r.read(ctx, tenant)
		}
		hurry := bell
		if err != nil {
			if ctx.Err() != nil {
				return
			}
			r.failed(ctx, tenant, err)
			wait = max(r.pause, r.retryAfter(err))
		}
		if err != nil || tenant != "" {
			hurry = nil // a pause that the service needs is not cut short
		}
		if rest(ctx, wait, hurry) {
			// Every commit rings, and each look is at all customers.
			rest(ctx, r.pause-time.Since(looked), nil)
		}
	}
}

// rest waits, and reports whether the bell ended it.
func rest(ctx context.Context, wait time.Duration, bell <-chan struct{}) (rung bool) {
	pause := time.NewTimer(wait)
	defer pause.Stop()
	select {
	case <-bell:
		return true
	case <-pause.C:
	case <-ctx.Done():
	}
	return false
}

// list returns whom to read. What Graph names is listed anew once it has been read.
func (r *rounds) list(tx state.Tx) ([]access.TenantID, error) {
	if !r.everyone {
		return r.customers(), nil
	}
	info, err := state.Mirror(tx)
	if err != nil || r.all != nil && info.ReadAt.Equal(r.asOf) {
		return r.all, err
	}
	known, err := state.KnownCustomers(tx)
	if err != nil {
		return nil, err
	}
	all := r.customers()
	seen := make(map[access.TenantID]bool, len(all)+len(known))
	for _, c := range all {
		seen[c] = true
	}
	for _, k := range known {
		if !seen[k.Tenant] {
			all = append(all, k.Tenant)
		}
	}
	r.all, r.asOf = all, info.ReadAt
	return all, nil
}

// next returns the customer to read now, or how long there is none. It begins
// after the one before, so that a round looks at each customer about once.
func (r *rounds) next(ctx context.Context) (tenant access.TenantID, wait time.Duration, err error) {
	now := r.now()
	wait = r.longest
	err = r.store.View(ctx, func(tx state.Tx) error {
		var urgent map[access.TenantID]time.Time
		if r.awaited != nil {
			var err error
			if urgent, err = r.awaited(tx); err != nil {
				return err
			}
		}
		for c, since := range urgent {
			if tried := r.tried.of(c); tried.Before(since) || now.Sub(tried) >= roundRetry {
				tenant = c
				return nil
			}
			wait = min(wait, roundRetry)
		}
		all, err := r.list(tx)
		if err != nil {
			return err
		}
		for i := range all {
			at := (r.at + i) % len(all)
			due, failed, err := r.due(tx, all[at])
			_, damaged := state.Unreadable(err)
			if err != nil && !damaged {
				return err
			}
			if failed || damaged { // a good read takes the place of a damaged record
				due = r.tried.of(all[at]).Add(min(roundRetry, r.longest))
			}
			if !due.After(now) {
				tenant, r.at = all[at], at+1
				return nil
			}
			wait = min(wait, due.Sub(now))
		}
		return nil
	})
	return tenant, wait, err
}
