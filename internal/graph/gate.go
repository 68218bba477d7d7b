package graph

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"strconv"
	"sync"
	"time"
)

// A gate is the budget that all calls of a client share, since Graph counts them
// together. When one call is told to wait, none goes out before that wait is over:
// what is sent meanwhile would be refused, and counted. What runs in the background
// goes slower when the budget gets tight, so that who waits for access, and above
// all its removal, finds some left.
type gate struct {
	now func() time.Time

	mu    sync.Mutex
	until time.Time     // nothing goes out before
	pace  time.Duration // between two calls in the background
	// at is when an answer told the time last, by our clock, and theirs what it told.
	at, theirs time.Time
}

// heardFor is how long what an answer told of the time is good for.
const heardFor = 24 * time.Hour

// Ahead is how far our clock was ahead of Microsoft's at the last answer; it is not known
// when there was none within a day, by a clock that may have been moved since.
func (c *Client) Ahead() (by time.Duration, known bool) {
	g := c.gate
	now := g.now().Round(0) // as the wall shows it
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.at.IsZero() || now.Before(g.at) || now.Sub(g.at) > heardFor {
		return 0, false
	}
	return g.at.Sub(g.theirs), true
}

// The headers by which Graph tells how much of the budget is used up, and is told
// what matters less.
// Source: Microsoft Graph throttling guidance, "Throttling and batching".
const (
	usedHeader     = "x-ms-throttle-limit-percentage" // 0.8 to 1.8; absent below
	priorityHeader = "x-ms-throttle-priority"
)

const (
	tightPace = 250 * time.Millisecond // from 80 % of the budget on
	fullPace  = 2 * time.Second        // from all of it on
)

type backgroundKey struct{}

// Background marks calls that nobody waits for.
func Background(ctx context.Context) context.Context {
	return context.WithValue(ctx, backgroundKey{}, true)
}

func inBackground(ctx context.Context) bool { return ctx.Value(backgroundKey{}) != nil }

// wait is how long nothing goes out, from now on.
func (g *gate) wait() time.Duration {
	g.mu.Lock()
	defer g.mu.Unlock()
	return max(g.until.Sub(g.now()), 0)
}

// pacing is how long a call that nobody waits for stands back before it goes out.
func (g *gate) pacing(ctx context.Context) time.Duration {
	if !inBackground(ctx) {
		return 0
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.pace
}

// learn takes from an answer what it says of the budget, and of the time.
func (g *gate) learn(resp *http.Response) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if theirs, err := http.ParseTime(resp.Header.Get("Date")); err == nil {
		g.at, g.theirs = g.now().Round(0), theirs
	}
	if wait, ok := retryAfter(resp.Header); ok && resp.StatusCode == http.StatusTooManyRequests {
		if until := g.now().Add(wait); until.After(g.until) {
			g.until = until
		}
	}
	used, err := strconv.ParseFloat(resp.Header.Get(usedHeader), 64)
	switch {
	case err != nil || !(used >= 0.8): // absent, or not a number
		g.pace = 0
	case used < 1:
		g.pace = tightPace
	default:
		g.pace = fullPace
	}
}

// tooSoon is the answer that Graph would give before the gate opens.
func tooSoon(req *http.Request, wait time.Duration) *http.Response {
	seconds := strconv.FormatInt(int64((wait+time.Second-1)/time.Second), 10)
	return &http.Response{
		StatusCode: http.StatusTooManyRequests, Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1, Request: req,
		Header: http.Header{"Retry-After": {seconds}}, Body: io.NopCloser(bytes.NewReader(nil)),
	}
}
