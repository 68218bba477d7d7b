package chat_test

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strconv"
	"sync"
	"testing"
	"time"

	"latchkey/internal/chat"
	"latchkey/internal/chat/chattest"
	"latchkey/internal/commands"
	"latchkey/internal/messages"
)

const (
	secret   = "8f742231b10e8888abcd99yyyzzz85a5"
	botToken = "xoxb-1-2-three"
	appToken = "xapp-1-A-two"
)

// world is the stand-in for Slack with people in it, and a client of it. T1 is
// the partner, T2 the customer and T3 another organisation.
type world struct {
	*chattest.Server
	client *chat.Client
	url    string

	mu    sync.Mutex
	now   time.Time
	watch func(chattest.Call)
	front func(method string) (status int, header http.Header, body string)

	answered func(status int) // what the world answered itself; may be nil
}

func newWorld(tb testing.TB) *world {
	tb.Helper()
	w := anonymous(tb)
	if err := w.client.Identify(tb.Context()); err != nil {
		tb.Fatal(err)
	}
	return w
}

// anonymous is a world whose client has not asked yet who it is.
func anonymous(tb testing.TB) *world {
	tb.Helper()
	w := &world{now: time.Date(2026, 11, 24, 9, 0, 0, 0, time.UTC)}
	w.Server = chattest.New(chattest.Options{
		SigningSecret: secret, BotToken: botToken, AppToken: appToken, BotTeam: "T1", BotUser: "U0BOT",
		Scopes: []string{
			"chat:write", "files:write", "commands", "users:read", "im:write", "im:read", "im:history",
			"channels:read", "channels:history", "groups:read", "groups:history", "usergroups:read",
		},
		Now: w.clock, Observe: w.observe,
	})
	for _, u := range []chattest.User{
		{ID: "U0ANA", Team: "T1", Name: "ana", RealName: "Ana Trujillo", TZ: "Europe/Berlin", TZOffset: 3600},
		{ID: "U0OLD", Team: "T1", Name: "old", Deleted: true},
		{ID: "U0CARLA", Team: "T2", Name: "carla", RealName: "Carla Weiss"},
		{ID: "U0PLAIN", Team: "T2", Name: "plain"},
		{ID: "U0DAN", Team: "T2", Name: "dan", RealName: "Dan Ek"},
		{ID: "U0GONE", Team: "T2", Name: "gone", Deleted: true},
		{ID: "U0ROBOT", Team: "T2", Name: "robot", Bot: true},
		{ID: "U0EVE", Team: "T3", Name: "eve", RealName: "Eve Moss"},
	} {
		w.AddUser(u)
	}
	for _, c := range []chattest.Channel{
		{ID: "C0SHARED", Name: "contoso", Host: "T1", Connected: []string{"T1", "T2"}, Private: true,
			Members: []string{"U0BOT", "U0ANA", "U0CARLA", "U0PLAIN", "U0GONE", "U0ROBOT", "U0GHOST"}},
		{ID: "C0THREE", Name: "three", Host: "T1", Connected: []string{"T1", "T2", "T3"}, Members: []string{"U0BOT", "U0CARLA", "U0EVE"}},
		{ID: "C0OTHER", Name: "other", Host: "T1", Connected: []string{"T1", "T3"}, Members: []string{"U0BOT", "U0EVE"}},
		{ID: "C0OWN", Name: "own", Host: "T1", Members: []string{"U0BOT", "U0ANA"}},
		{ID: "C0QUIET", Name: "quiet", Host: "T1", Members: []string{"U0ANA"}},
	} {
		w.AddChannel(c)
	}
	srv := httptest.NewServer(w)
	tb.Cleanup(srv.Close)
	w.url = srv.URL
	w.Serve("", srv.URL)
	w.client = chat.New(chat.Options{BotToken: botToken, AppToken: appToken, APIURL: srv.URL + "/api/", Now: w.clock})
	return w
}

// ServeHTTP lets the front answer in the place of the world.
func (w *world) ServeHTTP(rw http.ResponseWriter, r *http.Request) {
	w.mu.Lock()
	front, answered := w.front, w.answered
	w.mu.Unlock()
	if front != nil {
		if status, header, body := front(r.URL.Path[len("/api/"):]); status != 0 {
			rw.Header().Set("Content-Type", "application/json")
			for k, v := range header {
				rw.Header()[k] = v
			}
			rw.WriteHeader(status)
			rw.Write([]byte(body))
			return
		}
	}
	if answered != nil {
		told := &teller{ResponseWriter: rw}
		defer func() { answered(told.status) }()
		rw = told
	}
	w.Server.ServeHTTP(rw, r)
}

