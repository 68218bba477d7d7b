package graphtest

import (
	"net/http"
	"net/url"
)

// openIDConfiguration is what client libraries read to find the endpoints. The
// issuer of an authority for several tenants is a pattern, as Entra's is.
func (s *Server) openIDConfiguration(w http.ResponseWriter, r *http.Request) {
	authority, refusal := s.authority(r)
	if refusal != nil {
		s.refuseToken(w, r, refusal)
		return
	}
	base, browser := s.baseFor(r), s.browserBase(r)
	issuer := issuerOf(base, authority)
	if sharedAuthority(authority) {
		issuer = issuerOf(base, "{tenantid}")
	}
	writeJSON(w, http.StatusOK, "application/json; charset=utf-8", object{
		"issuer":                                issuer,
		"token_endpoint":                        tokenEndpoint(base, authority),
		"authorization_endpoint":                browser + "/" + authority + "/oauth2/v2.0/authorize",
		"end_session_endpoint":                  browser + "/" + authority + "/oauth2/v2.0/logout",
		"userinfo_endpoint":                     base + "/oidc/userinfo",
		"jwks_uri":                              base + "/" + authority + "/discovery/v2.0/keys",
		"token_endpoint_auth_methods_supported": []string{"client_secret_post", "private_key_jwt", "client_secret_basic"},
		"response_types_supported":              []string{"code"},
		"response_modes_supported":              []string{"query", "form_post"},
		"subject_types_supported":               []string{"pairwise"},
		"id_token_signing_alg_values_supported": []string{"RS256"},
		"scopes_supported":                      []string{"openid", "profile", "email", "offline_access"},
		"claims_supported": []string{
			"sub", "iss", "aud", "exp", "iat", "nonce", "preferred_username", "name", "tid", "ver", "email",
		},
		"http_logout_supported":           true,
		"request_uri_parameter_supported": false,
		"tenant_region_scope":             nil,
	})
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
