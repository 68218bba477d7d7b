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
	// Apps is the app-level token of now; nil: it does not change.
	Apps   func() string
	APIURL string // ends in a slash; empty for Slack itself
	HTTP   *http.Client
	// Transport is what calls go through where HTTP is nil; nil for the default one.
	Transport http.RoundTripper
	// Unpaced makes every call at once, for worlds without limits.
	Unpaced bool
	Now     func() time.Time // by which calls take their turns; nil for real time
}

// Client is the bot's own identity in Slack.
type Client struct {
	API  *slack.Client
	HTTP *http.Client

	pace     *pacer // nil: no call is held back
	now      func() time.Time
	appToken func() string
	token    atomic.Pointer[string] // see [Client.Use]
	locked   atomic.Pointer[lockout]
	off      atomic.Int64 // by how much our clock is ahead of Slack's
	who      atomic.Pointer[identity]
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
	if o.Now == nil {
		o.Now = time.Now
	}
	c := &Client{HTTP: h, now: o.Now, appToken: o.Apps}
	c.token.Store(&o.BotToken)
	if !o.Unpaced {
		c.pace = &pacer{Now: o.Now}
	}
	if c.appToken == nil {
		c.appToken = func() string { return o.AppToken }
	}
	api := slack.APIURL
	if o.APIURL != "" {
		api = o.APIURL
	}
	opts := []slack.Option{slack.OptionHTTPClient(calls{c, api}), slack.OptionAPIURL(api)}
	if o.AppToken != "" {
		opts = append(opts, slack.OptionAppLevelToken(appPlace))
	}
	c.API = slack.New(botPlace, opts...)
	return c
}

// Identify asks Slack whose token it is. Until it has succeeded once, the client
// posts nothing and belongs to no workspace.
func (c *Client) Identify(ctx context.Context) error {
	who, err := c.ask(ctx)
	if err != nil {
		return err
	}
	c.who.Store(who)
	return nil
}

func (c *Client) ask(ctx context.Context) (*identity, error) {
	who, err := c.API.AuthTestContext(ctx)
	if err != nil {
		return nil, fmt.Errorf("ask Slack who the bot is: %w", err)
	}
	return &identity{team: access.TeamID(who.TeamID), bot: access.UserID(who.UserID)}, nil
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
