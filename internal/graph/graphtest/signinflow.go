package graphtest

import (
	"net/http"
	"net/url"
	"strings"
	"time"
)

const (
	browserCookie = "standin_browser"
	sessionCookie = "standin_session"
)

// page serves only who reached this machine by a name of its own, so that no
// other site can point a name at it, and nothing that came from another site's
// form.
func (s *Server) page(serve http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if !isLoopback(r.Host) {
			s.refuseToken(w, r, errMisdirected)
			return
		}
		if r.Method == http.MethodPost && !sameSite(r) {
			s.refuse(w, r, errForgery, nil)
			return
		}
		if r.Method == http.MethodPost {
			r.Body = http.MaxBytesReader(w, r.Body, maxTokenRequest)
			if r.ParseForm() != nil {
				s.refuse(w, r, errForm, nil)
				return
			}
		}
		serve(w, r)
	}
}

// sameSite believes what browsers say about where a form was. Clients that say
// nothing are held by their cookies alone.
func sameSite(r *http.Request) bool {
	if site := r.Header.Get("Sec-Fetch-Site"); site != "" && site != "same-origin" && site != "none" {
		return false
	}
	origin := r.Header.Get("Origin")
	if origin == "" {
		return true
	}
	u, err := url.Parse(origin)
	return err == nil && u.Host == r.Host
}

// authorize begins a sign-in. Whoever is signed in already passes at once,
// unless the application wants the page shown.
func (s *Server) authorize(w http.ResponseWriter, r *http.Request) {
	authority, refusal := s.authority(r)
	if refusal != nil {
		s.refuse(w, r, refusal, nil)
		return
	}
	a, refusal, safe := s.readAuthorization(authority, r.URL.RawQuery)
	if refusal != nil {
		if safe {
			s.sendError(w, r, a, refusal)
			return
		}
		s.refuse(w, r, refusal, nil)
		return
	}
	p := s.signedInPerson(r)
	fits := p != nil && a.takes(p) && (a.hint == "" || same(a.hint, p.UPN))
	switch {
	case a.prompt == "none":
		s.authorizeSilently(w, r, a, p, fits)
	case fits && a.prompt == "":
		s.proceed(w, r, s.begin(w, r, flow{authorization: a}), p)
	default:
		s.pickPage(w, r, s.begin(w, r, flow{authorization: a}), "")
	}
}

func (s *Server) authorizeSilently(w http.ResponseWriter, r *http.Request, a authorization, p *Person, fits bool) {
	refusal := errNoSession
	if fits {
		s.mu.Lock()
		if refusal = s.admits(p, a); refusal == nil && !s.consented(p, a.client) {
			refusal = errConsent
		}
		s.mu.Unlock()
	}
	if refusal != nil {
		s.sendError(w, r, a, refusal)
		return
	}
	s.conclude(w, r, flow{authorization: a}, p)
}

// begin keeps the flow, bound to the browser, and returns its secret.
func (s *Server) begin(w http.ResponseWriter, r *http.Request, f flow) string {
	c, err := r.Cookie(browserCookie)
	if err == nil && len(c.Value) == len(newSecret()) {
		f.browser = c.Value
	} else {
		f.browser = newSecret()
		setCookie(w, browserCookie, f.browser)
	}
	id := newSecret()
	now := s.opt.Now()
	s.mu.Lock()
	defer s.mu.Unlock()
	s.realm.flows.put(id, &f, now, now.Add(flowLife))
	return id
}

func setCookie(w http.ResponseWriter, name, value string) {
	c := &http.Cookie{Name: name, Value: value, Path: "/", HttpOnly: true, SameSite: http.SameSiteLaxMode}
	if value == "" {
		c.MaxAge = -1
	}
	http.SetCookie(w, c)
}

