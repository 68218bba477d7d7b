package graph

import (
	"context"
	"fmt"
	"net/http"
	"strings"

	abs "github.com/microsoft/kiota-abstractions-go"
	"github.com/microsoft/kiota-abstractions-go/serialization"
	"github.com/microsoftgraph/msgraph-sdk-go/models"
	"github.com/microsoftgraph/msgraph-sdk-go/tenantrelationships"

	"latchkey/internal/access"
)

// Statuses of an assignment on its way out. A deleted one stays listed.
const (
	assignmentDeleting access.AssignmentStatus = "deleting"
	assignmentDeleted  access.AssignmentStatus = "deleted"
)

type assignmentsBuilder = tenantrelationships.DelegatedAdminRelationshipsItemAccessAssignmentsRequestBuilder

func (c *Client) assignments(id access.RelationshipID) (*assignmentsBuilder, error) {
	if err := usable(string(id)); err != nil {
		return nil, err
	}
	return c.relationships().ByDelegatedAdminRelationshipId(string(id)).AccessAssignments(), nil
}

// Assignments reads the access assignments of a relationship, those that are
// deleted left out. GroupName is not filled.
func (c *Client) Assignments(ctx context.Context, id access.RelationshipID) ([]access.Assignment, error) {
	r, err := c.readingAssignments(ctx, id)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", listAssignments, err)
	}
	var found []*assignment
	for m, err := range list[*assignment](ctx, c, listAssignments, r, newAssignment) {
		if err != nil {
			return nil, err
		}
		found = append(found, m)
	}
	return assignmentsOf(found, id), nil
}

const listAssignments = "list the access assignments"

func (c *Client) readingAssignments(ctx context.Context, id access.RelationshipID) (*abs.RequestInformation, error) {
	builder, err := c.assignments(id)
	if err != nil {
		return nil, err
	}
	return builder.ToGetRequestInformation(ctx,
		&tenantrelationships.DelegatedAdminRelationshipsItemAccessAssignmentsRequestBuilderGetRequestConfiguration{
			QueryParameters: &tenantrelationships.DelegatedAdminRelationshipsItemAccessAssignmentsRequestBuilderGetQueryParameters{Top: ptr(pageSize)},
		})
}

// assignmentsOf are those that were found and are not deleted.
func assignmentsOf(found []*assignment, id access.RelationshipID) []access.Assignment {
	out := make([]access.Assignment, 0, len(found))
	for _, m := range found {
		if a := m.value(id); a.Status != assignmentDeleted {
			out = append(out, a)
		}
	}
	return out
}

// assign gives the group of the pass exactly its roles of the relationship. The
// assignment is pending at first. A second one for the same group is refused by Graph
// with 409.
func (c *Client) assign(ctx context.Context, p pass) (access.Assignment, error) {
	const doing = "assign roles to the group"
	builder, err := c.assignments(p.relationship)
	if err != nil {
		return access.Assignment{}, fmt.Errorf("%s: %w", doing, err)
	}
	container := models.NewDelegatedAdminAccessContainer()
	container.SetAccessContainerId(ptr(string(p.group)))
	container.SetAccessContainerType(ptr(models.SECURITYGROUP_DELEGATEDADMINACCESSCONTAINERTYPE))
	body := models.NewDelegatedAdminAccessAssignment()
	body.SetAccessContainer(container)
	body.SetAccessDetails(detailsOf(p.roles))

	r, err := builder.ToPostRequestInformation(ctx, body, nil)
	if err != nil {
		return access.Assignment{}, fmt.Errorf("%s: %w", doing, err)
	}
	m, err := receive[*assignment](ctx, c, doing, p.with(r), newAssignment)
	if err != nil {
		return access.Assignment{}, err
	}
	return m.value(p.relationship), nil
}

// Unassign removes an assignment. One that is gone, or on its way out, is no
// error. When it changed between our look and our act, it looks once more.
func (c *Client) Unassign(ctx context.Context, id access.RelationshipID, assignment access.AssignmentID) error {
	err := c.unassign(ctx, id, assignment)
	switch status(err) {
	case http.StatusPreconditionFailed, http.StatusBadRequest, http.StatusConflict:
		err = c.unassign(ctx, id, assignment)
	}
	return err
}

func (c *Client) unassign(ctx context.Context, id access.RelationshipID, aid access.AssignmentID) error {
	const doing = "remove the access assignment"
	if err := usable(string(aid)); err != nil {
		return fmt.Errorf("%s: %w", doing, err)
	}
	builder, err := c.assignments(id)
	if err != nil {
		return fmt.Errorf("%s: %w", doing, err)
	}
	item := builder.ByDelegatedAdminAccessAssignmentId(string(aid))
	r, err := item.ToGetRequestInformation(ctx, nil)
	if err != nil {
		return fmt.Errorf("%s: %w", doing, err)
	}
	m, err := receive[*assignment](ctx, c, doing, r, newAssignment)
	if isNotFound(err) {
		return nil
	}
	if err != nil {
		return err
	}
	if s := m.value(id).Status; s == assignmentDeleting || s == assignmentDeleted {
		return nil
	}
	headers := abs.NewRequestHeaders()
	headers.Add("If-Match", m.etag)
	r, err = item.ToDeleteRequestInformation(ctx,
		&tenantrelationships.DelegatedAdminRelationshipsItemAccessAssignmentsDelegatedAdminAccessAssignmentItemRequestBuilderDeleteRequestConfiguration{Headers: headers})
	if err != nil {
		return fmt.Errorf("%s: %w", doing, err)
	}
	if err := c.perform(ctx, doing, r); !isNotFound(err) {
		return err
	}
	return nil
}

// assignment reads the SDK's model tolerantly, as relationship does.
type assignment struct {
	models.DelegatedAdminAccessAssignmentable
	status, etag string
}

func newAssignment(serialization.ParseNode) (serialization.Parsable, error) {
	return &assignment{DelegatedAdminAccessAssignmentable: models.NewDelegatedAdminAccessAssignment()}, nil
}

// GetFieldDeserializers implements the interface of what can be parsed.
func (a *assignment) GetFieldDeserializers() fields {
	f := a.DelegatedAdminAccessAssignmentable.GetFieldDeserializers()
	f["status"] = text(&a.status)
	f["@odata.etag"] = text(&a.etag)
	f["createdDateTime"] = ignore
	f["lastModifiedDateTime"] = ignore
	return f
}

func (a *assignment) value(relationship access.RelationshipID) access.Assignment {
	out := access.Assignment{
		ID:           access.AssignmentID(deref(a.GetId())),
		Relationship: relationship,
		Roles:        rolesOf(a.GetAccessDetails()),
		Status:       access.AssignmentStatus(orUnknown(a.status)),
	}
	if container := a.GetAccessContainer(); container != nil {
		out.Group = access.GroupID(strings.ToLower(deref(container.GetAccessContainerId())))
	}
	return out
}
