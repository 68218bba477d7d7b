package chat

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/slack-go/slack"

	"latchkey/internal/access"
	"latchkey/internal/outbox"
)

// What the library believes the tokens are. They are replaced on the way to Slack's Web
// API, so the real ones go nowhere else and may change while the bot runs.
const (
	botPlace = "the-bot-token"
	appPlace = "the-app-token"
)

// refusals are the errors by which Slack says of a token that it is not good, or not any
// more. No other call with it will fare better.
var refusals = []string{"account_inactive", "invalid_auth", "not_authed", "token_expired", "token_revoked", "org_login_required"}

// A lockout is that Slack refuses the bot's token.
type lockout struct {
	code  string
	since time.Time
}

// An unheard error is that of a call that was not made, for Slack refuses the token.
var errLockedOut = errors.New("slack refuses the bot's token")

// lockedWait is how soon what is owed is tried again while Slack refuses the token. It is
// hurried when a good one is there.
const lockedWait = 5 * time.Minute

// LockedOut is the error with which Slack refuses the bot's token; empty while it does not.
func (c *Client) LockedOut() string {
	if l := c.locked.Load(); l != nil {
		return l.code
	}
	return ""
}

// Token is the bot token in force.
func (c *Client) Token() string { return *c.token.Load() }

// Use has the client go on with a token, if it is a good one of the same workspace. Until
// that is known the one before stays in force.
func (c *Client) Use(ctx context.Context, token string) error {
	who, err := c.ask(withToken(ctx, token))
	if err != nil {
		return err
	}
	if known := c.who.Load(); known != nil && known.team != who.team {
		return access.Refuse(access.Forbidden, "The token belongs to another Slack workspace than the one before. To move the bot, stop it.")
	}
	c.who.Store(who)
	c.token.Store(&token)
	c.locked.Store(nil)
	return nil
}

// Refused reports whether an error of [Client.Use] says that the token is not one to go on
// with, and not only that Slack could not be asked.
func Refused(err error) bool {
	said, ok := errors.AsType[slack.SlackErrorResponse](err)
	return access.CodeOf(err) != "" || ok && slices.Contains(refusals, said.Err)
}

type tokenKey struct{}

func withToken(ctx context.Context, token string) context.Context {
	return context.WithValue(ctx, tokenKey{}, token)
}

// signed puts the real token on a call.
func (c *Client) signed(r *http.Request, form url.Values) (*http.Request, string) {
	place := strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer ")
	if form.Has("token") {
		place = form.Get("token")
	}
	var token string
	switch place {
	case botPlace:
		token = c.Token()
		if tried, ok := r.Context().Value(tokenKey{}).(string); ok {
			token = tried
		}
	case appPlace:
		token = c.appToken()
	default:
		return r, ""
	}
	r = r.Clone(r.Context())
	r.Header.Set("Authorization", "Bearer "+token)
	if form.Has("token") {
		form.Del("token")
		body := form.Encode()
		r.Body, r.ContentLength = io.NopCloser(strings.NewReader(body)), int64(len(body))
		r.GetBody = func() (io.ReadCloser, error) { return io.NopCloser(strings.NewReader(body)), nil }
	}
	if place == appPlace {
		return r, ""
	}
	return r, token
}

// heard notes what an answer says of the bot token with which it was asked for.
func (c *Client) heard(token string, res *http.Response) error {
	raw, err := io.ReadAll(io.LimitReader(res.Body, maxAnswerOfAPI))
	if err != nil {
		return fmt.Errorf("read what Slack answered: %w", err)
	}
	rest := res.Body
	res.Body = struct {
		io.Reader
		io.Closer
	}{io.MultiReader(bytes.NewReader(raw), rest), rest}
	if token != c.Token() || res.StatusCode != http.StatusOK {
		return nil
	}
	var said struct {
		OK    bool   `json:"ok"`
		Error string `json:"error"`
	}
	if json.Unmarshal(raw, &said) != nil {
		return nil
	}
	switch {
	case said.OK:
		c.locked.Store(nil)
	case slices.Contains(refusals, said.Error):
		c.locked.CompareAndSwap(nil, &lockout{said.Error, c.now()})
	}
	return nil
}

// maxAnswerOfAPI bounds an answer of the Web API that is looked into.
const maxAnswerOfAPI = 8 << 20

// parked says that nothing was begun while Slack refuses the token.
func parked() error { return outbox.NotBegun(lockedWait) }
