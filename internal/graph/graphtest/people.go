package graphtest

import (
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"
)

// Tenant is a directory in which people can sign in: the partner's, which is
// always there, or a customer's.
type Tenant struct {
	ID, Name, Domain string

	// DAP says that the customer has granted the partner legacy delegated
	// administration: the partner's administrators are Global Administrators.
	DAP bool
	// NotReseller says that the partner does not sell to this tenant.
	NotReseller bool
	// NoPremium says that a customer's tenant lacks the licence that sign-in reports need.
	NoPremium bool
}

// Person is an account that can be picked on the sign-in page. Of the partner's
// people, those that the directory lacks are added to it.
type Person struct {
	Tenant, ObjectID      string // the tenant must be known; the id is drawn when empty
	Name, UPN, Mail       string
	DirectoryRoles        []string // template ids
	Guest, Disabled       bool
	Unassigned            bool // not among the users of an app that needs assignment
	BlockedByAccessPolicy bool // Conditional Access lets this person into nothing
	NoMFA                 bool // signs in with a password alone
}

// ErrNotFound says that a tenant, person or relationship does not exist.
var ErrNotFound = errors.New("not found")

// realm is what the directory of relationships does not hold: tenants, people,
// who is signed in, and what Partner Center remembers.
type realm struct {
	browser   string
	tenants   table[Tenant]
	people    table[Person] // by personKey
	redirects []string
	consents  map[string]bool // by consentKey

	flows     kept[flow]
	codes     kept[code]
	refreshes kept[refresh]
	sessions  kept[session]

	acting     *Person // whose act is being done
	operations []operationRecord
	hook       webhook

	signer   func() signingKey
	forge    func(*Forgery) // what becomes of id tokens; nil: nothing
	notifier func() notifier
}

func (s *Server) startRealm() {
	s.realm.consents = map[string]bool{}
	s.realm.signer = idKey
	s.realm.notifier = sync.OnceValue(func() notifier { return newNotifier(s.opt.Now()) })
	s.realm.tenants.put(s.opt.PartnerTenant, &Tenant{ID: s.opt.PartnerTenant, Name: s.opt.PartnerName, NotReseller: true})
	s.realm.consents[consentKey(s.opt.PartnerTenant, s.opt.ClientID)] = true
	s.realm.redirects = slices.Clone(s.opt.RedirectURIs)
	s.startWebhooks()
}

// AddTenant adds or replaces a customer's tenant, or names the partner's domain.
func (s *Server) AddTenant(t Tenant) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if same(t.ID, s.opt.PartnerTenant) {
		t.NotReseller = true
	}
	s.realm.tenants.put(t.ID, &t)
	s.bump()
}

// Tenants returns the partner's tenant and the customers', in the order they
// were added.
func (s *Server) Tenants() []Tenant {
	s.mu.Lock()
	defer s.mu.Unlock()
	out := make([]Tenant, 0, len(s.realm.tenants.order))
	for _, t := range s.realm.tenants.order {
		out = append(out, *t)
	}
	return out
}

// AddPerson adds or replaces a person of a known tenant and returns the object
// id, drawn when empty.
func (s *Server) AddPerson(p Person) (string, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, ok := s.realm.tenants.find(p.Tenant); !ok {
		return "", fmt.Errorf("tenant %q: %w", p.Tenant, ErrNotFound)
	}
	p.ObjectID = orNew(p.ObjectID)
	p.DirectoryRoles = slices.Clone(p.DirectoryRoles)
	s.realm.people.put(personKey(p.Tenant, p.ObjectID), &p)
	if _, ok := s.users.find(p.ObjectID); !ok && same(p.Tenant, s.opt.PartnerTenant) {
		s.users.put(p.ObjectID, &user{seq: s.next(), User: User{
			ID: p.ObjectID, DisplayName: p.Name, UPN: p.UPN, Mail: p.Mail, Guest: p.Guest, Disabled: p.Disabled,
			DirectoryRoles: slices.Clone(p.DirectoryRoles),
		}})
	}
	s.bump()
	return p.ObjectID, nil
}

// People returns everybody who can be picked on a sign-in page.
func (s *Server) People() []Person {
	s.mu.Lock()
	defer s.mu.Unlock()
	out := make([]Person, 0, len(s.realm.people.order))
	for _, p := range s.realm.people.order {
		v := *p
		v.DirectoryRoles = slices.Clone(p.DirectoryRoles)
		out = append(out, v)
	}
	return out
}

// Consent is a tenant's administrator letting an application in. Without it
// the application gets no token for that tenant.
func (s *Server) Consent(tenant, clientID string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.realm.consents[consentKey(tenant, clientID)] = true
	s.bump()
}

// RevokeConsent undoes [Server.Consent].
func (s *Server) RevokeConsent(tenant, clientID string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.realm.consents, consentKey(tenant, clientID))
	s.bump()
}

