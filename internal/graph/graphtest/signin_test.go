package graphtest_test

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"golang.org/x/oauth2"

	"latchkey/internal/graph/graphtest"
)

// ask is a request of the authorization endpoint, changed; an empty value takes
// a parameter away.
func ask(change ...string) string {
	q := url.Values{
		"client_id": {client}, "redirect_uri": {callback}, "response_type": {"code"}, "scope": {"openid profile"},
		"state": {"s-1"}, "nonce": {"n"},
	}
	for i := 0; i < len(change); i += 2 {
		if q.Set(change[i], change[i+1]); change[i+1] == "" {
			q.Del(change[i])
		}
	}
	return "/" + partner + "/oauth2/v2.0/authorize?" + q.Encode()
}

func TestAuthorizeRefusals(t *testing.T) {
	t.Parallel()
	e := newEstate(t, nil)
	challenge := oauth2.S256ChallengeFromVerifier(oauth2.GenerateVerifier())
	for _, row := range []struct {
		name, address string
		number        string
		sent          string // error sent to the application; none: shown to the person
	}{
		{"UnknownTenant", strings.Replace(ask(), partner, bo, 1), "AADSTS90002:", ""},
		{"UnknownClient", ask("client_id", contoso), "AADSTS700016:", ""},
		{"NoClient", ask("client_id", ""), "AADSTS900144:", ""},
		{"OtherRedirect", ask("redirect_uri", callback+"/x"), "AADSTS50011:", ""},
		{"NoRedirect", ask("redirect_uri", ""), "AADSTS900971:", ""},
		{"TwoRedirects", ask() + "&redirect_uri=https://evil.test", "AADSTS9002313:", ""},
		{"BadQuery", ask() + "&%zz", "AADSTS9002313:", ""},
		{"LongQuery", ask("state", strings.Repeat("s", 17<<10)), "AADSTS9002313:", ""},
		{"NoResponseType", ask("response_type", ""), "AADSTS900144:", "invalid_request"},
		{"Token", ask("response_type", "token"), "AADSTS70005:", "unsupported_response_type"},
		{"Fragment", ask("response_mode", "fragment"), "AADSTS70007:", "invalid_request"},
		{"NoScope", ask("scope", ""), "AADSTS900144:", "invalid_request"},
		{"NotOpenID", ask("scope", "User.Read"), "AADSTS70011:", "invalid_scope"},
		{"Prompt", ask("prompt", "please"), "AADSTS90023:", "invalid_request"},
		{"PlainChallenge", ask("code_challenge", challenge, "code_challenge_method", "plain"), "AADSTS50147:", "invalid_request"},
		{"ChallengeWithoutMethod", ask("code_challenge", challenge), "AADSTS50147:", "invalid_request"},
		{"ShortChallenge", ask("code_challenge", "x", "code_challenge_method", "S256"), "AADSTS501491:", "invalid_request"},
		{"NobodySignedIn", ask("prompt", "none"), "AADSTS50058:", "login_required"},
	} {
		t.Run(row.name, func(t *testing.T) {
			p := e.browser().get(row.address)
			if row.sent == "" {
				if p.status != 400 || !strings.Contains(p.body, row.number) {
					t.Errorf("= %d %s, want a page with %s", p.status, p.body, row.number)
				}
				return
			}
			if p.sent == nil {
				t.Fatalf("= %d %s, want it sent back", p.status, p.body)
			}
			q := p.sent.Query()
			if q.Get("error") != row.sent || q.Get("state") != "s-1" || !strings.HasPrefix(q.Get("error_description"), row.number) {
				t.Errorf("sent %v, want %s %s", q, row.sent, row.number)
			}
		})
	}
}

func TestWhoMaySignIn(t *testing.T) {
	t.Parallel()
	e := newEstate(t, func(o *graphtest.Options) { o.AssignmentRequired = true })
	for _, row := range []struct{ name, upn, number, back string }{
		{"OtherTenant", "carol@contoso.test", "AADSTS50020:", "access_denied"},
		{"NoSuchPerson", "nobody@partner.test", "AADSTS50034:", ""},
		{"Disabled", "dee@partner.test", "AADSTS50057:", "interaction_required"},
		{"AccessPolicy", "cal@partner.test", "AADSTS53003:", "interaction_required"},
		{"Unassigned", "bo@partner.test", "AADSTS50105:", "access_denied"},
	} {
		t.Run(row.name, func(t *testing.T) {
			b := e.browser()
			first := b.get(ask())
			p := b.choose(first, row.upn)
			if p.status != 400 || !strings.Contains(p.body, row.number) {
				t.Errorf("= %d %s, want %s", p.status, p.body, row.number)
			}
			if row.back != "" && !strings.Contains(p.body, callback+"?error="+row.back+"&amp;") {
				t.Errorf("no way back with %s: %s", row.back, p.body)
			}
			// Whom the page has refused cannot come in by another.
			form := url.Values{"flow": {first.field("flow")}, "answer": {"accept"}}
			if p := b.post("/"+partner+"/consent", form); p.sent != nil || !strings.Contains(p.body, "AADSTS50089:") {
				t.Errorf("consent after the refusal = %d to %v, %s", p.status, p.sent, p.body)
			}
			if p := b.get(ask("prompt", "none")); p.sent == nil || p.sent.Query().Get("error") != "login_required" {
				t.Errorf("after it somebody is signed in: %v", p.sent)
			}
		})
	}
}

