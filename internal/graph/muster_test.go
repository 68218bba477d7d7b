package graph_test

import (
	"net/http"
	"slices"
	"testing"

	"latchkey/internal/access"
	"latchkey/internal/graph/graphtest"
	"latchkey/internal/outbox"
	"latchkey/internal/state"
)

func (s *scene) musterEffect() outbox.Effect {
	return effect(s.t, outbox.GraphMuster, outbox.MusterPayload{Restored: start})
}

// forgotten has the state be older than the container, as one from a backup is.
func (s *scene) forgotten() access.GroupID {
	s.t.Helper()
	group := s.container.Group
	s.put(func(tx state.Tx) error {
		for _, key := range []string{"container/" + string(s.container.ID), "idx/group/" + string(group), "grant/R-1", "request/R-1"} {
			if err := tx.Delete(key); err != nil {
				return err
			}
		}
		return nil
	})
	return group
}

func (s *scene) expelEffect(group access.GroupID, p access.PrincipalID) outbox.Effect {
	out := outbox.OustPayload{Customer: contoso, Member: access.Member{ID: p}, Restored: true, Group: group}
	if group == "" {
		out.Container = s.container.ID
	}
	return effect(s.t, outbox.GraphOust, out)
}

// TestMuster reads every group that bears the mark and is of our kind, known or not, and
// no other.
func TestMuster(t *testing.T) {
	s := newScene(t)
	s.joined()
	known := string(s.container.Group)
	s.ms.AddGroup(graphtest.Group{ID: "70000000-0000-4000-8000-00000000000a", DisplayName: "Latchkey lost", MailNickname: "latchkey-0123456789abcdef", Members: []string{bo}})
	s.ms.AddGroup(graphtest.Group{ID: "70000000-0000-4000-8000-00000000000b", DisplayName: "Latchkey fans", MailNickname: "latchkey", Members: []string{bo}})
	s.ms.AddGroup(graphtest.Group{ID: "70000000-0000-4000-8000-00000000000c", DisplayName: "Readers", MailNickname: "gdap", Members: []string{bo}})
	s.ms.AddGroup(graphtest.Group{ID: "70000000-0000-4000-8000-00000000000d", DisplayName: "Short", MailNickname: "latchkey-x", Members: []string{bo}})
	e := s.musterEffect()
	e.Term = 15 // it does not wait any more
	raw, err := s.fx.Muster(t.Context(), e)
	if err != nil {
		t.Fatal(err)
	}
	found := decode[outbox.MusterResult](t, raw)
	var got []string
	for _, g := range found.Groups {
		for _, m := range g.Members {
			got = append(got, string(g.Group)+" "+string(m.ID))
		}
	}
	slices.Sort(got)
	want := []string{known + " " + string(ana), "70000000-0000-4000-8000-00000000000a " + bo}
	slices.Sort(want)
	if !slices.Equal(got, want) {
		t.Errorf("mustered %v, want %v", got, want)
	}
}

// TestMusterWaitsForTheMirror has it be read first whose tenant a group reaches that the
// state does not know, for a while at most.
func TestMusterWaitsForTheMirror(t *testing.T) {
	s := newScene(t)
	s.joined()
	muster := func(look int) error {
		e := s.musterEffect()
		e.Term = look
		_, err := s.fx.Muster(t.Context(), e)
		return err
	}
	if err := muster(1); err != nil {
		t.Errorf("of groups that it knows: Muster = %v", err)
	}
	s.forgotten()
	for look, waits := range map[int]bool{1: true, 14: true, 15: false} {
		if err := muster(look); (err != nil) != waits {
			t.Errorf("of a strange group, at look %d: Muster = %v, want that it waits: %t", look, err, waits)
		}
	}
	s.put(func(tx state.Tx) error {
		_, err := state.PutMirrored(tx, state.MirroredRelationship{
			Relationship: access.Relationship{ID: "r", Customer: contoso, Status: access.RelationshipActive},
			Assignments:  []access.Assignment{{ID: "a", Group: s.container.Group}},
		})
		return err
	})
	if err := muster(1); err != nil {
		t.Errorf("of a group that the mirror tells of: Muster = %v", err)
	}
}

// TestOustOfAnUnknownGroup takes somebody out of a group that the state does not know, if
// it bears our mark, and of no other.
func TestOustOfAnUnknownGroup(t *testing.T) {
	s := newScene(t)
	s.joined()
	group := s.forgotten()
	if _, err := settle(t, s.fx.Oust, s.expelEffect(group, ana)); err != nil {
		t.Fatal(err)
	}
	s.want("group [], active on 1")
	s.ms.AddGroup(graphtest.Group{ID: string(theirs), DisplayName: "GDAP readers", MailNickname: "gdap", Members: []string{bo}})
	s.wire.reset()
	_, err := settle(t, s.fx.Oust, s.expelEffect(theirs, bo))
	refused(t, err, access.Conflict, "does not bear Latchkey's mark")
	for _, r := range s.wire.seen {
		if r.method != http.MethodGet {
			t.Errorf("sent %s %s", r.method, r.path)
		}
	}
	if _, err := settle(t, s.fx.Oust, s.expelEffect("70000000-0000-4000-8000-0000000000ff", bo)); err != nil {
		t.Errorf("of a group that is gone: %v", err)
	}
}

// TestOustSparesWhoWasGivenItAnew is for a group that became known again meanwhile.
func TestOustSparesWhoWasGivenItAnew(t *testing.T) {
	s := newScene(t)
	s.joined()
	raw, err := s.fx.Oust(t.Context(), s.expelEffect(s.container.Group, ana))
	if err != nil || decode[outbox.LeaveResult](t, raw).HeldBy != "R-1" {
		t.Errorf("Oust = %s, %v; want that R-1 holds it", raw, err)
	}
	s.want("group [ana], active on 1")
}
