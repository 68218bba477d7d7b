package graphtest

import (
	"crypto/subtle"
	"crypto/x509"
	"slices"
)

// Application is a further application of the partner's, one that customers let
// into their tenants. It gets tokens for itself only: nobody signs in to it.
type Application struct {
	ClientID, Name string
	ClientSecret   string            // empty: no secret is accepted
	Certificate    *x509.Certificate // as [Options].Certificate
	// Permissions are what it asks a tenant's administrator for, and has in the
	// tenants that have let it in.
	Permissions []string
	// RedirectURIs are where it may have administrators sent back to.
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
			Certificate: s.opt.Certificate, Permissions: s.opt.Permissions,
		}, s.opt.Federation, true}, true
	case same(id, s.opt.Reader.ClientID):
		return application{Application: s.opt.Reader}, true
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

// consented says so of the application whose tenant this is.
func (s *Server) consented(tenant string) bool { return s.letIn(tenant, s.opt.ClientID) }

// allows says whether any of the permissions is the application's.
func (a application) allows(needs []string) bool {
	return len(needs) == 0 || slices.ContainsFunc(needs, func(p string) bool { return slices.Contains(a.Permissions, p) })
}

// ReaderID is the client id of the second application.
func (s *Server) ReaderID() string { return s.opt.Reader.ClientID }
