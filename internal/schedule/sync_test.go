package schedule_test

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"latchkey/internal/access"
	"latchkey/internal/schedule"
	"latchkey/internal/state"
	"latchkey/internal/state/statetest"
)

const contoso, adatum = access.TenantID("contoso"), access.TenantID("adatum")

func newTenant() *tenant {
	rel := func(id access.RelationshipID, customer access.TenantID, status access.RelationshipStatus) access.Relationship {
		return access.Relationship{
			ID: id, Name: "name of " + string(id), Customer: customer, Status: status, Roles: []access.RoleID{"helpdesk"},
			End: start.AddDate(1, 0, 0), Duration: "P365D", AutoExtend: "PT0S",
		}
	}
	as := func(id access.AssignmentID, g access.GroupID) access.Assignment {
		return access.Assignment{ID: id, Group: g, Roles: []access.RoleID{"helpdesk"}, Status: access.AssignmentActive}
	}
	g := &tenant{
		relationships: []access.Relationship{
			rel("rel-1", contoso, access.RelationshipActive), rel("rel-2", adatum, access.RelationshipActive),
			rel("rel-3", contoso, "expired"), rel("rel-4", "", "approvalPending"),
		},
		assignments: map[access.RelationshipID][]access.Assignment{
			"rel-1": {as("as-1", "g-1"), as("as-2", "g-2")}, "rel-2": {as("as-3", "g-1")}, "rel-3": {as("as-4", "g-1")},
		},
		groups:    map[access.GroupID]string{"g-1": "Helpdesk"},
		customers: []state.Known{{Tenant: contoso, Name: "Contoso", Domain: "contoso.com"}, {Tenant: adatum, Name: "Adatum"}},
		asked:     map[access.GroupID]int{},
	}
	g.failAfter.Store(-1)
	return g
}

// mirror returns the mirrored relationships by id, and what is said of the read.
func mirror(t *testing.T, s state.Store) (map[access.RelationshipID]state.MirroredRelationship, state.MirrorInfo) {
	t.Helper()
	out := map[access.RelationshipID]state.MirroredRelationship{}
	var info state.MirrorInfo
	view(t, s, func(tx state.Tx) error {
		all, _, err := state.Readable[state.MirroredRelationship](tx, "mirror/relationship/")
		for _, m := range all {
			if _, twice := out[m.ID]; twice {
				t.Errorf("%s is mirrored twice", m.ID)
			}
			out[m.ID] = m
		}
		if err == nil {
			info, err = state.Mirror(tx)
		}
		return err
	})
	return out, info
}

func ids(m map[access.RelationshipID]state.MirroredRelationship) []access.RelationshipID {
	return slices.Sorted(maps.Keys(m))
}

// newSync has read the tenant once.
func newSync(t *testing.T) (*schedule.Sync, *tenant, *counting, *time.Time) {
	t.Helper()
	now := start.Add(300 * time.Millisecond)
	g, store := newTenant(), newCounting()
	s := &schedule.Sync{Store: store, Graph: g, Now: func() time.Time { return now }, Interval: time.Minute, Log: quiet()}
	if err := s.Once(t.Context()); err != nil {
		t.Fatal(err)
	}
	return s, g, store, &now
}

func TestSyncFirstRead(t *testing.T) {
	t.Parallel()
	_, g, store, _ := newSync(t)
	got, info := mirror(t, store)
	if want := []access.RelationshipID{"rel-1", "rel-2", "rel-3", "rel-4"}; !slices.Equal(ids(got), want) {
		t.Errorf("mirrored %v, want %v", ids(got), want)
	}
	if !info.ReadAt.Equal(start) || info.Problem != "" {
		t.Errorf("the read is %+v", info)
	}
	one := got["rel-1"]
	if len(one.Assignments) != 2 || one.Assignments[0].GroupName != "Helpdesk" || one.Assignments[1].GroupName != "" || one.Unseen != "" {
		t.Errorf("rel-1 is %+v", one)
	}
	if one.Duration != "P365D" || !one.End.Equal(start.AddDate(1, 0, 0)) {
		t.Errorf("rel-1 is %+v", one.Relationship)
	}
	if len(got["rel-3"].Assignments) != 0 {
		t.Errorf("assignments of a relationship that is over were read: %+v", got["rel-3"])
	}
	if g.asked["g-1"] != 1 || g.asked["g-2"] != 1 {
		t.Errorf("names were asked for %v times, want once in a read", g.asked)
	}
	view(t, store, func(tx state.Tx) error {
		known, err := state.KnownCustomers(tx)
		if len(known) != 2 {
			t.Errorf("known are %v", known)
		}
		of, err2 := state.Relationships(tx, contoso)
		if len(of) != 2 {
			t.Errorf("Contoso has %v", of)
		}
		return errors.Join(err, err2)
	})
}

