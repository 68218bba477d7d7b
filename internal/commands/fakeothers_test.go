package commands_test

import (
	"context"

	"latchkey/internal/access"
	"latchkey/internal/approvals"
)

func (s *service) AskToLetIn(_ context.Context, o approvals.Origin, tenant access.TenantID) (approvals.Customer, error) {
	s.log("ask %s to let in by %s", tenant, o.Actor.User)
	story, err := s.legacy(tenant)
	return story.Customer, err
}
