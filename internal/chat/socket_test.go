package chat_test

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gorilla/websocket"

	"latchkey/internal/chat"
	"latchkey/internal/commands"
	"latchkey/internal/messages"
)

// far is Slack's end of Socket Mode: it hands out sockets, and the test plays
// Slack on them.
type far struct {
	t      *testing.T
	url    string
	opened chan *websocket.Conn

	mu      sync.Mutex
	refused int           // the next so many are refused
	tokens  string        // with which sockets were asked for
	moved   time.Duration // that the clock is ahead
}

func newFar(t *testing.T) *far {
	t.Helper()
	f := &far{t: t, opened: make(chan *websocket.Conn, 8)}
	mux := http.NewServeMux()
	mux.HandleFunc("POST /api/apps.connections.open", func(w http.ResponseWriter, r *http.Request) {
		f.mu.Lock()
		defer f.mu.Unlock()
		f.tokens = r.Header.Get("Authorization")
		w.Header().Set("Content-Type", "application/json")
		if f.refused > 0 {
			f.refused--
			fmt.Fprint(w, `{"ok":false,"error":"internal_error"}`)
			return
		}
		fmt.Fprintf(w, `{"ok":true,"url":%q}`, "ws"+strings.TrimPrefix(f.url, "http")+"/link")
	})
	mux.HandleFunc("GET /link", func(w http.ResponseWriter, r *http.Request) {
		conn, err := (&websocket.Upgrader{}).Upgrade(w, r, nil)
		if err != nil {
			t.Error(err)
			return
		}
		f.opened <- conn
	})
	srv := httptest.NewServer(mux)
	t.Cleanup(srv.Close)
	f.url = srv.URL
	return f
}

// clock is real time, and later moves it.
func (f *far) clock() time.Time {
	f.mu.Lock()
	defer f.mu.Unlock()
	return time.Now().Add(f.moved)
}

func (f *far) later(d time.Duration) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.moved += d
}

// near is the bot's end, running.
type near struct {
	*router
	log   *safeBuffer
	waits chan int // the attempts after which it waits
	stop  func()   // ends it and waits for that
}

// run runs a socket. How long it waits before it tries again is pause.
func (f *far) run(r *router, pause time.Duration) *near {
	f.t.Helper()
	n := &near{router: r, log: &safeBuffer{}, waits: make(chan int, 100)}
	log := slog.New(slog.NewTextHandler(n.log, nil))
	client := chat.New(chat.Options{BotToken: botToken, AppToken: appToken, APIURL: f.url + "/api/"})
	f.serve(n, &chat.Socket{
		Dispatcher: &chat.Dispatcher{Client: client, Router: r, Log: log}, API: client.API, Log: log,
		Backoff: func(attempt int) time.Duration { n.waits <- attempt; return pause }, Now: f.clock,
	})
	return n
}

// runWith runs a socket whose deliveries go to the dispatcher.
func (f *far) runWith(d *chat.Dispatcher, log *safeBuffer) {
	f.t.Helper()
	client := chat.New(chat.Options{BotToken: botToken, AppToken: appToken, APIURL: f.url + "/api/"})
	f.serve(&near{log: log}, &chat.Socket{
		Dispatcher: d, API: client.API, Log: d.Log, Backoff: func(int) time.Duration { return time.Hour },
	})
}

// serve runs the socket until the test ends or it is stopped.
func (f *far) serve(n *near, s *chat.Socket) {
	ctx, cancel := context.WithCancel(f.t.Context())
	ended := make(chan struct{})
	go func() { defer close(ended); s.Run(ctx) }()
	n.stop = sync.OnceFunc(func() {
		cancel()
		select {
		case <-ended:
		case <-time.After(10 * time.Second):
			f.t.Error("the socket does not end")
		}
	})
	f.t.Cleanup(n.stop)
}

