package graphtest

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"
)

// TenantAudit is an entry of the directory's log of a customer's tenant. What the
// partner's people do there through delegated administration carries the object id that
// they have at home, and a name made for the purpose: of whom it is the customer is told
// by nothing else.
type TenantAudit struct {
	ID       string    // drawn when empty
	Tenant   string    // the customer's
	At       time.Time // default: now, by the world's clock
	Person   string    // object id, at home
	NoPerson bool      // the log does not say who, as the documents allow
	Activity string    // activityDisplayName
	Category string    // default "UserManagement"
	// Target is what was changed, by its display name, and Kind what that is; default
	// "User".
	Target, Kind string
	Failed       bool
	Correlation  string // drawn when empty
}

type tenantAudit struct {
	TenantAudit
	seq uint64
}

// AddTenantAudit writes an entry into a customer's log and returns its id.
func (s *Server) AddTenantAudit(v TenantAudit) string {
	now := s.opt.Due()
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.auditedIn(v, now)
}

func (s *Server) auditedIn(v TenantAudit, now time.Time) string {
	v.Correlation = orNew(v.Correlation)
	if v.At.IsZero() {
		v.At = now
	}
	seq := s.next()
	if v.ID == "" {
		v.ID = fmt.Sprintf("Directory_%s_%05d", v.Correlation, seq)
	}
	if v.Category == "" {
		v.Category = "UserManagement"
	}
	if v.Kind == "" {
		v.Kind = "User"
	}
	s.tenantAudits = append(s.tenantAudits, &tenantAudit{v, seq})
	s.bump()
	return v.ID
}

// Work is what a person of the partner does in a customer's tenant: they sign in to an
// application of Microsoft's and, where that is let, change something.
type Work struct {
	Tenant, Person string // the person by object id or user principal name
	App            string // default "Microsoft 365 admin center"
	Does, Target   string // an activity of the directory's log, and what it concerns; none: they only look
}

// Work does it, and writes into the customer's logs, and of the sign-in into the
// partner's, what Microsoft would. It reports whether the person was let in: by a group
// that an active relationship with the tenant gives a role.
func (s *Server) Work(w Work) (in bool, err error) {
	return s.work(w, false)
}

// Sneak does it as who gets in by another way than delegated administration.
func (s *Server) Sneak(w Work) error {
	_, err := s.work(w, true)
	return err
}

func (s *Server) work(w Work, otherwise bool) (in bool, err error) {
	now := s.opt.Due()
	s.mu.Lock()
	defer s.mu.Unlock()
	s.settle(now)
	p, err := s.personOf(w.Person)
	if err != nil {
		return false, err
	}
	if w.App == "" {
		w.App = "Microsoft 365 admin center"
	}
	in = otherwise || s.delegated(p.ObjectID, w.Tenant)
	v := SignIn{
		User: p.ObjectID, AppID: adminCenterApp, App: w.App, Resource: "Windows Azure Active Directory",
		HomeTenant: p.Tenant, ResourceTenant: w.Tenant,
	}
	if !in {
		v.Error, v.FailureReason = errOtherTenant.number, errOtherTenant.message
	}
	s.signedIn(v, now)
	if in && w.Does != "" {
		s.auditedIn(TenantAudit{Tenant: w.Tenant, Person: p.ObjectID, Activity: w.Does, Target: w.Target}, now)
	}
	return in, nil
}

// adminCenterApp is the application behind the Microsoft 365 admin center.
const adminCenterApp = "00000006-0000-0ff1-ce00-000000000000"

// delegated says whether somebody has a role in the tenant through a group that an active
// relationship gives one. The lock is held, here and below.
func (s *Server) delegated(user, tenant string) bool {
	return slices.ContainsFunc(s.assignments.order, func(a *assignment) bool {
		rel, known := s.relationships.find(a.Relationship)
		g, there := s.groups.find(a.Group)
		return known && there && a.Status == statusActive && rel.Status == statusActive && same(rel.CustomerTenant, tenant) &&
			slices.ContainsFunc(g.members, func(m member) bool { return same(m.id, user) })
	})
}

// seenFrom is how a person is called in the logs of a tenant: at home as they are; in
// another only as somebody of their organisation. The documents say that the name there
// is made of a number or hash, and not how; nothing can be read from it here.
func (s *Server) seenFrom(tenant, id string) (name, upn, home string) {
	for _, p := range s.realm.people.order {
		if same(p.ObjectID, id) && same(p.Tenant, tenant) {
			return p.Name, p.UPN, p.Tenant
		}
	}
	if u, ok := s.users.find(id); ok && same(tenant, s.opt.PartnerTenant) {
		return u.DisplayName, u.UPN, tenant
	}
	if home = s.homeOf(id); same(home, tenant) {
		return "", "", home
	}
	domain := "partner.example"
	if t, ok := s.realm.tenants.find(home); ok {
		name = t.Name + " Technician"
		if t.Domain != "" {
			domain = t.Domain
		}
	}
	digest := sha256.Sum256([]byte(strings.ToLower(tenant + "/" + id)))
	return name, "user_" + hex.EncodeToString(digest[:16]) + "@" + domain, home
}