// TestSignInsAreListed holds that the log has what happened on the page and what
// a test wrote, in that order.
func TestSignInsAreListed(t *testing.T) {
	t.Parallel()
	e := newEstate(t, nil)
	e.browser().signIn(ask(), "dee@partner.test")
	e.browser().signIn(ask(), "ana@partner.test").code(t)
	id := e.s.AddSignIn(graphtest.SignIn{User: bo, App: "Portal", ResourceTenant: contoso})
	log := e.s.SignIns()
	if len(log) != 3 || log[0].Error != 50057 || log[1].User != ana || log[1].Error != 0 || log[2].ID != id || log[2].ResourceTenant != contoso || !log[2].At.Equal(start) {
		t.Errorf("SignIns = %+v", log)
	}
	log[0].User = "x"
	if e.s.SignIns()[0].User == "x" {
		t.Error("what is returned is the log itself")
	}
}

// TestConsentOfTheRefused holds that consent is the answer of who was asked for
// it and may still sign in.
func TestConsentOfTheRefused(t *testing.T) {
	t.Parallel()
	for _, row := range []struct{ name, upn, then, number string }{
		{"DisabledMeanwhile", "carol@contoso.test", "", "AADSTS50057:"},
		{"AnotherPickedMeanwhile", "carol@contoso.test", "oskar@contoso.test", "AADSTS50089:"},
		{"NeverAsked", "oskar@contoso.test", "", "AADSTS50089:"},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			e := newEstate(t, nil)
			b := e.browser()
			first := b.get(strings.Replace(ask(), partner, contoso, 1))
			b.choose(first, row.upn)
			if row.then != "" {
				b.choose(first, row.then)
			} else if _, err := e.s.AddPerson(graphtest.Person{
				Tenant: contoso, ObjectID: carolID, Name: "Carol", UPN: "carol@contoso.test", DirectoryRoles: []string{globalAdm}, Disabled: true,
			}); err != nil {
				t.Fatal(err)
			}
			p := b.post("/"+contoso+"/consent", url.Values{"flow": {first.field("flow")}, "answer": {"accept"}})
			if p.sent != nil || !strings.Contains(p.body, row.number) {
				t.Errorf("= %d to %v, %s, want %s", p.status, p.sent, p.body, row.number)
			}
		})
	}
}

func TestAdminConsent(t *testing.T) {
	t.Parallel()
	e := newEstate(t, nil)
	address := strings.Replace(ask(), partner, contoso, 1)
	if p := e.browser().signIn(address, "oskar@contoso.test"); !strings.Contains(p.body, "AADSTS65001:") {
		t.Errorf("somebody without a role = %d %s", p.status, p.body)
	}
	admin := e.browser()
	p := admin.signIn(address, "carol@contoso.test")
	if p.status != 200 || !strings.Contains(p.body, "Permissions requested") || !strings.Contains(p.body, "Directory.Read.All") {
		t.Fatalf("an administrator = %d %s", p.status, p.body)
	}
	form := url.Values{"flow": {p.field("flow")}, "answer": {"accept"}}
	if p := e.browser().post("/"+contoso+"/consent", form); !strings.Contains(p.body, "AADSTS50089:") {
		t.Errorf("consent from another browser = %d %s", p.status, p.body)
	}
	form.Set("answer", "cancel")
	if p := admin.post("/"+contoso+"/consent", form); p.sent == nil || p.sent.Query().Get("error") != "access_denied" {
		t.Errorf("cancelled = %d %v", p.status, p.sent)
	}
	p = admin.signIn(address, "carol@contoso.test")
	admin.post("/"+contoso+"/consent", url.Values{"flow": {p.field("flow")}, "answer": {"accept"}}).code(t)
	e.browser().signIn(address, "oskar@contoso.test").code(t)
	if a := e.tokens(contoso, tokenForm(nil)); a.status != 200 {
		t.Errorf("the application itself after consent = %v", a.body)
	}
}