// socket is the next socket that the bot opens.
func (f *far) socket() *websocket.Conn {
	f.t.Helper()
	select {
	case conn := <-f.opened:
		f.t.Cleanup(func() { conn.Close() })
		if err := conn.SetReadDeadline(time.Now().Add(10 * time.Second)); err != nil {
			f.t.Fatal(err)
		}
		return conn
	case <-time.After(10 * time.Second):
		f.t.Fatal("no socket was opened")
		return nil
	}
}

// greeted is the next socket, after its hello.
func (f *far) greeted() *websocket.Conn {
	f.t.Helper()
	conn := f.socket()
	f.send(conn, `{"type":"hello","num_connections":1}`)
	return conn
}

func (f *far) send(conn *websocket.Conn, frame string) {
	f.t.Helper()
	if err := conn.WriteMessage(websocket.TextMessage, []byte(frame)); err != nil {
		f.t.Fatal(err)
	}
}

func (f *far) deliver(conn *websocket.Conn, id, kind, payload string) {
	f.t.Helper()
	f.send(conn, fmt.Sprintf(`{"envelope_id":%q,"type":%q,"payload":%s,"accepts_response_payload":true}`, id, kind, payload))
}

func (f *far) receive(conn *websocket.Conn) string {
	f.t.Helper()
	_, frame, err := conn.ReadMessage()
	if err != nil {
		f.t.Fatal(err)
	}
	return string(frame)
}

const typed = `{"team_id":"T1","user_id":"U0ANA","user_name":"ana","channel_id":"C0OWN","command":"/access","text":"mine","trigger_id":"1.2.abc"}`

func TestSocketAcks(t *testing.T) {
	const suggest = `{"type":"block_suggestion","user":{"id":"U0ANA","team_id":"T1"},"action_id":"x"}`
	for _, tt := range []struct {
		name, kind, payload string
		reply               commands.Reply
		asked, want         string
	}{
		{"Command", "slash_commands", typed, commands.Reply{Message: &messages.Message{Text: "yours"}},
			"[slash]", `{"envelope_id":"e1","payload":{"response_type":"ephemeral","replace_original":false,"text":"yours"}}`},
		{"SilentCommand", "slash_commands", typed, commands.Reply{}, "[slash]", `{"envelope_id":"e1"}`},
		{"Click", "interactive", click(""), commands.Reply{}, "[click]", `{"envelope_id":"e1"}`},
		{"Submission", "interactive", submission("U0ANA", "T1"), commands.Reply{Errors: map[string]string{"roles": "Choose."}},
			"[submit]", `{"envelope_id":"e1","payload":{"response_action":"errors","errors":{"roles":"Choose."}}}`},
		{"Suggestion", "interactive", suggest, commands.Reply{}, "[options]", `{"envelope_id":"e1","payload":{"options":[]}}`},
		{"OtherKind", "events_api", `{"event":{}}`, commands.Reply{}, "[]", `{"envelope_id":"e1"}`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			f := newFar(t)
			n := f.run(&router{reply: tt.reply}, time.Hour)
			conn := f.greeted()
			f.deliver(conn, "e1", tt.kind, tt.payload)
			if got := f.receive(conn); got != tt.want || n.calls() != tt.asked {
				t.Errorf("acknowledged with %s after asking %s, want %s after %s", got, n.calls(), tt.want, tt.asked)
			}
			if f.tokens != "Bearer "+appToken {
				t.Error("the socket was asked for with another token")
			}
		})
	}
}

// What came over the socket is read as what came over HTTP.
func TestSocketInvocation(t *testing.T) {
	f := newFar(t)
	n := f.run(&router{}, time.Hour)
	conn := f.greeted()
	f.deliver(conn, "e1", "slash_commands", typed)
	f.receive(conn)
	if got := n.last(); got.Text != "mine" || got.Origin.Actor.User != "U0ANA" || got.Origin.Channel != "C0OWN" || got.Origin.Delivery == "" {
		t.Errorf("invocation %+v", got)
	}
}

