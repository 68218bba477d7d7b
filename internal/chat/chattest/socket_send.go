package chattest

import (
	"context"
	"encoding/json"
	"net/http"
	"slices"
	"sync"
	"time"

	"github.com/gorilla/websocket"
)

// maxFrame is the size from which an acknowledgement is silently dropped, as
// was seen in practice; it is not documented.
const maxFrame = 20 << 10

// A link is one open socket. Writing is under its own lock, which is taken
// first where both are; the rest is guarded by the lock of the server.
type link struct {
	conn    *websocket.Conn
	writing sync.Mutex
	gone    chan struct{} // closed when nothing is read from it any more
	warned  chan struct{} // closed when it was told that its end is near
	leave   chan struct{} // closed when it was told to go
	told    bool          // that its end is near
	retired bool          // was told to go, and gets no more deliveries
	waiting map[string][]chan json.RawMessage
}

func newLink(conn *websocket.Conn) *link {
	return &link{
		conn: conn, gone: make(chan struct{}), warned: make(chan struct{}), leave: make(chan struct{}),
		waiting: make(map[string][]chan json.RawMessage),
	}
}

// send writes one frame.
func (l *link) send(frame []byte) error {
	l.writing.Lock()
	defer l.writing.Unlock()
	return l.write(frame)
}

// write writes one frame; its lock is held.
func (l *link) write(frame []byte) error {
	if err := l.conn.SetWriteDeadline(time.Now().Add(writeWithin)); err != nil {
		return err
	}
	return l.conn.WriteMessage(websocket.TextMessage, frame)
}

// frame wraps a payload for a socket. Commands, submitted views and requests
// for options may be answered in the acknowledgement; only events are repeated.
func (d *Delivery) frame(payload any) {
	id := secretID()
	d.envelope = id[:8] + "-" + id[8:12] + "-" + id[12:16] + "-" + id[16:20] + "-" + id[20:]
	o, _ := payload.(object)
	kind := str(o, "type")
	d.answerable = d.Type == typeCommand || kind == "view_submission" || kind == "block_suggestion"
	e := object{
		"envelope_id": d.envelope, "type": d.Type, "payload": payload, "accepts_response_payload": d.answerable,
	}
	if d.Type == typeEvent {
		e["retry_attempt"], e["retry_reason"] = d.Retry, d.RetryReason
	}
	d.Body = encode(e)
}

// overSocket sends a frame on one of the open sockets and waits for its
// acknowledgement there. When that socket ends nobody can answer any more,
// which is a timeout. A drop cuts the socket before or after the exchange.
func (s *Server) overSocket(ctx context.Context, d *Delivery, drop Drop) error {
	answer := make(chan json.RawMessage, 1)
	l := s.await(d.envelope, answer)
	if l == nil {
		return ErrDispatch
	}
	defer s.giveUp(l, d.envelope, answer)
	if drop == DropBefore {
		s.cut([]*link{l})
		return ErrTimeout
	}
	if err := l.send(d.Body); err != nil {
		return ErrTimeout
	}
	var payload json.RawMessage
	select {
	case payload = <-answer:
	case <-l.gone:
		return ErrTimeout
	case <-ctx.Done():
		return ctx.Err()
	}
	if drop == DropAfter {
		s.cut([]*link{l})
		return ErrTimeout
	}
	d.Status = http.StatusOK
	// @slack/socket-mode sends {} when the app has nothing to say.
	if said := string(payload); d.answerable && said != "null" && said != "{}" {
		d.Response, d.answerType = payload, "application/json"
	}
	return nil
}

// await chooses the socket for a delivery, each in its turn, and registers who
// waits for the answer. It returns nil when none is open.
func (s *Server) await(envelope string, answer chan json.RawMessage) *link {
	s.mu.Lock()
	defer s.mu.Unlock()
	c := s.courier
	for range c.links {
		c.turn = (c.turn + 1) % len(c.links)
		if l := c.links[c.turn]; !l.retired {
			l.waiting[envelope] = append(l.waiting[envelope], answer)
			return l
		}
	}
	return nil
}

// giveUp ends the wait for an answer.
func (s *Server) giveUp(l *link, envelope string, answer chan json.RawMessage) {
	s.mu.Lock()
	defer s.mu.Unlock()
	left := slices.DeleteFunc(l.waiting[envelope], func(other chan json.RawMessage) bool { return other == answer })
	if len(left) == 0 {
		delete(l.waiting, envelope)
		return
	}
	l.waiting[envelope] = left
}

// answered hands an acknowledgement to who waits for it. Frames that are too
// large, no JSON object, or for nobody are dropped without a word.
func (s *Server) answered(l *link, frame []byte) {
	if len(frame) >= maxFrame {
		return
	}
	var a struct {
		ID      string          `json:"envelope_id"`
		Payload json.RawMessage `json:"payload"`
	}
	if err := decode(frame, &a); err != nil || a.ID == "" {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	waiting := l.waiting[a.ID]
	if len(waiting) == 0 {
		return
	}
	waiting[0] <- a.Payload // has room for one, and is taken off the list
	l.waiting[a.ID] = waiting[1:]
}
