package graphtest_test

import (
	"fmt"
	"strings"
	"testing"

	"latchkey/internal/graph/graphtest"
)

func TestPaging(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	for i := range 6 {
		w.s.AddRelationship(graphtest.Relationship{
			ID: fmt.Sprintf("rel-%d", i), DisplayName: fmt.Sprintf("R%d", i), CustomerTenant: fabrikam, Roles: []string{helpdesk},
		})
	}
	a := w.want(200, "GET", relationships+"?$top=3&$select=displayName&$count=true", "")
	if got := a.column("displayName"); got != "Contoso 1 R0 R1" || a.body["@odata.count"] != 7.0 {
		t.Errorf("page 1 = %q of %v", got, a.body["@odata.count"])
	}
	for name := range a.values()[0] {
		if name != "id" && name != "displayName" && !strings.HasPrefix(name, "@odata.") {
			t.Errorf("$select let %q through", name)
		}
	}
	// What comes or goes between two pages moves nothing else.
	w.s.AddRelationship(graphtest.Relationship{ID: "rel-0", DisplayName: "R0 again", Roles: []string{helpdesk}})
	next := a.text("@odata.nextLink")
	if !strings.HasPrefix(next, base+"/v1.0"+relationships+"?") {
		t.Fatalf("nextLink = %q", next)
	}
	a = w.want(200, "GET", next, "")
	if got := a.column("displayName"); got != "R2 R3 R4" {
		t.Errorf("page 2 = %q", got)
	}
	a = w.want(200, "GET", a.text("@odata.nextLink"), "")
	if got := a.column("displayName"); got != "R5 R0 again" || a.body["@odata.nextLink"] != nil {
		t.Errorf("page 3 = %q, next %v", got, a.body["@odata.nextLink"])
	}
	w.want(200, "GET", relationships+"?$top=300", "")
	for _, bad := range []string{"$top=301", "$top=0", "$top=x", "$skiptoken=x", "$count=maybe", "$top=1&$top=2", "$select=a,,b", "$expand=x", "%zz"} {
		w.want(400, "GET", relationships+"?"+bad, "")
	}
}

func TestFilters(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	w.s.AddRelationship(graphtest.Relationship{ID: "f1", DisplayName: "F1", CustomerTenant: fabrikam, Status: "created", Roles: []string{helpdesk}})
	w.s.AddRelationship(graphtest.Relationship{ID: "f2", DisplayName: "F2", CustomerTenant: fabrikam, Roles: []string{helpdesk}})
	w.s.AddRelationship(graphtest.Relationship{ID: "f3", DisplayName: "F3", Status: "created", Roles: []string{helpdesk}})
	w.s.AddGroup(graphtest.Group{ID: "g1", DisplayName: "O'Hara", MailNickname: "lk-contoso-2"})
	for _, row := range []struct{ name, path, column, want string }{
		{"Status", relationships + "?$filter=status eq 'active'", "displayName", "Contoso 1 F2"},
		{"Customer", relationships + "?$filter=customer/tenantId eq '" + strings.ToUpper(fabrikam) + "'", "displayName", "F1 F2"},
		{"Both", relationships + "?$filter=status eq 'created' and customer/tenantId eq '" + fabrikam + "'", "displayName", "F1"},
		{"Nickname", "/groups?$filter=mailNickname eq 'lk-contoso-1'", "displayName", "Contoso exchange"},
		{"Prefix", "/groups?$filter=startswith(mailNickname,'lk-')", "displayName", "Contoso exchange O'Hara"},
		{"PrefixAndFlag", "/groups?$filter=startswith(mailNickname, 'lk-') and securityEnabled eq true", "displayName", "Contoso exchange O'Hara"},
		{"Apostrophe", "/groups?$filter=displayName eq 'O''Hara'", "mailNickname", "lk-contoso-2"},
		{"Mail", "/users?$filter=mail eq 'ANA@partner.test'", "displayName", "Ana"},
		{"NoMail", "/users?$filter=mail eq ''", "displayName", ""},
		{"UPN", "/users?$filter=userPrincipalName eq 'bo@partner.test'", "displayName", "Bo"},
		{"Contract", "/contracts?$filter=customerId eq '" + contoso + "'", "defaultDomainName", "contoso.test"},
		{"Principal", "/servicePrincipals?$filter=appId eq '2832473f-ec63-45fb-976f-5d45a7d4bb91'", "displayName", "Partner Customer Delegated Administration"},
	} {
		t.Run(row.name, func(t *testing.T) {
			if got := w.want(200, "GET", row.path, "").column(row.column); got != row.want {
				t.Errorf("%s = %q, want %q", row.path, got, row.want)
			}
		})
	}
	for _, bad := range []string{
		"status ne 'x'", "status eq 'x' or status eq 'y'", "displayName eq 'x'", "status", "status eq", "status eq x",
		"status eq 'x", "startswith(status,'x')", "startswith(status", "startswith(,'x')", "status eq 'x' and", "(status eq 'x')", "%27",
	} {
		a := w.want(400, "GET", relationships+"?$filter="+bad, "")
		if a.code() != "Request_UnsupportedQuery" {
			t.Errorf("$filter=%s: code %q", bad, a.code())
		}
	}
}

