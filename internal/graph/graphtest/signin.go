package graphtest

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"
)

const (
	flowLife    = 15 * time.Minute
	sessionLife = 12 * time.Hour
	maxQuery    = 16 << 10
	maxScope    = 2 << 10
)

// authorization is what an application asks of the sign-in page.
type authorization struct {
	authority                    string // a tenant's id, "common" or "organizations"
	redirect, mode, state, nonce string
	prompt, hint, challenge      string
	scopes                       []string
	client                       string // id of the application
	// letIn means that the application only asks to be let into the tenant: an
	// administrator consents, and gets no code for it.
	letIn bool
}

// flow is a sign-in that has begun: for an application or, with a way back,
// for the admin center.
type flow struct {
	authorization
	back    string // path of this server
	browser string // the browser that began it
	person  string // key of who has been picked and is asked to consent
}

// session is a person signed in with a browser.
type session struct {
	person string // key
	csrf   string
}

// sharedAuthority says whether the people of every tenant can sign in there.
func sharedAuthority(authority string) bool {
	return authority == "common" || authority == "organizations"
}

// authority is whose sign-in page the path names.
func (s *Server) authority(r *http.Request) (string, *tokenError) {
	name := strings.ToLower(r.PathValue("tenant"))
	if sharedAuthority(name) {
		return name, nil
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if t, ok := s.realm.tenants.find(name); ok {
		return strings.ToLower(t.ID), nil
	}
	for _, t := range s.realm.tenants.order {
		if t.Domain != "" && same(t.Domain, name) {
			return strings.ToLower(t.ID), nil
		}
	}
	return "", errTenant
}

// takes says whether a person may sign in at the authority.
func (a authorization) takes(p *Person) bool {
	return sharedAuthority(a.authority) || same(a.authority, p.Tenant)
}

// readAuthorization reads the request of an application. A refusal of one that
// names no registered address of the application must not be sent there:
// safe says whether it may.
func (s *Server) readAuthorization(authority, raw string) (a authorization, refusal *tokenError, safe bool) {
	if len(raw) > maxQuery {
		return a, errMalformed, false
	}
	q, err := url.ParseQuery(raw)
	if err != nil {
		return a, errMalformed, false
	}
	for _, values := range q {
		if len(values) > 1 {
			return a, errMalformed, false
		}
	}
	a = authorization{
		authority: authority, redirect: q.Get("redirect_uri"), state: q.Get("state"), nonce: q.Get("nonce"),
		mode: q.Get("response_mode"), prompt: q.Get("prompt"), hint: q.Get("login_hint"),
		challenge: q.Get("code_challenge"), scopes: strings.Fields(q.Get("scope")), client: q.Get("client_id"),
	}
	if refusal := s.checkAddress(a.client, a.redirect); refusal != nil {
		return a, refusal, false
	}
	if a.mode == "" {
		a.mode = "query"
	}
	if a.mode != "query" && a.mode != "form_post" {
		a.mode = "query"
		return a, errResponseMode, true
	}
	return a, s.checkAuthorization(a, q), true
}

func (s *Server) checkAddress(client, redirect string) *tokenError {
	app, ok := s.application(client)
	s.mu.Lock()
	known := s.registered(app, redirect)
	s.mu.Unlock()
	switch {
	case client == "":
		return missing("client_id")
	case !ok:
		return errClient
	case redirect == "":
		return errNoRedirect
	case !known:
		return errRedirect
	}
	return nil
}

func (s *Server) checkAuthorization(a authorization, q url.Values) *tokenError {
	method := q.Get("code_challenge_method")
	switch {
	case q.Get("response_type") == "":
		return missing("response_type")
	case q.Get("response_type") != "code":
		return errResponseType
	case len(a.scopes) == 0:
		return missing("scope")
	case len(q.Get("scope")) > maxScope || !slices.Contains(a.scopes, "openid"):
		return errScope
	case !slices.Contains([]string{"", "none", "login", "select_account", "consent"}, a.prompt):
		return errPrompt
	case a.challenge == "" && method != "", a.challenge != "" && method != "S256":
		return errChallenge
	case a.challenge != "" && !challengeForm(a.challenge):
		return errChallengeSize
	}
	return nil
}

// challengeForm wants what SHA-256 makes, in base64 for URLs.
func challengeForm(challenge string) bool {
	return len(challenge) == 43 && !strings.ContainsFunc(challenge, func(r rune) bool {
		return !(r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || r == '-' || r == '_')
	})
}

// admits says why a person cannot sign in to the application, or nil. That the
// tenant has not let the application in is not among the reasons.
func (s *Server) admits(p *Person, a authorization) *tokenError {
	switch {
	case !a.takes(p):
		return errOtherTenant
	case p.Disabled:
		return errDisabled
	case p.BlockedByAccessPolicy:
		return errBlocked
	case s.opt.AssignmentRequired && p.Unassigned:
		return errUnassigned
	}
	return nil
}

// Who may let an application into their tenant.
var consentRoles = []string{
	globalAdministrator,
	"e8611ab8-c189-46e8-94e1-60213ab1f814", // Privileged Role Administrator
	"158c047a-c907-4556-b7ef-446551a6b5f7", // Cloud Application Administrator
	"9b895d92-2cd3-44c7-9d02-a6ac2d5ea5c3", // Application Administrator
}

// logSignIn writes into the sign-in log of the partner, for its own people.
func (s *Server) logSignIn(p *Person, client string, e *tokenError) {
	if !same(p.Tenant, s.opt.PartnerTenant) {
		return
	}
	v := SignIn{User: p.ObjectID, AppID: client, App: s.appCalled(client), Resource: "Microsoft Graph"}
	if e != nil {
		v.Error, v.FailureReason = e.number, e.message
	}
	s.signedIn(v, s.opt.Due())
}
