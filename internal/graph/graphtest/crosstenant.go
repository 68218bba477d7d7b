package graphtest

import (
	"encoding/json"
	"net/http"
	"slices"
	"strings"
)

// CrossTenant is an entry of a tenant's cross-tenant access policy: another
// organisation for which it has settings of its own. Entra writes one, as a
// service provider's, for each partner with delegated administration.
type CrossTenant struct {
	Tenant, Partner string
	ServiceProvider bool
}

var policyRead = []string{"Policy.Read.All"}

const crossTenantPath = "/policies/crossTenantAccessPolicy/partners"

// tenantRoutes are about the tenant that the token is for.
var tenantRoutes = []route{
	{"GET " + crossTenantPath, policyRead, (*Server).listCrossTenant, anyTenant},
	{"GET " + crossTenantPath + "/{partner}", policyRead, (*Server).getCrossTenant, anyTenant},
}

// AddCrossTenant adds or replaces an entry of a tenant's policy. That of the
// partner whose world this is comes and goes with its relationships.
func (s *Server) AddCrossTenant(c CrossTenant) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.crossTenant.put(personKey(c.Tenant, c.Partner), &c)
	s.bump()
}

// RemoveCrossTenant removes an entry, if there is one.
func (s *Server) RemoveCrossTenant(tenant, partner string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.crossTenant.remove(personKey(tenant, partner))
	s.bump()
}

func init() {
	parts["crossTenant"] = part{
		save: func(s *Server) any {
			return saveAll(s.crossTenant.order, func(c *CrossTenant) CrossTenant { return *c })
		},
		load: func(s *Server, raw json.RawMessage) (func(), error) {
			var saved []CrossTenant
			if err := json.Unmarshal(raw, &saved); err != nil {
				return nil, err
			}
			return func() {
				s.crossTenant = table[CrossTenant]{}
				for _, c := range saved {
					s.crossTenant.put(personKey(c.Tenant, c.Partner), &c)
				}
			}, nil
		},
	}
}

var crossTenantListing = listing{context: "policies/crossTenantAccessPolicy/partners", page: 100, limit: 999}

// crossTenantOf are the entries of the policy of the call's tenant. One that is
// not a service provider's says null, as one that was never asked about does.
func (s *Server) crossTenantOf(tenant string) []entry {
	var out []entry
	add := func(partner string, provider bool) {
		var flag any
		if provider {
			flag = true
		}
		out = append(out, entry{uint64(len(out) + 1), object{
			"tenantId": strings.ToLower(partner), "isServiceProvider": flag, "isInMultiTenantOrganization": false,
			"inboundTrust": nil, "b2bCollaborationOutbound": nil, "b2bCollaborationInbound": nil,
			"b2bDirectConnectOutbound": nil, "b2bDirectConnectInbound": nil, "tenantRestrictions": nil,
			"automaticUserConsentSettings": object{"inboundAllowed": nil, "outboundAllowed": nil},
		}})
	}
	if slices.ContainsFunc(s.customers(), func(e entry) bool {
		id, _ := e.body["id"].(string)
		return same(id, tenant)
	}) {
		add(s.opt.PartnerTenant, true)
	}
	for _, c := range s.crossTenant.order {
		if same(c.Tenant, tenant) && !same(c.Partner, s.opt.PartnerTenant) {
			add(c.Partner, c.ServiceProvider)
		}
	}
	return out
}

func (s *Server) listCrossTenant(c *call) (reply, error) {
	return c.list(crossTenantListing, s.crossTenantOf(c.tenant))
}

func (s *Server) getCrossTenant(c *call) (reply, error) {
	for _, e := range s.crossTenantOf(c.tenant) {
		if id, _ := e.body["tenantId"].(string); same(id, c.r.PathValue("partner")) {
			return c.one(http.StatusOK, "/$metadata#policies/crossTenantAccessPolicy/partners/$entity", e.body), nil
		}
	}
	return reply{}, noObject()
}
