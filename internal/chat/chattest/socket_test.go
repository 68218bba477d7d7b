package chattest_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gorilla/websocket"

	"latchkey/internal/chat/chattest"
)

// A frame is what comes over a socket.
type frame struct {
	Type       string
	Reason     string
	Envelope   string `json:"envelope_id"`
	Payload    map[string]any
	Answerable bool   `json:"accepts_response_payload"`
	Attempt    *int   `json:"retry_attempt"`
	Why        string `json:"retry_reason"`
	Number     int    `json:"num_connections"`
	Debug      struct {
		Life int `json:"approximate_connection_time"`
	} `json:"debug_info"`
	Connection struct {
		App string `json:"app_id"`
	} `json:"connection_info"`
}

// newSocketWorld is a world whose app opens sockets.
func newSocketWorld(t *testing.T, change func(*chattest.Options)) *world {
	t.Helper()
	w := newWorld(t, func(o *chattest.Options) {
		o.SocketMode = true
		o.Events = chattest.EventTypes()
		o.RetryWaits = []time.Duration{0, 0, 0}
		if change != nil {
			change(o)
		}
	})
	w.answer(func(_ http.ResponseWriter, r *http.Request, _ url.Values) {
		t.Errorf("the app was called over HTTP at %s", r.URL.Path)
	})
	t.Cleanup(w.Close)
	return w
}

func (w *world) ticket() string {
	w.t.Helper()
	answer := w.request("apps.connections.open", "Bearer "+appToken, "application/x-www-form-urlencoded", "")
	address, _ := answer["url"].(string)
	if !strings.HasPrefix(address, "ws://") {
		w.t.Fatalf("apps.connections.open = %v, want an address", answer)
	}
	return address
}

func (w *world) dial(address string) (*websocket.Conn, int) {
	w.t.Helper()
	conn, resp, err := websocket.DefaultDialer.DialContext(w.t.Context(), address, nil)
	if resp == nil {
		w.t.Fatal(err)
	}
	resp.Body.Close()
	if err == nil {
		w.t.Cleanup(func() { conn.Close() })
	}
	return conn, resp.StatusCode
}

// connect opens a socket and reads its hello.
func (w *world) connect() *websocket.Conn {
	w.t.Helper()
	conn, _ := w.dial(w.ticket())
	if hello := next(w.t, conn); hello.Type != "hello" || hello.Connection.App != chattest.AppID || hello.Number < 1 || hello.Debug.Life != 3600 {
		w.t.Fatalf("the first frame is %+v, want a hello", hello)
	}
	return conn
}

func next(t *testing.T, conn *websocket.Conn) frame {
	t.Helper()
	conn.SetReadDeadline(time.Now().Add(10 * time.Second))
	var f frame
	if err := conn.ReadJSON(&f); err != nil {
		t.Fatalf("no frame came: %v", err)
	}
	return f
}

// ended reads until the socket ends.
func ended(t *testing.T, conn *websocket.Conn) {
	t.Helper()
	conn.SetReadDeadline(time.Now().Add(10 * time.Second))
	for {
		if _, _, err := conn.ReadMessage(); err != nil {
			if strings.Contains(err.Error(), "timeout") {
				t.Errorf("the socket does not end")
			}
			return
		}
	}
}

// take acknowledges each delivery with what answer says and returns the frames,
// until the socket ends.
func take(conn *websocket.Conn, answer func(frame) []string) func() []frame {
	var mu sync.Mutex
	var got []frame
	done := make(chan struct{})
	go func() {
		defer close(done)
		for {
			var f frame
			if conn.ReadJSON(&f) != nil {
				return
			}
			mu.Lock()
			got = append(got, f)
			mu.Unlock()
			for _, text := range answer(f) {
				if conn.WriteMessage(websocket.TextMessage, []byte(text)) != nil {
					return
				}
			}
		}
	}()
	return func() []frame {
		conn.Close()
		<-done
		return got
	}
}

func ack(f frame) []string { return []string{fmt.Sprintf(`{"envelope_id":%q}`, f.Envelope)} }

func ackWith(payload string) func(frame) []string {
	return func(f frame) []string {
		return []string{fmt.Sprintf(`{"envelope_id":%q,"payload":%s}`, f.Envelope, payload)}
	}
}

