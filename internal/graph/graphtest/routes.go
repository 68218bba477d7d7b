package graphtest

import (
	"net/http"
	"path"
	"slices"
	"strings"
)

// handler applies a call while the lock is held. An error leaves the directory
// as it was.
type handler func(*Server, *call) (reply, error)

// route is one Graph call: where it is, which permissions allow it (any one of
// them), and what it does.
type route struct {
	pattern string
	needs   []string
	handle  handler
	in      reach
}

// reach is where a call can be made.
type reach int

const (
	partnerTenant reach = iota // with a token for the partner's tenant
	administered               // there, and the service principal for delegated administration must exist as well
	inScope                    // there, and where the permission is missing a role on the unit of the group does
	anyTenant                  // with a token for the tenant that the call is about, be it a customer's
)

// Which application permissions allow what.
var (
	relationshipRead  = []string{"DelegatedAdminRelationship.Read.All", "DelegatedAdminRelationship.ReadWrite.All"}
	relationshipWrite = []string{"DelegatedAdminRelationship.ReadWrite.All"}
	contractRead      = []string{"Directory.Read.All"}
	tenantLookup      = []string{"CrossTenantInformation.ReadBasic.All"}
	groupRead         = []string{"GroupMember.Read.All", "GroupMember.ReadWrite.All", "Group.Read.All", "Group.ReadWrite.All", "Directory.Read.All"}
	groupCreate       = []string{"Group.Create", "Group.ReadWrite.All"}
	groupCreateInUnit = []string{"Group.Create", "Group.ReadWrite.All", "Directory.ReadWrite.All"}
	unitReadToCreate  = []string{"AdministrativeUnit.Read.All", "AdministrativeUnit.ReadWrite.All", "Directory.ReadWrite.All"}
	groupWrite        = []string{"Group.ReadWrite.All"}
	memberWrite       = []string{"GroupMember.ReadWrite.All", "Group.ReadWrite.All"}
	userRead          = []string{"User.ReadBasic.All", "User.Read.All", "User.ReadWrite.All", "Directory.Read.All"}
	userReadFull      = []string{"User.Read.All", "User.ReadWrite.All", "Directory.Read.All"}
	userWrite         = []string{"User.ReadWrite.All"}
	organizationRead  = []string{"Organization.Read.All", "Directory.Read.All"}
	principalRead     = []string{"Application.Read.All", "Directory.Read.All"}
	roleAssignable    = []string{"RoleManagement.ReadWrite.Directory"}
	principalWrite    = []string{"Application.ReadWrite.All", "Application.ReadWrite.OwnedBy"}
	auditRead         = []string{"AuditLog.Read.All"}
	roleRead          = []string{"RoleManagement.Read.Directory", "RoleManagement.ReadWrite.Directory", "Directory.Read.All"}
	mailSend          = []string{"Mail.Send"}
	mailRead          = []string{"Mail.ReadBasic.All", "Mail.Read", "Mail.ReadWrite"}
	unitRead          = []string{"AdministrativeUnit.Read.All", "AdministrativeUnit.ReadWrite.All", "Directory.Read.All"}
	unitWrite         = []string{"AdministrativeUnit.ReadWrite.All"}
	pimWrite          = []string{"PrivilegedAssignmentSchedule.ReadWrite.AzureADGroup", "PrivilegedAccess.ReadWrite.AzureADGroup"}
	pimRead           = []string{"PrivilegedAssignmentSchedule.Read.AzureADGroup", "PrivilegedAssignmentSchedule.ReadWrite.AzureADGroup", "PrivilegedAccess.ReadWrite.AzureADGroup"}
	membershipRead    = []string{"User.Read.All", "User.ReadWrite.All", "Directory.Read.All", "GroupMember.Read.All", "GroupMember.ReadWrite.All"}
)

