package graph

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/microsoft/kiota-abstractions-go/serialization"
	"github.com/microsoftgraph/msgraph-sdk-go/models"

	"latchkey/internal/access"
)

// The statuses of an operation that is not over. Graph may have more.
const (
	operationNotStarted = "notStarted"
	operationRunning    = "running"
	operationFailed     = "failed"
)

// onAssignment is the type of operations that concern an assignment alone.
const onAssignment = "delegatedAdminAccessAssignmentUpdate"

// Operation is a change of a relationship that Graph answers before it is done.
type Operation struct {
	ID, Kind, Status string
	Created          time.Time
}

// Operations reads what is known of the changes of a relationship that take
// long, the newest first.
func (c *Client) Operations(ctx context.Context, id access.RelationshipID) ([]Operation, error) {
	const doing = "list the operations on the relationship"
	builder, err := c.one(id)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", doing, err)
	}
	r, err := builder.Operations().ToGetRequestInformation(ctx, nil)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", doing, err)
	}
	var out []Operation
	for m, err := range list[*operation](ctx, c, doing, r, newOperation) {
		if err != nil {
			return nil, err
		}
		out = append(out, m.value())
	}
	slices.SortStableFunc(out, func(a, b Operation) int { return b.Created.Compare(a.Created) })
	return out, nil
}

// operation reads the SDK's model tolerantly, as relationship does.
type operation struct {
	models.DelegatedAdminRelationshipOperationable
	kind, status, created string
}

func newOperation(serialization.ParseNode) (serialization.Parsable, error) {
	return &operation{DelegatedAdminRelationshipOperationable: models.NewDelegatedAdminRelationshipOperation()}, nil
}

// GetFieldDeserializers implements the interface of what can be parsed.
func (o *operation) GetFieldDeserializers() fields {
	f := o.DelegatedAdminRelationshipOperationable.GetFieldDeserializers()
	f["operationType"] = text(&o.kind)
	f["status"] = text(&o.status)
	f["createdDateTime"] = text(&o.created)
	f["lastModifiedDateTime"] = ignore
	return f
}

func (o *operation) value() Operation {
	out := Operation{ID: deref(o.GetId()), Kind: o.kind, Status: orUnknown(o.status)}
	out.Created, _ = moment(o.created)
	return out
}
