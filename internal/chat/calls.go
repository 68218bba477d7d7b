package chat

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"latchkey/internal/outbox"
)

// calls makes the calls to Slack, each when it is its turn. One that comes too early, or
// with a token that Slack refuses, is not made.
type calls struct {
	client *Client
	api    string // what the address of each method begins with
}

// maxForm is more than any call of ours is long.
const maxForm = 1 << 20

// A tooEarly call was not made: it was not its turn yet.
type tooEarly struct {
	method string
	wait   time.Duration
}

func (e *tooEarly) Error() string {
	return fmt.Sprintf("%s has to wait for its turn for %s", e.method, e.wait)
}

// Do makes the call, or returns a [tooEarly] or errLockedOut.
func (c calls) Do(r *http.Request) (*http.Response, error) {
	address, _, _ := strings.Cut(r.URL.String(), "?")
	method, ok := strings.CutPrefix(address, c.api)
	if !ok {
		return c.client.HTTP.Do(r)
	}
	form := formOf(r)
	one, t := call{method: method}, ticketOf(r.Context())
	if method == postMessage {
		one.channel = form.Get("channel")
	}
	signed, token := c.client.signed(r, form)
	if c.client.LockedOut() != "" && token == c.client.Token() && method != "auth.test" {
		return nil, errLockedOut
	}
	if wait := c.client.pace.turn(t, one, true); wait > 0 {
		return nil, &tooEarly{one.method, wait}
	}
	res, err := c.client.HTTP.Do(signed)
	if err != nil {
		return nil, err
	}
	c.client.told(res.Header)
	if res.StatusCode == http.StatusTooManyRequests {
		c.client.pace.hold(t, one, asked(res.Header))
	}
	if token != "" {
		if err := c.client.heard(token, res); err != nil {
			res.Body.Close() //nolint:errcheck // it cannot be read
			return nil, err
		}
	}
	return res, nil
}

// formOf are the arguments of a call that come as a form; empty of one that comes otherwise.
func formOf(r *http.Request) url.Values {
	if r.GetBody == nil || !strings.HasPrefix(r.Header.Get("Content-Type"), "application/x-www-form-urlencoded") {
		return url.Values{}
	}
	body, err := r.GetBody()
	if err != nil {
		return url.Values{}
	}
	defer body.Close()
	raw, err := io.ReadAll(io.LimitReader(body, maxForm))
	if err != nil {
		return url.Values{}
	}
	form, err := url.ParseQuery(string(raw))
	if err != nil {
		return url.Values{}
	}
	return form
}

// told notes how far our clock is ahead of Slack's, by an answer of its.
func (c *Client) told(h http.Header) {
	if at, err := http.ParseTime(h.Get("Date")); err == nil {
		c.off.Store(int64(c.now().Round(0).Sub(at))) // as the wall shows it
	}
}

// ahead is how far our clock was ahead at the last answer; zero while it is behind.
func (c *Client) ahead() time.Duration { return max(time.Duration(c.off.Load()), 0) }

// asked is how long Slack asks to be left alone; a minute when it does not say.
func asked(h http.Header) time.Duration {
	if s, err := strconv.Atoi(h.Get("Retry-After")); err == nil && s > 0 {
		return time.Duration(s) * time.Second
	}
	return time.Minute
}

type ticketKey struct{}

// ticketed has the calls that the effect makes keep their places in the lines.
func ticketed(ctx context.Context, e outbox.Effect) context.Context {
	return context.WithValue(ctx, ticketKey{}, ticket{e.ID, e.Timed})
}

func ticketOf(ctx context.Context) ticket {
	t, _ := ctx.Value(ticketKey{}).(ticket)
	return t
}

// await takes a place for a call before others that are made for its sake, and returns an
// error until its turn has come: what they tell is fresh, then.
func (c *Client) await(ctx context.Context, method, channel string) error {
	if c.LockedOut() != "" {
		return parked()
	}
	if wait := c.pace.turn(ticketOf(ctx), call{method, channel}, false); wait > 0 {
		return outbox.NotBegun(wait)
	}
	return nil
}
