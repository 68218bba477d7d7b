package graphtest

import (
	"net/http"
	"strings"
	"time"
)

// Audit and sign-in reports have a limit of their own for each application and
// tenant, which no option lifts.
const (
	reportLimit   = 5
	reportWindow  = 10 * time.Second
	defaultWindow = 10 * time.Second
)

// meter counts calls in windows of fixed length.
type meter struct {
	start time.Time
	used  int
}

// take counts a call and returns how long to wait when it is one too many, and
// 0 otherwise. A refused call counts, too.
func (m *meter) take(now time.Time, limit int, window time.Duration) time.Duration {
	if now.Before(m.start) || !now.Before(m.start.Add(window)) {
		*m = meter{start: now}
	}
	if m.used++; m.used <= limit {
		return 0
	}
	return m.start.Add(window).Sub(now)
}

// throttle refuses a call that comes too soon, by the protocol's clock. What a
// batch holds is counted one by one, the batch itself is not.
func (s *Server) throttle(pattern string, b bearer) error {
	if pattern == batchPattern {
		return nil
	}
	now := s.opt.Now()
	s.mu.Lock()
	defer s.mu.Unlock()
	var wait time.Duration
	if s.opt.Throttle > 0 {
		wait = s.traffic.take(now, s.opt.Throttle, s.opt.ThrottleWindow)
	}
	if strings.HasPrefix(pattern, "GET /auditLogs/") {
		of := consentKey(b.tenant, b.client)
		if s.reports[of] == nil {
			s.reports[of] = &meter{}
		}
		wait = max(wait, s.reports[of].take(now, reportLimit, reportWindow))
	}
	if wait <= 0 {
		return nil
	}
	code, message := usualError(http.StatusTooManyRequests)
	seconds := int((wait + time.Second - 1) / time.Second)
	return &apiError{status: http.StatusTooManyRequests, code: code, message: message, retryAfter: seconds}
}
