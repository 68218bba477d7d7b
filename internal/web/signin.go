package web

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"

	"latchkey/internal/access"
)

// start shows what the link is for. It does nothing: programs follow links too.
func (s *Site) start(w http.ResponseWriter, r *http.Request) {
	intent, err := s.o.Acts.Look(r.Context(), r.PathValue("secret"))
	if err != nil {
		s.fail(w, r, err)
		return
	}
	s.show(w, http.StatusOK, page{Title: intent.Title, Lines: intent.Lines, Account: intent.Account, Button: intent.Button})
}

// begin sends the browser to Microsoft. It is a page that goes on by itself, for
// a form may not lead to where sign-in pages lead next.
func (s *Site) begin(w http.ResponseWriter, r *http.Request) {
	secret := r.PathValue("secret")
	intent, err := s.o.Acts.Look(r.Context(), secret)
	if err != nil {
		s.fail(w, r, err)
		return
	}
	p, err := s.discover(r.Context())
	if err != nil {
		s.fail(w, r, err)
		return
	}
	f := flow{secret: secret, browser: s.mark(w, r), nonce: rand.Text(), verifier: oauth2.GenerateVerifier(), until: s.o.Now().Add(flowLife)}
	state := rand.Text()
	s.flows.put(state, f, s.o.Now())
	address := s.config(p, intent.Scope).AuthCodeURL(state, oidc.Nonce(f.nonce), oauth2.S256ChallengeOption(f.verifier),
		oauth2.SetAuthURLParam("login_hint", intent.Account))
	s.show(w, http.StatusOK, page{Title: "On to Microsoft", Lines: []string{"Sign in there as " + intent.Account + "."}, Next: address})
}

// finish takes the person back from Microsoft and does what they signed in for.
func (s *Site) finish(w http.ResponseWriter, r *http.Request) {
	q := r.URL.Query()
	f, ok := s.flows.take(q.Get("state"), s.browser(r), s.o.Now())
	if !ok {
		s.show(w, http.StatusBadRequest, failed("This sign-in is not known here",
			"It was begun in another browser, has been used, or took too long. Nothing was done. Open the link from Slack again."))
		return
	}
	if q.Get("error") != "" {
		refusal := access.Refuse(access.Forbidden, "Microsoft did not let you in, so nothing was done. The link from Slack can be used again.")
		if q.Get("error") == "access_denied" {
			refusal = access.Refuse(access.Forbidden, "You said no at Microsoft, so nothing was done. The link from Slack can be used again.")
		}
		s.fail(w, r, s.o.Acts.Refused(r.Context(), f.secret, "", refusal))
		return
	}
	outcome, err := s.complete(r.Context(), f, q.Get("code"))
	if err != nil {
		s.fail(w, r, err)
		return
	}
	status := http.StatusOK
	if !outcome.Good {
		status = http.StatusBadGateway
	}
	s.show(w, status, page{Title: outcome.Title, Lines: outcome.Lines, Link: outcome.Link, Good: outcome.Good, Bad: !outcome.Good})
}

// complete redeems the code, checks who came and does the act. It goes on when
// the browser has left: what was begun must come to an outcome.
func (s *Site) complete(ctx context.Context, f flow, code string) (Outcome, error) {
	ctx = context.WithoutCancel(ctx)
	intent, err := s.o.Acts.Look(ctx, f.secret)
	if err != nil {
		return Outcome{}, err
	}
	who, token, err := s.redeem(ctx, f, code, intent.Scope)
	if refusal, ok := errors.AsType[*access.Error](err); ok {
		return Outcome{}, s.o.Acts.Refused(ctx, f.secret, who, refusal)
	}
	if err != nil {
		return Outcome{}, err
	}
	return s.o.Acts.Do(ctx, f.secret, who, token)
}

