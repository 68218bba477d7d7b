package app

import (
	"context"
	"sync"
	"time"

	"latchkey/internal/outbox"
)

// A stop takes ten seconds at the most, since what stops the bot (systemd, Kubernetes)
// may not wait for longer. What is not finished by then is found again by the next start,
// as after a crash.
const (
	// intakeWithin bounds the answers to what had come. Slack itself waits no longer.
	intakeWithin = 3 * time.Second
	// repliesWithin bounds what follows them, such as a modal: its trigger is over then.
	repliesWithin = time.Second
	// triesWithin bounds the tries of effects from then on; after it they are broken off.
	triesWithin = 3 * time.Second
	// workWithin bounds all of that from the beginning of the stop.
	workWithin = 8500 * time.Millisecond
	// tracesWithin and closeWithin bound what comes last.
	tracesWithin = 500 * time.Millisecond
	closeWithin  = 500 * time.Millisecond
)

// stopping returns the context of the intake. It ends with ctx, once it is told that the
// bot is not ready any more. When that was is told by began.
func (a *App) stopping(ctx context.Context) (intake context.Context, began func() time.Time) {
	intake, stop := context.WithCancel(context.WithoutCancel(ctx))
	at := make(chan time.Time, 1)
	context.AfterFunc(ctx, func() {
		at <- time.Now()
		a.monitor.board.Stop()
		a.o.Log.InfoContext(ctx, "stopping: no more deliveries are taken, and those under way are answered")
		stop()
	})
	return intake, func() time.Time {
		select {
		case t := <-at:
			return t
		default:
			return time.Now() // it stops by itself
		}
	}
}

// finish waits for the parts. Tries of effects that take too long are broken off.
func (a *App) finish(ctx context.Context, parts *sync.WaitGroup, cut context.CancelCauseFunc, began time.Time) {
	a.monitor.board.Stop()
	a.o.Log.InfoContext(ctx, "stopping: what is under way is finished", "effects", a.runner.Underway())
	breaking := time.AfterFunc(triesWithin, func() {
		a.o.Log.InfoContext(ctx, "stopping: effects that take long are broken off, and looked for at the next start", "effects", a.runner.Underway())
		cut(outbox.ErrStopping)
	})
	defer breaking.Stop()
	if within(workWithin-time.Since(began), parts.Wait) {
		a.o.Log.InfoContext(ctx, "stopped", "took", time.Since(began).Round(time.Millisecond))
		return
	}
	a.o.Log.WarnContext(ctx, "stopped with work under way; the next start goes on with it", "effects", a.runner.Underway())
}

// within waits for something, and reports whether it came to its end.
func within(bound time.Duration, wait func()) bool {
	done := make(chan struct{})
	go func() { wait(); close(done) }()
	select {
	case <-done:
		return true
	case <-time.After(bound):
		return false
	}
}

// close closes the store. One that is stuck is left to the end of the process: all that
// matters is committed.
func (a *App) close(ctx context.Context) {
	if !within(closeWithin, func() { a.store.Close() }) { //nolint:errcheck // as above
		a.o.Log.WarnContext(ctx, "the state is not closed in time; nothing is lost by that")
	}
}
