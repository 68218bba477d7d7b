package graph_test

import (
	"context"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"latchkey/internal/access"
	"latchkey/internal/graph"
)

type roundTrip func(*http.Request) (*http.Response, error)

func (f roundTrip) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

// A short wait is waited out here, unless the caller has no time for it.
func TestWaits(t *testing.T) {
	for _, tt := range []struct {
		name     string
		wait     string
		deadline time.Duration // of the caller
		cancel   time.Duration // 0: never
		requests int
		took     time.Duration
		ok       bool
	}{
		{"Short", "3", time.Hour, 0, 2, 3 * time.Second, true},
		{"AtTheLimit", "5", time.Hour, 0, 2, 5 * time.Second, true},
		{"TooLong", "6", time.Hour, 0, 1, 0, false},
		{"CallerHasTime", "3", 14 * time.Second, 0, 2, 3 * time.Second, true},
		{"CallerHasNoTime", "3", 12 * time.Second, 0, 1, 0, false},
		{"CallerLeaves", "3", time.Hour, time.Second, 1, time.Second, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				requests := 0
				c, err := graph.New(graph.Options{Credential: token("x"), HTTP: &http.Client{
					Transport: roundTrip(func(r *http.Request) (*http.Response, error) {
						if requests++; requests == 1 {
							return answer(429, `{}`, "Retry-After", tt.wait), nil
						}
						return answer(200, `{"id":"g"}`), nil
					}),
				}})
				if err != nil {
					t.Fatal(err)
				}
				ctx, cancel := context.WithTimeout(t.Context(), tt.deadline)
				defer cancel()
				if tt.cancel > 0 {
					time.AfterFunc(tt.cancel, cancel)
				}
				began := time.Now()
				_, err = c.Group(ctx, "g")
				if (err == nil) != tt.ok || requests != tt.requests || time.Since(began) != tt.took {
					t.Errorf("error %v (%s), %d requests in %s, want ok %t, %d in %s",
						err, access.CodeOf(err), requests, time.Since(began), tt.ok, tt.requests, tt.took)
				}
			})
		})
	}
}
