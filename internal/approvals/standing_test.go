package approvals_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"latchkey/internal/access"
	"latchkey/internal/hygiene"
	"latchkey/internal/outbox"
	"latchkey/internal/state"
)

// kinds are the kinds of what stands open at Contoso.
func (w *world) kinds(t *testing.T) []hygiene.Kind {
	t.Helper()
	s, err := w.Standing(context.Background(), w.by(dee, ""), contoso)
	if err != nil {
		t.Fatal(err)
	}
	var out []hygiene.Kind
	for _, f := range s.Findings {
		out = append(out, f.Kind)
	}
	return out
}

// inGroup mirrors who is in the group of the grant, and that it has its roles.
func (w *world) inGroup(t *testing.T, id access.RequestID, people ...access.Person) (group access.GroupID) {
	t.Helper()
	w.put(t, func(tx state.Tx) error {
		g, err := state.Grant(tx, id)
		if err != nil {
			return err
		}
		c, err := state.Container(tx, g.Container)
		if err != nil {
			return err
		}
		group = c.Group
		m := state.MirroredGroup{ID: group, Name: "Latchkey Contoso"}
		for _, p := range people {
			m.Members = append(m.Members, access.Member{ID: principal(p), Name: p.Name})
		}
		_, err = state.PutMirroredGroup(tx, m)
		return errors.Join(err, assign(tx, access.Assignment{ID: "as-2", Relationship: "rel-contoso", Group: group, Roles: c.Roles, Status: access.AssignmentActive}))
	})
	return group
}

func TestStanding(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	if got := w.kinds(t); len(got) != 0 {
		t.Errorf("of nothing it finds %v", got)
	}
	w.put(t, furnishGroups)
	if got := w.kinds(t); len(got) != 1 || got[0] != hygiene.Privileged {
		t.Errorf("of a standing group with a privileged role it finds %v", got)
	}
	all, err := w.StandingAll(t.Context(), w.by(ana, ""))
	if err != nil || len(all.Customers) != 1 || all.Customers[0].Customer.Tenant != contoso || all.Clean != 1 || len(all.Agents) != 2 {
		t.Errorf("of all it finds %+v, %v", all, err)
	}
}

// TestOust follows a member whom nobody put there, beside one whom a grant did.
func TestOust(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	id := w.active(t)
	group := w.inGroup(t, id, ana, bo)
	if got := w.kinds(t); len(got) != 1 || got[0] != hygiene.Outside {
		t.Fatalf("it finds %v, want Bo alone", got)
	}
	for _, p := range []access.Person{ana, bo, carol, zoe} {
		w.refuses(t, access.Forbidden, "", func() error {
			_, err := w.Oust(t.Context(), w.by(p, ""), group, principal(bo))
			return err
		})
	}
	for name, who := range map[string]access.PrincipalID{"WhoHasAGrant": principal(ana), "WhoIsNoMember": "p-nobody"} {
		if _, err := w.Oust(t.Context(), w.by(dee, ""), group, who); access.CodeOf(err) != access.Conflict {
			t.Errorf("%s: %v, want a conflict", name, err)
		}
	}
	if _, err := w.Oust(t.Context(), w.by(dee, ""), "g-theirs", principal(bo)); access.CodeOf(err) != access.Conflict {
		t.Errorf("from a group that is not ours: %v", err)
	}
	m, err := w.Oust(t.Context(), w.by(dee, ""), group, principal(bo))
	if err != nil || m.Name != bo.Name {
		t.Fatalf("Oust = %+v, %v", m, err)
	}
	if _, err := w.Oust(t.Context(), w.by(dee, ""), group, principal(bo)); access.CodeOf(err) != access.Conflict {
		t.Errorf("a second press: %v, want a conflict", err)
	}
	w.onceOf(t, outbox.GraphOust)
	if got := w.events(t); got[len(got)-1].Kind != access.EventOusted {
		t.Errorf("the last event is %s", got[len(got)-1].Kind)
	}
	if _, err := w.Oust(t.Context(), w.by(dee, ""), group, principal(bo)); access.CodeOf(err) != access.Conflict {
		t.Errorf("a press when it is done: %v, want a conflict", err)
	}
	w.now = w.now.Add(time.Minute)
	w.put(t, func(tx state.Tx) error { return state.PutGroupsReadAt(tx, w.now) })
	if _, err := w.Oust(t.Context(), w.by(dee, ""), group, principal(bo)); err != nil {
		t.Errorf("when somebody has put him there again: %v", err)
	}
}

// TestOustTooLate: a grant may need the membership by the time it is removed.
func TestOustTooLate(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	group := w.inGroup(t, w.active(t), ana, bo)
	if _, err := w.Oust(t.Context(), w.by(dee, ""), group, principal(bo)); err != nil {
		t.Fatal(err)
	}
	r, err := w.Submit(t.Context(), w.by(bo, ""), anAsk())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.decide(carol, r.ID, access.Approve); err != nil {
		t.Fatal(err)
	}
	w.onceOf(t, outbox.GraphOust)
	for _, e := range w.events(t) {
		if e.Kind == access.EventOusted {
			t.Error("who has a grant by now was removed")
		}
	}
}

