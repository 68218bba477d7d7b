package outbox

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"runtime/debug"
	"sync"
	"sync/atomic"
	"time"

	"latchkey/internal/cause"
	"latchkey/internal/state"
)

// Runner performs effects. Several runners may share a store; an effect is held
// by one of them at a time, and a runner that was too slow finds its lease gone
// and writes nothing.
type Runner struct {
	Store    state.Store
	Handlers map[string]Handler // by kind
	Owner    string             // differs between runners, and between lives of one
	// Now is protocol time: leases and waits are real even where the bot's
	// clock is moved.
	Now     func() time.Time
	Backoff func(attempt int) time.Duration // wait after the attempt'th failure
	Lease   time.Duration                   // how long one try may take
	Workers int                             // tries at the same time
	// Prompt says which kinds must not wait for the others: one worker of several is
	// theirs alone. It may be nil.
	Prompt func(kind string) bool
	Log    *slog.Logger
	Turned func() // is told of each turn of the loop; may be nil
	// Begin is told of each try and returns its context, and a function that is told
	// what became of it. It may be nil.
	Begin func(ctx context.Context, kind string) (context.Context, func(outcome string))

	once   sync.Once
	wake   chan struct{}
	others atomic.Int64 // tries under way of kinds that are not prompt
	mu     sync.Mutex
	busy   map[string]bool // effects under way here, by id
}

// Wake tells the runner that there may be something to do. It never blocks.
func (r *Runner) Wake() {
	r.init()
	select {
	case r.wake <- struct{}{}:
	default:
	}
}

// Underway is how many tries are under way.
func (r *Runner) Underway() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return len(r.busy)
}

func (r *Runner) init() {
	r.once.Do(func() { r.wake, r.busy = make(chan struct{}, 1), map[string]bool{} })
}

// Run performs effects until ctx ends, then waits for the tries under way.
func (r *Runner) Run(ctx context.Context) { r.RunWhile(ctx, context.WithoutCancel(ctx)) }

// RunWhile is Run for a runner whose leases others may take before they run out: they do
// so after alive has ended, which also ends the tries under way.
func (r *Runner) RunWhile(ctx, alive context.Context) {
	r.init()
	slots := make(chan struct{}, max(r.Workers, 1))
	var tries sync.WaitGroup
	defer tries.Wait()
	for {
		select {
		case slots <- struct{}{}:
		case <-ctx.Done():
			return
		}
		if r.Turned != nil {
			r.Turned()
		}
		e, ok, next, err := r.next(ctx, r.wants())
		if err == nil && ok {
			r.hold(e, true)
			other := int64(0)
			if !r.prompt(e.Kind) {
				other = 1
			}
			r.others.Add(other)
			tries.Go(func() {
				r.attempt(alive, e)
				r.others.Add(-other)
				<-slots
				r.Wake()
			})
			continue
		}
		<-slots
		if err != nil && ctx.Err() == nil {
			r.Log.ErrorContext(ctx, "take an effect", "err", err)
			next = r.Now().Add(time.Second)
		}
		if !r.sleep(ctx, next) {
			return
		}
	}
}

// Once performs everything that is due, one after another, and returns the
// moment of the next effect; zero when none is left.
func (r *Runner) Once(ctx context.Context) (time.Time, error) {
	r.init()
	for {
		e, ok, next, err := r.next(ctx, r.wants())
		if err != nil || !ok {
			return next, err
		}
		r.hold(e, true)
		r.attempt(context.WithoutCancel(ctx), e)
	}
}

func (r *Runner) sleep(ctx context.Context, until time.Time) bool {
	var timer <-chan time.Time
	if !until.IsZero() {
		t := time.NewTimer(until.Sub(r.Now()))
		defer t.Stop()
		timer = t.C
	}
	select {
	case <-r.wake:
	case <-timer:
	case <-ctx.Done():
		return false
	}
	return true
}

func (r *Runner) prompt(kind string) bool { return r.Prompt != nil && r.Prompt(kind) }

// wants says which effects may be taken now; nil: all.
func (r *Runner) wants() func(Effect) bool {
	crowded := r.Prompt != nil && r.Workers > 1 && r.others.Load() >= int64(r.Workers-1)
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(r.busy) == 0 && !crowded {
		return nil
	}
	busy := maps.Clone(r.busy)
	return func(e Effect) bool { return !busy[e.ID] && (!crowded || r.Prompt(e.Kind)) }
}

// hold notes that the effect is under way here, or is not any more. A clock that is put
// forward seems to end every lease, and must not have a try begin beside the one that
// holds it.
func (r *Runner) hold(e Effect, now bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if now {
		r.busy[e.ID] = true
		return
	}
	delete(r.busy, e.ID)
}

