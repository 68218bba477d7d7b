package chat_test

import (
	"net/http"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/gorilla/websocket"

	"latchkey/internal/commands"
	"latchkey/internal/messages"
)

const (
	warned    = `{"type":"disconnect","reason":"warning"}`
	refreshed = `{"type":"disconnect","reason":"refresh_requested"}`
)

// While one socket takes the place of the other both are served: what began on the old
// one is answered there, and so is what still comes over it.
func TestSocketsOverlap(t *testing.T) {
	for _, farewell := range []string{warned, refreshed} {
		t.Run(farewell, func(t *testing.T) {
			f := newFar(t)
			r := &router{}
			g := &gate{router: r, entered: make(chan struct{}, 1), open: make(chan struct{})}
			n := f.runBy(r, g, time.Hour)
			old := f.greeted()
			f.deliver(old, "e1", "slash_commands", typed)
			<-g.entered
			f.send(old, farewell)
			fresh := f.greeted()
			close(g.open)
			if got := f.receive(old); got != `{"envelope_id":"e1"}` {
				t.Errorf("what was under way is answered %s", got)
			}
			for id, conn := range map[string]*websocket.Conn{"e2": old, "e3": fresh} {
				f.deliver(conn, id, "interactive", click(""))
				if got := f.receive(conn); got != `{"envelope_id":"`+id+`"}` {
					t.Errorf("%s is answered %s", id, got)
				}
			}
			f.send(old, refreshed) // said again, it opens no third
			f.deliver(fresh, "e4", "interactive", click(""))
			f.receive(fresh)
			if len(f.opened) > 0 || len(n.waits) > 0 {
				t.Errorf("%d more sockets were opened and %d waits", len(f.opened), len(n.waits))
			}
			if got := r.calls(); got != "[slash click click click]" {
				t.Errorf("the commands were asked %s", got)
			}
		})
	}
}

// A delivery that comes over both sockets is done once and answered over both alike, also
// when it comes again while it is being done.
func TestSocketsTakeADeliveryOnce(t *testing.T) {
	f := newFar(t)
	r := &router{reply: commands.Reply{Message: &messages.Message{Text: "yours"}}}
	g := &gate{router: r, entered: make(chan struct{}, 2), open: make(chan struct{})}
	f.runBy(r, g, time.Hour)
	old := f.greeted()
	f.deliver(old, "e1", "slash_commands", typed)
	<-g.entered
	f.send(old, warned)
	fresh := f.greeted()
	f.deliver(fresh, "e1", "slash_commands", typed)
	f.deliver(fresh, "e2", "interactive", click(""))
	if got := f.receive(fresh); got != `{"envelope_id":"e2"}` {
		t.Errorf("another delivery waits for it: %s", got)
	}
	close(g.open)
	const want = `{"envelope_id":"e1","payload":{"response_type":"ephemeral","replace_original":false,"text":"yours"}}`
	for name, conn := range map[string]*websocket.Conn{"old": old, "fresh": fresh} {
		if got := f.receive(conn); got != want {
			t.Errorf("the %s socket answers %s, want %s", name, got, want)
		}
	}
	f.deliver(fresh, "e1", "slash_commands", typed)
	if got := f.receive(fresh); got != want {
		t.Errorf("later it answers %s, want %s", got, want)
	}
	if got := r.calls(); got != "[click slash]" {
		t.Errorf("the commands were asked %s", got)
	}
}

// What was not acknowledged is no repeat when it comes again.
func TestSocketTakesAgainWhatItDidNotAcknowledge(t *testing.T) {
	f := newFar(t)
	l := newLobby(newWorld(t), &router{})
	l.store.down = true
	f.runWith(l.Dispatcher, l.log)
	conn := f.greeted()
	f.deliver(conn, "e1", "events_api", opened("Ev1", "U0ANA"))
	for !strings.Contains(l.log.String(), "event not recorded") {
		runtime.Gosched()
	}
	l.store.down = false
	f.deliver(conn, "e1", "events_api", opened("Ev1", "U0ANA"))
	if got := f.receive(conn); got != `{"envelope_id":"e1"}` {
		t.Errorf("the repeat is answered %s", got)
	}
	l.Dispatcher.Wait()
	if got := l.published(); got != 1 {
		t.Errorf("%d homes published, want 1", got)
	}
}

