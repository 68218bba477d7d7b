package chat

import (
	"context"
	"errors"
	"runtime/debug"
	"time"
)

const (
	// decideWithin bounds the work before an acknowledgement. Slack waits three
	// seconds; who waits longer is told to try again.
	decideWithin = 2 * time.Second
	// answerWithin bounds the wait for that work. Only a commit that has begun does not
	// end when its time is over: whether it is written is for the disk to say.
	answerWithin = 2500 * time.Millisecond
)

// errLate means that it is not known in time whether what a delivery asks for is
// committed. It is not acknowledged then: a person sees an error, and what they do again
// is told from what was done; an event is sent again.
var errLate = errors.New("it is not known yet whether this was recorded; try again")

// inTime does the work of a delivery and returns its acknowledgement, or [errLate] while
// there is still time to say so. The work goes on then, and what it has decided counts.
func (d *Dispatcher) inTime(ctx context.Context, what string, work func(context.Context) (any, error)) (any, error) {
	ctx, cancel := context.WithTimeout(ctx, decideWithin)
	type outcome struct {
		ack any
		err error
	}
	done := make(chan outcome, 1)
	d.after.Go(func() {
		defer cancel()
		o := outcome{err: errLate}
		defer func() {
			if p := recover(); p != nil {
				d.Log.ErrorContext(ctx, "delivery failed", "type", what, "err", p, "stack", string(debug.Stack()))
			}
			done <- o
		}()
		o.ack, o.err = work(ctx)
	})
	late := time.NewTimer(answerWithin)
	defer late.Stop()
	select {
	case o := <-done:
		return o.ack, o.err
	case <-late.C:
		d.Log.WarnContext(ctx, "delivery not answered in time", "type", what)
		return nil, errLate
	}
}