func TestSession(t *testing.T) {
	t.Parallel()
	e := newEstate(t, nil)
	b := e.browser()
	b.signIn(ask(), "ana@partner.test").code(t)
	b.get(ask()).code(t)
	b.get(ask("prompt", "none")).code(t)
	b.get(ask("prompt", "none", "login_hint", "ana@partner.test")).code(t)
	for name, change := range map[string][]string{
		"Login": {"prompt", "login"}, "SelectAccount": {"prompt", "select_account"}, "HintAtAnother": {"login_hint", "bo@partner.test"},
	} {
		if p := b.get(ask(change...)); p.status != 200 || !strings.Contains(p.body, "Pick an account") {
			t.Errorf("%s = %d, want the sign-in page", name, p.status)
		}
	}
	for name, address := range map[string]string{
		"HintAtAnother": ask("prompt", "none", "login_hint", "bo@partner.test"),
		"OtherTenant":   strings.Replace(ask("prompt", "none"), partner, contoso, 1),
	} {
		if p := b.get(address); p.sent == nil || p.sent.Query().Get("error") != "login_required" {
			t.Errorf("silently, %s = %v", name, p.sent)
		}
	}
	if p := b.get("/" + partner + "/oauth2/v2.0/logout?post_logout_redirect_uri=https://evil.test"); p.status != 200 || p.sent != nil {
		t.Errorf("sign-out to an unknown address = %d %v", p.status, p.sent)
	}
	if p := b.get("/" + partner + "/oauth2/v2.0/logout?state=x&post_logout_redirect_uri=" + url.QueryEscape(callback)); p.sent == nil || p.sent.String() != callback+"?state=x" {
		t.Errorf("sign-out = %d %v", p.status, p.sent)
	}
	if p := b.get(ask("prompt", "none")); p.sent == nil || p.sent.Query().Get("error") != "login_required" {
		t.Errorf("after sign-out = %v", p.sent)
	}
}

func TestFormPost(t *testing.T) {
	t.Parallel()
	e := newEstate(t, nil)
	p := e.browser().signIn(ask("response_mode", "form_post", "state", `"><script>`), "ana@partner.test")
	if p.status != 200 || p.field("code") == "" || p.field("state") != `"><script>` || !strings.Contains(p.body, `action="`+callback+`"`) {
		t.Errorf("= %d %s", p.status, p.body)
	}
	if !strings.Contains(p.header.Get("Content-Security-Policy"), "script-src 'sha256-") {
		t.Errorf("policy = %s", p.header.Get("Content-Security-Policy"))
	}
}

func TestPagesAreGuarded(t *testing.T) {
	t.Parallel()
	e := newEstate(t, nil)
	b := e.browser()
	p := b.get(ask())
	policy := p.header.Get("Content-Security-Policy")
	for _, want := range []string{"default-src 'none'", "style-src 'self'", "frame-ancestors 'none'", "form-action 'self' https://app.test"} {
		if !strings.Contains(policy, want) {
			t.Errorf("policy %q lacks %q", policy, want)
		}
	}
	if p.header.Get("Cache-Control") != "no-store" || strings.Contains(p.body, "Bo <b>") {
		t.Errorf("Cache-Control %q, page %s", p.header.Get("Cache-Control"), p.body)
	}
	for _, cookie := range p.header.Values("Set-Cookie") {
		if !strings.Contains(cookie, "HttpOnly") || !strings.Contains(cookie, "SameSite=Lax") {
			t.Errorf("cookie %s", cookie)
		}
	}
	form := url.Values{"flow": {p.field("flow")}, "upn": {"ana@partner.test"}}
	if p := e.browser().post("/"+partner+"/login", form); p.status != 400 || !strings.Contains(p.body, "AADSTS50089:") {
		t.Errorf("the form from another browser = %d", p.status)
	}
	for name, header := range map[string][2]string{
		"Site": {"Sec-Fetch-Site", "cross-site"}, "Origin": {"Origin", "https://evil.test"}, "Null": {"Origin", "null"},
	} {
		if p := b.post("/"+partner+"/login", form, header[0], header[1]); p.status != 403 {
			t.Errorf("%s: a form from elsewhere = %d, want 403", name, p.status)
		}
	}
	b.post("/"+partner+"/login", form, "Origin", e.pages.URL, "Sec-Fetch-Site", "same-origin").code(t)
	if p := b.post("/"+partner+"/login", form); p.status != 400 {
		t.Errorf("the form twice = %d, want 400", p.status)
	}
}

