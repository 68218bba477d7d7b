package web

import (
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"
)

// chrome is what all pages have in common: their address, what is under way in
// browsers, and the guard before them.
type chrome struct {
	publicURL string
	secure    bool
	now       func() time.Time
	log       *slog.Logger
	browsers  Browsers
	rate      limiter
}

// parts makes what pages are built from. The authority and the way back are not whole
// yet.
func parts(o Options) (*chrome, *microsoft) {
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
	return &chrome{publicURL: o.PublicURL, secure: strings.HasPrefix(o.PublicURL, "https://"), now: o.Now, log: o.Log, browsers: o.Browsers},
		&microsoft{authority: o.Authority, client: o.ClientID, redirect: o.PublicURL, http: o.HTTP, proof: o.Proof, now: o.Now}
}

// guarded limits how often the pages are asked for, and refuses forms of other
// sites.
func (c *chrome) guarded(next http.Handler) http.Handler {
	forms := http.NewCrossOriginProtection()
	if u, err := url.Parse(c.publicURL); err == nil {
		forms.AddTrustedOrigin(u.Scheme + "://" + u.Host) //nolint:errcheck // settings are checked at the start
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch {
		case !c.rate.admit(c.now()):
			w.Header().Set("Retry-After", "10")
			in := asked(r)
			c.show(w, http.StatusTooManyRequests, failed(in.Say("Too many at once"), in.Say("Wait a few seconds and load this page again.")).in(in))
		case forms.Check(r) != nil:
			in := asked(r)
			c.show(w, http.StatusForbidden, failed(in.Say("Not from here"), in.Say("This form was sent from another site, so nothing was done. Open the link from Slack again.")).in(in))
		default:
			r.Body = http.MaxBytesReader(w, r.Body, 16<<10)
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
