package graphtest_test

import (
	"context"
	"encoding/json"
	"html"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"

	"latchkey/internal/graph/graphtest"
)

const (
	callback  = "https://app.test/callback"
	carolID   = "ca000000-0000-4000-8000-000000000001"
	rexID     = "ca000000-0000-4000-8000-000000000002"
	relAdmin  = "fc8ad4e2-40e4-4724-8317-bcda7503ecbf"
	partnerOf = "partner.test"
)

// estate is a server that is reached both by programs, over TLS, and by a
// browser, over plain http.
type estate struct {
	t        *testing.T
	s        *graphtest.Server
	app      *httptest.Server // TLS
	pages    *httptest.Server
	now, due time.Time
}

func newEstate(t *testing.T, change func(*graphtest.Options)) *estate {
	t.Helper()
	e := &estate{t: t, now: start, due: start}
	opt := graphtest.Options{
		PartnerTenant: partner, PartnerName: "Fabrikam", ClientID: client, ClientSecret: secret, Permissions: usual,
		Now: func() time.Time { return e.now }, Due: func() time.Time { return e.due },
		RedirectURIs: []string{callback}, ClientName: "Access bot",
	}
	if change != nil {
		change(&opt)
	}
	e.s = graphtest.New(opt)
	t.Cleanup(e.s.Close)
	e.app, e.pages = httptest.NewTLSServer(e.s), httptest.NewServer(e.s)
	t.Cleanup(e.app.Close)
	t.Cleanup(e.pages.Close)
	e.s.Serve(e.app.URL)
	e.s.ServeBrowser(e.pages.URL)
	e.s.AddTenant(graphtest.Tenant{ID: contoso, Name: "Contoso", Domain: "contoso.test", DAP: true})
	e.s.AddTenant(graphtest.Tenant{ID: fabrikam, Name: "Litware", Domain: "litware.test"})
	for _, p := range []graphtest.Person{
		{Tenant: partner, ObjectID: ana, Name: "Ana Trujillo", UPN: "ana@partner.test", Mail: "ana@partner.test", DirectoryRoles: []string{helpdesk}},
		{Tenant: partner, ObjectID: bo, Name: "Bo <b>", UPN: "bo@partner.test", Guest: true, NoMFA: true, Unassigned: true},
		{Tenant: partner, Name: "Cal", UPN: "cal@partner.test", BlockedByAccessPolicy: true},
		{Tenant: partner, Name: "Dee", UPN: "dee@partner.test", Disabled: true},
		{Tenant: contoso, ObjectID: carolID, Name: "Carol", UPN: "carol@contoso.test", DirectoryRoles: []string{globalAdm}},
		{Tenant: contoso, ObjectID: rexID, Name: "Rex", UPN: "rex@contoso.test", DirectoryRoles: []string{relAdmin}},
		{Tenant: contoso, Name: "Oskar", UPN: "oskar@contoso.test"},
		{Tenant: fabrikam, Name: "Lena", UPN: "lena@litware.test", DirectoryRoles: []string{globalAdm}},
	} {
		if _, err := e.s.AddPerson(p); err != nil {
			t.Fatal(err)
		}
	}
	return e
}

// context makes go-oidc and oauth2 trust the throw-away certificate.
func (e *estate) context() context.Context {
	return oidc.ClientContext(e.t.Context(), e.app.Client())
}

func (e *estate) config(authority string) (*oidc.Provider, *oauth2.Config) {
	e.t.Helper()
	p, err := oidc.NewProvider(e.context(), e.app.URL+"/"+authority+"/v2.0")
	if err != nil {
		e.t.Fatal(err)
	}
	return p, &oauth2.Config{
		ClientID: client, ClientSecret: secret, Endpoint: p.Endpoint(), RedirectURL: callback,
		Scopes: []string{"openid", "profile", "email", "offline_access"},
	}
}

// browser is somebody's: it keeps cookies and stops before the application.
type browser struct {
	e *estate
	c *http.Client
}

// page is what a browser shows, or where it was sent.
type page struct {
	status int
	header http.Header
	body   string
	sent   *url.URL // redirect out of the stand-in
}

func (e *estate) browser() *browser {
	e.t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		e.t.Fatal(err)
	}
	c := &http.Client{Jar: jar}
	c.CheckRedirect = func(r *http.Request, _ []*http.Request) error {
		if r.URL.Host != strings.TrimPrefix(e.pages.URL, "http://") {
			return http.ErrUseLastResponse
		}
		return nil
	}
	return &browser{e, c}
}