const (
	relationshipsPath = "/tenantRelationships/delegatedAdminRelationships"
	relationshipPath  = relationshipsPath + "/{id}"
	assignmentsPath   = relationshipPath + "/accessAssignments"
	assignmentPath    = assignmentsPath + "/{aid}"
	requestsPath      = relationshipPath + "/requests"
	operationsPath    = relationshipPath + "/operations"
	customersPath     = "/tenantRelationships/delegatedAdminCustomers"
	customerPath      = customersPath + "/{tenant}"
	pimPath           = "/identityGovernance/privilegedAccess/group"
	pimRequestsPath   = pimPath + "/assignmentScheduleRequests"
	auditsPath        = "/auditLogs/directoryAudits"
	signInsPath       = "/auditLogs/signIns"
	unitsPath         = "/directory/administrativeUnits"
	definitionsPath   = "/roleManagement/directory/roleDefinitions"
)

var routes = []route{
	{"GET " + relationshipsPath, relationshipRead, (*Server).listRelationships, partnerTenant},
	{"POST " + relationshipsPath, relationshipWrite, (*Server).createRelationship, administered},
	{"GET " + relationshipPath, relationshipRead, (*Server).getRelationship, partnerTenant},
	{"PATCH " + relationshipPath, relationshipWrite, (*Server).updateRelationship, administered},
	{"DELETE " + relationshipPath, relationshipWrite, (*Server).deleteRelationship, administered},
	{"GET " + requestsPath, relationshipRead, (*Server).listRequests, partnerTenant},
	{"POST " + requestsPath, relationshipWrite, (*Server).createRequest, administered},
	{"GET " + requestsPath + "/{rid}", relationshipRead, (*Server).getRequest, partnerTenant},
	{"GET " + operationsPath, relationshipRead, (*Server).listOperations, partnerTenant},
	{"GET " + operationsPath + "/{oid}", relationshipRead, (*Server).getOperation, partnerTenant},

	{"GET " + assignmentsPath, relationshipRead, (*Server).listAssignments, partnerTenant},
	{"POST " + assignmentsPath, relationshipWrite, (*Server).createAssignment, administered},
	{"GET " + assignmentPath, relationshipRead, (*Server).getAssignment, partnerTenant},
	{"PATCH " + assignmentPath, relationshipWrite, (*Server).updateAssignment, administered},
	{"DELETE " + assignmentPath, relationshipWrite, (*Server).deleteAssignment, administered},

	{"GET " + customersPath, relationshipRead, (*Server).listCustomers, partnerTenant},
	{"GET " + customerPath, relationshipRead, (*Server).getCustomer, partnerTenant},
	{"GET " + customerPath + "/serviceManagementDetails", relationshipRead, (*Server).listServices, partnerTenant},
	{"GET /tenantRelationships/{function}", tenantLookup, (*Server).findTenant, partnerTenant},
	{"GET /contracts", contractRead, (*Server).listContracts, partnerTenant},

	{"GET /groups", groupRead, (*Server).listGroups, partnerTenant},
	{"POST /groups", groupCreate, (*Server).createGroup, partnerTenant},
	{"GET /groups/{id}", groupRead, (*Server).getGroup, partnerTenant},
	{"DELETE /groups/{id}", groupWrite, (*Server).deleteGroup, inScope},
	{"GET /groups/{id}/members", groupRead, (*Server).listMembers, partnerTenant},
	{"GET /groups/{id}/transitiveMembers", groupRead, (*Server).listTransitiveMembers, partnerTenant},
	{"GET /groups/{id}/owners", groupRead, (*Server).listOwners, partnerTenant},
	{"POST /groups/{id}/members/$ref", memberWrite, (*Server).addMember, inScope},
	{"DELETE /groups/{id}/members/{uid}/$ref", memberWrite, (*Server).removeMember, inScope},
	// Without /$ref the same address means the member itself.
	{"DELETE /groups/{id}/members/{uid}", userWrite, (*Server).deleteMemberObject, partnerTenant},

	{"GET /users", userRead, (*Server).listUsers, partnerTenant},
	{"GET /users/{id}", userRead, (*Server).getUser, partnerTenant},
	{"GET /organization", organizationRead, (*Server).listOrganization, partnerTenant},
	{"GET /users/{id}/memberOf", membershipRead, (*Server).memberOf, partnerTenant},
	{"GET /users/{id}/transitiveMemberOf", membershipRead, (*Server).transitiveMemberOf, partnerTenant},
	{"POST /users/{id}/sendMail", mailSend, (*Server).sendMail, partnerTenant},
	{"GET /users/{id}/mailFolders/sentitems/messages", mailRead, (*Server).listSent, partnerTenant},
	{"GET /applications", principalRead, (*Server).listApplications, partnerTenant},
	{"GET /servicePrincipals", principalRead, (*Server).listPrincipals, partnerTenant},
	{"POST /servicePrincipals", principalWrite, (*Server).createPrincipal, partnerTenant},

	{"GET " + pimRequestsPath, pimRead, (*Server).listPIMRequests, partnerTenant},
	{"POST " + pimRequestsPath, pimWrite, (*Server).createPIMRequest, partnerTenant},
	{"GET " + pimRequestsPath + "/{rid}", pimRead, (*Server).getPIMRequest, partnerTenant},
	{"POST " + pimRequestsPath + "/{rid}/cancel", pimWrite, (*Server).cancelPIMRequest, partnerTenant},
	{"GET " + pimPath + "/assignmentSchedules", pimRead, (*Server).listSchedules, partnerTenant},
	{"GET " + pimPath + "/assignmentSchedules/{sid}", pimRead, (*Server).getSchedule, partnerTenant},
	{"GET " + pimPath + "/assignmentScheduleInstances", pimRead, (*Server).listInstances, partnerTenant},

	{"GET " + auditsPath, auditRead, (*Server).listAudits, anyTenant},
	{"GET " + auditsPath + "/{rid}", auditRead, (*Server).getAudit, anyTenant},
	{"GET " + signInsPath, auditRead, (*Server).listSignIns, anyTenant},
	{"GET " + signInsPath + "/{rid}", auditRead, (*Server).getSignIn, anyTenant},

	{"GET " + definitionsPath, roleRead, (*Server).listDefinitions, partnerTenant},
	{"GET " + definitionsPath + "/{rid}", roleRead, (*Server).getDefinition, partnerTenant},

	{"GET " + unitsPath, unitRead, (*Server).listUnits, partnerTenant},
	{"POST " + unitsPath, unitWrite, (*Server).createUnit, partnerTenant},
	{"GET " + unitsPath + "/{id}", unitRead, (*Server).getUnit, partnerTenant},
	{"GET " + unitsPath + "/{id}/members", unitRead, (*Server).listUnitMembers, partnerTenant},
	{"GET " + unitsPath + "/{id}/members/{uid}", unitRead, (*Server).getUnitMember, partnerTenant},
	{"POST " + unitsPath + "/{id}/members", groupCreateInUnit, (*Server).createUnitGroup, partnerTenant},
	{"POST " + unitsPath + "/{id}/members/$ref", unitWrite, (*Server).addUnitMember, partnerTenant},
	{"DELETE " + unitsPath + "/{id}/members/{uid}/$ref", unitWrite, (*Server).removeUnitMember, partnerTenant},
}

