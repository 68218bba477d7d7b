package graphtest_test

import (
	"encoding/json"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"testing"

	"latchkey/internal/graph/graphtest"
)

const centerScope = "https://api.partnercenter.microsoft.com/.default"

// centerToken is a token for Partner Center, of the application alone or, with
// a person, of both.
func (e *estate) centerToken(upn string) string {
	e.t.Helper()
	form := tokenForm(map[string]string{"scope": centerScope})
	if upn != "" {
		code := e.browser().signIn(ask("scope", "openid https://api.partnercenter.microsoft.com/user_impersonation"), upn).code(e.t)
		form = url.Values{
			"grant_type": {"authorization_code"}, "client_id": {client}, "client_secret": {secret}, "code": {code}, "redirect_uri": {callback},
		}
	}
	a := e.tokens(partner, form)
	if a.status != 200 {
		e.t.Fatalf("token: %v", a.body)
	}
	return a.text("access_token")
}

func (e *estate) center(method, path, token, body string) answer {
	e.t.Helper()
	return e.call(method, "/partnercenter"+path, token, body)
}

func TestPartnerCenterCustomers(t *testing.T) {
	t.Parallel()
	e := newEstate(t, nil)
	e.s.AddContract(graphtest.Contract{CustomerTenant: goneRel[:36], DisplayName: "Adatum", DefaultDomain: "adatum.test"})
	token := e.centerToken("")
	list := e.center("GET", "/v1/customers", token, "")
	items, _ := list.body["items"].([]any)
	if len(items) != 3 || list.body["totalCount"] != 3.0 {
		t.Fatalf("customers = %v", list.body)
	}
	first, _ := items[0].(map[string]any)
	profile, _ := first["companyProfile"].(map[string]any)
	if first["id"] != contoso || profile["companyName"] != "Contoso" || profile["domain"] != "contoso.test" || first["relationshipToPartner"] != "reseller" {
		t.Errorf("first = %v", first)
	}
	if _, ok := first["allowDelegatedAccess"]; ok {
		t.Error("the list tells of delegated administration")
	}
	if one := e.center("GET", "/v1/customers/"+strings.ToUpper(contoso), token, ""); one.body["allowDelegatedAccess"] != true {
		t.Errorf("one = %v", one.body)
	}
	if page := e.center("GET", "/v1/customers?size=1", token, ""); page.body["totalCount"] != 1.0 {
		t.Errorf("page = %v", page.body)
	}
	if link := e.center("GET", "/v1/customers/relationshiprequests", e.centerToken("ana@partner.test"), ""); !strings.Contains(link.text("url"), "partnerId="+partner) {
		t.Errorf("invitation = %v", link.body)
	}
}

// TestPartnerCenterPages follows the links of a list that is longer than a page.
func TestPartnerCenterPages(t *testing.T) {
	t.Parallel()
	e := newEstate(t, nil)
	for i := range 3 {
		e.s.AddContract(graphtest.Contract{CustomerTenant: fmt.Sprintf("%s%02d", unknown[:34], i), DisplayName: "C"})
	}
	token := e.centerToken("")
	var pages, ids []string
	path, header := "/v1/customers?size=2&seekOperation=First", []string{}
	for path != "" {
		a := e.call("GET", "/partnercenter"+path, token, "", header...)
		var page struct {
			TotalCount int
			Items      []struct{ ID string }
			Links      map[string]struct {
				URI, Method string
				Headers     []struct{ Key, Value string }
			}
		}
		raw, err := json.Marshal(a.body)
		if err == nil {
			err = json.Unmarshal(raw, &page)
		}
		if a.status != 200 || err != nil || page.TotalCount != len(page.Items) {
			t.Fatalf("page %d = %d %v, %v", len(pages)+1, a.status, a.body, err)
		}
		pages = append(pages, fmt.Sprint(len(page.Items)))
		for _, item := range page.Items {
			ids = append(ids, item.ID)
		}
		next, ok := page.Links["next"]
		if path = ""; ok {
			path, header = "/v1"+next.URI, []string{next.Headers[0].Key, next.Headers[0].Value}
			if next.URI != "/customers?size=2&seekOperation=Next" || header[0] != "MS-ContinuationToken" {
				t.Errorf("next = %+v", next)
			}
		}
	}
	slices.Sort(ids)
	if got := strings.Join(pages, " "); got != "2 2 1" || len(slices.Compact(ids)) != 5 {
		t.Errorf("pages of %s, customers %v", got, ids)
	}
	for name, row := range map[string][]string{
		"NoToken": {"Next"}, "MadeUp": {"Next", "MS-ContinuationToken", "x"}, "OfNobody": {"Next", "MS-ContinuationToken", "bm9ib2R5"}, "Other": {"Sideways"},
	} {
		if a := e.call("GET", "/partnercenter/v1/customers?size=2&seekOperation="+row[0], token, "", row[1:]...); a.status != 400 {
			t.Errorf("%s = %d %v", name, a.status, a.body)
		}
	}
}

