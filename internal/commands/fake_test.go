package commands_test

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"latchkey/internal/access"
	"latchkey/internal/approvals"
	"latchkey/internal/policy"
	"latchkey/internal/state"
)

var now = time.Date(2026, 11, 24, 9, 0, 0, 0, time.UTC)

const (
	contoso   access.TenantID = "11111111-1111-4111-8111-111111111111"
	contosoDE access.TenantID = "22222222-2222-4222-8222-222222222222"
	adatum    access.TenantID = "33333333-3333-4333-8333-333333333333"
)

var (
	ana = access.Person{Team: "T1", User: "U1ANA", Name: "Ana Ruiz"} // staff
	bo  = access.Person{Team: "T2", User: "U2BO", Name: "Bo Lind"}   // Contoso's contact
)

// service keeps requests and bindings in memory, under the rules of package
// access. It can be told to fail.
type service struct {
	customers []approvals.Customer
	requests  map[access.RequestID]access.Request
	grants    map[access.RequestID]access.Grant
	reviews   map[access.RequestID]access.BreakGlassReview
	contacts  map[access.TenantID][]access.Contact
	staff     []access.Staff
	did       []string // what was asked of it that changes something, and refusals it was told of
	fail      error
	mayAsk    error // where the bot may only look
	explode   bool

	revived    []string          // effects that are tried again
	offerState access.OfferState // of the one offer; empty: sent
}

func newService() *service {
	return &service{
		customers: []approvals.Customer{
			{Tenant: contoso, Name: "Contoso", Domains: []string{"contoso.com"}, Channel: "C1", Team: "T2", InPolicy: true},
			{Tenant: contosoDE, Name: "Contoso Deutschland", Domains: []string{"contoso.de"}, Channel: "C2", Team: "T3", InPolicy: true},
			{Tenant: adatum, Name: "Adatum", Domains: []string{"adatum.com"}},
		},
		requests: map[access.RequestID]access.Request{},
		grants:   map[access.RequestID]access.Grant{},
		reviews:  map[access.RequestID]access.BreakGlassReview{},
		contacts: map[access.TenantID][]access.Contact{contoso: {{Person: bo, Customer: contoso, LinkedBy: ana, LinkedAt: now}}},
		staff:    []access.Staff{{Person: ana, UPN: "ana@fabrikam.example"}},
	}
}

func (s *service) log(format string, args ...any) {
	s.did = append(s.did, fmt.Sprintf(format, args...))
}

func (s *service) ready() error {
	if s.explode {
		panic("the fake exploded over a secret")
	}
	return s.fail
}

func (s *service) Find(_ context.Context, _ approvals.Origin, text string) (approvals.Customer, error) {
	if err := s.ready(); err != nil {
		return approvals.Customer{}, err
	}
	var found []approvals.Customer
	for _, c := range s.customers {
		if strings.EqualFold(text, c.Name) || text == string(c.Tenant) || slices.Contains(c.Domains, text) {
			return c, nil
		}
		if strings.HasPrefix(strings.ToLower(c.Name), strings.ToLower(text)) {
			found = append(found, c)
		}
	}
	switch len(found) {
	case 0:
		return approvals.Customer{}, access.Refuse(access.NotFound, "No customer is called %q.", text).In("customer")
	case 1:
		return found[0], nil
	}
	return approvals.Customer{}, &approvals.AmbiguousError{Text: text, Customers: found}
}

func (s *service) MayAsk(context.Context, approvals.Origin) error { return s.mayAsk }

func (s *service) Customers(_ context.Context, _ approvals.Origin, typed string, limit int) ([]approvals.Customer, error) {
	if err := s.ready(); err != nil {
		return nil, err
	}
	var out []approvals.Customer
	for _, c := range s.customers {
		if c.InPolicy && strings.Contains(strings.ToLower(c.Name), strings.ToLower(typed)) {
			out = append(out, c)
		}
	}
	return out[:min(limit, len(out))], nil
}

func (s *service) Overview(_ context.Context, _ approvals.Origin, tenant access.TenantID) (approvals.Overview, error) {
	i := slices.IndexFunc(s.customers, func(c approvals.Customer) bool { return c.Tenant == tenant })
	if i < 0 {
		return approvals.Overview{}, access.Refuse(access.NotFound, "No customer with this tenant id is known.")
	}
	var live []approvals.Entry
	for _, id := range slices.Sorted(maps.Keys(s.grants)) {
		if e := s.entry(id); e.Grant.Live() && e.Request.Customer == tenant {
			live = append(live, e)
		}
	}
	return approvals.Overview{Customer: s.customers[i], ReadAt: now, Grants: live, Relationships: []state.MirroredRelationship{{
		Relationship: access.Relationship{Name: "Care", Status: access.RelationshipActive, AutoExtend: "PT0S"},
		Assignments:  []access.Assignment{{GroupName: "sg", Status: access.AssignmentActive}},
	}}}, s.ready()
}

