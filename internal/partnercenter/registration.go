package partnercenter

import (
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"slices"
)

// Registration says where Partner Center sends its notifications. A partner has one.
type Registration struct {
	URL    string   `json:"WebhookUrl"`
	Events []string `json:"WebhookEvents"`
}

const registrationPath = "/webhooks/v1/registration"

// Registration reads what is registered, and reports false when nothing is.
func (c *Client) Registration(ctx context.Context) (Registration, bool, error) {
	var r Registration
	err := c.read(ctx, registrationPath, &r)
	if StatusOf(err) == http.StatusNotFound {
		return r, false, nil
	}
	return r, err == nil && r.URL != "", err
}

// Events lists the events that Partner Center knows and the bot wants.
func (c *Client) Events(ctx context.Context) ([]string, error) {
	var raw json.RawMessage
	if err := c.read(ctx, registrationPath+"/events", &raw); err != nil {
		return nil, err
	}
	var list []string
	var collection struct{ Items []string }
	if json.Unmarshal(raw, &list) != nil {
		if err := json.Unmarshal(raw, &collection); err != nil {
			return nil, err
		}
		list = collection.Items
	}
	return slices.DeleteFunc(list, func(name string) bool { return subjectOf(name) == AboutNothing }), nil
}

// Register has notifications be sent, in place of what was registered before.
func (c *Client) Register(ctx context.Context, r Registration, replace bool) error {
	method := http.MethodPost
	if replace {
		method = http.MethodPut
	}
	body, err := json.Marshal(r)
	if err != nil {
		return err
	}
	return c.asApp(ctx, method, registrationPath, body, &struct{}{})
}

// Validation is what became of a test notification.
type Validation struct {
	Status  string // "pending", "completed" or "failed"
	Results []struct{ ResponseCode json.Number }
}

// Validate has Partner Center send a test notification, at most twice a minute, and
// returns by which id its fate is asked for.
func (c *Client) Validate(ctx context.Context) (id string, err error) {
	var out struct{ CorrelationID string }
	err = c.asApp(ctx, http.MethodPost, registrationPath+"/validationEvents", []byte("{}"), &out)
	return out.CorrelationID, err
}

// Validation reads what became of a test notification.
func (c *Client) Validation(ctx context.Context, id string) (Validation, error) {
	var v Validation
	err := c.read(ctx, registrationPath+"/validationEvents/"+url.PathEscape(id), &v)
	return v, err
}
