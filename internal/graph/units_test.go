package graph_test

import (
	"net/http"
	"slices"
	"strings"
	"testing"

	"latchkey/internal/access"
	"latchkey/internal/graph/graphtest"
	"latchkey/internal/outbox"
)

const unit access.UnitID = "a1000000-0000-4000-8000-000000000001"

// scoped is what an admin consents to where the bot's groups are in a unit: nothing by
// which it could write to any other group.
var scoped = []string{
	"DelegatedAdminRelationship.ReadWrite.All", "Directory.Read.All", "Group.Create", "GroupMember.Read.All", "AdministrativeUnit.Read.All", "User.Read.All",
}

// inUnit has the bot make its groups in a unit, and be nothing outside.
func (s *scene) inUnit() {
	s.ms.AddUnit(graphtest.Unit{ID: string(unit), DisplayName: "Latchkey"})
	s.ms.SetPermissions(scoped...)
	s.ms.SetGroupsAdministrator(string(unit))
	s.fx.Unit = unit
}

// TestUnit has access given and taken without a permission over all groups.
func TestUnit(t *testing.T) {
	for _, lag := range []int{0, 3} {
		s := newScene(t, func(o *graphtest.Options) { o.Lag, o.GroupLag = lag, lag })
		s.inUnit()
		s.joined()
		s.want("group [ana], active on 1")
		in, err := s.client.InUnit(t.Context(), unit, s.container.Group)
		if err != nil || !in {
			t.Errorf("the group is in the unit: %t, %v", in, err)
		}
		s.grant("R-1", ana, access.Ending)
		if _, err := settle(t, s.fx.Leave, s.leaveEffect()); err != nil {
			t.Fatal(err)
		}
		s.want("group [], active on 1")
		for _, entry := range s.ms.Audit() {
			if entry.Path == "/groups" {
				t.Errorf("a group was made outside: %+v", entry)
			}
		}
	}
}

// TestUnitEndsTheReach holds that Graph refuses what the bot was not given, whatever the
// bot thinks of it: the standing rule is passed over here.
func TestUnitEndsTheReach(t *testing.T) {
	s := newScene(t)
	s.groups()
	s.inUnit()
	for name, err := range map[string]error{
		"a member of AdminAgents": s.client.AddMember(t.Context(), agents, ana),
		"a person taken out":      s.client.RemoveMember(t.Context(), agents, bo),
	} {
		if access.CodeOf(err) != access.Forbidden {
			t.Errorf("%s: %v, want it forbidden", name, err)
		}
	}
	if n := len(s.ms.Audit()); n != 0 {
		t.Errorf("%d writes", n)
	}
}

// TestUnitRefusals holds that nobody is let into a group that is not in the unit, and
// that the removal from one goes on being tried.
func TestUnitRefusals(t *testing.T) {
	for _, tt := range []struct {
		name  string
		setup func(*scene)
	}{
		{"MovedOut", func(s *scene) { s.inUnit(); s.ready(); s.ms.SetInUnit(string(unit), string(s.container.Group), false) }},
		{"MadeBefore", func(s *scene) { s.ready(); s.inUnit() }},
		{"NoSuchUnit", func(s *scene) {
			s.inUnit()
			s.ready()
			s.fx.Unit = "a1000000-0000-4000-8000-000000000009"
		}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := newScene(t)
			tt.setup(s)
			held(t, s.world, access.Conflict, "is not in the administrative unit", func() error {
				_, err := s.fx.Join(t.Context(), s.joinEffect())
				return err
			})
			s.want("group [], active on 1")
		})
	}
	t.Run("OfWhoNeverWasIn", func(t *testing.T) { // what could not be given is over all the same
		s := newScene(t)
		s.inUnit()
		s.ready()
		s.ms.SetInUnit(string(unit), string(s.container.Group), false)
		s.grant("R-1", ana, access.Ending)
		e := s.leaveEffect()
		for e.Term = 1; e.Term <= 3; e.Term++ {
			if _, err := s.fx.Leave(t.Context(), e); access.CodeOf(err) != access.Forbidden || outbox.IsPermanent(err) {
				t.Errorf("lease %d: %v, want it forbidden, and tried again", e.Term, err)
			}
		}
		if _, err := s.fx.Leave(t.Context(), e); err != nil {
			t.Errorf("lease %d: %v, want it over", e.Term, err)
		}
	})
	t.Run("WithSomebodyIn", func(t *testing.T) {
		s := newScene(t)
		s.inUnit()
		s.joined()
		s.ms.SetInUnit(string(unit), string(s.container.Group), false)
		s.grant("R-1", ana, access.Ending)
		if _, err := s.fx.Leave(t.Context(), s.leaveEffect()); access.CodeOf(err) != access.Forbidden || outbox.IsPermanent(err) {
			t.Errorf("error %v, want it forbidden, and tried again", err)
		}
		s.ms.SetInUnit(string(unit), string(s.container.Group), true)
		if _, err := settle(t, s.fx.Leave, s.leaveEffect()); err != nil {
			t.Fatal(err)
		}
		s.want("group [], active on 1")
	})
	t.Run("NoRole", func(t *testing.T) {
		s := newScene(t)
		s.inUnit()
		s.ms.SetGroupsAdministrator()
		if _, err := s.fx.Container(t.Context(), s.containerEffect()); access.CodeOf(err) != access.Forbidden || outbox.IsPermanent(err) {
			t.Errorf("error %v, want it forbidden, and tried again", err)
		}
		s.ms.SetGroupsAdministrator(string(unit))
		if _, err := settle(t, s.fx.Container, s.containerEffect()); err != nil {
			t.Fatal(err)
		}
		s.want("group [], active on 1")
	})
}

// TestTwoContainersInUnitAtOnce has two runners make the group: the slower one finds that
// there is one, or two with the mark are an error that lets nobody in.
func TestTwoContainersInUnitAtOnce(t *testing.T) {
	var s *scene
	raced := false
	s = newScene(t, func(o *graphtest.Options) {
		o.Observe = func(c graphtest.Call) {
			if c.Phase == graphtest.Before && c.Method == http.MethodPost && strings.HasSuffix(c.Path, "/accessAssignments") && !raced {
				raced = true
				if _, err := s.fx.Container(t.Context(), s.containerEffect()); err != nil {
					t.Errorf("the faster: %v", err)
				}
			}
		}
	})
	s.inUnit()
	if _, err := s.fx.Container(t.Context(), s.containerEffect()); err != nil || !raced {
		t.Errorf("the slower: %v, raced %t", err, raced)
	}
	s.want("group [], active on 1")
	posts := slices.DeleteFunc(s.ms.Audit(), func(e graphtest.AuditEntry) bool { return !strings.Contains(e.Path, "administrativeUnits") })
	if len(posts) != 1 {
		t.Errorf("made %+v", posts)
	}
}