// Slack drops larger frames without a word, so a shorter answer of the same
// form takes their place.
func TestSocketAnswerTooLong(t *testing.T) {
	const limit = 20480
	const suggest = `{"type":"block_suggestion","user":{"id":"U0ANA","team_id":"T1"},"action_id":"x"}`
	message := func(n int) commands.Reply {
		return commands.Reply{Message: &messages.Message{Text: strings.Repeat("a", n)}}
	}
	var options []messages.Option
	for i := range 100 {
		options = append(options, messages.Option{Value: fmt.Sprintf("%0150d", i), Text: strings.Repeat("n", 75), Description: strings.Repeat("d", 75)})
	}
	frame := len(`{"envelope_id":"e1","payload":{"response_type":"ephemeral","replace_original":false,"text":""}}`)
	for _, tt := range []struct {
		name, kind, payload string
		reply               commands.Reply
		part                string
	}{
		{"JustFits", "slash_commands", typed, message(limit - 1 - frame), strings.Repeat("a", 100)},
		{"JustTooLong", "slash_commands", typed, message(limit - frame), `"response_type":"ephemeral","replace_original":false,"text":"The answer is too long`},
		{"MuchTooLong", "slash_commands", typed, message(100_000), `"text":"The answer is too long`},
		{"Note", "interactive", submission("U0ANA", "T1"), message(30_000), `{"response_action":"update","view":{"type":"modal"`},
		{"Options", "interactive", suggest, commands.Reply{}, `"payload":{"options":[{`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			f := newFar(t)
			f.run(&router{reply: tt.reply, options: options}, time.Hour)
			conn := f.greeted()
			f.deliver(conn, "e1", tt.kind, tt.payload)
			got := f.receive(conn)
			if len(got) >= limit || !strings.Contains(got, tt.part) || !json.Valid([]byte(got)) {
				t.Errorf("%d bytes: %.300s, want fewer than %d with %.80s", len(got), got, limit, tt.part)
			}
		})
	}
}

func TestSocketGoesOn(t *testing.T) {
	for _, tt := range []struct {
		name string
		end  func(*far, *websocket.Conn)
	}{
		{"Disconnect", func(f *far, c *websocket.Conn) { f.send(c, `{"type":"disconnect","reason":"refresh_requested"}`) }},
		{"Closed", func(_ *far, c *websocket.Conn) { c.Close() }},
		{"NoJSON", func(f *far, c *websocket.Conn) { f.send(c, `{`) }},
		{"TooLarge", func(f *far, c *websocket.Conn) {
			// The other end may hang up before all of it is written.
			c.WriteMessage(websocket.TextMessage, []byte(`{"type":"`+strings.Repeat("a", 1<<20)+`"}`)) //nolint:errcheck // see above
		}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			f := newFar(t)
			n := f.run(&router{}, time.Hour)
			tt.end(f, f.greeted())
			conn := f.greeted()
			f.deliver(conn, "e2", "slash_commands", typed)
			if got := f.receive(conn); got != `{"envelope_id":"e2"}` {
				t.Errorf("the second socket answers %s", got)
			}
			if len(n.waits) > 0 {
				t.Errorf("waited before the next socket: %d", <-n.waits)
			}
		})
	}
}

// Nothing that cannot be read ends the socket or is acknowledged.
func TestSocketUnreadableDelivery(t *testing.T) {
	f := newFar(t)
	n := f.run(&router{}, time.Hour)
	conn := f.greeted()
	f.deliver(conn, "e1", "slash_commands", `["private words"]`)
	f.deliver(conn, "e2", "interactive", `{"type":["private words"]}`)
	f.deliver(conn, "e3", "slash_commands", typed)
	if got := f.receive(conn); got != `{"envelope_id":"e3"}` {
		t.Errorf("the first answer is %s, want that of e3", got)
	}
	n.stop()
	if got := n.log.String(); strings.Count(got, "delivery not readable") != 2 || strings.Contains(got, "private words") {
		t.Errorf("log %q", got)
	}
}