func (s *service) entry(id access.RequestID) approvals.Entry {
	e := approvals.Entry{Request: s.requests[id]}
	if g, ok := s.grants[id]; ok {
		e.Grant = &g
	}
	return e
}

func (s *service) Mine(_ context.Context, o approvals.Origin) ([]approvals.Entry, error) {
	var out []approvals.Entry
	for id, r := range s.requests {
		if r.Requester.Same(o.Actor) {
			out = append(out, s.entry(id))
		}
	}
	return out, s.ready()
}

func (s *service) Show(_ context.Context, _ approvals.Origin, id access.RequestID) (approvals.Story, error) {
	if _, ok := s.requests[id]; !ok {
		return approvals.Story{}, access.Refuse(access.NotFound, "There is no request %s.", id)
	}
	return approvals.Story{Entry: s.entry(id), Events: []access.Event{{At: now, Kind: access.EventRequested, Actor: ana}}}, s.ready()
}

func (s *service) Summarize(_ context.Context, _ approvals.Origin, of access.TenantID, days int) (approvals.Summary, error) {
	out := approvals.Summary{For: "partner", From: now.AddDate(0, 0, 1-days), To: now, Zone: time.UTC}
	if of != "" {
		story, err := s.legacy(of)
		if err != nil {
			return out, err
		}
		out.For, out.Customer = of, story.Customer
	}
	return out, s.fail
}

func (s *service) Why(_ context.Context, _ approvals.Origin, who approvals.Who, tenant access.TenantID) (approvals.Reach, error) {
	i := slices.IndexFunc(s.customers, func(c approvals.Customer) bool { return c.Tenant == tenant })
	if i < 0 {
		return approvals.Reach{}, access.Refuse(access.NotFound, "No customer with this tenant id is known.")
	}
	r := approvals.Reach{Customer: s.customers[i], Person: access.Person{User: who.User, Name: who.UPN}, ReadAt: now}
	if who.User == ana.User {
		r.Person, r.Principal = ana, "p"
	}
	return r, s.ready()
}

func (s *service) Submit(_ context.Context, o approvals.Origin, a approvals.Ask) (access.Request, error) {
	if err := s.ready(); err != nil {
		return access.Request{}, err
	}
	r, err := access.NewRequest(access.Request{
		ID: access.RequestID(fmt.Sprintf("R-0000%d", len(s.requests)+1)), Requester: o.Actor, Principal: "p", Customer: a.Customer, CustomerName: "Contoso",
		Roles: a.Roles, Duration: a.Duration, Justification: a.Justification,
		Rule:    access.Rule{MaxDuration: 8 * time.Hour, Approvals: 1, DecideWithin: time.Hour, StartWithin: 720 * time.Hour, Recurring: 2160 * time.Hour, Extensions: 1},
		StartAt: a.StartAt, Windows: a.Windows, Recurs: a.Recurs,
	}, now)
	if err != nil {
		return r, err
	}
	s.requests[r.ID] = r
	at := ""
	if a.BreakGlass {
		at = " at once"
	}
	s.log("submit"+at+" %s %d roles %s %s", a.Customer, len(a.Roles), a.Duration, a.Justification)
	if r.Scheduled() {
		s.log("begins %s, %d windows", r.StartAt.Format(time.RFC3339), len(r.Windows))
	}
	return r, nil
}

func (s *service) Withdraw(_ context.Context, o approvals.Origin, id access.RequestID) (access.Request, error) {
	r, err := s.requests[id].Withdraw(o.Actor, now)
	if err == nil {
		s.requests[id] = r
		s.log("withdraw %s", id)
	}
	return r, err
}

func (s *service) Stop(_ context.Context, o approvals.Origin, id access.RequestID, note string) (access.Request, error) {
	r, err := s.requests[id].Stop(o.Actor, note, now)
	if err == nil {
		s.requests[id] = r
		s.log("stop %s", id)
	}
	return r, err
}

func (s *service) MayProlong(_ context.Context, _ approvals.Origin, id access.RequestID) (approvals.Entry, error) {
	r, g := s.requests[id], s.grants[id]
	return approvals.Entry{Request: r, Grant: &g}, r.Rule.AllowsExtension(g.Extended)
}

func (s *service) Prolong(_ context.Context, _ approvals.Origin, id access.RequestID, more time.Duration, why string) (access.Request, error) {
	s.log("extend %s by %s: %s", id, more, why)
	return s.requests[id], nil
}

func (s *service) Revoke(_ context.Context, o approvals.Origin, id access.RequestID, note string) (access.Grant, error) {
	g, ok := s.grants[id]
	if !ok {
		return g, access.Refuse(access.NotFound, "There is no access %s.", id)
	}
	g, err := g.End(access.Revoked, o.Actor, note)
	if err == nil {
		s.grants[id] = g
		s.log("revoke %s %s", id, note)
	}
	return g, err
}

