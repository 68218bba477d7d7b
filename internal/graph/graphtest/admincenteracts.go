package graphtest

import (
	"errors"
	"fmt"
	"slices"
	"time"
)

// customerDelegatedAdmin may decide about relationships without being a Global
// Administrator.
const customerDelegatedAdmin = "fc8ad4e2-40e4-4724-8317-bcda7503ecbf"

// Why an administrator's act is refused, beside [ErrNotFound].
var (
	// ErrNotPermitted says that the person lacks the role for it.
	ErrNotPermitted = errors.New("the person lacks the role for this")
	// ErrStatus says that things are not in the state for it.
	ErrStatus = errors.New("the status does not allow this")
)

// ApproveRelationship is a customer's administrator, named by object id or user
// principal name, agreeing to a relationship that waits for approval. One that
// was made for no customer in particular becomes one with the person's tenant.
func (s *Server) ApproveRelationship(id, person string) error {
	return s.act(id, person, func(rel *relationship, p *Person, now time.Time) error {
		if rel.Status != statusApprovalPending {
			return fmt.Errorf("approve: the relationship is %s: %w", rel.Status, ErrStatus)
		}
		if rel.CustomerTenant == "" {
			rel.CustomerTenant = p.Tenant
			if t, ok := s.realm.tenants.find(p.Tenant); ok {
				rel.CustomerName = t.Name
			}
		}
		s.approve(rel, now)
		s.acted(p, "/admin/partners/relationships/"+rel.ID, "approved relationship "+rel.ID)
		return nil
	})
}

// TerminateRelationship is a customer's administrator ending an active
// relationship, at once or through the statuses in between as the service lags
// behind.
func (s *Server) TerminateRelationship(id, person string) error {
	return s.act(id, person, func(rel *relationship, p *Person, now time.Time) error {
		if rel.Status != statusActive {
			return fmt.Errorf("terminate: the relationship is %s: %w", rel.Status, ErrStatus)
		}
		s.move(rel, statusTerminationRequested, now)
		if s.opt.Lag <= 0 {
			s.goOn(rel, now)
		}
		s.acted(p, "/admin/partners/relationships/"+rel.ID, "terminated relationship "+rel.ID)
		return nil
	})
}

// act does what an administrator of the relationship's customer may do.
func (s *Server) act(id, person string, do func(*relationship, *Person, time.Time) error) error {
	now := s.opt.Due().UTC()
	s.mu.Lock()
	defer s.mu.Unlock()
	s.settle(now)
	p, err := s.personOf(person)
	if err != nil {
		return err
	}
	rel, ok := s.relationships.find(id)
	if !ok || rel.CustomerTenant != "" && !same(rel.CustomerTenant, p.Tenant) || same(p.Tenant, s.opt.PartnerTenant) {
		return fmt.Errorf("relationship: %w", ErrNotFound)
	}
	if !mayDecide(p) {
		return ErrNotPermitted
	}
	s.realm.acting = p
	defer func() { s.realm.acting = nil }()
	return do(rel, p, now)
}

func mayDecide(p *Person) bool {
	return !p.Disabled && p.has(globalAdministrator, customerDelegatedAdmin)
}

// RemoveDAP is a customer's Global Administrator taking legacy delegated
// administration from the partner.
func (s *Server) RemoveDAP(tenant, person string) error {
	return s.removeFrom(tenant, person, func(t *Tenant, p *Person, now time.Time) error {
		if !t.DAP {
			return fmt.Errorf("remove delegated administration: there is none: %w", ErrStatus)
		}
		s.dropDAP(t, now)
		s.acted(p, "/admin/partners/dap", "removed delegated administration from "+t.ID)
		return nil
	})
}

// RemoveReseller is a customer's Global Administrator ending the reseller
// relationship, and legacy delegated administration with it. Granular
// relationships stay.
func (s *Server) RemoveReseller(tenant, person string) error {
	return s.removeFrom(tenant, person, func(t *Tenant, p *Person, now time.Time) error {
		if t.NotReseller {
			return fmt.Errorf("remove the reseller: there is none: %w", ErrStatus)
		}
		if t.DAP {
			s.dropDAP(t, now)
		}
		s.dropReseller(t, now)
		s.acted(p, "/admin/partners/reseller", "removed the reseller relationship from "+t.ID)
		return nil
	})
}

func (s *Server) removeFrom(tenant, person string, do func(*Tenant, *Person, time.Time) error) error {
	now := s.opt.Due().UTC()
	s.mu.Lock()
	defer s.mu.Unlock()
	p, err := s.personOf(person)
	if err != nil {
		return err
	}
	t, ok := s.realm.tenants.find(tenant)
	if !ok || !same(t.ID, p.Tenant) || same(t.ID, s.opt.PartnerTenant) {
		return fmt.Errorf("tenant: %w", ErrNotFound)
	}
	if p.Disabled || !p.has(globalAdministrator) {
		return ErrNotPermitted
	}
	s.realm.acting = p
	defer func() { s.realm.acting = nil }()
	return do(t, p, now)
}

func (s *Server) dropDAP(t *Tenant, now time.Time) {
	t.DAP = false
	s.announce(happening{
		event: "dap-admin-relationship-terminated", operation: "dap_admin_relationship_terminated",
		kind: "PartnerCustomerDap", resource: "partner_customer_dap", customer: t.ID, name: t.Name,
		before: object{"Id": t.ID, "dapEnabled": true}, after: object{"Id": t.ID, "dapEnabled": false},
	}, now)
	s.bump()
}

func (s *Server) dropReseller(t *Tenant, now time.Time) {
	t.NotReseller = true
	for _, k := range slices.Clone(s.contracts.order) {
		if same(k.CustomerTenant, t.ID) {
			s.contracts.remove(k.ID)
		}
	}
	s.announce(happening{
		operation: "remove_partner_customer_relationship", resource: "partner_customer_relationship",
		customer: t.ID, name: t.Name,
		before: object{"Id": t.ID, "relationshipToPartner": "reseller"}, after: object{"Id": t.ID, "relationshipToPartner": "none"},
	}, now)
	s.bump()
}

// acted records what an administrator did on a page. The lock is held.
func (s *Server) acted(p *Person, path, summary string) {
	s.audit = append(s.audit, AuditEntry{
		At: s.opt.Due().UTC(), Who: p.UPN, Method: "POST", Path: path, Summary: summary,
	})
	s.bump()
}
