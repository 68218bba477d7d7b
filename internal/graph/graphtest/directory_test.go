package graphtest_test

import (
	"slices"
	"strings"
	"testing"

	"latchkey/internal/graph/graphtest"
)

func TestPermissions(t *testing.T) {
	t.Parallel()
	group := `{"displayName":"D","mailNickname":"n","securityEnabled":true,"mailEnabled":false}`
	for _, row := range []struct {
		name               string
		method, path, body string
		enough, notEnough  string
		status             int
	}{
		{"ReadRelationships", "GET", relationships, "", "DelegatedAdminRelationship.Read.All", "Directory.Read.All", 200},
		{"WriteAssignments", "POST", assignments, assignmentBody(groupID, exchange), "DelegatedAdminRelationship.ReadWrite.All", "DelegatedAdminRelationship.Read.All", 201},
		{"Customers", "GET", "/tenantRelationships/delegatedAdminCustomers", "", "DelegatedAdminRelationship.Read.All", "Directory.Read.All", 200},
		{"Contracts", "GET", "/contracts", "", "Directory.Read.All", "DelegatedAdminRelationship.Read.All", 200},
		{"ReadMembers", "GET", members, "", "GroupMember.Read.All", "User.Read.All", 200},
		{"WriteMembers", "POST", members + "/$ref", ref(ana), "GroupMember.ReadWrite.All", "GroupMember.Read.All", 204},
		{"CreateGroup", "POST", "/groups", group, "Group.Create", "GroupMember.ReadWrite.All", 201},
		{"Users", "GET", "/users", "", "User.ReadBasic.All", "GroupMember.ReadWrite.All", 200},
		{"Organization", "GET", "/organization", "", "Organization.Read.All", "User.Read.All", 200},
		{"Principals", "GET", "/servicePrincipals", "", "Application.Read.All", "User.Read.All", 200},
		{"TenantLookup", "GET", "/tenantRelationships/findTenantInformationByTenantId(tenantId='" + contoso + "')", "", "CrossTenantInformation.ReadBasic.All", "Directory.Read.All", 200},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			var phases []string
			w := newWorld(t, func(o *graphtest.Options) {
				o.Permissions = []string{row.notEnough}
				o.Observe = func(c graphtest.Call) { phases = append(phases, c.Phase.String()) }
			})
			a := w.want(403, row.method, row.path, row.body)
			if a.code() != "Authorization_RequestDenied" || len(phases) != 0 {
				t.Errorf("code %q, observed %v", a.code(), phases)
			}
			w = newWorld(t, func(o *graphtest.Options) { o.Permissions = []string{row.enough} })
			w.want(row.status, row.method, row.path, row.body)
		})
	}
}

func TestNoPartnerServicePrincipal(t *testing.T) {
	t.Parallel()
	w := newWorld(t, func(o *graphtest.Options) { o.NoPartnerServicePrincipal = true })
	w.want(200, "GET", assignments, "")
	w.want(403, "POST", assignments, assignmentBody(groupID, exchange))
	path := "/servicePrincipals?$filter=appId eq '2832473f-ec63-45fb-976f-5d45a7d4bb91'"
	if got := w.want(200, "GET", path, "").values(); len(got) != 0 {
		t.Errorf("service principal = %v, want none", got)
	}
}

func TestUsers(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	a := w.want(200, "GET", "/users/BO@partner.test", "")
	if a.text("id") != bo || a.text("userType") != "Guest" || a.body["accountEnabled"] != false || a.body["mail"] != nil {
		t.Errorf("user = %v", a.body)
	}
	a = w.want(200, "GET", "/users/"+ana+"?$select=displayName,userType", "")
	if a.text("userType") != "Member" || a.text("id") != ana || a.body["mail"] != nil {
		t.Errorf("selected = %v", a.body)
	}
	for _, id := range []string{"none@partner.test", "Ana", contoso} {
		if a := w.want(404, "GET", "/users/"+id, ""); a.code() != "Request_ResourceNotFound" {
			t.Errorf("%s: code %q", id, a.code())
		}
	}
	w = newWorld(t, func(o *graphtest.Options) { o.Permissions = []string{"User.ReadBasic.All"} })
	a = w.want(200, "GET", "/users/"+bo, "")
	if _, ok := a.body["userType"]; ok || a.text("displayName") != "Bo" {
		t.Errorf("basic profile = %v", a.body)
	}
}

