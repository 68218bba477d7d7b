// Package turns lets the Updates of many goroutines share the commits of a store.
//
// A commit waits for the disk, or for other machines, and everything else in an
// Update takes next to no time. So the Updates that arrive while one commit is under
// way share the next, and many people who click at once wait for two commits rather
// than for as many as they are. Nobody waits in the hope of company, but who says so by
// [state.Patient]: an Update that is alone is committed at once.
//
// Each fn runs on the goroutine of its own caller, one after another, so that a panic
// goes where it belongs and harms nobody else.
package turns

import (
	"context"
	"errors"
	"slices"
	"sync"
	"time"

	"latchkey/internal/state"
)

// largest bounds a batch, and with it what one failure makes run again.
const largest = 64

// ErrClosed means that the store takes no more transactions.
var ErrClosed = errors.New("the store is closed")

// Tx is the view that one fn has of a transaction which it may share with others that
// run before and after it.
type Tx interface {
	state.Tx
	// Err is a failure of the store that was met, which fn cannot hide.
	Err() error
	// End makes the view useless: fn has returned.
	End()
}

// Queue holds the Updates that wait for a commit.
type Queue struct {
	attempt func(calls []*Call) (again, alone []*Call)

	mu      sync.Mutex
	calls   []*Call
	working bool        // a goroutine takes them from the queue
	timer   *time.Timer // has them looked at when one has waited long enough; may be nil
	idle    *sync.Cond  // working has become false
	closed  bool
}

// New returns a queue whose batches are committed by attempt, one after another.
// Attempt runs the calls and answers those whose outcome is certain. It returns those
// that must run again: together, or each alone.
func New(attempt func(calls []*Call) (again, alone []*Call)) *Queue {
	q := &Queue{attempt: attempt}
	q.idle = sync.NewCond(&q.mu)
	return q
}

// Call is an Update under way.
type Call struct {
	turn   chan Tx      // the transaction, when it is this call's turn
	ran    chan Outcome // what became of fn
	result chan error   // what Update returns; buffered, so that nobody waits for a caller
	until  time.Time    // how long it may wait for company; zero: not at all
}

// Outcome is what became of one run of fn.
type Outcome struct {
	Err  error
	Died bool // by a panic or runtime.Goexit, so nobody waits for the result
}

// Run gives the call its turn and waits for the end of fn.
func (c *Call) Run(tx Tx) Outcome {
	c.turn <- tx
	return <-c.ran
}

// Answer says what Update returns. It is called once, of calls that have not died.
func (c *Call) Answer(err error) { c.result <- err }

// Do queues fn up and returns what became of it.
func (q *Queue) Do(ctx context.Context, fn func(state.Tx) error) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	c := &Call{turn: make(chan Tx), ran: make(chan Outcome), result: make(chan error, 1)}
	if wait := state.PatienceOf(ctx); wait > 0 {
		c.until = time.Now().Add(wait)
	}
	if err := q.add(c); err != nil {
		return err
	}
	ended := ctx.Done()
	for {
		select {
		case tx := <-c.turn:
			c.run(ctx, tx, fn)
		case err := <-c.result:
			return err
		case <-ended:
			if q.withdraw(c) {
				return ctx.Err()
			}
			ended = nil // its batch has begun: it will refuse its turn
		}
	}
}

// Close refuses new calls and waits for those that were taken. It reports whether the
// queue had been closed before.
func (q *Queue) Close() (again bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	again = q.closed
	q.closed = true
	q.begin()
	for q.working {
		q.idle.Wait()
	}
	return again
}

// run takes the call's turn. It answers even when fn does not return.
func (c *Call) run(ctx context.Context, tx Tx, fn func(state.Tx) error) {
	o := Outcome{Died: true}
	defer func() {
		tx.End()
		c.ran <- o
	}()
	err := ctx.Err()
	if err == nil {
		err = fn(tx)
	}
	if err == nil {
		err = tx.Err()
	}
	if err == nil {
		err = ctx.Err()
	}
	o = Outcome{Err: err}
}

func (q *Queue) add(c *Call) error {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.closed {
		return ErrClosed
	}
	q.calls = append(q.calls, c)
	q.begin()
	return nil
}

// begin has the calls taken from the queue, if it is time for that. It needs the lock.
func (q *Queue) begin() {
	if !q.working && q.ripe() {
		q.working = true
		go q.work()
	}
}

// ripe reports whether calls are to be taken now. Where all of them may wait, it is asked
// again when the first has waited long enough.
func (q *Queue) ripe() bool {
	if len(q.calls) == 0 {
		return false
	}
	soonest := q.calls[0].until
	for _, c := range q.calls {
		if c.until.Before(soonest) {
			soonest = c.until
		}
	}
	wait := time.Until(soonest)
	if q.closed || wait <= 0 || len(q.calls) >= largest {
		return true
	}
	if q.timer == nil {
		q.timer = time.AfterFunc(wait, func() {
			q.mu.Lock()
			defer q.mu.Unlock()
			q.begin()
		})
	} else {
		q.timer.Reset(wait)
	}
	return false
}

// withdraw takes the call out of the queue, and reports false when it is not
// there any more.
func (q *Queue) withdraw(c *Call) bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	i := slices.Index(q.calls, c)
	if i < 0 {
		return false
	}
	q.calls = slices.Delete(q.calls, i, i+1)
	return true
}

// work commits what is in the queue until nothing in it is to be taken.
func (q *Queue) work() {
	for {
		q.mu.Lock()
		if !q.ripe() {
			q.working = false
			q.idle.Broadcast()
			q.mu.Unlock()
			return
		}
		n := min(len(q.calls), largest)
		batch := q.calls[:n:n]
		q.calls = slices.Clone(q.calls[n:])
		q.mu.Unlock()

		var alone []*Call
		for len(batch) > 0 {
			var failed []*Call
			batch, failed = q.attempt(batch)
			alone = append(alone, failed...)
		}
		for _, c := range alone {
			q.attempt([]*Call{c})
		}
	}
}
