package web_test

import (
	"context"
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"html"
	"io"
	"log/slog"
	"math/big"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"latchkey/internal/access"
	"latchkey/internal/web"
)

const (
	tenant = "8c1fbe4e-6a0f-4d0f-9a55-2f1c5e7d9a10"
	client = "4d8f2a36-1b7c-4f55-8d63-a9e0c7b21f04"
	secret = "0123456789abcdef0123456789abcdef"
	dee    = "dee00000-5b1e-4c52-9d57-000000000003"
)

// microsoft signs in whoever is wanted. It is told what to say.
type microsoft struct {
	*httptest.Server
	key *rsa.PrivateKey

	mu       sync.Mutex
	claims   map[string]any            // over the usual ones
	amr      []string                  // of the access token
	form     url.Values                // of the last redemption
	ask      url.Values                // of the last sign-in
	fail     bool                      // redeem nothing
	instead  func(nonce string) string // of the usual answer to a redemption; may be nil
	verifier bool                      // the verifier was the challenge's
}

func newMicrosoft(t testing.TB) *microsoft {
	t.Helper()
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	m := &microsoft{key: key, amr: []string{"pwd", "mfa"}}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /"+tenant+"/v2.0/.well-known/openid-configuration", func(w http.ResponseWriter, _ *http.Request) {
		m.json(w, map[string]any{
			"issuer": m.URL + "/" + tenant + "/v2.0", "authorization_endpoint": m.URL + "/authorize", "token_endpoint": m.URL + "/token",
			"jwks_uri": m.URL + "/keys", "id_token_signing_alg_values_supported": []string{"RS256"},
		})
	})
	mux.HandleFunc("GET /organizations/v2.0/.well-known/openid-configuration", func(w http.ResponseWriter, _ *http.Request) {
		m.json(w, map[string]any{
			"issuer": m.URL + "/{tenantid}/v2.0", "authorization_endpoint": m.URL + "/authorize", "token_endpoint": m.URL + "/token",
			"jwks_uri": m.URL + "/keys", "id_token_signing_alg_values_supported": []string{"RS256"},
		})
	})
	mux.HandleFunc("GET /keys", func(w http.ResponseWriter, _ *http.Request) {
		m.json(w, map[string]any{"keys": []any{map[string]string{
			"kty": "RSA", "use": "sig", "alg": "RS256", "kid": "k",
			"n": encode(key.N.Bytes()), "e": encode(big.NewInt(int64(key.E)).Bytes()),
		}}})
	})
	mux.HandleFunc("POST /token", m.token)
	m.Server = httptest.NewServer(mux)
	t.Cleanup(m.Close)
	return m
}

func encode(b []byte) string { return base64.RawURLEncoding.EncodeToString(b) }

func (m *microsoft) json(w http.ResponseWriter, v any) {
	w.Header().Set("Content-Type", "application/json")
	json.NewEncoder(w).Encode(v) //nolint:errcheck // the client has gone
}

// usual are the claims of Dee, who has signed in.
func (m *microsoft) usual(nonce string) map[string]any {
	now := time.Now()
	return map[string]any{
		"iss": m.URL + "/" + tenant + "/v2.0", "aud": client, "tid": tenant, "oid": dee, "sub": "s", "nonce": nonce,
		"iat": now.Unix(), "exp": now.Add(time.Hour).Unix(), "preferred_username": "dee@fabrikam.example",
	}
}

func (m *microsoft) sign(claims map[string]any) string {
	body, err := json.Marshal(claims)
	if err != nil {
		panic(err)
	}
	return m.signed(body)
}

func (m *microsoft) signed(body []byte) string {
	head := encode([]byte(`{"alg":"RS256","kid":"k","typ":"JWT"}`)) + "." + encode(body)
	digest := sha256.Sum256([]byte(head))
	signature, err := rsa.SignPKCS1v15(rand.Reader, m.key, crypto.SHA256, digest[:])
	if err != nil {
		panic(err)
	}
	return head + "." + encode(signature)
}

