package graph

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"mime"
	"net/http"
	"strconv"
	"time"

	khttp "github.com/microsoft/kiota-http-go"
)

const (
	maxTries    = 3               // of one request, the first included
	maxPatience = 5 * time.Second // the longest wait between two of them
	// backgroundPatience is the same where nobody waits: a list of thousands must
	// not begin anew because of one wait. It fits into callTimeout.
	backgroundPatience = 40 * time.Second
	maxAnswer          = 16 << 20         // bytes; a full page of relationships has less than one million
	maxRefusal         = 64 << 10         // bytes of an error's body
	maxWait            = 5 * time.Minute  // the longest wait that Graph can impose on a removal
	minLeft            = 10 * time.Second // what must be left of the context after a wait
)

// resend repeats a request that Graph refused for the moment, after the wait
// that Graph names. A throttled request (429) was not carried out, so any may
// be repeated; after 503 and 504 that is unknown, so only reads are. Waits that
// are long, or do not fit into the context, are left to the caller. Nothing is
// sent while the gate is closed.
type resend struct {
	gate *gate
	log  *slog.Logger
}

// Intercept implements the middleware interface.
func (m resend) Intercept(next khttp.Pipeline, index int, req *http.Request) (*http.Response, error) {
	ctx := req.Context()
	body, err := readAll(req.Body)
	if err != nil {
		return nil, err
	}
	if inBackground(ctx) {
		req.Header.Set(priorityHeader, "Low")
	}
	for try := 1; ; try++ {
		if refusal, err := m.enter(req); refusal != nil || err != nil {
			return refusal, err
		}
		resp, err := next.Next(withBody(req, body), index)
		if err != nil {
			return nil, err
		}
		m.gate.learn(resp)
		wait, ok := retryAfter(resp.Header)
		if !ok || try == maxTries || !repeatable(req.Method, resp.StatusCode) || !fits(ctx, wait) {
			return resp, nil
		}
		_ = resp.Body.Close() // what is thrown away cannot fail
		m.log.InfoContext(ctx, "graph asks to wait", "status", resp.StatusCode, "wait", wait, "try", try)
		if resp.StatusCode == http.StatusTooManyRequests {
			continue // the gate knows
		}
		if err := pause(ctx, wait); err != nil {
			return nil, err
		}
	}
}

// enter waits until the gate is open. Another call's answer may close it again
// meanwhile. Where the wait does not fit, it returns what Graph would answer.
func (m resend) enter(req *http.Request) (*http.Response, error) {
	ctx := req.Context()
	if err := pause(ctx, m.gate.pacing(ctx)); err != nil {
		return nil, err
	}
	for {
		wait := m.gate.wait()
		switch {
		case wait == 0:
			return nil, nil
		case !fits(ctx, wait):
			return tooSoon(req, wait), nil
		}
		if err := pause(ctx, wait); err != nil {
			return nil, err
		}
	}
}

func readAll(body io.ReadCloser) ([]byte, error) {
	if body == nil {
		return nil, nil
	}
	defer body.Close()
	return io.ReadAll(body)
}

// withBody returns a copy of the request whose body has a known length, so that
// it is not sent in chunks, and can be read again.
func withBody(req *http.Request, body []byte) *http.Request {
	r := req.Clone(req.Context())
	if body == nil {
		return r
	}
	r.ContentLength = int64(len(body))
	r.Body = io.NopCloser(bytes.NewReader(body))
	r.GetBody = func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(body)), nil }
	return r
}

func repeatable(method string, status int) bool {
	switch status {
	case http.StatusTooManyRequests:
		return true
	case http.StatusServiceUnavailable, http.StatusGatewayTimeout:
		return method == http.MethodGet
	}
	return false
}

func fits(ctx context.Context, wait time.Duration) bool {
	patience := maxPatience
	if inBackground(ctx) {
		patience = backgroundPatience
	}
	if wait > patience {
		return false
	}
	end, ok := ctx.Deadline()
	return !ok || wait == 0 || time.Until(end) > wait+minLeft
}

func pause(ctx context.Context, wait time.Duration) error {
	t := time.NewTimer(wait)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// retryAfter reads the wait that an answer asks for: seconds, or a date, which
// is compared with the date of the answer itself. It is never more than maxWait.
func retryAfter(h http.Header) (time.Duration, bool) {
	text := h.Get("Retry-After")
	if seconds, err := strconv.ParseFloat(text, 64); err == nil {
		if !(seconds >= 0) { // not a number, too
			return 0, false
		}
		return time.Duration(min(seconds, maxWait.Seconds()) * float64(time.Second)), true
	}
	until, err := http.ParseTime(text)
	if err != nil {
		return 0, false
	}
	now, err := http.ParseTime(h.Get("Date"))
	if err != nil {
		return 0, false
	}
	return min(max(until.Sub(now), 0), maxWait), true
}

// guard bounds what is read, refuses redirects, and takes the body of a refusal
// that is not JSON, such as a proxy's page, so that the status remains.
type guard struct{}

// Intercept implements the middleware interface.
func (guard) Intercept(next khttp.Pipeline, index int, req *http.Request) (*http.Response, error) {
	resp, err := next.Next(req, index)
	if err != nil {
		return nil, err
	}
	switch {
	case resp.StatusCode >= 400:
		keepJSON(resp)
		return resp, nil
	case resp.StatusCode >= 300:
		_ = resp.Body.Close() // nothing of it is used
		return nil, errors.New("graph answered with a redirect")
	}
	resp.Body = http.MaxBytesReader(nil, resp.Body, maxAnswer)
	return resp, nil
}

func keepJSON(resp *http.Response) {
	raw, err := io.ReadAll(io.LimitReader(resp.Body, maxRefusal))
	if err != nil {
		raw = nil // the status is known, and says more than the broken connection
	}
	_ = resp.Body.Close() // it has been read as far as it will be
	kind, _, _ := mime.ParseMediaType(resp.Header.Get("Content-Type"))
	if kind != "application/json" || !json.Valid(raw) {
		raw = nil
	}
	resp.Body = io.NopCloser(bytes.NewReader(raw))
	resp.ContentLength = int64(len(raw))
}
