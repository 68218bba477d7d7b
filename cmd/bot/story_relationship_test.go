package main

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"

	"github.com/rogpeppe/go-internal/testscript"

	"latchkey/internal/graph/graphtest"
)

// relationshipVerbs are the verbs of stories about relationships:
//
//	approves carol $O1       she approves what was sent, in Microsoft's admin center
//	terminates carol $O1     she ends it there
//	microsoft $O1 active     wait until the relationship has this status; "none": it is not there
//	extends $O1 on           wait until Microsoft has it renew itself, or "off"
//	link ana $O1             the address that her button or her modal has is that of the relationship
//	trouble what …           have Microsoft fail as the plan says; without a plan: not any more
//
// A relationship is named by its offer or by its own name. Each offer's id
// becomes $O1, $O2 … in the order in which they appear.
func relationshipVerbs() map[string]func(*testscript.TestScript, bool, []string) {
	return map[string]func(*testscript.TestScript, bool, []string){
		"approves": cmdApproves, "terminates": cmdTerminates, "microsoft": cmdMicrosoft, "extends": cmdExtends,
		"link": cmdLink, "trouble": cmdTrouble,
	}
}

var offerID = regexp.MustCompile(`\bO-[0-9A-HJKMNP-TV-Z]{5}\b`)

// numberOffers gives the ids of offers names.
func numberOffers(ts *testscript.TestScript, told string) {
	known := map[string]bool{}
	n := 0
	for ; ts.Getenv("O"+strconv.Itoa(n+1)) != ""; n++ {
		known[ts.Getenv("O"+strconv.Itoa(n+1))] = true
	}
	for who := range people {
		told += "\n" + on(ts).seen(who)
	}
	for _, id := range offerID.FindAllString(told, -1) {
		if !known[id] {
			known[id] = true
			n++
			ts.Setenv("O"+strconv.Itoa(n), id)
		}
	}
}

// related finds relationships by what their names hold.
func (s *stage) related(name string) (out []graphtest.Relationship) {
	for _, r := range s.Graph.Relationships() {
		if strings.Contains(r.DisplayName, name) {
			out = append(out, r)
		}
	}
	return out
}

// relation waits for the one relationship of the name that was sent.
func relation(ts *testscript.TestScript, name string) graphtest.Relationship {
	s := on(ts)
	var found []graphtest.Relationship
	ts.Check(s.wait("one relationship "+name+" that was sent", func() bool {
		found = s.related(name)
		return len(found) == 1 && found[0].Status != "created"
	}))
	return found[0]
}

func upn(who string) string {
	return map[string]string{"carol": "carol@contoso.com", "oskar": "oskar@contoso.com", "amir": "amir@adatum.com"}[who]
}

func cmdApproves(ts *testscript.TestScript, neg bool, args []string) {
	need(ts, args, 2, "approves who relationship")
	outcome(ts, neg, on(ts).Graph.ApproveRelationship(relation(ts, args[1]).ID, upn(args[0])))
}

func cmdTerminates(ts *testscript.TestScript, neg bool, args []string) {
	need(ts, args, 2, "terminates who relationship")
	outcome(ts, neg, on(ts).Graph.TerminateRelationship(relation(ts, args[1]).ID, upn(args[0])))
}

func cmdMicrosoft(ts *testscript.TestScript, _ bool, args []string) {
	need(ts, args, 2, "microsoft relationship status")
	s := on(ts)
	err := s.wait("relationship "+args[0]+" to be "+args[1], func() bool {
		found := s.related(args[0])
		if args[1] == "none" {
			return len(found) == 0
		}
		return len(found) == 1 && found[0].Status == args[1]
	})
	if err != nil {
		ts.Fatalf("%v: there are %+v", err, s.related(args[0]))
	}
}

