package chat

import (
	"context"
	"encoding/json"
	"sync"
	"sync/atomic"
	"time"

	"github.com/gorilla/websocket"
)

// envelope is a delivery over a socket.
type envelope struct {
	ID      string          `json:"envelope_id"`
	Type    string          `json:"type"`
	Payload json.RawMessage `json:"payload"`
	Reason  string          `json:"reason"`
}

// link is one socket. It is read by one goroutine; acknowledgements are written one at a
// time. A nil *link is none.
type link struct {
	before *link        // whose place it takes; may be nil
	parted chan parting // told once that the next is needed
	told   sync.Once

	conn    *websocket.Conn
	writing sync.Mutex
	leaving atomic.Bool // what is being answered is answered, and nothing more is read
}

// parting is what is known of a socket when the next is needed.
type parting struct {
	greeted bool   // Slack said hello
	used    bool   // something was delivered
	reason  string // that Slack gave, if it did
	err     error
}

// goesOn reports whether the socket is read on: Slack has said that it ends, and it has
// not yet.
func (p parting) goesOn() bool {
	return p.greeted && p.reason != "" && p.reason != linkDisabled && p.reason != tooMany
}

func newLink(before *link) *link { return &link{before: before, parted: make(chan parting, 1)} }

func (l *link) part(p parting) {
	l.told.Do(func() {
		l.before = nil // or every socket since the start would be kept
		l.parted <- p
	})
}

func (l *link) dial(ctx context.Context, url string) error {
	conn, res, err := websocket.DefaultDialer.DialContext(ctx, url, nil)
	if err != nil {
		return err
	}
	res.Body.Close() //nolint:errcheck // it has none
	conn.SetReadLimit(maxBody)
	conn.SetPingHandler(func(data string) error {
		l.extend()
		return conn.WriteControl(websocket.PongMessage, []byte(data), time.Now().Add(writeWithin))
	})
	l.conn = conn
	l.extend()
	return nil
}

// read returns the next frame.
func (l *link) read() (envelope, error) {
	var e envelope
	err := l.conn.ReadJSON(&e)
	l.extend()
	return e, err
}

// extend gives Slack more time for the next word, unless the socket is being left.
func (l *link) extend() {
	within := silence
	if l.leaving.Load() {
		within = 0
	}
	l.conn.SetReadDeadline(time.Now().Add(within)) //nolint:errcheck // fails only on a closed socket, which the read reports
}

// leave ends the reading of a socket.
func (l *link) leave() {
	if l == nil {
		return
	}
	l.leaving.Store(true)
	l.conn.NetConn().SetReadDeadline(time.Now()) //nolint:errcheck // as above
}

// leaveWithin ends the reading of a socket after a time in which Slack should have
// closed it.
func (l *link) leaveWithin(d time.Duration) {
	if l != nil {
		time.AfterFunc(d, l.leave)
	}
}

// send writes one acknowledgement.
func (l *link) send(frame []byte) error {
	l.writing.Lock()
	defer l.writing.Unlock()
	if err := l.conn.SetWriteDeadline(time.Now().Add(writeWithin)); err != nil {
		return err
	}
	return l.conn.WriteMessage(websocket.TextMessage, frame)
}

// keptEnvelopes is how many deliveries are remembered. Slack sends one again, where it
// does, within minutes; the store remembers them longer.
const keptEnvelopes = 256

// envelopes are the deliveries that were taken lately, over whichever socket. It says of
// each whether it came before, so that one that comes over two sockets is taken once and
// answered over both alike.
type envelopes struct {
	mu    sync.Mutex
	known map[string]*takenOnce
	order []string
}

// takenOnce is a delivery that is being answered, and then the answer.
type takenOnce struct {
	done  chan struct{} // closed when it is answered
	frame []byte        // nil when it was not acknowledged
}

// enter returns what is known of a delivery, and whether this is its first coming: then
// the caller answers it and says so by settle.
func (e *envelopes) enter(id string) (t *takenOnce, first bool) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if t, ok := e.known[id]; ok {
		return t, false
	}
	if e.known == nil {
		e.known = map[string]*takenOnce{}
	}
	t = &takenOnce{done: make(chan struct{})}
	if len(e.order) == keptEnvelopes {
		delete(e.known, e.order[0])
		e.order = e.order[1:] // what it holds is let go when append moves the rest
	}
	e.known[id], e.order = t, append(e.order, id)
	return t, true
}

// settle keeps the answer to a delivery. Of one without an answer nothing is kept, for it
// may come again.
func (e *envelopes) settle(id string, t *takenOnce, frame []byte) {
	e.mu.Lock()
	defer e.mu.Unlock()
	t.frame = frame
	close(t.done)
	if frame == nil && e.known[id] == t {
		delete(e.known, id)
	}
}
