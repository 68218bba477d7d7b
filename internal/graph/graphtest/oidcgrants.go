package graphtest

import (
	"crypto/sha256"
	"crypto/subtle"
	"slices"
	"strings"
	"time"
)

const (
	audienceGraph         = "graph"
	audiencePartnerCenter = "partner center"

	// refreshLife is how long a refresh token lives that is not used.
	refreshLife = 90 * 24 * time.Hour
)

// bearer is what an access token stands for: the application by itself or, when
// person is set, on behalf of that person.
type bearer struct {
	client           string // id of the application
	tenant, audience string
	person           string // key
	mfa              bool
	expires          time.Time
}

// code is what an authorization code stands for.
type code struct {
	authorization
	person   string
	issued   time.Time
	redeemed bool
}

// refresh is what a refresh token stands for. The client owns it, and it stays
// good when it is used.
type refresh struct {
	client string // id of the application
	person string
	scopes []string
	used   time.Time
}

func isIdentityScope(scope string) bool {
	return slices.Contains([]string{"openid", "profile", "email", "offline_access"}, scope)
}

// resourceOf is the resource that a scope belongs to, "" for one that is not
// here. A name without an address is one of Graph's.
func resourceOf(scope, base string) string {
	for prefix, audience := range map[string]string{
		"https://graph.microsoft.com/":             audienceGraph,
		"https://api.partnercenter.microsoft.com/": audiencePartnerCenter,
		base + "/partnercenter/":                   audiencePartnerCenter,
	} {
		if rest, ok := strings.CutPrefix(scope, prefix); ok && rest != "" {
			return audience
		}
	}
	if rest, ok := strings.CutPrefix(scope, base+"/"); ok && rest != "" && !strings.Contains(rest, "/") {
		return audienceGraph
	}
	if scope != "" && !strings.ContainsAny(scope, ":/") {
		return audienceGraph
	}
	return ""
}

// audienceOf is the one resource that the scopes are of: Graph when they name
// none. It refuses scopes of no known resource, and of two.
func audienceOf(scopes []string, base string) (audience string, named bool, refusal *tokenError) {
	for _, scope := range scopes {
		if isIdentityScope(scope) {
			continue
		}
		switch found := resourceOf(scope, base); {
		case found == "":
			return "", true, errScope
		case named && found != audience:
			return "", true, errResources
		default:
			audience, named = found, true
		}
	}
	if !named {
		audience = audienceGraph
	}
	return audience, named, nil
}

// grantForCode redeems an authorization code, once.
func (s *Server) grantForCode(q tokenRequest) (object, *tokenError) {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.opt.Now()
	c, ok := s.realm.codes.find(q.form.Get("code"), now)
	switch {
	case !q.form.Has("code"):
		return nil, missing("code")
	case !ok || !same(c.client, q.app.ClientID):
		return nil, errGrantText
	case c.redeemed:
		return nil, errRedeemed
	case !now.Before(c.issued.Add(codeLife)):
		return nil, errCodeExpired
	case q.form.Get("redirect_uri") != c.redirect:
		return nil, errReplyAddress
	case !verifies(c.challenge, q.form.Get("code_verifier")):
		return nil, errVerifier
	}
	p, ok := s.realm.people.find(c.person)
	switch {
	case !ok:
		return nil, errGrantText
	case !sharedAuthority(q.authority) && !same(q.authority, p.Tenant):
		return nil, errOtherCode
	}
	scopes := c.scopes
	if asked := strings.Fields(q.form.Get("scope")); len(asked) > 0 {
		scopes = within(asked, c.scopes)
	}
	answer, refusal := s.grantToPerson(q, p, c.scopes, scopes, c.nonce)
	if refusal == nil {
		c.redeemed = true
	}
	return answer, refusal
}

// within adds to what is asked for the scopes of identity granted before.
func within(asked, granted []string) []string {
	out := slices.Clone(asked)
	for _, scope := range granted {
		if isIdentityScope(scope) && !slices.Contains(out, scope) {
			out = append(out, scope)
		}
	}
	return out
}

// verifies says whether the verifier is the challenge's. Neither goes without
// the other.
func verifies(challenge, verifier string) bool {
	if challenge == "" || verifier == "" {
		return challenge == verifier
	}
	if len(verifier) < 43 || len(verifier) > 128 {
		return false
	}
	digest := sha256.Sum256([]byte(verifier))
	return subtle.ConstantTimeCompare([]byte(encode(digest[:])), []byte(challenge)) == 1
}

// grantForRefresh gives new tokens for an old refresh token, if need be for
// another resource. Each use begins its time anew.
func (s *Server) grantForRefresh(q tokenRequest) (object, *tokenError) {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.opt.Now()
	old, ok := s.realm.refreshes.find(q.form.Get("refresh_token"), now)
	switch {
	case !q.form.Has("refresh_token"):
		return nil, missing("refresh_token")
	case !ok || !same(old.client, q.app.ClientID):
		return nil, errGrantText
	case !now.Before(old.used.Add(refreshLife)):
		return nil, errRefreshOld
	}
	p, ok := s.realm.people.find(old.person)
	switch {
	case !ok:
		return nil, errGrantText
	case !sharedAuthority(q.authority) && !same(q.authority, p.Tenant):
		return nil, errOtherTenant
	}
	scopes := old.scopes
	if asked := strings.Fields(q.form.Get("scope")); len(asked) > 0 {
		scopes = within(asked, old.scopes)
	}
	answer, refusal := s.grantToPerson(q, p, old.scopes, scopes, "")
	if refusal == nil {
		old.used = now
	}
	return answer, refusal
}

// grantToPerson gives the tokens of a person who may still sign in.
func (s *Server) grantToPerson(q tokenRequest, p *Person, granted, scopes []string, nonce string) (object, *tokenError) {
	audience, _, refusal := audienceOf(scopes, q.base)
	if refusal != nil {
		return nil, refusal
	}
	if refusal := s.admits(p, authorization{authority: q.authority}); refusal != nil {
		return nil, refusal
	}
	if !s.consented(p, q.app.ClientID) {
		return nil, errConsent
	}
	token := s.issueAs(s.realm.signer().sign(s.accessClaims(p, q.app.ClientID, audience)),
		bearer{client: q.app.ClientID, tenant: strings.ToLower(p.Tenant), audience: audience, person: p.key(), mfa: !p.NoMFA})
	answer := tokenAnswer(token)
	answer["scope"] = strings.Join(slices.DeleteFunc(slices.Clone(scopes), func(v string) bool { return v == "offline_access" }), " ")
	if slices.Contains(scopes, "openid") {
		answer["id_token"] = s.idToken(s.idClaims(p, q.app.ClientID, scopes, nonce, q.base))
	}
	if slices.Contains(scopes, "offline_access") {
		now := s.opt.Now()
		secret := newSecret()
		s.realm.refreshes.put(secret, &refresh{q.app.ClientID, p.key(), slices.Clone(granted), now}, now, now.Add(2*refreshLife))
		answer["refresh_token"] = secret
		answer["refresh_token_expires_in"] = int(refreshLife / time.Second)
	}
	return answer, nil
}