func cmdExtends(ts *testscript.TestScript, _ bool, args []string) {
	need(ts, args, 2, "extends relationship on|off")
	s := on(ts)
	ts.Check(s.wait(fmt.Sprintf("the extension of %s to be %s", args[0], args[1]), func() bool {
		found := s.related(args[0])
		return len(found) == 1 && (found[0].AutoExtend == "P180D") == (args[1] == "on")
	}))
}

func cmdLink(ts *testscript.TestScript, _ bool, args []string) {
	need(ts, args, 2, "link who relationship")
	s := on(ts)
	want := "/AdminPortal/Home#/partners/invitation/granularAdminRelationships/" + relation(ts, args[1]).ID
	ts.Check(s.wait(args[0]+" to have the link "+want, func() bool {
		if v, ok := s.Slack.View(people[args[0]]); ok && strings.Contains(string(v.Raw), want) {
			return true
		}
		for _, c := range s.Slack.ChannelsOf(people[args[0]]) {
			for _, m := range s.Slack.Messages(people[args[0]], c.ID) {
				if strings.Contains(string(m.Blocks), want) {
					return true
				}
			}
		}
		return false
	}))
}

// plans are what may go wrong at Microsoft in a story.
var plans = map[string]graphtest.Fault{
	"create-lost":     {On: "POST /tenantRelationships/delegatedAdminRelationships", Times: 1, Drop: graphtest.DropAfter},
	"create-500":      {On: "POST /tenantRelationships/delegatedAdminRelationships", Times: 1, Status: 500, DoThenFail: true},
	"create-busy":     {On: "POST /tenantRelationships/delegatedAdminRelationships", Times: 1, RetryAfter: 1},
	"lock-fails":      {On: "POST /tenantRelationships/delegatedAdminRelationships/{id}/requests", Times: 1, Status: 500},
	"lock-lost":       {On: "POST /tenantRelationships/delegatedAdminRelationships/{id}/requests", Times: 1, Drop: graphtest.DropAfter},
	"lock-refused":    {On: "POST /tenantRelationships/delegatedAdminRelationships/{id}/requests", Status: 403},
	"extend-stale":    {On: "PATCH /tenantRelationships/delegatedAdminRelationships/{id}", Times: 1, Status: 412},
	"assign-lost":     {On: "POST /tenantRelationships/delegatedAdminRelationships/{id}/accessAssignments", Times: 1, Drop: graphtest.DropAfter},
	"assign-500":      {On: "POST /tenantRelationships/delegatedAdminRelationships/{id}/accessAssignments", Times: 1, Status: 500, DoThenFail: true},
	"assign-busy":     {On: "POST /tenantRelationships/delegatedAdminRelationships/{id}/accessAssignments", Times: 1, RetryAfter: 1},
	"assign-refuse":   {On: "POST /tenantRelationships/delegatedAdminRelationships/{id}/accessAssignments", Status: 400},
	"reduce-lost":     {On: "PATCH /tenantRelationships/delegatedAdminRelationships/{id}", Times: 1, Drop: graphtest.DropAfter},
	"consent-busy":    {On: "POST /tenantRelationships/delegatedAdminRelationships/{id}/requests", Times: 1, RetryAfter: 1},
	"consent-lost":    {On: "POST /tenantRelationships/delegatedAdminRelationships/{id}/requests", Times: 1, Drop: graphtest.DropAfter},
	"consent-refused": {On: "POST /tenantRelationships/delegatedAdminRelationships/{id}/requests", Times: 1, Status: 400},
	"end-refused":     {On: "POST /tenantRelationships/delegatedAdminRelationships/{id}/requests", Times: 1, Status: 403},
	"create-refuse":   {On: "POST /tenantRelationships/delegatedAdminRelationships", Status: 400},
}

func cmdTrouble(ts *testscript.TestScript, _ bool, args []string) {
	var planned []graphtest.Fault
	for _, a := range args {
		f, ok := plans[a]
		if !ok {
			ts.Fatalf("no plan %s", a)
		}
		planned = append(planned, f)
	}
	ts.Check(on(ts).Graph.SetFaults(planned...))
}
