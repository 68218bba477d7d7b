package graphtest_test

import (
	"encoding/base64"
	"net/url"
	"slices"
	"strings"
	"testing"

	"latchkey/internal/graph/graphtest"
)

const (
	readerID     = "22222222-0000-4000-8000-000000000009"
	readerSecret = "reader-s3cret"
	consented    = "https://reader.test/consented"
	scopeGraph   = "https://graph.microsoft.com/.default"
)

func withReader(change func(*graphtest.Application)) func(*graphtest.Options) {
	return func(o *graphtest.Options) {
		o.Reader = graphtest.Application{
			ClientID: readerID, Name: "Access reader", ClientSecret: readerSecret,
			Permissions: []string{"Policy.Read.All"}, RedirectURIs: []string{consented},
		}
		if change != nil {
			change(&o.Reader)
		}
	}
}

func (e *estate) readerToken(tenant string) answer {
	return e.tokens(tenant, url.Values{
		"grant_type": {"client_credentials"}, "client_id": {readerID}, "client_secret": {readerSecret}, "scope": {scopeGraph},
	})
}

func adminConsent(tenant, redirect string) string {
	q := url.Values{"client_id": {readerID}, "state": {"s1"}}
	if redirect != "" {
		q.Set("redirect_uri", redirect)
	}
	return "/" + tenant + "/adminconsent?" + q.Encode()
}

// TestAdminConsentLetsIn has an administrator let the reader into a tenant by
// its link, and holds that the tenant, and no other, is open to it from then on.
func TestAdminConsentLetsIn(t *testing.T) {
	e := newEstate(t, withReader(nil))
	if a := e.readerToken(contoso); a.status != 400 || number(a) != 700016 {
		t.Fatalf("before: %d %v, want AADSTS700016", a.status, a.body)
	}
	b := e.browser()
	asked := b.signIn(adminConsent(contoso, consented), "carol@contoso.test")
	for _, want := range []string{"Access reader", "Contoso", "Policy.Read.All"} {
		if !strings.Contains(asked.body, want) {
			t.Errorf("the page lacks %q: %s", want, asked.body)
		}
	}
	if e.readerToken(contoso).status != 400 {
		t.Error("asking let it in")
	}
	said := b.post("/"+contoso+"/consent", url.Values{"flow": {asked.field("flow")}, "answer": {"accept"}})
	if said.sent == nil || said.sent.Scheme+"://"+said.sent.Host+said.sent.Path != consented {
		t.Fatalf("sent to %v, want %s", said.sent, consented)
	}
	if q := said.sent.Query(); q.Get("admin_consent") != "True" || q.Get("tenant") != contoso || q.Get("state") != "s1" || q.Has("code") {
		t.Errorf("told %v", q)
	}
	if a := e.readerToken(contoso); a.status != 200 {
		t.Errorf("after: %d %v, want a token", a.status, a.body)
	}
	if a := e.readerToken(fabrikam); a.status != 400 || number(a) != 700016 {
		t.Errorf("another tenant: %d %v, want AADSTS700016", a.status, a.body)
	}
	e.s.RevokeConsent(contoso, readerID)
	if a := e.readerToken(contoso); number(a) != 700016 {
		t.Errorf("revoked: %v, want AADSTS700016", a.body)
	}
}

func TestAdminConsentRefusals(t *testing.T) {
	for _, row := range []struct {
		name, path, upn, answer, want string
	}{
		{"NoAdministrator", adminConsent(contoso, consented), "oskar@contoso.test", "", "AADSTS65001"},
		{"AnotherTenant", adminConsent(contoso, consented), "lena@litware.test", "", "AADSTS50020"},
		{"Blocked", adminConsent(partner, consented), "cal@partner.test", "", "AADSTS53003"},
		{"UnknownAddress", adminConsent(contoso, "https://evil.test/"), "", "", "AADSTS50011"},
		{"UnknownApplication", "/" + contoso + "/adminconsent?client_id=" + unknown, "", "", "AADSTS700016"},
		{"NoApplication", "/" + contoso + "/adminconsent", "", "", "AADSTS900144"},
		{"Twice", adminConsent(contoso, consented) + "&client_id=" + client, "", "", "AADSTS9002313"},
		{"UnknownTenant", adminConsent(unknown, consented), "", "", "AADSTS90002"},
		{"Declined", adminConsent(contoso, consented), "carol@contoso.test", "cancel", "access_denied"},
	} {
		t.Run(row.name, func(t *testing.T) {
			e := newEstate(t, withReader(nil))
			b := e.browser()
			p := b.get(row.path)
			if row.upn != "" {
				p = b.choose(p, row.upn)
			}
			if row.answer != "" {
				p = b.post("/"+contoso+"/consent", url.Values{"flow": {p.field("flow")}, "answer": {row.answer}})
			}
			said := p.body
			if p.sent != nil {
				said = p.sent.String()
			}
			if !strings.Contains(said, row.want) {
				t.Errorf("said %s, want %s", said, row.want)
			}
			if e.readerToken(contoso).status != 400 {
				t.Error("it is in all the same")
			}
		})
	}
}