// TestSyncUnchanged writes nothing but when it was read.
func TestSyncUnchanged(t *testing.T) {
	t.Parallel()
	s, _, store, now := newSync(t)
	store.reset()
	*now = start.Add(time.Minute)
	if err := s.Once(t.Context()); err != nil {
		t.Fatal(err)
	}
	if len(store.puts) != 2 || store.puts["mirror/info"] != 1 || store.puts["mirror/groups"] != 1 || store.dels != 0 {
		t.Errorf("an unchanged read wrote %v and deleted %d", store.puts, store.dels)
	}
	if _, info := mirror(t, store); !info.ReadAt.Equal(*now) {
		t.Errorf("the read is %+v", info)
	}
}

func TestSyncChanges(t *testing.T) {
	t.Parallel()
	s, g, store, _ := newSync(t)
	g.relationships = slices.Delete(g.relationships, 1, 2) // rel-2 is removed
	g.relationships[0].Status = "terminating"              // rel-1
	g.relationships[2].Customer = adatum                   // rel-4 was accepted
	g.relationships[2].Status = access.RelationshipActive
	g.groups["g-2"] = "Late name"
	g.assignments["rel-4"] = g.assignments["rel-1"]
	if err := s.Once(t.Context()); err != nil {
		t.Fatal(err)
	}
	got, _ := mirror(t, store)
	if want := []access.RelationshipID{"rel-1", "rel-3", "rel-4"}; !slices.Equal(ids(got), want) {
		t.Errorf("mirrored %v, want %v", ids(got), want)
	}
	if got["rel-1"].Status != "terminating" || len(got["rel-1"].Assignments) != 0 {
		t.Errorf("rel-1 is %+v", got["rel-1"])
	}
	if four := got["rel-4"]; four.Customer != adatum || len(four.Assignments) != 2 || four.Assignments[1].GroupName != "Late name" {
		t.Errorf("rel-4 is %+v", four)
	}
}

// TestSyncFailsInTheMiddle forgets nothing, keeps when the last whole read was
// and says that something is wrong.
func TestSyncFailsInTheMiddle(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name string
		fail func(*tenant)
		wide bool // the relationships were read
	}{
		{"AtOnce", func(g *tenant) { g.failAfter.Store(0) }, false},
		{"InTheMiddle", func(g *tenant) { g.failAfter.Store(2) }, false},
		{"Customers", func(g *tenant) { g.noCustomers = errNet }, true},
	}
	for _, test := range tests {
		s, g, store, now := newSync(t)
		before, _ := mirror(t, store)
		known := statetest.Contents(t, store)["mirror/customer/contoso"]
		test.fail(g)
		g.customers = nil
		*now = start.Add(time.Hour)
		if err := s.Once(t.Context()); !errors.Is(err, errNet) {
			t.Errorf("%s: Once = %v", test.name, err)
		}
		got, info := mirror(t, store)
		if !slices.Equal(ids(got), ids(before)) || statetest.Contents(t, store)["mirror/customer/contoso"] != known {
			t.Errorf("%s: mirrored %v, was %v", test.name, ids(got), ids(before))
		}
		if !info.ReadAt.Equal(start) || info.Problem == "" {
			t.Errorf("%s: the read is %+v", test.name, info)
		}
		g.failAfter.Store(-1)
		g.noCustomers = nil
		if err := s.Once(t.Context()); err != nil {
			t.Errorf("%s: Once = %v", test.name, err)
		}
		if _, info := mirror(t, store); !info.ReadAt.Equal(start.Add(time.Hour)) || info.Problem != "" {
			t.Errorf("%s: after a good read, the read is %+v", test.name, info)
		}
	}
}

