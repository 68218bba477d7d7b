package graph

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"

	"github.com/microsoft/kiota-abstractions-go/serialization"
	"github.com/microsoftgraph/msgraph-sdk-go/models"

	"latchkey/internal/access"
	"latchkey/internal/outbox"
)

// Consent says our own yes or no to what the indirect provider made. Its result
// is an [outbox.RelationshipResult], read back once the relationship waits for us
// no more, or null when Microsoft does not know it any more.
func (f *Effects) Consent(ctx context.Context, e outbox.Effect) (json.RawMessage, error) {
	p, err := outbox.Payload[outbox.ConsentPayload](e)
	if err != nil {
		return nil, err
	}
	rel, err := f.Client.Relationship(ctx, p.Relationship)
	switch {
	case access.CodeOf(err) == access.NotFound:
		return none, nil
	case err != nil:
		return nil, err
	case !rel.ConsentPending:
		return f.consented(ctx, p, rel)
	}
	by, err := consenting(rel, p.Approve)
	if err != nil {
		return nil, err
	}
	asked := f.Client.consent(ctx, by)
	if asked == nil {
		f.Log.InfoContext(ctx, "consent to relationship told", "relationship", p.Relationship, "approve", p.Approve)
	}
	rel, err = f.Client.Relationship(ctx, p.Relationship)
	switch {
	case access.CodeOf(err) == access.NotFound:
		return none, nil
	case err != nil:
		return nil, err
	case !rel.ConsentPending:
		return f.consented(ctx, p, rel)
	case status(asked) == http.StatusBadRequest:
		return nil, outbox.Permanent(refuse(access.Conflict, "answer the provider", asked, "Microsoft does not accept the answer."))
	case asked != nil:
		return nil, asked
	}
	return nil, outbox.NotYet(lookAgain)
}

// consented tells our answer from another that somebody gave elsewhere.
func (f *Effects) consented(ctx context.Context, p outbox.ConsentPayload, rel access.Relationship) (json.RawMessage, error) {
	approved, known, err := f.Client.Consented(ctx, p.Relationship)
	if err != nil {
		return nil, err
	}
	if !known { // the relationship itself must tell
		approved = !ending(rel.Status)
	}
	switch {
	case approved == p.Approve:
		return result(outbox.RelationshipResult{Relationship: rel})
	case approved:
		return nil, never(access.Conflict, "Somebody has approved it already, outside of Latchkey.")
	}
	return nil, never(access.Conflict, "It was rejected or ended already, outside of Latchkey.")
}

// consent approves or rejects the relationship of the pass, which the indirect provider made.
func (c *Client) consent(ctx context.Context, p pass) error {
	if p.yes {
		return c.ask(ctx, p, p.relationship, "approve the provider's relationship", models.APPROVE_DELEGATEDADMINRELATIONSHIPREQUESTACTION)
	}
	return c.ask(ctx, p, p.relationship, "reject the provider's relationship", models.REJECT_DELEGATEDADMINRELATIONSHIPREQUESTACTION)
}

// Consented returns what was answered to the provider, as the requests on the
// relationship tell; known is false when none of them does.
func (c *Client) Consented(ctx context.Context, id access.RelationshipID) (approved, known bool, err error) {
	const doing = "list the requests on the relationship"
	builder, err := c.one(id)
	if err != nil {
		return false, false, fmt.Errorf("%s: %w", doing, err)
	}
	r, err := builder.Requests().ToGetRequestInformation(ctx, nil)
	if err != nil {
		return false, false, fmt.Errorf("%s: %w", doing, err)
	}
	r.Headers.Add("Prefer", "include-unknown-enum-members") // without it "reject" has no name
	for m, err := range list[*relationshipRequest](ctx, c, doing, r, newRelationshipRequest) {
		if err != nil {
			return false, false, err
		}
		if (m.action == "approve" || m.action == "reject") && m.status != "failed" {
			approved, known = m.action == "approve", true
		}
	}
	return approved, known, nil
}

// relationshipRequest is what is read of a request on a relationship.
type relationshipRequest struct{ action, status string }

func newRelationshipRequest(serialization.ParseNode) (serialization.Parsable, error) {
	return &relationshipRequest{}, nil
}

// GetFieldDeserializers implements the interface of what can be parsed.
func (q *relationshipRequest) GetFieldDeserializers() fields {
	return fields{"action": text(&q.action), "status": text(&q.status)}
}

// Serialize writes nothing: requests are only read in this form.
func (q *relationshipRequest) Serialize(serialization.SerializationWriter) error { return nil }
