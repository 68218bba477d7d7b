package graphtest_test

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"latchkey/internal/graph/graphtest"
)

const (
	partner   = "11111111-1111-4111-8111-111111111111"
	client    = "22222222-2222-4222-8222-222222222222"
	secret    = "correct-horse"
	base      = "https://graph.test"
	contoso   = "c0000000-0000-4000-8000-000000000001"
	fabrikam  = "c0000000-0000-4000-8000-000000000002"
	relID     = "aaaaaaaa-0000-4000-8000-000000000001-bbbbbbbb-0000-4000-8000-000000000001"
	goneRel   = "aaaaaaaa-0000-4000-8000-00000000dead-bbbbbbbb-0000-4000-8000-00000000dead"
	exchange  = "29232cdf-9323-42fd-ade2-1d097af3e4de"
	helpdesk  = "729827e3-9c14-49f7-bb1b-9608f156bbb8"
	globalAdm = "62e90394-69f5-4237-9190-012177145e10"
	ana       = "e0000000-0000-4000-8000-00000000000a"
	bo        = "e0000000-0000-4000-8000-00000000000b"
	groupID   = "90000000-0000-4000-8000-000000000001"
	otherID   = "90000000-0000-4000-8000-000000000002"

	relationships = "/tenantRelationships/delegatedAdminRelationships"
	one           = relationships + "/" + relID
	assignments   = one + "/accessAssignments"
	members       = "/groups/" + groupID + "/members"
)

var start = time.Date(2026, 3, 1, 9, 0, 0, 0, time.UTC)

// usual is what a well-configured client has.
var usual = []string{
	"DelegatedAdminRelationship.ReadWrite.All", "Directory.Read.All", "GroupMember.ReadWrite.All",
	"Group.Create", "User.ReadBasic.All", "CrossTenantInformation.ReadBasic.All",
}

// world is a server with a little directory and a client that has a token.
type world struct {
	t     *testing.T
	s     *graphtest.Server
	now   time.Time // tokens
	due   time.Time // everything else
	token string
}

func newWorld(t *testing.T, change func(*graphtest.Options)) *world {
	t.Helper()
	w := &world{t: t, now: start, due: start}
	opt := graphtest.Options{
		PartnerTenant: partner, ClientID: client, ClientSecret: secret, Permissions: usual,
		Now: func() time.Time { return w.now },
		Due: func() time.Time { return w.due },
	}
	if change != nil {
		change(&opt)
	}
	w.s = graphtest.New(opt)
	w.s.Serve(base)
	w.s.AddUser(graphtest.User{ID: ana, DisplayName: "Ana", UPN: "ana@partner.test", Mail: "ana@partner.test"})
	w.s.AddUser(graphtest.User{ID: bo, DisplayName: "Bo", UPN: "bo@partner.test", Guest: true, Disabled: true})
	w.s.AddGroup(graphtest.Group{ID: groupID, DisplayName: "Contoso exchange", MailNickname: "lk-contoso-1"})
	w.s.AddGroup(graphtest.Group{ID: otherID, DisplayName: "AdminAgents", MailNickname: "adminagents", Owners: []string{bo}, Members: []string{ana}})
	w.s.AddRelationship(graphtest.Relationship{
		ID: relID, DisplayName: "Contoso 1", CustomerTenant: contoso, CustomerName: "Contoso",
		Roles: []string{exchange, helpdesk}, Duration: "P30D",
	})
	w.s.AddContract(graphtest.Contract{CustomerTenant: contoso, DisplayName: "Contoso", DefaultDomain: "contoso.test"})
	w.token = w.newToken()
	return w
}

func (w *world) newToken() string {
	w.t.Helper()
	a := w.tokenCall(tokenForm(nil))
	token, _ := a.body["access_token"].(string)
	if a.status != http.StatusOK || token == "" {
		w.t.Fatalf("token: %d %v", a.status, a.body)
	}
	return token
}

func tokenForm(change map[string]string) url.Values {
	form := url.Values{
		"grant_type": {"client_credentials"}, "client_id": {client}, "client_secret": {secret},
		"scope": {"https://graph.microsoft.com/.default openid offline_access profile"},
	}
	for name, value := range change {
		if form.Set(name, value); value == "" {
			form.Del(name)
		}
	}
	return form
}

func (w *world) tokenCall(form url.Values) answer {
	w.t.Helper()
	r := httptest.NewRequestWithContext(w.t.Context(), "POST", base+"/"+partner+"/oauth2/v2.0/token", strings.NewReader(form.Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	return w.send(r)
}

type answer struct {
	status int
	header http.Header
	body   map[string]any
}

// do makes a Graph call. The headers come in pairs; an empty value removes one.
func (w *world) do(method, path, body string, headers ...string) answer {
	w.t.Helper()
	var in io.Reader
	if body != "" {
		in = strings.NewReader(body)
	}
	if !strings.HasPrefix(path, base) {
		path = base + "/v1.0" + strings.ReplaceAll(path, " ", "%20")
	}
	r := httptest.NewRequestWithContext(w.t.Context(), method, path, in)
	r.Header.Set("Authorization", "Bearer "+w.token)
	r.Header.Set("Content-Type", "application/json")
	for i := 0; i < len(headers); i += 2 {
		if r.Header.Set(headers[i], headers[i+1]); headers[i+1] == "" {
			r.Header.Del(headers[i])
		}
	}
	return w.send(r)
}

func (w *world) send(r *http.Request) answer {
	w.t.Helper()
	rec := httptest.NewRecorder()
	w.s.ServeHTTP(rec, r)
	a := answer{status: rec.Code, header: rec.Header()}
	if rec.Body.Len() > 0 {
		if err := json.Unmarshal(rec.Body.Bytes(), &a.body); err != nil {
			w.t.Fatalf("%s %s: answer is not JSON: %v", r.Method, r.URL, err)
		}
	}
	return a
}

// want makes the call and fails the test unless it has the status.
func (w *world) want(status int, method, path, body string, headers ...string) answer {
	w.t.Helper()
	a := w.do(method, path, body, headers...)
	if a.status != status {
		w.t.Fatalf("%s %s = %d %v, want %d", method, path, a.status, a.body, status)
	}
	return a
}

func (a answer) text(name string) string {
	s, _ := a.body[name].(string)
	return s
}

func (a answer) code() string    { return a.errorField("code") }
func (a answer) message() string { return a.errorField("message") }

func (a answer) errorField(name string) string {
	e, _ := a.body["error"].(map[string]any)
	s, _ := e[name].(string)
	return s
}

func (a answer) values() []map[string]any {
	var out []map[string]any
	list, _ := a.body["value"].([]any)
	for _, v := range list {
		m, _ := v.(map[string]any)
		out = append(out, m)
	}
	return out
}

// column is one property of every value, joined by spaces.
func (a answer) column(name string) string {
	var out []string
	for _, v := range a.values() {
		s, _ := v[name].(string)
		out = append(out, s)
	}
	return strings.Join(out, " ")
}

func roles(ids ...string) string {
	var out []string
	for _, id := range ids {
		out = append(out, `{"roleDefinitionId":"`+id+`"}`)
	}
	return `"accessDetails":{"unifiedRoles":[` + strings.Join(out, ",") + `]}`
}
