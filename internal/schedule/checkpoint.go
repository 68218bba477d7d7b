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
	Do func(context.Context) (more bool, err error) // approvals.Service.Checkpoint
	// Post tells customers of what is signed: approvals.Service.PostCheckpoints.
	Post func(context.Context) (more bool, err error)
	Log  *slog.Logger
}

// Run signs now, then once an hour where there is something new, and when the bell says
// that the clock has jumped. What fails is tried again an hour later.
func (c *Checkpoints) Run(ctx context.Context, bell <-chan struct{}) {
	for {
		if err := whole(ctx, c.Do); err != nil {
			c.Log.ErrorContext(ctx, "the audit log was not signed", "err", err)
		} else if err := whole(ctx, c.Post); err != nil {
			c.Log.WarnContext(ctx, "customers are not told what is signed", "err", err)
		}
		if !pause(ctx, checkpointEvery, bell) {
			return
		}
	}
}

// whole does one step after the other until there is no more to do, or ctx ends.
func whole(ctx context.Context, do func(context.Context) (bool, error)) error {
	for more := true; more; {
		var err error
		more, err = do(ctx)
		if ctx.Err() != nil {
			return nil
		}
		if err != nil {
			return err
		}
	}
	return nil
}
