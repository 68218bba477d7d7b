package commands_test

import (
	"context"

	"latchkey/internal/access"
	"latchkey/internal/approvals"
)

func (s *service) MayHaveEvidence(_ context.Context, o approvals.Origin, tenant access.TenantID) (approvals.Customer, error) {
	if !o.Actor.Same(dee) && !o.Actor.Same(bo) {
		return approvals.Customer{}, access.RefuseAnyone(access.Forbidden, "Evidence of a customer is for its verified contacts and for the partner’s bot admins.")
	}
	return approvals.Customer{Tenant: tenant, Name: "Contoso", Channel: "C0CONTOSO"}, s.ready()
}

func (s *service) AskEvidence(ctx context.Context, o approvals.Origin, tenant access.TenantID, period string) (approvals.EvidenceAsked, error) {
	c, err := s.MayHaveEvidence(ctx, o, tenant)
	if err != nil {
		return approvals.EvidenceAsked{}, err
	}
	s.log("evidence %s %q", tenant, period)
	return approvals.EvidenceAsked{ID: "E-00001", Customer: c, Span: access.Span{Name: period}}, nil
}
