package graphtest

import (
	"net/http"
	"path"
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
	// partner says that the partner's service principal must exist as well.
	partner bool
}

// Which application permissions allow what.
var (
	relationshipRead  = []string{"DelegatedAdminRelationship.Read.All", "DelegatedAdminRelationship.ReadWrite.All"}
	relationshipWrite = []string{"DelegatedAdminRelationship.ReadWrite.All"}
	contractRead      = []string{"Directory.Read.All"}
	tenantLookup      = []string{"CrossTenantInformation.ReadBasic.All"}
	groupRead         = []string{"GroupMember.Read.All", "GroupMember.ReadWrite.All", "Group.Read.All", "Group.ReadWrite.All", "Directory.Read.All"}
	groupCreate       = []string{"Group.Create", "Group.ReadWrite.All"}
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
	{"GET " + relationshipsPath, relationshipRead, (*Server).listRelationships, false},
	{"POST " + relationshipsPath, relationshipWrite, (*Server).createRelationship, true},
	{"GET " + relationshipPath, relationshipRead, (*Server).getRelationship, false},
	{"PATCH " + relationshipPath, relationshipWrite, (*Server).updateRelationship, true},
	{"DELETE " + relationshipPath, relationshipWrite, (*Server).deleteRelationship, true},
	{"GET " + requestsPath, relationshipRead, (*Server).listRequests, false},
	{"POST " + requestsPath, relationshipWrite, (*Server).createRequest, true},
	{"GET " + requestsPath + "/{rid}", relationshipRead, (*Server).getRequest, false},
	{"GET " + operationsPath, relationshipRead, (*Server).listOperations, false},
	{"GET " + operationsPath + "/{oid}", relationshipRead, (*Server).getOperation, false},

	{"GET " + assignmentsPath, relationshipRead, (*Server).listAssignments, false},
	{"POST " + assignmentsPath, relationshipWrite, (*Server).createAssignment, true},
	{"GET " + assignmentPath, relationshipRead, (*Server).getAssignment, false},
	{"PATCH " + assignmentPath, relationshipWrite, (*Server).updateAssignment, true},
	{"DELETE " + assignmentPath, relationshipWrite, (*Server).deleteAssignment, true},

	{"GET " + customersPath, relationshipRead, (*Server).listCustomers, false},
	{"GET " + customerPath, relationshipRead, (*Server).getCustomer, false},
	{"GET " + customerPath + "/serviceManagementDetails", relationshipRead, (*Server).listServices, false},
	{"GET /tenantRelationships/{function}", tenantLookup, (*Server).findTenant, false},
	{"GET /contracts", contractRead, (*Server).listContracts, false},

	{"GET /groups", groupRead, (*Server).listGroups, false},
	{"POST /groups", groupCreate, (*Server).createGroup, false},
	{"GET /groups/{id}", groupRead, (*Server).getGroup, false},
	{"DELETE /groups/{id}", groupWrite, (*Server).deleteGroup, false},
	{"GET /groups/{id}/members", groupRead, (*Server).listMembers, false},
	{"GET /groups/{id}/owners", groupRead, (*Server).listOwners, false},
	{"POST /groups/{id}/members/$ref", memberWrite, (*Server).addMember, false},
	{"DELETE /groups/{id}/members/{uid}/$ref", memberWrite, (*Server).removeMember, false},
	// Without /$ref the same address means the member itself.
	{"DELETE /groups/{id}/members/{uid}", userWrite, (*Server).deleteMemberObject, false},

	{"GET /users", userRead, (*Server).listUsers, false},
	{"GET /users/{id}", userRead, (*Server).getUser, false},
	{"GET /organization", organizationRead, (*Server).listOrganization, false},
	{"GET /users/{id}/memberOf", membershipRead, (*Server).memberOf, false},
	{"GET /users/{id}/transitiveMemberOf", membershipRead, (*Server).transitiveMemberOf, false},
	{"POST /users/{id}/sendMail", mailSend, (*Server).sendMail, false},
	{"GET /servicePrincipals", principalRead, (*Server).listPrincipals, false},
	{"POST /servicePrincipals", principalWrite, (*Server).createPrincipal, false},

	{"GET " + pimRequestsPath, pimRead, (*Server).listPIMRequests, false},
	{"POST " + pimRequestsPath, pimWrite, (*Server).createPIMRequest, false},
	{"GET " + pimRequestsPath + "/{rid}", pimRead, (*Server).getPIMRequest, false},
	{"POST " + pimRequestsPath + "/{rid}/cancel", pimWrite, (*Server).cancelPIMRequest, false},
	{"GET " + pimPath + "/assignmentSchedules", pimRead, (*Server).listSchedules, false},
	{"GET " + pimPath + "/assignmentSchedules/{sid}", pimRead, (*Server).getSchedule, false},
	{"GET " + pimPath + "/assignmentScheduleInstances", pimRead, (*Server).listInstances, false},

	{"GET " + auditsPath, auditRead, (*Server).listAudits, false},
	{"GET " + auditsPath + "/{rid}", auditRead, (*Server).getAudit, false},
	{"GET " + signInsPath, auditRead, (*Server).listSignIns, false},
	{"GET " + signInsPath + "/{rid}", auditRead, (*Server).getSignIn, false},

	{"GET " + definitionsPath, roleRead, (*Server).listDefinitions, false},
	{"GET " + definitionsPath + "/{rid}", roleRead, (*Server).getDefinition, false},

	{"GET " + unitsPath, unitRead, (*Server).listUnits, false},
	{"POST " + unitsPath, unitWrite, (*Server).createUnit, false},
	{"GET " + unitsPath + "/{id}", unitRead, (*Server).getUnit, false},
	{"GET " + unitsPath + "/{id}/members", unitRead, (*Server).listUnitMembers, false},
	{"POST " + unitsPath + "/{id}/members/$ref", unitWrite, (*Server).addUnitMember, false},
	{"DELETE " + unitsPath + "/{id}/members/{uid}/$ref", unitWrite, (*Server).removeUnitMember, false},
}

// Paths returns every call of Graph that is served, then every call of Partner
// Center, as [Server.Calls] counts them. The latter are below /partnercenter.
func Paths() []string {
	out := []string{batchPattern}
	for _, rt := range routes {
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
	for _, rt := range routes {
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
	if err := s.authenticate(r); err != nil {
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
	if err := s.authenticate(r); err != nil {
		return nil, err
	}
	if len(rt.needs) > 0 && !s.may(rt.needs...) {
		return nil, denied("The application lacks a permission that this call needs.")
	}
	if err := s.throttle(rt.pattern); err != nil {
		return nil, err
	}
	if rt.partner && !s.administers() {
		return nil, denied("The tenant lacks the service principal for partner customer delegated administration.")
	}
	query, err := parseQuery(r.URL.RawQuery)
	if err != nil {
		return nil, err
	}
	c := &call{r: r, base: s.baseFor(r), now: s.opt.Due().UTC(), query: query}
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
		s.opt.Observe(Call{Phase: p, Method: c.r.Method, Path: c.r.URL.Path})
	}
}