func (m *microsoft) token(w http.ResponseWriter, r *http.Request) {
	m.mu.Lock()
	defer m.mu.Unlock()
	r.ParseForm() //nolint:errcheck // an empty one is seen in the test
	m.form = r.PostForm
	digest := sha256.Sum256([]byte(m.form.Get("code_verifier")))
	m.verifier = encode(digest[:]) == m.ask.Get("code_challenge")
	if m.fail {
		w.WriteHeader(http.StatusBadRequest)
		m.json(w, map[string]string{"error": "invalid_grant", "error_description": "planted"})
		return
	}
	if m.instead != nil {
		w.Header().Set("Content-Type", "application/json")
		io.WriteString(w, m.instead(m.ask.Get("nonce"))) //nolint:errcheck // the client has gone
		return
	}
	id := m.usual(m.ask.Get("nonce"))
	for k, v := range m.claims {
		id[k] = v
	}
	m.json(w, map[string]any{
		"token_type": "Bearer", "expires_in": 3600, "id_token": m.sign(id),
		"access_token": m.sign(map[string]any{"oid": id["oid"], "tid": id["tid"], "amr": m.amr}),
	})
}

// acts is what is signed in for.
type acts struct {
	mu    sync.Mutex
	look  error
	did   []access.PrincipalID
	token string
	told  []string // refusals
}

func (a *acts) Look(_ context.Context, s string) (web.Intent, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if s != secret {
		return web.Intent{}, access.Refuse(access.NotFound, "This link is not known.")
	}
	return web.Intent{Title: "Do <it>", Lines: []string{"What & why."}, Account: "dee@fabrikam.example", Button: "Sign in", Scope: "thing/.default"}, a.look
}

func (a *acts) Do(_ context.Context, _ string, who access.PrincipalID, token string) (web.Outcome, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.did, a.token = append(a.did, who), token
	return web.Outcome{Good: true, Title: "Done"}, nil
}

func (a *acts) Refused(_ context.Context, _ string, _ access.PrincipalID, refusal *access.Error) error {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.told = append(a.told, refusal.Message)
	return refusal
}

type stage struct {
	t    *testing.T
	ms   *microsoft
	acts *acts
	srv  *httptest.Server
	log  *strings.Builder
}

func newStage(t *testing.T) *stage {
	s := &stage{t: t, ms: newMicrosoft(t), acts: &acts{}, log: &strings.Builder{}}
	now := time.Now() // it stands still, for what is limited in a time
	var h http.Handler
	s.srv = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { h.ServeHTTP(w, r) }))
	t.Cleanup(s.srv.Close)
	h = web.New(web.Options{
		PublicURL: s.srv.URL, Tenant: tenant, ClientID: client, Authority: s.ms.URL, Acts: s.acts,
		Proof: func(context.Context, string) (url.Values, error) { return url.Values{"client_secret": {"pr00f"}}, nil },
		Log:   slog.New(slog.NewTextHandler(s.log, nil)),
		Now:   func() time.Time { return now }, Browsers: newMemory(),
	}).Handler()
	return s
}

// page is what a browser sees.
type page struct {
	status int
	text   string
	header http.Header
}

func (s *stage) browser() *http.Client {
	jar, err := cookiejar.New(nil)
	if err != nil {
		s.t.Fatal(err)
	}
	return &http.Client{Jar: jar}
}

func (s *stage) call(c *http.Client, method, address string, header ...string) page {
	s.t.Helper()
	if !strings.HasPrefix(address, "http") {
		address = s.srv.URL + address
	}
	r, err := http.NewRequestWithContext(s.t.Context(), method, address, nil)
	if err != nil {
		s.t.Fatal(err)
	}
	for i := 0; i+1 < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	return s.send(c, r)
}

func (s *stage) send(c *http.Client, r *http.Request) page {
	s.t.Helper()
	resp, err := c.Do(r)
	if err != nil {
		s.t.Fatal(err)
	}
	defer resp.Body.Close()
	raw, err := io.ReadAll(resp.Body)
	if err != nil {
		s.t.Fatal(err)
	}
	return page{resp.StatusCode, string(raw), resp.Header}
}

var onward = regexp.MustCompile(`class="go" href="([^"]+)"`)

// begin goes as far as Microsoft and returns the way back.
func (s *stage) begin(c *http.Client) string {
	s.t.Helper()
	p := s.call(c, "POST", "/signin/"+secret, "Sec-Fetch-Site", "same-origin")
	m := onward.FindStringSubmatch(p.text)
	if p.status != 200 || m == nil {
		s.t.Fatalf("begin = %d %s", p.status, p.text)
	}
	u, err := url.Parse(html.UnescapeString(m[1]))
	if err != nil {
		s.t.Fatal(err)
	}
	s.ms.mu.Lock()
	defer s.ms.mu.Unlock()
	s.ms.ask = u.Query()
	return "/signin/callback?code=c0de&state=" + url.QueryEscape(u.Query().Get("state"))
}
