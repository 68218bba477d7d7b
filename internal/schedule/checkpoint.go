package schedule

import (
	"context"
	"log/slog"
	"time"
)

// checkpointEvery is how often the audit log is signed. Whoever can write the state may
// change what is younger than the last checkpoint that was seen elsewhere.
const checkpointEvery = time.Hour

// Checkpoints has the audit log signed. It is off the way of whatever is written there.
type Checkpoints struct {
	Do  func(context.Context) (more bool, err error) // approvals.Service.Checkpoint
	Log *slog.Logger
}

// Run signs now, then once an hour where there is something new, and when the bell says
// that the clock has jumped. What fails is tried again an hour later.
func (c *Checkpoints) Run(ctx context.Context, bell <-chan struct{}) {
	for {
		for more := true; more; {
			var err error
			if more, err = c.Do(ctx); ctx.Err() != nil {
				return
			}
			if err != nil {
				c.Log.ErrorContext(ctx, "the audit log was not signed", "err", err)
			}
		}
		if !pause(ctx, checkpointEvery, bell) {
			return
		}
	}
}
