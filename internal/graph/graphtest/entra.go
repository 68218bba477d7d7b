package graphtest

import (
	"maps"
	"net/http"
	"net/url"
	"path"
	"strings"
	"time"
)

const (
	tokenLife       = 3599 * time.Second
	maxTokenRequest = 64 << 10
	graphScope      = "https://graph.microsoft.com/.default"
	assertionType   = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
)

func (s *Server) entraMux() *http.ServeMux {
	mux := http.NewServeMux()
	served := map[string]http.HandlerFunc{
		"POST /{tenant}/oauth2/v2.0/token":                    s.token,
		"GET /{tenant}/v2.0/.well-known/openid-configuration": s.openIDConfiguration,
		"GET /{tenant}/discovery/v2.0/keys":                   s.keys,
		"GET /common/discovery/instance":                      s.instanceDiscovery,
		"GET /oidc/userinfo":                                  s.userInfo,
		"GET /{tenant}/oauth2/v2.0/authorize":                 s.page(s.authorize),
		"GET /{tenant}/adminconsent":                          s.page(s.adminConsent),
		"GET /{tenant}/oauth2/v2.0/logout":                    s.page(s.logout),
		"POST /{tenant}/login":                                s.page(s.pick),
		"POST /{tenant}/consent":                              s.page(s.consent),
		"GET /standin/style.css":                              s.page(s.style),
	}
	maps.Copy(served, s.adminRoutes())
	maps.Copy(served, s.centerHandlers())
	for pattern, serve := range served {
		mux.HandleFunc(pattern, func(w http.ResponseWriter, r *http.Request) {
			s.count(pattern)
			serve(w, r)
		})
	}
	return mux
}

func (s *Server) serveEntra(w http.ResponseWriter, r *http.Request) {
	escaped := r.URL.EscapedPath()
	if path.Clean(escaped) == escaped {
		if _, pattern := s.entra.Handler(r); pattern != "" {
			s.entra.ServeHTTP(w, r)
			return
		}
	}
	s.writeError(w, r, nowhere())
}

func tokenEndpoint(base, authority string) string {
	return base + "/" + authority + "/oauth2/v2.0/token"
}

// token is the token endpoint, as the fault plan wants it.
func (s *Server) token(w http.ResponseWriter, r *http.Request) {
	r.Body = http.MaxBytesReader(w, r.Body, maxTokenRequest)
	s.tokenUnderFault(w, r, s.grant)
}

func (s *Server) grant(w http.ResponseWriter, r *http.Request) {
	answer, refusal := s.granting(r)
	if refusal != nil {
		s.refuseToken(w, r, refusal)
		return
	}
	requestIDs(w, r)
	w.Header().Set("Cache-Control", "no-store, no-cache")
	w.Header().Set("Pragma", "no-cache")
	writeJSON(w, http.StatusOK, "application/json; charset=utf-8", answer)
}

func (s *Server) granting(r *http.Request) (object, *tokenError) {
	if r.ParseForm() != nil {
		return nil, errForm
	}
	form := r.PostForm
	for _, values := range form {
		if len(values) > 1 {
			return nil, errMalformed
		}
	}
	authority, refusal := s.authority(r)
	if refusal != nil {
		return nil, refusal
	}
	grant, ok := grants[form.Get("grant_type")]
	if !ok {
		return nil, errGrant
	}
	basicProof(r, form)
	app, ok := s.application(form.Get("client_id"))
	if !ok {
		return nil, errClient
	}
	q := tokenRequest{app: app, form: form, authority: authority, base: s.baseFor(r)}
	if grant.scoped && !validScope(form.Get("scope"), q.base) {
		return nil, errScope
	}
	if refusal := s.checkProof(q); refusal != nil {
		return nil, refusal
	}
	return grant.give(s, q)
}

// tokenRequest is a request of the token endpoint by an application, which has
// proved who it is.
type tokenRequest struct {
	app             application
	form            url.Values
	authority, base string
}

// grants are the kinds of grant. A scoped one wants its scope checked before
// the client's proof, as Entra does.
var grants = map[string]struct {
	scoped bool
	give   func(*Server, tokenRequest) (object, *tokenError)
}{
	"client_credentials": {true, (*Server).grantToClient},
	"authorization_code": {false, (*Server).grantForCode},
	"refresh_token":      {false, (*Server).grantForRefresh},
}

