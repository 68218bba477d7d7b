package graph

import (
	"context"
	"fmt"
	"iter"
	"strings"

	abs "github.com/microsoft/kiota-abstractions-go"
	"github.com/microsoft/kiota-abstractions-go/serialization"
	"github.com/microsoftgraph/msgraph-sdk-go/models"
	"github.com/microsoftgraph/msgraph-sdk-go/tenantrelationships"

	"latchkey/internal/access"
)

// pageSize is the most that Graph gives of relationships and assignments.
const pageSize = int32(300)

// unknown is the status of what has none that can be read.
const unknown = "unknown"

func (c *Client) relationships() *tenantrelationships.DelegatedAdminRelationshipsRequestBuilder {
	return tenantrelationships.NewDelegatedAdminRelationshipsRequestBuilderInternal(map[string]string{}, c.adapter)
}

// Relationships reads every delegated admin relationship of the partner. After
// an error nothing more is yielded, and what was yielded before is not all.
func (c *Client) Relationships(ctx context.Context) iter.Seq2[access.Relationship, error] {
	const doing = "list the relationships"
	return func(yield func(access.Relationship, error) bool) {
		r, err := c.relationships().ToGetRequestInformation(ctx,
			&tenantrelationships.DelegatedAdminRelationshipsRequestBuilderGetRequestConfiguration{
				QueryParameters: &tenantrelationships.DelegatedAdminRelationshipsRequestBuilderGetQueryParameters{Top: ptr(pageSize)},
			})
		if err != nil {
			yield(access.Relationship{}, fmt.Errorf("%s: %w", doing, err))
			return
		}
		for m, err := range list[*relationship](ctx, c, doing, r, newRelationship) {
			if err != nil {
				yield(access.Relationship{}, err)
				return
			}
			if !yield(m.value(), nil) {
				return
			}
		}
	}
}

// Relationship reads one relationship. One that Graph does not know, or whose
// id it refuses, is [access.NotFound].
func (c *Client) Relationship(ctx context.Context, id access.RelationshipID) (access.Relationship, error) {
	m, err := c.read(ctx, id)
	if err != nil {
		return access.Relationship{}, err
	}
	return m.value(), nil
}

const readRelationship = "read the relationship"

func (c *Client) read(ctx context.Context, id access.RelationshipID) (*relationship, error) {
	r, err := c.readingRelationship(ctx, id)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", readRelationship, err)
	}
	m, err := receive[*relationship](ctx, c, readRelationship, r, newRelationship)
	return answered(m, err, id)
}

func (c *Client) readingRelationship(ctx context.Context, id access.RelationshipID) (*abs.RequestInformation, error) {
	builder, err := c.one(id)
	if err != nil {
		return nil, err
	}
	return builder.ToGetRequestInformation(ctx, nil)
}

// relationship reads the SDK's model, but what the SDK loses or stumbles over
// as the strings that Graph wrote: statuses that it does not know, durations,
// which it rewrites, and dates, which may be empty.
type relationship struct {
	models.DelegatedAdminRelationshipable
	status, duration, autoExtend, activated, end, provider, etag string
	consentPending                                               bool
}

func newRelationship(n serialization.ParseNode) (serialization.Parsable, error) {
	m, err := models.CreateDelegatedAdminRelationshipFromDiscriminatorValue(n)
	if err != nil {
		return nil, err
	}
	inner, ok := m.(models.DelegatedAdminRelationshipable)
	if !ok { // unreachable: the SDK makes nothing else
		return nil, fmt.Errorf("a relationship is a %T", m)
	}
	return &relationship{DelegatedAdminRelationshipable: inner}, nil
}

// GetFieldDeserializers implements the interface of what can be parsed.
func (r *relationship) GetFieldDeserializers() fields {
	f := r.DelegatedAdminRelationshipable.GetFieldDeserializers()
	f["status"] = text(&r.status)
	f["duration"] = text(&r.duration)
	f["autoExtendDuration"] = text(&r.autoExtend)
	f["activatedDateTime"] = text(&r.activated)
	f["endDateTime"] = text(&r.end)
	f["indirectProviderTenantId"] = text(&r.provider)
	f["isPartnerConsentPending"] = truth(&r.consentPending)
	f["@odata.etag"] = text(&r.etag)
	f["createdDateTime"] = ignore
	f["lastModifiedDateTime"] = ignore
	return f
}

// value returns our form of it. Where the end cannot be read the status is
// unknown, so that the relationship carries nothing.
func (r *relationship) value() access.Relationship {
	out := access.Relationship{
		ID:         access.RelationshipID(strings.ToLower(deref(r.GetId()))),
		Name:       deref(r.GetDisplayName()),
		Status:     access.RelationshipStatus(orUnknown(r.status)),
		Roles:      rolesOf(r.GetAccessDetails()),
		Duration:   duration(r.duration),
		AutoExtend: duration(r.autoExtend),
		Provider:   access.TenantID(strings.ToLower(r.provider)),

		ConsentPending: r.consentPending,
	}
	if customer := r.GetCustomer(); customer != nil {
		out.Customer = access.TenantID(strings.ToLower(deref(customer.GetTenantId())))
		out.CustomerName = deref(customer.GetDisplayName())
	}
	var ok bool
	out.Start, _ = moment(r.activated)
	if out.End, ok = moment(r.end); !ok {
		out.Status = unknown
	}
	return out
}

func orUnknown(status string) string {
	if status == "" {
		return unknown
	}
	return status
}

// duration keeps an ISO 8601 duration as it is, but for the bare P that some
// clients make of "no time".
func duration(s string) string {
	if s == "P" {
		return "PT0S"
	}
	return s
}

func rolesOf(details models.DelegatedAdminAccessDetailsable) []access.RoleID {
	if details == nil {
		return nil
	}
	var out []access.RoleID
	for _, role := range details.GetUnifiedRoles() {
		if role == nil {
			continue
		}
		if id := deref(role.GetRoleDefinitionId()); id != "" {
			out = append(out, access.RoleID(strings.ToLower(id)))
		}
	}
	return access.SortRoles(out)
}
