package chat

import (
	"context"
	"encoding/json"
	"time"
)

// Frame answers a frame as a socket that has read it would. It reports false for one that
// is no JSON of ours, which ends the socket.
func (s *Socket) Frame(ctx context.Context, raw []byte) (answer []byte, ok bool) {
	var e envelope
	if json.Unmarshal(raw, &e) != nil {
		return nil, false
	}
	answer, rest, _ := s.answer(ctx, e)
	if rest != nil {
		rest()
	}
	return answer, true
}

// Tickets returns what says when an effect may call the method, by a clock.
func Tickets(now func() time.Time, method string) (turn func(effect string, timed bool) time.Duration) {
	p := &pacer{Now: now}
	return func(effect string, timed bool) time.Duration {
		return p.turn(ticket{effect, timed}, call{method: method}, true)
	}
}
