package chat

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/gorilla/websocket"
	"github.com/slack-go/slack"

	"latchkey/internal/messages"
)

// Socket takes deliveries over Socket Mode, for installations that Slack cannot
// reach. It holds one socket and opens the next when Slack ends it.
type Socket struct {
	Dispatcher *Dispatcher
	API        *slack.Client
	Backoff    func(attempt int) time.Duration
	Log        *slog.Logger
	Now        func() time.Time // real time, unless set

	open atomic.Int64 // sockets over which Slack has said hello
}

// Connected reports whether deliveries can come in.
func (s *Socket) Connected() bool { return s.open.Load() > 0 }

const (
	// maxAnswer is the size from which Slack silently drops a frame of ours.
	maxAnswer = 20 << 10
	// silence is how long the socket may be without a ping from Slack.
	silence = 45 * time.Second
	// settled is how long a socket must have lived to count as a good one when
	// nothing was delivered over it.
	settled = 30 * time.Second
	// writeWithin bounds the writing of one acknowledgement.
	writeWithin = 5 * time.Second
)

// envelope is a delivery over the socket.
type envelope struct {
	ID      string          `json:"envelope_id"`
	Type    string          `json:"type"`
	Payload json.RawMessage `json:"payload"`
	Reason  string          `json:"reason"`
}

type answer struct {
	ID      string          `json:"envelope_id"`
	Payload json.RawMessage `json:"payload,omitempty"`
}

// Run takes deliveries until ctx ends. After a good socket the next is opened at
// once, and so it is after one that ended early; when several in a row do, it
// waits longer and longer, as it does when none can be opened.
func (s *Socket) Run(ctx context.Context) {
	failed, early := 0, 0 // in a row
	for ctx.Err() == nil {
		began := s.now()
		greeted, used, err := s.session(ctx)
		if ctx.Err() != nil {
			return
		}
		switch {
		case !greeted:
			failed++
			s.Log.WarnContext(ctx, "socket not opened", "attempt", failed, "err", err)
			s.wait(ctx, failed)
		case used || s.now().Sub(began) >= settled:
			failed, early = 0, 0
			s.Log.InfoContext(ctx, "socket ended, opening the next", "err", err)
		default:
			failed = 0
			if early++; early > 1 {
				s.Log.WarnContext(ctx, "socket ends as soon as it opens", "times", early, "err", err)
				s.wait(ctx, early-1)
			}
		}
	}
}

func (s *Socket) now() time.Time {
	if s.Now == nil {
		return time.Now()
	}
	return s.Now()
}

func (s *Socket) wait(ctx context.Context, attempt int) {
	select {
	case <-time.After(s.Backoff(attempt)):
	case <-ctx.Done():
	}
}

// session opens one socket and serves it to its end. It reports whether Slack
// said hello, and whether anything was delivered.
func (s *Socket) session(ctx context.Context) (greeted, used bool, err error) {
	_, url, err := s.API.StartSocketModeContext(ctx)
	if err != nil {
		return false, false, fmt.Errorf("ask for a socket: %w", err)
	}
	conn, res, err := websocket.DefaultDialer.DialContext(ctx, url, nil)
	if err != nil {
		return false, false, fmt.Errorf("open the socket: %w", err)
	}
	res.Body.Close()
	defer conn.Close()
	stop := context.AfterFunc(ctx, func() { conn.Close() })
	defer stop()

	out := &acks{conn: conn}
	var busy sync.WaitGroup
	defer busy.Wait()
	conn.SetReadLimit(maxBody)
	conn.SetPingHandler(func(data string) error {
		extend(conn)
		return conn.WriteControl(websocket.PongMessage, []byte(data), time.Now().Add(writeWithin))
	})
	extend(conn)
	for {
		var e envelope
		if err := conn.ReadJSON(&e); err != nil {
			return greeted, used, err
		}
		extend(conn)
		switch e.Type {
		case "hello":
			if !greeted {
				greeted = true
				s.open.Add(1)
				defer s.open.Add(-1)
			}
		case "disconnect":
			return greeted, used, fmt.Errorf("slack ended it: %s", e.Reason)
		default:
			used = true
			busy.Go(func() { s.take(ctx, out, e) })
		}
	}
}

func extend(conn *websocket.Conn) {
	conn.SetReadDeadline(time.Now().Add(silence)) //nolint:errcheck // fails only on a closed socket, which the read reports
}

// take answers one delivery. Without an answer Slack shows the person an error,
// which is right when nothing was decided.
func (s *Socket) take(ctx context.Context, out *acks, e envelope) {
	var ack any
	switch e.Type {
	case "slash_commands":
		var c slash
		if err := json.Unmarshal(e.Payload, &c); err != nil {
			s.Log.WarnContext(ctx, "delivery not readable", "type", e.Type, "err", err)
			return
		}
		ack = s.Dispatcher.slash(ctx, c)
	case "interactive":
		i, err := decodeInteraction(e.Payload)
		if err != nil {
			s.Log.WarnContext(ctx, "delivery not readable", "type", e.Type, "err", err)
			return
		}
		ack = s.Dispatcher.interaction(ctx, i)
	case "events_api":
		ev, err := decodeEvent(e.Payload)
		if err != nil {
			s.Log.WarnContext(ctx, "delivery not readable", "type", e.Type, "err", err)
			return
		}
		if s.Dispatcher.event(ctx, ev) != nil {
			return // it was logged; without an acknowledgement Slack sends it again
		}
	}
	frame, err := fit(e.ID, ack)
	if err == nil {
		err = out.send(frame)
	}
	if err != nil {
		s.Log.WarnContext(ctx, "delivery not acknowledged", "type", e.Type, "err", err)
	}
}

// fit writes the frame of an acknowledgement, with a shorter one in its place
// where Slack would drop it. Each kind of delivery has an answer of its own form.
func fit(id string, ack any) ([]byte, error) {
	for range 10 { // the longest list of options is empty by then
		raw, err := encode(ack)
		if err != nil {
			return nil, err
		}
		frame, err := json.Marshal(answer{ID: id, Payload: raw})
		if err != nil || len(frame) < maxAnswer {
			return frame, err
		}
		switch a := ack.(type) {
		case optionAnswer:
			ack = optionAnswer{a.Options[:len(a.Options)/2]}
		case viewAnswer:
			note := messages.Note(messages.Message{Text: tooLong})
			ack = viewAnswer{Action: "update", View: &note.ModalViewRequest}
		default:
			ack = reply{Type: "ephemeral", Text: tooLong}
		}
	}
	return nil, errors.New("no answer is short enough")
}

const tooLong = "The answer is too long for one message; ask for less at a time."

// acks writes one acknowledgement at a time.
type acks struct {
	mu   sync.Mutex
	conn *websocket.Conn
}

func (a *acks) send(frame []byte) error {
	a.mu.Lock()
	defer a.mu.Unlock()
	if err := a.conn.SetWriteDeadline(time.Now().Add(writeWithin)); err != nil {
		return err
	}
	return a.conn.WriteMessage(websocket.TextMessage, frame)
}