func (s *service) MayDecide(_ context.Context, o approvals.Origin, id access.RequestID, terms int) (access.Request, error) {
	r, ok := s.requests[id]
	if !ok {
		return r, access.Refuse(access.NotFound, "There is no request %s.", id)
	}
	if !slices.ContainsFunc(s.contacts[r.Customer], func(c access.Contact) bool { return c.Person.Same(o.Actor) }) {
		return r, access.Refuse(access.Forbidden, "You are no contact of %s.", r.CustomerName)
	}
	if terms != r.Terms {
		return r, access.Refuse(access.Conflict, "%s has changed.", id)
	}
	return r, nil
}

func (s *service) Decide(ctx context.Context, o approvals.Origin, id access.RequestID, terms int, v access.Verdict, note string) (access.Request, error) {
	r, err := s.MayDecide(ctx, o, id, terms)
	if err != nil {
		return r, err
	}
	if r, err = r.Decide(access.Decision{By: o.Actor, Verdict: v, Note: note}, terms, now); err != nil {
		return r, err
	}
	s.requests[id] = r
	if r.State == access.Approved {
		s.grants[id] = access.NewGrant(r, now)
	}
	s.log("%s %s %s", v, id, note)
	return r, nil
}

func (s *service) Narrow(ctx context.Context, o approvals.Origin, id access.RequestID, terms int, left access.Narrowing) (access.Request, error) {
	r, err := s.MayDecide(ctx, o, id, terms)
	if err != nil {
		return r, err
	}
	if r, err = r.Decide(access.Decision{By: o.Actor, Verdict: access.Approve, Narrowed: &left}, terms, now); err != nil {
		return r, err
	}
	s.requests[id] = r
	s.log("narrow %s to %d roles %s", id, len(left.Roles), left.Duration)
	return r, nil
}

func (s *service) MayChange(_ context.Context, o approvals.Origin, id access.RequestID, terms int) (access.Request, error) {
	r := s.requests[id]
	switch {
	case !o.Actor.Same(r.Requester):
		return r, access.Refuse(access.Forbidden, "Only who asked can change it.")
	case terms != r.Terms:
		return r, access.Refuse(access.Conflict, "%s has changed.", id)
	}
	return r, s.ready()
}

func (s *service) Change(ctx context.Context, o approvals.Origin, id access.RequestID, terms int, a approvals.Ask) (access.Request, error) {
	r, err := s.MayChange(ctx, o, id, terms)
	if err != nil {
		return r, err
	}
	to := r
	to.Roles, to.Duration, to.Justification = a.Roles, a.Duration, a.Justification
	if r, err = r.Change(o.Actor, to, now); err != nil {
		return r, err
	}
	s.requests[id] = r
	s.log("change %s to %d roles %s %s", id, len(a.Roles), a.Duration, a.Justification)
	return r, nil
}

func (s *service) LinkContact(_ context.Context, _ approvals.Origin, c access.TenantID, u access.UserID) error {
	s.log("link contact %s %s", c, u)
	return s.ready()
}

func (s *service) UnlinkContact(_ context.Context, _ approvals.Origin, c access.TenantID, team access.TeamID, u access.UserID) error {
	s.log("unlink contact %s %s %s", c, team, u)
	return s.ready()
}

func (s *service) Contacts(_ context.Context, _ approvals.Origin, c access.TenantID) ([]access.Contact, error) {
	return s.contacts[c], s.ready()
}

func (s *service) MayBeAway(context.Context, approvals.Origin, access.TenantID) error {
	return s.ready()
}

func (s *service) StandIn(_ context.Context, _ approvals.Origin, c access.TenantID, u access.UserID, away time.Duration) error {
	s.log("stand in %s %s %s", c, u, away)
	return s.ready()
}

func (s *service) Back(_ context.Context, _ approvals.Origin, c access.TenantID) error {
	s.log("back %s", c)
	return s.ready()
}

func (s *service) LinkStaff(_ context.Context, _ approvals.Origin, p access.Person, upn string) error {
	s.log("link staff %s/%s (%s) %s", p.Team, p.User, p.Name, upn)
	return s.ready()
}

func (s *service) UnlinkStaff(_ context.Context, _ approvals.Origin, u access.UserID) error {
	s.log("unlink staff %s", u)
	return s.ready()
}

func (s *service) LinkByMail(_ context.Context, _ approvals.Origin, refusal error) error {
	return refusal
}

func (s *service) Membership(context.Context, access.Person) policy.Membership { return nil }

func (s *service) Staff(context.Context, approvals.Origin) ([]access.Staff, error) {
	return s.staff, s.ready()
}

func (s *service) Refuse(_ context.Context, _ approvals.Origin, what string, err *access.Error) error {
	s.log("refused %s", what)
	return err
}
