package telemetry

import (
	"context"
	"errors"
	"log/slog"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"latchkey/internal/access"
	"latchkey/internal/audit"
	"latchkey/internal/outbox"
	"latchkey/internal/state"
)

// Watched are the prefixes of the keys that a [Tally] follows.
func Watched() []string {
	return []string{state.GrantKeys, state.MirrorInfoKey, outbox.EffectKeys, outbox.DeadKeys, audit.EventKeys}
}

const (
	// keepUpEvery is how often a tally reads what has changed though nobody asks, so
	// that it need not remember much.
	keepUpEvery = 10 * time.Second
	// anewEvery is how often a store that others write to, too, is read whole.
	anewEvery = time.Minute
)

// Tally knows what stands in the store: which grants there are, and which effects are
// owed. It reads everything once and after that what has changed.
type Tally struct {
	Store   state.Store
	Metrics *Metrics
	Now     func() time.Time // by which access ends
	// Protocol is the real clock, by which effects are owed.
	Protocol func() time.Time
	Log      *slog.Logger

	mu    sync.Mutex // guards dirty
	dirty map[string]bool

	reading sync.Mutex // guards the rest
	whole   time.Time  // when everything was read; zero: not yet
	began   time.Time
	grants  map[string]standing // that are not over
	owed    map[string]outbox.Effect
	aside   map[string]string // their kinds
	read    time.Time         // when the mirror was
	events  []access.Event    // of this reading
}

// standing is what a tally needs of a grant: of a hundred thousand it is little.
type standing struct {
	state access.GrantState
	ends  time.Time // when the access should be gone; zero: no time is set
}

// Changed is told of keys that a commit changed. It does not block.
func (t *Tally) Changed(keys []string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.dirty == nil {
		t.dirty = map[string]bool{}
	}
	for _, k := range keys {
		t.dirty[k] = true
	}
}

// Run keeps up until ctx ends.
func (t *Tally) Run(ctx context.Context) {
	for {
		t.Update(ctx)
		select {
		case <-time.After(keepUpEvery):
		case <-ctx.Done():
			return
		}
	}
}

// Update reads what has changed and sets the gauges. What cannot be read is read again
// the next time.
func (t *Tally) Update(ctx context.Context) {
	t.reading.Lock()
	defer t.reading.Unlock()
	t.mu.Lock()
	dirty := t.dirty
	t.dirty = nil
	t.mu.Unlock()
	// What a commit changed is marked after it: this view is not older than any mark.
	err := t.Store.View(ctx, func(tx state.Tx) error {
		if t.whole.IsZero() || !t.Store.Exclusive() && time.Since(t.whole) > anewEvery {
			if err := t.all(tx); err != nil {
				return err
			}
		}
		for key := range dirty {
			if err := t.one(tx, key); err != nil {
				return err
			}
		}
		return nil
	})
	events := t.events
	t.events = nil
	if err != nil {
		t.Changed(slices.Collect(maps.Keys(dirty)))
		if ctx.Err() == nil {
			t.Log.WarnContext(ctx, "what the metrics tell of the store is old", "err", err)
		}
		return
	}
	for _, e := range events {
		t.Metrics.happened(e)
	}
	t.set()
}

// all reads everything but the events, which are counted as they come.
func (t *Tally) all(tx state.Tx) error {
	if t.began.IsZero() {
		t.began = t.Now()
	}
	t.grants, t.owed, t.aside = map[string]standing{}, map[string]outbox.Effect{}, map[string]string{}
	granted, err := state.AllGranted(tx) // the others are over, and more with each year
	if err != nil {
		return err
	}
	for _, id := range granted {
		if err := t.one(tx, state.GrantKeys+string(id)); err != nil {
			return err
		}
	}
	for _, prefix := range Watched() {
		if prefix == audit.EventKeys || prefix == state.GrantKeys {
			continue
		}
		for item, err := range tx.Scan(prefix) {
			if err != nil {
				return err
			}
			t.take(item.Key, item.Value)
		}
	}
	t.whole = time.Now()
	return nil
}

// one reads what a key holds now.
func (t *Tally) one(tx state.Tx, key string) error {
	raw, err := tx.Get(key)
	if errors.Is(err, state.ErrNotFound) {
		delete(t.grants, key)
		delete(t.owed, key)
		delete(t.aside, key)
		return nil
	}
	if err != nil {
		return err
	}
	t.take(key, raw)
	return nil
}

