package graph_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"
)

// batched has what Graph answers to batches be changed: the parts come in the order in which
// they were asked for.
func (s *scene) batched(change func(parts []map[string]any) []map[string]any) {
	s.wire.fault = func(_ int, carry func() (*http.Response, error)) (*http.Response, error) {
		resp, err := carry()
		if err != nil || !strings.HasSuffix(resp.Request.URL.Path, "/$batch") {
			return resp, err
		}
		var all struct {
			Responses []map[string]any `json:"responses"`
		}
		err = json.NewDecoder(resp.Body).Decode(&all)
		_ = resp.Body.Close()
		if err != nil {
			return nil, err
		}
		slices.SortFunc(all.Responses, func(a, b map[string]any) int { return strings.Compare(fmt.Sprint(a["id"]), fmt.Sprint(b["id"])) })
		all.Responses = change(all.Responses)
		raw, err := json.Marshal(all)
		resp.Body, resp.ContentLength = io.NopCloser(bytes.NewReader(raw)), int64(len(raw))
		resp.Header.Del("Content-Length")
		return resp, err
	}
}

// TestSurveyInParts breaks each part of the look that is made before somebody is let in, in
// every way that a part of a batch can be: nobody joins by a look that is not whole, and
// once it is she is let in, once.
func TestSurveyInParts(t *testing.T) {
	says := func(status int, headers map[string]any) func([]map[string]any, int) []map[string]any {
		return func(parts []map[string]any, at int) []map[string]any {
			parts[at]["status"], parts[at]["headers"] = status, headers
			parts[at]["body"] = map[string]any{"error": map[string]any{"code": "x", "message": "x"}}
			return parts
		}
	}
	for name, fault := range map[string]func(parts []map[string]any, at int) []map[string]any{
		"Throttled":   says(429, map[string]any{"Retry-After": "30"}),
		"Unavailable": says(503, map[string]any{"Retry-After": "1"}),
		"Failed":      says(500, nil),
		"Forbidden":   says(403, nil),
		"LeftOut":     func(parts []map[string]any, at int) []map[string]any { return slices.Delete(parts, at, at+1) },
		"NoObject": func(parts []map[string]any, at int) []map[string]any {
			parts[at]["body"] = "x"
			return parts
		},
	} {
		for at := range 5 {
			t.Run(fmt.Sprintf("%s/%d", name, at), func(t *testing.T) {
				t.Parallel()
				s := newScene(t)
				s.ready()
				struck := 0
				s.batched(func(parts []map[string]any) []map[string]any {
					if struck++; len(parts) != 5 && struck == 1 {
						t.Errorf("the look has %d parts", len(parts))
					}
					if struck > 1 {
						return parts
					}
					return fault(parts, at)
				})
				if _, err := s.fx.Join(t.Context(), s.joinEffect()); err != nil {
					s.want("group [], active on 1")
				}
				if _, err := settle(t, s.fx.Join, s.joinEffect()); err != nil {
					t.Error(err)
				}
				s.want("group [ana], active on 1")
				if n := s.ms.MemberAdds(string(s.container.Group), ana); n != 1 {
					t.Errorf("she was added %d times", n)
				}
			})
		}
	}
}

// TestOneLook counts what a join asks Graph: one look, the act, and one look whether it is
// done. Somebody who is in the group already is let in by the first alone.
func TestOneLook(t *testing.T) {
	s := newScene(t)
	s.ready()
	s.wire.reset()
	join := func(want ...string) {
		t.Helper()
		s.wire.reset()
		if _, err := s.fx.Join(t.Context(), s.joinEffect()); err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, r := range s.wire.seen {
			got = append(got, r.method+" "+strings.ReplaceAll(r.path, string(s.container.Group), "g"))
		}
		if !slices.Equal(got, want) {
			t.Errorf("asked was %q, want %q", got, want)
		}
	}
	join("POST /v1.0/$batch", "POST /v1.0/groups/g/members/$ref", "GET /v1.0/groups/g/members")
	join("POST /v1.0/$batch")
}
