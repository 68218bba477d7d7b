// Package graphtest is a stand-in Microsoft: sign-in and tokens of a partner's
// tenant and its customers', the part of Microsoft Graph v1.0 and of Partner
// Center that delegated administration needs, and the page on which a customer
// decides about it, as one [http.Handler] that keeps state.
//
// It is written from Microsoft's documents and shares no code with the client
// it is used to test, so a mistake in one cannot agree with itself in the
// other. Permissions, entity tags, paging, status rules and the delay until a
// write shows to readers are in force, and so are batches, throttling and the
// clean-up of old relationships; change notifications are not, for Graph has
// none for what matters here. [Server.SetFaults] plans trouble.
//
// Every exported method and every request may be used concurrently. Two clocks
// run it: Options.Now for tokens, which nothing should move, and Options.Due
// for the life of relationships, which a test or a sandbox may move forward.
//
// Pages are served only to who names this machine by a loopback name. Webhooks
// are delivered in the background until [Server.Close].
//
// All state is in memory. A crash leaves nothing; a caller that needs the world
// to outlive the program under test runs it in another process.
package graphtest

import (
	"context"
	"crypto/x509"
	"maps"
	"net/http"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// Options say whose tenant this is, who may call it and how it behaves.
type Options struct {
	PartnerTenant string // GUID of the partner's tenant
	PartnerName   string // display name of the partner; default "Partner"

	ClientID     string
	ClientSecret string // empty: no secret is accepted
	// SecretEnds is when the secret ends, and CertificateEnds when the certificate does,
	// as the directory tells of them; default: two years from the start.
	SecretEnds, CertificateEnds time.Time
	// Certificate, when set, is what a client assertion that the application made
	// about itself must be signed with (PS256 or RS256). Without it there is no
	// such assertion that is accepted.
	Certificate *x509.Certificate
	// Federation, when set, lets a platform vouch for the application in its
	// stead, as a federated identity credential does.
	Federation *Federation

	// Permissions are the application permissions granted to the client. A call
	// that lacks one answers 403 Authorization_RequestDenied.
	Permissions []string
	// GroupsAdministratorOn are the administrative units, by id, on which the client's
	// service principal has the role Groups Administrator. It may create groups in them
	// and change those that are in them, without a permission over all groups.
	GroupsAdministratorOn []string
	// Mailboxes, when there are any, are the only addresses for which the client has
	// those of its Permissions that begin with "Mail.": they were given in Exchange
	// Online (RBAC for Applications) and not consented to in Entra, so no token names
	// them. For every other mailbox a call answers 403 ErrorAccessDenied.
	Mailboxes []string
	// NoPartnerServicePrincipal makes the first-party service principal absent
	// that writes to relationships and assignments need: they answer 403.
	NoPartnerServicePrincipal bool

	Now func() time.Time // protocol time; default time.Now
	Due func() time.Time // the world's clock; default Now

	// Lag is how many reads of a thing miss a fresh write made through Graph: a
	// changed membership, the step of a new assignment from pending to active or
	// of a removed one from deleting to deleted.
	//
	// So many reads also see each status between two that last: approved and
	// activating, terminationRequested and terminating, expiring, a request that
	// is pending, an operation that is not started or running. A relationship that
	// nobody reads stays in each for five minutes of the world's clock. Without a
	// lag those of relationships and requests pass between two reads; only the
	// answer to the POST, and what [Server.Relationships] returns before the next
	// read, has created and terminationRequested.
	//
	// What else is seeded or done by an admin shows at once.
	Lag int
	// GroupLag is how many lists of groups, or looks into its administrative unit, miss
	// a group that was created through Graph. By its id it is there at once.
	GroupLag int

	// Throttle is how many Graph calls the application may make in a window;
	// more are answered 429 with Retry-After. 0 means no limit. The limit on
	// audit reports, 5 calls in 10 seconds, is always there.
	Throttle       int
	ThrottleWindow time.Duration // default 10 s

	// PIM says that the tenant has a licence with Privileged Identity
	// Management. Without it PIM for Groups is refused.
	PIM bool
	// NoPremium takes away the licence that sign-in reports need; [Tenant].NoPremium does so
	// of a customer.
	NoPremium bool

	Troubles Troubles

	// ClientName is the application's name on the sign-in page; default "Client".
	ClientName string
	// RedirectURIs are the addresses to which the sign-in page may send people
	// back; see [Server.AddRedirect].
	RedirectURIs []string
	// OptionalClaims are further claims of id tokens. Known is "acct": 0 for a
	// member, 1 for a guest.
	OptionalClaims []string
	// Reader is a second application, which customers let into their own tenants.
	Reader Application
	// LogReader is a third, which customers let read their logs.
	LogReader Application
	// AssignmentRequired lets only those people sign in who are assigned to the
	// application: all but the Unassigned.
	AssignmentRequired bool

	// WebhookClient delivers Partner Center's notifications; default: a client
	// that follows no redirect and waits 10 s.
	WebhookClient *http.Client
	// WebhookPause is how long a delivery waits after it has failed so often;
	// default: a second, doubled each time.
	WebhookPause func(failed int) time.Duration

	// Observe, if set, is called before and after each authorised Graph call is
	// applied, with no lock held: it may use the Server, block, or panic with
	// [http.ErrAbortHandler] to lose the request or the answer.
	Observe func(Call)
}

// Troubles are ways of the real service that others ran into. The zero value
// has none.
type Troubles struct {
	// LockAfterReads is how often a new relationship must have been read before
	// it can be locked for approval: until then, that answers 409.
	LockAfterReads int
	// ManyRolesPending is how many more reads an assignment of 16 roles or more
	// stays pending.
	ManyRolesPending int

	// FailRequests is how many requests of relationships (to lock one for
	// approval, to end it …) fail before the first that does not: they are
	// accepted, change nothing, and in the end say "failed".
	FailRequests int
	// FailAssignments is how many new assignments end in status error rather than
	// active before the first that does not. They can be deleted.
	FailAssignments int
	// FailOperations is how many changes that are answered with an operation fail
	// before the first that does not: nothing is changed, and the operation in the
	// end says "failed".
	FailOperations int

	// KeepSchedules lets what PIM scheduled stay when somebody removes the member
	// by other means; the documents do not say what becomes of it.
	KeepSchedules bool
}

// fails says whether one more is to fail of those that have not yet.
func fails(failed *int, limit int) bool {
	if *failed >= limit {
		return false
	}
	*failed++
	return true
}

// Phase is a moment in the life of a call.
type Phase int

// The phases at which a call is observed.
const (
	Before Phase = iota // nothing has happened
	After               // applied or refused, and not yet answered
)

// String returns "before" or "after".
func (p Phase) String() string {
	if p == Before {
		return "before"
	}
	return "after"
}

// Call is one Graph call as [Options].Observe sees it. Path is what follows
// /v1.0, unescaped. Tenant is the one that it is made in.
type Call struct {
	Phase        Phase
	Method, Path string
	Tenant       string
}

// AuditEntry is one successful write made through Graph, or an administrator's
// act on a page.
type AuditEntry struct {
	At      time.Time // by the world's clock
	Who     string    // client id, or the administrator's user principal name
	Method  string
	Path    string // what follows /v1.0
	Summary string
}

// Server is the stand-in. Make one with [New].
type Server struct {
	opt    Options
	rights atomic.Pointer[rights]
	graph  *http.ServeMux
	entra  *http.ServeMux

	mu      sync.Mutex
	base    string // as given to Serve, no trailing slash
	tokens  map[string]bearer
	seq     uint64 // orders rows, pages and entity tags
	version uint64
	changed chan struct{} // closed at the next change
	calls   map[string]int
	batched int
	adds    map[membership]int
	audit   []AuditEntry

	users         table[user]
	groups        table[group]
	relationships table[relationship]
	assignments   table[assignment]
	contracts     table[contract]
	crossTenant   table[CrossTenant] // by personKey of both tenants
	units         table[unit]
	principals    []principal
	schedules     []*schedule
	pimRequests   []*pimRequest
	records       []*auditRecord
	signIns       []*signIn
	tenantAudits  []*tenantAudit
	mails         []Mail

	faults   []FaultState
	unlisted map[string]bool // relationships that the list misses
	failed   struct{ requests, assignments, operations int }
	traffic  meter
	reports  map[string]*meter // by consentKey: each application in each tenant

	realm realm
}

// New returns a Server with an empty directory.
func New(opt Options) *Server {
	if opt.Now == nil {
		opt.Now = time.Now
	}
	if opt.Due == nil {
		opt.Due = opt.Now
	}
	if opt.ThrottleWindow <= 0 {
		opt.ThrottleWindow = defaultWindow
	}
	if opt.PartnerName == "" {
		opt.PartnerName = "Partner"
	}
	s := &Server{
		opt:     opt,
		tokens:  map[string]bearer{},
		changed: make(chan struct{}),
		calls:   map[string]int{},
		adds:    map[membership]int{},
		reports: map[string]*meter{},
	}
	s.rights.Store(&rights{slices.Clone(opt.Permissions), slices.Clone(opt.GroupsAdministratorOn)})
	s.principals = s.firstPrincipals()
	s.startRealm()
	s.graph = s.graphMux()
	s.entra = s.entraMux()
	return s
}

// Serve tells the server where it is reached, such as https://127.0.0.1:8443:
// the base of next links, Location headers, endpoints and the issuer. Until it
// is called, the host each request names is used with https.
func (s *Server) Serve(selfURL string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.base = strings.TrimRight(selfURL, "/")
}

// ServeHTTP answers Graph below /v1.0, Partner Center below /partnercenter, the
// admin center below /admin, and is Entra elsewhere.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if strings.HasPrefix(r.URL.Path, "/v1.0/") {
		s.serveGraph(w, r)
		return
	}
	s.serveEntra(w, r)
}

