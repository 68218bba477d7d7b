package graphtest

import (
	"net/http"
	"net/url"
)

// openIDConfiguration is what client libraries read to find the endpoints.
func (s *Server) openIDConfiguration(w http.ResponseWriter, r *http.Request) {
	if !same(r.PathValue("tenant"), s.opt.PartnerTenant) {
		s.refuseToken(w, r, errTenant)
		return
	}
	base := s.baseFor(r)
	tenant := base + "/" + s.opt.PartnerTenant
	writeJSON(w, http.StatusOK, "application/json; charset=utf-8", object{
		"issuer":                                tenant + "/v2.0",
		"token_endpoint":                        s.tokenEndpoint(base),
		"authorization_endpoint":                tenant + "/oauth2/v2.0/authorize",
		"jwks_uri":                              tenant + "/discovery/v2.0/keys",
		"token_endpoint_auth_methods_supported": []string{"client_secret_post", "private_key_jwt"},
		"response_types_supported":              []string{"code", "id_token"},
		"subject_types_supported":               []string{"pairwise"},
		"id_token_signing_alg_values_supported": []string{"RS256"},
		"scopes_supported":                      []string{"openid", "profile", "email", "offline_access"},
	})
}

// keys is empty: access tokens are opaque here and nothing else is signed.
func (s *Server) keys(w http.ResponseWriter, r *http.Request) {
	if !same(r.PathValue("tenant"), s.opt.PartnerTenant) {
		s.refuseToken(w, r, errTenant)
		return
	}
	writeJSON(w, http.StatusOK, "application/json; charset=utf-8", object{"keys": []object{}})
}

// instanceDiscovery vouches for this host and no other.
func (s *Server) instanceDiscovery(w http.ResponseWriter, r *http.Request) {
	base := s.baseFor(r)
	host := base
	if u, err := url.Parse(base); err == nil {
		host = u.Host
	}
	writeJSON(w, http.StatusOK, "application/json; charset=utf-8", object{
		"tenant_discovery_endpoint": base + "/" + s.opt.PartnerTenant + "/v2.0/.well-known/openid-configuration",
		"api-version":               "1.1",
		"metadata": []object{{
			"preferred_network": host,
			"preferred_cache":   host,
			"aliases":           []string{host},
		}},
	})
}
