package graph

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	abs "github.com/microsoft/kiota-abstractions-go"
	"github.com/microsoft/kiota-abstractions-go/serialization"
	kjson "github.com/microsoft/kiota-serialization-json-go"
)

// mostBatched is how many requests Graph takes in one call.
// Source: Microsoft Graph, "Combine multiple HTTP requests using JSON batching".
const mostBatched = 20

// batchRequest and batchAnswer are one request of a batch and its answer.
type batchRequest struct {
	ID     string `json:"id"`
	Method string `json:"method"`
	URL    string `json:"url"` // below the version
}

type batchAnswer struct {
	ID      string            `json:"id"`
	Status  int               `json:"status"`
	Headers map[string]string `json:"headers"`
	Body    json.RawMessage   `json:"body"`
}

// fetch reads many objects, up to 20 in a call, and yields each once, in any
// order, with the place of its request. What of one cannot be read is an error of
// that one alone. The error of fetch itself means that the rest was not tried.
func (c *Client) fetch(ctx context.Context, doing string, reads []*abs.RequestInformation, yield func(i int, body serialization.ParseNode, err error)) error {
	left := make([]int, len(reads))
	for i := range left {
		left[i] = i
	}
	tries := make([]int, len(reads))
	for len(left) > 0 {
		part := left[:min(mostBatched, len(left))]
		answers, err := c.batch(ctx, doing, reads, part)
		if err != nil {
			return err
		}
		var again []int
		var wait time.Duration // the longest that a part which is sent again asks for
		for _, i := range part {
			a, ok := answers[i]
			if !ok {
				yield(i, nil, fmt.Errorf("%s: graph left it out of its answer", doing))
				continue
			}
			if tries[i]++; (a.Status == http.StatusTooManyRequests || a.Status == http.StatusServiceUnavailable) && tries[i] < maxTries {
				again = append(again, i)
				wait = max(wait, a.wait())
				continue
			}
			yieldAnswer(doing, i, a, yield)
		}
		left = append(left[len(part):], again...)
		if len(again) == 0 {
			continue
		}
		if !fits(ctx, wait) {
			return answers[again[0]].refused(doing)
		}
		if err := pause(ctx, wait); err != nil {
			return fmt.Errorf("%s: %w", doing, err)
		}
	}
	return nil
}

// unnamedWait is between two tries where Graph names no wait.
const unnamedWait = time.Second

// wait is how long the part is put off. That of a throttled one which names its wait
// is the gate's matter, since it holds for all calls.
func (a batchAnswer) wait() time.Duration {
	wait, ok := retryAfter(a.response().Header)
	switch {
	case !ok:
		return unnamedWait
	case a.Status == http.StatusTooManyRequests:
		return 0
	}
	return wait
}

// batch makes one call. A part of it that Graph refuses for the moment closes the
// gate for as long as it says, for the budget is the same.
func (c *Client) batch(ctx context.Context, doing string, reads []*abs.RequestInformation, part []int) (map[int]batchAnswer, error) {
	var body struct {
		Requests []batchRequest `json:"requests"`
	}
	for _, i := range part {
		if p := reads[i].PathParameters; p != nil {
			p["baseurl"] = c.base.String() // as the adapter does
		}
		u, err := reads[i].GetUri()
		if err != nil {
			return nil, fmt.Errorf("%s: %w", doing, err)
		}
		path := strings.TrimPrefix(u.EscapedPath(), c.base.EscapedPath())
		if u.RawQuery != "" {
			path += "?" + strings.ReplaceAll(u.RawQuery, "%24", "$") // as every other client writes it
		}
		body.Requests = append(body.Requests, batchRequest{ID: strconv.Itoa(i), Method: http.MethodGet, URL: path})
	}
	raw, err := json.Marshal(body)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", doing, err)
	}
	r, err := c.request(abs.POST, nil, "$batch")
	if err != nil {
		return nil, err
	}
	r.SetStreamContentAndContentType(raw, jsonType)
	got, err := c.adapter.SendPrimitive(ctx, r, "[]byte", refusals)
	if err != nil {
		return nil, failed(doing, err)
	}
	answer, _ := got.([]byte)
	var out struct {
		Responses []batchAnswer `json:"responses"`
	}
	if err := json.Unmarshal(answer, &out); err != nil {
		return nil, fmt.Errorf("%s: graph answered without a batch", doing)
	}
	byPlace := make(map[int]batchAnswer, len(out.Responses))
	for _, a := range out.Responses {
		i, err := strconv.Atoi(a.ID)
		if err != nil {
			continue
		}
		byPlace[i] = a
		c.gate.learn(a.response())
	}
	return byPlace, nil
}

// response is the answer as it would have come by itself, without its body.
func (a batchAnswer) response() *http.Response {
	h := http.Header{}
	for name, value := range a.Headers {
		h.Set(name, value)
	}
	return &http.Response{StatusCode: a.Status, Header: h}
}

func yieldAnswer(doing string, i int, a batchAnswer, yield func(int, serialization.ParseNode, error)) {
	if a.Status >= http.StatusBadRequest {
		yield(i, nil, a.refused(doing))
		return
	}
	node, err := kjson.NewJsonParseNode(a.Body)
	if err != nil {
		err = fmt.Errorf("%s: graph answered without the object asked for", doing)
	}
	yield(i, node, err)
}

// refused is the error that the same answer would have given by itself.
func (a batchAnswer) refused(doing string) error {
	e := &refusal{}
	if node, err := kjson.NewJsonParseNode(a.Body); err == nil {
		if v, err := node.GetObjectValue(newRefusal); err == nil {
			if r, ok := v.(*refusal); ok {
				e = r
			}
		}
	}
	e.ResponseStatusCode = a.Status
	headers := abs.NewResponseHeaders()
	for name, value := range a.Headers {
		headers.Add(name, value)
	}
	e.ResponseHeaders = headers
	return failed(doing, e)
}
