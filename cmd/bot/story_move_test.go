package main

import (
	"slices"
	"strconv"
	"strings"

	"github.com/rogpeppe/go-internal/testscript"

	"latchkey/internal/access"
	"latchkey/internal/graph/graphtest"
	"latchkey/internal/roles"
)

// moveVerbs are the verbs of stories about what relationships hold and who holds
// it:
//
//	holds $O1 'Role, Role'            wait until the relationship has exactly these roles
//	assigned 'Voice desk' $O1 'Role'  wait until the group has these roles on it; "! assigned": none
//	assignments $O1 2                 how many assignments it has that are not deleted
func moveVerbs() map[string]func(*testscript.TestScript, bool, []string) {
	return map[string]func(*testscript.TestScript, bool, []string){
		"holds": cmdHolds, "assigned": cmdAssigned, "assignments": cmdAssignments,
	}
}

func named(ids []string) string {
	out := make([]string, len(ids))
	for i, id := range ids {
		out[i] = roles.Name(access.RoleID(id))
	}
	slices.Sort(out)
	return strings.Join(out, ", ")
}

func cmdHolds(ts *testscript.TestScript, _ bool, args []string) {
	need(ts, args, 2, "holds relationship 'Role, Role'")
	s := on(ts)
	if err := s.wait(args[0]+" to hold "+args[1], func() bool {
		found := s.related(args[0])
		return len(found) == 1 && named(found[0].Roles) == args[1]
	}); err != nil {
		ts.Fatalf("%v: there are %+v", err, s.related(args[0]))
	}
}

// live lists the assignments of a relationship that are not on their way out.
func (s *stage) live(relationship string) (out []graphtest.Assignment) {
	for _, a := range s.Graph.Assignments() {
		for _, r := range s.related(relationship) {
			if a.Relationship == r.ID && a.Status != "deleted" && a.Status != "deleting" {
				out = append(out, a)
			}
		}
	}
	return out
}

func cmdAssigned(ts *testscript.TestScript, neg bool, args []string) {
	need(ts, args, 2, "assigned group relationship ['Role, Role']")
	s := on(ts)
	groups := map[string]string{}
	for _, g := range s.Graph.Groups() {
		groups[g.ID] = g.DisplayName
	}
	err := s.wait(args[0]+" to have access on "+args[1]+" (or not)", func() bool {
		i := slices.IndexFunc(s.live(args[1]), func(a graphtest.Assignment) bool {
			return groups[a.Group] == args[0] && a.Status == "active" && (len(args) < 3 || named(a.Roles) == args[2])
		})
		return (i >= 0) != neg
	})
	if err != nil {
		ts.Fatalf("%v: there are %+v", err, s.live(args[1]))
	}
}

func cmdAssignments(ts *testscript.TestScript, _ bool, args []string) {
	need(ts, args, 2, "assignments relationship n")
	s := on(ts)
	if got := len(s.live(args[0])); args[1] != strconv.Itoa(got) {
		ts.Fatalf("%s has %d assignments: %+v", args[0], got, s.live(args[0]))
	}
}
