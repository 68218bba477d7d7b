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

// calls makes the calls to Slack, each when it is its turn. One that comes too early is
// not made.
type calls struct {
	http *http.Client
	api  string // what the address of each method begins with
	pace *pacer // nil: every call is made at once
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

// Do makes the call, or returns a [tooEarly].
func (c calls) Do(r *http.Request) (*http.Response, error) {
	one, ok := c.parse(r)
	if !ok {
		return c.http.Do(r)
	}
	ticket := ticketOf(r.Context())
	if wait := c.pace.turn(ticket, one, true); wait > 0 {
		return nil, &tooEarly{one.method, wait}
	}
	res, err := c.http.Do(r)
	if err == nil && res.StatusCode == http.StatusTooManyRequests {
		c.pace.hold(ticket, one, asked(res.Header))
	}
	return res, err
}

// parse tells which method a request calls, and where a posting goes.
func (c calls) parse(r *http.Request) (call, bool) {
	address, _, _ := strings.Cut(r.URL.String(), "?")
	method, ok := strings.CutPrefix(address, c.api)
	if !ok || c.pace == nil {
		return call{}, false
	}
	one := call{method: method}
	if method != postMessage || r.GetBody == nil {
		return one, true
	}
	body, err := r.GetBody()
	if err != nil {
		return one, true
	}
	defer body.Close()
	raw, err := io.ReadAll(io.LimitReader(body, maxForm))
	if err != nil {
		return one, true
	}
	if form, err := url.ParseQuery(string(raw)); err == nil {
		one.channel = form.Get("channel")
	}
	return one, true
}

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
	return context.WithValue(ctx, ticketKey{}, e.ID)
}

func ticketOf(ctx context.Context) string {
	id, _ := ctx.Value(ticketKey{}).(string)
	return id
}

// await takes a place for a call before others that are made for its sake, and returns an
// error until its turn has come: what they tell is fresh, then.
func (c *Client) await(ctx context.Context, method, channel string) error {
	if c.pace == nil {
		return nil
	}
	if wait := c.pace.turn(ticketOf(ctx), call{method, channel}, false); wait > 0 {
		return outbox.NotBegun(wait)
	}
	return nil
}