// Paths returns every call of Graph that is served, then every call of Partner
// Center, as [Server.Calls] counts them. The latter are below /partnercenter.
func Paths() []string {
	out := []string{batchPattern}
	for _, rt := range slices.Concat(routes, tenantRoutes) {
		out = append(out, rt.pattern)
	}
	for _, rt := range centerRoutes {
		out = append(out, rt.call())
	}
	return out
}

func (s *Server) graphMux() *http.ServeMux {
	mux := http.NewServeMux()
	mux.HandleFunc(batchPattern, func(w http.ResponseWriter, r *http.Request) {
		s.count(batchPattern)
		s.batch(w, r)
	})
	for _, rt := range slices.Concat(routes, tenantRoutes) {
		mux.HandleFunc(rt.pattern, func(w http.ResponseWriter, r *http.Request) { s.serveRoute(w, r, rt) })
	}
	return mux
}

// serveGraph finds the route of a call below /v1.0. What ServeMux would answer
// by itself (a redirect to a cleaned path, plain text) Graph never answers.
func (s *Server) serveGraph(w http.ResponseWriter, r *http.Request) {
	u := *r.URL
	u.Path = strings.TrimPrefix(u.Path, "/v1.0")
	u.RawPath = strings.TrimPrefix(u.RawPath, "/v1.0")
	inner := *r
	inner.URL = &u

	escaped := u.EscapedPath()
	if path.Clean(escaped) == escaped {
		if _, pattern := s.graph.Handler(&inner); pattern != "" {
			s.graph.ServeHTTP(w, &inner)
			return
		}
	}
	if _, err := s.authenticate(r); err != nil {
		s.writeError(w, r, err)
		return
	}
	s.writeError(w, r, s.noRoute(&inner, escaped))
}