// basicProof moves a proof in the Authorization header to where the others are.
func basicProof(r *http.Request, form url.Values) {
	id, secret, ok := r.BasicAuth()
	if !ok || form.Has("client_secret") || form.Has("client_assertion") {
		return
	}
	if name, err := url.QueryUnescape(id); err == nil && !form.Has("client_id") {
		form.Set("client_id", name)
	}
	if word, err := url.QueryUnescape(secret); err == nil {
		form.Set("client_secret", word)
	}
}

// checkProof wants the application's secret or an assertion that it made.
func (s *Server) checkProof(q tokenRequest) *tokenError {
	if q.form.Has("client_assertion") {
		if q.form.Get("client_assertion_type") != assertionType {
			return errAssertion
		}
		return s.checkAssertion(q.app, q.form.Get("client_assertion"), tokenEndpoint(q.base, q.authority))
	}
	if !q.form.Has("client_secret") {
		return errNoProof
	}
	if !q.app.hasSecret(q.form.Get("client_secret")) {
		return errSecret
	}
	return nil
}

// grantToClient is a token for the application itself, in a tenant that has let
// it in.
func (s *Server) grantToClient(q tokenRequest) (object, *tokenError) {
	if sharedAuthority(q.authority) {
		return nil, errNoTenant
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.letIn(q.authority, q.app.ClientID) {
		return nil, errClient
	}
	audience, _, _ := audienceOf(strings.Fields(q.form.Get("scope")), q.base)
	b := bearer{client: q.app.ClientID, tenant: q.authority, audience: audience}
	if audience == audienceGraph {
		return tokenAnswer(s.issueAs(s.appToken(q), b)), nil
	}
	return tokenAnswer(s.issue(b)), nil
}

func tokenAnswer(token string) object {
	return object{
		"token_type":     "Bearer",
		"expires_in":     int(tokenLife / time.Second),
		"ext_expires_in": int(tokenLife / time.Second),
		"access_token":   token,
	}
}

// validScope wants the default scope of one resource exactly once. The scopes
// of OpenID Connect, which client libraries add to every request, change
// nothing.
func validScope(scope, base string) bool {
	found := 0
	for _, one := range strings.Fields(scope) {
		switch {
		case isIdentityScope(one):
		case strings.HasSuffix(one, "/.default") && resourceOf(one, base) != "":
			found++
		default:
			return false
		}
	}
	return found == 1
}

// issue makes a token and forgets those that have expired. The lock is held.
func (s *Server) issue(b bearer) string { return s.issueAs(newSecret(), b) }

func (s *Server) issueAs(token string, b bearer) string {
	now := s.opt.Now()
	for old, other := range s.tokens {
		if !now.Before(other.expires) {
			delete(s.tokens, old)
		}
	}
	b.expires = now.Add(tokenLife)
	s.tokens[token] = b
	return token
}

// bearerOf is what the request's token stands for, if it was issued here and has
// not expired.
func (s *Server) bearerOf(r *http.Request) (bearer, bool) {
	scheme, token, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	now := s.opt.Now()
	s.mu.Lock()
	defer s.mu.Unlock()
	b, ok := s.tokens[token]
	return b, ok && same(scheme, "Bearer") && now.Before(b.expires)
}

// authenticate wants a token of an application for Graph. What a person may do
// there is not part of this stand-in.
func (s *Server) authenticate(r *http.Request) (bearer, error) {
	if r.Header.Get("Authorization") == "" {
		return bearer{}, fail(http.StatusUnauthorized, "InvalidAuthenticationToken", "The access token is missing.")
	}
	b, ok := s.bearerOf(r)
	switch {
	case !ok:
		return b, fail(http.StatusUnauthorized, "InvalidAuthenticationToken", "The access token has expired or is not valid.")
	case b.audience != audienceGraph:
		return b, fail(http.StatusUnauthorized, "InvalidAuthenticationToken", "Access token validation failure. Invalid audience.")
	case b.person != "":
		return b, privileges()
	}
	return b, nil
}

// authorizeCall wants an application that may make the call: in the tenant that the
// token is for, which of most calls must be the partner's.
func (s *Server) authorizeCall(b bearer, rt route) error {
	app, ok := s.application(b.client)
	if !ok || rt.in != anyTenant && !(app.main && same(b.tenant, s.opt.PartnerTenant)) {
		return privileges()
	}
	if !app.allows(rt.needs) && !(rt.in == inScope && len(s.rights.Load().units) > 0) {
		return denied("The application lacks a permission that this call needs.")
	}
	return nil
}

func privileges() error { return denied("Insufficient privileges to complete the operation.") }
