package outbox

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
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
	// Prompt says which kinds must not wait for the others, nor the others for them: of
	// several workers one is theirs alone, and one the others'. It may be nil.
	Prompt func(kind string) bool
	Log    *slog.Logger
	Turned func() // is told of each turn of the loop; may be nil
	// Begin is told of each try and returns its context, and a function that is told
	// what became of it. It may be nil.
	Begin func(ctx context.Context, kind string) (context.Context, func(outcome string))

	once sync.Once
	wake chan struct{}
	hands

	following
	adrift atomic.Bool  // whether the store may have leases of this runner that it does not know of
	looks  atomic.Int64 // for effects, so far; every other one begins with what time made due
}

// Wake tells the runner that there may be something to do. It never blocks.
func (r *Runner) Wake() {
	r.init()
	select {
	case r.wake <- struct{}{}:
	default:
	}
}

func (r *Runner) init() {
	r.once.Do(func() {
		r.wake = make(chan struct{}, 1)
		r.hands.busy = map[string]bool{}
		if r.Prompt != nil && r.Workers > 1 {
			r.hands.prompt, r.hands.most = r.Prompt, r.Workers-1
		}
	})
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
		free := 1 + more(slots)
		taken, next, err := r.next(ctx, free)
		for range free - len(taken) {
			<-slots
		}
		for _, e := range taken {
			tries.Go(func() {
				for one := &e; one != nil; {
					one = r.attempt(alive, *one, func() bool { return ctx.Err() == nil })
				}
				<-slots
				r.Wake()
			})
		}
		if len(taken) > 0 {
			continue
		}
		if err != nil && ctx.Err() == nil {
			r.Log.ErrorContext(ctx, "take an effect", "err", err)
			next = r.Now().Add(time.Second)
		}
		if !r.sleep(ctx, next) {
			return
		}
	}
}

// more takes what is free of the slots, and says how many those are.
func more(slots chan struct{}) (n int) {
	for {
		select {
		case slots <- struct{}{}:
			n++
		default:
			return n
		}
	}
}

// Once performs everything that is due, one after another, and returns the
// moment of the next effect; zero when none is left.
func (r *Runner) Once(ctx context.Context) (time.Time, error) {
	r.init()
	for {
		taken, next, err := r.next(ctx, 1)
		if err != nil || len(taken) == 0 {
			return next, err
		}
		r.attempt(context.WithoutCancel(ctx), taken[0], func() bool { return false })
	}
}

