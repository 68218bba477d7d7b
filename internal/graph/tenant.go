package graph

import (
	"context"
	"fmt"

	"github.com/microsoftgraph/msgraph-sdk-go/models"
	"github.com/microsoftgraph/msgraph-sdk-go/tenantrelationships"

	"latchkey/internal/access"
)

// Tenant is what anybody may know of a tenant.
type Tenant struct{ Name, Domain string }

// Tenant looks up a tenant by its id. It needs a permission of its own, which
// the partner may leave out.
func (c *Client) Tenant(ctx context.Context, id access.TenantID) (Tenant, error) {
	const doing = "look up the tenant"
	if err := usable(string(id)); err != nil {
		return Tenant{}, fmt.Errorf("%s: %w", doing, err)
	}
	r, err := tenantrelationships.NewTenantRelationshipsRequestBuilderInternal(map[string]string{}, c.adapter).
		FindTenantInformationByTenantIdWithTenantId(ptr(string(id))).ToGetRequestInformation(ctx, nil)
	if err != nil {
		return Tenant{}, fmt.Errorf("%s: %w", doing, err)
	}
	m, err := receive[models.TenantInformationable](ctx, c, doing, r, models.CreateTenantInformationFromDiscriminatorValue)
	if err != nil {
		return Tenant{}, err
	}
	return Tenant{Name: deref(m.GetDisplayName()), Domain: deref(m.GetDefaultDomainName())}, nil
}
