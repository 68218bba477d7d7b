package graphtest

import (
	"crypto/subtle"
	"errors"
	"html/template"
	"net/http"
	"slices"
	"time"
)

const (
	adminCenterName = "Microsoft 365 admin center"
	adminHome       = "/admin"
)

// adminRoutes are the pages on which a customer's administrators decide about
// partners.
func (s *Server) adminRoutes() map[string]http.HandlerFunc {
	return map[string]http.HandlerFunc{
		"GET /AdminPortal/Home": s.page(s.adminLink),
		"GET /admin":            s.page(s.inCenter(s.adminPartners)),
		"GET /admin/partners":   s.page(s.inCenter(s.adminPartners)),
		"GET /admin/partners/invitation/{relationship}":           s.page(s.inCenter(s.adminInvitation)),
		"GET /admin/partners/invitation/{relationship}/{partner}": s.page(s.inCenter(s.adminInvitation)),
		"GET /admin/partners/relationships/{relationship}":        s.page(s.inCenter(s.adminRelationship)),
		"POST /admin/partners/relationships/{relationship}":       s.page(s.inCenter(s.adminDecide)),
		"POST /admin/partners/{what}":                             s.page(s.inCenter(s.adminRemove)),
		"POST /admin/signout":                                     s.page(s.inCenter(s.adminSignOut)),
	}
}

type adminHandler func(w http.ResponseWriter, r *http.Request, p *Person, v *session)

// inCenter wants somebody signed in, and for a form, that it is from a page of
// that session.
func (s *Server) inCenter(serve adminHandler) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		p, v := s.sessionOf(r)
		if p == nil {
			back := adminHome
			if r.Method == http.MethodGet {
				back = r.URL.EscapedPath()
			}
			s.pickPage(w, r, s.begin(w, r, flow{authorization: authorization{authority: "organizations"}, back: back}), "")
			return
		}
		if r.Method == http.MethodPost && subtle.ConstantTimeCompare([]byte(r.PostForm.Get("csrf")), []byte(v.csrf)) != 1 {
			s.refuse(w, r, errForgery, nil)
			return
		}
		serve(w, r, p, v)
	}
}

// adminLink leads from the address that approval links have to the page here.
// What such a link names is in its fragment, which browsers do not send.
func (s *Server) adminLink(w http.ResponseWriter, _ *http.Request) {
	s.secure(w, "", linkScript)
	s.render(w, http.StatusOK, "link.html", struct {
		Title  string
		Script template.JS
	}{adminCenterName, template.JS(linkScript)})
}

// adminView is what every page of the admin center shows.
type adminView struct {
	Title, Person, UPN, Tenant, CSRF, Partner string
	MayDecide, IsGlobal                       bool
	DAP, Reseller                             bool
	Notice, Trouble                           string
	Relationships                             []relationshipRow
	One                                       *relationshipRow
}

type relationshipRow struct {
	ID, Name, Status, Shown, Duration   string
	Roles                               []string
	Created, Activated, End, RemovedAt  time.Time
	AutoExtend, Global, Pending, Active bool
}

func (s *Server) adminView(p *Person, v *session) adminView {
	out := adminView{
		Title: "Partner relationships", Person: p.Name, UPN: p.UPN, CSRF: v.csrf, Partner: s.opt.PartnerName, Tenant: p.Tenant,
		MayDecide: mayDecide(p), IsGlobal: p.has(globalAdministrator),
	}
	if t, ok := s.realm.tenants.find(p.Tenant); ok {
		out.Tenant, out.DAP, out.Reseller = t.Name, t.DAP, !t.NotReseller
	}
	return out
}

func rowOf(rel *relationship) relationshipRow {
	out := relationshipRow{
		ID: rel.ID, Name: rel.DisplayName, Status: rel.Status, Shown: shownStatus(rel.Status), Duration: shownDuration(rel.Duration),
		Created: rel.Created, Activated: rel.Activated, End: rel.End,
		AutoExtend: rel.AutoExtend == autoExtendOn, Global: hasRole(rel.Roles, globalAdministrator),
		Pending: rel.Status == statusApprovalPending, Active: rel.Status == statusActive,
	}
	if out.Pending {
		out.RemovedAt = rel.modified.Add(approvalKept)
	}
	for _, role := range rel.Roles {
		out.Roles = append(out.Roles, shownRole(role))
	}
	slices.Sort(out.Roles)
	return out
}

func shownStatus(status string) string {
	names := map[string]string{
		statusApprovalPending: "Approval pending", statusApproved: "Approved", statusActivating: "Activating",
		statusActive: "Active", statusExpiring: "Expiring", statusExpired: "Expired",
		statusTerminationRequested: "Termination requested", statusTerminating: "Terminating", statusTerminated: "Terminated",
	}
	if name, ok := names[status]; ok {
		return name
	}
	return status
}

