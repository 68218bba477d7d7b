package graph

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"

	abs "github.com/microsoft/kiota-abstractions-go"
	"github.com/microsoft/kiota-abstractions-go/serialization"

	"latchkey/internal/access"
)

// Reader reads in customers' own tenants. It is an application that can only read
// and that each customer lets in or not; the bot's own application reaches nothing
// there. Each time it signs in anew, in the customer's tenant, so that nothing of
// one customer is kept for another.
type Reader struct {
	// Options say how Graph is reached; their credential is not used.
	Options Options
	// Proof is the reading application's own; its tenant is not used.
	Proof CredentialOptions
}

// ErrNotLetIn means that the customer has not let the reader into its tenant, or
// not for what it was to read.
var ErrNotLetIn = errors.New("the customer has not let the reader in")

// notLetIn are the answers of the token endpoint that mean it: no such
// application in the tenant, no consent, no or a disabled service principal.
var notLetIn = []string{"AADSTS700016", "AADSTS65001", "AADSTS7000229", "AADSTS7000112"}

// ServiceProviders lists the organisations that have delegated administration of
// the tenant, by the tenant's own cross-tenant access policy: the partner itself
// as well as others. It returns [ErrNotLetIn] for a customer that has not
// allowed it. Source: Microsoft Graph, crossTenantAccessPolicyConfigurationPartner,
// isServiceProvider; permission Policy.Read.All.
func (r Reader) ServiceProviders(ctx context.Context, tenant access.TenantID) ([]access.TenantID, error) {
	const doing = "read the cross-tenant access policy"
	c, err := r.in(tenant)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", doing, err)
	}
	first, err := c.request(abs.GET, nil, "policies", "crossTenantAccessPolicy", "partners")
	if err != nil { // unreachable: the path is fixed
		return nil, fmt.Errorf("%s: %w", doing, err)
	}
	var out []access.TenantID
	for one, err := range list[*crossTenant](ctx, c, doing, first, newCrossTenant) {
		if err != nil {
			return nil, letIn(err)
		}
		if one.serviceProvider && one.tenant != "" {
			out = append(out, access.TenantID(strings.ToLower(one.tenant)))
		}
	}
	slices.Sort(out)
	return slices.Compact(out), nil
}

// in is a client for one customer's tenant.
func (r Reader) in(tenant access.TenantID) (*Client, error) {
	proof, o := r.Proof, r.Options
	proof.Tenant = string(tenant)
	var err error
	if o.Credential, err = NewCredential(proof); err != nil {
		return nil, err
	}
	return New(o)
}

// letIn says of an error whether the customer is behind it.
func letIn(err error) error {
	if e, ok := errors.AsType[*signInError](err); ok && slices.Contains(notLetIn, e.reason) {
		return errors.Join(ErrNotLetIn, err)
	}
	if status(err) == http.StatusForbidden {
		return errors.Join(ErrNotLetIn, err)
	}
	return err
}

// crossTenant is an entry of the policy. The SDK has a model of it, which reads
// far more than is wanted here.
type crossTenant struct {
	tenant          string
	serviceProvider bool
}

func newCrossTenant(serialization.ParseNode) (serialization.Parsable, error) {
	return &crossTenant{}, nil
}

// GetFieldDeserializers implements the interface of what can be parsed.
func (c *crossTenant) GetFieldDeserializers() fields {
	return fields{"tenantId": text(&c.tenant), "isServiceProvider": truth(&c.serviceProvider)}
}

// Serialize writes nothing: entries are only read.
func (c *crossTenant) Serialize(serialization.SerializationWriter) error { return nil }
