package graphtest

import (
	"net/http"
	"slices"
	"strings"
	"time"
)

// partnerAdministration is Microsoft's application behind delegated
// administration. Its service principal must be in the partner's tenant before
// an application may write.
const (
	partnerAdministration     = "2832473f-ec63-45fb-976f-5d45a7d4bb91"
	partnerAdministrationName = "Partner Customer Delegated Administration"
)

// principal is a service principal of the partner's tenant.
type principal struct {
	id, app, name string
	seq           uint64
}

func (s *Server) firstPrincipals() []principal {
	var out []principal
	if !s.opt.NoPartnerServicePrincipal {
		out = append(out, principal{newGUID(), partnerAdministration, partnerAdministrationName, s.next()})
	}
	if s.opt.ClientID != "" {
		out = append(out, principal{newGUID(), s.opt.ClientID, clientName, s.next()})
	}
	return out
}

// clientName is the display name of the application that calls.
const clientName = "Client"

// administers reports whether the principal is there that lets the application
// write to relationships.
func (s *Server) administers() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.ContainsFunc(s.principals, func(p principal) bool { return same(p.app, partnerAdministration) })
}

func (p principal) wire() object {
	return object{
		"id": p.id, "appId": p.app, "displayName": p.name,
		"servicePrincipalType": "Application", "accountEnabled": true,
	}
}

// createPrincipal brings an application of Microsoft's into the tenant. Of
// others this directory knows nothing.
func (s *Server) createPrincipal(c *call) (reply, error) {
	var body struct {
		AppID string `json:"appId"`
	}
	if err := c.decode(&body); err != nil {
		return reply{}, err
	}
	for _, p := range s.principals {
		if same(p.app, body.AppID) {
			return reply{}, fail(http.StatusConflict, "Request_MultipleObjectsWithSameKeyValue", "The service principal exists already.")
		}
	}
	if !same(body.AppID, partnerAdministration) {
		return reply{}, badDirectory("The appId is not the id of an application that can be used here.")
	}
	p := principal{newGUID(), partnerAdministration, partnerAdministrationName, s.next()}
	s.principals = append(s.principals, p)
	s.wrote(c, "created service principal of "+p.app, coreActivity("Add service principal", "ApplicationManagement", "Add", target{
		kind: "ServicePrincipal", id: p.id, name: p.name,
	}))
	answer := c.one(http.StatusCreated, "/$metadata#servicePrincipals/$entity", p.wire())
	answer.location = c.url("/servicePrincipals/" + p.id)
	return answer, nil
}

var principalListing = listing{
	context: "servicePrincipals", page: 100, limit: 999, advanced: true,
	filters: map[string]string{"id": opEq, "appId": opEq, "displayName": opBoth},
}

func (s *Server) listPrincipals(c *call) (reply, error) {
	var entries []entry
	for _, p := range s.principals {
		entries = append(entries, entry{p.seq, p.wire()})
	}
	return c.list(principalListing, entries)
}

var applicationListing = listing{
	context: "applications", page: 100, limit: 999, advanced: true,
	filters: map[string]string{"id": opEq, "appId": opEq, "displayName": opBoth},
}

// listApplications tells of the one registration of this tenant, with its credentials: of
// a secret when it ends and how it begins, and never the secret.
func (s *Server) listApplications(c *call) (reply, error) {
	secrets, certificates := []object{}, []object{}
	ends := func(at time.Time) any {
		if at.IsZero() {
			at = s.opt.Now().AddDate(2, 0, 0)
		}
		return stamp(at)
	}
	if word := s.opt.ClientSecret; word != "" {
		secrets = append(secrets, object{"keyId": newGUID(), "displayName": nil, "hint": word[:min(3, len(word))], "secretText": nil, "endDateTime": ends(s.opt.SecretEnds)})
	}
	if s.opt.Certificate != nil || !s.opt.CertificateEnds.IsZero() {
		certificates = append(certificates, object{"keyId": newGUID(), "displayName": nil, "type": "AsymmetricX509Cert", "usage": "Verify", "key": nil, "endDateTime": ends(s.opt.CertificateEnds)})
	}
	return c.list(applicationListing, []entry{{1, object{
		"id": s.opt.ClientID, "appId": s.opt.ClientID, "displayName": s.appName(), "passwordCredentials": secrets, "keyCredentials": certificates,
	}}})
}

var organizationListing = listing{context: "organization", page: 100, limit: 999}

func (s *Server) listOrganization(c *call) (reply, error) {
	return c.list(organizationListing, []entry{{1, object{"id": s.opt.PartnerTenant, "displayName": s.opt.PartnerName}}})
}

var contractListing = listing{
	context: "contracts", page: 100, limit: 999,
	filters: map[string]string{"customerId": opEq, "defaultDomainName": opEq, "displayName": opEq},
}

func (s *Server) listContracts(c *call) (reply, error) {
	entries := make([]entry, 0, len(s.contracts.order))
	for _, k := range s.contracts.order {
		entries = append(entries, entry{k.seq, object{
			"id":                k.ID,
			"contractType":      k.Type,
			"customerId":        k.CustomerTenant,
			"displayName":       k.DisplayName,
			"defaultDomainName": k.DefaultDomain,
		}})
	}
	return c.list(contractListing, entries)
}