func TestEverythingGoesOverTheSocket(t *testing.T) {
	t.Parallel()
	w := newSocketWorld(t, nil)
	posted := w.must("chat.postMessage", "channel", "C-OPEN", "text", "card", "blocks", card)
	conn := w.connect()
	frames := take(conn, func(f frame) []string {
		switch f.Payload["type"] {
		case nil:
			return ackWith(`{"text":"yours"}`)(f)
		case "block_suggestion":
			return ackWith(`{"options":[{"text":{"type":"plain_text","text":"One"},"value":"1"}]}`)(f)
		case "block_actions":
			w.must("views.open", "trigger_id", f.Payload["trigger_id"].(string), "view", socketModal)
		}
		return ack(f)
	})
	d, err := w.Slash(t.Context(), "U-ANA", "C-OPEN", "/access", "mine")
	if err != nil || d.Err != nil || d.Status != http.StatusOK || d.Header != nil || !json.Valid(d.Body) {
		t.Fatalf("Slash = %+v, %v", d, err)
	}
	if m := w.last("U-ANA", "C-OPEN"); m.Text != "yours" || !m.Ephemeral {
		t.Errorf("ana sees %+v", m)
	}
	if d, err = w.Click(t.Context(), "U-ANA", "C-OPEN", posted["ts"].(string), "approve"); err != nil || d.Err != nil {
		t.Fatalf("Click = %v, %v", d.Err, err)
	}
	v, ok := w.View("U-ANA")
	if !ok {
		t.Fatal("no modal was opened")
	}
	options, err := w.Suggest(t.Context(), "U-ANA", v.ID, "b", "pick", "one")
	if err != nil || len(options) != 1 {
		t.Fatalf("Suggest = %v, %v", options, err)
	}
	d, err = w.Submit(t.Context(), "U-ANA", v.ID, map[string]map[string]any{"b": {"pick": options[0]}})
	if err != nil || d.Err != nil {
		t.Fatalf("Submit = %v, %v", d.Err, err)
	}
	if _, open := w.View("U-ANA"); open {
		t.Errorf("the modal is still open")
	}
	if d, err = w.OpenHome(t.Context(), "U-ANA"); err != nil || d.Err != nil {
		t.Fatalf("OpenHome = %v, %v", d.Err, err)
	}
	if _, err := w.Forge(t.Context(), d); !errors.Is(err, chattest.ErrUnsigned) {
		t.Errorf("Forge = %v, want %v", err, chattest.ErrUnsigned)
	}
	if d, err := w.Replay(t.Context(), d); err != nil || d.Err != nil {
		t.Errorf("Replay = %v, %v", d.Err, err)
	}
	var got []string
	for _, f := range frames() {
		got = append(got, fmt.Sprint(f.Type, " ", f.Payload["type"], " ", f.Answerable, " ", f.Attempt != nil))
	}
	same(t, "frames", got, []string{
		"slash_commands <nil> true false", "interactive block_actions false false",
		"interactive block_suggestion true false", "interactive view_submission true false",
		"events_api event_callback false true", "events_api event_callback false true",
	})
}

const socketModal = `{"type":"modal","title":{"type":"plain_text","text":"T"},"submit":{"type":"plain_text","text":"Go"},"blocks":[
	{"type":"input","block_id":"b","label":{"type":"plain_text","text":"L"},"element":{"type":"external_select","action_id":"pick","min_query_length":1}}]}`

func TestSocketAddresses(t *testing.T) {
	t.Parallel()
	w := newSocketWorld(t, nil)
	address := w.ticket()
	if _, status := w.dial(address); status != http.StatusSwitchingProtocols {
		t.Errorf("a new ticket is answered %d", status)
	}
	if _, status := w.dial(address); status != http.StatusForbidden {
		t.Errorf("a used ticket is answered %d, want 403", status)
	}
	old := w.ticket()
	w.advance(time.Minute)
	if _, status := w.dial(old); status != http.StatusForbidden {
		t.Errorf("an old ticket is answered %d, want 403", status)
	}
	if _, status := w.dial(strings.Replace(address, "ticket=", "ticket=x", 1)); status != http.StatusForbidden {
		t.Errorf("an invented ticket is answered %d, want 403", status)
	}
	for range 100 {
		w.ticket()
	}
	if n := w.Holdings().Tickets; n > 64 {
		t.Errorf("%d tickets are kept", n)
	}
	resp, err := http.Get("http" + strings.TrimPrefix(w.ticket(), "ws"))
	if err != nil || resp.StatusCode != http.StatusBadRequest {
		t.Errorf("a request that is no handshake is answered %v, %v", resp, err)
	}
	resp.Body.Close()
	conn, _ := w.dial(w.ticket() + "&debug_reconnects=true")
	if hello := next(t, conn); hello.Debug.Life != 360 {
		t.Errorf("a socket for debugging lives %d s, want 360", hello.Debug.Life)
	}
	w.Close()
	if answer := w.request("apps.connections.open", "Bearer "+appToken, "application/json", "{}"); answer["error"] != "service_unavailable" {
		t.Errorf("after Close, apps.connections.open = %v", answer)
	}
}

func TestTooManySockets(t *testing.T) {
	t.Parallel()
	w := newSocketWorld(t, nil)
	for range 10 {
		w.connect()
	}
	conn, _ := w.dial(w.ticket())
	if f := next(t, conn); f.Type != "disconnect" || f.Reason != "too_many_websockets" {
		t.Errorf("the eleventh socket is told %+v", f)
	}
	ended(t, conn)
	if n := w.Holdings().Sockets; n != 10 {
		t.Errorf("%d sockets are open, want 10", n)
	}
	w.RefreshSockets()
	w.connect() // those that were told to go do not count
}

