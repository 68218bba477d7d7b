package graph

import (
	"context"
	"fmt"
	"net/http"
	"strconv"
	"strings"

	abs "github.com/microsoft/kiota-abstractions-go"
	"github.com/microsoftgraph/msgraph-sdk-go/models"
	"github.com/microsoftgraph/msgraph-sdk-go/tenantrelationships"

	"latchkey/internal/access"
)

// What autoExtendDuration may be.
const (
	extendOn  = "P180D"
	extendOff = "PT0S"
)

func extension(on bool) string {
	if on {
		return extendOn
	}
	return extendOff
}

type relationshipBuilder = tenantrelationships.DelegatedAdminRelationshipsDelegatedAdminRelationshipItemRequestBuilder

func (c *Client) one(id access.RelationshipID) (*relationshipBuilder, error) {
	if err := usable(string(id)); err != nil {
		return nil, err
	}
	return c.relationships().ByDelegatedAdminRelationshipId(string(id)), nil
}

// RelationshipNamed looks for a relationship with the customer by its name,
// which only one of the partner's can have. It reports false when there is none
// (yet): what was made a moment ago may not be listed.
func (c *Client) RelationshipNamed(ctx context.Context, customer access.TenantID, name string) (access.Relationship, bool, error) {
	const doing = "look for the relationship"
	filter := "customer/tenantId eq '" + strings.ReplaceAll(string(customer), "'", "''") + "'"
	r, err := c.relationships().ToGetRequestInformation(ctx,
		&tenantrelationships.DelegatedAdminRelationshipsRequestBuilderGetRequestConfiguration{
			QueryParameters: &tenantrelationships.DelegatedAdminRelationshipsRequestBuilderGetQueryParameters{
				Top: ptr(pageSize), Filter: ptr(filter),
			},
		})
	if err != nil {
		return access.Relationship{}, false, fmt.Errorf("%s: %w", doing, err)
	}
	for m, err := range list[*relationship](ctx, c, doing, r, newRelationship) {
		if err != nil {
			return access.Relationship{}, false, err
		}
		if strings.EqualFold(deref(m.GetDisplayName()), name) {
			return m.value(), true, nil
		}
	}
	return access.Relationship{}, false, nil
}

// propose makes the relationship that an offer asks for. It is in the status
// created, and the customer sees nothing of it. A name that is taken is refused
// by Graph with 409.
func (c *Client) propose(ctx context.Context, p pass, o access.Offer) (access.Relationship, error) {
	const doing = "make the relationship"
	customer := models.NewDelegatedAdminRelationshipCustomerParticipant()
	customer.SetTenantId(ptr(string(o.Customer)))
	customer.SetDisplayName(ptr(o.CustomerName))
	body := models.NewDelegatedAdminRelationship()
	body.SetDisplayName(ptr(o.Name))
	body.SetCustomer(customer)
	body.SetAccessDetails(detailsOf(o.Roles))
	// The SDK would write durations in another form, which Graph refuses.
	body.SetAdditionalData(map[string]any{
		"duration":           "P" + strconv.Itoa(o.Days) + "D",
		"autoExtendDuration": extension(o.AutoExtend),
	})
	r, err := c.relationships().ToPostRequestInformation(ctx, body, nil)
	if err != nil {
		return access.Relationship{}, fmt.Errorf("%s: %w", doing, err)
	}
	m, err := receive[*relationship](ctx, c, doing, p.with(r), newRelationship)
	if err != nil {
		return access.Relationship{}, err
	}
	return m.value(), nil
}

func detailsOf(ids []access.RoleID) models.DelegatedAdminAccessDetailsable {
	unified := make([]models.UnifiedRoleable, 0, len(ids))
	for _, id := range access.SortRoles(ids) {
		role := models.NewUnifiedRole()
		role.SetRoleDefinitionId(ptr(string(id)))
		unified = append(unified, role)
	}
	details := models.NewDelegatedAdminAccessDetails()
	details.SetUnifiedRoles(unified)
	return details
}

