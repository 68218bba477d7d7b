// Package health answers two questions of whoever runs the bot: does it turn, so
// that a restart would be of no use (/livez), and may it be sent work (/readyz).
//
// A [Board] looks at both every few seconds by itself. It nudges the loops, which
// must then beat within their bounds, and writes to the store something that
// changes nothing. What it found is told at once: an answer never waits for what is
// stuck. It keeps nothing; after a crash the next process begins anew.
package health

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"time"
)

const (
	// lookEvery is how often a board looks.
	lookEvery = 10 * time.Second
	// storeWithin is how long a write may take before the store counts as stuck. A
	// slow disk is no reason to restart.
	storeWithin = time.Minute
	// boardWithin is how long the board's own looks may be missing.
	boardWithin = time.Minute
)

// Board knows how the bot stands. It is safe for concurrent use.
type Board struct {
	// Commit writes to the store something that changes nothing.
	Commit func(context.Context) error
	// Conditions are what else must hold for the bot to be ready: by their names,
	// functions that say what is wrong, or nothing.
	Conditions []Condition

	loops    []*Loop
	looked   atomic.Int64 // when the board last looked
	stopping atomic.Bool

	mu      sync.Mutex
	writing time.Time // since when a write is under way; zero when none is
	failed  error     // of the last write that ended
	wrote   bool      // one has ended
}

// A Condition is one of those for readiness.
type Condition struct {
	Name  string
	Fault func() string // what is wrong; empty when nothing is
}

// A Loop is a part of the bot that goes round.
type Loop struct {
	name   string
	within time.Duration
	nudge  func()
	last   atomic.Int64
}

// Loop adds a loop, which must beat within the bound. Nudge, which may be nil, has it
// go round once, so that a loop with nothing to do shows that it could. Loops are added
// before Run.
func (b *Board) Loop(name string, within time.Duration, nudge func()) *Loop {
	l := &Loop{name: name, within: within, nudge: nudge}
	l.Beat()
	b.loops = append(b.loops, l)
	return l
}

// Beat says that the loop has gone on. Of no loop it does nothing.
func (l *Loop) Beat() {
	if l != nil {
		l.last.Store(time.Now().UnixNano())
	}
}

// Run looks until ctx ends.
func (b *Board) Run(ctx context.Context) {
	for {
		b.looked.Store(time.Now().UnixNano())
		for _, l := range b.loops {
			if l.nudge != nil {
				l.nudge()
			}
		}
		b.write(ctx)
		select {
		case <-time.After(lookEvery):
		case <-ctx.Done():
			return
		}
	}
}

// write begins a write to the store, unless the last one has not ended.
func (b *Board) write(ctx context.Context) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.Commit == nil || !b.writing.IsZero() {
		return
	}
	b.writing = time.Now()
	go func() {
		err := b.Commit(ctx)
		b.mu.Lock()
		defer b.mu.Unlock()
		b.writing, b.failed, b.wrote = time.Time{}, err, true
	}()
}

// Stop says that the bot has begun to stop: it is not ready any more, and lives.
func (b *Board) Stop() { b.stopping.Store(true) }

// A Finding is what was found of one thing.
type Finding struct {
	Name  string
	Fault string // empty when all is well
}

// Alive says of each loop, and of the store, whether it turns.
func (b *Board) Alive() []Finding {
	now := time.Now()
	out := []Finding{{"board", late(now, b.looked.Load(), boardWithin, "nobody has looked")}}
	b.mu.Lock()
	stuck := !b.writing.IsZero() && now.Sub(b.writing) > storeWithin
	fault := ""
	if stuck {
		fault = fmt.Sprintf("a write has waited for %v", now.Sub(b.writing).Round(time.Second))
	}
	b.mu.Unlock()
	out = append(out, Finding{"store", fault})
	for _, l := range b.loops {
		out = append(out, Finding{l.name, late(now, l.last.Load(), l.within, "it has not turned")})
	}
	return out
}

func late(now time.Time, last int64, within time.Duration, what string) string {
	since := now.Sub(time.Unix(0, last))
	if last == 0 || since <= within {
		return ""
	}
	return fmt.Sprintf("%s for %v", what, since.Round(time.Second))
}

// Ready says of each condition whether it holds.
func (b *Board) Ready() []Finding {
	stopping := ""
	if b.stopping.Load() {
		stopping = "the bot is being stopped"
	}
	out := []Finding{{"running", stopping}, {"store", b.storeFault()}}
	for _, c := range b.Conditions {
		out = append(out, Finding{c.Name, c.Fault()})
	}
	return out
}

func (b *Board) storeFault() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	switch {
	case b.Commit == nil:
		return ""
	case b.failed != nil:
		return "it could not be written: " + b.failed.Error()
	case !b.wrote:
		return "it has not been written yet"
	case !b.writing.IsZero() && time.Since(b.writing) > lookEvery:
		return "a write takes long"
	}
	return ""
}
