package graphtest

import (
	"net/http"
	"net/url"
	"slices"
)

// adminConsent asks an administrator whether an application may come into the
// tenant. Whoever is signed in is asked anew, and who may not decide for the
// tenant is refused. Without an address to go back to, the first that is
// registered is taken, and without any the page refuses only after the decision,
// as Entra does.
func (s *Server) adminConsent(w http.ResponseWriter, r *http.Request) {
	authority, refusal := s.authority(r)
	if refusal != nil {
		s.refuse(w, r, refusal, nil)
		return
	}
	a, refusal := s.readAdminConsent(authority, r.URL.RawQuery)
	if refusal != nil {
		s.refuse(w, r, refusal, nil)
		return
	}
	id := s.begin(w, r, flow{authorization: a})
	if p := s.signedInPerson(r); p != nil && a.takes(p) {
		s.proceed(w, r, id, p)
		return
	}
	s.pickPage(w, r, id, "")
}

func (s *Server) readAdminConsent(authority, raw string) (a authorization, refusal *tokenError) {
	q, err := url.ParseQuery(raw)
	if err != nil || len(raw) > maxQuery {
		return a, errMalformed
	}
	for _, values := range q {
		if len(values) > 1 {
			return a, errMalformed
		}
	}
	app, ok := s.application(q.Get("client_id"))
	a = authorization{
		authority: authority, client: app.ClientID, letIn: true, prompt: "consent", mode: "query",
		redirect: q.Get("redirect_uri"), state: q.Get("state"),
	}
	known := app.RedirectURIs
	if app.main {
		s.mu.Lock()
		known = slices.Clone(s.realm.redirects)
		s.mu.Unlock()
	}
	switch {
	case q.Get("client_id") == "":
		return a, missing("client_id")
	case !ok:
		return a, errClient
	case a.redirect != "" && !slices.Contains(known, a.redirect):
		return a, errRedirect
	case a.redirect == "" && len(known) > 0:
		a.redirect = known[0]
	}
	return a, nil
}

// appCalled is an application's name on pages. The lock may be held.
func (s *Server) appCalled(client string) string {
	app, _ := s.application(client)
	return app.Name
}
