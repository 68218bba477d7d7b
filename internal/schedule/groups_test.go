package schedule_test

import (
	"slices"
	"testing"
	"time"

	"latchkey/internal/access"
	"latchkey/internal/state"
)

func mirroredGroups(t *testing.T, store state.Store) map[access.GroupID]state.MirroredGroup {
	t.Helper()
	out := map[access.GroupID]state.MirroredGroup{}
	err := store.View(t.Context(), func(tx state.Tx) error {
		all, err := state.MirroredGroups(tx)
		for _, g := range all {
			out[g.ID] = g
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// TestSyncGroups mirrors the groups that receive roles, and Partner Center's own.
func TestSyncGroups(t *testing.T) {
	t.Parallel()
	s, g, store, clock := newSync(t)
	g.agents = map[access.AgentGroup]access.GroupID{access.AdminAgents: "agents"}
	g.members = map[access.GroupID][]access.Member{"agents": {{ID: "p2"}, {ID: "p1", Name: "Ana"}}}
	once := func() {
		t.Helper()
		if err := s.Once(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	once()
	got := mirroredGroups(t, store)
	agents := got["agents"]
	if agents.Agents != access.AdminAgents || len(agents.Members) != 2 || agents.Members[0].Name != "Ana" {
		t.Errorf("the agents are %+v", agents)
	}
	if len(got) < 2 {
		t.Errorf("groups with assignments are not mirrored: %v", got)
	}

	g.failingGroups = errNet
	once()
	if now := mirroredGroups(t, store); now["agents"].Unseen != "" || len(now) != len(got) || len(now["agents"].Members) != 2 {
		t.Errorf("a group that was not found this time is %+v, of %d", now["agents"], len(now))
	}
	for id, now := range mirroredGroups(t, store) {
		if id != "agents" && now.Unseen == "" {
			t.Errorf("%s could not be read and does not say so", id)
		}
	}

	g.failingGroups, g.failing = nil, errNet
	once()
	if now := mirroredGroups(t, store); len(now) != len(got) {
		t.Errorf("where assignments could not be read, %d groups are left of %d", len(now), len(got))
	}

	g.failing, g.agents, g.relationships = nil, nil, nil
	once() // not believed yet
	if now := mirroredGroups(t, store); len(now) != len(got) {
		t.Errorf("after a read that is not believed %d groups are left of %d", len(now), len(got))
	}
	*clock = clock.Add(time.Minute)
	once()
	if now := mirroredGroups(t, store); len(now) != 0 {
		t.Errorf("of nothing there are groups left: %v", now)
	}
}

// TestSyncTellsOfMembers tells of each group whose members differ, in the
// transaction that writes it, and of each read of the groups.
func TestSyncTellsOfMembers(t *testing.T) {
	t.Parallel()
	s, g, store, clock := newSync(t)
	g.relationships = nil
	g.agents = map[access.AgentGroup]access.GroupID{access.AdminAgents: "agents"}
	g.members = map[access.GroupID][]access.Member{"agents": {{ID: "b"}, {ID: "a"}}}
	c := &told{}
	s.Watch = c
	for _, members := range [][]access.Member{{{ID: "b"}, {ID: "a"}}, {{ID: "a"}, {ID: "b"}}, {{ID: "a"}, {ID: "c"}}} {
		g.members["agents"] = members
		if err := s.Once(t.Context()); err != nil {
			t.Fatal(err)
		}
		*clock = clock.Add(time.Minute)
	}
	want := []string{"agents ?→ab ", "agents ab→ac "}
	if !slices.Equal(c.groups, want) || len(c.looks) != 3 || !c.looks[1].Equal(c.looks[0].Add(time.Minute)) {
		t.Errorf("told of %q in reads of %v, want %q", c.groups, c.looks, want)
	}
	c.fail = errNet
	g.members["agents"] = nil
	if err := s.Once(t.Context()); err == nil {
		t.Error("a pass goes on although nobody could be told")
	}
	if now := mirroredGroups(t, store)["agents"]; len(now.Members) != 2 {
		t.Errorf("what nobody was told of is written: %+v", now)
	}
}
