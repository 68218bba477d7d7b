// Package web serves the bot's own pages: a person signs in with Microsoft to do
// one thing that Microsoft takes from nobody else.
//
// The way there is a link whose secret stands for one person's one act. The
// person signs in with the authorization code flow and PKCE, at the one tenant
// that is given; who came back is checked here (tenant, guest or not, more than a
// password) and by [Acts] (the very person, still allowed). The token serves the
// one call and is neither kept nor logged.
//
// What is under way in a browser lives in memory: a crash costs its people one
// more click on their link. What was done is in the store of [Acts].
package web

import (
	"context"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"

	"latchkey/internal/access"
)

const (
	// PathSignIn is below which the pages are.
	PathSignIn = "/signin/"
	// PathCallback is where Microsoft sends people back to.
	PathCallback = PathSignIn + "callback"
)

// Acts is what people sign in for. Its refusals are [access.Error] and are shown.
type Acts interface {
	// Look says what the link is for.
	Look(ctx context.Context, secret string) (Intent, error)
	// Do checks once more whether the person may and does it. It uses the link up.
	Do(ctx context.Context, secret string, who access.PrincipalID, token string) (Outcome, error)
	// Refused records that somebody was turned away, and returns the refusal.
	Refused(ctx context.Context, secret string, who access.PrincipalID, refusal *access.Error) error
}

// Intent is what somebody is about to do.
type Intent struct {
	Title   string
	Lines   []string
	Account string // who has to sign in
	Button  string
	Scope   string // what the token must be good for
}

// Outcome is what became of it.
type Outcome struct {
	Good  bool
	Title string
	Lines []string
	Link  string // to be copied; optional
}

// Options is what the pages are built from. All but Authority, HTTP and Now must
// be set.
type Options struct {
	PublicURL        string // under which browsers reach the pages, without a slash at its end
	Tenant, ClientID string
	Authority        string // of Microsoft's sign-in; empty for the real one
	HTTP             *http.Client
	// Proof is what the application proves itself with at the token endpoint.
	Proof func(ctx context.Context, endpoint string) (url.Values, error)
	Acts  Acts
	Now   func() time.Time
	Log   *slog.Logger
}

// Site is the pages.
type Site struct {
	o      Options
	secure bool
	flows  flows
	rate   limiter

	mu       sync.Mutex
	provider *oidc.Provider // once it was found
}

// New returns the pages. It makes no call.
func New(o Options) *Site {
	if o.Authority == "" {
		o.Authority = "https://login.microsoftonline.com"
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.HTTP == nil {
		o.HTTP = http.DefaultClient
	}
	o.PublicURL = strings.TrimRight(o.PublicURL, "/")
	return &Site{o: o, secure: strings.HasPrefix(o.PublicURL, "https://")}
}

// Link is the address of the page for a secret.
func Link(publicURL, secret string) string {
	return strings.TrimRight(publicURL, "/") + PathSignIn + url.PathEscape(secret)
}

// Handler serves the pages.
func (s *Site) Handler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET "+PathSignIn+"{secret}", s.start)
	mux.HandleFunc("POST "+PathSignIn+"{secret}", s.begin)
	mux.HandleFunc("GET "+PathCallback, s.finish)
	return s.guarded(mux)
}

// guarded limits how often the pages are asked for, and refuses forms of other
// sites.
func (s *Site) guarded(next http.Handler) http.Handler {
	forms := http.NewCrossOriginProtection()
	if u, err := url.Parse(s.o.PublicURL); err == nil {
		forms.AddTrustedOrigin(u.Scheme + "://" + u.Host) //nolint:errcheck // settings are checked at the start
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch {
		case !s.rate.admit(s.o.Now()):
			w.Header().Set("Retry-After", "10")
			s.show(w, http.StatusTooManyRequests, failed("Too many at once", "Wait a few seconds and load this page again."))
		case forms.Check(r) != nil:
			s.show(w, http.StatusForbidden, failed("Not from here", "This form was sent from another site, so nothing was done. Open the link from Slack again."))
		default:
			r.Body = http.MaxBytesReader(w, r.Body, 4<<10)
			next.ServeHTTP(w, r)
		}
	})
}

// limiter lets through so many in a while, whoever they are: behind a proxy all
// look the same.
type limiter struct {
	mu    sync.Mutex
	since time.Time
	n     int
}

const (
	rateWindow = 10 * time.Second
	rateMost   = 100
)

func (l *limiter) admit(now time.Time) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if now.Sub(l.since) >= rateWindow || now.Before(l.since) {
		l.since, l.n = now, 0
	}
	l.n++
	return l.n <= rateMost
}
