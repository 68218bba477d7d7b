package chattest_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/gorilla/websocket"

	"latchkey/internal/chat/chattest"
)

// still answers every request of the stand-in without a network.
type still struct{}

func (still) RoundTrip(r *http.Request) (*http.Response, error) {
	return &http.Response{StatusCode: http.StatusOK, Header: http.Header{}, Body: http.NoBody, Request: r}, nil
}

func TestTriggersAreForgotten(t *testing.T) {
	t.Parallel()
	const commands, apart = 100_000, 10 * time.Millisecond
	w := newWorld(t, func(o *chattest.Options) { o.Client = &http.Client{Transport: still{}} })
	first := ""
	for range commands {
		d, err := w.Slash(t.Context(), "U-ANA", "C-OPEN", "/access", "")
		if err != nil || d.Err != nil {
			t.Fatalf("Slash = %v, %v", d.Err, err)
		}
		if first == "" {
			first = d.ID
		}
		w.advance(apart)
	}
	if n, most := w.Holdings().Triggers, int(3*time.Second/apart)+1; n > most {
		t.Errorf("%d triggers are kept after %d commands, want at most %d", n, commands, most)
	}
	w.refused("expired_trigger_id", "views.open", "trigger_id", first, "view", modal)
	w.refused("invalid_trigger_id", "views.open", "trigger_id", first+"0", "view", modal)
	w.refused("invalid_trigger_id", "views.open", "trigger_id", "invented", "view", modal)
}

// Nothing runs on after Close: not for sockets, nor for events, taken or not.
func TestCloseLeavesNothingRunning(t *testing.T) {
	before := runtime.NumGoroutine()
	for _, socket := range []bool{false, true} {
		s := chattest.New(chattest.Options{
			SigningSecret: secret, BotToken: botToken, AppToken: appToken, BotTeam: "T-OWN", BotUser: "U-BOT", Scopes: allScopes,
			Events: chattest.EventTypes(), SocketMode: socket, RetryWaits: []time.Duration{time.Hour},
		})
		s.AddUser(chattest.User{ID: "U-ANA", Team: "T-OWN", Name: "ana"})
		api := httptest.NewServer(s)
		app := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(500) }))
		s.Serve(app.URL, api.URL)
		w := &world{Server: s, t: t, api: api}
		var ends []func() []frame
		if socket {
			for range 3 {
				ends = append(ends, take(w.connect(), ack))
			}
			s.RefreshSockets()
			ends = append(ends, take(w.connect(), func(frame) []string { return []string{"{"} }))
		}
		for range 20 {
			s.Happen("user_change", map[string]any{"user": map[string]any{"id": "U-ANA"}})
		}
		s.Close()
		if h := s.Holdings(); h.Sockets != 0 || h.Events != 0 {
			t.Errorf("after Close: %+v", h)
		}
		for _, end := range ends {
			end()
		}
		api.Close()
		app.Close()
	}
	http.DefaultTransport.(*http.Transport).CloseIdleConnections()
	var after int
	for deadline := time.Now().Add(5 * time.Second); time.Now().Before(deadline); {
		runtime.Gosched()
		// Ended connections of net/http take a moment to let go of theirs.
		if after = runtime.NumGoroutine(); after <= before {
			return
		}
	}
	stacks := make([]byte, 1<<20)
	stacks = stacks[:runtime.Stack(stacks, true)]
	t.Errorf("%d goroutines before, %d after\n%s", before, after, stacks)
}

// FuzzSocketFrame sends any frame, written out some times over, to the
// stand-in's end of a socket. Whatever comes, the socket goes on or is closed,
// nothing stays behind, and the next socket works.
func FuzzSocketFrame(f *testing.F) {
	const most = 1<<20 + 1
	f.Add(`{"envelope_id":"x"}`, 1, false)
	f.Add(`{"envelope_id":"","payload":null}`, 1, false)
	f.Add(`{"envelope_id":7,"payload":{}}`, 1, false)
	f.Add(`{"envelope_id":"ID"}`, 1, false)
	f.Add(`{"envelope_id":"ID"}`, 2, false)
	f.Add(`{"envelope_id":"ID"}`, 1, true)
	f.Add(`{"envelope_id":"ID","payload":{"text":"x","blocks":[7]}}`, 1, false)
	f.Add(`{"envelope_id":"ID","payload":"x"}{}`, 1, false)
	f.Add(`{"type":"hello"}`, 1, false)
	f.Add("\xff\x00", 1, false)
	f.Add(`[`, 30_000, false)
	f.Add(` `, most, true)

	s := chattest.New(chattest.Options{
		BotToken: botToken, AppToken: appToken, BotTeam: "T-OWN", BotUser: "U-BOT", Scopes: allScopes,
		SocketMode: true, AckWithin: time.Minute,
	})
	s.AddUser(chattest.User{ID: "U-ANA", Team: "T-OWN", Name: "ana"})
	s.AddChannel(chattest.Channel{ID: "C-OPEN", Name: "open", Host: "T-OWN", Members: []string{"U-BOT", "U-ANA"}})
	api := httptest.NewServer(s)
	f.Cleanup(api.Close)
	f.Cleanup(s.Close)
	s.Serve("", api.URL)

	f.Fuzz(func(t *testing.T, data string, times int, binary bool) {
		if len(data) == 0 || times < 1 || len(data)*times > most || len(data) > most {
			return
		}
		kind := websocket.TextMessage
		if binary {
			kind = websocket.BinaryMessage
		}
		w := &world{Server: s, t: t, api: api}
		odd := w.connect()
		end := take(odd, func(got frame) []string {
			text := strings.Repeat(strings.ReplaceAll(data, "ID", got.Envelope), times)
			odd.WriteMessage(kind, []byte(text)) //nolint:errcheck // the other end may have hung up
			return nil
		})
		ctx, cancel := context.WithTimeout(t.Context(), 2*time.Millisecond)
		defer cancel()
		if _, err := w.Slash(ctx, "U-ANA", "C-OPEN", "/access", ""); err != nil {
			t.Fatal(err)
		}
		end()
		s.CutSockets()
		end = take(w.connect(), ack)
		if d, err := w.Slash(t.Context(), "U-ANA", "C-OPEN", "/access", ""); err != nil || d.Err != nil {
			t.Errorf("the next socket: %v, %v", d.Err, err)
		}
		end()
		s.CutSockets()
		if h := s.Holdings(); h.Sockets != 0 || h.Tickets != 0 || h.Events != 0 {
			t.Errorf("left behind: %+v", h)
		}
	})
}
