package schedule

import (
	"context"
	"log/slog"
	"time"
)

// pruneEvery is how often what ended long ago is looked for. A day more or less is nothing
// to what is kept for years.
const pruneEvery = 24 * time.Hour

// Prune deletes what ended longer ago than it is kept.
type Prune struct {
	Do  func(context.Context) (int, error) // approvals.Service.Prune
	Log *slog.Logger
}

// Run prunes now, then once a day, and when the bell says that the clock has jumped.
// What fails is tried again a day later: nothing waits for it.
func (p *Prune) Run(ctx context.Context, bell <-chan struct{}) {
	for {
		n, err := p.Do(ctx)
		if ctx.Err() != nil {
			return
		}
		if err != nil {
			p.Log.WarnContext(ctx, "what ended long ago is still there", "err", err)
		}
		if n > 0 {
			p.Log.InfoContext(ctx, "pruned", "records", n)
		}
		if !pause(ctx, pruneEvery, bell) {
			return
		}
	}
}
