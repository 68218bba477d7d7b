package schedule_test

import (
	"context"
	"fmt"
	"iter"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"latchkey/internal/access"
	"latchkey/internal/state"
)

// midway is a tenant that does something while a pass reads the list.
type midway struct {
	*tenant
	listed func()
}

func (m midway) Relationships(ctx context.Context) iter.Seq2[access.Relationship, error] {
	return func(yield func(access.Relationship, error) bool) {
		var all []access.Relationship
		for r := range m.tenant.Relationships(ctx) {
			all = append(all, r)
		}
		if m.listed != nil {
			m.listed()
		}
		for _, r := range all {
			if !yield(r, nil) {
				return
			}
		}
	}
}

func statusOf(t *testing.T, s state.Store, r access.Relationship) (got access.RelationshipStatus) {
	t.Helper()
	err := s.View(t.Context(), func(tx state.Tx) error {
		all, err := state.Relationships(tx, r.Customer)
		for _, m := range all {
			if m.ID == r.ID {
				got = m.Status
			}
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return got
}

// TestLook reads one relationship at once, and a pass that had read something older
// by then neither takes it back nor tells of it.
func TestLook(t *testing.T) {
	t.Parallel()
	s, g, store, _ := newSync(t)
	c := &told{}
	s.Watch = c
	once := func() {
		t.Helper()
		if err := s.Once(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	once()
	c.all, c.gone = nil, nil
	fresh := access.Relationship{ID: "rel-new", Customer: contoso, Status: access.RelationshipActive}
	first := g.relationships[0]
	s.Graph = midway{g, func() {
		g.becomes(0, access.RelationshipTerminated)
		g.mu.Lock()
		g.relationships = append(g.relationships, fresh)
		g.mu.Unlock()
		for _, id := range []access.RelationshipID{first.ID, fresh.ID, "rel-unknown"} {
			if err := s.Look(t.Context(), id); err != nil {
				t.Fatal(err)
			}
		}
	}}
	once()
	if got := statusOf(t, store, first); got != access.RelationshipTerminated {
		t.Errorf("the pass made it %q again", got)
	}
	if got := statusOf(t, store, fresh); got != access.RelationshipActive {
		t.Errorf("the pass took what it had not listed for gone: %q", got)
	}
	if got := c.ids(); !slices.Equal(got, []access.RelationshipID{first.ID, fresh.ID}) || len(c.gone) > 0 {
		t.Errorf("told of %v, and that %v are gone", got, c.gone)
	}
	s.Graph = g
	once()
	if got := c.ids(); len(got) != 2 {
		t.Errorf("the next pass tells of %v", got)
	}
	g.failing = errNet
	if err := s.Look(t.Context(), first.ID); err == nil {
		t.Error("a look that failed is told to be done")
	}
}

// TestGather tells of many looks together, and of each once.
func TestGather(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s, g, _, _ := newSync(t)
		c := &told{}
		s.Watch = c
		g.relationships = nil
		for i := range 30 {
			g.relationships = append(g.relationships, access.Relationship{
				ID: access.RelationshipID(fmt.Sprintf("rel-%02d", i)), Customer: contoso, Status: access.RelationshipActive,
			})
		}
		ctx, stop := context.WithCancel(t.Context())
		done := make(chan struct{})
		go func() { defer close(done); s.Gather(ctx) }()
		look := func(i int, pause time.Duration) {
			if err := s.Look(ctx, g.relationships[i].ID); err != nil {
				t.Error(err)
			}
			time.Sleep(pause)
		}
		for i := range 5 {
			look(i, time.Second)
		}
		time.Sleep(5 * time.Second)
		look(0, 5*time.Second) // nothing differs
		for i := range 25 {
			look(5+i, 1500*time.Millisecond) // without a pause of two seconds
		}
		time.Sleep(5 * time.Second)
		stop()
		<-done
		var sizes []int
		for _, all := range c.lookedAt {
			sizes = append(sizes, len(all))
		}
		if len(sizes) != 3 || sizes[0] != 5 || sizes[1] < 10 || sizes[1]+sizes[2] != 25 {
			t.Errorf("told together of %v, want 5 and twice some of 25", sizes)
		}
	})
}
