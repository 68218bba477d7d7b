package graphtest_test

import (
	"context"
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"
	"time"

	"latchkey/internal/graph/graphtest"
)

func TestTokenRefusals(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	for _, row := range []struct {
		name   string
		change map[string]string
		status int
		err    string
		number int
	}{
		{"WrongSecret", map[string]string{"client_secret": "guess"}, 401, "invalid_client", 7000215},
		{"NoSecret", map[string]string{"client_secret": ""}, 401, "invalid_client", 7000218},
		{"OtherClient", map[string]string{"client_id": contoso}, 400, "unauthorized_client", 700016},
		{"OtherScope", map[string]string{"scope": "https://vault.test/.default"}, 400, "invalid_scope", 70011},
		{"NoScope", map[string]string{"scope": ""}, 400, "invalid_scope", 70011},
		{"OtherGrant", map[string]string{"grant_type": "password"}, 400, "unsupported_grant_type", 70003},
		{"MalformedAssertion", map[string]string{"client_assertion": "x", "client_assertion_type": "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"}, 401, "invalid_client", 50027},
		{"AssertionOfOtherType", map[string]string{"client_assertion": "x", "client_assertion_type": "saml"}, 401, "invalid_client", 50027},
	} {
		t.Run(row.name, func(t *testing.T) {
			a := w.tokenCall(tokenForm(row.change))
			if a.status != row.status || a.text("error") != row.err {
				t.Errorf("got %d %q, want %d %q", a.status, a.text("error"), row.status, row.err)
			}
			if want := "AADSTS" + strconv.Itoa(row.number) + ":"; !strings.HasPrefix(a.text("error_description"), want) {
				t.Errorf("description = %q, want prefix %q", a.text("error_description"), want)
			}
			for _, given := range []string{"guess", secret} {
				if strings.Contains(a.text("error_description"), given) {
					t.Errorf("description repeats the secret")
				}
			}
		})
	}
	if a := w.tokenCall(tokenForm(map[string]string{"scope": base + "/.default"})); a.status != 200 || a.body["expires_in"] != 3599.0 {
		t.Errorf("scope of the server itself: %d %v", a.status, a.body)
	}
}

func TestNoSecretConfigured(t *testing.T) {
	t.Parallel()
	s := graphtest.New(graphtest.Options{PartnerTenant: partner, ClientID: client})
	r := httptest.NewRequestWithContext(t.Context(), "POST", "/"+partner+"/oauth2/v2.0/token",
		strings.NewReader("grant_type=client_credentials&client_id="+client+"&client_secret=&scope=https://graph.microsoft.com/.default"))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	rec := httptest.NewRecorder()
	s.ServeHTTP(rec, r)
	if rec.Code != 401 {
		t.Errorf("empty secret against none = %d, want 401", rec.Code)
	}
}

func TestTokenLife(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	w.due = w.due.AddDate(1, 0, 0) // the world's clock does not age tokens
	w.want(200, "GET", "/groups", "")
	w.now = w.now.Add(3598 * time.Second)
	w.want(200, "GET", "/groups", "")
	w.now = w.now.Add(time.Second)
	a := w.want(401, "GET", "/groups", "")
	if a.code() != "InvalidAuthenticationToken" || a.header.Get("WWW-Authenticate") == "" {
		t.Errorf("expired: code %q, WWW-Authenticate %q", a.code(), a.header.Get("WWW-Authenticate"))
	}
	for name, header := range map[string]string{"Missing": "", "Unknown": "Bearer nonsense", "Basic": "Basic " + w.token} {
		if a := w.do("GET", "/groups", "", "Authorization", header); a.status != 401 {
			t.Errorf("%s token = %d, want 401", name, a.status)
		}
	}
	if a := w.do("GET", "/no/such/thing", "", "Authorization", ""); a.status != 401 {
		t.Errorf("unknown path without a token = %d, want 401", a.status)
	}
	w.token = w.newToken()
	w.want(200, "GET", "/groups", "")
}

func TestDiscovery(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	a := w.want(200, "GET", base+"/"+strings.ToUpper(partner)+"/v2.0/.well-known/openid-configuration", "")
	if got, want := a.text("token_endpoint"), base+"/"+partner+"/oauth2/v2.0/token"; got != want {
		t.Errorf("token_endpoint = %q, want %q", got, want)
	}
	for _, name := range []string{"issuer", "authorization_endpoint", "jwks_uri"} {
		if !strings.HasPrefix(a.text(name), base+"/"+partner+"/") {
			t.Errorf("%s = %q, want it on %s", name, a.text(name), base)
		}
	}
	w.want(200, "GET", a.text("jwks_uri"), "")
	if a := w.want(400, "GET", base+"/"+contoso+"/v2.0/.well-known/openid-configuration", ""); a.text("error") != "invalid_request" {
		t.Errorf("other tenant: %v", a.body)
	}
	a = w.want(200, "GET", base+"/common/discovery/instance?api-version=1.1", "")
	w.want(200, "GET", a.text("tenant_discovery_endpoint"), "")
}

type signer func(alg string, claims map[string]any) string

