package sandbox

import (
	"context"
	"errors"
	"slices"
	"sync"
	"time"
)

// Clock is the world's clock of due times. It runs with the real one and can be
// moved forward, never back. What protocols count (signatures, tokens, triggers,
// leases) stays on the real clock.
type Clock struct {
	mu      sync.Mutex
	offset  time.Duration
	history []move // oldest first
	rev     uint64
	changed chan struct{}
}

// A move is how far the clock was ahead from a moment of real time on.
type move struct {
	At    time.Time     `json:"at"`
	Ahead time.Duration `json:"ahead"`
}

// NewClock returns a clock that shows the real time.
func NewClock() *Clock { return &Clock{changed: make(chan struct{})} }

// Now is the world's time.
func (c *Clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return time.Now().Add(c.offset)
}

// Advance moves the clock forward.
func (c *Clock) Advance(d time.Duration) error {
	if d <= 0 {
		return errors.New("the clock moves forward only")
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.set(c.offset + d)
	return nil
}

// touch has whoever follows the clock look at it.
func (c *Clock) touch() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.set(c.offset)
}

// At is what the clock showed at a moment of real time.
func (c *Clock) At(real time.Time) time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, m := range slices.Backward(c.history) {
		if !m.At.After(real) {
			return real.Add(m.Ahead)
		}
	}
	return real
}

// set needs the lock.
func (c *Clock) set(offset time.Duration) {
	c.offset = offset
	c.history = append(c.history, move{time.Now(), offset})
	c.rev++
	close(c.changed)
	c.changed = make(chan struct{})
}

// Offset returns how far the clock is ahead, and the number of its moves.
func (c *Clock) Offset() (time.Duration, uint64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.offset, c.rev
}

// Wait returns when the clock has moved since the rev'th move.
func (c *Clock) Wait(ctx context.Context, rev uint64) error {
	c.mu.Lock()
	changed, moved := c.changed, c.rev != rev
	c.mu.Unlock()
	if moved {
		return nil
	}
	select {
	case <-changed:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// moves returns a channel that tells of each move until ctx ends.
func (c *Clock) moves(ctx context.Context) <-chan struct{} {
	out := make(chan struct{}, 1)
	_, rev := c.Offset()
	go func() {
		for c.Wait(ctx, rev) == nil {
			_, rev = c.Offset()
			select {
			case out <- struct{}{}:
			default:
			}
		}
	}()
	return out
}
