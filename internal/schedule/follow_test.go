package schedule_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"latchkey/internal/access"
	"latchkey/internal/schedule"
	"latchkey/internal/state"
)

// waitingOffer stores an offer whose relationship is rel-4.
func waitingOffer(tx state.Tx) error {
	return state.PutOffer(tx, access.Offer{
		ID: "O-00001", Customer: contoso, Roles: []access.RoleID{"helpdesk"}, State: access.OfferSent, Relationship: "rel-4", ApproveBy: start.AddDate(0, 0, 90),
	})
}

// told collects what is told of changes, and can refuse it.
type told struct {
	mu       sync.Mutex
	all      []access.Relationship
	was      []access.RelationshipStatus // what each was before; empty when it was not known
	gone     []access.RelationshipID
	doubts   []state.Doubt
	passes   []bool   // whether each was whole
	groups   []string // what was told of them: "was→is"
	looks    []time.Time
	lookedAt [][]access.RelationshipID
	fail     error
	first    func(state.Tx, access.Relationship) error // may be nil
}

func (c *told) Changed(tx state.Tx, old, r *state.MirroredRelationship) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if r != nil && c.first != nil {
		if err := c.first(tx, r.Relationship); err != nil {
			return err
		}
	}
	if r == nil {
		c.gone = append(c.gone, old.ID)
		return c.fail
	}
	c.all = append(c.all, r.Relationship)
	was := access.RelationshipStatus("")
	if old != nil {
		was = old.Status
	}
	c.was = append(c.was, was)
	return c.fail
}

func (c *told) Members(_ state.Tx, old *state.MirroredGroup, now state.MirroredGroup) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	was := "?"
	if old != nil {
		was = memberIDs(old.Members)
	}
	c.groups = append(c.groups, fmt.Sprintf("%s %s→%s %s", now.ID, was, memberIDs(now.Members), now.Unseen))
	return c.fail
}

func memberIDs(all []access.Member) string {
	var b strings.Builder
	for _, m := range all {
		b.WriteString(string(m.ID))
	}
	return b.String()
}

func (c *told) Looked(_ state.Tx, looked func(access.RelationshipID) bool) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	var all []access.RelationshipID
	for _, r := range c.all {
		if looked(r.ID) {
			all = append(all, r.ID)
		}
	}
	c.lookedAt = append(c.lookedAt, all)
	return nil
}

func (c *told) GroupsRead(_ state.Tx, began time.Time) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.looks = append(c.looks, began)
	return nil
}

func (c *told) Read(_ state.Tx, whole bool) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.passes = append(c.passes, whole)
	return nil
}

func (c *told) Doubtful(_ state.Tx, d state.Doubt, _ int) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.doubts = append(c.doubts, d)
	return nil
}

func (c *told) ids() (out []access.RelationshipID) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, r := range c.all {
		out = append(out, r.ID)
	}
	return out
}

