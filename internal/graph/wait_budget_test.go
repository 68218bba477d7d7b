package graph_test

import (
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"latchkey/internal/access"
	"latchkey/internal/graph"
)

// played is a transport that answers at once, in the time of the test.
type played func(*http.Request) *http.Response

func (p played) RoundTrip(r *http.Request) (*http.Response, error) { return p(r), nil }

func inTime(t *testing.T, answers played) *graph.Client {
	t.Helper()
	c, err := graph.New(graph.Options{
		BaseURL: "https://graph.example/v1.0", HTTP: &http.Client{Transport: answers}, Credential: token("x"), Now: time.Now,
	})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// TestGateClosesAgain: a call that waits for the gate does not go out while another
// call's answer has closed it once more.
func TestGateClosesAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var mu sync.Mutex
		var sent []string
		began := time.Now()
		c := inTime(t, func(r *http.Request) *http.Response {
			id := r.URL.Path[strings.LastIndexByte(r.URL.Path, '/')+1:]
			mu.Lock()
			defer mu.Unlock()
			sent = append(sent, fmt.Sprintf("%s at %s", id, time.Since(began)))
			switch len(sent) {
			case 1:
				return answer(429, `{"error":{"code":"x"}}`, "Retry-After", "3")
			case 2:
				return answer(429, `{"error":{"code":"x"}}`, "Retry-After", "4")
			}
			return answer(200, `{"id":"g","displayName":"x"}`)
		})
		read := func(id access.GroupID) {
			if _, err := c.Group(graph.Background(t.Context()), id); err != nil {
				t.Error(err)
			}
		}
		go read("a")
		synctest.Wait()
		go func() { time.Sleep(time.Second); read("b") }() // in the time of the test
		time.Sleep(time.Minute)
		mu.Lock()
		defer mu.Unlock()
		if len(sent) != 4 || sent[0] != "a at 0s" || !strings.HasSuffix(sent[1], "at 3s") || !strings.HasSuffix(sent[3], "at 7s") {
			t.Errorf("sent were %v, want one at 3 s and then both at 7 s", sent)
		}
	})
}

// TestBatchWaits: parts that are put off are sent again when their wait is over, and
// not before, whatever the status that says so.
func TestBatchWaits(t *testing.T) {
	for name, tt := range map[string]struct {
		part string
		want time.Duration
	}{
		"Unavailable": {`{"id":"0","status":503,"headers":{"Retry-After":"3"},"body":{"error":{"code":"x"}}}`, 3 * time.Second},
		"Throttled":   {`{"id":"0","status":429,"headers":{"Retry-After":"4"},"body":{"error":{"code":"x"}}}`, 4 * time.Second},
		"Unnamed":     {`{"id":"0","status":503,"body":{"error":{"code":"x"}}}`, time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				began, calls := time.Now(), 0
				var last time.Duration
				c := inTime(t, func(r *http.Request) *http.Response {
					if _, err := io.Copy(io.Discard, r.Body); err != nil {
						t.Error(err)
					}
					calls++
					last = time.Since(began)
					if calls == 1 {
						return answer(200, `{"responses":[`+tt.part+`]}`)
					}
					return answer(200, `{"responses":[{"id":"0","status":200,"body":{"value":[]}}]}`)
				})
				err := c.MembersOf(t.Context(), []access.GroupID{"g"}, func(_ access.GroupID, _ []access.Member, err error) {
					if err != nil {
						t.Error(err)
					}
				})
				if err != nil || calls != 2 || last != tt.want {
					t.Errorf("%v; %d calls, the last after %s, want 2 and %s", err, calls, last, tt.want)
				}
			})
		})
	}
}
