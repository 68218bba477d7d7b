package graphtest_test

import (
	"slices"
	"strings"
	"testing"

	"latchkey/internal/graph/graphtest"
)

const (
	pim        = "/identityGovernance/privilegedAccess/group"
	pimAsk     = pim + "/assignmentScheduleRequests"
	audits     = "/auditLogs/directoryAudits"
	signIns    = "/auditLogs/signIns"
	units      = "/directory/administrativeUnits"
	customers  = "/tenantRelationships/delegatedAdminCustomers"
	roleList   = "/roleManagement/directory/roleDefinitions"
	tenantFind = "/tenantRelationships/findTenantInformationByTenantId"
	crossList  = "/policies/crossTenantAccessPolicy/partners"
	unknown    = "dddddddd-dddd-4ddd-8ddd-dddddddddddd"
)

// everything is what an application may be granted here.
var everything = append(slices.Clone(usual),
	"Group.ReadWrite.All", "User.ReadWrite.All", "Organization.Read.All", "Application.ReadWrite.All", "AuditLog.Read.All",
	"RoleManagement.Read.Directory", "Mail.Send", "Mail.ReadBasic.All", "AdministrativeUnit.ReadWrite.All", "PrivilegedAssignmentSchedule.ReadWrite.AzureADGroup", "Policy.Read.All")

// wide is a world in which every path leads somewhere. The ids that its paths
// need are in names, for {name} in a row.
func wide(t *testing.T, change func(*graphtest.Options)) (*world, *strings.Replacer) {
	t.Helper()
	w := newWorld(t, func(o *graphtest.Options) {
		o.Permissions, o.PIM = everything, true
		if change != nil {
			change(o)
		}
	})
	w.s.AddCrossTenant(graphtest.CrossTenant{Tenant: partner, Partner: contoso})
	created := w.s.AddRelationship(graphtest.Relationship{DisplayName: "New", Status: "created", Roles: []string{exchange}})
	withGA := w.s.AddRelationship(graphtest.Relationship{DisplayName: "GA", Roles: []string{exchange, globalAdm}})
	assignment := w.s.AddAssignment(graphtest.Assignment{Relationship: relID, Group: otherID, Roles: []string{helpdesk}})
	signIn := w.s.AddSignIn(graphtest.SignIn{User: ana, App: "Microsoft 365 admin center", ResourceTenant: contoso})
	request := w.want(201, "POST", relationships+"/"+created+"/requests", `{"action":"lockForApproval"}`).text("id")
	created = w.s.AddRelationship(graphtest.Relationship{DisplayName: "Newer", Status: "created", Roles: []string{exchange}})
	tag := w.want(200, "GET", relationships+"/"+withGA, "").text("@odata.etag")
	moved := w.want(202, "PATCH", relationships+"/"+withGA, "{"+roles(exchange)+"}", "If-Match", tag).header.Get("Location")
	later := w.want(201, "POST", pimAsk, pimBody("adminAssign", ana, `"startDateTime":"2026-03-02T09:00:00Z","expiration":{"type":"afterDuration","duration":"PT2H"}`))
	unit := w.want(201, "POST", units, `{"displayName":"Unit"}`).text("id")
	w.want(204, "POST", units+"/"+unit+"/members/$ref", ref(groupID))
	w.s.SetGroupsAdministrator(unit)
	audit := w.want(200, "GET", audits+"?$top=1", "").values()[0]["id"].(string)
	locked := w.want(200, "GET", relationships+"?$filter=status eq 'approvalPending'", "").values()[0]["id"].(string)
	w.now = w.now.Add(10 * 1e9) // reports are limited
	return w, strings.NewReplacer("{new}", created, "{locked}", locked, "{request}", request, "{assignment}", assignment,
		"{ga}", withGA, "{operation}", moved[strings.LastIndex(moved, "/")+1:], "{pim}", later.text("id"),
		"{schedule}", later.text("targetScheduleId"), "{unit}", unit, "{audit}", audit, "{signin}", signIn)
}

func pimBody(action, user, info string) string {
	return `{"accessId":"member","principalId":"` + user + `","groupId":"` + groupID + `","action":"` + action +
		`","justification":"because","scheduleInfo":{` + info + `},"ticketInfo":{"ticketNumber":"R-1","ticketSystem":"Latchkey"}}`
}

