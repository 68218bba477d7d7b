package graphtest_test

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"latchkey/internal/graph/graphtest"
)

const (
	logReaderID     = "22222222-0000-4000-8000-00000000000a"
	logReaderSecret = "logs-s3cret"
)

// logWorld is a world whose customer Contoso lets its logs be read, by a token for it.
func logWorld(t *testing.T, change func(*graphtest.Options)) *world {
	t.Helper()
	w := newWorld(t, func(o *graphtest.Options) {
		o.Permissions = everything
		o.LogReader = graphtest.Application{ClientID: logReaderID, Name: "Log reader", ClientSecret: logReaderSecret, Permissions: []string{"AuditLog.Read.All"}}
		if change != nil {
			change(o)
		}
	})
	w.s.AddTenant(graphtest.Tenant{ID: partner, Name: "Partner", Domain: "partner.test"})
	w.s.AddTenant(graphtest.Tenant{ID: contoso, Name: "Contoso", Domain: "contoso.test"})
	w.s.AddTenant(graphtest.Tenant{ID: fabrikam, Name: "Fabrikam"})
	for _, p := range []graphtest.Person{
		{Tenant: partner, ObjectID: ana, Name: "Ana", UPN: "ana@partner.test"},
		{Tenant: contoso, ObjectID: "c0c0c0c0-0000-4000-8000-000000000001", Name: "Carol", UPN: "carol@contoso.test"},
	} {
		if _, err := w.s.AddPerson(p); err != nil {
			t.Fatal(err)
		}
	}
	w.s.Consent(contoso, logReaderID)
	w.s.Consent(fabrikam, logReaderID)
	return w
}