// TestSyncNeverRead has the first read fail: nothing may count as read.
func TestSyncNeverRead(t *testing.T) {
	t.Parallel()
	g, store := newTenant(), newCounting()
	g.failAfter.Store(1)
	s := &schedule.Sync{Store: store, Graph: g, Now: func() time.Time { return start }, Log: quiet()}
	if err := s.Once(t.Context()); !errors.Is(err, errNet) {
		t.Errorf("Once = %v", err)
	}
	if _, info := mirror(t, store); !info.ReadAt.IsZero() || info.Problem == "" {
		t.Errorf("the read is %+v", info)
	}
}

func TestSyncUnseen(t *testing.T) {
	t.Parallel()
	s, g, store, _ := newSync(t)
	g.failing = errNet
	if err := s.Once(t.Context()); err != nil {
		t.Fatalf("one thing that cannot be read fails all: %v", err)
	}
	got, info := mirror(t, store)
	if got["rel-1"].Unseen == "" || got["rel-2"].Unseen == "" || got["rel-3"].Unseen != "" || info.Problem != "" {
		t.Errorf("unseen are %q, %q and %q; the read is %+v", got["rel-1"].Unseen, got["rel-2"].Unseen, got["rel-3"].Unseen, info)
	}
	g.failing = nil
	if err := s.Once(t.Context()); err != nil {
		t.Fatal(err)
	}
	if got, _ := mirror(t, store); got["rel-1"].Unseen != "" || len(got["rel-1"].Assignments) != 2 {
		t.Errorf("rel-1 is %+v", got["rel-1"])
	}
}

// TestSyncStopped stops in the middle: that nothing more can be read is no news
// about the relationships.
func TestSyncStopped(t *testing.T) {
	t.Parallel()
	s, g, store, _ := newSync(t)
	before := statetest.Contents(t, store)
	ctx, stop := context.WithCancel(t.Context())
	stop()
	g.failing = context.Canceled
	if err := s.Once(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("Once = %v", err)
	}
	if !maps.Equal(statetest.Contents(t, store), before) {
		t.Error("a read that was stopped changed the mirror")
	}
}

// TestSyncMany reads more than one batch.
func TestSyncMany(t *testing.T) {
	t.Parallel()
	const many = 230
	s, g, store, _ := newSync(t)
	for i := range many {
		id := access.RelationshipID(fmt.Sprintf("many-%03d", i))
		g.relationships = append(g.relationships, access.Relationship{ID: id, Customer: contoso, Status: "expired"})
		g.customers = append(g.customers, state.Known{Tenant: access.TenantID(id), Name: string(id)})
	}
	if err := s.Once(t.Context()); err != nil {
		t.Fatal(err)
	}
	if got, _ := mirror(t, store); len(got) != many+4 {
		t.Errorf("mirrored %d, want %d", len(got), many+4)
	}
	view(t, store, func(tx state.Tx) error {
		known, err := state.KnownCustomers(tx)
		if len(known) != many+2 {
			t.Errorf("known are %d, want %d", len(known), many+2)
		}
		return err
	})
}

// TestSyncRun reads at once, in every interval, sooner after a failure, and when
// it is woken.
func TestSyncRun(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		began := time.Now()
		g, store := newTenant(), newCounting()
		s := &schedule.Sync{Store: store, Graph: g, Now: time.Now, Interval: time.Minute, Log: quiet()}
		ctx, stop := context.WithCancel(t.Context())
		bell := make(chan struct{}, 1)
		ended := make(chan struct{})
		go func() { s.Run(ctx, bell); close(ended) }()
		read := func(want time.Duration, problem bool) {
			t.Helper()
			synctest.Wait()
			_, info := mirror(t, store)
			if got := info.ReadAt.Sub(began); got != want || (info.Problem != "") != problem {
				t.Errorf("after %v the last read was after %v (%q), want after %v", time.Since(began), got, info.Problem, want)
			}
		}
		read(0, false)
		time.Sleep(time.Minute - time.Second)
		read(0, false)
		time.Sleep(time.Second)
		read(time.Minute, false)
		g.failAfter.Store(0)
		time.Sleep(time.Minute)
		read(time.Minute, true)
		g.failAfter.Store(-1)
		time.Sleep(30 * time.Second)
		read(150*time.Second, false)
		time.Sleep(10 * time.Second)
		bell <- struct{}{}
		read(160*time.Second, false)
		stop()
		<-ended
	})
}
