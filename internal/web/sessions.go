package web

import (
	"crypto/rand"
	"crypto/subtle"
	"sync"
	"time"

	"latchkey/internal/access"
)

const (
	// sessionLife is how long what Microsoft said of somebody is believed: who they are,
	// and which roles they hold.
	sessionLife  = 15 * time.Minute
	mostSessions = 1000
)

// session is a person who has signed in with one browser.
type session struct {
	who   access.SignIn
	token string // that every form of theirs carries
	until time.Time
}

// takes reports whether a form was drawn for this session.
func (s session) takes(token string) bool {
	return s.token != "" && subtle.ConstantTimeCompare([]byte(s.token), []byte(token)) == 1
}

// sessions holds them by what the browser's cookie says.
type sessions struct {
	mu sync.Mutex
	by map[string]session
}

// open begins a session under a name of its own, so that nobody can have planted it.
func (s *sessions) open(who access.SignIn, now time.Time) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	for name, old := range s.by {
		if !now.Before(old.until) {
			delete(s.by, name)
		}
	}
	if s.by == nil || len(s.by) >= mostSessions {
		s.by = map[string]session{} // people sign in once more
	}
	name := rand.Text()
	s.by[name] = session{who: who, token: rand.Text(), until: now.Add(sessionLife)}
	return name
}

func (s *sessions) find(name string, now time.Time) (session, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	found, ok := s.by[name]
	return found, ok && name != "" && now.Before(found.until)
}

func (s *sessions) end(name string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.by, name)
}
