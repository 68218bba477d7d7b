package web

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"
)

// microsoft is where people of one application sign in.
type microsoft struct {
	authority string // with its tenant
	// pattern is the issuer where the authority is that of all organisations; empty: the
	// authority is the issuer.
	pattern          string
	client, redirect string
	http             *http.Client
	proof            func(ctx context.Context, endpoint string) (url.Values, error)
	now              func() time.Time

	mu       sync.Mutex
	provider *oidc.Provider // once it was found
}

// tenantPart is what stands in an issuer's pattern for the tenant.
const tenantPart = "{tenantid}"

// start begins a sign-in in a browser, and returns where it goes on.
func (c *chrome) start(w http.ResponseWriter, r *http.Request, m *microsoft, secret, scope string, more ...oauth2.AuthCodeOption) (string, error) {
	p, err := m.discover(r.Context())
	if err != nil {
		return "", err
	}
	state, f, err := c.begin(r.Context(), c.mark(w, r), secret)
	if err != nil {
		return "", fmt.Errorf("begin a sign-in: %w", err)
	}
	more = append(more, oidc.Nonce(f.nonce), oauth2.S256ChallengeOption(f.verifier))
	return m.config(p, scope).AuthCodeURL(state, more...), nil
}

// redeem takes the code to Microsoft, and checks what it says of who has signed in: its
// signature, whom and what it is for, its age, that it belongs to this sign-in, and that
// its issuer is its tenant's.
func (m *microsoft) redeem(ctx context.Context, f flow, code, scope string) (*oidc.IDToken, string, error) {
	p, err := m.discover(ctx)
	if err != nil {
		return nil, "", err
	}
	c := m.config(p, scope)
	proof, err := m.proof(ctx, c.Endpoint.TokenURL)
	if err != nil {
		return nil, "", fmt.Errorf("prove the application: %w", err)
	}
	options := []oauth2.AuthCodeOption{oauth2.VerifierOption(f.verifier)}
	for name := range proof {
		options = append(options, oauth2.SetAuthURLParam(name, proof.Get(name)))
	}
	token, err := c.Exchange(m.with(ctx), code, options...)
	if err != nil {
		if refused, ok := errors.AsType[*oauth2.RetrieveError](err); ok { // its text holds the whole answer
			err = fmt.Errorf("microsoft answered %q", line(refused.ErrorCode))
		}
		return nil, "", fmt.Errorf("redeem the sign-in: %w", err)
	}
	raw, _ := token.Extra("id_token").(string)
	id, err := p.VerifierContext(m.with(ctx), &oidc.Config{ClientID: m.client, Now: m.now, SkipIssuerCheck: m.pattern != ""}).Verify(ctx, raw)
	if err != nil {
		return nil, "", fmt.Errorf("verify the sign-in: %w", err)
	}
	if id.Nonce != f.nonce {
		return nil, "", errors.New("verify the sign-in: it belongs to another one")
	}
	return id, token.AccessToken, m.issued(id)
}

// issued holds a token of the authority for all to the issuer of its own tenant, for the
// keys are the same for every tenant.
func (m *microsoft) issued(id *oidc.IDToken) error {
	if m.pattern == "" {
		return nil
	}
	var c claims
	if err := id.Claims(&c); err != nil {
		return fmt.Errorf("read the sign-in: %w", err)
	}
	if !guid.MatchString(c.Tenant) || id.Issuer != strings.Replace(m.pattern, tenantPart, c.Tenant, 1) {
		return errors.New("verify the sign-in: its issuer is not its tenant's")
	}
	return nil
}

// discover finds the endpoints, and holds the issuer to the authority.
func (m *microsoft) discover(ctx context.Context) (*oidc.Provider, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.provider != nil {
		return m.provider, nil
	}
	ctx = m.with(ctx)
	if m.pattern != "" { // not insecure: what it stands for is checked with each token
		ctx = oidc.InsecureIssuerURLContext(ctx, m.pattern)
	}
	p, err := oidc.NewProvider(ctx, m.authority)
	if err != nil {
		return nil, fmt.Errorf("find microsoft's sign-in: %w", err)
	}
	m.provider = p
	return p, nil
}

func (m *microsoft) with(ctx context.Context) context.Context { return oidc.ClientContext(ctx, m.http) }

func (m *microsoft) config(p *oidc.Provider, scope string) *oauth2.Config {
	endpoint := p.Endpoint()
	endpoint.AuthStyle = oauth2.AuthStyleInParams
	return &oauth2.Config{
		ClientID: m.client, Endpoint: endpoint, RedirectURL: m.redirect,
		Scopes: append([]string{oidc.ScopeOpenID, "profile"}, strings.Fields(scope)...),
	}
}

func line(text string) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' || r > '~' {
			return -1
		}
		return r
	}, text[:min(len(text), 60)])
}
