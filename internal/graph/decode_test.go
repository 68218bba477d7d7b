package graph_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/microsoft/kiota-abstractions-go/serialization"
	kjson "github.com/microsoft/kiota-serialization-json-go"
	"github.com/microsoftgraph/msgraph-sdk-go/models"
	"github.com/microsoftgraph/msgraph-sdk-go/models/odataerrors"

	"latchkey/internal/graph/graphtest"
)

const (
	decodeGroup = "90000000-0000-4000-8000-000000000001"
	globalAdmin = "62e90394-69f5-4237-9190-012177145e10"
	decodePIM   = "/identityGovernance/privilegedAccess/group"
	decodeRels  = "/tenantRelationships/delegatedAdminRelationships"
)

// bare talks to a stand-in as no client of ours does: it sends and reads JSON.
type bare struct {
	t     *testing.T
	ms    *graphtest.Server
	token string
}

func newBare(t *testing.T, unprepared bool) *bare {
	t.Helper()
	now := start
	b := &bare{t: t, ms: graphtest.New(graphtest.Options{
		NoPartnerServicePrincipal: unprepared,
		PartnerTenant:             partner, ClientID: clientID, ClientSecret: secret, PIM: true,
		Permissions: append([]string{
			"Group.ReadWrite.All", "AuditLog.Read.All", "Mail.Send", "Mail.ReadBasic.All", "AdministrativeUnit.ReadWrite.All", "Application.ReadWrite.All",
			"PrivilegedAssignmentSchedule.ReadWrite.AzureADGroup", "CrossTenantInformation.ReadBasic.All", "Policy.Read.All",
		}, usual...),
		Now: func() time.Time { now = now.Add(3 * time.Second); return now }, // reports are limited
		Due: func() time.Time { return start },
	})}
	b.ms.Serve("https://graph.test")
	b.ms.AddUser(graphtest.User{ID: ana, DisplayName: "Ana", UPN: "ana@partner.test", Mail: "ana@partner.test", DirectoryRoles: []string{helpdesk}})
	b.ms.AddUser(graphtest.User{ID: bo, DisplayName: "Bo", UPN: "bo@partner.test", Guest: true})
	b.ms.AddGroup(graphtest.Group{ID: decodeGroup, DisplayName: "G", MailNickname: "g", Description: "D", Owners: []string{bo}, Members: []string{bo}})
	b.ms.AddRelationship(graphtest.Relationship{
		ID: relA, DisplayName: "A", CustomerTenant: contoso, CustomerName: "Contoso", Roles: []string{exchange, globalAdmin},
	})
	b.ms.AddRelationship(graphtest.Relationship{
		ID: relB, DisplayName: "B", Status: "created", Roles: []string{exchange}, IndirectProvider: fabrikam, PartnerConsentPending: true,
	})
	b.ms.AddRelationship(graphtest.Relationship{ID: relF, DisplayName: "F", CustomerTenant: contoso, CustomerName: "Contoso", Roles: []string{exchange}})
	b.ms.AddCrossTenant(graphtest.CrossTenant{Tenant: partner, Partner: fabrikam, ServiceProvider: true})
	b.ms.AddContract(graphtest.Contract{CustomerTenant: contoso, DisplayName: "Contoso", DefaultDomain: "contoso.test"})
	b.ms.AddSignIn(graphtest.SignIn{User: ana, AppID: clientID, App: "Portal", Error: 53003, FailureReason: "Blocked", Resource: "Graph"})

	form := url.Values{
		"grant_type": {"client_credentials"}, "client_id": {clientID}, "client_secret": {secret}, "scope": {"https://graph.microsoft.com/.default"},
	}
	r := httptest.NewRequestWithContext(t.Context(), "POST", "https://graph.test/"+partner+"/oauth2/v2.0/token", strings.NewReader(form.Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	var answer struct {
		Token string `json:"access_token"`
	}
	if err := json.Unmarshal(b.send(r).Body.Bytes(), &answer); err != nil || answer.Token == "" {
		t.Fatalf("no token: %v", err)
	}
	b.token = answer.Token
	return b
}

func (b *bare) send(r *http.Request) *httptest.ResponseRecorder {
	rec := httptest.NewRecorder()
	b.ms.ServeHTTP(rec, r)
	return rec
}

// do makes a call and returns the body of its answer.
func (b *bare) do(status int, method, path, body string) []byte {
	b.t.Helper()
	path = strings.ReplaceAll(path, " ", "%20")
	r := httptest.NewRequestWithContext(b.t.Context(), method, "https://graph.test/v1.0"+path, strings.NewReader(body))
	r.Header.Set("Authorization", "Bearer "+b.token)
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("If-Match", "*")
	r.Header.Set("Prefer", "include-unknown-enum-members")
	rec := b.send(r)
	if rec.Code != status {
		b.t.Fatalf("%s %s = %d %s, want %d", method, path, rec.Code, rec.Body, status)
	}
	return rec.Body.Bytes()
}

// entities are the answer itself or, of a collection, its elements.
func entities(t *testing.T, raw []byte) []json.RawMessage {
	t.Helper()
	var list struct {
		Value *[]json.RawMessage `json:"value"`
	}
	if err := json.Unmarshal(raw, &list); err != nil {
		t.Fatal(err)
	}
	if list.Value == nil {
		return []json.RawMessage{raw}
	}
	return *list.Value
}

// parse decodes one entity as Microsoft's client does, and fails the test when
// it has a property that the client's model does not know.
func parse(t *testing.T, factory serialization.ParsableFactory, raw []byte) serialization.Parsable {
	t.Helper()
	node, err := kjson.NewJsonParseNodeFactory().GetRootParseNode("application/json", raw)
	if err != nil {
		t.Fatal(err)
	}
	v, err := node.GetObjectValue(factory)
	if err != nil {
		t.Fatalf("decode %s: %v", raw, err)
	}
	holder, ok := v.(serialization.AdditionalDataHolder)
	if !ok {
		t.Fatalf("%T has no additional data", v)
	}
	for name := range holder.GetAdditionalData() {
		// The metadata of v1.0 gives a sign-in these; the client's model lags.
		late := name == "homeTenantId" || name == "resourceTenantId"
		if !strings.HasPrefix(name, "@odata.") && !late {
			t.Errorf("%T does not know %q, which is in %s", v, name, raw)
		}
	}
	return v
}

// is wants a value there and equal. Microsoft's client leaves out, without an
// error, what it cannot read.
func is[T comparable](t *testing.T, what string, got *T, want T) {
	t.Helper()
	if got == nil || *got != want {
		t.Errorf("%s = %v, want %v", what, deref(got), want)
	}
}

func deref[T any](p *T) any {
	if p == nil {
		return nil
	}
	return *p
}

// there wants a value of a kind that has many.
func there[T any](t *testing.T, what string, got *T) {
	t.Helper()
	if got == nil {
		t.Errorf("%s was not read", what)
	}
}

type decodeRow struct {
	call   string // as graphtest.Paths has it
	path   string
	body   string
	status int
	model  serialization.ParsableFactory
	check  func(*testing.T, serialization.Parsable)
}

// TestSDKDecodesEveryAnswer holds that Microsoft's own models read whatever the
// stand-in answers: every property by its name, enumerations and times included.
func TestSDKDecodesEveryAnswer(t *testing.T) {
	seen := map[string]bool{}
	for _, row := range decodeRows() {
		seen[row.call] = true
		t.Run(row.call, func(t *testing.T) {
			unprepared := row.call == "POST /servicePrincipals"
			b, names := newBare(t, unprepared), strings.NewReplacer()
			if !unprepared {
				names = b.prepare()
			}
			method, _, _ := strings.Cut(row.call, " ")
			found := entities(t, b.do(row.status, method, names.Replace(row.path), row.body))
			if len(found) == 0 {
				t.Fatal("nothing to decode")
			}
			for _, raw := range found {
				v := parse(t, row.model, raw)
				if row.check != nil {
					row.check(t, v)
				}
			}
		})
	}
	for _, call := range graphtest.Paths() {
		empty := strings.HasPrefix(call, "DELETE ") || strings.HasSuffix(call, "/$ref") || strings.HasSuffix(call, "/cancel") || strings.HasSuffix(call, "/sendMail")
		other := call == "POST /$batch" || strings.Contains(call, " /partnercenter/") // not in the SDK
		if !seen[call] && !empty && !other {
			t.Errorf("%s has no row", call)
		}
	}
}

// prepare makes something of everything, so that no list is empty.
func (b *bare) prepare() *strings.Replacer {
	b.t.Helper()
	id := func(raw []byte, name string) string {
		var v map[string]any
		if err := json.Unmarshal(raw, &v); err != nil {
			b.t.Fatal(err)
		}
		s, _ := v[name].(string)
		return s
	}
	first := func(path string) string { return id(entities(b.t, b.do(200, "GET", path, ""))[0], "id") }

	b.do(202, "POST", "/users/"+ana+"/sendMail", `{"message":{"subject":"S","body":{"contentType":"text","content":"B"},"toRecipients":[{"emailAddress":{"address":"pat@contoso.test"}}]}}`)
	request := id(b.do(201, "POST", decodeRels+"/"+relB+"/requests", `{"action":"reject"}`), "id")
	b.do(202, "PATCH", decodeRels+"/"+relA, `{"accessDetails":{"unifiedRoles":[{"roleDefinitionId":"`+exchange+`"}]}}`)
	assignment := id(b.do(201, "POST", decodeRels+"/"+relA+"/accessAssignments", assignBody), "id")
	asked := b.do(201, "POST", decodePIM+"/assignmentScheduleRequests", assignPIM(ana))
	unit := id(b.do(201, "POST", "/directory/administrativeUnits", `{"displayName":"U","isMemberManagementRestricted":true}`), "id")
	b.do(204, "POST", "/directory/administrativeUnits/"+unit+"/members/$ref", `{"@odata.id":"https://graph.test/v1.0/users/`+ana+`"}`)
	b.ms.SetGroupsAdministrator(unit)
	return strings.NewReplacer("{request}", request, "{assignment}", assignment, "{pim}", id(asked, "id"),
		"{schedule}", id(asked, "targetScheduleId"), "{unit}", unit,
		"{operation}", first(decodeRels+"/"+relA+"/operations"),
		"{audit}", first("/auditLogs/directoryAudits?$top=1"), "{signin}", first("/auditLogs/signIns?$top=1"))
}

const assignBody = `{"accessContainer":{"accessContainerId":"` + decodeGroup + `","accessContainerType":"securityGroup"},` +
	`"accessDetails":{"unifiedRoles":[{"roleDefinitionId":"` + exchange + `"}]}}`

func assignPIM(user string) string {
	return `{"accessId":"member","principalId":"` + user + `","groupId":"` + decodeGroup + `","action":"adminAssign","justification":"J",` +
		`"scheduleInfo":{"expiration":{"type":"afterDuration","duration":"PT2H"}},"ticketInfo":{"ticketNumber":"1","ticketSystem":"L"}}`
}

// TestSDKDecodesErrors holds the same of a refusal.
func TestSDKDecodesErrors(t *testing.T) {
	b := newBare(t, false)
	raw := b.do(404, "GET", "/groups/x", "")
	e, ok := parse(t, odataerrors.CreateODataErrorFromDiscriminatorValue, raw).(*odataerrors.ODataError)
	if !ok || e.GetErrorEscaped() == nil || e.GetErrorEscaped().GetInnerError() == nil {
		t.Fatalf("decoded %v", e)
	}
	is(t, "code", e.GetErrorEscaped().GetCode(), "Request_ResourceNotFound")
	there(t, "message", e.GetErrorEscaped().GetMessage())
	there(t, "request id", e.GetErrorEscaped().GetInnerError().GetRequestId())
	there(t, "date", e.GetErrorEscaped().GetInnerError().GetDate())
}

// TestSDKDecodesBatch holds it of an answer inside a batch.
func TestSDKDecodesBatch(t *testing.T) {
	b := newBare(t, false)
	var out struct {
		Responses []struct {
			ID     string
			Status int
			Body   json.RawMessage
		}
	}
	if err := json.Unmarshal(b.do(200, "POST", "/$batch", `{"requests":[{"id":"1","method":"GET","url":"/groups/`+decodeGroup+`"}]}`), &out); err != nil {
		t.Fatal(err)
	}
	g, ok := parse(t, models.CreateGroupFromDiscriminatorValue, out.Responses[0].Body).(*models.Group)
	if !ok || out.Responses[0].Status != 200 {
		t.Fatalf("responses %v", out.Responses)
	}
	is(t, "displayName", g.GetDisplayName(), "G")
}
