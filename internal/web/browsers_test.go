package web_test

import (
	"context"
	"fmt"
	"sync"
	"time"

	"latchkey/internal/web"
)

// memory is what replicas share, of one process.
type memory struct {
	mu       sync.Mutex
	begun    map[string]web.Begun
	sessions map[string]web.Session
}

var _ web.Browsers = (*memory)(nil)

func newMemory() *memory {
	return &memory{begun: map[string]web.Begun{}, sessions: map[string]web.Session{}}
}

func (m *memory) Begin(_ context.Context, b web.Begun, _ time.Time) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.begun[b.State] = b
	return nil
}

func (m *memory) Take(_ context.Context, state, browser string) (web.Begun, bool, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	b, ok := m.begun[state]
	if !ok || b.Browser != browser {
		return web.Begun{}, false, nil
	}
	delete(m.begun, state)
	return b, true, nil
}

func (m *memory) Open(_ context.Context, s web.Session, _ time.Time) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.sessions[s.Name] = s
	return nil
}

func (m *memory) Find(_ context.Context, name string) (web.Session, bool, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	s, ok := m.sessions[name]
	return s, ok, nil
}

func (m *memory) End(_ context.Context, name string) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	delete(m.sessions, name)
	return nil
}

// everything is what they share, as text.
func (m *memory) everything() (all []string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for key, b := range m.begun {
		all = append(all, fmt.Sprintf("%s %+v %s", key, b, b.For))
	}
	for key, s := range m.sessions {
		all = append(all, fmt.Sprintf("%s %+v", key, s))
	}
	return all
}