func TestRelationshipShape(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	a := w.want(200, "GET", one, "")
	for name, want := range map[string]any{
		"@odata.type": "#microsoft.graph.delegatedAdminRelationship", "duration": "P30D", "autoExtendDuration": "PT0S",
		"activatedDateTime": "2026-03-01T09:00:00Z", "endDateTime": "2026-03-31T09:00:00Z",
	} {
		if a.body[name] != want {
			t.Errorf("%s = %v, want %v", name, a.body[name], want)
		}
	}
	w.s.AddRelationship(graphtest.Relationship{ID: "open", DisplayName: "Open", Status: "created", Roles: []string{helpdesk}, IndirectProvider: fabrikam, PartnerConsentPending: true})
	a = w.want(200, "GET", relationships+"/open", "")
	if a.body["customer"] != nil || a.body["endDateTime"] != nil {
		t.Errorf("unaccepted: customer %v, end %v, want null", a.body["customer"], a.body["endDateTime"])
	}
	if a.text("@odata.type") != "#microsoft.graph.resellerDelegatedAdminRelationship" || a.text("indirectProviderTenantId") != fabrikam || a.body["isPartnerConsentPending"] != true {
		t.Errorf("reseller's relationship: %v", a.body)
	}
	if a := w.want(400, "GET", relationships+"/nonsense", ""); a.code() != "badRequest" || a.message() != "The passed in delegatedAdminRelationshipId is invalid." {
		t.Errorf("bad id: %q %q", a.code(), a.message())
	}
	w.want(404, "GET", relationships+"/"+goneRel, "")
}

