// Package page is the web page of the sandbox, on which one person plays
// everybody: it shows the stand-in Slack as the chosen persona sees it, the
// stand-in Microsoft tenant beside it, and a clock that can be moved on.
//
// It promises that whatever a message, a name or a modal holds comes out
// escaped, that only loopback host names are served, that nothing changes
// except by a POST from the page itself, and that the browser fetches nothing
// from anywhere else. Without scripts the page works by plain forms; with them
// it follows every change as it happens. It acts only through what a person
// could do in Slack, so it cannot send the app anything a workspace would not.
//
// The page keeps no state: who is looking at what stands in the address. A
// crash leaves nothing behind.
package page

import (
	"context"
	"net/http"
	"time"

	"latchkey/internal/chat/chattest"
	"latchkey/internal/graph/graphtest"
)

// A Clock is the movable clock of the sandbox. Advance must be safe for
// concurrent use.
type Clock interface {
	Now() time.Time
	Advance(d time.Duration) error
}

// A Persona is somebody whom the reader of the page can be.
type Persona struct {
	User string // id in the stand-in Slack
	Name string
	What string // "staff of Fabrikam", "Contoso's admin"
}

// An AuditLine is one entry of the bot's own audit log.
type AuditLine struct {
	At              time.Time
	Kind, Who, What string
}

// Options say what the page shows. Slack, Graph, Clock and at least one persona
// are required.
type Options struct {
	Slack       *chattest.Server
	Graph       *graphtest.Server
	Clock       Clock
	People      []Persona
	Suggestions []string                                   // commands offered to members of the app's own team
	Audit       func(context.Context) ([]AuditLine, error) // optional; oldest first
	RoleName    func(id string) string                     // optional; "" for an unknown role
}

type handler struct {
	Options
	moved *bell // rings when the clock was moved
}

// New returns the page, to be served at the root of a loopback address. Its
// stream of events lasts as long as the request, so a server that shuts down
// has to end its requests' contexts.
func New(opt Options) http.Handler {
	h := &handler{Options: opt, moved: newBell()}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /{$}", h.whole)
	mux.HandleFunc("GET /people", h.fragment("people"))
	mux.HandleFunc("GET /stream", h.fragment("stream"))
	mux.HandleFunc("GET /modal", h.fragment("modal"))
	mux.HandleFunc("GET /clock", h.fragment("clock"))
	mux.HandleFunc("GET /tenant", h.fragment("tenant"))
	mux.HandleFunc("GET /events", h.events)
	mux.Handle("GET /static/", assets())
	for path, act := range map[string]action{
		"/send":    h.send,
		"/click":   h.click,
		"/submit":  h.submit,
		"/close":   h.close,
		"/suggest": h.suggest,
		"/dm":      h.openDM,
		"/clock":   h.advance,
	} {
		mux.HandleFunc("POST "+path, h.post(act))
	}
	return guard(mux)
}
