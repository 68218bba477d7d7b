package commands_test

import (
	"context"

	"latchkey/internal/access"
	"latchkey/internal/approvals"
)

func (s *service) Activity(_ context.Context, o approvals.Origin, tenant access.TenantID, id access.RequestID) (approvals.Activity, error) {
	if o.Actor.Team != ana.Team && (!o.Actor.Same(bo) || tenant != contoso && id != "R-7K3M2") {
		return approvals.Activity{}, access.RefuseAnyone(access.Forbidden, "What was done in a tenant is told to the verified contacts of that customer alone.")
	}
	out := approvals.Activity{Customer: s.customers[0], Request: id}
	if tenant == contosoDE {
		out.Customer = s.customers[1]
		return out, s.ready()
	}
	read := access.LogCursor{State: access.ActivityRead, Since: now.AddDate(0, 0, -7), Until: now}
	out.Cursor = access.ActivityCursor{Tenant: tenant, SignIns: read, Audits: read}
	d := access.Doings{Basis: access.ByNobody, Count: 1, Done: []access.Done{{Log: access.ActSignIn, What: "Exchange", Count: 1, Last: now}}, Last: now}
	out.Outside = []approvals.Deed{{Doings: d, By: access.Person{Name: "Eve"}}}
	out.Under = []approvals.DeedsUnder{{Entry: approvals.Entry{Request: access.Request{ID: "R-7K3M2"}}, Deeds: []approvals.Deed{{Doings: d, By: ana}}}}
	return out, s.ready()
}

func (s *service) ActivityAll(_ context.Context, _ approvals.Origin) ([]approvals.ActivityCount, error) {
	read := access.ActivityCursor{SignIns: access.LogCursor{State: access.ActivityRead, Since: now, Until: now}}
	return []approvals.ActivityCount{{Customer: s.customers[0], Cursor: read, Outside: 2, Last: now}, {Customer: s.customers[1]}}, s.ready()
}