// TestAdminConsentWithoutAddress holds that a decision counts although there is
// nowhere to go back to.
func TestAdminConsentWithoutAddress(t *testing.T) {
	e := newEstate(t, withReader(func(a *graphtest.Application) { a.RedirectURIs = nil }))
	b := e.browser()
	asked := b.signIn(adminConsent(contoso, ""), "carol@contoso.test")
	said := b.post("/"+contoso+"/consent", url.Values{"flow": {asked.field("flow")}, "answer": {"accept"}})
	if said.status != 400 || !strings.Contains(said.body, "AADSTS500113") {
		t.Errorf("said %d %s, want AADSTS500113", said.status, said.body)
	}
	if a := e.readerToken(contoso); a.status != 200 {
		t.Errorf("token: %d %v", a.status, a.body)
	}
}

// TestReaderReads holds what the reader may read where it has been let in: the
// policy of that tenant, and nothing of the partner's.
func TestReaderReads(t *testing.T) {
	e := newEstate(t, withReader(nil))
	e.s.Consent(contoso, readerID)
	e.s.AddRelationship(graphtest.Relationship{CustomerTenant: contoso, CustomerName: "Contoso", Roles: []string{helpdesk}})
	e.s.AddCrossTenant(graphtest.CrossTenant{Tenant: contoso, Partner: unknown, ServiceProvider: true})
	e.s.AddCrossTenant(graphtest.CrossTenant{Tenant: contoso, Partner: fabrikam})
	e.s.AddCrossTenant(graphtest.CrossTenant{Tenant: fabrikam, Partner: contoso, ServiceProvider: true})
	token := e.readerToken(contoso).text("access_token")

	a := e.call("GET", "/v1.0"+crossList, token, "")
	var got []string
	for _, v := range a.values() {
		provider, _ := v["isServiceProvider"].(bool)
		id, _ := v["tenantId"].(string)
		got = append(got, id+map[bool]string{true: " provider"}[provider])
	}
	want := []string{partner + " provider", unknown + " provider", fabrikam}
	if a.status != 200 || !slices.Equal(got, want) {
		t.Errorf("partners = %d %v, want %v", a.status, got, want)
	}
	if a := e.call("GET", "/v1.0"+crossList+"/"+unknown, token, ""); a.status != 200 || a.text("tenantId") != unknown {
		t.Errorf("one partner = %d %v", a.status, a.body)
	}
	if a := e.call("GET", "/v1.0/groups", token, ""); a.status != 403 {
		t.Errorf("the partner's groups = %d, want 403", a.status)
	}
	main := e.tokens(partner, url.Values{"grant_type": {"client_credentials"}, "client_id": {client}, "client_secret": {secret}, "scope": {scopeGraph}})
	if a := e.call("GET", "/v1.0"+crossList, main.text("access_token"), ""); a.status != 403 {
		t.Errorf("without Policy.Read.All = %d, want 403", a.status)
	}
	if a := e.tokens(contoso, url.Values{"grant_type": {"client_credentials"}, "client_id": {readerID}, "client_secret": {secret}, "scope": {scopeGraph}}); number(a) != 7000215 {
		t.Errorf("with the other application's secret: %v, want AADSTS7000215", a.body)
	}
	if a := e.tokens(contoso, url.Values{"grant_type": {"authorization_code"}, "client_id": {readerID}, "client_secret": {readerSecret}, "code": {"x"}}); number(a) != 9002313 {
		t.Errorf("a made-up sign-in of the reader: %v, want AADSTS9002313", a.body)
	}
}

// TestSignInToTheReader has a customer's person, who administers nothing, say who they
// are: they agree for themselves, and that opens their tenant to nothing.
func TestSignInToTheReader(t *testing.T) {
	e := newEstate(t, withReader(nil))
	asked := func(scope string) string {
		return "/organizations/oauth2/v2.0/authorize?" + url.Values{
			"client_id": {readerID}, "redirect_uri": {consented}, "response_type": {"code"}, "scope": {scope}, "state": {"s1"},
		}.Encode()
	}
	if p := e.browser().signIn(asked("openid https://graph.microsoft.com/Directory.Read.All"), "oskar@contoso.test"); p.sent != nil || !strings.Contains(p.body, "65001") {
		t.Errorf("more than who somebody is: %d %v, want AADSTS65001", p.status, p.sent)
	}
	b := e.browser()
	p := b.signIn(asked("openid profile"), "oskar@contoso.test")
	if p = b.post("/organizations/consent", url.Values{"flow": {p.field("flow")}, "answer": {"accept"}}); p.sent == nil {
		t.Fatalf("after the consent: %d %s", p.status, p.body)
	}
	redeem := func(id, word, code string) answer {
		return e.tokens("organizations", url.Values{
			"grant_type": {"authorization_code"}, "client_id": {id}, "client_secret": {word}, "code": {code}, "redirect_uri": {consented},
		})
	}
	if a := redeem(client, secret, p.code(t)); number(a) != 9002313 {
		t.Errorf("the code of another application: %v, want AADSTS9002313", a.body)
	}
	a := redeem(readerID, readerSecret, p.code(t))
	parts := strings.Split(a.text("id_token"), ".")
	if a.status != 200 || len(parts) != 3 {
		t.Fatalf("the code: %d %v", a.status, a.body)
	}
	raw, err := base64.RawURLEncoding.DecodeString(parts[1])
	if err != nil || !strings.Contains(string(raw), `"aud":"`+readerID+`"`) || !strings.Contains(string(raw), `"tid":"`+contoso+`"`) {
		t.Errorf("the id token: %s, %v", raw, err)
	}
	if a := e.readerToken(contoso); number(a) != 700016 {
		t.Errorf("the reader got into the tenant: %v", a.body)
	}
}
