package chat

import (
	"context"
	"encoding/json"
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
