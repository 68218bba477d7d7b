package graphtest_test

import (
	"testing"

	"latchkey/internal/graph/graphtest"
)

func assignmentBody(group string, ids ...string) string {
	return `{"accessContainer":{"accessContainerId":"` + group + `","accessContainerType":"securityGroup"},` + roles(ids...) + `}`
}

func TestAssignmentLife(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		name  string
		lag   int
		start []string // the statuses that reads see after the POST
		end   []string // and after the DELETE
	}{
		{"NoLag", 0, []string{"active", "active"}, []string{"deleted", "deleted"}},
		{"Lag2", 2, []string{"pending", "pending", "active"}, []string{"deleting", "deleting", "deleted"}},
	} {
		t.Run(row.name, func(t *testing.T) {
			w := newWorld(t, func(o *graphtest.Options) { o.Lag = row.lag })
			a := w.want(201, "POST", assignments, assignmentBody(groupID, exchange))
			path, first := assignments+"/"+a.text("id"), a.text("@odata.etag")
			if a.text("status") != "pending" || a.header.Get("Location") != base+"/v1.0"+path {
				t.Errorf("created: %q at %q", a.text("status"), a.header.Get("Location"))
			}
			w.want(409, "POST", assignments, assignmentBody(groupID, helpdesk))
			for i, want := range row.start {
				if i%2 == 0 {
					a = w.want(200, "GET", path, "")
				} else {
					list := w.want(200, "GET", assignments, "")
					a = answer{body: list.values()[0]}
				}
				if a.text("status") != want {
					t.Errorf("read %d = %q, want %q", i+1, a.text("status"), want)
				}
			}
			w.want(412, "DELETE", path, "", "If-Match", first)
			w.want(400, "DELETE", path, "")
			w.want(204, "DELETE", path, "", "If-Match", a.text("@odata.etag"))
			w.want(409, "POST", assignments, assignmentBody(groupID, exchange))
			for i, want := range row.end {
				if a = w.want(200, "GET", path, ""); a.text("status") != want {
					t.Errorf("read %d after DELETE = %q, want %q", i+1, a.text("status"), want)
				}
			}
			w.want(409, "DELETE", path, "", "If-Match", a.text("@odata.etag"))
			w.want(201, "POST", assignments, assignmentBody(groupID, exchange))
			if got := w.want(200, "GET", assignments+"?$filter=status eq 'deleted'", "").column("id"); got != a.text("id") {
				t.Errorf("deleted ones = %q, want %q", got, a.text("id"))
			}
		})
	}
}

func TestAssignmentRefusals(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	w.s.AddRelationship(graphtest.Relationship{ID: "created", DisplayName: "C", Status: "created", Roles: []string{exchange}})
	for _, row := range []struct {
		name, path, body string
		status           int
	}{
		{"NotActive", relationships + "/created/accessAssignments", assignmentBody(groupID, exchange), 400},
		{"NoGroup", assignments, assignmentBody(contoso, exchange), 400},
		{"OtherRole", assignments, assignmentBody(groupID, globalAdm), 400},
		{"NoRole", assignments, assignmentBody(groupID), 400},
		{"OtherContainer", assignments, `{"accessContainer":{"accessContainerId":"` + groupID + `","accessContainerType":"user"},` + roles(exchange) + `}`, 400},
		{"BadRelationship", relationships + "/x/accessAssignments", assignmentBody(groupID, exchange), 400},
		{"GoneRelationship", relationships + "/" + goneRel + "/accessAssignments", assignmentBody(groupID, exchange), 404},
	} {
		t.Run(row.name, func(t *testing.T) { w.want(row.status, "POST", row.path, row.body) })
	}
	w.want(404, "GET", assignments+"/"+contoso, "")
	if n := len(w.s.Audit()); n != 0 {
		t.Errorf("refusals left %d audit entries", n)
	}
}

func TestUpdateAssignment(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	w.s.AddAssignment(graphtest.Assignment{ID: "a1", Relationship: relID, Group: groupID, Roles: []string{exchange}})
	path := assignments + "/a1"
	tag := w.want(200, "GET", path, "").text("@odata.etag")
	w.want(400, "PATCH", path, `{`+roles(helpdesk)+`}`)
	w.want(400, "PATCH", path, `{`+roles(globalAdm)+`}`, "If-Match", tag)
	w.want(400, "PATCH", path, assignmentBody(otherID, helpdesk), "If-Match", tag)
	w.want(200, "PATCH", path, `{`+roles(exchange)+`}`, "If-Match", tag)
	a := w.want(202, "PATCH", path, `{`+roles(helpdesk)+`}`, "If-Match", tag)
	if len(a.body) != 0 || a.header.Get("Retry-After") != "10" {
		t.Errorf("accepted: body %v, Retry-After %q", a.body, a.header.Get("Retry-After"))
	}
	w.want(200, "GET", a.header.Get("Location"), "")
	if got := w.s.Assignments()[0].Roles; len(got) != 1 || got[0] != helpdesk {
		t.Errorf("roles = %v", got)
	}
	w.want(412, "PATCH", path, `{`+roles(exchange)+`}`, "If-Match", tag)
}

func TestAdminChanges(t *testing.T) {
	t.Parallel()
	w := newWorld(t, func(o *graphtest.Options) { o.Lag = 3 })
	w.s.AddAssignment(graphtest.Assignment{ID: "a1", Relationship: relID, Group: groupID, Roles: []string{exchange}})
	w.s.AddAssignment(graphtest.Assignment{ID: "a2", Relationship: relID, Group: otherID, Roles: []string{exchange}})
	if w.s.RemoveAssignment("other", "a1") || !w.s.RemoveAssignment(relID, "a1") {
		t.Error("RemoveAssignment does not tell whose assignment it is")
	}
	if got := w.want(200, "GET", assignments, "").column("status"); got != "deleted active" {
		t.Errorf("statuses = %q", got)
	}
	w.s.SetRelationshipStatus(relID, "terminationRequested")
	for range 5 {
		if got := w.want(200, "GET", one, "").text("status"); got != "terminationRequested" {
			t.Fatalf("a status set by an admin moved on to %q", got)
		}
	}
	w.s.SetRelationshipStatus(relID, "terminated")
	if got := w.want(200, "GET", assignments, "").column("status"); got != "deleted deleted" {
		t.Errorf("statuses after the end = %q", got)
	}
	if !w.s.AddMember(groupID, ana) || w.s.AddMember(groupID, ana) {
		t.Error("AddMember does not tell whether it changed anything")
	}
	if got := w.want(200, "GET", members, "").column("id"); got != ana {
		t.Errorf("an admin's addition is not seen at once: %q", got)
	}
	if !w.s.RemoveMember(groupID, ana) || w.s.RemoveMember(groupID, ana) {
		t.Error("RemoveMember does not tell whether it changed anything")
	}
	if w.s.MemberAdds(groupID, ana) != 0 || len(w.s.Audit()) != 0 {
		t.Error("an admin's changes count as the client's")
	}
	if w.s.SetRelationshipStatus("none", "active") || w.s.AddMember("none", ana) || w.s.RemoveMember("none", ana) {
		t.Error("a change of nothing reports success")
	}
}
