package chat_test

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"maps"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gorilla/websocket"
	"github.com/slack-go/slack"

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
	near   *near         // the bot's end
	stay   time.Duration // how long it reads an old socket

	mu      sync.Mutex
	asked   int           // how often a socket was asked for
	refused int           // the next so many are refused
	limited http.Header   // of the answer that all are too many
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
		f.asked++
		f.tokens = r.Header.Get("Authorization")
		w.Header().Set("Content-Type", "application/json")
		if f.limited != nil {
			maps.Copy(w.Header(), f.limited)
			w.WriteHeader(http.StatusTooManyRequests)
			return
		}
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

	settled func() // waits for what follows acknowledgements
}

// run runs a socket. How long it waits before it tries again is pause.
func (f *far) run(r *router, pause time.Duration) *near {
	f.t.Helper()
	return f.runBy(r, r, pause)
}

// runBy is run with a router around r.
func (f *far) runBy(r *router, by chat.Router, pause time.Duration) *near {
	f.t.Helper()
	n := &near{router: r, log: &safeBuffer{}, waits: make(chan int, 100)}
	log := slog.New(slog.NewTextHandler(n.log, nil))
	client := chat.New(chat.Options{BotToken: botToken, AppToken: appToken, APIURL: f.url + "/api/"})
	d := &chat.Dispatcher{Client: client, Router: by, Log: log}
	n.settled = d.Wait
	f.serve(n, &chat.Socket{
		Dispatcher: d, API: client.API, Log: log,
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
	f.near, s.Stay = n, f.stay
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

// stopped ends the bot, and waits for all that it had begun.
func (f *far) stopped() *near {
	f.near.stop()
	f.near.settled()
	return f.near
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

// Slack drops larger frames without a word, so what is too long is said in another way
// than the acknowledgement: nothing of a command's answer is lost, nor of a modal.
func TestSocketAnswerTooLong(t *testing.T) {
	const limit = 20480
	frame := len(`{"envelope_id":"e1","payload":{"response_type":"ephemeral","replace_original":false,"text":""}}`)
	for _, tt := range []struct {
		name  string
		size  int
		aside bool
	}{{"JustFits", limit - 1 - frame, false}, {"JustTooLong", limit - frame, true}, {"MuchTooLong", 100_000, true}} {
		t.Run(tt.name, func(t *testing.T) {
			f := newFar(t)
			text := strings.Repeat("a", tt.size)
			f.run(&router{reply: commands.Reply{Message: &messages.Message{Text: text}}}, time.Hour)
			hook, said := hooks(t, 200)
			conn := f.greeted()
			f.deliver(conn, "e1", "slash_commands", strings.Replace(typed, "{", `{"response_url":"`+hook+`",`, 1))
			got, n := f.receive(conn), f.stopped()
			if tt.aside {
				if got != `{"envelope_id":"e1"}` || len(*said) != 1 || !strings.Contains((*said)[0], `"text":"`+text+`"`) {
					t.Errorf("acknowledged with %.200s, and %d messages said; want an empty one and one message\n%s", got, len(*said), n.log)
				}
				return
			}
			if !strings.Contains(got, text) || len(*said) != 0 {
				t.Errorf("acknowledged with %.200s, and %d messages said; want the text alone", got, len(*said))
			}
		})
	}
}

// Of a modal that is too long the acknowledgement has the first blocks, and all of it
// follows; of a list of options, for which there is no other way, it has as many as fit.
func TestSocketViewTooLong(t *testing.T) {
	w := newWorld(t)
	updated := make(chan string, 1)
	w.set(nil, func(method string) (int, http.Header, string) {
		updated <- method
		return http.StatusOK, nil, `{"ok":true,"view":{}}`
	})
	long := messages.Note(messages.Message{Text: "x", Blocks: sections(20, strings.Repeat("m", 2500))})
	var options []messages.Option
	for i := range 100 {
		options = append(options, messages.Option{Value: fmt.Sprintf("%0150d", i), Text: strings.Repeat("n", 75), Description: strings.Repeat("d", 75)})
	}
	const suggest = `{"type":"block_suggestion","user":{"id":"U0ANA","team_id":"T1"},"action_id":"x"}`
	f := newFar(t)
	log := &safeBuffer{}
	f.runWith(&chat.Dispatcher{Client: w.client, Router: &router{reply: commands.Reply{Modal: &long}, options: options}, Log: slog.New(slog.NewTextHandler(log, nil))}, log)
	conn := f.greeted()
	f.deliver(conn, "e1", "interactive", submission("U0ANA", "T1"))
	got := f.receive(conn)
	if blocks := strings.Count(got, `"type":"section"`); len(got) >= 20480 || blocks < 5 || blocks > 8 || !strings.Contains(got, `{"response_action":"update","view":{"type":"modal"`) {
		t.Errorf("%d bytes with %d blocks: %.200s", len(got), blocks, got)
	}
	if method := <-updated; method != "views.update" {
		t.Errorf("%s was called, want views.update", method)
	}
	f.deliver(conn, "e2", "interactive", suggest)
	got = f.receive(conn)
	if n := strings.Count(got, `"value":`); len(got) >= 20480 || n < 60 || strings.Contains(got, "dddd") || !json.Valid([]byte(got)) {
		t.Errorf("%d bytes with %d options: %.300s", len(got), n, got)
	}
}

// sections are so many blocks of a text.
func sections(n int, text string) (out []slack.Block) {
	for range n {
		out = append(out, slack.NewSectionBlock(slack.NewTextBlockObject(slack.MarkdownType, text, false, false), nil, nil))
	}
	return out
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
