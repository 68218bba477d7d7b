package graph_test

import (
	"net/http"
	"testing"

	"latchkey/internal/access"
	"latchkey/internal/graph/graphtest"
	"latchkey/internal/outbox"
	"latchkey/internal/state"
)

const theirs access.GroupID = "70000000-0000-4000-8000-000000000001"

// addMember has somebody put a person into our group behind our back.
func (s *scene) addMember(p access.PrincipalID) {
	s.t.Helper()
	if err := s.client.AddMember(s.t.Context(), s.container.Group, p); err != nil {
		s.t.Fatal(err)
	}
}

func (s *scene) oustEffect(p access.PrincipalID) outbox.Effect {
	return effect(s.t, outbox.GraphOust, outbox.OustPayload{Container: s.container.ID, Customer: contoso, Member: access.Member{ID: p}})
}

// standing gives roles to a group that is not ours.
func (s *scene) standing() {
	s.ms.AddGroup(graphtest.Group{ID: string(theirs), DisplayName: "GDAP readers", MailNickname: "gdap", Members: []string{bo}})
	s.ms.AddAssignment(graphtest.Assignment{Relationship: relA, Group: string(theirs), Status: "active", Roles: []string{exchange}})
	s.mirror(relA)
}

func (s *scene) unassignEffect() outbox.Effect {
	s.t.Helper()
	var id access.AssignmentID
	for _, a := range s.ms.Assignments() {
		if a.Group == string(theirs) {
			id = access.AssignmentID(a.ID)
		}
	}
	return effect(s.t, outbox.GraphUnassign, outbox.UnassignPayload{Customer: contoso, Relationship: relA, Assignment: id, Group: theirs})
}

// TestOustSparesWhoHasAGrant: it may have been given after somebody asked for the
// removal.
func TestOustSparesWhoHasAGrant(t *testing.T) {
	s := newScene(t)
	s.joined()
	raw, err := s.fx.Oust(t.Context(), s.oustEffect(ana))
	if err != nil {
		t.Fatal(err)
	}
	if got := decode[outbox.LeaveResult](t, raw); got.HeldBy != "R-1" {
		t.Errorf("the result is %+v, want that R-1 holds it", got)
	}
	s.want("group [ana], active on 1")
}

// TestUnassignSparesOurs: the group may have become ours meanwhile.
func TestUnassignSparesOurs(t *testing.T) {
	s := newScene(t)
	s.standing()
	e := s.unassignEffect()
	s.put(func(tx state.Tx) error {
		c := s.container
		c.Group = theirs
		return state.PutContainer(tx, c)
	})
	if _, err := s.fx.Unassign(t.Context(), e); access.CodeOf(err) != access.Conflict {
		t.Errorf("Unassign = %v, want a conflict", err)
	}
	s.want("active on 1")
}

// TestUnassignWithoutRelationship: what hung on a relationship is gone with it.
func TestUnassignWithoutRelationship(t *testing.T) {
	s := newScene(t)
	s.standing()
	e := s.unassignEffect()
	s.wire.fault = func(int, func() (*http.Response, error)) (*http.Response, error) {
		return answer(404, `{"error":{"code":"NotFound","message":"x"}}`), nil
	}
	if _, err := s.fx.Unassign(t.Context(), e); err != nil {
		t.Errorf("Unassign = %v", err)
	}
}