func TestUnassign(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.put(t, furnishGroups)
	for _, p := range []access.Person{ana, carol, zoe} {
		w.refuses(t, access.Forbidden, "", func() error {
			_, err := w.Unassign(t.Context(), w.by(p, ""), contoso, "rel-contoso", "as-1")
			return err
		})
	}
	ours := w.active(t)
	w.inGroup(t, ours, ana)
	for name, at := range map[string]struct {
		customer   access.TenantID
		rel        access.RelationshipID
		assignment access.AssignmentID
	}{
		"Ours": {contoso, "rel-contoso", "as-2"}, "Unknown": {contoso, "rel-contoso", "as-9"}, "UnknownRelationship": {contoso, "rel-9", "as-1"},
		"AnotherCustomers": {adatum, "rel-contoso", "as-1"},
	} {
		if _, err := w.Unassign(t.Context(), w.by(dee, ""), at.customer, at.rel, at.assignment); access.CodeOf(err) != access.Conflict {
			t.Errorf("%s: %v, want a conflict", name, err)
		}
	}
	a, err := w.Unassign(t.Context(), w.by(dee, ""), contoso, "rel-contoso", "as-1")
	if err != nil || a.Group != "g-standing" {
		t.Fatalf("Unassign = %+v, %v", a, err)
	}
	if _, err := w.Unassign(t.Context(), w.by(dee, ""), contoso, "rel-contoso", "as-1"); access.CodeOf(err) != access.Conflict {
		t.Errorf("a second press: %v, want a conflict", err)
	}
	w.onceOf(t, outbox.GraphUnassign)
	if got := w.events(t); got[len(got)-1].Kind != access.EventUnassigned {
		t.Errorf("the last event is %s", got[len(got)-1].Kind)
	}
	if _, err := w.Unassign(t.Context(), w.by(dee, ""), contoso, "rel-contoso", "as-1"); access.CodeOf(err) != access.Conflict {
		t.Errorf("a press when it is done: %v, want a conflict", err)
	}
}

// TestLatelyEnded: the mirror may still show who has just been taken out.
func TestLatelyEnded(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	id := w.active(t)
	w.inGroup(t, id, ana)
	w.now = w.now.Add(time.Minute)
	if _, err := w.Revoke(t.Context(), w.by(ana, ""), id, ""); err != nil {
		t.Fatal(err)
	}
	if got := w.kinds(t); len(got) != 0 {
		t.Errorf("while it is taken away it finds %v", got)
	}
	w.onceOf(t, outbox.GraphLeave)
	if got := w.kinds(t); len(got) != 0 {
		t.Errorf("before the group is read again it finds %v", got)
	}
	w.now = w.now.Add(time.Minute)
	w.put(t, func(tx state.Tx) error { return state.PutGroupsReadAt(tx, w.now) })
	if got := w.kinds(t); len(got) != 1 || got[0] != hygiene.Outside {
		t.Errorf("who is still there at the next read is %v", got)
	}
}

// TestStandingTrouble has Microsoft refuse, or fail for long: who asked hears the
// one, the operators the other.
func TestStandingTrouble(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.put(t, furnishGroups)
	group := w.inGroup(t, w.active(t), ana, bo)
	w.drain(t)
	if _, err := w.Unassign(t.Context(), w.by(dee, ""), contoso, "rel-contoso", "as-1"); err != nil {
		t.Fatal(err)
	}
	w.failing(outbox.GraphUnassign, errGone)
	w.once(t)
	if got := w.events(t); got[len(got)-1].Kind != access.EventRefused {
		t.Errorf("a refusal of Microsoft leaves the event %s", got[len(got)-1].Kind)
	}
	if _, err := w.Oust(t.Context(), w.by(dee, ""), group, principal(bo)); err != nil {
		t.Fatal(err)
	}
	w.failing(outbox.GraphOust, errNet)
	for range 12 {
		w.protocol = w.protocol.Add(time.Second)
		w.once(t)
	}
	if told := w.told.stuck; len(told) != 2 || !strings.HasPrefix(told[0], string(principal(bo))+" in 5 tries") {
		t.Errorf("of the 5th and of the 10th failure was told %v", told)
	}
	w.before = nil
	w.drain(t)
	if got := w.events(t); got[len(got)-1].Kind != access.EventOusted {
		t.Errorf("in the end the last event is %s", got[len(got)-1].Kind)
	}
	if want := fmt.Sprintf("%s by %s", principal(bo), dee.User); !slices.Equal(w.told.out, []string{want}) {
		t.Errorf("told that %v are out, want %s", w.told.out, want)
	}
}
