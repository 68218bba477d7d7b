package schedule_test

import (
	"context"
	"errors"
	"iter"
	"log/slog"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"latchkey/internal/access"
	"latchkey/internal/state"
	"latchkey/internal/state/statetest"
)

var (
	start  = time.Date(2026, 3, 2, 9, 30, 0, 0, time.UTC)
	errNet = errors.New("the connection was lost")
)

func quiet() *slog.Logger { return slog.New(slog.DiscardHandler) }

// counting is a store that counts what is written to it.
type counting struct {
	state.Store
	mu   sync.Mutex
	puts map[string]int
	dels int // of keys that were there
}

func newCounting() *counting { return &counting{Store: statetest.Memory(), puts: map[string]int{}} }

func (c *counting) Update(ctx context.Context, fn func(state.Tx) error) error {
	return c.Store.Update(ctx, func(tx state.Tx) error { return fn(countingTx{tx, c}) })
}

// reset forgets what was counted.
func (c *counting) reset() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.puts, c.dels = map[string]int{}, 0
}

type countingTx struct {
	state.Tx
	c *counting
}

func (t countingTx) Put(key string, value []byte) error {
	t.c.mu.Lock()
	defer t.c.mu.Unlock()
	t.c.puts[key]++
	return t.Tx.Put(key, value)
}

func (t countingTx) Delete(key string) error {
	if _, err := t.Tx.Get(key); err == nil {
		t.c.mu.Lock()
		defer t.c.mu.Unlock()
		t.c.dels++
	}
	return t.Tx.Delete(key)
}

// tenant plays Graph.
type tenant struct {
	mu            sync.Mutex // of what a test changes while it is read
	relationships []access.Relationship
	assignments   map[access.RelationshipID][]access.Assignment
	groups        map[access.GroupID]string
	customers     []state.Known
	agents        map[access.AgentGroup]access.GroupID
	members       map[access.GroupID][]access.Member

	failAfter     atomic.Int64           // relationships that can be read; -1: all
	failing       error                  // what reading assignments gives
	failingGroups error                  // what reading the members of a group gives
	refusing      error                  // what reading assignments ends with, after what it has told
	noCustomers   error                  // what reading customers ends with
	asked         map[access.GroupID]int // whose names were read
	looked        map[access.GroupID]int // whose members were
}

func (g *tenant) Relationships(context.Context) iter.Seq2[access.Relationship, error] {
	return func(yield func(access.Relationship, error) bool) {
		g.mu.Lock()
		all := slices.Clone(g.relationships)
		g.mu.Unlock()
		for i, r := range all {
			if int64(i) == g.failAfter.Load() {
				yield(access.Relationship{}, errNet)
				return
			}
			if !yield(r, nil) {
				return
			}
		}
	}
}

// becomes changes the status of the n'th relationship while it may be read.
func (g *tenant) becomes(n int, status access.RelationshipStatus) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.relationships[n].Status = status
}

// written is how often a key was written.
func (c *counting) written(key string) int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.puts[key]
}

func (g *tenant) Relationship(_ context.Context, id access.RelationshipID) (access.Relationship, error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	for _, r := range g.relationships {
		if r.ID == id {
			return r, g.failing
		}
	}
	return access.Relationship{}, access.Refuse(access.NotFound, "There is no such relationship.")
}

func (g *tenant) AssignmentsOf(
	_ context.Context, ids []access.RelationshipID, each func(access.RelationshipID, []access.Assignment, error),
) error {
	for _, id := range slices.Backward(ids) { // in any order
		if g.failing != nil {
			each(id, nil, g.failing)
			continue
		}
		each(id, slices.Clone(g.assignments[id]), nil)
	}
	return g.refusing
}

func (g *tenant) GroupNames(_ context.Context, ids []access.GroupID, each func(access.GroupID, string, error)) error {
	for _, id := range ids {
		g.asked[id]++
		name, ok := g.groups[id]
		if !ok {
			each(id, "", errNet)
			continue
		}
		each(id, name, nil)
	}
	return nil
}

func (g *tenant) AgentGroup(_ context.Context, name access.AgentGroup) (access.GroupID, bool, error) {
	if g.failingGroups != nil {
		return "", false, g.failingGroups
	}
	id, ok := g.agents[name]
	return id, ok, nil
}

func (g *tenant) MembersOf(_ context.Context, ids []access.GroupID, each func(access.GroupID, []access.Member, error)) error {
	for _, id := range ids {
		if g.failingGroups != nil {
			each(id, nil, g.failingGroups)
			continue
		}
		if g.looked != nil {
			g.looked[id]++
		}
		each(id, slices.Clone(g.members[id]), nil)
	}
	return nil
}

func (g *tenant) Customers(context.Context) iter.Seq2[state.Known, error] {
	return func(yield func(state.Known, error) bool) {
		for _, k := range g.customers {
			if !yield(k, nil) {
				return
			}
		}
		if g.noCustomers != nil {
			yield(state.Known{}, g.noCustomers)
		}
	}
}

func update(t *testing.T, s state.Store, fn func(state.Tx) error) {
	t.Helper()
	if err := s.Update(t.Context(), fn); err != nil {
		t.Fatal(err)
	}
}

func view(t *testing.T, s state.Store, fn func(state.Tx) error) {
	t.Helper()
	if err := s.View(t.Context(), fn); err != nil {
		t.Fatal(err)
	}
}
