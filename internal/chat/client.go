// Package chat is the only package that talks to Slack: deliveries in, over
// HTTP or Socket Mode, and posts out.
//
// A delivery is verified, decoded by a slim type of ours, handed to the
// commands and answered. The answer is sent after the decision it tells of was
// committed, so an acknowledgement means that nothing can be lost any more;
// what is slow (posts, Graph) follows from the outbox. Replies to one person
// are sent directly and are never the only record of anything: a crash may lose
// them, and loses nothing else. The same is true of Home tabs, which are drawn
// when they are opened and when what they show has changed.
package chat

import (
	"context"
	"fmt"
	"net/http"
	"sync/atomic"
	"time"

	"github.com/slack-go/slack"

	"latchkey/internal/access"
)

// Options says how to reach Slack.
type Options struct {
	BotToken string
	AppToken string // for Socket Mode; else empty
	APIURL   string // ends in a slash; empty for Slack itself
	HTTP     *http.Client
	// Transport is what calls go through where HTTP is nil; nil for the default one.
	Transport http.RoundTripper
}

// Client is the bot's own identity in Slack.
type Client struct {
	API  *slack.Client
	HTTP *http.Client

	who atomic.Pointer[identity]
}

type identity struct {
	team access.TeamID
	bot  access.UserID
}

// callTimeout bounds one call to Slack; the library itself sets none.
const callTimeout = 15 * time.Second

// New returns a client that has not called Slack yet.
func New(o Options) *Client {
	h := o.HTTP
	if h == nil {
		h = &http.Client{Timeout: callTimeout, Transport: o.Transport}
	}
	opts := []slack.Option{slack.OptionHTTPClient(h)}
	if o.APIURL != "" {
		opts = append(opts, slack.OptionAPIURL(o.APIURL))
	}
	if o.AppToken != "" {
		opts = append(opts, slack.OptionAppLevelToken(o.AppToken))
	}
	return &Client{API: slack.New(o.BotToken, opts...), HTTP: h}
}

// Identify asks Slack whose token it is. Until it has succeeded once, the client
// posts nothing and belongs to no workspace.
func (c *Client) Identify(ctx context.Context) error {
	who, err := c.API.AuthTestContext(ctx)
	if err != nil {
		return fmt.Errorf("ask Slack who the bot is: %w", err)
	}
	c.who.Store(&identity{team: access.TeamID(who.TeamID), bot: access.UserID(who.UserID)})
	return nil
}

// Team is the installing workspace; empty until known.
func (c *Client) Team() access.TeamID {
	if who := c.who.Load(); who != nil {
		return who.team
	}
	return ""
}

// Bot is the bot's own user; empty until known.
func (c *Client) Bot() access.UserID {
	if who := c.who.Load(); who != nil {
		return who.bot
	}
	return ""
}
