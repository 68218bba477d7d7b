package graphtest_test

import (
	"fmt"
	"testing"
	"time"

	"latchkey/internal/graph/graphtest"
)

// TestCleanUp holds that what nobody approved, and what ended long ago, is gone.
func TestCleanUp(t *testing.T) {
	t.Parallel()
	const day = 24 * time.Hour
	for _, row := range []struct {
		name, status string
		kept, gone   time.Duration
	}{
		{"NeverApproved", "approvalPending", 90*day - time.Second, 90 * day},
		{"Terminated", "terminated", 365*day - time.Second, 365 * day},
		{"Expired", "expired", 365*day - time.Second, 365 * day},
		{"Created", "created", 1000 * day, 0},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, nil)
			id := w.s.AddRelationship(graphtest.Relationship{DisplayName: "R", Status: row.status, Roles: []string{exchange}})
			w.s.AddAssignment(graphtest.Assignment{Relationship: id, Group: groupID, Status: "deleted", Roles: []string{exchange}})
			w.due = start.Add(row.kept)
			w.want(200, "GET", relationships+"/"+id, "")
			if row.gone == 0 {
				return
			}
			w.due = start.Add(row.gone)
			w.want(404, "GET", relationships+"/"+id, "")
			if got := w.s.Assignments(); len(got) != 0 {
				t.Errorf("assignments left: %v", got)
			}
		})
	}
}

func TestClientEndsAndTheYearAfter(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	w.want(201, "POST", one+"/requests", `{"action":"terminate"}`)
	w.want(200, "GET", one, "")
	w.due = start.AddDate(1, 0, -1)
	if got := w.want(200, "GET", one, "").text("status"); got != "terminated" {
		t.Errorf("status %q", got)
	}
	w.due = start.AddDate(1, 0, 0)
	w.want(404, "GET", one, "")
}

func TestTroubles(t *testing.T) {
	t.Parallel()
	w := newWorld(t, func(o *graphtest.Options) {
		o.Lag, o.Troubles = 1, graphtest.Troubles{LockAfterReads: 2, ManyRolesPending: 3}
	})
	many := make([]string, 0, 16)
	for i := range 16 {
		many = append(many, fmt.Sprintf("%s%02d", unknown[:34], i))
	}
	body := `{"displayName":"Many","duration":"P1D",` + roles(many...) + `}`
	rel := relationships + "/" + w.want(201, "POST", relationships, body).text("id")
	lock := func() int { return w.do("POST", rel+"/requests", `{"action":"lockForApproval"}`).status }
	if got := lock(); got != 409 {
		t.Errorf("lock at once = %d, want 409", got)
	}
	w.want(200, "GET", rel, "")
	w.want(200, "GET", rel, "")
	if got := lock(); got != 201 {
		t.Errorf("lock after two reads = %d, want 201", got)
	}
	w.s.SetRelationshipStatus(rel[len(relationships)+1:], "active")
	path := rel + "/accessAssignments"
	path += "/" + w.want(201, "POST", path, assignmentBody(groupID, many...)).text("id")
	for i := range 4 {
		if got := w.want(200, "GET", path, "").text("status"); got != "pending" {
			t.Errorf("read %d: %q, want pending", i+1, got)
		}
	}
	if got := w.want(200, "GET", path, "").text("status"); got != "active" {
		t.Errorf("then %q, want active", got)
	}
}

// TestCreatedThough500 is the trouble that a created relationship was reported
// as an error: a second try finds its name taken.
func TestCreatedThough500(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	w.plan(graphtest.Fault{On: "POST " + relationships, Times: 1, Status: 500, Code: "internalServerError", DoThenFail: true})
	body := `{"displayName":"Twice","duration":"P1D",` + roles(exchange) + `}`
	w.want(500, "POST", relationships, body)
	w.want(409, "POST", relationships, body)
	if got := w.want(200, "GET", relationships+"?$filter=status eq 'created'", "").column("displayName"); got != "Twice" {
		t.Errorf("created %q", got)
	}
}

