package chattest

import (
	"context"
	"slices"
	"sync"
	"time"
)

// keptDeliveries is how many deliveries [Server.Deliveries] remembers.
const keptDeliveries = 256

// A courier is the state of everything that is on its way to the app. Its
// fields are guarded by the lock of the server.
type courier struct {
	ctx    context.Context // ends when the server is closed
	cancel context.CancelFunc
	busy   sync.WaitGroup // what runs in the background: events and sockets
	closed bool
	events int           // events under way, those that wait for a retry included
	change chan struct{} // closed and replaced when something here changes

	sent    []Delivery // the newest keptDeliveries
	started uint64     // the number of the newest delivery
	arrived uint64     // the highest number that was sent and answered
	held    bool       // one is held back until a later one has arrived

	tickets  []ticket
	links    []*link // open sockets
	turn     int     // which of them is next
	disabled bool    // Socket Mode was turned off
}

func newCourier() *courier {
	ctx, cancel := context.WithCancel(context.Background())
	return &courier{ctx: ctx, cancel: cancel, change: make(chan struct{})}
}

// stir wakes everyone in until. The lock is held.
func (c *courier) stir() {
	close(c.change)
	c.change = make(chan struct{})
}

// until waits until the condition holds, which is asked under the lock.
func (s *Server) until(ctx context.Context, holds func() bool) error {
	for {
		s.mu.Lock()
		done, change := holds(), s.courier.change
		s.mu.Unlock()
		if done {
			return nil
		}
		select {
		case <-change:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// inBackground does the work of one event on a goroutine that Close waits for.
// The lock is held and the server is not closed.
func (s *Server) inBackground(work func(context.Context)) {
	c := s.courier
	c.events++
	c.busy.Add(1)
	go func() {
		defer c.busy.Done()
		work(c.ctx)
		s.mu.Lock()
		defer s.mu.Unlock()
		c.events--
		c.stir()
	}()
}

// Idle waits until every event that happened so far was taken by the app or
// given up.
func (s *Server) Idle(ctx context.Context) error {
	return s.until(ctx, func() bool { return s.courier.events == 0 })
}

// Deliveries returns the newest deliveries to the app, the oldest first: each
// attempt of each event, command and interaction, once its outcome is known. It
// holds 256; Options.ObserveDelivery sees all of them.
func (s *Server) Deliveries() []Delivery {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.courier.sent)
}

// record remembers the outcome of a delivery.
func (s *Server) record(d Delivery) {
	s.mu.Lock()
	c := s.courier
	if len(c.sent) == keptDeliveries {
		c.sent = c.sent[1:] // what it holds is let go when append moves the rest
	}
	c.sent = append(c.sent, d)
	s.mu.Unlock()
	if s.opt.ObserveDelivery != nil {
		s.opt.ObserveDelivery(d)
	}
}

// Holdings counts what the server keeps for a while only.
type Holdings struct {
	Triggers, Hooks, Tickets, Sockets int
	Listening                         int // of the sockets, those that get deliveries
	Events                            int // under way
	Held                              int // deliveries that a fault holds back
	Deliveries                        int // remembered ones
}

// Holdings tells what the server keeps at this moment. Expired triggers count
// until the next one is made.
func (s *Server) Holdings() Holdings {
	s.mu.Lock()
	defer s.mu.Unlock()
	c := s.courier
	h := Holdings{
		Triggers: len(s.triggers), Hooks: len(s.hooks), Tickets: len(c.tickets), Sockets: len(c.links), Listening: c.open(),
		Events: c.events, Deliveries: len(c.sent),
	}
	if c.held {
		h.Held = 1
	}
	return h
}

// Close ends all that runs in the background, sockets and waiting retries
// included, and returns when it has ended. No event is sent afterwards and no
// socket opened; the Web API goes on answering. Closing twice is allowed.
func (s *Server) Close() {
	s.mu.Lock()
	c := s.courier
	c.closed = true
	c.cancel()
	for _, l := range c.links {
		l.conn.Close() //nolint:errcheck // its reader ends either way
	}
	s.mu.Unlock()
	c.busy.Wait()
}

// number returns the number of a delivery that is about to be sent.
func (s *Server) number() uint64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.courier.started++
	return s.courier.started
}

// arrive lets go what was held back for the delivery with that number.
func (s *Server) arrive(n uint64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.courier.arrived = max(s.courier.arrived, n)
	s.courier.stir()
}

// holdBack waits until a delivery that was started later has arrived, but no
// longer than the app may take to acknowledge: nothing is held for ever. While
// one is held back no other is, so that two change places.
func (s *Server) holdBack(ctx context.Context, n uint64) {
	c := s.courier
	s.mu.Lock()
	already := c.held
	c.held = true
	s.mu.Unlock()
	if already {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, s.opt.AckWithin)
	defer cancel()
	s.until(ctx, func() bool { return c.arrived > n }) //nolint:errcheck // sent late when nothing came
	s.mu.Lock()
	c.held = false
	s.mu.Unlock()
}

// pause waits on the real clock and reports whether it was not cut short.
func pause(ctx context.Context, d time.Duration) bool {
	if d <= 0 {
		return ctx.Err() == nil
	}
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-ctx.Done():
		return false
	}
}