// Each delivery goes to one socket, and the sockets take turns.
func TestSocketsTakeTurns(t *testing.T) {
	t.Parallel()
	w := newSocketWorld(t, nil)
	first, second := take(w.connect(), ack), take(w.connect(), ack)
	for range 6 {
		if d, err := w.Slash(t.Context(), "U-ANA", "C-OPEN", "/access", ""); err != nil || d.Err != nil {
			t.Fatalf("Slash = %v, %v", d.Err, err)
		}
	}
	if a, b := len(first()), len(second()); a != 3 || b != 3 {
		t.Errorf("the sockets got %d and %d of 6", a, b)
	}
}

func TestSocketAcknowledgements(t *testing.T) {
	t.Parallel()
	const most = 20480
	full := func(n int) func(frame) []string {
		return func(f frame) []string {
			text := ackWith(`{"text":""}`)(f)[0]
			return []string{strings.Replace(text, `"text":"`, `"text":"`+strings.Repeat("a", n-len(text)), 1)}
		}
	}
	for _, tt := range []struct {
		name   string
		answer func(frame) []string
		want   error
		shown  string // what ana sees last; "" for nothing
	}{
		{"Text", ackWith(`{"text":"hello"}`), nil, "hello"},
		{"Empty", ack, nil, ""},
		{"Null", ackWith(`null`), nil, ""},
		{"JustFits", full(most - 1), nil, strings.Repeat("a", 100)},
		{"TooLarge", full(most), chattest.ErrTimeout, "operation_timeout"},
		{"None", func(frame) []string { return nil }, chattest.ErrTimeout, "operation_timeout"},
		{"NoJSON", func(frame) []string { return []string{`{`} }, chattest.ErrTimeout, "operation_timeout"},
		{"OtherEnvelope", func(frame) []string { return []string{`{"envelope_id":"x"}`} }, chattest.ErrTimeout, "operation_timeout"},
		{"Twice", func(f frame) []string { return append(ackWith(`{"text":"one"}`)(f), ackWith(`{"text":"two"}`)(f)...) }, nil, "one"},
		{"NoObject", ackWith(`"hello"`), chattest.ErrService, "http_service_error"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			w := newSocketWorld(t, func(o *chattest.Options) {
				if errors.Is(tt.want, chattest.ErrTimeout) {
					o.AckWithin = 50 * time.Millisecond
				}
			})
			take(w.connect(), tt.answer)
			d, err := w.Slash(t.Context(), "U-ANA", "C-OPEN", "/access", "")
			if err != nil || !errors.Is(d.Err, tt.want) {
				t.Errorf("Slash = %v, %v, want %v", d.Err, err, tt.want)
			}
			seen := w.Messages("U-ANA", "C-OPEN")
			if tt.shown == "" && len(seen) != 0 || tt.shown != "" && (len(seen) != 1 || !strings.Contains(seen[0].Text, tt.shown)) {
				t.Errorf("ana sees %.200v, want %.100q", seen, tt.shown)
			}
		})
	}
}

func TestNoSocket(t *testing.T) {
	t.Parallel()
	w := newSocketWorld(t, nil)
	d, err := w.Slash(t.Context(), "U-ANA", "C-OPEN", "/access", "")
	if err != nil || !errors.Is(d.Err, chattest.ErrDispatch) {
		t.Errorf("Slash = %v, %v, want %v", d.Err, err, chattest.ErrDispatch)
	}
	if m := w.last("U-ANA", "C-OPEN"); !strings.Contains(m.Text, "dispatch_failed") {
		t.Errorf("ana sees %q", m.Text)
	}
}

func TestSocketEventIsRepeated(t *testing.T) {
	t.Parallel()
	w := newSocketWorld(t, func(o *chattest.Options) { o.AckWithin = 250 * time.Millisecond })
	n := 0
	frames := take(w.connect(), func(f frame) []string {
		if n++; n < 3 {
			return nil
		}
		return ack(f)
	})
	if _, err := w.OpenHome(t.Context(), "U-ANA"); err != nil {
		t.Fatal(err)
	}
	if err := w.Idle(t.Context()); err != nil {
		t.Fatal(err)
	}
	var got []string
	envelopes := make(map[string]bool)
	for _, f := range frames() {
		got = append(got, fmt.Sprint(*f.Attempt, f.Why))
		envelopes[f.Envelope] = true
	}
	same(t, "attempts", got, []string{"0", "1timeout", "2timeout"})
	if len(envelopes) != 3 {
		t.Errorf("%d envelopes, want one for each attempt", len(envelopes))
	}
}