// lock sends the relationship of the pass, which was made, to its customer for
// approval. From then on it cannot be changed, nor taken back.
func (c *Client) lock(ctx context.Context, p pass) error {
	return c.ask(ctx, p, p.relationship, "send the relationship for approval", models.LOCKFORAPPROVAL_DELEGATEDADMINRELATIONSHIPREQUESTACTION)
}

// Terminate asks for the end of an active relationship.
func (c *Client) Terminate(ctx context.Context, id access.RelationshipID) error {
	return c.ask(ctx, pass{}, id, "end the relationship", models.TERMINATE_DELEGATEDADMINRELATIONSHIPREQUESTACTION)
}

// ask makes one of Graph's own requests on a relationship. What it answers is
// not read: only the relationship itself tells what came of it.
func (c *Client) ask(
	ctx context.Context, p pass, id access.RelationshipID, doing string, action models.DelegatedAdminRelationshipRequestAction,
) error {
	builder, err := c.one(id)
	if err != nil {
		return fmt.Errorf("%s: %w", doing, err)
	}
	body := models.NewDelegatedAdminRelationshipRequest()
	body.SetAction(&action)
	r, err := builder.Requests().ToPostRequestInformation(ctx, body, nil)
	if err != nil {
		return fmt.Errorf("%s: %w", doing, err)
	}
	return c.perform(ctx, doing, p.with(r))
}

// DeleteCreated removes a relationship that was never sent. One that is gone is
// no error; in any status but created Graph refuses it.
func (c *Client) DeleteCreated(ctx context.Context, id access.RelationshipID) error {
	const doing = "delete the relationship"
	err := c.fresh(ctx, pass{}, id, doing, func(b *relationshipBuilder, tag *abs.RequestHeaders) (*abs.RequestInformation, error) {
		return b.ToDeleteRequestInformation(ctx,
			&tenantrelationships.DelegatedAdminRelationshipsDelegatedAdminRelationshipItemRequestBuilderDeleteRequestConfiguration{Headers: tag})
	})
	if access.CodeOf(err) == access.NotFound {
		return nil
	}
	return err
}

// setExtension has the relationship of the pass renew itself at its end, or not.
func (c *Client) setExtension(ctx context.Context, p pass) error {
	const doing = "change the extension of the relationship"
	return c.fresh(ctx, p, p.relationship, doing, func(b *relationshipBuilder, tag *abs.RequestHeaders) (*abs.RequestInformation, error) {
		body := models.NewDelegatedAdminRelationship()
		body.SetAdditionalData(map[string]any{"autoExtendDuration": extension(p.yes)})
		return b.ToPatchRequestInformation(ctx, body,
			&tenantrelationships.DelegatedAdminRelationshipsDelegatedAdminRelationshipItemRequestBuilderPatchRequestConfiguration{Headers: tag})
	})
}

// fresh sends a request that must name the state it changes. When that moved on
// between our look and our act, it looks once more.
func (c *Client) fresh(
	ctx context.Context, p pass, id access.RelationshipID, doing string,
	build func(*relationshipBuilder, *abs.RequestHeaders) (*abs.RequestInformation, error),
) error {
	builder, err := c.one(id)
	if err != nil {
		return fmt.Errorf("%s: %w", doing, err)
	}
	try := func() error {
		m, err := c.read(ctx, id)
		if err != nil {
			return err
		}
		tag := abs.NewRequestHeaders()
		tag.Add("If-Match", m.etag)
		r, err := build(builder, tag)
		if err != nil {
			return fmt.Errorf("%s: %w", doing, err)
		}
		return c.perform(ctx, doing, p.with(r))
	}
	err = try()
	switch status(err) {
	case http.StatusPreconditionFailed, http.StatusBadRequest, http.StatusConflict:
		err = try()
	}
	return err
}