// teller remembers the status of an answer.
type teller struct {
	http.ResponseWriter
	status int
}

func (t *teller) WriteHeader(status int) {
	t.status = status
	t.ResponseWriter.WriteHeader(status)
}

// answers has a method answer with the body, once or always.
func (w *world) answers(method, body string, times int) {
	w.set(nil, func(m string) (int, http.Header, string) {
		w.mu.Lock()
		defer w.mu.Unlock()
		if m != method || times == 0 {
			return 0, nil, ""
		}
		times--
		return http.StatusOK, nil, body
	})
}

func (w *world) set(watch func(chattest.Call), front func(string) (int, http.Header, string)) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.watch, w.front = watch, front
}

func (w *world) observe(c chattest.Call) {
	w.mu.Lock()
	watch := w.watch
	w.mu.Unlock()
	if watch != nil {
		watch(c)
	}
}

func (w *world) clock() time.Time {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.now
}

func (w *world) moveTo(t time.Time) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.now = t
}

// router answers everything as it is told, and remembers what it was asked.
type router struct {
	reply   commands.Reply
	options []messages.Option
	hold    bool          // answer only when the context ends
	entered chan struct{} // may be nil; told when it holds

	mu    sync.Mutex
	asked []string
	got   commands.Invocation
}

var _ chat.Router = (*router)(nil)

func (r *router) answer(ctx context.Context, what string, inv commands.Invocation) commands.Reply {
	r.mu.Lock()
	r.asked, r.got = append(r.asked, what), inv
	r.mu.Unlock()
	if r.hold {
		if r.entered != nil {
			r.entered <- struct{}{}
		}
		<-ctx.Done()
	}
	return r.reply
}

func (r *router) Slash(ctx context.Context, inv commands.Invocation) commands.Reply {
	return r.answer(ctx, "slash", inv)
}

func (r *router) Click(ctx context.Context, inv commands.Invocation) commands.Reply {
	return r.answer(ctx, "click", inv)
}

func (r *router) Submit(ctx context.Context, inv commands.Invocation) commands.Reply {
	return r.answer(ctx, "submit", inv)
}

func (r *router) Options(ctx context.Context, inv commands.Invocation) []messages.Option {
	r.answer(ctx, "options", inv)
	return r.options
}

// calls is what was asked, as one text.
func (r *router) calls() string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return fmt.Sprint(r.asked)
}

func (r *router) last() commands.Invocation {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.got
}

// desk is an intake with its router.
type desk struct {
	*chat.Intake
	router *router
	log    *safeBuffer
}

func newDesk(w *world, r *router) *desk {
	log := &safeBuffer{}
	d := &chat.Dispatcher{Client: w.client, Router: r, Log: slog.New(slog.NewTextHandler(log, nil))}
	return &desk{&chat.Intake{Dispatcher: d, Secret: secret, Now: time.Now}, r, log}
}

// attach has the world deliver to the desk what its people do.
func (w *world) attach(t *testing.T, d *desk) {
	t.Helper()
	app := httptest.NewServer(d.Handler())
	t.Cleanup(app.Close)
	w.Serve(app.URL, w.url)
	w.moveTo(time.Now())
}

// post delivers a signed body and returns the answer, once everything that
// follows it is done.
func (d *desk) post(path, body string) *httptest.ResponseRecorder {
	return d.send(signed(path, body, secret, time.Now()))
}

func (d *desk) send(r *http.Request) *httptest.ResponseRecorder {
	rec := httptest.NewRecorder()
	d.Handler().ServeHTTP(rec, r)
	d.Dispatcher.Wait()
	return rec
}

// signed is a delivery as Slack would make it with that secret at that time.
func signed(path, body, with string, at time.Time) *http.Request {
	r := httptest.NewRequest(http.MethodPost, path, bytes.NewReader([]byte(body)))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	sign(r.Header, body, with, at)
	return r
}

func sign(h http.Header, body, with string, at time.Time) {
	stamp := strconv.FormatInt(at.Unix(), 10)
	mac := hmac.New(sha256.New, []byte(with))
	fmt.Fprintf(mac, "v0:%s:%s", stamp, body)
	h.Set("X-Slack-Request-Timestamp", stamp)
	h.Set("X-Slack-Signature", "v0="+hex.EncodeToString(mac.Sum(nil)))
}

// safeBuffer is a log that may be read while it is written.
type safeBuffer struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (b *safeBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.Write(p)
}

func (b *safeBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.String()
}
