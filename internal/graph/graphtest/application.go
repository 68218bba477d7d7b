package graphtest

import (
	"crypto/subtle"
	"crypto/x509"
	"slices"
)

// Application is a further application of the partner's, one that customers let
// into their tenants. It gets tokens for itself in tenants whose administrator has
// consented, and anybody of a known tenant can sign in to it after a consent of their
// own: to be told who somebody is needs no administrator.
type Application struct {
	ClientID, Name string
	ClientSecret   string            // empty: no secret is accepted
	Certificate    *x509.Certificate // as [Options].Certificate
	// Permissions are what it asks a tenant's administrator for, and has in the
	// tenants that have let it in.
	Permissions []string
	// RedirectURIs are where it may have people sent back to.
	RedirectURIs []string
}

// application is one that the token endpoint knows.
type application struct {
	Application
	federation *Federation
	main       bool // the one whose tenant this is
}

// application finds one by its client id.
func (s *Server) application(id string) (application, bool) {
	switch {
	case id == "":
	case same(id, s.opt.ClientID):
		return application{Application{
			ClientID: s.opt.ClientID, Name: s.appName(), ClientSecret: s.opt.ClientSecret,
			Certificate: s.opt.Certificate, Permissions: s.rights.Load().permissions,
		}, s.opt.Federation, true}, true
	case same(id, s.opt.Reader.ClientID):
		return application{Application: s.opt.Reader}, true
	case same(id, s.opt.LogReader.ClientID):
		return application{Application: s.opt.LogReader}, true
	}
	return application{}, false
}

// hasSecret says whether the word is the application's secret.
func (a application) hasSecret(word string) bool {
	return a.ClientSecret != "" && subtle.ConstantTimeCompare([]byte(word), []byte(a.ClientSecret)) == 1
}

// letIn says whether a tenant has let an application in. The lock is held.
func (s *Server) letIn(tenant, client string) bool {
	return s.realm.consents[consentKey(tenant, client)]
}

// consented says whether a person may sign in to an application: their tenant has let
// it in, or they have agreed to be known to it. The lock is held.
func (s *Server) consented(p *Person, client string) bool {
	return s.letIn(p.Tenant, client) || s.realm.consents[knownKey(p, client)]
}

// knownKey stands for a person's own consent, which is about nobody else.
func knownKey(p *Person, client string) string { return consentKey(p.key(), client) }

// modest says whether an application asks for nothing but to know who somebody is.
func modest(scopes []string) bool {
	return !slices.ContainsFunc(scopes, func(scope string) bool { return !isIdentityScope(scope) })
}

// mayConsent says whether the person may agree to what the application asks for.
func (s *Server) mayConsent(p *Person, a authorization) bool {
	return s.ownConsent(a) || p.has(consentRoles...)
}

// ownConsent says whether everybody may agree for themselves: an application of several
// tenants that asks who they are and no more.
func (s *Server) ownConsent(a authorization) bool {
	return !a.letIn && modest(a.scopes) && !same(a.client, s.opt.ClientID)
}

// allows says whether any of the permissions is the application's.
func (a application) allows(needs []string) bool {
	return len(needs) == 0 || slices.ContainsFunc(needs, func(p string) bool { return slices.Contains(a.Permissions, p) })
}

// ReaderID is the client id of the second application.
func (s *Server) ReaderID() string { return s.opt.Reader.ClientID }

// LogReaderID is the client id of the application that reads logs.
func (s *Server) LogReaderID() string { return s.opt.LogReader.ClientID }