func (b *browser) get(address string) page {
	b.e.t.Helper()
	r, err := http.NewRequestWithContext(b.e.t.Context(), "GET", b.absolute(address), nil)
	if err != nil {
		b.e.t.Fatal(err)
	}
	return b.send(r)
}

func (b *browser) post(address string, form url.Values, headers ...string) page {
	b.e.t.Helper()
	r, err := http.NewRequestWithContext(b.e.t.Context(), "POST", b.absolute(address), strings.NewReader(form.Encode()))
	if err != nil {
		b.e.t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	for i := 0; i < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	return b.send(r)
}

func (b *browser) absolute(address string) string {
	if strings.HasPrefix(address, "/") {
		return b.e.pages.URL + address
	}
	return address
}

func (b *browser) send(r *http.Request) page {
	b.e.t.Helper()
	resp, err := b.c.Do(r)
	if err != nil {
		b.e.t.Fatal(err)
	}
	defer resp.Body.Close()
	raw, err := io.ReadAll(resp.Body)
	if err != nil {
		b.e.t.Fatal(err)
	}
	p := page{status: resp.StatusCode, header: resp.Header, body: string(raw)}
	if resp.StatusCode == http.StatusSeeOther {
		if p.sent, err = resp.Location(); err != nil {
			b.e.t.Fatal(err)
		}
	}
	return p
}

var (
	fieldForm  = regexp.MustCompile(`name="([^"]+)" value="([^"]*)"`)
	actionForm = regexp.MustCompile(`<form method="post" action="([^"]+)"`)
)

// field is the value of the first field of that name on the page.
func (p page) field(name string) string {
	for _, m := range fieldForm.FindAllStringSubmatch(p.body, -1) {
		if m[1] == name {
			return html.UnescapeString(m[2])
		}
	}
	return ""
}

// choose answers the sign-in page with a person's address.
func (b *browser) choose(p page, upn string) page {
	b.e.t.Helper()
	m := ""
	for _, found := range actionForm.FindAllStringSubmatch(p.body, -1) {
		if strings.HasSuffix(found[1], "/login") {
			m = html.UnescapeString(found[1])
		}
	}
	if m == "" {
		b.e.t.Fatalf("no sign-in form on page %d: %s", p.status, p.body)
	}
	return b.post(m, url.Values{"flow": {p.field("flow")}, "upn": {upn}})
}

// signIn opens an address and picks the person.
func (b *browser) signIn(address, upn string) page {
	b.e.t.Helper()
	return b.choose(b.get(address), upn)
}

// code takes the code from where the browser was sent.
func (p page) code(t *testing.T) string {
	t.Helper()
	if p.sent == nil || p.sent.Query().Get("code") == "" {
		t.Fatalf("no code: %d %v %s", p.status, p.sent, p.body)
	}
	return p.sent.Query().Get("code")
}

// call makes a call of a program over TLS.
func (e *estate) call(method, path, token, body string, headers ...string) answer {
	e.t.Helper()
	var in io.Reader
	if body != "" {
		in = strings.NewReader(body)
	}
	r, err := http.NewRequestWithContext(e.t.Context(), method, e.app.URL+path, in)
	if err != nil {
		e.t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/json")
	if token != "" {
		r.Header.Set("Authorization", "Bearer "+token)
	}
	for i := 0; i < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	resp, err := e.app.Client().Do(r)
	if err != nil {
		e.t.Fatal(err)
	}
	defer resp.Body.Close()
	a := answer{status: resp.StatusCode, header: resp.Header}
	if err := json.NewDecoder(resp.Body).Decode(&a.body); err != nil {
		e.t.Fatalf("%s %s = %d, not JSON: %v", method, path, resp.StatusCode, err)
	}
	return a
}

func (e *estate) tokens(authority string, form url.Values) answer {
	e.t.Helper()
	return e.call("POST", "/"+authority+"/oauth2/v2.0/token", "", form.Encode(), "Content-Type", "application/x-www-form-urlencoded")
}

func number(a answer) float64 {
	codes, _ := a.body["error_codes"].([]any)
	if len(codes) != 1 {
		return 0
	}
	n, _ := codes[0].(float64)
	return n
}