func TestSocketIsRefused(t *testing.T) {
	f := newFar(t)
	f.refused = 3
	n := f.run(&router{}, 0)
	first := f.greeted()
	for want := 1; want <= 3; want++ {
		if got := <-n.waits; got != want {
			t.Errorf("waited after attempt %d, want %d", got, want)
		}
	}
	f.mu.Lock()
	f.refused = 1
	f.mu.Unlock()
	f.send(first, `{"type":"disconnect","reason":"warning"}`)
	f.greeted()
	if got := <-n.waits; got != 1 {
		t.Errorf("after a good socket the count goes on at %d, want 1", got)
	}
}

// A socket on which Slack never said hello is no good one.
func TestSocketWithoutHello(t *testing.T) {
	f := newFar(t)
	n := f.run(&router{}, 0)
	f.send(f.socket(), `{"type":"disconnect","reason":"link_disabled"}`)
	f.socket().Close()
	f.greeted()
	for want := 1; want <= 2; want++ {
		if got := <-n.waits; got != want {
			t.Errorf("waited after attempt %d, want %d", got, want)
		}
	}
}

// TestSocketEndsAsSoonAsItOpens waits longer and longer when Slack says hello and
// hangs up, again and again, until a socket was good: something came over it, or
// it lived for a while.
func TestSocketEndsAsSoonAsItOpens(t *testing.T) {
	f := newFar(t)
	n := f.run(&router{}, 0)
	hangUp := func() { f.greeted().Close() }
	waited := func(want ...int) {
		t.Helper()
		for _, attempt := range want {
			if got := <-n.waits; got != attempt {
				t.Errorf("waited after attempt %d, want %d", got, attempt)
			}
		}
		if len(n.waits) > 0 {
			t.Errorf("waited once more, after attempt %d", <-n.waits)
		}
	}
	for range 5 {
		hangUp()
	}
	conn := f.greeted()
	waited(1, 2, 3, 4)
	f.deliver(conn, "e1", "slash_commands", typed)
	f.receive(conn)
	conn.Close()
	hangUp() // the first is nothing to wait for
	conn = f.greeted()
	waited()
	conn.Close()
	conn = f.greeted()
	waited(1)
	f.later(time.Hour)
	conn.Close()
	f.greeted()
	waited()
	n.stop()
	if got := strings.Count(n.log.String(), "socket ends as soon as it opens"); got != 5 {
		t.Errorf("the log has %d lines: %s", got, n.log.String())
	}
}

func TestSocketAnswersPings(t *testing.T) {
	f := newFar(t)
	f.run(&router{}, time.Hour)
	conn := f.greeted()
	var pong string
	conn.SetPongHandler(func(data string) error { pong = data; return nil })
	if err := conn.WriteControl(websocket.PingMessage, []byte("are you there"), time.Now().Add(time.Second)); err != nil {
		t.Fatal(err)
	}
	f.deliver(conn, "e1", "slash_commands", typed)
	f.receive(conn)
	if pong != "are you there" {
		t.Errorf("pong %q", pong)
	}
}

func TestSocketStops(t *testing.T) {
	t.Run("WhileItListens", func(t *testing.T) {
		f := newFar(t)
		n := f.run(&router{}, time.Hour)
		conn := f.greeted()
		n.stop()
		if _, _, err := conn.ReadMessage(); err == nil {
			t.Error("the socket is still open")
		}
	})
	t.Run("WhileItWaits", func(t *testing.T) {
		f := newFar(t)
		f.refused = 1
		n := f.run(&router{}, time.Hour)
		<-n.waits
		n.stop()
	})
	t.Run("WhileItDecides", func(t *testing.T) {
		f := newFar(t)
		r := &router{hold: true, entered: make(chan struct{}, 1)}
		n := f.run(r, time.Hour)
		conn := f.greeted()
		f.deliver(conn, "e1", "slash_commands", typed)
		<-r.entered
		n.stop()
	})
}
