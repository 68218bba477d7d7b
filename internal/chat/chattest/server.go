// Package chattest is a stand-in for Slack: one [http.Handler] that keeps a
// small world of teams, people, channels, messages and modals, answers the Web
// API methods the app uses, and sends the app the signed requests that people
// cause when they type a command, press a button or submit a modal.
//
// It promises to behave as Slack's documents say where they say it, and to be
// safe for concurrent use: every change is made under one lock, which is never
// held while the app is called or an observer runs. Its wire JSON is written by
// hand from those documents and it imports neither the app nor the library by
// which the app speaks to Slack, so a mistake of theirs cannot agree with itself
// here.
//
// The app is reached over HTTP, or over the sockets that it opens (Socket Mode);
// events are sent in the background and repeated until the app takes them.
// [Server.Close] ends all that.
//
// What goes wrong is decided by a plan ([Server.SetFaults]); the posting limit of
// a channel and the tiers of the methods always hold, unless [Options] says otherwise.
//
// Everything is in memory. When the process ends the world is gone, except for
// what [Server.Save] wrote; when the app ends, the world stays and only the
// request in flight is lost, as the person who made it is told.
package chattest

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"time"
)

// Ids of the one app that is installed in the world.
const (
	AppID = "A0LATCHKEY"
	BotID = "B0LATCHKEY"
)

const (
	maxBody   = 1 << 20
	ackWithin = 3 * time.Second
)

// Options says how the world is set up. The zero value of each optional field
// is usable.
type Options struct {
	SigningSecret string           // signs what is sent to the app
	BotToken      string           // "xoxb-…", the one token the Web API accepts
	AppToken      string           // "xapp-…", accepted by apps.connections.open only
	BotTeam       string           // id of the team that installed the app; New creates it
	BotUser       string           // id of the app's bot user; New creates it in BotTeam
	Scopes        []string         // granted bot scopes
	Now           func() time.Time // protocol time: message timestamps, triggers; default time.Now
	Signed        func() time.Time // the time of signatures; default Now
	Client        *http.Client     // used to call the app; the default follows no redirects
	AckWithin     time.Duration    // how long the app may take to acknowledge; default 3 s, measured on the real clock
	Observe       func(Call)       // may be nil

	SocketMode      bool            // the app is reached over sockets that it opens, never over HTTP
	Events          []string        // the bot events that the manifest subscribes to; see [EventTypes]
	RetryWaits      []time.Duration // before each repeat of an event, on the real clock; default 0, 1 and 5 minutes
	PingEvery       time.Duration   // between pings on a socket; default 10 s
	SocketLife      time.Duration   // after which a socket is refreshed; default 1 h
	WarnAhead       time.Duration   // between the warning and the refresh of a socket; default 10 s
	ObserveDelivery func(Delivery)  // sees each attempt to reach the app; may be nil

	// PostRate is how many messages a second chat.postMessage may post in one
	// channel, on the clock of Now, once a short burst is used up. The default
	// is 1, as Slack documents; with a negative rate there is no limit, neither here nor
	// to how often any other method may be called.
	PostRate float64
}

// Phase tells whether a [Call] is seen before or after it was applied.
type Phase int

// The two phases of a call.
const (
	Before Phase = iota + 1 // received and authenticated, nothing changed yet
	After                   // applied or refused, answer not yet sent
)

// A Call is one use of a Web API method or, with Method "response_url", of a
// response URL, as Observe sees it. Form never holds the token. Observe runs
// on the goroutine of the request, without any lock, and may block it.
type Call struct {
	Phase  Phase
	Method string
	Form   url.Values
}

// A Server is the stand-in. Make one with [New].
type Server struct {
	opt Options

	mu       sync.Mutex
	appURL   string
	selfURL  string
	teams    shelf[Team]
	users    shelf[User]
	rooms    shelf[room]
	modals   map[string][]*view // by user, the top last
	homes    map[string]*view   // by user
	triggers map[string]*trigger
	tokens   triggerDesk
	courier  *courier
	hooks    map[string]*hook // by the id in the response URL
	calls    map[string]int
	minutes  map[string][]time.Time // when each method was called within the last minute
	faults   []*FaultState          // the plan, in its order
	groups   shelf[Usergroup]
	files    shelf[file]
	uploads  map[string]*upload // by the id in the upload URL
	opened   []*hook            // all hooks, in the order in which they were made
	dead     string             // with what error the bot's token is refused; "" while it is good
	lastTS   int64              // microseconds of the newest message timestamp
	serial   uint64
	version  uint64
	changed  chan struct{} // closed and replaced when version grows
}