// noRoute tells a wrong method from a path that is nowhere.
func (s *Server) noRoute(r *http.Request, escaped string) error {
	if path.Clean(escaped) == escaped {
		for _, method := range []string{"GET", "POST", "PATCH", "DELETE"} {
			other := *r
			other.Method = method
			if _, pattern := s.graph.Handler(&other); pattern != "" {
				return fail(http.StatusMethodNotAllowed, "Request_BadRequest", "This HTTP method cannot be used on this resource.")
			}
		}
	}
	return nowhere()
}

// serveRoute authorises a call, applies it and answers. The lock is held only
// while it is applied, so a slow client or observer holds nobody up.
func (s *Server) serveRoute(w http.ResponseWriter, r *http.Request, rt route) {
	s.count(rt.pattern)
	c, err := s.admit(w, r, rt)
	if err != nil {
		s.writeError(w, r, err)
		return
	}
	fault := s.due(rt.pattern)
	if err := fault.before(r.Context()); err != nil {
		s.writeError(w, r, err)
		return
	}
	s.observe(Before, c)
	answer, err := s.apply(rt, c)
	s.observe(After, c)
	if late := fault.after(); late != nil {
		err = late
	}
	if err != nil {
		s.writeError(w, r, err)
		return
	}
	s.writeReply(w, r, answer)
}

func (s *Server) admit(w http.ResponseWriter, r *http.Request, rt route) (*call, error) {
	b, err := s.authenticate(r)
	if err != nil {
		return nil, err
	}
	if err := s.authorizeCall(b, rt); err != nil {
		return nil, err
	}
	if err := s.throttle(rt.pattern, b); err != nil {
		return nil, err
	}
	if rt.in == administered && !s.administers() {
		return nil, denied("The tenant lacks the service principal for partner customer delegated administration.")
	}
	query, err := parseQuery(r.URL.RawQuery)
	if err != nil {
		return nil, err
	}
	c := &call{r: r, base: s.baseFor(r), now: s.opt.Due().UTC(), query: query, tenant: b.tenant}
	bare := r.ContentLength == 0 && r.Header.Get("Content-Type") == ""
	if !bare && (r.Method == http.MethodPost || r.Method == http.MethodPatch) {
		if c.body, err = readBody(w, r); err != nil {
			return nil, err
		}
	}
	return c, nil
}

func (s *Server) apply(rt route, c *call) (reply, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.settle(c.now)
	return rt.handle(s, c)
}

func (s *Server) observe(p Phase, c *call) {
	if s.opt.Observe != nil {
		s.opt.Observe(Call{Phase: p, Method: c.r.Method, Path: c.r.URL.Path, Tenant: c.tenant})
	}
}
