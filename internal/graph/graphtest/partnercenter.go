package graphtest

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// partnerCenter is the path below which Partner Center's API is: what the real
// service has at the root of api.partnercenter.microsoft.com.
const partnerCenter = "/partnercenter"

// centerError is a refusal in Partner Center's form. The codes below 100 are
// this stand-in's: the documents do not tell the real ones.
type centerError struct {
	status, code int
	description  string
	retryAfter   int
}

type centerHandler func(s *Server, q centerRequest) (int, object, *centerError)

type centerRequest struct {
	*http.Request
	base string
	now  time.Time // by the world's clock
	who  bearer
	body []byte
}

// centerRoute is one call: with onlyUser it wants a person of the partner, an
// admin agent who has signed in with more than a password.
type centerRoute struct {
	pattern  string
	onlyUser bool
	handle   centerHandler
}

var centerRoutes = []centerRoute{
	{"GET /v1/customers", false, (*Server).centerCustomers},
	{"GET /v1/customers/relationshiprequests", true, (*Server).centerInvitation},
	{"GET /v1/customers/{id}", false, (*Server).centerCustomer},
	{"PATCH /v1/customers/{id}", true, (*Server).centerPatch},
	{"GET /v1/auditrecords", false, (*Server).centerAudit},
	{"GET /auditactivity/v1/auditrecords/{id}", false, (*Server).centerAuditRecord},
	{"GET /webhooks/v1/registration", false, (*Server).getHook},
	{"POST /webhooks/v1/registration", false, (*Server).postHook},
	{"PUT /webhooks/v1/registration", false, (*Server).putHook},
	{"GET /webhooks/v1/registration/events", false, (*Server).hookEvents},
	{"POST /webhooks/v1/registration/validationEvents", false, (*Server).validateHook},
	{"GET /webhooks/v1/registration/validationEvents/{id}", false, (*Server).hookValidation},
}

// call is the pattern as Paths and Calls have it.
func (rt centerRoute) call() string {
	method, path, _ := strings.Cut(rt.pattern, " ")
	return method + " " + partnerCenter + path
}

func (s *Server) centerHandlers() map[string]http.HandlerFunc {
	out := map[string]http.HandlerFunc{
		"GET " + partnerCenter + certificatePath: s.page(s.certificate),
	}
	for _, rt := range centerRoutes {
		out[rt.call()] = func(w http.ResponseWriter, r *http.Request) { s.serveCenter(w, r, rt) }
	}
	return out
}

func (s *Server) serveCenter(w http.ResponseWriter, r *http.Request, rt centerRoute) {
	who, ok := s.bearerOf(r)
	q := centerRequest{Request: r, base: s.baseFor(r), now: s.opt.Due().UTC(), who: who}
	refusal := s.admitToCenter(who, ok, rt)
	if refusal == nil && r.Method != http.MethodGet {
		var err error
		if q.body, err = readBody(w, r); err != nil {
			refusal = &centerError{http.StatusBadRequest, 2, "The body could not be read as JSON.", 0}
		}
	}
	if refusal != nil {
		s.refuseCenter(w, r, refusal)
		return
	}
	fault := s.due(rt.call())
	if err := fault.before(r.Context()); err != nil {
		s.refuseCenter(w, r, centerFault(err))
		return
	}
	s.mu.Lock()
	s.settle(q.now)
	status, answer, refusal := rt.handle(s, q)
	s.mu.Unlock()
	if err := fault.after(); err != nil {
		refusal = centerFault(err)
	}
	if refusal != nil {
		s.refuseCenter(w, r, refusal)
		return
	}
	centerIDs(w, r)
	writeJSON(w, status, "application/json; charset=utf-8", answer)
}

// centerFault puts a planned refusal into Partner Center's form.
func centerFault(err error) *centerError {
	refusal, ok := errors.AsType[*apiError](err)
	if !ok { // unreachable: faults refuse with apiError only
		return &centerError{status: http.StatusInternalServerError, description: "Something went wrong."}
	}
	code, err := strconv.Atoi(refusal.code)
	if err != nil {
		code = 0
	}
	return &centerError{refusal.status, code, refusal.message, refusal.retryAfter}
}

func centerIDs(w http.ResponseWriter, r *http.Request) {
	for _, name := range []string{"MS-RequestId", "MS-CorrelationId"} {
		id := r.Header.Get(name)
		if !isGUID(id) {
			id = newGUID()
		}
		w.Header().Set(name, id)
	}
}

func (s *Server) refuseCenter(w http.ResponseWriter, r *http.Request, e *centerError) {
	centerIDs(w, r)
	if e.retryAfter > 0 {
		w.Header().Set("Retry-After", strconv.Itoa(e.retryAfter))
	}
	if e.status == http.StatusTooManyRequests {
		writeJSON(w, e.status, "application/json; charset=utf-8", object{"statusCode": e.status, "message": e.description})
		return
	}
	writeJSON(w, e.status, "application/json; charset=utf-8", object{
		"code": e.code, "description": e.description, "data": []string{}, "source": "PartnerFD",
	})
}

// admitToCenter wants a token of the partner for Partner Center. Since April
// 2026 a person's must say that more than a password was used.
func (s *Server) admitToCenter(who bearer, ok bool, rt centerRoute) *centerError {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case !ok || who.audience != audiencePartnerCenter:
		return &centerError{http.StatusUnauthorized, 3, "The token is missing, has expired or is not for Partner Center.", 0}
	case !same(who.tenant, s.opt.PartnerTenant):
		return &centerError{http.StatusForbidden, 4, "The token is not one of the partner's tenant.", 0}
	case who.person != "" && !who.mfa:
		return &centerError{http.StatusUnauthorized, 5, "The token says nothing of multi-factor authentication.", 0}
	case who.person != "" && !s.adminAgent(who.person):
		return &centerError{http.StatusForbidden, 6, "The person is not an admin agent of the partner.", 0}
	case who.person == "" && rt.onlyUser:
		return &centerError{http.StatusForbidden, 7, "This call needs a token of the application with a person.", 0}
	}
	return nil
}

