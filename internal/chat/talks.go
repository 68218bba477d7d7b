package chat

import (
	"sync"

	"latchkey/internal/access"
)

// talks remembers the direct messages that were opened since the bot started, so that a
// word to somebody is one call. What cannot be written to is opened anew.
type talks struct {
	mu sync.Mutex
	of map[access.UserID]string
}

func (t *talks) with(user access.UserID) string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.of[user]
}

func (t *talks) note(user access.UserID, channel string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.of == nil {
		t.of = map[access.UserID]string{}
	}
	t.of[user] = channel
}

func (t *talks) forget(user access.UserID) {
	t.mu.Lock()
	defer t.mu.Unlock()
	delete(t.of, user)
}