// take takes in a record. One that cannot be read is left out: whoever needs it says so.
func (t *Tally) take(key string, raw []byte) {
	switch {
	case strings.HasPrefix(key, state.GrantKeys):
		g, err := state.Decode[access.Grant](key, raw)
		if err != nil || g.Final() {
			delete(t.grants, key)
			return
		}
		t.grants[key] = standing{g.State, ends(g)}
	case strings.HasPrefix(key, outbox.EffectKeys):
		if e, err := state.Decode[outbox.Effect](key, raw); err == nil {
			t.owed[key] = outbox.Effect{Kind: e.Kind, EnqueuedAt: e.EnqueuedAt}
		}
	case strings.HasPrefix(key, outbox.DeadKeys):
		if e, err := state.Decode[outbox.Effect](key, raw); err == nil {
			t.aside[key] = e.Kind
		}
	case strings.HasPrefix(key, audit.EventKeys):
		if e, err := state.Decode[access.Event](key, raw); err == nil {
			t.events = append(t.events, e)
		}
	case key == state.MirrorInfoKey:
		if m, err := state.Decode[state.MirrorInfo](key, raw); err == nil {
			t.read = m.ReadAt
		}
	}
}

// set sets the gauges. It goes through what is owed and in force, in memory.
func (t *Tally) set() {
	m, now := t.Metrics, t.Now()
	states := map[access.GrantState]int{access.Activating: 0, access.Active: 0, access.Ending: 0}
	overdue := time.Duration(0)
	for _, g := range t.grants {
		states[g.state]++
		if !g.ends.IsZero() {
			overdue = max(overdue, now.Sub(g.ends))
		}
	}
	for state, n := range states {
		m.grants.WithLabelValues(string(state)).Set(float64(n))
	}
	count := map[string]int{}
	oldest := map[string]time.Duration{"slack": 0, "graph": 0, "other": 0}
	for _, e := range t.owed {
		count[e.Kind]++
		age := t.Protocol().Sub(e.EnqueuedAt)
		oldest[systemOf(e.Kind)] = max(oldest[systemOf(e.Kind)], age)
		if e.Kind == outbox.GraphLeave { // of what was ended early, too
			overdue = max(overdue, age)
		}
	}
	m.overdue.Set(overdue.Seconds())
	for system, age := range oldest {
		m.oldest.WithLabelValues(system).Set(age.Seconds())
	}
	set(m.owed.Reset, count, func(kind string, n int) { m.owed.WithLabelValues(kind).Set(float64(n)) })
	dead := map[string]int{}
	for _, kind := range t.aside {
		dead[kind]++
	}
	set(m.aside.Reset, dead, func(kind string, n int) { m.aside.WithLabelValues(kind).Set(float64(n)) })
	read := t.read
	if read.IsZero() {
		read = t.began
	}
	m.read.Set(max(0, now.Sub(read).Seconds()))
}

// set has every kind that there is be told of, also those of which there is nothing.
func set(reset func(), count map[string]int, tell func(kind string, n int)) {
	reset()
	for _, kind := range outbox.Kinds() {
		tell(kind, count[kind])
	}
}

// ends is when the access of a grant should be gone.
func ends(g access.Grant) time.Time {
	if at, ok := g.Due(); ok {
		return at
	}
	if g.State == access.Ending {
		return g.ExpiresAt
	}
	return time.Time{}
}

// systemOf is the system that effects of a kind concern.
func systemOf(kind string) string {
	switch system, _, _ := strings.Cut(kind, "."); system {
	case "slack", "graph":
		return system
	}
	return "other"
}

// outcomes are the events that decide a request.
var outcomes = map[access.EventKind]string{
	access.EventApproved: "approved", access.EventDenied: "denied", access.EventWithdrawn: "withdrawn",
	access.EventLapsed: "lapsed", access.EventBrokeGlass: "break-glass", access.EventRefused: "refused",
}

func (m *Metrics) happened(e access.Event) {
	m.events.WithLabelValues(string(e.Kind)).Inc()
	if outcome, ok := outcomes[e.Kind]; ok {
		m.decisions.WithLabelValues(outcome).Inc()
	}
}