// sleep waits until a moment, but looks at the clock now and then, for it may be put back.
func (r *Runner) sleep(ctx context.Context, until time.Time) bool {
	var timer <-chan time.Time
	if !until.IsZero() {
		t := time.NewTimer(min(until.Sub(r.Now()), skew))
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

// company is how long an outcome may wait for others, with which it is committed. Nobody
// waits for it but what follows in its lane, and that only while other tries are under way.
const company = 50 * time.Millisecond

func (r *Runner) patient(ctx context.Context) context.Context {
	if r.quiet() {
		return ctx
	}
	return state.Patient(ctx, company)
}

// next leases up to n effects that are due. Most looks find nothing, so it looks without a
// write first.
func (r *Runner) next(ctx context.Context, n int) (taken []Effect, next time.Time, err error) {
	if err := r.followClock(ctx); err != nil {
		return nil, time.Time{}, err
	}
	if err := r.regain(ctx); err != nil {
		return nil, time.Time{}, err
	}
	var found bool
	err = r.Store.View(ctx, func(tx state.Tx) error {
		at, any, err := nextDue(tx)
		if found, next = any && !at.After(r.Now()), at; found {
			found, next, err = wanted(tx, r.Now(), r.wants)
		}
		return err
	})
	if err != nil || !found {
		return nil, next, err
	}
	l, err := r.lease(r.patient(ctx), n, nil)
	return l.taken, l.next, err
}

// lease leases up to n effects that are due, in the transaction that writes what fn does,
// which may be nil.
func (r *Runner) lease(ctx context.Context, n int, fn func(state.Tx) error) (look, error) {
	var l look
	c := claim{hands: &r.hands}
	timed := n > 0 && r.looks.Add(1)%2 == 0
	err := r.Store.Update(ctx, func(tx state.Tx) (err error) {
		l = look{} // it may run again
		c.drop()
		if fn != nil {
			if err := fn(tx); err != nil {
				return err
			}
		}
		l, err = take(tx, r.Owner, r.Now(), r.Lease, n, c.wants, timed)
		return err
	})
	if err != nil {
		c.drop()
		if !errors.Is(err, errLost) {
			r.adrift.Store(true)
		}
		return look{}, err
	}
	for _, e := range l.taken {
		r.hold(e)
	}
	for _, fault := range l.unreadable {
		r.Log.ErrorContext(ctx, "an effect cannot be read", "err", fault)
	}
	return l, nil
}

// attempt performs one try and writes its outcome. An effect whose outcome cannot be
// written is given back as soon as the store can be written to. The end of ctx ends the try. While it is to go on, what is
// due is leased with the outcome, and returned.
func (r *Runner) attempt(ctx context.Context, e Effect, goOn func() bool) *Effect {
	var outcome string
	defer func() {
		r.let(e)
		if outcome == unwritten { // once it is in no hands: what is, is not given back
			r.adrift.Store(true)
		}
	}()
	ctx = cause.With(ctx, cause.Cause{Ref: e.Ref, Trace: e.Trace, Timed: e.Timed})
	end := func(string) {}
	if r.Begin != nil {
		ctx, end = r.Begin(ctx, e.Kind)
	}
	var next *Effect
	next, outcome = r.perform(ctx, e, goOn)
	end(outcome)
	return next
}

// unwritten is what became of a try whose outcome could not be written.
const unwritten = "not written"

// perform says in a word or two what became of the try.
func (r *Runner) perform(ctx context.Context, e Effect, goOn func() bool) (next *Effect, outcome string) {
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
	r.did(e)
	writing := doing
	if cut := errors.Is(context.Cause(doing), ErrStopping); cut {
		// What was done is written all the same, and what was not is no failure.
		if fault != nil {
			fault = NotYet(0)
		}
		writing = context.WithoutCancel(doing)
	}
	if fault == nil {
		next, fault = r.finish(r.patient(writing), e, h, result, goOn)
		if fault == nil {
			log.InfoContext(ctx, "effect done")
			return next, "done"
		}
	}
	if err := r.settle(r.patient(doing), e, h, fault); err != nil {
		log.WarnContext(ctx, "effect outcome not written", "err", err)
		if errors.Is(err, errLost) {
			return nil, "lost"
		}
		return nil, unwritten
	}
	return nil, r.failed(ctx, log, fault)
}

// failed says what became of a try that was not done.
func (r *Runner) failed(ctx context.Context, log *slog.Logger, fault error) string {
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

// finish writes that the effect was done, and leases another one by the same commit.
func (r *Runner) finish(ctx context.Context, e Effect, h Handler, result json.RawMessage, goOn func() bool) (*Effect, error) {
	n := 0
	if goOn() {
		n = 1
	}
	done := func(tx state.Tx) error { return finish(tx, e, h, result) }
	l, err := r.lease(ctx, n, done)
	if err != nil && n > 0 && !errors.Is(err, errLost) {
		l, err = r.lease(ctx, 0, done) // nothing that is amiss with another effect may undo this one
	}
	if err != nil || len(l.taken) == 0 {
		return nil, err
	}
	return &l.taken[0], nil
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
			return postpone(tx, e, h, parked, r.Now())
		default:
			return postpone(tx, e, h, outcome{err: cause, wait: r.Backoff(e.Attempts - e.Throttled + 1)}, r.Now())
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