func TestPagesAreForThisMachine(t *testing.T) {
	t.Parallel()
	e := newEstate(t, nil)
	for host, want := range map[string]int{
		"127.0.0.1:8080": 200, "localhost": 200, "[::1]:80": 200, "127.8.8.8": 200,
		"graph.test": 421, "127.0.0.1.evil.test": 421, "localhost.evil.test:80": 421, "10.0.0.1": 421, "": 421,
	} {
		for _, path := range []string{ask(), "/admin", "/standin/style.css", "/partnercenter/cert/pcnotifications-dispatch.microsoft.com.cer"} {
			r := httptest.NewRequestWithContext(t.Context(), "GET", path, nil)
			r.Host = host
			rec := httptest.NewRecorder()
			e.s.ServeHTTP(rec, r)
			if rec.Code != want {
				t.Errorf("Host %q, %s = %d, want %d", host, path, rec.Code, want)
			}
		}
	}
}

func TestRedirectAddresses(t *testing.T) {
	t.Parallel()
	e := newEstate(t, nil)
	for uri, ok := range map[string]bool{
		"https://app.test/other": true, "http://127.0.0.1/cb": true, "http://localhost:9/cb": true,
		"http://app.test/cb": false, "https://app.test/#x": false, "/cb": false, "https://u@app.test/": false, "javascript:alert(1)": false,
	} {
		if err := e.s.AddRedirect(uri); (err == nil) != ok {
			t.Errorf("AddRedirect(%q) = %v, want accepted %v", uri, err, ok)
		}
	}
	for uri, ok := range map[string]bool{
		"https://app.test/other": true, "http://127.0.0.1:4711/cb": true, "http://localhost:1/cb": true,
		"http://127.0.0.1:4711/other": false, "https://127.0.0.1/cb": false, "https://app.test:444/other": false,
	} {
		if p := e.browser().get(ask("redirect_uri", uri)); (p.status == http.StatusOK) != ok {
			t.Errorf("redirect to %q = %d, want accepted %v", uri, p.status, ok)
		}
	}
}

func TestFlowEnds(t *testing.T) {
	t.Parallel()
	e := newEstate(t, nil)
	b := e.browser()
	p := b.get(ask())
	e.now = e.now.Add(16 * 60e9)
	if p := b.choose(p, "ana@partner.test"); p.status != 400 || !strings.Contains(p.body, "AADSTS50089:") {
		t.Errorf("after 16 minutes = %d", p.status)
	}
}

// FuzzSignIn holds that whatever is asked of the sign-in page and the token
// endpoint is answered, gives nobody a code or a token who has neither picked a
// person nor proved to be the client, and sends a browser only to the
// application.
func FuzzSignIn(f *testing.F) {
	f.Add(partner, "client_id="+client+"&redirect_uri="+callback+"&response_type=code&scope=openid", "grant_type=authorization_code&code=x")
	f.Add("common", "prompt=none&client_id="+client+"&redirect_uri="+callback+"&response_type=code&scope=openid", "grant_type=refresh_token&refresh_token=x")
	f.Add("organizations", "%zz", "client_assertion=a.b.c&client_assertion_type=urn:ietf:params:oauth:client-assertion-type:jwt-bearer")
	f.Add(contoso, "redirect_uri=https://evil.test", "flow=x&upn=ana@partner.test&answer=accept")
	f.Fuzz(func(t *testing.T, authority, query, body string) {
		s := graphtest.New(graphtest.Options{
			PartnerTenant: partner, ClientID: client, ClientSecret: secret, RedirectURIs: []string{callback},
		})
		defer s.Close()
		s.AddTenant(graphtest.Tenant{ID: contoso, Name: "Contoso"})
		if _, err := s.AddPerson(graphtest.Person{Tenant: partner, ObjectID: ana, Name: "Ana", UPN: "ana@partner.test"}); err != nil {
			t.Fatal(err)
		}
		for _, call := range [][2]string{
			{"GET", "/oauth2/v2.0/authorize"}, {"GET", "/oauth2/v2.0/logout"},
			{"POST", "/oauth2/v2.0/token"}, {"POST", "/login"}, {"POST", "/consent"},
		} {
			u := &url.URL{Scheme: "http", Host: "127.0.0.1", Path: "/" + authority + call[1], RawQuery: query}
			r, err := http.NewRequestWithContext(t.Context(), call[0], u.String(), strings.NewReader(body))
			if err != nil {
				return // not a request
			}
			r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
			rec := httptest.NewRecorder()
			s.ServeHTTP(rec, r)
			if rec.Code >= 500 || strings.Contains(rec.Body.String(), "access_token") && rec.Code == 200 && !strings.Contains(body, secret) {
				t.Errorf("%s %s %q = %d %s", call[0], r.URL, body, rec.Code, rec.Body)
			}
			to := rec.Header().Get("Location")
			if to != "" && !strings.HasPrefix(to, callback) || strings.Contains(to, "code=") && !strings.Contains(query, "code=") {
				t.Errorf("%s %s sends to %q", call[0], r.URL, to)
			}
		}
	})
}