// adminAgent says whether a person is in the group of that name. A directory
// without the group makes nobody fail.
func (s *Server) adminAgent(key string) bool {
	p, ok := s.realm.people.find(key)
	if !ok || p.Disabled {
		return false
	}
	for _, g := range s.groups.order {
		if same(g.DisplayName, "AdminAgents") {
			return g.has(p.ObjectID)
		}
	}
	return true
}

func noCustomer() *centerError {
	return &centerError{http.StatusNotFound, 1, "There is no such customer of the partner.", 0}
}

// centerList are the partner's customers: the known tenants that it sells to,
// and those of its contracts.
func (s *Server) centerList() []*Tenant {
	var out []*Tenant
	for _, t := range s.realm.tenants.order {
		if !same(t.ID, s.opt.PartnerTenant) && (!t.NotReseller || t.DAP) {
			out = append(out, t)
		}
	}
	for _, k := range s.contracts.order {
		if _, ok := s.realm.tenants.find(k.CustomerTenant); !ok {
			out = append(out, &Tenant{ID: k.CustomerTenant, Name: k.DisplayName, Domain: k.DefaultDomain})
		}
	}
	return out
}

func (s *Server) centerByID(id string) (*Tenant, *centerError) {
	for _, t := range s.centerList() {
		if same(t.ID, id) {
			return t, nil
		}
	}
	return nil, noCustomer()
}

// wire shows a customer. Whether it has granted delegated administration is
// told only of one asked for by its id.
func (t *Tenant) wire(base string, single bool) object {
	relation := "reseller"
	if t.NotReseller {
		relation = "advisor"
	}
	out := object{
		"id": t.ID, "relationshipToPartner": relation,
		"companyProfile": object{
			"tenantId": t.ID, "domain": t.Domain, "companyName": t.Name,
			"attributes": object{"objectType": "CustomerCompanyProfile"},
		},
		"links":      object{"self": object{"uri": "/customers/" + t.ID, "method": "GET", "headers": []string{}}},
		"attributes": object{"objectType": "Customer"},
	}
	if single {
		out["allowDelegatedAccess"] = t.DAP
		out["attributes"] = object{"objectType": "Customer", "etag": fmt.Sprintf("%q", t.ID)}
	}
	return out
}

func (s *Server) centerCustomer(q centerRequest) (int, object, *centerError) {
	t, refusal := s.centerByID(q.PathValue("id"))
	if refusal != nil {
		return 0, nil, refusal
	}
	return http.StatusOK, t.wire(q.base, true), nil
}

// centerInvitation is the link by which a customer accepts the reseller. It no
// longer grants delegated administration.
func (s *Server) centerInvitation(centerRequest) (int, object, *centerError) {
	return http.StatusOK, object{
		"url": "https://admin.microsoft.com/Adminportal/Home?invType=ResellerRelationship&partnerId=" +
			s.opt.PartnerTenant + "&msppId=0&DAP=false#/BillingAccounts/partner-invitation",
		"attributes": object{"objectType": "CustomerRelationshipRequest"},
	}, nil
}

// centerPatch removes delegated administration, or the reseller relationship.
// Neither can be given back.
func (s *Server) centerPatch(q centerRequest) (int, object, *centerError) {
	t, refusal := s.centerByID(q.PathValue("id"))
	if refusal != nil {
		return 0, nil, refusal
	}
	var body struct {
		ID                    *string        `json:"id"`
		AllowDelegatedAccess  *bool          `json:"allowDelegatedAccess"`
		RelationshipToPartner *string        `json:"relationshipToPartner"`
		Attributes            map[string]any `json:"attributes"`
	}
	d := json.NewDecoder(bytes.NewReader(q.body))
	d.DisallowUnknownFields()
	known, ok := s.realm.tenants.find(t.ID)
	switch {
	case d.Decode(&body) != nil || !same(fmt.Sprint(body.Attributes["objectType"]), "Customer"):
		return 0, nil, &centerError{http.StatusBadRequest, 2, "The body is not a customer with what can be changed.", 0}
	case body.AllowDelegatedAccess != nil && *body.AllowDelegatedAccess:
		return 0, nil, &centerError{http.StatusBadRequest, 8, "Delegated administration can only be removed.", 0}
	case body.RelationshipToPartner != nil && !same(*body.RelationshipToPartner, "none"):
		return 0, nil, &centerError{http.StatusBadRequest, 8, "The relationship can only be removed.", 0}
	case body.AllowDelegatedAccess == nil && body.RelationshipToPartner == nil:
		return 0, nil, &centerError{http.StatusBadRequest, 8, "The body changes nothing.", 0}
	case !ok:
		copied := *t
		known = &copied
		s.realm.tenants.put(known.ID, known)
	}
	if p, ok := s.realm.people.find(q.who.person); ok {
		s.realm.acting = p
		defer func() { s.realm.acting = nil }()
	}
	if known.DAP {
		s.dropDAP(known, q.now)
	}
	if body.RelationshipToPartner != nil && !known.NotReseller {
		s.dropReseller(known, q.now)
	}
	out := known.wire(q.base, true)
	if known.NotReseller {
		out["relationshipToPartner"] = "none"
	}
	return http.StatusOK, out, nil
}
