package schedule

import (
	"context"
	"log/slog"
	"time"
)

// pruneEvery is how often what ended long ago is looked for. A day more or less is nothing
// to what is kept for years.
const pruneEvery = 24 * time.Hour

// By a clock that is years ahead everything has ended long ago: while ours is further
// ahead of Microsoft's than this, or it is not known how far, nothing is deleted.
const (
	farAhead  = 24 * time.Hour
	sureAgain = time.Hour // until it is asked again
)

// Prune deletes what ended longer ago than it is kept.
type Prune struct {
	Do    func(context.Context) (int, error)    // approvals.Service.Prune
	Ahead func() (by time.Duration, known bool) // how far our clock is ahead of another's
	Log   *slog.Logger
}

// Run prunes now, then once a day, and when the bell says that the clock has jumped.
// What fails is tried again a day later: nothing waits for it.
func (p *Prune) Run(ctx context.Context, bell <-chan struct{}) {
	for {
		if !p.sure(ctx) {
			if !pause(ctx, sureAgain, bell) {
				return
			}
			continue
		}
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

// sure reports whether the clock is right enough to delete by it.
func (p *Prune) sure(ctx context.Context) bool {
	by, known := p.Ahead()
	switch {
	case !known:
		p.Log.InfoContext(ctx, "pruning waits until Microsoft has told the time")
	case by > farAhead:
		p.Log.WarnContext(ctx, "nothing is pruned, for the clock is ahead of Microsoft's", "by", by)
	default:
		return true
	}
	return false
}