// TestApprovalShowsLate holds that what the customer approved takes its reads
// to become active, and cannot be used before.
func TestApprovalShowsLate(t *testing.T) {
	t.Parallel()
	w := newWorld(t, func(o *graphtest.Options) { o.Lag, o.Permissions = 2, everything })
	w.s.AddTenant(graphtest.Tenant{ID: contoso, Name: "Contoso"})
	pat, err := w.s.AddPerson(graphtest.Person{Tenant: contoso, Name: "Pat", UPN: "pat@contoso.test", DirectoryRoles: []string{globalAdm}})
	if err != nil {
		t.Fatal(err)
	}
	id := w.s.AddRelationship(graphtest.Relationship{DisplayName: "R", CustomerTenant: contoso, Status: "approvalPending", Roles: []string{exchange}})
	if err := w.s.ApproveRelationship(id, pat); err != nil {
		t.Fatal(err)
	}
	w.want(400, "POST", relationships+"/"+id+"/accessAssignments", assignmentBody(groupID, exchange))
	for i, want := range []string{"approved", "approved", "activating", "activating", "active", "active"} {
		a := w.want(200, "GET", relationships+"/"+id, "")
		if a.text("status") != want || (a.body["endDateTime"] != nil) != (want == "active") {
			t.Errorf("read %d: %q until %v, want %q", i+1, a.text("status"), a.body["endDateTime"], want)
		}
	}
	got := w.want(200, "GET", audits+"?$filter=initiatedBy/user/userPrincipalName eq 'pat@contoso.test'", "").column("activityDisplayName")
	if got != "Update delegated admin relationship" {
		t.Errorf("audit %q", got)
	}
}

func TestNewGroupShowsLate(t *testing.T) {
	t.Parallel()
	w := newWorld(t, func(o *graphtest.Options) { o.GroupLag = 2 })
	id := w.want(201, "POST", "/groups", `{"displayName":"D","mailNickname":"late","securityEnabled":true,"mailEnabled":false}`).text("id")
	w.want(200, "GET", "/groups/"+id, "")
	w.want(204, "POST", "/groups/"+id+"/members/$ref", ref(ana))
	for i, want := range []string{"", "", id, id} {
		if got := w.want(200, "GET", "/groups?$filter=mailNickname eq 'late'", "").column("id"); got != want {
			t.Errorf("list %d = %q, want %q", i+1, got, want)
		}
	}
}

// TestLateEnumMembers holds that values which older clients do not know are
// shown only to those that ask for them.
func TestLateEnumMembers(t *testing.T) {
	t.Parallel()
	w, names := wide(t, nil)
	provided := w.s.AddRelationship(graphtest.Relationship{
		DisplayName: "Provided", Status: "approvalPending", Roles: []string{exchange}, IndirectProvider: fabrikam, PartnerConsentPending: true,
	})
	w.want(201, "POST", relationships+"/"+provided+"/requests", `{"action":"reject"}`)
	for _, row := range []struct{ path, field, want string }{
		{names.Replace(relationships + "/{ga}/operations"), "operationType", "delegatedAdminRelationshipUpdate"},
		{relationships + "/" + provided + "/requests", "action", "reject"},
	} {
		if got := w.want(200, "GET", row.path, "").column(row.field); got != "unknownFutureValue" {
			t.Errorf("%s = %q", row.field, got)
		}
		if got := w.want(200, "GET", row.path, "", "Prefer", "include-unknown-enum-members").column(row.field); got != row.want {
			t.Errorf("%s = %q when asked for, want %q", row.field, got, row.want)
		}
	}
}

func TestOrder(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	for _, name := range []string{"b", "C", "a"} {
		w.s.AddRelationship(graphtest.Relationship{DisplayName: name, Status: "created", Roles: []string{exchange}})
	}
	query := relationships + "?$orderby=displayName desc&$top=2"
	a := w.want(200, "GET", query, "")
	if got := a.column("displayName"); got != "Contoso 1 C" {
		t.Errorf("page 1 = %q", got)
	}
	if got := w.want(200, "GET", a.text("@odata.nextLink"), "").column("displayName"); got != "b a" {
		t.Errorf("page 2 = %q", got)
	}
	for _, bad := range []string{"id", "displayName up", "displayName,status", "%20"} {
		w.want(400, "GET", relationships+"?$orderby="+bad, "")
	}
}

func TestCreatePartnerServicePrincipal(t *testing.T) {
	t.Parallel()
	w := newWorld(t, func(o *graphtest.Options) { o.Permissions, o.NoPartnerServicePrincipal = everything, true })
	w.want(403, "POST", one+"/requests", `{"action":"terminate"}`)
	w.want(201, "POST", "/servicePrincipals", `{"appId":"2832473f-ec63-45fb-976f-5d45a7d4bb91"}`)
	w.want(409, "POST", "/servicePrincipals", `{"appId":"2832473f-ec63-45fb-976f-5d45a7d4bb91"}`)
	w.want(201, "POST", one+"/requests", `{"action":"terminate"}`)
}
