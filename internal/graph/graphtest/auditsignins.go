package graphtest

import (
	"net/http"
	"time"
)

// SignIn is an entry of the tenant's sign-in log.
type SignIn struct {
	ID            string    // drawn when empty
	At            time.Time // default: now, by the world's clock
	User          string    // object id; name and address are taken from the directory
	AppID, App    string
	IP            string // from the range for documentation when empty
	Error         int    // AADSTS number; 0: signed in
	FailureReason string
	Resource      string // display name of what was signed in to
	// HomeTenant and ResourceTenant are the partner's when empty. A sign-in to a
	// customer has the customer's as its resource tenant.
	HomeTenant, ResourceTenant string
}

type signIn struct {
	SignIn
	seq uint64
}

// AddSignIn writes an entry into the sign-in log and returns its id.
func (s *Server) AddSignIn(v SignIn) string {
	now := s.opt.Due()
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.signedIn(v, now)
}

// SignIns returns the sign-in log, oldest first: what AddSignIn wrote and what
// happened on the sign-in page.
func (s *Server) SignIns() []SignIn {
	s.mu.Lock()
	defer s.mu.Unlock()
	out := make([]SignIn, 0, len(s.signIns))
	for _, v := range s.signIns {
		out = append(out, v.SignIn)
	}
	return out
}

func (s *Server) signedIn(v SignIn, now time.Time) string {
	v.ID = orNew(v.ID)
	if v.At.IsZero() {
		v.At = now
	}
	if v.IP == "" {
		v.IP = "192.0.2.1"
	}
	if v.HomeTenant == "" {
		v.HomeTenant = s.opt.PartnerTenant
	}
	if v.ResourceTenant == "" {
		v.ResourceTenant = s.opt.PartnerTenant
	}
	s.signIns = append(s.signIns, &signIn{v, s.next()})
	s.bump()
	return v.ID
}

// wireSignIn is the entry as the log of a tenant shows it.
func (s *Server) wireSignIn(v *signIn, tenant string) object {
	name, upn, _ := s.seenFrom(tenant, v.User)
	access := "success"
	if v.Error != 0 {
		access = "notApplied"
	}
	return object{
		"id":                      v.ID,
		"createdDateTime":         stamp(v.At),
		"userId":                  v.User,
		"userDisplayName":         text(name),
		"userPrincipalName":       text(upn),
		"appId":                   text(v.AppID),
		"appDisplayName":          text(v.App),
		"ipAddress":               v.IP,
		"clientAppUsed":           "Browser",
		"correlationId":           v.ID,
		"conditionalAccessStatus": access,
		"isInteractive":           true,
		"resourceDisplayName":     text(v.Resource),
		"homeTenantId":            v.HomeTenant,
		"resourceTenantId":        v.ResourceTenant,
		"riskDetail":              "none",
		"riskLevelAggregated":     "none",
		"riskLevelDuringSignIn":   "none",
		"riskState":               "none",
		"riskEventTypes":          []string{},
		"status": object{
			"errorCode": v.Error, "failureReason": text(v.FailureReason), "additionalDetails": nil,
		},
	}
}

var signInListing = listing{
	context: "auditLogs/signIns", page: 1000, limit: 1000,
	newest: "createdDateTime", orders: []string{"createdDateTime"},
	filters: map[string]string{
		"createdDateTime": opInstant, "userId": opEq, "userPrincipalName": opBoth, "userDisplayName": opBoth,
		"appId": opEq, "appDisplayName": opBoth, "ipAddress": opBoth, "correlationId": opEq,
		"conditionalAccessStatus": opEq, "resourceDisplayName": opEq, "resourceTenantId": "eq ne", "homeTenantId": "eq ne",
	},
}

// premium refuses what needs a licence that the tenant does not have.
func (s *Server) premium(tenant string) error {
	without := s.opt.NoPremium
	if !same(tenant, s.opt.PartnerTenant) {
		t, ok := s.realm.tenants.find(tenant)
		without = ok && t.NoPremium
	}
	if without {
		return fail(http.StatusForbidden, "Authentication_RequestFromNonPremiumTenantOrB2CTenant",
			"The tenant has no premium licence, which this report needs.")
	}
	return nil
}

func (s *Server) listSignIns(c *call) (reply, error) {
	if err := s.premium(c.tenant); err != nil {
		return reply{}, err
	}
	return c.list(signInListing, s.signInsOf(c.tenant))
}

func (s *Server) getSignIn(c *call) (reply, error) {
	if err := s.premium(c.tenant); err != nil {
		return reply{}, err
	}
	for _, e := range s.signInsOf(c.tenant) {
		if id, _ := e.body["id"].(string); same(id, c.r.PathValue("rid")) {
			return c.one(http.StatusOK, "/$metadata#auditLogs/signIns/$entity", e.body), nil
		}
	}
	return reply{}, noObject()
}
