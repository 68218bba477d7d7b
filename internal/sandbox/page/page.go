// Package page is the web page of the sandbox, on which one person plays
// everybody: it shows the stand-in Slack as the chosen persona sees it, the
// stand-in Microsoft tenant beside it, a clock that can be moved on, troubles
// that can be asked for, and a guided tour.
//
// It promises that whatever a message, a name or a modal holds comes out
// escaped, that only loopback host names are served, that nothing in the world
// changes except by a POST from the page itself, and that the browser fetches
// nothing from anywhere else. It acts only through what a person could do in
// Slack, so it cannot send the app anything a workspace would not.
//
// There is one page, drawn whole for each request: who is looking at what stands
// in its address, and a form leads back to it by a redirect. Without scripts
// that is all there is. With them, htmx does the same in the background, asks
// for the page again whenever the stream of events says that something changed,
// and puts the new page into the old one. Only how far the tour went is in a
// cookie, and which rows changed a moment ago is remembered here; a crash loses
// nothing else.
package page

import (
	"context"
	"crypto/rand"
	"net/http"
	"time"

	"latchkey/internal/chat/chattest"
	"latchkey/internal/graph/graphtest"
)

// A Clock is the movable clock of the sandbox. Advance must be safe for
// concurrent use.
type Clock interface {
	Now() time.Time
	// At is what the clock showed at a moment of real time.
	At(real time.Time) time.Time
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
	Suggestions []string                                                   // commands offered to members of the app's own team
	Audit       func(context.Context) ([]AuditLine, error)                 // optional; oldest first
	RoleName    func(id string) string                                     // optional; "" for an unknown role
	AdminCenter func(user string) string                                   // optional; address of the admin center for a persona, "" for none
	Works       func(user string) string                                   // optional; who a persona is in the partner's directory, "" for nobody
	NextDue     func(context.Context) (at time.Time, what string, ok bool) // optional; the next thing that time alone will do
	Faults      Faults                                                     // optional
	Tour        *Tour                                                      // optional
}

type handler struct {
	Options
	moved *bell // rings when the page itself changed something: the clock, the plan of faults
	rows  *rows
	world string // tells this world's tour from another's
}

// New returns the page, to be served at the root of a loopback address. Its
// stream of events lasts as long as the request, so a server that shuts down
// has to end its requests' contexts.
func New(opt Options) http.Handler {
	h := &handler{Options: opt, moved: newBell(), rows: newRows(), world: rand.Text()}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /{$}", h.whole)
	mux.HandleFunc("GET /complete", h.complete)
	mux.HandleFunc("GET /events", h.events)
	mux.HandleFunc("GET /file", h.file)
	mux.Handle("GET /static/", assets())
	for path, act := range map[string]action{
		"/send":         h.send,
		"/reply":        h.reply,
		"/click":        h.click,
		"/submit":       h.submit,
		"/close":        h.close,
		"/suggest":      h.suggest,
		"/dm":           h.openDM,
		"/home":         h.openHome,
		"/clock":        h.advance,
		"/work":         h.doWork,
		"/fault":        h.addFault,
		"/faults/clear": h.clearFaults,
		"/tour":         h.guide,
	} {
		mux.HandleFunc("POST "+path, h.post(act))
	}
	return guard(mux)
}