func TestCreateRelationship(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	body := func(name, duration, extend, role string) string {
		return `{"displayName":"` + name + `","duration":"` + duration + `","autoExtendDuration":"` + extend +
			`","customer":{"tenantId":"` + fabrikam + `","displayName":"Fabrikam"},` + roles(role) + `}`
	}
	for _, row := range []struct {
		name, body string
		status     int
	}{
		{"TwoYearsInDays", body("N1", "P730D", "P180D", helpdesk), 201},
		{"TwoYears", body("N2", "P2Y", "PT0S", helpdesk), 201},
		{"OneDay", body("N3", "P1D", "P0D", helpdesk), 201},
		{"MoreThanTwoYears", body("N4", "P731D", "PT0S", helpdesk), 400},
		{"Weeks", body("N4", "P104W2D", "PT0S", helpdesk), 400},
		{"Hours", body("N4", "PT8H", "PT0S", helpdesk), 400},
		{"Nothing", body("N4", "P", "PT0S", helpdesk), 400},
		{"ZeroDays", body("N4", "P0D", "PT0S", helpdesk), 400},
		{"ExtendWeeks", body("N4", "P30D", "P25W5D", helpdesk), 400},
		{"ExtendP", body("N4", "P30D", "P", helpdesk), 400},
		{"ExtendGlobalAdministrator", body("N4", "P30D", "P180D", globalAdm), 400},
		{"LongName", body(strings.Repeat("é", 51), "P30D", "PT0S", helpdesk), 400},
		{"LongestName", body(strings.Repeat("é", 50), "P30D", "PT0S", helpdesk), 201},
		{"NameTaken", body("contoso 1", "P30D", "PT0S", helpdesk), 409},
		{"NoName", body("", "P30D", "PT0S", helpdesk), 400},
		{"NoRoles", `{"displayName":"N5","duration":"P30D"}`, 400},
		{"RoleTwice", `{"displayName":"N5","duration":"P30D",` + roles(helpdesk, helpdesk) + `}`, 400},
		{"RoleByName", body("N5", "P30D", "PT0S", "Helpdesk"), 400},
		{"UnknownProperty", `{"displayName":"N5","duration":"P30D","status":"active",` + roles(helpdesk) + `}`, 400},
		{"AnyCustomer", `{"@odata.type":"#microsoft.graph.delegatedAdminRelationship","displayName":"N6","duration":"P30D",` + roles(helpdesk) + `}`, 201},
		{"NotJSON", `{`, 400},
		{"NotAnObject", `[]`, 400},
		{"Null", `null`, 400},
	} {
		t.Run(row.name, func(t *testing.T) {
			a := w.want(row.status, "POST", relationships, row.body)
			if row.status == 201 && (a.text("status") != "created" || a.header.Get("Location") != base+"/v1.0"+relationships+"/"+a.text("id")) {
				t.Errorf("status %q, Location %q", a.text("status"), a.header.Get("Location"))
			}
		})
	}
}

func TestRelationshipLife(t *testing.T) {
	t.Parallel()
	w := newWorld(t, func(o *graphtest.Options) { o.Lag = 1 })
	a := w.want(201, "POST", relationships, `{"displayName":"New","duration":"P30D",`+roles(globalAdm, helpdesk)+`}`)
	path, tag := relationships+"/"+a.text("id"), a.text("@odata.etag")

	w.want(400, "PATCH", path, `{"duration":"P31D"}`)
	a = w.want(200, "PATCH", path, `{"duration":"P31D"}`, "If-Match", tag)
	if a.text("duration") != "P31D" || a.text("@odata.etag") == tag {
		t.Errorf("PATCH: duration %q, same tag %v", a.text("duration"), a.text("@odata.etag") == tag)
	}
	w.want(412, "PATCH", path, `{"duration":"P32D"}`, "If-Match", tag)
	w.want(412, "DELETE", path, "", "If-Match", tag)
	w.want(400, "DELETE", path, "", "If-Match", "nonsense")

	w.want(400, "POST", path+"/requests", `{"action":"terminate"}`)
	w.want(400, "POST", path+"/requests", `{"action":"bless"}`)
	a = w.want(201, "POST", path+"/requests", `{"action":"lockForApproval"}`)
	if a.text("status") != "created" {
		t.Errorf("request status = %q", a.text("status"))
	}
	if got := w.statuses(a.header.Get("Location"), 3); got != "pending succeeded succeeded" {
		t.Errorf("request = %q", got)
	}
	w.want(400, "POST", path+"/requests", `{"action":"lockForApproval"}`)
	w.want(400, "POST", path+"/requests", `{"action":"approve"}`) // never the partner's to give
	a = w.want(200, "GET", path, "")
	w.want(400, "DELETE", path, "", "If-Match", a.text("@odata.etag"))
	w.want(400, "PATCH", path, `{"autoExtendDuration":"P0D"}`, "If-Match", a.text("@odata.etag"))

	w.s.SetRelationshipStatus(a.text("id"), "active")
	a = w.want(200, "GET", path, "")
	if a.text("endDateTime") != "2026-04-01T09:00:00Z" {
		t.Errorf("end = %q", a.text("endDateTime"))
	}
	tag = a.text("@odata.etag")
	w.want(400, "PATCH", path, `{"displayName":"Other"}`, "If-Match", tag)
	w.want(400, "PATCH", path, `{"autoExtendDuration":"P180D"}`, "If-Match", tag)
	w.want(200, "PATCH", path, `{`+roles(helpdesk, exchange)+`}`, "If-Match", tag) // the original comes back
	a = w.want(202, "PATCH", path, `{`+roles(helpdesk)+`}`, "If-Match", tag)
	operation := a.header.Get("Location")
	if a.header.Get("Retry-After") != "10" {
		t.Errorf("Retry-After = %q", a.header.Get("Retry-After"))
	}
	if got := w.statuses(operation, 4); got != "notStarted running succeeded succeeded" {
		t.Errorf("operation = %q", got)
	}
	a = w.want(200, "GET", path, "")
	w.want(200, "PATCH", path, `{"autoExtendDuration":"P180D"}`, "If-Match", a.text("@odata.etag"))

	w.want(201, "POST", path+"/requests", `{"action":"terminate"}`)
	if got := w.statuses(path, 4); got != "terminationRequested terminating terminated terminated" {
		t.Errorf("statuses = %q", got)
	}
}