// Version is a number that grows whenever anything in the directory changes.
// What time alone changes is noticed at the next call or look.
func (s *Server) Version() uint64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.version
}

// Wait returns the version as soon as it is greater than after, or the
// context's error.
func (s *Server) Wait(ctx context.Context, after uint64) (uint64, error) {
	for {
		s.mu.Lock()
		version, changed := s.version, s.changed
		s.mu.Unlock()
		if version > after {
			return version, nil
		}
		select {
		case <-ctx.Done():
			return version, ctx.Err()
		case <-changed:
		}
	}
}

// Calls counts the requests so far by "METHOD pattern", for example
// "POST /groups/{id}/members/$ref", answered and refused ones alike.
func (s *Server) Calls() map[string]int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return maps.Clone(s.calls)
}

// Audit returns every successful write made through Graph and every act of a
// customer's administrator, oldest first.
func (s *Server) Audit() []AuditEntry {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.audit)
}

// MemberAdds counts the POSTs that added user to group or were refused because
// the user was a member already: more than one without a removal in between
// means that somebody tried twice.
func (s *Server) MemberAdds(group, user string) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.adds[membershipOf(group, user)]
}

// Batched is how many of the calls came within batches.
func (s *Server) Batched() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.batched
}

func (s *Server) count(pattern string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.calls[pattern]++
}

// baseFor is the base URL of the answer to r.
func (s *Server) baseFor(r *http.Request) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.base != "" {
		return s.base
	}
	return "https://" + r.Host
}

// next numbers a row or a revision. The lock is held, here and below.
func (s *Server) next() uint64 {
	s.seq++
	return s.seq
}

func (s *Server) bump() {
	s.version++
	close(s.changed)
	s.changed = make(chan struct{})
}

// wrote records a successful write of the client, in the directory's own log
// as well.
func (s *Server) wrote(c *call, summary string, a activity) {
	s.audit = append(s.audit, AuditEntry{
		At: c.now, Who: s.opt.ClientID, Method: c.r.Method, Path: c.r.URL.Path, Summary: summary,
	})
	s.record(c.now, s.client(), a)
	s.bump()
}