func (s *Site) redeem(ctx context.Context, f flow, code, scope string) (access.PrincipalID, string, error) {
	p, err := s.discover(ctx)
	if err != nil {
		return "", "", err
	}
	c := s.config(p, scope)
	proof, err := s.o.Proof(ctx, c.Endpoint.TokenURL)
	if err != nil {
		return "", "", fmt.Errorf("prove the application: %w", err)
	}
	options := []oauth2.AuthCodeOption{oauth2.VerifierOption(f.verifier)}
	for name := range proof {
		options = append(options, oauth2.SetAuthURLParam(name, proof.Get(name)))
	}
	token, err := c.Exchange(s.client(ctx), code, options...)
	if err != nil {
		if refused, ok := errors.AsType[*oauth2.RetrieveError](err); ok { // its text holds the whole answer
			err = fmt.Errorf("microsoft answered %q", line(refused.ErrorCode))
		}
		return "", "", fmt.Errorf("redeem the sign-in: %w", err)
	}
	raw, _ := token.Extra("id_token").(string)
	id, err := p.VerifierContext(s.client(ctx), &oidc.Config{ClientID: s.o.ClientID, Now: s.o.Now}).Verify(ctx, raw)
	if err != nil {
		return "", "", fmt.Errorf("verify the sign-in: %w", err)
	}
	if id.Nonce != f.nonce {
		return "", "", errors.New("verify the sign-in: it belongs to another one")
	}
	who, err := s.admit(id, token.AccessToken)
	return who, token.AccessToken, err
}

// claims are those of the tokens that matter here.
type claims struct {
	Tenant   string          `json:"tid"`
	Object   string          `json:"oid"`
	UPN      string          `json:"preferred_username"`
	Account  json.RawMessage `json:"acct"` // 1 for a guest, as a number or a text
	Provider string          `json:"idp"`
	Methods  []string        `json:"amr"`
}

// admit checks whom Microsoft has let in: somebody of the tenant, no guest of
// it, and with more than a password.
func (s *Site) admit(id *oidc.IDToken, token string) (access.PrincipalID, error) {
	var c claims
	if err := id.Claims(&c); err != nil {
		return "", fmt.Errorf("read the sign-in: %w", err)
	}
	who := access.PrincipalID(strings.ToLower(c.Object))
	own := strings.EqualFold(c.Tenant, s.o.Tenant) && strings.Contains(id.Issuer, strings.ToLower(s.o.Tenant))
	guest := strings.Trim(string(c.Account), `"`) == "1" || strings.Contains(strings.ToUpper(c.UPN), "#EXT#") ||
		c.Provider != "" && !strings.Contains(c.Provider, s.o.Tenant)
	switch {
	case !own || who == "":
		return "", access.Refuse(access.Forbidden, "You have signed in to another organisation, so nothing was done.")
	case guest:
		return who, access.Refuse(access.Forbidden, "You have signed in as a guest, so nothing was done. Use your own account of this organisation.")
	case !slices.Contains(methods(c, token), "mfa"):
		return who, access.Refuse(access.Forbidden, "You have signed in without multi-factor authentication, and Microsoft takes this only with it. "+
			"Nothing was done. Have your account use it, sign out at Microsoft and open the link from Slack again.")
	}
	return who, nil
}

// methods is how the person has signed in. Microsoft says it in the id token or,
// by default, in the access token alone. That one came from Microsoft over TLS
// and is for the same person, so it is believed without its signature.
func methods(c claims, token string) []string {
	if len(c.Methods) > 0 {
		return c.Methods
	}
	parts := strings.Split(token, ".")
	if len(parts) != 3 {
		return nil
	}
	raw, err := base64.RawURLEncoding.DecodeString(parts[1])
	var a claims
	if err != nil || json.Unmarshal(raw, &a) != nil || !strings.EqualFold(a.Object, c.Object) || !strings.EqualFold(a.Tenant, c.Tenant) {
		return nil
	}
	return a.Methods
}

// discover finds the endpoints, and holds the issuer to the tenant.
func (s *Site) discover(ctx context.Context) (*oidc.Provider, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.provider != nil {
		return s.provider, nil
	}
	p, err := oidc.NewProvider(s.client(ctx), s.o.Authority+"/"+s.o.Tenant+"/v2.0")
	if err != nil {
		return nil, fmt.Errorf("find microsoft's sign-in: %w", err)
	}
	s.provider = p
	return p, nil
}

func (s *Site) client(ctx context.Context) context.Context { return oidc.ClientContext(ctx, s.o.HTTP) }

func (s *Site) config(p *oidc.Provider, scope string) *oauth2.Config {
	endpoint := p.Endpoint()
	endpoint.AuthStyle = oauth2.AuthStyleInParams
	return &oauth2.Config{
		ClientID: s.o.ClientID, Endpoint: endpoint, RedirectURL: s.o.PublicURL + PathCallback,
		Scopes: []string{oidc.ScopeOpenID, "profile", scope},
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
