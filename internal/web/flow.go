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
	secret, browser, nonce, verifier string
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
func (s *Site) cookieName() string {
	if s.secure {
		return "__Host-latchkey-signin"
	}
	return "latchkey-signin"
}

func (s *Site) browser(r *http.Request) string {
	c, err := r.Cookie(s.cookieName())
	if err != nil || len(c.Value) != browserBytes {
		return ""
	}
	return c.Value
}

// mark gives the browser the cookie by which it is known again. It must come
// along when Microsoft sends the person back, hence Lax.
func (s *Site) mark(w http.ResponseWriter, r *http.Request) string {
	id := s.browser(r)
	if id == "" {
		id = rand.Text()
	}
	http.SetCookie(w, &http.Cookie{
		Name: s.cookieName(), Value: id, Path: "/", MaxAge: int(flowLife / time.Second),
		Secure: s.secure, HttpOnly: true, SameSite: http.SameSiteLaxMode,
	})
	return id
}
