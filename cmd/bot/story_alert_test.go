package main

import (
	"fmt"
	"strconv"

	"github.com/rogpeppe/go-internal/testscript"

	"latchkey/internal/graph/graphtest"
)

// alertVerbs are the verbs of stories about alerts:
//
//	moves Fabrikam_Contoso_2026 terminating    the relationship gets this status, by whomever
//	unlists all, unlists                       Microsoft's list misses every relationship, or none
//	signs 12                                   so many customers have a relationship that nobody asked for
//	assigns Fabrikam_Contoso_2026              somebody gives a group of theirs a role through it
//	unassigns Fabrikam_Contoso_2026            somebody removes every assignment of it
func alertVerbs() map[string]func(*testscript.TestScript, bool, []string) {
	return map[string]func(*testscript.TestScript, bool, []string){
		"moves": cmdMoves, "unlists": cmdUnlists, "signs": cmdSigns, "assigns": cmdAssigns, "unassigns": cmdUnassigns,
	}
}

func cmdMoves(ts *testscript.TestScript, _ bool, args []string) {
	need(ts, args, 2, "moves relationship status")
	on(ts).Graph.SetRelationshipStatus(relation(ts, args[0]).ID, args[1])
}

func cmdUnlists(ts *testscript.TestScript, _ bool, args []string) {
	var ids []string
	if len(args) > 0 {
		for _, r := range on(ts).Graph.Relationships() {
			if args[0] == "all" || args[0] == r.DisplayName {
				ids = append(ids, r.ID)
			}
		}
	}
	on(ts).Graph.Unlist(ids...)
}

func cmdSigns(ts *testscript.TestScript, _ bool, args []string) {
	need(ts, args, 1, "signs count")
	n, err := strconv.Atoi(args[0])
	ts.Check(err)
	for i := range n {
		on(ts).Graph.AddRelationship(graphtest.Relationship{
			DisplayName: fmt.Sprintf("Signed_%02d", i+1), CustomerTenant: fmt.Sprintf("77777777-7777-4777-8777-%012d", i+1),
			CustomerName: fmt.Sprintf("Customer %02d", i+1), Status: "active", Roles: []string{"f2ef992c-3afb-46b9-b7cf-a126ee74c451"},
			AutoExtend: "P180D",
		})
	}
}

func cmdAssigns(ts *testscript.TestScript, _ bool, args []string) {
	need(ts, args, 1, "assigns relationship")
	s, rel := on(ts), relation(ts, args[0])
	group := s.Graph.AddGroup(graphtest.Group{DisplayName: "Night shift", MailNickname: "night-shift"})
	s.Graph.AddAssignment(graphtest.Assignment{Relationship: rel.ID, Group: group, Status: "active", Roles: rel.Roles[:1]})
}

func cmdUnassigns(ts *testscript.TestScript, _ bool, args []string) {
	need(ts, args, 1, "unassigns relationship")
	s, rel := on(ts), relation(ts, args[0])
	for _, a := range s.Graph.Assignments() {
		if a.Relationship == rel.ID && a.Status == "active" {
			s.Graph.RemoveAssignment(rel.ID, a.ID)
		}
	}
}
