// Package schedule does what time demands: it ends grants and lapses requests
// at their moment, and mirrors Graph into the store.
//
// Its loops are thin. What is due is read from an index, each act is a use case
// with a transaction of its own, and the next moment is computed from the store:
// a crash leaves nothing to recover, and what became due meanwhile is done by
// the first pass after the start.
package schedule

import (
	"context"
	"log/slog"
	"time"

	"latchkey/internal/state"
)

// Due ends grants and lapses requests when their time has come.
type Due struct {
	Store state.Store
	Do    func(context.Context, state.Due) error // approvals.Service.Due
	Now   func() time.Time
	Log   *slog.Logger
}

const (
	batch   = 200
	oneWait = time.Minute // after a failed pass
)

// Once does everything that is due and returns the moment of what comes next;
// zero when nothing waits.
func (d *Due) Once(ctx context.Context) (time.Time, error) {
	for {
		var due []state.Due
		var next time.Time
		err := d.Store.View(ctx, func(tx state.Tx) error {
			var err error
			if due, err = state.DueUntil(tx, d.Now(), batch); err != nil || len(due) > 0 {
				return err
			}
			next, _, err = state.NextDue(tx)
			return err
		})
		if err != nil || len(due) == 0 {
			return next, err
		}
		for _, one := range due {
			if err := d.Do(ctx, one); err != nil {
				return time.Time{}, err
			}
			d.Log.InfoContext(ctx, "due", "kind", one.Kind, "request", one.Request)
		}
	}
}

// Run passes whenever something is due, or wake says that what is due or the
// clock has changed.
func (d *Due) Run(ctx context.Context, wake <-chan struct{}) {
	for {
		next, err := d.Once(ctx)
		if ctx.Err() != nil {
			return
		}
		wait := time.Duration(-1)
		if err != nil {
			d.Log.ErrorContext(ctx, "pass over what is due", "err", err)
			wait = oneWait
		} else if !next.IsZero() {
			wait = max(next.Sub(d.Now()), 0)
		}
		if !pause(ctx, wait, wake) {
			return
		}
	}
}

// pause waits, for ever when wait is negative, or until woken. It reports false
// when ctx has ended.
func pause(ctx context.Context, wait time.Duration, wake <-chan struct{}) bool {
	var timer <-chan time.Time
	if wait >= 0 {
		t := time.NewTimer(wait)
		defer t.Stop()
		timer = t.C
	}
	select {
	case <-timer:
	case <-wake:
	case <-ctx.Done():
		return false
	}
	return true
}
