package chattest

import (
	"context"
	"crypto/tls"
	"encoding/json"
	"errors"
	"time"
)

// retryWaits is how long Slack waits before it sends an event again: at once,
// after a minute, after five.
var retryWaits = []time.Duration{0, time.Minute, 5 * time.Minute}

var errRedirects = errors.New("too many redirects")

// convey delivers an event until the app takes it, gives it up after the last
// retry or at the app's wish (x-slack-no-retry), and tells of the first attempt.
// Each attempt is signed anew; a repeat says which it is and why.
func (s *Server) convey(ctx context.Context, d Delivery, payload json.RawMessage, first chan<- Delivery) {
	for {
		s.pack(&d, payload)
		got := s.send(ctx, d)
		if d.Retry == 0 {
			first <- got
		}
		if got.Err == nil || got.noRetry || d.Retry >= len(s.opt.RetryWaits) {
			return
		}
		if !pause(ctx, s.opt.RetryWaits[d.Retry]) {
			return
		}
		d.Retry++
		d.RetryReason = s.retryReason(got.Err)
	}
}

// retryReason is why an attempt failed, in Slack's words.
func (s *Server) retryReason(err error) string {
	var cert *tls.CertificateVerificationError
	switch {
	case s.opt.SocketMode:
		return "timeout" // a socket has no other failure than a missing answer
	case errors.Is(err, ErrTimeout):
		return "http_timeout"
	case errors.Is(err, errRedirects):
		return "too_many_redirects"
	case errors.Is(err, ErrService):
		return "http_error"
	case errors.As(err, &cert):
		return "ssl_error"
	case errors.Is(err, ErrUnreachable):
		return "connection_failed"
	}
	return "unknown_error"
}
