// Package web serves the bot's own pages: a person signs in with Microsoft to do
// one thing that Microsoft takes from nobody else.
//
// The way there is a link whose secret stands for one person's one act. The
// person signs in with the authorization code flow and PKCE, at the one tenant
// that is given; who came back is checked here (tenant, guest or not, more than a
// password) and by [Acts] (the very person, still allowed). The token serves the
// one call and is neither kept nor logged.
//
// What is under way in a browser is kept by [Browsers] for some minutes, so that a sign-in
// that begins at one replica, or before a crash, may end at another, or after it. What was
// done is in the store of [Acts].
package web

import (
	"context"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"time"

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
	// Browsers is where replicas share what is under way in browsers.
	Browsers Browsers
	Now      func() time.Time
	Log      *slog.Logger
}

// Site is the pages of the partner's own people.
type Site struct {
	*chrome
	o         Options
	microsoft *microsoft
}

// New returns the pages. It makes no call.
func New(o Options) *Site {
	c, m := parts(o)
	m.authority += "/" + o.Tenant + "/v2.0"
	m.redirect += PathCallback
	return &Site{chrome: c, o: o, microsoft: m}
}

// Link is the address of the page for a secret.
func Link(publicURL, secret string) string {
	return strings.TrimRight(publicURL, "/") + PathSignIn + url.PathEscape(secret)
}

// Handler serves the pages.
func (s *Site) Handler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET "+PathSignIn+"{secret}", s.look)
	mux.HandleFunc("POST "+PathSignIn+"{secret}", s.begin)
	mux.HandleFunc("GET "+PathCallback, s.finish)
	return s.guarded(mux)
}
