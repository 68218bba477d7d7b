package graphtest

import (
	"crypto/rand"
	"crypto/subtle"
	"encoding/base64"
	"fmt"
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

// tokenError is a refusal in the form of the token endpoint.
type tokenError struct {
	status  int
	name    string
	number  int
	message string
}

var (
	errTenant      = &tokenError{400, "invalid_request", 90002, "The tenant was not found."}
	errForm        = &tokenError{400, "invalid_request", 900144, "The request body cannot be read as a form."}
	errGrant       = &tokenError{400, "unsupported_grant_type", 70003, "Only the client_credentials grant is supported."}
	errClient      = &tokenError{400, "unauthorized_client", 700016, "The application was not found in the tenant."}
	errScope       = &tokenError{400, "invalid_scope", 70011, "The scope is not valid for this grant."}
	errSecret      = &tokenError{401, "invalid_client", 7000215, "The client secret is not the right one."}
	errNoProof     = &tokenError{401, "invalid_client", 7000218, "The request has neither client_secret nor client_assertion."}
	errAssertion   = &tokenError{401, "invalid_client", 50027, "The client assertion is malformed or not meant for this endpoint."}
	errAssertTime  = &tokenError{401, "invalid_client", 700024, "The client assertion is not within its time of validity."}
	errAssertProof = &tokenError{401, "invalid_client", 700027, "The client assertion is not signed by the registered certificate."}
)

func (s *Server) entraMux() *http.ServeMux {
	mux := http.NewServeMux()
	for pattern, serve := range map[string]http.HandlerFunc{
		"POST /{tenant}/oauth2/v2.0/token":                    s.token,
		"GET /{tenant}/v2.0/.well-known/openid-configuration": s.openIDConfiguration,
		"GET /{tenant}/discovery/v2.0/keys":                   s.keys,
		"GET /common/discovery/instance":                      s.instanceDiscovery,
	} {
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

func (s *Server) tokenEndpoint(base string) string {
	return base + "/" + s.opt.PartnerTenant + "/oauth2/v2.0/token"
}

func (s *Server) token(w http.ResponseWriter, r *http.Request) {
	r.Body = http.MaxBytesReader(w, r.Body, maxTokenRequest)
	if err := r.ParseForm(); err != nil {
		s.refuseToken(w, r, errForm)
		return
	}
	if refusal := s.checkTokenRequest(r); refusal != nil {
		s.refuseToken(w, r, refusal)
		return
	}
	requestIDs(w, r)
	w.Header().Set("Cache-Control", "no-store, no-cache")
	w.Header().Set("Pragma", "no-cache")
	writeJSON(w, http.StatusOK, "application/json; charset=utf-8", object{
		"token_type":     "Bearer",
		"expires_in":     int(tokenLife / time.Second),
		"ext_expires_in": int(tokenLife / time.Second),
		"access_token":   s.issue(),
	})
}

func (s *Server) checkTokenRequest(r *http.Request) *tokenError {
	base := s.baseFor(r)
	form := r.PostForm
	switch {
	case !same(r.PathValue("tenant"), s.opt.PartnerTenant):
		return errTenant
	case form.Get("grant_type") != "client_credentials":
		return errGrant
	case s.opt.ClientID == "" || !same(form.Get("client_id"), s.opt.ClientID):
		return errClient
	case !validScope(form.Get("scope"), base):
		return errScope
	}
	return s.checkProof(form, base)
}

// checkProof wants the client's secret or an assertion that it made.
func (s *Server) checkProof(form url.Values, base string) *tokenError {
	if form.Has("client_assertion") {
		if form.Get("client_assertion_type") != assertionType {
			return errAssertion
		}
		return s.checkAssertion(form.Get("client_assertion"), s.tokenEndpoint(base))
	}
	if !form.Has("client_secret") {
		return errNoProof
	}
	given, want := []byte(form.Get("client_secret")), []byte(s.opt.ClientSecret)
	if len(want) == 0 || subtle.ConstantTimeCompare(given, want) != 1 {
		return errSecret
	}
	return nil
}

// validScope wants Graph's default scope exactly once. The scopes of OpenID
// Connect, which client libraries add to every request, change nothing.
func validScope(scope, base string) bool {
	found := 0
	for _, one := range strings.Fields(scope) {
		switch {
		case one == graphScope || one == base+"/.default":
			found++
		case one == "openid" || one == "profile" || one == "offline_access":
		default:
			return false
		}
	}
	return found == 1
}

// issue makes a token and forgets those that have expired.
func (s *Server) issue() string {
	var b [32]byte
	rand.Read(b[:]) // never fails
	token := base64.RawURLEncoding.EncodeToString(b[:])
	now := s.opt.Now()
	s.mu.Lock()
	defer s.mu.Unlock()
	for old, expires := range s.tokens {
		if !now.Before(expires) {
			delete(s.tokens, old)
		}
	}
	s.tokens[token] = now.Add(tokenLife)
	return token
}

// authenticate wants a token that was issued here and has not expired.
func (s *Server) authenticate(r *http.Request) error {
	scheme, token, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	if !same(scheme, "Bearer") || token == "" {
		return fail(http.StatusUnauthorized, "InvalidAuthenticationToken", "The access token is missing.")
	}
	now := s.opt.Now()
	s.mu.Lock()
	defer s.mu.Unlock()
	if expires, ok := s.tokens[token]; !ok || !now.Before(expires) {
		return fail(http.StatusUnauthorized, "InvalidAuthenticationToken", "The access token has expired or is not valid.")
	}
	return nil
}

func (s *Server) refuseToken(w http.ResponseWriter, r *http.Request, e *tokenError) {
	trace, correlation := requestIDs(w, r)
	at := s.opt.Now().UTC().Format("2006-01-02 15:04:05Z")
	writeJSON(w, e.status, "application/json; charset=utf-8", object{
		"error": e.name,
		"error_description": fmt.Sprintf("AADSTS%d: %s Trace ID: %s Correlation ID: %s Timestamp: %s",
			e.number, e.message, trace, correlation, at),
		"error_codes":    []int{e.number},
		"timestamp":      at,
		"trace_id":       trace,
		"correlation_id": correlation,
	})
}
