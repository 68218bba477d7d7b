package boltstore

import (
	"context"
	"slices"

	bolt "go.etcd.io/bbolt"

	"latchkey/internal/state"
)

// A commit waits for the disk, and everything else in an Update takes next to
// no time. So the Updates that arrive while one commit is under way share the
// next, and many people who click at once wait for two commits rather than for
// as many as they are. Nobody waits in the hope of company: an Update that is
// alone is committed at once.
//
// Each fn runs on the goroutine of its own caller, one after another, so that a
// panic goes where it belongs and harms nobody else. bbolt cannot undo a part
// of a transaction: when an fn that has written fails, the transaction is
// undone and the others run again, which [state.Store] allows.

// largest bounds a batch, and with it what one failed fn makes run again.
const largest = 64

// call is an Update under way.
type call struct {
	turn   chan *tx     // the transaction, when it is this call's turn
	ran    chan outcome // what became of fn
	result chan error   // what Update returns; buffered, so that nobody waits for a caller
	err    error        // the refusal that counts if the batch is committed
}

type outcome struct {
	err  error
	died bool // by a panic or runtime.Goexit, so nobody waits for the result
}

func (s *Store) enqueue(ctx context.Context, fn func(state.Tx) error) error {
	c := &call{turn: make(chan *tx), ran: make(chan outcome), result: make(chan error, 1)}
	s.mu.Lock()
	if s.closed {
		s.mu.Unlock()
		return errClosed
	}
	s.queue = append(s.queue, c)
	if !s.working {
		s.working = true
		go s.work()
	}
	s.mu.Unlock()

	ended := ctx.Done()
	for {
		select {
		case t := <-c.turn:
			c.run(ctx, t, fn)
		case err := <-c.result:
			return err
		case <-ended:
			if s.withdraw(c) {
				return ctx.Err()
			}
			ended = nil // its batch has begun: it will refuse its turn
		}
	}
}

// run takes the call's turn. It answers even when fn does not return.
func (c *call) run(ctx context.Context, t *tx, fn func(state.Tx) error) {
	o := outcome{died: true}
	defer func() {
		t.end()
		c.ran <- o
	}()
	err := ctx.Err()
	if err == nil {
		err = fn(t)
	}
	if err == nil {
		err = t.err
	}
	if err == nil {
		err = ctx.Err()
	}
	o = outcome{err: err}
}

// withdraw takes the call out of the queue, and reports false when it is not
// there any more.
func (s *Store) withdraw(c *call) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	i := slices.Index(s.queue, c)
	if i < 0 {
		return false
	}
	s.queue = slices.Delete(s.queue, i, i+1)
	return true
}

// work commits what is in the queue until it is empty.
func (s *Store) work() {
	for {
		s.mu.Lock()
		n := min(len(s.queue), largest)
		if n == 0 {
			s.working = false
			s.idle.Broadcast()
			s.mu.Unlock()
			return
		}
		batch := s.queue[:n:n]
		s.queue = slices.Clone(s.queue[n:])
		s.mu.Unlock()

		var alone []*call
		for len(batch) > 0 {
			var failed []*call
			batch, failed = s.attempt(batch)
			alone = append(alone, failed...)
		}
		for _, c := range alone {
			s.attempt([]*call{c})
		}
	}
}

// attempt runs the calls in one transaction and answers those whose outcome is
// certain. It returns those that must run again: together, because the failure
// of another undid the transaction, or alone, because their own failure may
// have come of writes that were undone with it.
func (s *Store) attempt(calls []*call) (again, alone []*call) {
	b, err := s.begin(true)
	if err != nil {
		for _, c := range calls {
			c.result <- err
		}
		return nil, nil
	}
	var passed []*call
	dirty := false
	for i, c := range calls {
		c.err = nil
		t := newTx(s, b)
		c.turn <- t
		o := <-c.ran
		wrote := t.writes > 0
		switch {
		case o.died:
		case o.err == nil:
			passed, dirty = append(passed, c), dirty || wrote
			continue
		case !dirty:
			c.result <- o.err // it saw what is committed, and nothing else
		case !wrote:
			c.err = o.err
			passed = append(passed, c)
			continue
		default:
			alone = append(alone, c)
		}
		if wrote {
			s.rollback(b) //nolint:errcheck // damage shows at the next step
			return append(passed, calls[i+1:]...), alone
		}
	}
	err = s.commit(b, dirty)
	for _, c := range passed {
		if err != nil {
			c.result <- err
			continue
		}
		c.result <- c.err
	}
	return nil, nil
}

// commit makes the writes durable. Where there are none it costs nothing.
func (s *Store) commit(b *bolt.Tx, dirty bool) error {
	if !dirty {
		return s.rollback(b)
	}
	return s.guard(b.Commit)
}