func (s *Server) homeOf(id string) string {
	for _, p := range s.realm.people.order {
		if same(p.ObjectID, id) {
			return p.Tenant
		}
	}
	return s.opt.PartnerTenant
}

func (s *Server) wireTenantAudit(v *tenantAudit) object {
	result, reason := "success", ""
	if v.Failed {
		result, reason = "failure", "Insufficient privileges."
	}
	var by object
	if !v.NoPerson {
		name, upn, home := s.seenFrom(v.Tenant, v.Person)
		by = object{"id": v.Person, "displayName": text(name), "userPrincipalName": text(upn), "ipAddress": "192.0.2.1", "userType": nil, "homeTenantId": nil, "homeTenantName": nil}
		if !same(home, v.Tenant) {
			by["homeTenantId"] = home
		}
	} else {
		by = object{"displayName": "Technician", "userPrincipalName": nil, "ipAddress": nil, "userType": nil, "homeTenantId": s.opt.PartnerTenant, "homeTenantName": nil}
	}
	return object{
		"id": v.ID, "category": v.Category, "correlationId": v.Correlation, "result": result, "resultReason": reason,
		"activityDisplayName": v.Activity, "activityDateTime": stamp(v.At), "loggedByService": "Core Directory", "operationType": "Update",
		"initiatedBy":       object{"app": nil, "user": by},
		"targetResources":   []object{target{kind: v.Kind, name: v.Target}.wire()},
		"additionalDetails": []object{},
	}
}

// auditsOf are the entries of a tenant's directory log.
func (s *Server) auditsOf(tenant string) []entry {
	var out []entry
	if same(tenant, s.opt.PartnerTenant) {
		for _, r := range s.records {
			out = append(out, entry{r.seq, r.wire()})
		}
		return out
	}
	for _, v := range s.tenantAudits {
		if same(v.Tenant, tenant) {
			out = append(out, entry{v.seq, s.wireTenantAudit(v)})
		}
	}
	return out
}

// signInsOf are the entries of a tenant's sign-in log: of its own people wherever they
// sign in, and of others who sign in to it.
func (s *Server) signInsOf(tenant string) []entry {
	var out []entry
	for _, v := range s.signIns {
		if same(v.HomeTenant, tenant) || same(v.ResourceTenant, tenant) {
			out = append(out, entry{v.seq, s.wireSignIn(v, tenant)})
		}
	}
	return out
}

type savedTenantAudit struct {
	TenantAudit
	Seq uint64
}

func init() {
	parts["tenantAudits"] = part{
		save: func(s *Server) any {
			return saveAll(s.tenantAudits, func(v *tenantAudit) savedTenantAudit { return savedTenantAudit{v.TenantAudit, v.seq} })
		},
		load: func(s *Server, raw json.RawMessage) (func(), error) {
			var saved []savedTenantAudit
			if err := json.Unmarshal(raw, &saved); err != nil {
				return nil, err
			}
			return func() {
				s.tenantAudits = nil
				for _, v := range saved {
					s.tenantAudits = append(s.tenantAudits, &tenantAudit{v.TenantAudit, v.Seq})
				}
			}, nil
		},
	}
}

// Entered is an entry of a customer's logs, as the customer sees it.
type Entered struct {
	At               time.Time
	Tenant, Who, App string
	What, Target     string // empty of a sign-in
	Failed           bool
}

// Entries returns what the logs of customers hold of the partner's people, oldest first.
func (s *Server) Entries() []Entered {
	s.mu.Lock()
	defer s.mu.Unlock()
	var out []Entered
	for _, v := range s.signIns {
		if same(v.HomeTenant, s.opt.PartnerTenant) && !same(v.ResourceTenant, s.opt.PartnerTenant) {
			_, upn, _ := s.seenFrom(v.ResourceTenant, v.User)
			out = append(out, Entered{At: v.At, Tenant: v.ResourceTenant, Who: upn, App: v.App, Failed: v.Error != 0})
		}
	}
	for _, v := range s.tenantAudits {
		if same(s.homeOf(v.Person), s.opt.PartnerTenant) {
			_, upn, _ := s.seenFrom(v.Tenant, v.Person)
			out = append(out, Entered{At: v.At, Tenant: v.Tenant, Who: upn, What: v.Activity, Target: v.Target, Failed: v.Failed})
		}
	}
	slices.SortStableFunc(out, func(a, b Entered) int { return a.At.Compare(b.At) })
	return out
}