// Only so many envelopes are remembered.
func TestSocketForgetsEnvelopes(t *testing.T) {
	f := newFar(t)
	n := f.run(&router{}, time.Hour)
	conn := f.greeted()
	for i := range 258 {
		f.deliver(conn, "e"+strings.Repeat("x", i), "interactive", click(""))
		f.receive(conn)
	}
	f.deliver(conn, "e", "interactive", click(""))
	f.receive(conn)
	if got := strings.Count(n.calls(), "click"); got != 259 {
		t.Errorf("%d deliveries were done, want 259: the first is forgotten", got)
	}
}

// Where Slack does not close the old socket, the bot does, in time; and before a third
// is opened there are no more than two.
func TestSocketsAreLeft(t *testing.T) {
	left := func(t *testing.T, conn *websocket.Conn) {
		t.Helper()
		if _, _, err := conn.ReadMessage(); err == nil || strings.Contains(err.Error(), "timeout") {
			t.Errorf("the old socket is still open: %v", err)
		}
	}
	t.Run("InTime", func(t *testing.T) {
		f := newFar(t)
		f.stay = time.Millisecond
		f.run(&router{}, time.Hour)
		old := f.greeted()
		f.send(old, warned)
		f.greeted()
		left(t, old)
	})
	t.Run("ForAThird", func(t *testing.T) {
		f := newFar(t)
		f.run(&router{}, time.Hour)
		first := f.greeted()
		f.deliver(first, "e1", "slash_commands", typed)
		f.receive(first)
		f.send(first, warned)
		second := f.greeted()
		f.deliver(second, "e2", "slash_commands", typed)
		f.receive(second)
		f.send(second, warned)
		f.greeted()
		left(t, first)
		f.deliver(second, "e3", "slash_commands", typed)
		f.receive(second)
	})
	t.Run("AllAtTheEnd", func(t *testing.T) {
		f := newFar(t)
		n := f.run(&router{}, time.Hour)
		old := f.greeted()
		f.send(old, warned)
		fresh := f.greeted()
		n.stop()
		left(t, old)
		left(t, fresh)
	})
}

// As long as no next socket can be opened, the old one is not left.
func TestOldSocketIsReadUntilTheNextIsThere(t *testing.T) {
	f := newFar(t)
	f.stay = time.Millisecond
	n := f.run(&router{}, 0)
	old := f.greeted()
	f.mu.Lock()
	f.refused = 2
	f.mu.Unlock()
	f.send(old, warned)
	<-n.waits
	f.send(f.socket(), `{"type":"disconnect","reason":"too_many_websockets"}`)
	for want := 2; want <= 3; want++ {
		if got := <-n.waits; got != want {
			t.Errorf("waited after attempt %d, want %d", got, want)
		}
	}
	f.deliver(old, "e1", "slash_commands", typed)
	if got := f.receive(old); got != `{"envelope_id":"e1"}` {
		t.Errorf("the old socket answers %s", got)
	}
	f.greeted()
}

// An old socket is not left either where the one that took its place has broken.
func TestOldSocketIsReadWhenTheNextBreaks(t *testing.T) {
	f := newFar(t)
	f.stay = time.Hour
	n := f.run(&router{}, 0)
	old := f.greeted()
	f.send(old, warned)
	fresh := f.greeted()
	f.deliver(fresh, "e1", "slash_commands", typed)
	f.receive(fresh)
	f.mu.Lock()
	f.refused = 1
	f.mu.Unlock()
	fresh.Close()
	<-n.waits
	f.deliver(old, "e2", "slash_commands", typed)
	if got := f.receive(old); got != `{"envelope_id":"e2"}` {
		t.Errorf("the old socket answers %s", got)
	}
	f.greeted()
}

// Where Slack asks to be left alone, the bot does so.
func TestSocketWaitsAsLongAsSlackAsks(t *testing.T) {
	f := newFar(t)
	f.limited = http.Header{"Retry-After": {"3600"}}
	n := f.run(&router{}, 0)
	<-n.waits
	n.stop()
	if f.asked != 1 {
		t.Errorf("a socket was asked for %d times, want once", f.asked)
	}
}

// What is no delivery is not answered.
func TestSocketOtherWords(t *testing.T) {
	f := newFar(t)
	n := f.run(&router{}, time.Hour)
	conn := f.greeted()
	f.send(conn, `{"type":"goodbye"}`)
	f.send(conn, `{"type":"slash_commands","payload":`+typed+`}`)
	f.deliver(conn, "e1", "slash_commands", typed)
	if got := f.receive(conn); got != `{"envelope_id":"e1"}` || n.calls() != "[slash]" {
		t.Errorf("answered %s after asking %s", got, n.calls())
	}
}
