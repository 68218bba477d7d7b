package web

import (
	"crypto/rand"
	"crypto/subtle"
	"net/http"
	"sync"
	"time"
)

const (
	flowLife  = 10 * time.Minute
	mostFlows = 1000
)

// flow is a sign-in that one browser has begun.
type flow struct {
	secret, browser, nonce, verifier string // secret: of what it is for
	until                            time.Time
}

// flows holds them by their state, each to be used once.
type flows struct {
	mu sync.Mutex
	by map[string]flow
}

func (f *flows) put(state string, one flow, now time.Time) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.by == nil || len(f.by) >= mostFlows {
		old := f.by
		f.by = map[string]flow{}
		for k, v := range old {
			if now.Before(v.until) && len(f.by) < mostFlows/2 {
				f.by[k] = v
			}
		}
	}
	f.by[state] = one
}

// take returns the flow and forgets it, if this browser began it.
func (f *flows) take(state, browser string, now time.Time) (flow, bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	one, ok := f.by[state]
	if !ok || browser == "" || subtle.ConstantTimeCompare([]byte(one.browser), []byte(browser)) != 1 {
		return flow{}, false
	}
	delete(f.by, state)
	return one, now.Before(one.until)
}

const browserBytes = 26 // of rand.Text

// cookieName is bound to this very host where the browser can be made to.
func (c *chrome) cookieName(of string) string {
	if c.secure {
		return "__Host-latchkey-" + of
	}
	return "latchkey-" + of
}

func (c *chrome) browser(r *http.Request) string { return c.cookie(r, "signin") }

func (c *chrome) cookie(r *http.Request, of string) string {
	found, err := r.Cookie(c.cookieName(of))
	if err != nil || len(found.Value) != browserBytes {
		return ""
	}
	return found.Value
}

// mark gives the browser the cookie by which it is known again. It must come
// along when Microsoft sends the person back, hence Lax.
func (c *chrome) mark(w http.ResponseWriter, r *http.Request) string {
	id := c.browser(r)
	if id == "" {
		id = rand.Text()
	}
	c.set(w, "signin", id, flowLife)
	return id
}

func (c *chrome) set(w http.ResponseWriter, of, value string, life time.Duration) {
	http.SetCookie(w, &http.Cookie{
		Name: c.cookieName(of), Value: value, Path: "/", MaxAge: int(life / time.Second),
		Secure: c.secure, HttpOnly: true, SameSite: http.SameSiteLaxMode,
	})
}
