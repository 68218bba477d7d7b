package graph

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"slices"
	"strings"
	"sync/atomic"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
)

// Rights is what the application may do, as its own token for Graph says it: read anew
// with each token that is got, and never asked for. Microsoft promises nothing of what is
// in such a token, so one that cannot be read means that nothing is known, and Graph is
// left to refuse. It is safe for concurrent use.
type Rights struct {
	inner azcore.TokenCredential
	scope string
	token atomic.Pointer[string]
	held  atomic.Pointer[[]string] // nil: not known
}

// GetToken implements the interface of a credential, and reads what the token says.
func (r *Rights) GetToken(ctx context.Context, o policy.TokenRequestOptions) (azcore.AccessToken, error) {
	t, err := r.inner.GetToken(ctx, o)
	if err != nil || !slices.Contains(o.Scopes, r.scope) {
		return t, err
	}
	if before := r.token.Swap(&t.Token); before == nil || *before != t.Token {
		r.held.Store(rolesIn(t.Token))
	}
	return t, nil
}

// Learn gets a token now, so that what it says is known.
func (r *Rights) Learn(ctx context.Context) error {
	_, err := r.GetToken(ctx, policy.TokenRequestOptions{Scopes: []string{r.scope}})
	return err
}

// Lacks reports whether the application is known to have none of the permissions.
func (r *Rights) Lacks(permissions ...string) bool {
	held := r.held.Load()
	return held != nil && !slices.ContainsFunc(permissions, func(p string) bool { return slices.Contains(*held, p) })
}

// rolesIn reads the application permissions from a token; nil where it cannot be read.
func rolesIn(token string) *[]string {
	parts := strings.Split(token, ".")
	if len(parts) != 3 {
		return nil
	}
	claims, err := base64.RawURLEncoding.DecodeString(parts[1])
	var v struct {
		Tid   string
		Roles []string
	}
	if err != nil || json.Unmarshal(claims, &v) != nil || v.Tid == "" {
		return nil
	}
	return &v.Roles
}

// Rights is what the client's application may do.
func (c *Client) Rights() *Rights { return c.rights }