func TestPartnerCenterRefusals(t *testing.T) {
	t.Parallel()
	e := newEstate(t, nil)
	e.s.AddGroup(graphtest.Group{DisplayName: "AdminAgents", Members: []string{ana, bo}})
	if _, err := e.s.AddPerson(graphtest.Person{Tenant: partner, Name: "Eve", UPN: "eve@partner.test"}); err != nil {
		t.Fatal(err)
	}
	app, agent := e.centerToken(""), e.centerToken("ana@partner.test")
	graph := e.tokens(partner, tokenForm(nil)).text("access_token")
	const remove = `{"allowDelegatedAccess":false,"attributes":{"objectType":"Customer"}}`
	customer := "/v1/customers/" + contoso
	for _, row := range []struct {
		name, method, path, token, body string
		status                          int
	}{
		{"NoToken", "GET", "/v1/customers", "", "", 401},
		{"GraphToken", "GET", "/v1/customers", graph, "", 401},
		{"NoMFA", "GET", "/v1/customers", e.centerToken("bo@partner.test"), "", 401},
		{"NotAgent", "GET", "/v1/customers", e.centerToken("eve@partner.test"), "", 403},
		{"BadSize", "GET", "/v1/customers?size=501", app, "", 400},
		{"UnknownCustomer", "GET", "/v1/customers/" + partner, app, "", 404},
		{"AppOnlyPatch", "PATCH", customer, app, remove, 403},
		{"AppOnlyInvitation", "GET", "/v1/customers/relationshiprequests", app, "", 403},
		{"GiveDAP", "PATCH", customer, agent, `{"allowDelegatedAccess":true,"attributes":{"objectType":"Customer"}}`, 400},
		{"NoObjectType", "PATCH", customer, agent, `{"allowDelegatedAccess":false}`, 400},
		{"Nothing", "PATCH", customer, agent, `{"attributes":{"objectType":"Customer"}}`, 400},
		{"NotJSON", "PATCH", customer, agent, `{`, 400},
		{"AuditTooOld", "GET", "/v1/auditrecords?startDate=2025-11-01", app, "", 400},
		{"AuditNotADay", "GET", "/v1/auditrecords?startDate=yesterday", app, "", 400},
		{"AuditBackwards", "GET", "/v1/auditrecords?startDate=2026-02-02&endDate=2026-02-01", app, "", 400},
		{"AuditFilter", "GET", "/v1/auditrecords?filter=" + url.QueryEscape(`{"Field":"Mood"}`), app, "", 400},
		{"UnknownRecord", "GET", "/auditactivity/v1/auditrecords/" + ana, app, "", 404},
		{"NoHook", "GET", "/webhooks/v1/registration", app, "", 404},
		{"UpdateNoHook", "PUT", "/webhooks/v1/registration", app, `{}`, 404},
		{"HookElsewhere", "POST", "/webhooks/v1/registration", app, `{"WebhookUrl":"https://evil.test/","WebhookEvents":["test-created"]}`, 400},
		{"HookEvents", "POST", "/webhooks/v1/registration", app, `{"WebhookUrl":"https://127.0.0.1/","WebhookEvents":["x"]}`, 400},
		{"HookNone", "POST", "/webhooks/v1/registration", app, `{"WebhookUrl":"https://127.0.0.1/"}`, 400},
		{"ValidateNoHook", "POST", "/webhooks/v1/registration/validationEvents", app, `{}`, 404},
		{"UnknownValidation", "GET", "/webhooks/v1/registration/validationEvents/x", app, "", 404},
		{"RemoveDAP", "PATCH", customer, agent, remove, 200},
	} {
		t.Run(row.name, func(t *testing.T) {
			if a := e.center(row.method, row.path, row.token, row.body); a.status != row.status {
				t.Errorf("= %d %v, want %d", a.status, a.body, row.status)
			}
		})
	}
	if one := e.center("GET", customer, app, ""); one.body["allowDelegatedAccess"] != false || one.body["relationshipToPartner"] != "reseller" {
		t.Errorf("after the removal = %v", one.body)
	}
	if a := e.center("PATCH", customer, agent, `{"relationshipToPartner":"none","attributes":{"objectType":"Customer"}}`); a.text("relationshipToPartner") != "none" {
		t.Errorf("without the reseller = %d %v", a.status, a.body)
	}
	if a := e.center("GET", customer, app, ""); a.status != 404 {
		t.Errorf("who is no customer any more = %d, want 404", a.status)
	}
}