// AddRedirect registers an address to which the sign-in page may send people
// back: https, or http on this machine, without a fragment.
func (s *Server) AddRedirect(uri string) error {
	if err := redirectForm(uri); err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.realm.redirects = append(s.realm.redirects, uri)
	return nil
}

// AddReaderRedirect does so for the second application.
func (s *Server) AddReaderRedirect(uri string) error { return s.redirectOf(&s.opt.Reader, uri) }

// AddLogReaderRedirect does so for the one that reads logs.
func (s *Server) AddLogReaderRedirect(uri string) error { return s.redirectOf(&s.opt.LogReader, uri) }

func (s *Server) redirectOf(a *Application, uri string) error {
	if err := redirectForm(uri); err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	a.RedirectURIs = append(a.RedirectURIs, uri)
	return nil
}

func redirectForm(uri string) error {
	u, err := url.Parse(uri)
	if err != nil || u.Host == "" || u.Fragment != "" || u.User != nil {
		return errors.New("a redirect address must be absolute and without a fragment")
	}
	if u.Scheme != "https" && (u.Scheme != "http" || !isLoopback(u.Host)) {
		return errors.New("a redirect address must be https, or http on this machine")
	}
	return nil
}

// ServeBrowser tells the server where browsers reach its pages, such as
// http://127.0.0.1:8080, when that is not where programs reach it. The
// authorization and sign-out endpoints are there.
func (s *Server) ServeBrowser(selfURL string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.realm.browser = strings.TrimRight(selfURL, "/")
}

func (s *Server) browserBase(r *http.Request) string {
	s.mu.Lock()
	browser := s.realm.browser
	s.mu.Unlock()
	if browser != "" {
		return browser
	}
	return s.baseFor(r)
}

// registered says whether a redirect address is one of the app's. On loopback
// the port is not compared: a program there takes whichever is free. The lock is held.
func (s *Server) registered(app application, uri string) bool {
	all := app.RedirectURIs
	if app.main {
		all = s.realm.redirects
	}
	return slices.ContainsFunc(all, func(known string) bool {
		return known == uri || portless(known) != "" && portless(known) == portless(uri)
	})
}

// portless is a loopback http address without its port, "" for any other.
func portless(uri string) string {
	u, err := url.Parse(uri)
	if err != nil || u.Scheme != "http" || !isLoopback(u.Host) || u.User != nil {
		return ""
	}
	u.Host = u.Hostname()
	return u.String()
}

// isLoopback says whether a Host header names this machine, with or without a
// port.
func isLoopback(host string) bool {
	name := host
	if h, _, err := net.SplitHostPort(host); err == nil {
		name = h
	}
	name = strings.Trim(name, "[]")
	ip := net.ParseIP(name)
	return strings.EqualFold(name, "localhost") || ip != nil && ip.IsLoopback()
}

// personOf finds a person by object id or user principal name. The lock is
// held, here and below.
func (s *Server) personOf(who string) (*Person, error) {
	for _, p := range s.realm.people.order {
		if who != "" && (same(p.ObjectID, who) || same(p.UPN, who)) {
			return p, nil
		}
	}
	return nil, fmt.Errorf("person: %w", ErrNotFound)
}

func (p *Person) has(roles ...string) bool {
	return slices.ContainsFunc(roles, func(r string) bool { return hasRole(p.DirectoryRoles, r) })
}

func (p *Person) key() string { return personKey(p.Tenant, p.ObjectID) }

func personKey(tenant, id string) string        { return strings.ToLower(tenant + "/" + id) }
func consentKey(tenant, clientID string) string { return strings.ToLower(tenant + "/" + clientID) }

// maxKept bounds what unfinished sign-ins can hold of memory.
const maxKept = 10_000

// kept holds secrets handed out, by their text, until they expire. When it is
// full the oldest go.
type kept[T any] struct {
	rows  map[string]keptRow[T]
	order []string
}

type keptRow[T any] struct {
	value   *T
	expires time.Time
}

func (k *kept[T]) put(secret string, value *T, now, expires time.Time) {
	if k.rows == nil {
		k.rows = map[string]keptRow[T]{}
	}
	k.order = slices.DeleteFunc(k.order, func(old string) bool {
		row, ok := k.rows[old]
		if ok && row.expires.After(now) {
			return false
		}
		delete(k.rows, old)
		return true
	})
	for len(k.order) >= maxKept {
		delete(k.rows, k.order[0])
		k.order = k.order[1:]
	}
	k.rows[secret] = keptRow[T]{value, expires}
	k.order = append(k.order, secret)
}

func (k *kept[T]) find(secret string, now time.Time) (*T, bool) {
	row, ok := k.rows[secret]
	if !ok || !row.expires.After(now) {
		return nil, false
	}
	return row.value, true
}

func (k *kept[T]) remove(secret string) { delete(k.rows, secret) }

// appName is what the sign-in page calls the application.
func (s *Server) appName() string {
	if s.opt.ClientName != "" {
		return s.opt.ClientName
	}
	return clientName
}
