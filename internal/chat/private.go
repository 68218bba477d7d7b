package chat

import (
	"context"
	"sync"
	"time"

	"latchkey/internal/access"
	"latchkey/internal/cards"
)

// privateFor is how long a channel that was found to be shared with one customer alone
// is taken for that. Somebody may let another organisation into it at any time.
const privateFor = time.Minute

// privacy remembers which channels were found right, and when.
type privacy struct {
	mu sync.Mutex
	at map[shared]time.Time
}

type shared struct {
	channel access.ChannelID
	team    access.TeamID
}

func (p *privacy) known(of shared, now time.Time) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	at, ok := p.at[of]
	return ok && now.Sub(at) < privateFor
}

func (p *privacy) note(of shared, now time.Time) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.at == nil {
		p.at = map[shared]time.Time{}
	}
	p.at[of] = now
}

// private refuses, for good, to say what is for a customer in a channel that others read,
// or that the customer does not.
func (f *Effects) private(ctx context.Context, p cards.Post) error {
	of := shared{p.Channel, p.Team}
	if p.Team == "" || f.seen.known(of, f.Now()) {
		return nil
	}
	if f.Client.Team() == "" {
		return errNobody // our own team would be taken for somebody else's
	}
	err := f.sharedWith(ctx, p.Channel, p.Team)
	if err == nil {
		f.seen.note(of, f.Now())
	}
	return err
}
