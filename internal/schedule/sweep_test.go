package schedule_test

import (
	"fmt"
	"testing"
	"time"

	"latchkey/internal/access"
	"latchkey/internal/schedule"
	"latchkey/internal/state"
)

// sweeping is a tenant of n relationships, each with a group of its own, of which a
// pass reads about ten, after a first pass, which has read all.
func sweeping(t *testing.T, n int) (*schedule.Sync, *tenant, *counting) {
	t.Helper()
	s, g, store, _ := newSync(t)
	g.members = map[access.GroupID][]access.Member{}
	g.relationships, g.agents = nil, map[access.AgentGroup]access.GroupID{access.AdminAgents: "agents"}
	for i := range n {
		id := access.RelationshipID(fmt.Sprintf("rel-%03d", i))
		g.relationships = append(g.relationships, access.Relationship{ID: id, Customer: "c", Status: access.RelationshipActive, Name: string(id)})
		give(g, id, access.GroupID(fmt.Sprintf("group-%03d", i)))
	}
	s.SweepBy(10)
	pass(t, s, g)
	if len(g.asked) != n || len(g.looked) != n+1 {
		t.Fatalf("the first pass read %d names and %d groups, want all", len(g.asked), len(g.looked))
	}
	return s, g, store
}

func give(g *tenant, id access.RelationshipID, group access.GroupID) {
	g.groups[group] = string(group)
	g.assignments[id] = []access.Assignment{{ID: access.AssignmentID("a-" + string(group)), Group: group}}
}

// pass makes one, and counts what is read in it.
func pass(t *testing.T, s *schedule.Sync, g *tenant) {
	t.Helper()
	g.asked, g.looked = map[access.GroupID]int{}, map[access.GroupID]int{}
	if err := s.Once(t.Context()); err != nil {
		t.Fatal(err)
	}
}

// TestSweep holds that of many relationships and groups each has its turn once in a
// round, that a pass reads but a part, and that nothing is forgotten meanwhile.
func TestSweep(t *testing.T) {
	t.Parallel()
	const n, parts = 80, 8
	s, g, store := sweeping(t, n)
	names, members := map[access.GroupID]int{}, map[access.GroupID]int{}
	pass(t, s, g)                    // now it is known how many there are
	for i := range 2 * (parts + 1) { // of groups there is one more, so their round is longer
		pass(t, s, g)
		if len(g.asked) > n/3 || len(g.looked) > n/3 || g.looked["agents"] != 1 {
			t.Errorf("pass %d read %d names and %d groups, the agents %d times", i, len(g.asked), len(g.looked), g.looked["agents"])
		}
		for id := range g.asked {
			if i < 2*parts {
				names[id]++
			}
		}
		for id := range g.looked {
			members[id]++
		}
	}
	delete(members, "agents")
	for what, all := range map[string]map[access.GroupID]int{"names": names, "members": members} {
		if len(all) != n {
			t.Errorf("%s of %d groups were read in two rounds, want %d", what, len(all), n)
		}
		for id, times := range all {
			if times != 2 {
				t.Errorf("%s of %s were read %d times in two rounds", what, id, times)
			}
		}
	}
	if got := mirroredGroups(t, store); len(got) != n+1 {
		t.Errorf("%d groups are mirrored, want %d", len(got), n+1)
	}
	store.reset()
	pass(t, s, g)
	if len(store.puts) > 2 {
		t.Errorf("a pass without a change wrote %v", store.puts)
	}
	again := &schedule.Sync{Store: store, Graph: g, Now: s.Now, Log: quiet()}
	again.SweepBy(10)
	if pass(t, again, g); len(g.asked) != n {
		t.Errorf("the first pass after a start read %d, want all", len(g.asked))
	}
}

// TestSweepBegins holds that what changed is read before its turn, and what nothing
// tells of is found within a round.
func TestSweepBegins(t *testing.T) {
	t.Parallel()
	const n, parts = 80, 8
	s, g, store := sweeping(t, n)
	pass(t, s, g)
	rel := func(i int) access.RelationshipID { return g.relationships[i].ID }
	for i := range 10 {
		g.relationships[i].Name += " renamed"
		give(g, rel(i), access.GroupID(fmt.Sprintf("new-%03d", i)))
		g.members[access.GroupID(fmt.Sprintf("group-%03d", 20+i))] = nil
	}
	update(t, store, func(tx state.Tx) error {
		return state.PutRecheck(tx, state.Recheck{Group: "group-050", Member: access.Member{ID: "p"}, At: start})
	})
	pass(t, s, g)
	for i := range 10 {
		if id := access.GroupID(fmt.Sprintf("new-%03d", i)); g.looked[id] != 1 || g.asked[id] != 1 {
			t.Errorf("%s is new and was read %d times, its name %d times", id, g.looked[id], g.asked[id])
		}
	}
	if g.looked["group-050"] != 1 {
		t.Errorf("a group that is to be looked at again was read %d times", g.looked["group-050"])
	}
	give(g, rel(70), "secret")
	g.members["group-060"] = []access.Member{{ID: "intruder"}}
	for range parts + 1 {
		pass(t, s, g)
	}
	got := mirroredGroups(t, store)
	if _, found := got["secret"]; !found || len(got["group-060"].Members) != 1 {
		t.Errorf("a round later the new group is known: %t, who is in the other: %v", found, got["group-060"].Members)
	}
	if _, still := got["group-070"]; still {
		t.Error("a group that gives nothing any more is still mirrored")
	}
}

func TestPace(t *testing.T) {
	t.Parallel()
	for _, row := range []struct{ interval, changed, took, want time.Duration }{
		{5 * time.Minute, time.Hour, time.Second, 5 * time.Minute},
		{5 * time.Minute, time.Minute, time.Second, time.Minute},
		{30 * time.Minute, time.Minute, time.Second, 6 * time.Minute},
		{5 * time.Minute, time.Minute, 30 * time.Second, 2 * time.Minute},
		{5 * time.Minute, time.Minute, 3 * time.Minute, 5 * time.Minute},
		{time.Minute, 0, 0, time.Minute},
		{5 * time.Minute, 10 * time.Minute, 0, 5 * time.Minute},
		{24 * time.Hour, 0, 0, 24 * time.Hour / 5},
	} {
		if got := schedule.Pace(row.interval, row.changed, row.took); got != row.want {
			t.Errorf("every %s, %s after a change, a pass of %s: waits %s, want %s", row.interval, row.changed, row.took, got, row.want)
		}
	}
}
