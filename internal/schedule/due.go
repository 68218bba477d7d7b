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
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"sync"
	"time"

	"latchkey/internal/cause"
	"latchkey/internal/state"
)

// Due ends grants and lapses requests and offers when their time has come.
type Due struct {
	Store state.Store
	Do    func(context.Context, state.Due) error // approvals.Service.Due
	Now   func() time.Time
	Log   *slog.Logger
	// Turned is told of each look and of each thing that is done; may be nil.
	Turned func()

	aside aside
}

const (
	batch    = 200
	few      = 8           // up to which things are done one after another
	together = 32          // are done at the same time of more
	oneWait  = time.Minute // between two passes, at the most

	// company is how long one of many things waits for the others to share its commit: they
	// begin at the same moment, and the first would else be committed alone.
	company = 5 * time.Millisecond
)

// Once does everything that is due and returns the moment of what comes next;
// zero when nothing waits. What fails holds up nothing else: it is left for the
// next pass, and its error is returned in the end. A record that cannot be read
// is named in the log once, and is tried again like all that fails.
func (d *Due) Once(ctx context.Context) (time.Time, error) {
	failed, done := map[state.Due]error{}, map[state.Due]bool{}
	for {
		turned(d.Turned)
		due, next, err := d.look(ctx, batch+len(failed))
		if err != nil {
			return time.Time{}, err
		}
		due = slices.DeleteFunc(due, func(one state.Due) bool { return failed[one] != nil })
		if len(due) == 0 {
			if len(failed) > 0 {
				next, err = d.after(ctx)
				return next, errors.Join(append(slices.Collect(maps.Values(failed)), err)...)
			}
			return next, nil
		}
		due = slices.DeleteFunc(due, func(one state.Due) bool {
			if done[one] { // nothing came of it, and nothing would the next time
				failed[one] = fmt.Errorf("%s %s: still due after it was done", one.Kind, one.ID())
			}
			return done[one]
		})
		for one, err := range d.each(ctx, due) {
			if err == nil {
				done[one] = true
				continue
			}
			failed[one] = fmt.Errorf("%s %s: %w", one.Kind, one.ID(), err)
			if bad, ok := state.Unreadable(err); ok {
				d.aside.tell(d.Log, bad)
			}
		}
	}
}

// each does all of what is due and returns what became of each. Few things are done one
// after another. Many are done several at a time, so that they share commits, but what
// concerns the same request in its order.
func (d *Due) each(ctx context.Context, due []state.Due) map[state.Due]error {
	if len(due) > few {
		ctx = state.Patient(ctx, company)
	}
	lanes := map[string][]state.Due{}
	var order []string
	for _, one := range due {
		lane := ""
		if len(due) > few {
			lane = one.ID()
		}
		if lanes[lane] == nil {
			order = append(order, lane)
		}
		lanes[lane] = append(lanes[lane], one)
	}
	out := make(map[state.Due]error, len(due))
	var mu sync.Mutex
	var all sync.WaitGroup
	slots := make(chan struct{}, together)
	for _, lane := range order {
		slots <- struct{}{}
		all.Go(func() {
			defer func() { <-slots }()
			for _, one := range lanes[lane] {
				turned(d.Turned)
				err := d.one(ctx, one)
				mu.Lock()
				out[one] = err
				mu.Unlock()
			}
		})
	}
	all.Wait()
	return out
}

func (d *Due) one(ctx context.Context, one state.Due) error {
	ctx = cause.Due(ctx)
	err := d.Do(ctx, one)
	if err == nil {
		d.Log.InfoContext(ctx, "due", "kind", one.Kind, "request", one.ID())
	}
	return err
}

func turned(tell func()) {
	if tell != nil {
		tell()
	}
}

// look lists what is due, or else when the next thing is.
func (d *Due) look(ctx context.Context, limit int) (due []state.Due, next time.Time, err error) {
	err = d.Store.View(ctx, func(tx state.Tx) error {
		if due, err = state.DueUntil(tx, d.Now(), limit); err != nil || len(due) > 0 {
			return err
		}
		first, _, err := state.NextDue(tx)
		next = first.At
		return err
	})
	return due, next, err
}

// after is the moment of the first thing that is not due yet, for which what has
// failed must not be waited for.
func (d *Due) after(ctx context.Context) (next time.Time, err error) {
	err = d.Store.View(ctx, func(tx state.Tx) error {
		next, _, err = state.NextDueAfter(tx, d.Now())
		return err
	})
	return next, err
}

// Run passes whenever something is due, or wake says that what is due or the
// clock has changed, and every minute: nobody tells of a clock that was put
// right, or of a machine that slept.
func (d *Due) Run(ctx context.Context, wake <-chan struct{}) {
	for {
		next, err := d.Once(ctx)
		if ctx.Err() != nil {
			return
		}
		wait := oneWait
		if err != nil {
			d.Log.ErrorContext(ctx, "pass over what is due", "err", err)
		}
		if until := max(next.Sub(d.Now()), 0); !next.IsZero() && until < wait {
			wait = until
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
