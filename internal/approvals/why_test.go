package approvals_test

import (
	"context"
	"testing"
	"time"

	"latchkey/internal/access"
	"latchkey/internal/approvals"
	"latchkey/internal/state"
)

func (w *world) why(t *testing.T, who approvals.Who) approvals.Reach {
	t.Helper()
	r, err := w.Why(context.Background(), w.by(dee, ""), who, contoso)
	if err != nil {
		t.Fatalf("Why: %v", err)
	}
	return r
}

// furnishGroups puts Bo into a group with standing roles and into AdminAgents,
// together with Eve, whom nobody has linked.
func furnishGroups(tx state.Tx) error {
	eve := access.Member{ID: "p-eve", Name: "Eve Lunt", UPN: "eve@partner.example"}
	for _, g := range []state.MirroredGroup{
		{ID: "g-standing", Name: "GDAP readers", Members: []access.Member{{ID: principal(bo)}}},
		{ID: "g-admins", Name: "AdminAgents", Agents: access.AdminAgents, Members: []access.Member{{ID: principal(bo)}, eve}},
		{ID: "g-sales", Name: "SalesAgents", Agents: access.SalesAgents, Members: []access.Member{{ID: principal(bo)}}, Unseen: "It could not be read."},
	} {
		if _, err := state.PutMirroredGroup(tx, g); err != nil {
			return err
		}
	}
	return assign(tx, access.Assignment{ID: "as-1", Relationship: "rel-contoso", Group: "g-standing", Roles: []access.RoleID{privileged}, Status: access.AssignmentActive})
}

// assign adds an assignment to Contoso's mirrored relationship.
func assign(tx state.Tx, a access.Assignment) error {
	all, err := state.Relationships(tx, contoso)
	if err != nil {
		return err
	}
	all[0].Assignments = append(all[0].Assignments, a)
	_, err = state.PutMirrored(tx, all[0])
	return err
}

func TestWhy(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.put(t, furnishGroups)

	r := w.why(t, approvals.Who{User: bo.User})
	if len(r.Ways) != 1 || r.Ways[0].Granted || r.Ways[0].Ours || !r.Ways[0].Open() {
		t.Errorf("Bo's ways are %+v", r.Ways)
	}
	if len(r.Agents) != 2 || r.Agents[0].Agents != access.AdminAgents || r.AgentsKnown != 2 {
		t.Errorf("Bo's agent groups are %+v of %d, want AdminAgents first", r.Agents, r.AgentsKnown)
	}
	if len(r.Unseen) != 1 || r.Unseen[0] != "SalesAgents" {
		t.Errorf("unseen are %v", r.Unseen)
	}

	eve := w.why(t, approvals.Who{UPN: "Eve@Partner.example"})
	if eve.Principal != "p-eve" || eve.Person.Name != "Eve Lunt" || len(eve.Agents) != 1 || len(eve.Ways) != 0 {
		t.Errorf("who is in a group and not linked is %+v", eve)
	}
	if zoe := w.why(t, approvals.Who{User: zoe.User}); zoe.Principal != "" || len(zoe.Agents) != 0 {
		t.Errorf("of who is not linked it says %+v", zoe)
	}
	_, err := w.Why(t.Context(), w.by(dee, ""), approvals.Who{UPN: "nobody@partner.example"}, contoso)
	if access.CodeOf(err) != access.NotFound {
		t.Errorf("of nobody it says %v", err)
	}
}

// TestWhyGranted follows one request: what is open, by which group, and what was
// the last when it is over.
func TestWhyGranted(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	if r := w.why(t, approvals.Who{User: ana.User}); len(r.Open) != 0 || r.Last != nil {
		t.Errorf("before anything was asked: %+v", r)
	}
	id := w.active(t)
	var group access.GroupID
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
		_, err = state.PutMirroredGroup(tx, state.MirroredGroup{ID: group, Name: "Latchkey Contoso", Members: []access.Member{{ID: principal(ana)}, {ID: principal(bo)}}})
		if err != nil {
			return err
		}
		return assign(tx, access.Assignment{ID: "as-2", Relationship: "rel-contoso", Group: group, Roles: c.Roles, Status: access.AssignmentActive})
	})
	r := w.why(t, approvals.Who{User: ana.User})
	if len(r.Open) != 1 || len(r.Ways) != 1 || !r.Ways[0].Granted || !r.Ways[0].Ours {
		t.Errorf("with access in force: open %d, ways %+v", len(r.Open), r.Ways)
	}
	if r := w.why(t, approvals.Who{User: bo.User}); len(r.Ways) != 1 || r.Ways[0].Granted || !r.Ways[0].Ours {
		t.Errorf("who is in our group by nobody's request: %+v", r.Ways)
	}
	w.now = w.now.Add(3 * time.Hour)
	if _, err := w.Revoke(t.Context(), w.by(ana, ""), id, ""); err != nil {
		t.Fatal(err)
	}
	if r := w.why(t, approvals.Who{User: ana.User}); len(r.Ways) != 1 || !r.Ways[0].Granted {
		t.Errorf("while it is taken away: %+v", r.Ways)
	}
}
