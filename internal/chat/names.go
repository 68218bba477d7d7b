package chat

import (
	"context"
	"errors"
	"fmt"
	"sync"

	"latchkey/internal/access"
)

// Names are the names by which colleagues know people whom the store need not
// know, such as bot admins: a delivery of Slack's names a handle. A nil *Names
// knows nobody.
type Names struct {
	Client *Client

	mu    sync.Mutex
	known map[access.UserID]string
}

// Learn looks up the users of the installing workspace. Who cannot be looked up
// keeps the handle.
func (n *Names) Learn(ctx context.Context, users []access.UserID) error {
	var faults error
	for _, id := range users {
		u, err := n.Client.API.GetUserInfoContext(ctx, string(id))
		if err != nil {
			faults = errors.Join(faults, fmt.Errorf("look up %s: %w", id, err))
			continue
		}
		if u.RealName == "" || access.TeamID(u.TeamID) != n.Client.Team() {
			continue
		}
		n.mu.Lock()
		if n.known == nil {
			n.known = map[access.UserID]string{}
		}
		n.known[id] = u.RealName
		n.mu.Unlock()
	}
	return faults
}

// called gives a person of the installing workspace the name that was learnt.
func (n *Names) called(p access.Person) access.Person {
	if n == nil || p.Team != n.Client.Team() {
		return p
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	if name := n.known[p.User]; name != "" {
		p.Name = name
	}
	return p
}
