package commands_test

import (
	"context"
	"slices"

	"latchkey/internal/access"
	"latchkey/internal/approvals"
	"latchkey/internal/state"
)

func (s *service) legacy(tenant access.TenantID) (approvals.DAPStory, error) {
	i := slices.IndexFunc(s.customers, func(c approvals.Customer) bool { return c.Tenant == tenant })
	if i < 0 {
		return approvals.DAPStory{}, access.Refuse(access.NotFound, "No customer with this tenant id is known.")
	}
	return approvals.DAPStory{
		Customer: s.customers[i], Known: true, DAP: state.DAP{Customer: tenant, Held: true, ReadAt: now}, Active: 1,
	}, s.fail
}

func (s *service) DAP(_ context.Context, _ approvals.Origin, tenant access.TenantID) (approvals.DAPStory, error) {
	return s.legacy(tenant)
}

func (s *service) CheckDAP(_ context.Context, o approvals.Origin, tenant access.TenantID) (approvals.DAPStory, error) {
	s.log("check dap %s by %s", tenant, o.Actor.User)
	return s.legacy(tenant)
}

func (s *service) MayRemoveDAP(_ context.Context, _ approvals.Origin, tenant access.TenantID) (approvals.DAPStory, error) {
	return s.legacy(tenant)
}

func (s *service) LinkContactByMail(_ context.Context, o approvals.Origin, customer access.TenantID, address string) error {
	s.log("link %s for %s by %s", address, customer, o.Actor.User)
	return nil
}

func (s *service) UnlinkContactByMail(_ context.Context, o approvals.Origin, customer access.TenantID, address string) error {
	s.log("unlink %s for %s by %s", address, customer, o.Actor.User)
	return nil
}

func (s *service) StartVerifying(_ context.Context, o approvals.Origin, customer access.TenantID) (string, approvals.VerifyStory, error) {
	s.log("verify %s for %s", o.Actor.User, customer)
	return "s3cret", approvals.VerifyStory{Customer: "Contoso", Name: o.Actor.Name}, nil
}

func (s *service) RemoveDAP(_ context.Context, o approvals.Origin, tenant access.TenantID, typed string) (string, approvals.DAPStory, error) {
	s.log("remove dap %s by %s typed %s", tenant, o.Actor.User, typed)
	story, err := s.legacy(tenant)
	return "s3cret", story, err
}

func (s *service) InviteReseller(_ context.Context, o approvals.Origin, tenant access.TenantID) (string, approvals.DAPStory, error) {
	s.log("reseller link %s by %s", tenant, o.Actor.User)
	story, err := s.legacy(tenant)
	return "s3cret", story, err
}
