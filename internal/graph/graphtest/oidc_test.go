package graphtest_test

import (
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"

	"latchkey/internal/graph/graphtest"
)

type claims struct {
	Tid, Oid, Name, Email, Nonce, Ver string
	Preferred                         string `json:"preferred_username"`
	Wids                              []string
	Acct                              *int
	Iat, Nbf, Exp                     int64
}

// TestSignInWithOutsideClient goes the whole way with two libraries that know
// nothing of the stand-in.
func TestSignInWithOutsideClient(t *testing.T) {
	t.Parallel()
	e := newEstate(t, func(o *graphtest.Options) { o.OptionalClaims = []string{"acct"} })
	provider, config := e.config(partner)
	verifier := provider.Verifier(&oidc.Config{ClientID: client, Now: func() time.Time { return e.now }})
	subjects := map[string]bool{}
	for _, row := range []struct {
		upn, oid, name, email string
		acct                  int
		wid                   string
	}{
		{"ana@partner.test", ana, "Ana Trujillo", "ana@partner.test", 0, helpdesk},
		{"bo@partner.test", bo, "Bo <b>", "", 1, "10dae51f-b6af-4016-8d66-8c2a99b929b3"},
	} {
		t.Run(row.upn, func(t *testing.T) {
			pkce := oauth2.GenerateVerifier()
			address := config.AuthCodeURL("state&1", oidc.Nonce("n-1"), oauth2.S256ChallengeOption(pkce))
			if !strings.HasPrefix(address, e.pages.URL+"/"+partner+"/") {
				t.Fatalf("authorization endpoint %q is not on %s", address, e.pages.URL)
			}
			sent := e.browser().signIn(address, row.upn)
			code := sent.code(t)
			if got := sent.sent.Query().Get("state"); got != "state&1" || !strings.HasPrefix(sent.sent.String(), callback+"?") {
				t.Errorf("sent to %s, state %q", sent.sent, got)
			}
			token, err := config.Exchange(e.context(), code, oauth2.VerifierOption(pkce))
			if err != nil {
				t.Fatal(err)
			}
			raw, _ := token.Extra("id_token").(string)
			id, err := verifier.Verify(e.context(), raw)
			if err != nil {
				t.Fatal(err)
			}
			var c claims
			if err := id.Claims(&c); err != nil {
				t.Fatal(err)
			}
			if c.Tid != partner || c.Oid != row.oid || c.Name != row.name || c.Preferred != row.upn || c.Email != row.email || c.Nonce != "n-1" || c.Ver != "2.0" {
				t.Errorf("claims = %+v", c)
			}
			if c.Acct == nil || *c.Acct != row.acct || !slices.Contains(c.Wids, row.wid) {
				t.Errorf("acct %v, wids %v; want %d and %s", c.Acct, c.Wids, row.acct, row.wid)
			}
			if c.Iat != e.now.Unix() || c.Nbf != c.Iat || c.Exp != e.now.Add(time.Hour).Unix() {
				t.Errorf("iat %d nbf %d exp %d", c.Iat, c.Nbf, c.Exp)
			}
			if id.Subject == row.oid || subjects[id.Subject] {
				t.Errorf("subject %q is not pairwise", id.Subject)
			}
			subjects[id.Subject] = true
			info, err := provider.UserInfo(e.context(), config.TokenSource(e.context(), token))
			if err != nil || info.Subject != id.Subject {
				t.Errorf("UserInfo = %v, %v", info, err)
			}
		})
	}
}

func TestRefresh(t *testing.T) {
	t.Parallel()
	e := newEstate(t, nil)
	provider, config := e.config(partner)
	token, err := config.Exchange(e.context(), e.browser().signIn(config.AuthCodeURL("s"), "ana@partner.test").code(t))
	if err != nil {
		t.Fatal(err)
	}
	token.Expiry = time.Now().Add(-time.Hour) // oauth2 goes by the real clock
	again, err := config.TokenSource(e.context(), token).Token()
	if err != nil {
		t.Fatal(err)
	}
	raw, _ := again.Extra("id_token").(string)
	verifier := provider.Verifier(&oidc.Config{ClientID: client, Now: func() time.Time { return e.now }})
	if _, err := verifier.Verify(e.context(), raw); err != nil {
		t.Errorf("id token of the refresh: %v", err)
	}
	if again.AccessToken == token.AccessToken || again.RefreshToken == "" {
		t.Errorf("refresh gave %+v", again)
	}
	form := url.Values{"grant_type": {"refresh_token"}, "client_id": {client}, "client_secret": {secret}, "refresh_token": {again.RefreshToken}}
	with := func(name, value string) url.Values {
		out := url.Values{}
		for k, v := range form {
			out[k] = v
		}
		out.Set(name, value)
		return out
	}
	for _, row := range []struct {
		name, authority string
		form            url.Values
		want            float64
	}{
		{"Again", partner, form, 0},
		{"ForPartnerCenter", "organizations", with("scope", "https://api.partnercenter.microsoft.com/user_impersonation"), 0},
		{"TwoResources", partner, with("scope", "https://api.partnercenter.microsoft.com/.default User.Read"), 28000},
		{"UnknownResource", partner, with("scope", "https://vault.test/.default"), 70011},
		{"MadeUp", partner, with("refresh_token", "x"), 9002313},
		{"OtherTenant", contoso, form, 50020},
		{"NoSecret", partner, with("client_secret", "guess"), 7000215},
	} {
		t.Run(row.name, func(t *testing.T) {
			if a := e.tokens(row.authority, row.form); number(a) != row.want {
				t.Errorf("= %d %v, want AADSTS %v", a.status, a.body, row.want)
			}
		})
	}
	e.now = e.now.AddDate(0, 0, 91)
	if a := e.tokens(partner, form); number(a) != 700082 {
		t.Errorf("after 91 days = %v", a.body)
	}
}

