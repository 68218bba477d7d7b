package doctor

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
)

// maxAnswer is more than any answer that is looked at.
const maxAnswer = 1 << 20

// answer is what a service said.
type answer struct {
	status int
	header http.Header
	body   []byte
}

// into reads the body. What cannot be read leaves v as it is.
func (a answer) into(v any) bool { return json.Unmarshal(a.body, v) == nil }

func send(client *http.Client, r *http.Request) (answer, error) {
	resp, err := client.Do(r)
	if err != nil {
		return answer{}, err
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(io.LimitReader(resp.Body, maxAnswer))
	return answer{resp.StatusCode, resp.Header, body}, err
}

// slack calls a method of the Web API. Slack paces its callers: a wait that still fits
// into the bound is kept, and the call made again.
func (f *facts) slack(ctx context.Context, method string, args url.Values) (answer, error) {
	for {
		r, err := http.NewRequestWithContext(ctx, http.MethodPost, f.SlackURL+method, strings.NewReader(args.Encode()))
		if err != nil {
			return answer{}, err
		}
		r.Header.Set("Authorization", "Bearer "+f.Config.SlackBotToken.Reveal())
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		a, err := send(f.Slack, r)
		if err != nil || a.status != http.StatusTooManyRequests || !pause(ctx, a.header.Get("Retry-After")) {
			return a, err
		}
	}
}

// pause waits for as many seconds as a service asks for, and reports whether there is
// time left then.
func pause(ctx context.Context, seconds string) bool {
	n, err := strconv.Atoi(seconds)
	end, bounded := ctx.Deadline()
	wait := time.Duration(max(n, 1)) * time.Second
	if err != nil || bounded && time.Until(end) < wait {
		return false
	}
	select {
	case <-time.After(wait):
		return true
	case <-ctx.Done():
		return false
	}
}

// graph makes a call of Microsoft Graph. The path may have a query.
func (f *facts) graph(ctx context.Context, method, path, body string) (answer, error) {
	t, err := f.token()
	if err != nil {
		return answer{}, err
	}
	r, err := http.NewRequestWithContext(ctx, method, f.GraphURL+path, strings.NewReader(body))
	if err != nil {
		return answer{}, err
	}
	r.Header.Set("Authorization", "Bearer "+t.raw)
	if body != "" {
		r.Header.Set("Content-Type", "application/json")
	}
	return send(f.Microsoft, r)
}

// code is the code of Graph's refusal.
func (a answer) code() string {
	var v struct{ Error struct{ Code string } }
	a.into(&v)
	return v.Error.Code
}

// said is how a finding names a refusal of Graph: its status and code, never its text,
// which may name people.
func (a answer) said() string {
	out := strconv.Itoa(a.status)
	if c := a.code(); c != "" && len(c) < 80 {
		out += " " + c
	}
	return out
}

// filter is a query with one condition.
func filter(condition string, more ...string) string {
	q := url.Values{"$filter": {condition}}
	for i := 0; i+1 < len(more); i += 2 {
		q.Set(more[i], more[i+1])
	}
	return "?" + strings.ReplaceAll(q.Encode(), "+", "%20")
}

// reach says that a service was not reached.
func reach(service string, err error) Finding {
	why := "it did not answer"
	if e, ok := err.(*url.Error); ok && e.Err != nil { //nolint:errorlint // what the client returns, which has the address
		why = e.Err.Error()
	}
	return fail("Let this machine reach it over HTTPS: look at its firewall, its proxy (HTTPS_PROXY) and its DNS.", "%s was not reached: %s.", service, why)
}