// flowOf is the flow that a form belongs to, if this browser began it.
func (s *Server) flowOf(r *http.Request) (string, flow, bool) {
	id := r.PostForm.Get("flow")
	c, err := r.Cookie(browserCookie)
	if err != nil {
		return id, flow{}, false
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	f, ok := s.realm.flows.find(id, s.opt.Now())
	if !ok || f.browser != c.Value {
		return id, flow{}, false
	}
	return id, *f, true
}

// pick is the answer of the sign-in page.
func (s *Server) pick(w http.ResponseWriter, r *http.Request) {
	id, _, ok := s.flowOf(r)
	if !ok {
		s.refuse(w, r, errFlow, nil)
		return
	}
	who := strings.TrimSpace(r.PostForm.Get("upn"))
	if key := r.PostForm.Get("person"); key != "" {
		who = key
	}
	s.mu.Lock()
	p, found := s.realm.people.find(who)
	if !found {
		var err error
		p, err = s.personOf(who)
		found = err == nil
	}
	s.mu.Unlock()
	if !found {
		s.pickPage(w, r, id, "AADSTS50034: There is no such account here. Check the address.")
		return
	}
	s.proceed(w, r, id, p)
}

// proceed goes on with a person who has been picked: to a refusal, the question
// for consent, or the end.
func (s *Server) proceed(w http.ResponseWriter, r *http.Request, id string, p *Person) {
	s.mu.Lock()
	kept, ok := s.realm.flows.find(id, s.opt.Now())
	if !ok {
		s.mu.Unlock()
		s.refuse(w, r, errFlow, nil)
		return
	}
	f := *kept
	refusal := s.admits(p, f.authorization)
	if f.back != "" {
		refusal = nil
		if p.Disabled {
			refusal = errDisabled
		}
	}
	if refusal != nil {
		s.logSignIn(p, f.client, refusal)
	}
	ask := refusal == nil && f.back == "" && (!s.consented(p, f.client) || f.prompt == "consent")
	if ask && !s.mayConsent(p, f.authorization) && (f.letIn || !s.consented(p, f.client)) {
		refusal = errConsent
	}
	kept.person = "" // only who is asked for consent may answer
	if ask && refusal == nil {
		kept.person = p.key()
	}
	s.mu.Unlock()
	switch {
	case refusal != nil && f.back != "":
		s.refuse(w, r, refusal, nil)
	case refusal != nil:
		s.refuse(w, r, refusal, &f.authorization)
	case ask:
		s.consentPage(w, r, id, f.authorization, p)
	default:
		s.finish(w, r, id, f, p)
	}
}

// consent is the answer of the page that asks whether the app may come in.
func (s *Server) consent(w http.ResponseWriter, r *http.Request) {
	id, f, ok := s.flowOf(r)
	s.mu.Lock()
	p, known := s.realm.people.find(f.person)
	s.mu.Unlock()
	switch {
	case !ok || !known || f.back != "":
		s.refuse(w, r, errFlow, nil)
	case r.PostForm.Get("answer") != "accept":
		s.drop(id)
		s.sendError(w, r, f.authorization, errDeclined)
	default:
		s.mu.Lock()
		refusal := s.accept(p, f.authorization)
		s.mu.Unlock()
		if refusal != nil {
			s.refuse(w, r, refusal, &f.authorization)
			return
		}
		s.finish(w, r, id, f, p)
	}
}

// accept takes a person's yes: the tenant's, if the person has the role for it, or
// their own. Who may not sign in by now cannot give it, either.
func (s *Server) accept(p *Person, a authorization) *tokenError {
	if refusal := s.admits(p, a); refusal != nil {
		s.logSignIn(p, a.client, refusal)
		return refusal
	}
	switch {
	case s.ownConsent(a):
		s.realm.consents[knownKey(p, a.client)] = true
	case p.has(consentRoles...):
		s.realm.consents[consentKey(p.Tenant, a.client)] = true
		s.acted(p, "/consent/"+a.client, "let the application into "+p.Tenant)
	}
	if !s.consented(p, a.client) || a.letIn && !s.letIn(p.Tenant, a.client) {
		return errConsent
	}
	return nil
}

func (s *Server) drop(id string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.realm.flows.remove(id)
}

// finish signs the browser in, under a new secret, and goes where the flow
// wants to.
func (s *Server) finish(w http.ResponseWriter, r *http.Request, id string, f flow, p *Person) {
	secret := newSecret()
	now := s.opt.Now()
	s.mu.Lock()
	s.realm.flows.remove(id)
	if c, err := r.Cookie(sessionCookie); err == nil {
		s.realm.sessions.remove(c.Value)
	}
	s.realm.sessions.put(secret, &session{p.key(), newSecret()}, now, now.Add(sessionLife))
	s.mu.Unlock()
	setCookie(w, sessionCookie, secret)
	if f.back != "" {
		s.secure(w, "")
		http.Redirect(w, r, f.back, http.StatusSeeOther)
		return
	}
	s.conclude(w, r, f, p)
}

// conclude sends the browser back to the application with a code, or with what
// an administrator decided.
func (s *Server) conclude(w http.ResponseWriter, r *http.Request, f flow, p *Person) {
	if f.letIn {
		s.sendBack(w, r, f.authorization, url.Values{"admin_consent": {"True"}, "tenant": {strings.ToLower(p.Tenant)}})
		return
	}
	secret := newSecret()
	now := s.opt.Now()
	s.mu.Lock()
	s.realm.codes.put(secret, &code{authorization: f.authorization, person: p.key(), issued: now}, now, now.Add(codeKept))
	s.logSignIn(p, f.client, nil)
	s.mu.Unlock()
	s.sendBack(w, r, f.authorization, url.Values{"code": {secret}, "session_state": {newGUID()}})
}

func (s *Server) sendError(w http.ResponseWriter, r *http.Request, a authorization, e *tokenError) {
	s.sendBack(w, r, a, url.Values{"error": {e.redirected()}, "error_description": {s.describe(w, r, e)}})
}

func (s *Server) sendBack(w http.ResponseWriter, r *http.Request, a authorization, values url.Values) {
	if a.redirect == "" {
		s.refuse(w, r, errNoReply, nil)
		return
	}
	if a.state != "" {
		values.Set("state", a.state)
	}
	if a.mode == "form_post" {
		s.formPostPage(w, r, a, values)
		return
	}
	s.secure(w, origin(a.redirect))
	http.Redirect(w, r, withQuery(a.redirect, values), http.StatusSeeOther)
}

func withQuery(address string, values url.Values) string {
	u, err := url.Parse(address)
	if err != nil { // unreachable: it is registered
		return "/"
	}
	q := u.Query()
	for name := range values {
		q.Set(name, values.Get(name))
	}
	u.RawQuery = q.Encode()
	return u.String()
}

func origin(address string) string {
	u, err := url.Parse(address)
	if err != nil || u.Host == "" {
		return ""
	}
	return u.Scheme + "://" + u.Host
}

func (s *Server) sessionOf(r *http.Request) (*Person, *session) {
	c, err := r.Cookie(sessionCookie)
	if err != nil {
		return nil, nil
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	v, ok := s.realm.sessions.find(c.Value, s.opt.Now())
	if !ok {
		return nil, nil
	}
	p, ok := s.realm.people.find(v.person)
	if !ok || p.Disabled {
		return nil, nil
	}
	return p, v
}

func (s *Server) signedInPerson(r *http.Request) *Person {
	p, _ := s.sessionOf(r)
	return p
}

// logout ends the browser's session. It goes on to the address that the
// application gives, if that is one of its own.
func (s *Server) logout(w http.ResponseWriter, r *http.Request) {
	if c, err := r.Cookie(sessionCookie); err == nil {
		s.mu.Lock()
		s.realm.sessions.remove(c.Value)
		s.mu.Unlock()
	}
	setCookie(w, sessionCookie, "")
	next := r.URL.Query().Get("post_logout_redirect_uri")
	app, _ := s.application(s.opt.ClientID)
	s.mu.Lock()
	known := s.registered(app, next)
	s.mu.Unlock()
	if !known {
		s.signedOutPage(w, r)
		return
	}
	values := url.Values{}
	if state := r.URL.Query().Get("state"); state != "" {
		values.Set("state", state)
	}
	s.secure(w, "")
	http.Redirect(w, r, withQuery(next, values), http.StatusSeeOther)
}

// codeLife is how long a code can be redeemed; it is remembered longer, so that
// a late one can be told from a made-up one.
const (
	codeLife = 10 * time.Minute
	codeKept = 24 * time.Hour
)
