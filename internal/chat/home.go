package chat

import (
	"context"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/slack-go/slack"

	"latchkey/internal/access"
	"latchkey/internal/messages"
)

// Drawer says what the Home tab of a person shows now. [cards.Homes] is the one
// there is.
type Drawer interface {
	Home(ctx context.Context, who access.Person, page int) (messages.HomeTab, error)
}

// Homes publishes Home tabs and keeps those true that were opened since the bot
// started. A crash forgets who they belong to; each is drawn anew when its person
// opens it again. A nil *Homes publishes nothing.
type Homes struct {
	Client *Client
	Draw   Drawer
	Log    *slog.Logger

	mu     sync.Mutex
	opened map[access.UserID]*home
}

// home is a tab that somebody has opened. Drawing and publishing are one step
// for each, so that what is drawn last is what stays; the hash that Slack offers
// would drop the later of two quick changes instead. Of many changes while that
// step is under way, or must wait, one drawing more shows the last.
type home struct {
	who     access.Person
	page    atomic.Int64  // of several, which was turned to last
	step    chan struct{} // holds one while it is drawn and published
	waiting atomic.Bool   // somebody waits for that, and will draw what is true then
}

// Open draws the tab of a person of whom Slack told the id alone. To which
// workspace they belong is asked first: it decides what they may see.
func (h *Homes) Open(ctx context.Context, user access.UserID) error {
	if h == nil {
		return nil
	}
	if h.Client.Team() == "" {
		return errNobody
	}
	u, err := h.Client.API.GetUserInfoContext(ctx, string(user))
	if err != nil {
		return fmt.Errorf("look up who opened the home: %w", err)
	}
	return h.Show(ctx, access.Person{Team: access.TeamID(u.TeamID), User: user, Name: u.RealName}, 0)
}

// Show draws the tab of a person, turned to a page.
func (h *Homes) Show(ctx context.Context, who access.Person, page int) error {
	if h == nil {
		return nil
	}
	h.mu.Lock()
	one := h.opened[who.User]
	if one == nil || one.who.Team != who.Team {
		if h.opened == nil {
			h.opened = map[access.UserID]*home{}
		}
		one = &home{who: who, step: make(chan struct{}, 1)}
		h.opened[who.User] = one
	}
	h.mu.Unlock()
	one.page.Store(int64(page))
	return h.publish(ctx, one)
}

// Refresh draws the tab of a person again, if they have opened it.
func (h *Homes) Refresh(ctx context.Context, user access.UserID) error {
	if h == nil {
		return nil
	}
	h.mu.Lock()
	one := h.opened[user]
	h.mu.Unlock()
	if one == nil {
		return nil
	}
	return h.publish(ctx, one)
}

// follow draws the tab again after something that it shows has changed. It may
// fail: the tab is never the only place that tells of anything.
func (h *Homes) follow(ctx context.Context, user access.UserID) {
	if err := h.Refresh(ctx, user); err != nil {
		h.Log.WarnContext(ctx, "home not drawn again", "user", user, "err", err)
	}
}

func (h *Homes) publish(ctx context.Context, one *home) error {
	if !one.waiting.CompareAndSwap(false, true) {
		return nil // whoever waits has not drawn yet
	}
	select {
	case one.step <- struct{}{}:
		one.waiting.Store(false)
		defer func() { <-one.step }()
	case <-ctx.Done():
		one.waiting.Store(false)
		return ctx.Err()
	}
	tab, err := h.Draw.Home(ctx, one.who, int(one.page.Load()))
	if err != nil {
		return err
	}
	_, err = h.Client.API.PublishViewContext(ctx, slack.PublishViewContextRequest{
		UserID: string(one.who.User), View: tab.HomeTabViewRequest,
	})
	if wait := Patience(err); wait > 0 {
		h.later(ctx, one, wait)
		return nil
	}
	if err != nil {
		return fmt.Errorf("publish a home: %w", err)
	}
	return nil
}

// later draws the tab again when Slack takes it. Until then every change is left to that.
func (h *Homes) later(ctx context.Context, one *home, wait time.Duration) {
	if !one.waiting.CompareAndSwap(false, true) {
		return
	}
	ctx = context.WithoutCancel(ctx)
	time.AfterFunc(wait, func() {
		one.waiting.Store(false)
		if err := h.publish(ctx, one); err != nil {
			h.Log.WarnContext(ctx, "home not drawn again", "user", one.who.User, "err", err)
		}
	})
}