// pathRows are a call that does its work and one that is refused, by path.
var pathRows = []struct {
	call       string // as Paths has it
	path, body string
	status     int
	wrong      string // path that is refused; empty: the same
	wrongBody  string
	refusal    int
	code       string
}{
	{"POST /$batch", "/$batch", `{"requests":[{"id":"1","method":"GET","url":"/groups"}]}`, 200, "", `{"requests":[]}`, 400, "BadRequest"},
	{"GET " + relationships, relationships, "", 200, relationships + "?$top=301", "", 400, "badRequest"},
	{"POST " + relationships, relationships, `{"displayName":"N","duration":"P1D",` + roles(exchange) + `}`, 201, "", `{"displayName":"Contoso 1","duration":"P1D",` + roles(exchange) + `}`, 409, "conflict"},
	{"GET " + relationships + "/{id}", one, "", 200, relationships + "/x", "", 400, "badRequest"},
	{"PATCH " + relationships + "/{id}", one, `{"autoExtendDuration":"P180D"}`, 200, "", `{"displayName":"x"}`, 400, "badRequest"},
	{"DELETE " + relationships + "/{id}", relationships + "/{new}", "", 204, one, "", 400, "badRequest"},
	{"GET " + relationships + "/{id}/requests", relationships + "/{locked}/requests", "", 200, relationships + "/" + goneRel + "/requests", "", 404, "notFound"},
	{"POST " + relationships + "/{id}/requests", one + "/requests", `{"action":"terminate"}`, 201, "", `{"action":"lockForApproval"}`, 400, "badRequest"},
	{"GET " + relationships + "/{id}/requests/{rid}", relationships + "/{locked}/requests/{request}", "", 200, one + "/requests/{request}", "", 404, "notFound"},
	{"GET " + relationships + "/{id}/operations", relationships + "/{ga}/operations", "", 200, relationships + "/" + goneRel + "/operations", "", 404, "notFound"},
	{"GET " + relationships + "/{id}/operations/{oid}", relationships + "/{ga}/operations/{operation}", "", 200, one + "/operations/{operation}", "", 404, "notFound"},
	{"GET " + relationships + "/{id}/accessAssignments", assignments, "", 200, assignments + "?$orderby=id", "", 400, "Request_UnsupportedQuery"},
	{"POST " + relationships + "/{id}/accessAssignments", assignments, assignmentBody(groupID, exchange), 201, "", assignmentBody(otherID, exchange), 409, "conflict"},
	{"GET " + relationships + "/{id}/accessAssignments/{aid}", assignments + "/{assignment}", "", 200, assignments + "/x", "", 404, "notFound"},
	{"PATCH " + relationships + "/{id}/accessAssignments/{aid}", assignments + "/{assignment}", "{" + roles(exchange) + "}", 202, "", "{" + roles(globalAdm) + "}", 400, "badRequest"},
	{"DELETE " + relationships + "/{id}/accessAssignments/{aid}", assignments + "/{assignment}", "", 204, assignments + "/x", "", 404, "notFound"},
	{"GET " + customers, customers, "", 200, customers + "?$filter=id eq 'x'", "", 400, "Request_UnsupportedQuery"},
	{"GET " + customers + "/{tenant}", customers + "/" + contoso, "", 200, customers + "/" + fabrikam, "", 404, "notFound"},
	{"GET " + customers + "/{tenant}/serviceManagementDetails", customers + "/" + contoso + "/serviceManagementDetails", "", 200, customers + "/" + contoso + "/serviceManagementDetails?$top=1", "", 400, "Request_UnsupportedQuery"},
	{"GET /tenantRelationships/{function}", tenantFind + "(tenantId='" + contoso + "')", "", 200, tenantFind + "(tenantId='x')", "", 400, "Request_BadRequest"},
	{"GET /contracts", "/contracts", "", 200, "/contracts?$filter=contractType eq 'x'", "", 400, "Request_UnsupportedQuery"},
	{"GET /groups", "/groups?$orderby=displayName", "", 200, "/groups?$count=true", "", 400, "Request_UnsupportedQuery"},
	{"POST /groups", "/groups", `{"displayName":"D","mailNickname":"n","securityEnabled":true,"mailEnabled":false}`, 201, "", `{"displayName":"D"}`, 400, "Request_BadRequest"},
	{"GET /groups/{id}", "/groups/" + groupID, "", 200, "/groups/x", "", 404, "Request_ResourceNotFound"},
	{"DELETE /groups/{id}", "/groups/" + groupID, "", 204, "/groups/x", "", 404, "Request_ResourceNotFound"},
	{"GET /groups/{id}/members", members, "", 200, "/groups/x/members", "", 404, "Request_ResourceNotFound"},
	{"GET /groups/{id}/transitiveMembers", "/groups/" + groupID + "/transitiveMembers", "", 200, "/groups/x/transitiveMembers", "", 404, "Request_ResourceNotFound"},
	{"GET /groups/{id}/owners", "/groups/" + otherID + "/owners", "", 200, "/groups/x/owners", "", 404, "Request_ResourceNotFound"},
	{"POST /groups/{id}/members/$ref", members + "/$ref", ref(ana), 204, "", ref(unknown), 404, "Request_ResourceNotFound"},
	{"DELETE /groups/{id}/members/{uid}/$ref", "/groups/" + otherID + "/members/" + ana + "/$ref", "", 204, members + "/" + bo + "/$ref", "", 404, "Request_ResourceNotFound"},
	{"DELETE /groups/{id}/members/{uid}", "/groups/" + otherID + "/members/" + ana, "", 204, members + "/" + bo, "", 404, "Request_ResourceNotFound"},
	{"GET /users", "/users?$filter=accountEnabled eq false", "", 200, "/users?$orderby=mail", "", 400, "Request_UnsupportedQuery"},
	{"GET /users/{id}", "/users/ana@partner.test", "", 200, "/users/" + unknown, "", 404, "Request_ResourceNotFound"},
	{"GET /users/{id}/memberOf", "/users/" + ana + "/memberOf", "", 200, "/users/" + unknown + "/memberOf", "", 404, "Request_ResourceNotFound"},
	{"GET /users/{id}/transitiveMemberOf", "/users/" + ana + "/transitiveMemberOf", "", 200, "/users/x/transitiveMemberOf", "", 404, "Request_ResourceNotFound"},
	{"POST /users/{id}/sendMail", "/users/" + ana + "/sendMail", mailTo("pat@contoso.test"), 202, "", mailTo("nobody"), 400, "ErrorInvalidRecipients"},
	{"GET /users/{id}/mailFolders/sentitems/messages", "/users/" + ana + "/mailFolders/sentitems/messages?$filter=internetMessageId eq '<x@y.test>'", "", 200, "/users/x/mailFolders/sentitems/messages", "", 404, "ErrorInvalidUser"},
	{"GET /organization", "/organization", "", 200, "/organization?$filter=id eq 'x'", "", 400, "Request_UnsupportedQuery"},
	{"GET /applications", "/applications?$filter=appId eq '" + client + "'", "", 200, "/applications?$search=x", "", 400, "Request_UnsupportedQuery"},
	{"GET /servicePrincipals", "/servicePrincipals", "", 200, "/servicePrincipals?$search=x", "", 400, "Request_UnsupportedQuery"},
	{"POST /servicePrincipals", "/servicePrincipals", `{"appId":"2832473f-ec63-45fb-976f-5d45a7d4bb91"}`, 201, "", `{"appId":"` + unknown + `"}`, 400, "Request_BadRequest"},
	{"GET " + pimAsk, pimAsk + "?$filter=groupId eq '" + groupID + "'", "", 200, pimAsk, "", 400, "MissingProvider"},
	{"POST " + pimAsk, pimAsk, pimBody("adminAssign", bo, `"expiration":{"type":"afterDuration","duration":"PT1H"}`), 201, "", pimBody("adminRemove", bo, ""), 400, "RoleAssignmentDoesNotExist"},
	{"GET " + pimAsk + "/{rid}", pimAsk + "/{pim}", "", 200, pimAsk + "/x", "", 404, "RoleAssignmentRequestNotFound"},
	{"POST " + pimAsk + "/{rid}/cancel", pimAsk + "/{pim}/cancel", "", 204, pimAsk + "/x/cancel", "", 404, "RoleAssignmentRequestNotFound"},
	{"GET " + pim + "/assignmentSchedules", pim + "/assignmentSchedules?$filter=principalId eq '" + ana + "'", "", 200, pim + "/assignmentSchedules", "", 400, "MissingProvider"},
	{"GET " + pim + "/assignmentSchedules/{sid}", pim + "/assignmentSchedules/{schedule}", "", 200, pim + "/assignmentSchedules/x", "", 404, "Request_ResourceNotFound"},
	{"GET " + pim + "/assignmentScheduleInstances", pim + "/assignmentScheduleInstances?$filter=groupId eq '" + groupID + "'", "", 200, pim + "/assignmentScheduleInstances?$filter=accessId eq 'member'", "", 400, "MissingProvider"},
	{"GET " + audits, audits + "?$filter=category eq 'GroupManagement'", "", 200, audits + "?$filter=operationType eq 'Add'", "", 400, "Request_UnsupportedQuery"},
	{"GET " + audits + "/{rid}", audits + "/{audit}", "", 200, audits + "/x", "", 404, "Request_ResourceNotFound"},
	{"GET " + signIns, signIns + "?$filter=userId eq '" + ana + "'", "", 200, signIns + "?$top=1001", "", 400, "badRequest"},
	{"GET " + signIns + "/{rid}", signIns + "/{signin}", "", 200, signIns + "/x", "", 404, "Request_ResourceNotFound"},
	{"GET " + roleList, roleList + "?$filter=displayName eq 'Global Administrator'", "", 200, roleList + "?$orderby=id", "", 400, "Request_UnsupportedQuery"},
	{"GET " + roleList + "/{rid}", roleList + "/" + exchange, "", 200, roleList + "/x", "", 404, "Request_ResourceNotFound"},
	{"GET " + units, units, "", 200, units + "?$top=1000", "", 400, "badRequest"},
	{"POST " + units, units, `{"displayName":"U"}`, 201, "", `{}`, 400, "Request_BadRequest"},
	{"GET " + units + "/{id}", units + "/{unit}", "", 200, units + "/x", "", 404, "Request_ResourceNotFound"},
	{"GET " + units + "/{id}/members", units + "/{unit}/members", "", 200, units + "/x/members", "", 404, "Request_ResourceNotFound"},
	{"GET " + units + "/{id}/members/{uid}", units + "/{unit}/members/" + groupID, "", 200, units + "/{unit}/members/" + ana, "", 404, "Request_ResourceNotFound"},
	{"POST " + units + "/{id}/members", units + "/{unit}/members", unitGroup, 201, "", `{"displayName":"n","mailNickname":"n","mailEnabled":false,"securityEnabled":true}`, 400, "Request_BadRequest"},
	{"POST " + units + "/{id}/members/$ref", units + "/{unit}/members/$ref", ref(ana), 204, "", ref(groupID), 400, "Request_BadRequest"},
	{"GET " + crossList, crossList, "", 200, crossList + "?$search=x", "", 400, "Request_UnsupportedQuery"},
	{"GET " + crossList + "/{partner}", crossList + "/" + contoso, "", 200, crossList + "/" + unknown, "", 404, "Request_ResourceNotFound"},
	{"DELETE " + units + "/{id}/members/{uid}/$ref", units + "/{unit}/members/" + groupID + "/$ref", "", 204, units + "/{unit}/members/" + ana + "/$ref", "", 404, "Request_ResourceNotFound"},
}

