package web

import (
	"context"
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

// look shows what the link is for. It does nothing: programs follow links too.
func (s *Site) look(w http.ResponseWriter, r *http.Request) {
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
	address, err := s.start(w, r, s.microsoft, secret, intent.Scope, oauth2.SetAuthURLParam("login_hint", intent.Account))
	if err != nil {
		s.fail(w, r, err)
		return
	}
	s.show(w, http.StatusOK, page{Title: "On to Microsoft", Lines: []string{"Sign in there as " + intent.Account + "."}, Next: address})
}

// finish takes the person back from Microsoft and does what they signed in for.
func (s *Site) finish(w http.ResponseWriter, r *http.Request) {
	q := r.URL.Query()
	f, ok, err := s.take(r)
	if err != nil {
		s.fail(w, r, err)
		return
	}
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
	id, token, err := s.microsoft.redeem(ctx, f, code, intent.Scope)
	if err != nil {
		return Outcome{}, err
	}
	who, err := s.admit(id, token)
	if refusal, ok := errors.AsType[*access.Error](err); ok {
		return Outcome{}, s.o.Acts.Refused(ctx, f.secret, who, refusal)
	}
	if err != nil {
		return Outcome{}, err
	}
	return s.o.Acts.Do(ctx, f.secret, who, token)
}

// claims are those of the tokens that matter here.
type claims struct {
	Tenant   string          `json:"tid"`
	Object   string          `json:"oid"`
	Name     string          `json:"name"`
	UPN      string          `json:"preferred_username"`
	Mail     string          `json:"email"`
	Roles    []string        `json:"wids"`
	Account  json.RawMessage `json:"acct"` // 1 for a guest, as a number or a text
	Provider string          `json:"idp"`
	Methods  []string        `json:"amr"`
}

// guest reports whether the account is of another organisation than the tenant's own.
func (c claims) guest() bool {
	return strings.Trim(string(c.Account), `"`) == "1" || strings.Contains(strings.ToUpper(c.UPN), "#EXT#") ||
		c.Provider != "" && !strings.Contains(strings.ToLower(c.Provider), strings.ToLower(c.Tenant))
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
	switch {
	case !own || who == "":
		return "", access.Refuse(access.Forbidden, "You have signed in to another organisation, so nothing was done.")
	case c.guest():
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