var customerListing = listing{
	root: "/tenantRelationships", context: "delegatedAdminCustomers",
	page: 300, limit: 300,
	filters: map[string]string{"tenantId": opEq, "displayName": opEq},
}

// customers are the tenants with a relationship that gives access now.
func (s *Server) customers() []entry {
	var out []entry
	seen := map[string]bool{}
	for _, rel := range s.relationships.order {
		key := strings.ToLower(rel.CustomerTenant)
		switch rel.Status {
		case statusActive, statusExpiring, statusTerminationRequested, statusTerminating:
		default:
			continue
		}
		if key == "" || seen[key] {
			continue
		}
		seen[key] = true
		out = append(out, entry{rel.seq, object{
			"@odata.type": "#microsoft.graph.delegatedAdminCustomer",
			"id":          rel.CustomerTenant,
			"tenantId":    rel.CustomerTenant,
			"displayName": text(rel.CustomerName),
		}})
	}
	return out
}

func (s *Server) listCustomers(c *call) (reply, error) {
	return c.list(customerListing, s.customers())
}

func (s *Server) getCustomer(c *call) (reply, error) {
	for _, e := range s.customers() {
		if id, _ := e.body["id"].(string); same(id, c.r.PathValue("tenant")) {
			return c.one(http.StatusOK, "/tenantRelationships/$metadata#delegatedAdminCustomers/$entity", e.body), nil
		}
	}
	return reply{}, notFound("There is no such delegated admin customer.")
}

// services are the portals of a customer that delegated administration opens.
var services = []struct{ name, url string }{
	{"Microsoft 365 admin center", "https://admin.microsoft.com/Partner/BeginClientSession.aspx?CTID="},
	{"Microsoft Entra ID", "https://entra.microsoft.com/"},
	{"Exchange", "https://admin.exchange.microsoft.com/?delegatedOrg="},
}

// listServices takes no options of a query, as the service says of itself.
func (s *Server) listServices(c *call) (reply, error) {
	tenant := c.r.PathValue("tenant")
	known := slices.ContainsFunc(s.customers(), func(e entry) bool {
		id, _ := e.body["id"].(string)
		return same(id, tenant)
	})
	switch {
	case !known:
		return reply{}, notFound("There is no such delegated admin customer.")
	case c.r.URL.RawQuery != "":
		return reply{}, unsupported("This resource supports no query options.")
	}
	var entries []entry
	for i, v := range services {
		address := v.url
		if strings.HasSuffix(address, "=") {
			address += tenant
		}
		entries = append(entries, entry{uint64(i + 1), object{
			"@odata.type": "#microsoft.graph.delegatedAdminServiceManagementDetail",
			"id":          strings.ToLower(strings.ReplaceAll(v.name, " ", "-")),
			"serviceName": v.name, "serviceManagementUrl": address,
		}})
	}
	return c.list(listing{
		root: "/tenantRelationships", context: "delegatedAdminCustomers('" + tenant + "')/serviceManagementDetails", page: 300, limit: 300,
	}, entries)
}

// findTenant serves the two look-ups, which are functions in the path:
// findTenantInformationByDomainName(domainName='x') and
// findTenantInformationByTenantId(tenantId='x'). Any tenant that appears in the
// directory, or whose people can sign in, can be found by its id; by domain only
// those with a contract.
func (s *Server) findTenant(c *call) (reply, error) {
	function := c.r.PathValue("function")
	if domain, ok := argument(function, "findTenantInformationByDomainName(domainName="); ok {
		for _, k := range s.contracts.order {
			if k.DefaultDomain != "" && same(k.DefaultDomain, domain) {
				return s.tenantInformation(c, k.CustomerTenant, k.DisplayName, k.DefaultDomain), nil
			}
		}
		return reply{}, noObject()
	}
	tenant, ok := argument(function, "findTenantInformationByTenantId(tenantId=")
	switch {
	case !ok:
		return reply{}, nowhere()
	case !isGUID(tenant):
		return reply{}, badDirectory("The tenantId is not the id of a tenant.")
	case same(tenant, s.opt.PartnerTenant):
		return s.tenantInformation(c, s.opt.PartnerTenant, s.opt.PartnerName, ""), nil
	}
	for _, k := range s.contracts.order {
		if same(k.CustomerTenant, tenant) {
			return s.tenantInformation(c, k.CustomerTenant, k.DisplayName, k.DefaultDomain), nil
		}
	}
	if t, ok := s.realm.tenants.find(tenant); ok {
		return s.tenantInformation(c, t.ID, t.Name, t.Domain), nil
	}
	for _, rel := range s.relationships.order {
		if same(rel.CustomerTenant, tenant) {
			return s.tenantInformation(c, rel.CustomerTenant, rel.CustomerName, ""), nil
		}
	}
	return reply{}, noObject()
}

// argument takes the quoted value of a function call with the given opening.
func argument(call, opening string) (string, bool) {
	rest, ok := strings.CutPrefix(call, opening)
	if !ok {
		return "", false
	}
	p := filterParser{rest: rest}
	value, ok := p.quoted()
	return value, ok && p.rest == ")"
}

func (s *Server) tenantInformation(c *call, tenant, name, domain string) reply {
	return c.one(http.StatusOK, "/$metadata#microsoft.graph.tenantInformation", object{
		"tenantId":            tenant,
		"displayName":         text(name),
		"defaultDomainName":   text(domain),
		"federationBrandName": nil,
	})
}
