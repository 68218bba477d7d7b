package web

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"net/http"
	"time"

	"latchkey/internal/access"
)

// sessionLife is how long what Microsoft said of somebody is believed: who they are, and
// which roles they hold.
const sessionLife = 15 * time.Minute

// session is a person who has signed in with one browser.
type session struct {
	who   access.SignIn
	token string // that every form of theirs carries
}

// takes reports whether a form was drawn for this session.
func (s session) takes(token string) bool {
	return s.token != "" && subtle.ConstantTimeCompare([]byte(s.token), []byte(token)) == 1
}

// open begins a session under a name of its own, so that nobody can have planted it, and
// gives it to the browser.
func (d *Desk) open(ctx context.Context, w http.ResponseWriter, who access.SignIn) error {
	name := rand.Text()
	now := d.now()
	if err := d.browsers.Open(ctx, Session{Name: digest(name), Who: who, Until: now.Add(sessionLife).UTC()}, now); err != nil {
		return err
	}
	d.set(w, "session", name, sessionLife)
	return nil
}

// session is who has signed in with this browser. Where that cannot be read nobody has.
func (d *Desk) session(r *http.Request) (session, bool) {
	name := d.cookie(r, "session")
	if name == "" {
		return session{}, false
	}
	found, ok, err := d.browsers.Find(r.Context(), digest(name))
	if err != nil {
		d.log.ErrorContext(r.Context(), "sign-in failed", "err", err)
		return session{}, false
	}
	if !ok || !lasts(found.Until, d.now(), sessionLife) {
		return session{}, false
	}
	return session{who: found.Who, token: derive(name, "", "forms")}, true
}

// close ends the session.
func (d *Desk) close(r *http.Request) error {
	return d.browsers.End(context.WithoutCancel(r.Context()), digest(d.cookie(r, "session")))
}