// TestEveryPath holds that each path of Graph does its work once asked rightly,
// and refuses as documented when asked wrongly. A path without a row fails. Those
// of Partner Center have a test of their own.
func TestEveryPath(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	for _, row := range pathRows {
		seen[row.call] = true
		t.Run(row.call, func(t *testing.T) {
			t.Parallel()
			w, names := wide(t, nil)
			if row.call == "POST /servicePrincipals" {
				w = newWorld(t, func(o *graphtest.Options) { o.Permissions, o.NoPartnerServicePrincipal = everything, true })
			}
			method, _, _ := strings.Cut(row.call, " ")
			wrong := row.wrong
			if wrong == "" {
				wrong = row.path
			}
			if row.wrongBody == "" {
				row.wrongBody = row.body
			}
			a := w.want(row.refusal, method, names.Replace(wrong), row.wrongBody, "If-Match", "*")
			if a.code() != row.code {
				t.Errorf("refused with %q (%s), want %q", a.code(), a.message(), row.code)
			}
			w.want(row.status, method, names.Replace(row.path), row.body, "If-Match", "*")
			if n := w.s.Calls()[row.call]; n < 2 {
				t.Errorf("%d calls counted, want both", n)
			}
		})
	}
	for _, call := range graphtest.Paths() {
		if !seen[call] && !strings.Contains(call, " /partnercenter/") {
			t.Errorf("%s has no row", call)
		}
	}
}

func mailTo(address string) string {
	return `{"message":{"subject":"S","body":{"contentType":"Text","content":"B"},"toRecipients":[{"emailAddress":{"address":"` + address + `"}}]},"saveToSentItems":false}`
}