// TestSyncTellsOfChanges tells of each relationship that differs, once, and with
// the mirror that it leaves.
func TestSyncTellsOfChanges(t *testing.T) {
	t.Parallel()
	s, g, _, _ := newSync(t)
	c := &told{}
	s.Watch = c
	if err := s.Once(t.Context()); err != nil || len(c.all) != 0 {
		t.Errorf("told of %v, %v although nothing differs", c.ids(), err)
	}
	g.relationships[3].Status, g.relationships[3].Customer = "active", contoso
	for range 2 {
		if err := s.Once(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	if len(c.all) != 1 || c.all[0].ID != "rel-4" || c.all[0].Status != "active" || c.was[0] != "approvalPending" {
		t.Errorf("told of %v that were %v, want rel-4 once", c.all, c.was)
	}
	if !slices.Equal(c.passes, []bool{true, true, true}) {
		t.Errorf("the passes were whole: %v", c.passes)
	}
	g.failAfter.Store(2)
	if err := s.Once(t.Context()); !errors.Is(err, errNet) || len(c.passes) != 4 || c.passes[3] {
		t.Errorf("a broken read gives %v, and passes %v", err, c.passes)
	}
}

// TestSyncRefusedChange: what could not be followed is not mirrored either, and
// is told again.
func TestSyncRefusedChange(t *testing.T) {
	t.Parallel()
	s, g, store, _ := newSync(t)
	c := &told{fail: errNet}
	s.Watch = c
	g.relationships[3].Status = "approved"
	if err := s.Once(t.Context()); !errors.Is(err, errNet) {
		t.Errorf("Once = %v", err)
	}
	if got, _ := mirror(t, store); got["rel-4"].Status != "approvalPending" {
		t.Errorf("mirrored %q", got["rel-4"].Status)
	}
	c.fail = nil
	if err := s.Once(t.Context()); err != nil || !slices.Equal(c.ids(), []access.RelationshipID{"rel-4", "rel-4"}) {
		t.Errorf("told of %v, %v", c.ids(), err)
	}
}

func TestFollow(t *testing.T) {
	t.Parallel()
	s, g, store, _ := newSync(t)
	c := &told{}
	s.Watch = c
	g.relationships[0].Name, g.relationships[3].Status = "renamed", "approved"
	if err := s.Follow(t.Context()); err != nil || len(c.all) != 0 {
		t.Errorf("Follow = %v, told of %v although no offer waits", err, c.ids())
	}
	update(t, store, waitingOffer)
	for range 2 {
		if err := s.Follow(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	if !slices.Equal(c.ids(), []access.RelationshipID{"rel-4"}) {
		t.Errorf("told of %v, want rel-4 once and no other", c.ids())
	}
	g.relationships = g.relationships[:3]
	if err := s.Follow(t.Context()); err != nil {
		t.Errorf("Follow of what is gone = %v", err)
	}
	if got, _ := mirror(t, store); got["rel-4"].Status != "approved" {
		t.Errorf("the mirror has %+v", got["rel-4"])
	}
}

// TestFollowWithAssignments reads what an active relationship gives, too.
func TestFollowWithAssignments(t *testing.T) {
	t.Parallel()
	s, g, store, _ := newSync(t)
	update(t, store, waitingOffer)
	g.relationships[3].Status = access.RelationshipActive
	g.assignments["rel-4"] = []access.Assignment{{ID: "as-9", Group: "g-1", Status: access.AssignmentActive}}
	if err := s.Follow(t.Context()); err != nil {
		t.Fatal(err)
	}
	if got, _ := mirror(t, store); len(got["rel-4"].Assignments) != 1 || got["rel-4"].Assignments[0].GroupName != "Helpdesk" {
		t.Errorf("the mirror has %+v", got["rel-4"])
	}
	g.failing = errNet
	if err := s.Follow(t.Context()); !errors.Is(err, errNet) {
		t.Errorf("Follow = %v", err)
	}
}

// TestRunFollows sees a step of the customer long before the next whole read,
// and reads whole no more often for it.
func TestRunFollows(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		g, store := newTenant(), newCounting()
		c := &told{}
		s := &schedule.Sync{Store: store, Graph: g, Now: time.Now, Interval: time.Hour, Log: quiet(), Watch: c}
		update(t, store, waitingOffer)
		ctx, stop := context.WithCancel(t.Context())
		bell, ended := make(chan struct{}), make(chan struct{})
		go func() { s.Run(ctx, bell); close(ended) }()
		synctest.Wait()
		whole := func() int { return store.written("mirror/info") }
		if n := whole(); n != 1 || len(c.ids()) != 4 {
			t.Errorf("%d whole reads at the start, told of %v", n, c.ids())
		}
		g.becomes(3, "approved")
		time.Sleep(16 * time.Second)
		synctest.Wait()
		if n := whole(); n != 1 || len(c.ids()) != 5 {
			t.Errorf("%d whole reads, told of %v", n, c.ids())
		}
		time.Sleep(time.Hour)
		synctest.Wait()
		if n := whole(); n != 2 {
			t.Errorf("%d whole reads within the hour, want 2", n)
		}
		bell <- struct{}{}
		synctest.Wait()
		if n := whole(); n != 3 {
			t.Errorf("%d whole reads after the bell, want 3", n)
		}
		stop()
		<-ended
	})
}