// TestPartnerCenterAudit tells the customer's ending from the partner's.
func TestPartnerCenterAudit(t *testing.T) {
	t.Parallel()
	e := newEstate(t, nil)
	e.withRelationships()
	if err := e.s.ApproveRelationship(pendingRel, carolID); err != nil {
		t.Fatal(err)
	}
	if err := e.s.TerminateRelationship(pendingRel, carolID); err != nil {
		t.Fatal(err)
	}
	graph := e.tokens(partner, tokenForm(nil)).text("access_token")
	if a := e.call("POST", "/v1.0"+one+"/requests", graph, `{"action":"terminate"}`); a.status != 201 {
		t.Fatalf("terminate = %v", a.body)
	}
	token := e.centerToken("")
	by := map[string]string{}
	var operations []string
	list := e.center("GET", "/v1/auditrecords?startDate=2026-03-01&filter="+url.QueryEscape(`{"Field":"CustomerId","Value":"`+contoso+`","Operator":"equals"}`), token, "")
	items, _ := list.body["items"].([]any)
	for _, item := range items {
		rec, _ := item.(map[string]any)
		operation, _ := rec["operationType"].(string)
		operations = append(operations, strings.TrimPrefix(operation, "granular_admin_relationship_"))
		value, _ := rec["resourceNewValue"].(string)
		upn, _ := rec["userPrincipalName"].(string)
		app, _ := rec["applicationId"].(string)
		switch {
		case strings.Contains(value, relID):
			by["partner "+operation] = upn + app
		case strings.Contains(value, pendingRel):
			by["customer "+operation] = upn + app
		}
		if operation == "granular_admin_relationship_approved" && len(rec["customizedData"].([]any)) != 1 {
			t.Errorf("who approved is not told: %v", rec)
		}
	}
	if got, want := strings.Join(operations, " "), "termination_requested terminated termination_requested activated approved"; got != want {
		t.Errorf("operations = %q, want %q", got, want)
	}
	const ended = " granular_admin_relationship_termination_requested"
	if by["customer"+ended] != "carol@contoso.test" || by["partner"+ended] != client {
		t.Errorf("who asked for the end = %v", by)
	}
	if a := e.center("GET", "/v1/auditrecords?filter="+url.QueryEscape(`{"Field":"CompanyName","Value":"lit","Operator":"substring"}`), token, ""); a.body["totalCount"] != 0.0 {
		t.Errorf("another company's = %v", a.body)
	}
	for _, row := range []struct {
		days int
		want float64
	}{{1, 6}, {31, 0}} { // with the end that time brought, then nothing
		e.due = e.due.AddDate(0, 0, row.days)
		if a := e.center("GET", "/v1/auditrecords", token, ""); a.body["totalCount"] != row.want {
			t.Errorf("the last 30 days, %v on = %v, want %v", row.days, a.body["totalCount"], row.want)
		}
	}
}