// next leases what is due. Most looks find nothing, so it looks without a write
// first.
func (r *Runner) next(ctx context.Context, wants func(Effect) bool) (e Effect, ok bool, next time.Time, err error) {
	var found bool
	err = r.Store.View(ctx, func(tx state.Tx) error {
		at, any, err := nextDue(tx)
		if found, next = any && !at.After(r.Now()), at; found && wants != nil {
			found, next, err = wanted(tx, r.Now(), wants)
		}
		return err
	})
	if err != nil || !found {
		return Effect{}, false, next, err
	}
	var l look
	err = r.Store.Update(ctx, func(tx state.Tx) error {
		l, err = take(tx, r.Owner, r.Now(), r.Lease, wants)
		return err
	})
	for _, fault := range l.unreadable {
		r.Log.ErrorContext(ctx, "an effect cannot be read", "err", fault)
	}
	return l.effect, l.ok, l.next, err
}

// attempt performs one try and writes its outcome. An outcome that cannot be
// written is left to the lease. The end of ctx ends the try.
func (r *Runner) attempt(ctx context.Context, e Effect) {
	defer r.hold(e, false)
	ctx = cause.With(ctx, cause.Cause{Ref: e.Ref, Trace: e.Trace})
	if r.Begin == nil {
		r.perform(ctx, e)
		return
	}
	ctx, end := r.Begin(ctx, e.Kind)
	end(r.perform(ctx, e))
}

// perform says in a word or two what became of the try.
func (r *Runner) perform(ctx context.Context, e Effect) string {
	log := r.Log.With("effect", e.ID, "kind", e.Kind, "attempt", e.Attempts+1)
	h, known := r.Handlers[e.Kind]
	if !known {
		h = Handler{Do: func(context.Context, Effect) (json.RawMessage, error) {
			return nil, fmt.Errorf("this version does not know the effect %q", e.Kind)
		}}
	}
	doing, cancel := context.WithTimeout(ctx, r.Lease*3/4)
	defer cancel()
	result, fault := try(doing, h, e)
	writing := doing
	if cut := errors.Is(context.Cause(doing), ErrStopping); cut {
		// What was done is written all the same, and what was not is no failure.
		if fault != nil {
			fault = NotYet(0)
		}
		writing = context.WithoutCancel(doing)
	}
	if fault == nil {
		fault = r.Store.Update(writing, func(tx state.Tx) error { return finish(tx, e, h, result) })
		if fault == nil {
			log.InfoContext(ctx, "effect done")
			return "done"
		}
	}
	if err := r.settle(doing, e, h, fault); err != nil {
		log.WarnContext(ctx, "effect outcome not written", "err", err)
		return "lost"
	}
	if o, ok := errors.AsType[*outcome](fault); ok && o.notYet {
		log.DebugContext(ctx, "effect not yet done")
		return "not yet"
	}
	log.WarnContext(ctx, "effect failed", "err", fault, "permanent", IsPermanent(fault))
	if IsPermanent(fault) {
		return "set aside"
	}
	return "failed"
}

// try performs the effect. A handler that panics has failed like any other: one
// bad effect may not end the process, which would meet it again at each start.
func try(ctx context.Context, h Handler, e Effect) (result json.RawMessage, err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("the handler panicked: %v\n%s", p, debug.Stack())
		}
	}()
	return h.Do(ctx, e)
}

// settle writes what a failed try means.
func (r *Runner) settle(ctx context.Context, e Effect, h Handler, cause error) error {
	if errors.Is(cause, errLost) {
		return cause
	}
	if ctx.Err() != nil {
		ctx = context.WithoutCancel(ctx) // the try ran out of time, its outcome must not
	}
	return r.Store.Update(ctx, func(tx state.Tx) error {
		o, marked := errors.AsType[*outcome](cause)
		switch {
		case marked && o.permanent:
			return bury(tx, e, h, cause)
		case marked:
			parked := *o
			parked.err = cause
			return postpone(tx, e, h, parked, r.Now().Add(o.wait))
		default:
			return postpone(tx, e, h, outcome{err: cause}, r.Now().Add(r.Backoff(e.Attempts-e.Throttled+1)))
		}
	})
}

// Backoff doubles from a second up to five minutes, with jitter drawn from
// random, which returns a number in [0,1).
func Backoff(random func() float64) func(attempt int) time.Duration {
	return func(attempt int) time.Duration {
		wait := 5 * time.Minute
		if attempt < 9 {
			wait = time.Second << (attempt - 1)
		}
		return wait/2 + time.Duration(random()*float64(wait/2))
	}
}
