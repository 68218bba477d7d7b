package chat

import (
	"context"
	"sync"
	"time"

	"latchkey/internal/access"
)

const (
	zoneWithin = 800 * time.Millisecond // of the three seconds in which Slack wants an answer
	zoneFor    = time.Hour              // how long what Slack said is believed
)

// Zones are the clocks of the partner's own people, as each has set theirs in Slack.
type Zones struct {
	Client *Client
	Now    func() time.Time

	mu    sync.Mutex
	known map[access.UserID]learnt
}

type learnt struct {
	zone *time.Location
	at   time.Time
}

// Of is the person's clock, or nil where Slack does not tell it, or not in time.
func (z *Zones) Of(ctx context.Context, p access.Person) *time.Location {
	if p.Team != z.Client.Team() {
		return nil
	}
	z.mu.Lock()
	known, ok := z.known[p.User]
	z.mu.Unlock()
	if ok && z.Now().Sub(known.at) < zoneFor {
		return known.zone
	}
	ctx, cancel := context.WithTimeout(ctx, zoneWithin)
	defer cancel()
	u, err := z.Client.API.GetUserInfoContext(ctx, string(p.User))
	if err != nil || u.TZ == "" {
		return known.zone
	}
	zone, err := time.LoadLocation(u.TZ)
	if err != nil || u.TZ == "Local" {
		return known.zone
	}
	z.mu.Lock()
	defer z.mu.Unlock()
	if z.known == nil {
		z.known = map[access.UserID]learnt{}
	}
	z.known[p.User] = learnt{zone, z.Now()}
	return zone
}