func TestCodeRefusals(t *testing.T) {
	t.Parallel()
	e := newEstate(t, nil)
	_, config := e.config(partner)
	b := e.browser()
	pkce := oauth2.GenerateVerifier()
	b.signIn(config.AuthCodeURL("s"), "ana@partner.test")
	for _, row := range []struct {
		name, authority string
		change          map[string]string
		wait            time.Duration
		want            float64
	}{
		{"Good", partner, nil, 10*time.Minute - time.Second, 0},
		{"OrganizationsAuthority", "organizations", nil, 0, 0},
		{"ByDomain", "partner.test", nil, 0, 90002},
		{"Expired", partner, nil, 10 * time.Minute, 70008},
		{"WrongVerifier", partner, map[string]string{"code_verifier": oauth2.GenerateVerifier()}, 0, 501481},
		{"NoVerifier", partner, map[string]string{"code_verifier": ""}, 0, 501481},
		{"OtherRedirect", partner, map[string]string{"redirect_uri": "https://app.test/other"}, 0, 500112},
		{"OtherTenant", contoso, nil, 0, 700005},
		{"MadeUpCode", partner, map[string]string{"code": "x"}, 0, 9002313},
		{"NoCode", partner, map[string]string{"code": ""}, 0, 900144},
		{"WrongSecret", partner, map[string]string{"client_secret": "guess"}, 0, 7000215},
		{"NoProof", partner, map[string]string{"client_secret": ""}, 0, 7000218},
		{"OtherClient", partner, map[string]string{"client_id": contoso}, 0, 700016},
	} {
		t.Run(row.name, func(t *testing.T) {
			began := e.now
			code := b.get(config.AuthCodeURL("s", oauth2.S256ChallengeOption(pkce))).code(t)
			e.now = e.now.Add(row.wait)
			form := url.Values{
				"grant_type": {"authorization_code"}, "client_id": {client}, "client_secret": {secret},
				"code": {code}, "redirect_uri": {callback}, "code_verifier": {pkce},
			}
			for name, value := range row.change {
				if form.Set(name, value); value == "" {
					form.Del(name)
				}
			}
			a := e.tokens(row.authority, form)
			if number(a) != row.want || (row.want == 0) != (a.status == 200) {
				t.Errorf("= %d %v, want AADSTS %v", a.status, a.body, row.want)
			}
			if row.want == 0 {
				if a := e.tokens(row.authority, form); number(a) != 54005 {
					t.Errorf("redeemed again = %v", a.body)
				}
			}
			e.now = began
		})
	}
}

func TestSharedAuthority(t *testing.T) {
	t.Parallel()
	e := newEstate(t, nil)
	e.s.Consent(contoso, client)
	for _, authority := range []string{"organizations", "common"} {
		config := e.call("GET", "/"+authority+"/v2.0/.well-known/openid-configuration", "", "")
		if got, want := config.text("issuer"), e.app.URL+"/{tenantid}/v2.0"; got != want {
			t.Errorf("issuer of %s = %q, want %q", authority, got, want)
		}
		app := &oauth2.Config{ClientID: client, ClientSecret: secret, RedirectURL: callback, Scopes: []string{"openid"}, Endpoint: oauth2.Endpoint{
			AuthURL: config.text("authorization_endpoint"), TokenURL: config.text("token_endpoint"),
		}}
		token, err := app.Exchange(e.context(), e.browser().signIn(app.AuthCodeURL("s"), "carol@contoso.test").code(t))
		if err != nil {
			t.Fatal(err)
		}
		raw, _ := token.Extra("id_token").(string)
		keys := oidc.NewRemoteKeySet(e.context(), config.text("jwks_uri"))
		verifier := oidc.NewVerifier(e.app.URL+"/"+contoso+"/v2.0", keys, &oidc.Config{ClientID: client, Now: func() time.Time { return e.now }})
		if _, err := verifier.Verify(e.context(), raw); err != nil {
			t.Errorf("%s: %v", authority, err)
		}
		if token.RefreshToken != "" {
			t.Error("a refresh token without offline_access")
		}
	}
}

func TestClientCredentialsInCustomers(t *testing.T) {
	t.Parallel()
	e := newEstate(t, nil)
	form := tokenForm(nil)
	if a := e.tokens(contoso, form); number(a) != 700016 {
		t.Errorf("without consent = %v", a.body)
	}
	e.s.Consent(contoso, client)
	a := e.tokens(contoso, form)
	if a.status != 200 {
		t.Fatalf("with consent = %v", a.body)
	}
	if got := e.call("GET", "/v1.0/groups", a.text("access_token"), ""); got.status != 403 {
		t.Errorf("a customer's token on the partner's Graph = %d, want 403", got.status)
	}
	e.s.RevokeConsent(contoso, client)
	if a := e.tokens(contoso, form); number(a) != 700016 {
		t.Errorf("after the consent was revoked = %v", a.body)
	}
	if a := e.tokens("common", form); number(a) != 900023 {
		t.Errorf("common = %v", a.body)
	}
}
