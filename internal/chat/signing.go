package chat

import (
	"net/http"
	"sync"
	"time"
)

// Slack does not document from when on it signs with a new secret. So the one before is
// taken until Slack has been seen to use the new one, and a little longer for what was on
// its way, but never for more than a day.
const (
	onItsWay    = 5 * time.Minute // as old as a delivery may be
	formerlyFor = 24 * time.Hour
)

// signing are the secret with which Slack signs, and the one before it.
type signing struct {
	mu          sync.Mutex
	now, before string
	until       time.Time // the one before is taken until then
}

// signed reports whether Slack signed a delivery.
func (in *Intake) signed(h http.Header, body []byte) bool {
	secret := in.Secret
	if in.Fresh != nil {
		secret = in.Fresh()
	}
	now, before := in.signing.turn(secret, in.clock())
	if verify(h, body, now) == nil {
		in.signing.used(in.clock())
		return true
	}
	return before != "" && verify(h, body, before) == nil
}

func (in *Intake) clock() time.Time {
	if in.Now == nil {
		return time.Now()
	}
	return in.Now()
}

// turn takes a new secret over, and returns it with the one before while that is taken.
func (s *signing) turn(secret string, at time.Time) (now, before string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if secret != s.now {
		s.now, s.before, s.until = secret, s.now, at.Add(formerlyFor)
	}
	if at.After(s.until) {
		s.before = ""
	}
	return s.now, s.before
}

// used notes that Slack has signed with the new secret.
func (s *signing) used(at time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if end := at.Add(onItsWay); s.before != "" && end.Before(s.until) {
		s.until = end
	}
}