// tokenIn is a token of the log reader for a tenant.
func (w *world) tokenIn(tenant, client, secret string) answer {
	w.t.Helper()
	form := url.Values{"grant_type": {"client_credentials"}, "client_id": {client}, "client_secret": {secret}, "scope": {scopeGraph}}
	r := httptest.NewRequestWithContext(w.t.Context(), "POST", base+"/"+tenant+"/oauth2/v2.0/token", strings.NewReader(form.Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	return w.send(r)
}

// TestWork has somebody of the partner work in a customer's tenant, with access and
// without, and holds what the logs of each tenant then say.
func TestWork(t *testing.T) {
	t.Parallel()
	w := logWorld(t, nil)
	if in, err := w.s.Work(graphtest.Work{Tenant: contoso, Person: "ana@partner.test", Does: "Update user"}); in || err != nil {
		t.Errorf("without access: %t, %v", in, err)
	}
	w.s.AddAssignment(graphtest.Assignment{Relationship: relID, Group: groupID, Roles: []string{helpdesk}})
	w.s.AddMember(groupID, ana)
	if in, err := w.s.Work(graphtest.Work{Tenant: contoso, Person: "ana@partner.test", App: "Exchange", Does: "Update user", Target: "Pat"}); !in || err != nil {
		t.Errorf("with access: %t, %v", in, err)
	}
	if in, err := w.s.Work(graphtest.Work{Tenant: fabrikam, Person: ana, Does: "Delete user"}); in || err != nil {
		t.Errorf("in another tenant: %t, %v", in, err)
	}
	if _, err := w.s.Work(graphtest.Work{Tenant: contoso, Person: "nobody@partner.test"}); err == nil {
		t.Error("nobody worked")
	}
	w.s.AddSignIn(graphtest.SignIn{User: "c0c0c0c0-0000-4000-8000-000000000001", App: "Outlook", HomeTenant: contoso, ResourceTenant: contoso})

	// The partner's own log shows where its people signed in to, by their names.
	own := w.want(200, "GET", signIns+"?$orderby=createdDateTime asc", "")
	if got := own.column("appDisplayName") + " " + own.column("userPrincipalName"); got != "Microsoft 365 admin center Exchange Microsoft 365 admin center ana@partner.test ana@partner.test ana@partner.test" {
		t.Errorf("the partner's log: %s", got)
	}
	w.token = w.tokenIn(contoso, logReaderID, logReaderSecret).text("access_token")
	theirs := w.want(200, "GET", signIns+"?$orderby=createdDateTime asc", "").values()
	if len(theirs) != 3 {
		t.Fatalf("Contoso's log has %v", theirs)
	}
	for i, want := range []struct {
		code float64
		home string
	}{{50020, partner}, {0, partner}, {0, contoso}} {
		status, _ := theirs[i]["status"].(map[string]any)
		if status["errorCode"] != want.code || theirs[i]["homeTenantId"] != want.home || theirs[i]["resourceTenantId"] != contoso {
			t.Errorf("entry %d: %v", i, theirs[i])
		}
	}
	if upn, _ := theirs[1]["userPrincipalName"].(string); theirs[1]["userId"] != ana || !strings.HasPrefix(upn, "user_") || !strings.HasSuffix(upn, "@partner.test") || strings.Contains(upn, "ana") {
		t.Errorf("the customer sees %v", theirs[1])
	}
	if theirs[2]["userPrincipalName"] != "carol@contoso.test" {
		t.Errorf("its own people are %v", theirs[2])
	}
	changes := w.want(200, "GET", audits, "").values()
	if len(changes) != 1 || changes[0]["activityDisplayName"] != "Update user" {
		t.Fatalf("Contoso's directory log has %v", changes)
	}
	by, _ := changes[0]["initiatedBy"].(map[string]any)
	user, _ := by["user"].(map[string]any)
	if by["app"] != nil || user["id"] != ana || user["homeTenantId"] != partner {
		t.Errorf("it was done by %v", by)
	}
	if id, _ := changes[0]["id"].(string); w.want(200, "GET", audits+"/"+id, "").text("activityDisplayName") != "Update user" {
		t.Error("it is not found by its id")
	}
}

// TestTenantLogsAreApart holds that a token opens the logs of one tenant, for who may read
// them, and five times in ten seconds for each application and tenant.
func TestTenantLogsAreApart(t *testing.T) {
	t.Parallel()
	w := logWorld(t, nil)
	w.s.AddTenantAudit(graphtest.TenantAudit{Tenant: contoso, Person: ana, Activity: "Update user", NoPerson: true, Failed: true})
	mine := w.token
	if a := w.tokenIn("c0000000-0000-4000-8000-00000000dead", logReaderID, logReaderSecret); a.status != 400 {
		t.Errorf("an unknown tenant: %d %v", a.status, a.body)
	}
	if a := w.tokenIn(contoso, client, secret); number(a) != 700016 {
		t.Errorf("the application that writes got %d %v", a.status, a.body)
	}
	w.token = w.tokenIn(fabrikam, logReaderID, logReaderSecret).text("access_token")
	if got := w.want(200, "GET", audits, "").values(); len(got) != 0 {
		t.Errorf("Fabrikam's log has %v", got)
	}
	w.want(403, "GET", "/users", "")
	w.want(403, "POST", "/groups", `{}`)

	w.token = w.tokenIn(contoso, logReaderID, logReaderSecret).text("access_token")
	for range 5 {
		a := w.want(200, "GET", audits, "")
		if v := a.values()[0]; v["result"] != "failure" {
			t.Errorf("the entry is %v", v)
		}
	}
	if a := w.want(http.StatusTooManyRequests, "GET", signIns, ""); a.header.Get("Retry-After") == "" {
		t.Error("nothing says how long to wait")
	}
	w.token = mine
	w.want(200, "GET", audits, "")
	w.now = w.now.Add(10 * time.Second)
	w.token = w.tokenIn(contoso, logReaderID, logReaderSecret).text("access_token")
	w.want(200, "GET", signIns, "")

	w.s.AddTenant(graphtest.Tenant{ID: contoso, Name: "Contoso", NoPremium: true})
	if a := w.want(403, "GET", signIns, ""); a.code() != "Authentication_RequestFromNonPremiumTenantOrB2CTenant" {
		t.Errorf("without a licence: %v", a.body)
	}
	w.want(200, "GET", audits, "")

	bare := logWorld(t, func(o *graphtest.Options) { o.LogReader.Permissions = []string{"Policy.Read.All"} })
	bare.token = bare.tokenIn(contoso, logReaderID, logReaderSecret).text("access_token")
	if a := bare.want(403, "GET", audits, ""); a.code() != "Authorization_RequestDenied" {
		t.Errorf("without the permission: %v", a.body)
	}
	w.due = start.AddDate(0, 0, 31)
	w.now = w.now.Add(10 * time.Second)
	w.token = w.tokenIn(contoso, logReaderID, logReaderSecret).text("access_token")
	if got := w.want(200, "GET", audits, "").values(); len(got) != 0 {
		t.Errorf("after 31 days the log holds %v", got)
	}
}

// TestLogReaderIsLetIn has an administrator let the application read the tenant's logs, on
// the page that says what it asks for, and nobody else's application with it.
func TestLogReaderIsLetIn(t *testing.T) {
	e := newEstate(t, func(o *graphtest.Options) {
		withReader(nil)(o)
		o.LogReader = graphtest.Application{ClientID: logReaderID, Name: "Log reader", ClientSecret: logReaderSecret, Permissions: []string{"AuditLog.Read.All"}}
	})
	if err := e.s.AddLogReaderRedirect(consented); err != nil || e.s.LogReaderID() != logReaderID {
		t.Fatalf("%s, %v", e.s.LogReaderID(), err)
	}
	token := func() answer {
		return e.tokens(contoso, url.Values{
			"grant_type": {"client_credentials"}, "client_id": {logReaderID}, "client_secret": {logReaderSecret}, "scope": {scopeGraph},
		})
	}
	if a := token(); number(a) != 700016 {
		t.Fatalf("before: %d %v, want AADSTS700016", a.status, a.body)
	}
	b := e.browser()
	asked := b.signIn("/"+contoso+"/adminconsent?client_id="+logReaderID+"&redirect_uri="+url.QueryEscape(consented), "carol@contoso.test")
	for _, want := range []string{"Log reader", "Contoso", "AuditLog.Read.All"} {
		if !strings.Contains(asked.body, want) {
			t.Errorf("the page lacks %q: %s", want, asked.body)
		}
	}
	if strings.Contains(asked.body, "Policy.Read.All") {
		t.Error("the page asks for what another application needs")
	}
	b.post("/"+contoso+"/consent", url.Values{"flow": {asked.field("flow")}, "answer": {"accept"}})
	if a := token(); a.status != 200 {
		t.Errorf("after: %d %v", a.status, a.body)
	}
	if a := e.readerToken(contoso); number(a) != 700016 {
		t.Errorf("the other application: %d %v, want AADSTS700016", a.status, a.body)
	}
}
