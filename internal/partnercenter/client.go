// Package partnercenter talks to Microsoft Partner Center, for what Graph does
// not know: whether a customer still has legacy delegated administration (DAP),
// its removal, and the link by which a customer accepts the reseller.
//
// Reading is done by the application alone. Both others are taken only from a
// person who has signed in with multi-factor authentication, so they want that
// person's token, which is used for the one call and kept nowhere. The package
// keeps nothing; a crash leaves nothing behind. Nothing is tried again here:
// callers wait for as long as an error says.
package partnercenter

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"latchkey/internal/access"
)

const (
	// BaseURL is where the real Partner Center is.
	BaseURL = "https://api.partnercenter.microsoft.com"
	// Scope is what a token of the application is asked for.
	Scope = BaseURL + "/.default"
	// UserScope is what a token of a person is asked for.
	UserScope = BaseURL + "/user_impersonation"

	maxAnswer = 1 << 20
	patience  = 20 * time.Second
)

// Options is what a client is built from.
type Options struct {
	BaseURL string       // empty for the real one
	HTTP    *http.Client // nil for the default one
	// Token returns a token of the application for [Scope].
	Token func(context.Context) (string, error)
	// Now reads a date in Retry-After; nil for the real clock.
	Now func() time.Time
}

// Client makes the calls. It is safe for concurrent use.
type Client struct{ o Options }

// New returns a client. It makes no call.
func New(o Options) *Client {
	if o.BaseURL == "" {
		o.BaseURL = BaseURL
	}
	if o.HTTP == nil {
		o.HTTP = http.DefaultClient
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	return &Client{o}
}

// Customer is what Partner Center says of a customer.
type Customer struct {
	Tenant       access.TenantID
	DAP          bool   // the partner has legacy delegated administration
	Relationship string // relationshipToPartner
}

// Error is a refusal of Partner Center.
type Error struct {
	Status     int
	Code       string
	RetryAfter time.Duration // zero when it did not say
}

func (e *Error) Error() string {
	text := fmt.Sprintf("partner center answered %d", e.Status)
	if e.Code != "" {
		text += " (code " + e.Code + ")"
	}
	return text
}

// ErrIncomplete means an answer that does not say whether there is DAP.
var ErrIncomplete = errors.New("partner center does not say whether there is delegated administration")

// StatusOf is the status of a refusal, and 0 for every other error.
func StatusOf(err error) int {
	if e, ok := errors.AsType[*Error](err); ok {
		return e.Status
	}
	return 0
}

// RetryAfter is how long an error asks to wait; zero when it does not.
func RetryAfter(err error) time.Duration {
	if e, ok := errors.AsType[*Error](err); ok {
		return e.RetryAfter
	}
	return 0
}

// Customer reads one customer. The list of customers would not say whether
// there is delegated administration.
func (c *Client) Customer(ctx context.Context, tenant access.TenantID) (Customer, error) {
	token, err := c.o.Token(ctx)
	if err != nil {
		return Customer{}, fmt.Errorf("token for partner center: %w", err)
	}
	return c.customer(ctx, token, http.MethodGet, tenant, nil)
}

// RemoveDAP removes legacy delegated administration, for good. The token is that
// of a signed-in person. What became of it is known only from reading again.
func (c *Client) RemoveDAP(ctx context.Context, token string, tenant access.TenantID) error {
	_, err := c.customer(ctx, token, http.MethodPatch, tenant,
		[]byte(`{"allowDelegatedAccess":false,"attributes":{"objectType":"Customer"}}`))
	if errors.Is(err, ErrIncomplete) {
		return nil
	}
	return err
}

// ResellerLink fetches the link by which any customer accepts the partner as
// its reseller. It gives no delegated administration. The token is that of a
// signed-in person.
func (c *Client) ResellerLink(ctx context.Context, token string) (string, error) {
	var body struct{ URL string }
	if err := c.call(ctx, token, http.MethodGet, "/v1/customers/relationshiprequests", nil, &body); err != nil {
		return "", err
	}
	u, err := url.Parse(body.URL)
	if err != nil || u.Scheme != "https" || u.Host != "admin.microsoft.com" || u.User != nil {
		return "", errors.New("partner center gave a link that does not lead to Microsoft's admin center")
	}
	return body.URL, nil
}

// read reads with a token of the application.
func (c *Client) read(ctx context.Context, path string, into any) error {
	return c.asApp(ctx, http.MethodGet, path, nil, into)
}

// asApp calls with a token of the application.
func (c *Client) asApp(ctx context.Context, method, path string, body []byte, into any) error {
	token, err := c.o.Token(ctx)
	if err != nil {
		return fmt.Errorf("token for partner center: %w", err)
	}
	return c.call(ctx, token, method, path, body, into)
}

func (c *Client) customer(ctx context.Context, token, method string, tenant access.TenantID, body []byte) (Customer, error) {
	var answer struct {
		ID                    string
		AllowDelegatedAccess  *bool
		RelationshipToPartner string
	}
	if err := c.call(ctx, token, method, "/v1/customers/"+url.PathEscape(string(tenant)), body, &answer); err != nil {
		return Customer{}, err
	}
	if answer.AllowDelegatedAccess == nil || !strings.EqualFold(answer.ID, string(tenant)) {
		return Customer{}, ErrIncomplete
	}
	return Customer{Tenant: tenant, DAP: *answer.AllowDelegatedAccess, Relationship: answer.RelationshipToPartner}, nil
}

func (c *Client) call(ctx context.Context, token, method, path string, body []byte, into any) error {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, method, c.o.BaseURL+path, bytes.NewReader(body))
	if err != nil {
		return fmt.Errorf("call partner center: %w", err)
	}
	r.Header.Set("Authorization", "Bearer "+token)
	r.Header.Set("Accept", "application/json")
	if body != nil {
		r.Header.Set("Content-Type", "application/json")
	}
	resp, err := c.o.HTTP.Do(r)
	if err != nil {
		return fmt.Errorf("call partner center: %w", err)
	}
	defer resp.Body.Close() //nolint:errcheck // it has been read
	raw, err := io.ReadAll(io.LimitReader(resp.Body, maxAnswer))
	if err != nil {
		return fmt.Errorf("read the answer of partner center: %w", err)
	}
	if resp.StatusCode < 200 || resp.StatusCode > 299 {
		return c.refusal(resp, raw)
	}
	// The real service has begun its answers with a byte order mark.
	if err := json.Unmarshal(bytes.TrimPrefix(raw, []byte("\xef\xbb\xbf")), into); err != nil {
		return errors.New("the answer of partner center is not the JSON that was expected")
	}
	return nil
}

func (c *Client) refusal(resp *http.Response, raw []byte) error {
	e := &Error{Status: resp.StatusCode}
	var body struct{ Code json.Number }
	if json.Unmarshal(raw, &body) == nil {
		e.Code = string(body.Code)
	}
	after := resp.Header.Get("Retry-After")
	if n, err := strconv.Atoi(after); err == nil && n > 0 {
		e.RetryAfter = time.Duration(min(n, 24*60*60)) * time.Second
	} else if at, err := http.ParseTime(after); err == nil {
		e.RetryAfter = max(0, min(at.Sub(c.o.Now()), 24*time.Hour))
	}
	return e
}