func newSigner(t *testing.T) (*x509.Certificate, signer) {
	t.Helper()
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	sign := func(alg string, claims map[string]any) string {
		part := func(v any) string {
			raw, err := json.Marshal(v)
			if err != nil {
				t.Fatal(err)
			}
			return base64.RawURLEncoding.EncodeToString(raw)
		}
		head := part(map[string]any{"alg": alg, "typ": "JWT"}) + "." + part(claims)
		digest := sha256.Sum256([]byte(head))
		signature, err := rsa.SignPKCS1v15(rand.Reader, key, crypto.SHA256, digest[:])
		if alg == "PS256" {
			signature, err = rsa.SignPSS(rand.Reader, key, crypto.SHA256, digest[:], nil)
		}
		if err != nil {
			t.Fatal(err)
		}
		return head + "." + base64.RawURLEncoding.EncodeToString(signature)
	}
	return &x509.Certificate{PublicKey: &key.PublicKey}, sign
}

const (
	cluster = "https://cluster.test"
	account = "system:serviceaccount:bots:access"
)

// own are the claims of the application about itself, changed by pairs.
func own(change ...any) map[string]any {
	claims := map[string]any{
		"aud": base + "/" + partner + "/oauth2/v2.0/token", "iss": client, "sub": client,
		"nbf": start.Unix(), "exp": start.Add(10 * time.Minute).Unix(),
	}
	for i := 0; i < len(change); i += 2 {
		claims[change[i].(string)] = change[i+1]
	}
	return claims
}

// others are those of the platform that vouches for it.
func others(change ...any) map[string]any {
	return own(append([]any{"aud", "api://AzureADTokenExchange", "iss", cluster, "sub", account}, change...)...)
}

// TestClientAssertion holds that an assertion proves nothing unless its
// signature is checked.
func TestClientAssertion(t *testing.T) {
	t.Parallel()
	certificate, sign := newSigner(t)
	platform, vouch := newSigner(t)
	_, stranger := newSigner(t)
	trust := &graphtest.Federation{Issuer: cluster, Subject: account, Key: platform.PublicKey.(*rsa.PublicKey)}
	registered := newWorld(t, func(o *graphtest.Options) { o.Certificate = certificate })
	federated := newWorld(t, func(o *graphtest.Options) { o.Federation = trust })
	none := newWorld(t, nil)
	late, early := start.Add(-6*time.Minute).Unix(), start.Add(6*time.Minute).Unix()
	for _, row := range []struct {
		name      string
		assertion string
		// The number of the refusal, 0 for none, where there is a certificate, a
		// federation, and neither.
		registered, federated, none float64
	}{
		{"PS256", sign("PS256", own()), 0, 700027, 700027},
		{"RS256", sign("RS256", own()), 0, 700027, 700027},
		{"Stranger", stranger("PS256", own()), 700027, 700027, 700027},
		{"AlgNone", sign("none", own()), 700027, 700027, 700027},
		{"Unsigned", unsigned(sign("RS256", own())), 700027, 700027, 700027},
		{"AlgHS256", sign("HS256", own()), 700027, 700027, 700027},
		{"OtherAudience", sign("PS256", own("aud", "https://elsewhere.test")), 50027, 50027, 50027},
		{"OtherIssuer", sign("PS256", own("iss", contoso)), 50027, 700211, 50027},
		{"OtherSubject", sign("PS256", own("sub", contoso)), 50027, 50027, 50027},
		{"Expired", sign("PS256", own("exp", late)), 700024, 700024, 700024},
		{"NotYet", sign("PS256", own("nbf", early)), 700024, 700024, 700024},
		{"Platform", vouch("RS256", others()), 50027, 0, 50027},
		{"PlatformStranger", stranger("RS256", others()), 50027, 50013, 50027},
		{"PlatformAlgNone", vouch("none", others()), 700027, 700027, 700027},
		{"PlatformUnsigned", unsigned(vouch("RS256", others())), 50027, 50013, 50027},
		{"PlatformAudience", vouch("RS256", others("aud", base)), 50027, 700212, 50027},
		{"PlatformSubject", vouch("RS256", others("sub", "system:serviceaccount:x:y")), 50027, 700213, 50027},
		{"PlatformIssuer", vouch("RS256", others("iss", "https://cluster2.test")), 50027, 700211, 50027},
		{"PlatformExpired", vouch("RS256", others("exp", late)), 50027, 700024, 50027},
	} {
		t.Run(row.name, func(t *testing.T) {
			form := tokenForm(map[string]string{
				"client_secret": "", "client_assertion": row.assertion,
				"client_assertion_type": "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
			})
			for name, c := range map[string]struct {
				w    *world
				want float64
			}{"registered": {registered, row.registered}, "federated": {federated, row.federated}, "none": {none, row.none}} {
				a := c.w.tokenCall(form)
				if got := number(a); got != c.want || (c.want == 0) != (a.status == 200) {
					t.Errorf("%s: %d, code %v, want %v", name, a.status, got, c.want)
				}
			}
		})
	}
}

// unsigned is the token without its signature.
func unsigned(token string) string { return token[:strings.LastIndex(token, ".")+1] }

func TestWait(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	before := w.s.Version()
	got := make(chan uint64, 1)
	go func() {
		v, err := w.s.Wait(context.WithoutCancel(t.Context()), before)
		if err != nil {
			t.Errorf("Wait: %v", err)
		}
		got <- v
	}()
	w.s.AddMember(groupID, ana)
	if v := <-got; v <= before {
		t.Errorf("Wait = %d, want more than %d", v, before)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := w.s.Wait(ctx, w.s.Version()); err == nil {
		t.Error("Wait with a cancelled context returned no error")
	}
}