// adminPartners lists what the person's tenant has with the partner.
func (s *Server) adminPartners(w http.ResponseWriter, r *http.Request, p *Person, v *session) {
	now := s.opt.Due().UTC()
	s.mu.Lock()
	s.settle(now)
	view := s.adminView(p, v)
	for _, rel := range s.relationships.order {
		if rel.Status != statusCreated && rel.CustomerTenant != "" && same(rel.CustomerTenant, p.Tenant) {
			view.Relationships = append(view.Relationships, rowOf(rel))
		}
	}
	s.mu.Unlock()
	view.Notice = notices[r.URL.Query().Get("done")]
	s.secure(w, "")
	s.render(w, http.StatusOK, "partners.html", view)
}

var notices = map[string]string{
	"approve":   "You approved the relationship. The partner can use it once it is active.",
	"ignore":    "Nothing was changed. The request stays pending until it is removed by itself.",
	"terminate": "You ended the relationship. The partner loses the access that it gave.",
	"dap":       "Delegated administration was removed from the partner.",
	"reseller":  "The reseller relationship was removed.",
}

// adminInvitation is where an approval link leads.
func (s *Server) adminInvitation(w http.ResponseWriter, r *http.Request, p *Person, v *session) {
	if partner := r.PathValue("partner"); partner != "" && !same(partner, s.opt.PartnerTenant) {
		s.adminTrouble(w, p, v, http.StatusNotFound, "There is no such partner.")
		return
	}
	s.adminRelationship(w, r, p, v)
}

func (s *Server) adminRelationship(w http.ResponseWriter, r *http.Request, p *Person, v *session) {
	now := s.opt.Due().UTC()
	s.mu.Lock()
	s.settle(now)
	view := s.adminView(p, v)
	rel, ok := s.relationships.find(r.PathValue("relationship"))
	ok = ok && rel.Status != statusCreated && (same(rel.CustomerTenant, p.Tenant) || rel.CustomerTenant == "" && rel.Status == statusApprovalPending)
	if ok && !same(p.Tenant, s.opt.PartnerTenant) {
		row := rowOf(rel)
		view.One = &row
	}
	s.mu.Unlock()
	if view.One == nil {
		s.adminTrouble(w, p, v, http.StatusNotFound, "This relationship does not exist, was removed, or is with another organization. Ask the partner for a new link.")
		return
	}
	view.Title = "Approve partner roles"
	if !view.One.Pending {
		view.Title = "Partner relationship"
	}
	s.secure(w, "")
	s.render(w, http.StatusOK, "relationship.html", view)
}

func (s *Server) adminTrouble(w http.ResponseWriter, p *Person, v *session, status int, trouble string) {
	s.mu.Lock()
	view := s.adminView(p, v)
	s.mu.Unlock()
	view.Trouble = trouble
	s.secure(w, "")
	s.render(w, status, "admintrouble.html", view)
}

// adminDecide approves, ignores or ends a relationship.
func (s *Server) adminDecide(w http.ResponseWriter, r *http.Request, p *Person, v *session) {
	id, action := r.PathValue("relationship"), r.PostForm.Get("action")
	var err error
	switch action {
	case "approve":
		err = s.ApproveRelationship(id, p.ObjectID)
	case "terminate":
		err = s.TerminateRelationship(id, p.ObjectID)
	case "ignore":
		err = s.ignoreRelationship(id, p)
	default:
		err = ErrNotFound
	}
	s.adminDone(w, r, p, v, action, err)
}

// ignoreRelationship changes nothing but leaves a note that it was done.
func (s *Server) ignoreRelationship(id string, p *Person) error {
	return s.act(id, p.ObjectID, func(rel *relationship, p *Person, _ time.Time) error {
		if rel.Status != statusApprovalPending {
			return ErrStatus
		}
		s.acted(p, "/admin/partners/relationships/"+rel.ID, "ignored relationship "+rel.ID)
		return nil
	})
}

// adminRemove takes legacy administration or the reseller relationship away.
func (s *Server) adminRemove(w http.ResponseWriter, r *http.Request, p *Person, v *session) {
	err := ErrNotFound
	what := r.PathValue("what")
	switch what {
	case "dap":
		err = s.RemoveDAP(p.Tenant, p.ObjectID)
	case "reseller":
		err = s.RemoveReseller(p.Tenant, p.ObjectID)
	}
	s.adminDone(w, r, p, v, what, err)
}

func (s *Server) adminDone(w http.ResponseWriter, r *http.Request, p *Person, v *session, what string, err error) {
	switch {
	case errors.Is(err, ErrNotPermitted):
		s.adminTrouble(w, p, v, http.StatusForbidden, "Your roles do not allow this. Ask a Global Administrator of your organization.")
	case errors.Is(err, ErrNotFound):
		s.adminTrouble(w, p, v, http.StatusNotFound, "There is no such thing here.")
	case err != nil:
		s.adminTrouble(w, p, v, http.StatusConflict, "This cannot be done any more: things have changed meanwhile. Go back and look again.")
	default:
		s.secure(w, "")
		http.Redirect(w, r, adminHome+"?done="+what, http.StatusSeeOther)
	}
}

func (s *Server) adminSignOut(w http.ResponseWriter, r *http.Request, _ *Person, _ *session) {
	if c, err := r.Cookie(sessionCookie); err == nil {
		s.mu.Lock()
		s.realm.sessions.remove(c.Value)
		s.mu.Unlock()
	}
	setCookie(w, sessionCookie, "")
	s.signedOutPage(w, r)
}
