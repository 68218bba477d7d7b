package web

import (
	"context"
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"net/http"
	"time"
)

const (
	flowLife = 10 * time.Minute
	// differ is how much the clocks of those who share a store may.
	differ = time.Minute
)

// lasts reports whether what was given a life of that length is within it. What has more of
// it left was given it by a clock that has been put back since, and nobody knows how old it is.
func lasts(until, now time.Time, life time.Duration) bool {
	left := until.Sub(now)
	return 0 < left && left <= life+differ
}

// flow is a sign-in that one browser has begun. What Microsoft is told to know it again by
// comes of the browser's cookie and of the state in its address, so that it is nowhere but
// in that browser, and any replica can go on with it.
type flow struct {
	secret, nonce, verifier string // secret: of what it is for
}

func flowOf(state, browser, secret string) flow {
	return flow{secret: secret, nonce: derive(browser, state, "nonce"), verifier: derive(browser, state, "verifier")}
}

// begin remembers a sign-in of the browser, to be used once, and returns its state.
func (c *chrome) begin(ctx context.Context, browser, secret string) (state string, f flow, err error) {
	state = rand.Text()
	now := c.now()
	b := Begun{State: digest(state), Browser: digest(browser), For: seal(browser, state, secret), Until: now.Add(flowLife).UTC()}
	return state, flowOf(state, browser, secret), c.browsers.Begin(ctx, b, now)
}

// take returns the sign-in and forgets it, if this browser began it.
func (c *chrome) take(r *http.Request) (flow, bool, error) {
	state, browser := r.URL.Query().Get("state"), c.browser(r)
	if state == "" || browser == "" {
		return flow{}, false, nil
	}
	b, ok, err := c.browsers.Take(context.WithoutCancel(r.Context()), digest(state), digest(browser))
	if err != nil || !ok || !lasts(b.Until, c.now(), flowLife) {
		return flow{}, false, err
	}
	secret, ok := unseal(browser, state, b.For)
	return flowOf(state, browser, secret), ok, nil
}

// digest stands for what only a browser knows. That is drawn at random and long, so that
// nobody finds it again from this.
func digest(of string) string {
	sum := sha256.Sum256([]byte("latchkey browser " + of))
	return hex.EncodeToString(sum[:])
}

// derive makes of what only a browser knows something else, for one purpose.
func derive(browser, state, purpose string) string {
	return base64.RawURLEncoding.EncodeToString(keyOf(browser, state, purpose))
}

func keyOf(browser, state, purpose string) []byte {
	key, err := hkdf.Key(sha256.New, []byte(browser), []byte(state), "latchkey browser "+purpose, 32)
	if err != nil {
		panic("web: " + err.Error()) // only for a length that no hash can give
	}
	return key
}

// seal has nobody read the text but with the browser's cookie, and unseal does.
func seal(browser, state, text string) []byte {
	return box(browser, state).Seal(nil, nil, []byte(text), nil)
}

func unseal(browser, state string, sealed []byte) (string, bool) {
	text, err := box(browser, state).Open(nil, nil, sealed, nil)
	return string(text), err == nil
}

func box(browser, state string) cipher.AEAD {
	block, err := aes.NewCipher(keyOf(browser, state, "for"))
	if err == nil {
		var b cipher.AEAD
		if b, err = cipher.NewGCMWithRandomNonce(block); err == nil {
			return b
		}
	}
	panic("web: " + err.Error()) // only for a key of another length
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
