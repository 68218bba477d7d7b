package partnercenter

import (
	"context"
	"encoding/json"
	"net/url"
	"time"

	"latchkey/internal/access"
)

// The kinds of resources that records are about, as the log spells them.
const (
	ResourceRelationship = "granular_admin_relationship"
	ResourceDAP          = "partner_customer_dap"
	ResourceCustomer     = "partner_customer_relationship" // the reseller relationship
)

// Record is an entry of Partner Center's audit log.
//
// https://learn.microsoft.com/partner-center/developer/auditing-resources
type Record struct {
	ID        string
	Customer  access.TenantID
	Operation string // such as "granular_admin_relationship_termination_requested"
	Resource  string // the id of what was changed; empty when the record does not say
	By        string // userPrincipalName; empty when an application did it
	App       string // applicationId
	At        time.Time
}

type wireRecord struct {
	ID                string
	CustomerID        access.TenantID
	OperationType     string
	UserPrincipalName string
	ApplicationID     string
	OperationDate     time.Time
	ResourceNewValue  string // JSON, in which the resource is
}

func (w wireRecord) record() Record {
	var resource struct{ ID string }
	json.Unmarshal([]byte(w.ResourceNewValue), &resource) //nolint:errcheck // then it does not say
	return Record{
		ID: w.ID, Customer: w.CustomerID, Operation: w.OperationType, Resource: resource.ID,
		By: w.UserPrincipalName, App: w.ApplicationID, At: w.OperationDate,
	}
}

// Record reads one audit record.
func (c *Client) Record(ctx context.Context, id string) (Record, error) {
	var one wireRecord
	if err := c.read(ctx, "/auditactivity/v1/auditrecords/"+url.PathEscape(id), &one); err != nil {
		return Record{}, err
	}
	return one.record(), nil
}

// Records reads the audit records of one kind of resource from the day of since on.
// Partner Center knows the last 90 days.
func (c *Client) Records(ctx context.Context, resource string, since time.Time) ([]Record, error) {
	filter, err := json.Marshal(map[string]string{"Field": "ResourceType", "Value": resource, "Operator": "equals"})
	if err != nil {
		return nil, err
	}
	q := url.Values{"startDate": {since.UTC().Format(time.DateOnly)}, "filter": {string(filter)}}
	var list struct{ Items []wireRecord }
	if err := c.read(ctx, "/v1/auditrecords?"+q.Encode(), &list); err != nil {
		return nil, err
	}
	out := make([]Record, len(list.Items))
	for i, w := range list.Items {
		out[i] = w.record()
	}
	return out, nil
}
