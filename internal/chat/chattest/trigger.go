package chattest

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strings"
	"time"
)

const triggerLife = 3 * time.Second

// A trigger lets the app open one modal within three seconds.
type trigger struct {
	user string
	at   time.Time
	used bool
}

// A triggerDesk knows the order in which triggers were made, so that old ones
// are found without looking at all, and the key that marks them as ours.
type triggerDesk struct {
	key   []byte
	order []string
}

func newTriggerDesk() triggerDesk {
	key := make([]byte, 32)
	rand.Read(key) // never fails
	return triggerDesk{key: key}
}

// newTrigger mints a trigger for a person's act, and forgets those that have
// expired. The lock is held.
func (s *Server) newTrigger(user string) string {
	now := s.opt.Now()
	s.forgetTriggers(now)
	stem := fmt.Sprintf("%d.%d", now.UnixMilli(), s.next())
	id := stem + "." + s.tokens.mark(stem)
	s.triggers[id] = &trigger{user: user, at: now}
	s.tokens.order = append(s.tokens.order, id)
	return id
}

// forgetTriggers drops every trigger that nobody can use any more. The lock is
// held.
func (s *Server) forgetTriggers(now time.Time) {
	order := s.tokens.order
	n := 0
	for n < len(order) {
		if t, ok := s.triggers[order[n]]; ok && now.Sub(t.at) < triggerLife {
			break
		}
		delete(s.triggers, order[n])
		n++
	}
	s.tokens.order = order[n:]
}

func (d triggerDesk) mark(stem string) string {
	mac := hmac.New(sha256.New, d.key)
	mac.Write([]byte(stem))
	return hex.EncodeToString(mac.Sum(nil)[:16])
}

// minted reports whether a trigger that is not known was once made here: it has
// expired then, and was not invented.
func (s *Server) minted(id string) bool {
	i := strings.LastIndexByte(id, '.')
	return i > 0 && hmac.Equal([]byte(id[i+1:]), []byte(s.tokens.mark(id[:i])))
}