// New makes a world that holds the installing team and the app's bot user.
func New(opt Options) *Server {
	if opt.Now == nil {
		opt.Now = time.Now
	}
	if opt.Signed == nil {
		opt.Signed = opt.Now
	}
	if opt.AckWithin <= 0 {
		opt.AckWithin = ackWithin
	}
	if opt.RetryWaits == nil {
		opt.RetryWaits = retryWaits
	}
	if opt.PingEvery <= 0 {
		opt.PingEvery = pingEvery
	}
	if opt.SocketLife <= 0 {
		opt.SocketLife = socketLife
	}
	if opt.WarnAhead <= 0 {
		opt.WarnAhead = warnAhead
	}
	if opt.PostRate == 0 {
		opt.PostRate = postRate
	}
	if opt.Client == nil {
		opt.Client = &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error {
			return http.ErrUseLastResponse
		}}
	}
	s := &Server{
		opt:      opt,
		modals:   make(map[string][]*view),
		homes:    make(map[string]*view),
		triggers: make(map[string]*trigger),
		tokens:   newTriggerDesk(),
		courier:  newCourier(),
		hooks:    make(map[string]*hook),
		uploads:  make(map[string]*upload),
		calls:    make(map[string]int),
		minutes:  make(map[string][]time.Time),
		changed:  make(chan struct{}),
	}
	s.AddTeam(Team{ID: opt.BotTeam})
	s.AddUser(User{ID: opt.BotUser, Team: opt.BotTeam, Name: "latchkey", RealName: "Latchkey", Bot: true})
	return s
}

// Serve sets where the app is, for example http://127.0.0.1:8080, and the base
// URL under which the app reaches this server, which is where response URLs
// point. It may be called again, for instance when the app has moved.
func (s *Server) Serve(appURL, selfURL string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.appURL = strings.TrimRight(appURL, "/")
	s.selfURL = strings.TrimRight(selfURL, "/")
}

// ServeHTTP answers /api/<method>, /response/<id>, and the addresses that are
// given for uploading a file and for reading one.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Date", s.opt.Now().UTC().Format(http.TimeFormat))
	if name, ok := strings.CutPrefix(r.URL.Path, "/api/"); ok {
		s.serveAPI(w, r, name)
		return
	}
	if id, ok := strings.CutPrefix(r.URL.Path, "/response/"); ok {
		s.serveResponse(w, r, id)
		return
	}
	if id, ok := strings.CutPrefix(r.URL.Path, uploadPath); ok {
		s.serveUpload(w, r, id)
		return
	}
	if id, ok := strings.CutPrefix(r.URL.Path, filePath); ok {
		s.serveFile(w, r, id)
		return
	}
	if r.URL.Path == pathLink {
		s.serveLink(w, r)
		return
	}
	http.NotFound(w, r)
}

// Calls returns how often each Web API method was called so far, refused calls
// included. Uses of response URLs are counted as "response_url".
func (s *Server) Calls() map[string]int {
	s.mu.Lock()
	defer s.mu.Unlock()
	calls := make(map[string]int, len(s.calls))
	for name, n := range s.calls {
		calls[name] = n
	}
	return calls
}

// Version returns a number that grows whenever anything a person sees changes.
func (s *Server) Version() uint64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.version
}

// Wait blocks until the version is greater than after, and returns it. When ctx
// ends first it returns the version of that moment and the context's error.
func (s *Server) Wait(ctx context.Context, after uint64) (uint64, error) {
	for {
		s.mu.Lock()
		version, changed := s.version, s.changed
		s.mu.Unlock()
		if version > after {
			return version, nil
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return version, ctx.Err()
		}
	}
}

// bump wakes everyone in Wait. The lock is held.
func (s *Server) bump() {
	s.version++
	close(s.changed)
	s.changed = make(chan struct{})
}

// observe tells the observer about a call. The lock is not held.
func (s *Server) observe(phase Phase, method string, form url.Values) {
	if s.opt.Observe != nil {
		s.opt.Observe(Call{Phase: phase, Method: method, Form: form})
	}
}

// nextTS returns a new message timestamp: unique and growing, even when the
// protocol clock stands still or goes back. The lock is held.
func (s *Server) nextTS() string {
	now := s.opt.Now().UnixMicro()
	if now <= s.lastTS {
		now = s.lastTS + 1
	}
	s.lastTS = now
	return fmt.Sprintf("%d.%06d", now/1e6, now%1e6)
}

// next returns a serial number, never the same twice. The lock is held.
func (s *Server) next() uint64 {
	s.serial++
	return s.serial
}

// nextID returns an id such as V00000012. The lock is held.
func (s *Server) nextID(prefix string) string {
	return prefix + strings.ToUpper(fmt.Sprintf("%08s", strconv.FormatUint(s.next(), 36)))
}

// secretID returns an id that nobody guesses.
func secretID() string {
	var b [16]byte
	rand.Read(b[:]) // never fails
	return hex.EncodeToString(b[:])
}