func TestTenants(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	w.s.AddRelationship(graphtest.Relationship{ID: "f", DisplayName: "F", CustomerTenant: fabrikam, CustomerName: "Fabrikam", Roles: []string{helpdesk}})
	w.s.AddRelationship(graphtest.Relationship{ID: "f2", DisplayName: "F2", CustomerTenant: fabrikam, CustomerName: "Fabrikam", Roles: []string{exchange}})
	find := "/tenantRelationships/findTenantInformationBy"
	for _, row := range []struct {
		name, path, want string
		status           int
	}{
		{"Domain", find + "DomainName(domainName='CONTOSO.test')", contoso, 200},
		{"Tenant", find + "TenantId(tenantId='" + contoso + "')", contoso, 200},
		{"TenantOfRelationship", find + "TenantId(tenantId='" + fabrikam + "')", fabrikam, 200},
		{"Partner", find + "TenantId(tenantId='" + partner + "')", partner, 200},
		{"UnknownDomain", find + "DomainName(domainName='none.test')", "", 404},
		{"UnknownTenant", find + "TenantId(tenantId='" + ana + "')", "", 404},
		{"NotATenant", find + "TenantId(tenantId='x')", "", 400},
		{"Unquoted", find + "TenantId(tenantId=x)", "", 404},
		{"OtherFunction", "/tenantRelationships/other()", "", 404},
	} {
		t.Run(row.name, func(t *testing.T) {
			if got := w.want(row.status, "GET", row.path, "").text("tenantId"); got != row.want {
				t.Errorf("tenantId = %q, want %q", got, row.want)
			}
		})
	}
	customers := "/tenantRelationships/delegatedAdminCustomers"
	if got := w.want(200, "GET", customers, "").column("displayName"); got != "Contoso Fabrikam" {
		t.Errorf("customers = %q", got)
	}
	w.want(200, "GET", customers+"/"+fabrikam, "")
	w.want(404, "GET", customers+"/"+ana, "")
	o := w.want(200, "GET", "/organization", "").values()
	if len(o) != 1 || o[0]["id"] != partner || o[0]["displayName"] != "Partner" {
		t.Errorf("organization = %v", o)
	}
}

func TestErrorsHaveGraphsForm(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	for path, status := range map[string]int{
		"/nothing": 404, "/groups/": 404, "/groups//members": 404, "/groups/../users": 404,
		base + "/beta/groups": 404, base + "/v1.0": 404, base + "/": 404,
	} {
		a := w.want(status, "GET", path, "", "client-request-id", contoso)
		e, _ := a.body["error"].(map[string]any)
		inner, _ := e["innerError"].(map[string]any)
		if inner["client-request-id"] != contoso || inner["request-id"] == "" || inner["date"] != "2026-03-01T09:00:00" || a.header.Get("request-id") != inner["request-id"] {
			t.Errorf("%s: %v", path, a.body)
		}
	}
	w.want(405, "PUT", "/groups", "")
	w.want(405, "DELETE", "/users/"+ana, "")
	a := w.want(404, "GET", "/nothing", "", "client-request-id", "<script>")
	if strings.Contains(a.header.Get("client-request-id"), "<") {
		t.Error("a client-request-id that is none is repeated")
	}
	w.want(400, "GET", "/groups?$count=true", "")
	if a := w.want(200, "GET", "/groups?$count=true", "", "ConsistencyLevel", "eventual"); a.body["@odata.count"] != 2.0 {
		t.Errorf("count = %v", a.body["@odata.count"])
	}
}

func TestTruthIsACopy(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	w.s.Groups()[1].Members[0] = "changed"
	w.s.Relationships()[0].Roles[0] = "changed"
	if slices.Contains(w.s.Groups()[1].Members, "changed") || slices.Contains(w.s.Relationships()[0].Roles, "changed") {
		t.Error("a returned value is shared with the server")
	}
}
