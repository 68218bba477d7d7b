package app

import (
	"context"
	mathrand "math/rand/v2"
	"slices"
	"sync"
	"time"

	"latchkey/internal/outbox"
	"latchkey/internal/state"
)

// leading has run called while this process is the one that does so. A bot that is alone
// always is. Of several replicas one at a time is elected, for each purpose; whatever the
// others were told to do meanwhile, such as by a person, they do.
func (a *App) leading(ctx context.Context, purpose string, run func(context.Context)) {
	if a.replicas == nil {
		run(ctx)
		return
	}
	a.replicas.Lead(ctx, purpose, a.o.Log.With("component", "replicas"), run)
}

// work leads, or stands by.
func (a *App) work(ctx context.Context) {
	if a.replicas != nil {
		go a.standBy(ctx)
	}
	a.leading(ctx, "work", a.lead)
}

// standBy says of the loops that run where the leader is that nothing is wrong with them
// while that is elsewhere.
func (a *App) standBy(ctx context.Context) {
	t := time.NewTicker(dueWithin / 4)
	defer t.Stop()
	for {
		if !a.leads.Load() {
			a.monitor.due.Beat()
			a.monitor.sync.Beat()
		}
		select {
		case <-t.C:
		case <-ctx.Done():
			return
		}
	}
}

// lead does what one replica does for all: it ends what is over, and reads from
// Microsoft.
func (a *App) lead(ctx context.Context) {
	a.leads.Store(true)
	defer a.leads.Store(false)
	var parts sync.WaitGroup
	defer parts.Wait()
	if a.replicas != nil {
		parts.Go(func() { a.replicas.Absences(ctx, a.o.Log.With("component", "replicas"), a.inherit) })
	}
	parts.Go(func() { a.due.Run(ctx, a.dueBell) })
	parts.Go(func() { a.sync.Run(ctx, a.syncBell) })
	parts.Go(func() { a.sync.Gather(ctx) })
	if a.dap != nil {
		parts.Go(func() { a.dap.Run(ctx, a.dapBell) })
	}
	if a.others != nil {
		parts.Go(func() { a.others.Run(ctx, a.othersBell) })
	}
	if a.activity != nil {
		parts.Go(func() { a.activity.Run(ctx, a.activityBell) })
	}
	parts.Go(func() { a.followAccounts(ctx, a.enabled) })
	parts.Go(func() { a.groups.Run(ctx, a.groupsBell) })
	parts.Go(func() { a.prune.Run(ctx, a.pruneBell) })
	parts.Go(func() { a.signs.Run(ctx, a.signBell) })
	for _, s := range a.streams {
		parts.Go(func() { s.Run(ctx, s.bell) })
	}
}

// perform does what is owed. A replica that the others do not hear of stops that in the
// middle: they take it over.
func (a *App) perform(ctx context.Context) {
	if a.replicas == nil {
		a.runner.RunWhile(ctx, a.alive)
		return
	}
	a.replicas.Present(ctx, a.runner.Owner, a.o.Log.With("component", "replicas"), func(ctx, present context.Context) {
		both, cut := context.WithCancelCause(present)
		defer context.AfterFunc(a.alive, func() { cut(context.Cause(a.alive)) })()
		defer cut(nil)
		a.runner.RunWhile(ctx, both)
	})
}

// inherit frees what replicas that are gone had begun.
func (a *App) inherit(ctx context.Context, present []string) error {
	gone := func(owner string) bool { return !slices.Contains(present, owner) }
	return a.store.Update(ctx, func(tx state.Tx) error {
		return outbox.Release(tx, a.o.Protocol(), outbox.Backoff(mathrand.Float64), gone)
	})
}

// followReplicas has what waits for work look when another replica has written.
func (a *App) followReplicas(ctx context.Context) {
	if a.replicas != nil {
		a.replicas.Changes(ctx, a.committed)
	}
}

const (
	effectWorkers = 32
	// Replicas commit one after another, and what each does at once gets in the way of what
	// people wait for at the others.
	replicaWorkers = 8
)

// workers is how many tries of effects are under way at the same time.
func (a *App) workers() int {
	if a.replicas != nil {
		return replicaWorkers
	}
	return effectWorkers
}