func TestDeleteRelationship(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	a := w.want(201, "POST", relationships, `{"displayName":"New","duration":"P30D",`+roles(helpdesk)+`}`)
	path := relationships + "/" + a.text("id")
	w.want(204, "DELETE", path, "", "If-Match", a.text("@odata.etag"))
	w.want(404, "GET", path, "")
}

func TestConsent(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	for action, want := range map[string]string{"approve": "active", "reject": "terminated"} {
		w.s.AddRelationship(graphtest.Relationship{ID: action, DisplayName: action, Roles: []string{helpdesk}, IndirectProvider: fabrikam, PartnerConsentPending: true})
		w.want(201, "POST", relationships+"/"+action+"/requests", `{"action":"`+action+`"}`)
		w.want(400, "POST", relationships+"/"+action+"/requests", `{"action":"`+action+`"}`)
		a := w.want(200, "GET", relationships+"/"+action, "")
		if a.text("status") != want || a.body["isPartnerConsentPending"] != false {
			t.Errorf("%s: %q, pending %v", action, a.text("status"), a.body["isPartnerConsentPending"])
		}
	}
}

func TestTimeEndsRelationships(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	w.s.AddAssignment(graphtest.Assignment{ID: "a1", Relationship: relID, Group: groupID, Roles: []string{exchange}})
	w.s.AddRelationship(graphtest.Relationship{ID: "auto", DisplayName: "Auto", Duration: "P30D", AutoExtend: "P180D", Roles: []string{helpdesk}})
	w.due = start.AddDate(0, 0, 30).Add(-1)
	if got := w.want(200, "GET", one, "").text("status"); got != "active" {
		t.Errorf("before the end: %q", got)
	}
	before := w.s.Version()
	w.due = start.AddDate(0, 0, 30)
	if got := w.want(200, "GET", one, "").text("status"); got != "expired" {
		t.Errorf("at the end: %q", got)
	}
	if got := w.want(200, "GET", assignments, "").column("status"); got != "deleted" {
		t.Errorf("assignment at the end: %q", got)
	}
	if w.s.Version() == before {
		t.Error("expiry left the version as it was")
	}
	w.want(400, "POST", assignments, assignmentBody(groupID, exchange))
	a := w.want(200, "GET", relationships+"/auto", "")
	if a.text("status") != "active" || a.text("endDateTime") != start.AddDate(0, 0, 210).Format("2006-01-02T15:04:05Z") {
		t.Errorf("auto-extended: %q until %q", a.text("status"), a.text("endDateTime"))
	}
	if got := w.want(200, "GET", "/tenantRelationships/delegatedAdminCustomers", "").column("id"); got != "" {
		t.Errorf("customers = %q, want none", got)
	}
}
