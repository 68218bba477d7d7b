package graph_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"latchkey/internal/access"
	"latchkey/internal/graph"
	"latchkey/internal/outbox"
	"latchkey/internal/state"
)

func TestNewRefuses(t *testing.T) {
	for _, tt := range []struct {
		name string
		o    graph.Options
	}{
		{"NoCredential", graph.Options{}},
		{"PlainHTTP", graph.Options{Credential: token("x"), BaseURL: "http://graph.example/v1.0"}},
		{"OtherScheme", graph.Options{Credential: token("x"), BaseURL: "ftp://graph.example/v1.0"}},
		{"NoHost", graph.Options{Credential: token("x"), BaseURL: "https:///v1.0"}},
		{"WithUser", graph.Options{Credential: token("x"), BaseURL: "https://me@graph.example/v1.0"}},
		{"LoopbackLookalike", graph.Options{Credential: token("x"), BaseURL: "http://localhost.example/v1.0"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if _, err := graph.New(tt.o); err == nil {
				t.Error("New accepted it")
			}
		})
	}
	if _, err := graph.New(graph.Options{Credential: token("x")}); err != nil {
		t.Errorf("New with the defaults: %v", err)
	}
}

// A throttled POST is sent again as it was: same body, not compressed, and with
// its length.
func TestThrottledPostIsRepeated(t *testing.T) {
	w := newWorld(t)
	w.wire.fault = func(n int, carry func() (*http.Response, error)) (*http.Response, error) {
		if n == 0 {
			return answer(429, `{"error":{"code":"TooManyRequests","message":"slow down"}}`, "Retry-After", "0"), nil
		}
		return carry()
	}
	if _, err := w.client.CreateGroup(t.Context(), "Latchkey Contoso", mark, "d"); err != nil {
		t.Fatal(err)
	}
	if len(w.wire.seen) != 2 {
		t.Fatalf("%d requests, want 2", len(w.wire.seen))
	}
	first, second := w.wire.seen[0], w.wire.seen[1]
	if first.body == "" || first.body != second.body || first.method != second.method || first.path != second.path {
		t.Errorf("sent %+v, then %+v", first, second)
	}
	for _, s := range w.wire.seen {
		if got := s.header.Get("Content-Encoding"); got != "" {
			t.Errorf("Content-Encoding %q, want none", got)
		}
	}
	if got := len(w.ms.Groups()); got != 1 {
		t.Errorf("%d groups, want 1", got)
	}
}

func TestRepeats(t *testing.T) {
	const create, read = "POST", "GET"
	for _, tt := range []struct {
		name   string
		call   string
		status int
		after  string
		want   int // requests
	}{
		{"ThrottledPost", create, 429, "0", 3},
		{"UnavailablePostMayBeDone", create, 503, "0", 1},
		{"GatewayTimeoutOfPost", create, 504, "0", 1},
		{"UnavailableGet", read, 503, "0", 3},
		{"GatewayTimeoutOfGet", read, 504, "0", 3},
		{"NoWaitNamed", read, 429, "", 1},
		{"LongWait", read, 429, "60", 1},
		{"NonsenseWait", read, 429, "NaN", 1},
		{"NegativeWait", read, 429, "-1", 1},
		{"ServerError", read, 500, "0", 1},
	} {
		t.Run(tt.name, func(t *testing.T) {
			requests := 0
			c := canned(t, func(w http.ResponseWriter, r *http.Request) {
				requests++
				if tt.after != "" {
					w.Header().Set("Retry-After", tt.after)
				}
				write(w, tt.status, `{"error":{"code":"x","message":"y"}}`)
			})
			var err error
			if tt.call == create {
				_, err = c.CreateGroup(t.Context(), "n", "m", "d")
			} else {
				_, err = c.Group(t.Context(), "g")
			}
			if access.CodeOf(err) != access.Unavailable {
				t.Errorf("error %v, want unavailable", err)
			}
			if requests != tt.want {
				t.Errorf("%d requests, want %d", requests, tt.want)
			}
		})
	}
}

// What the outbox does with an error shows whether it carries a wait.
func TestThrottleCarriesTheWait(t *testing.T) {
	for _, tt := range []struct {
		name    string
		headers map[string]string
		want    time.Duration // from now
	}{
		{"Seconds", map[string]string{"Retry-After": "42"}, 42 * time.Second},
		{"Date", map[string]string{"Retry-After": "Sun, 01 Mar 2026 09:01:30 GMT", "Date": "Sun, 01 Mar 2026 09:00:00 GMT"}, 90 * time.Second},
		{"Endless", map[string]string{"Retry-After": "86400000"}, 5 * time.Minute},
		{"None", nil, time.Hour}, // the runner's backoff
		{"Zero", map[string]string{"Retry-After": "0"}, time.Hour},
	} {
		t.Run(tt.name, func(t *testing.T) {
			c := canned(t, func(w http.ResponseWriter, r *http.Request) {
				for k, v := range tt.headers {
					w.Header().Set(k, v)
				}
				write(w, 429, `{"error":{"code":"TooManyRequests","message":"no"}}`)
			})
			_, err := c.Group(t.Context(), "g")
			if got := postponed(t, err); got != tt.want {
				t.Errorf("waits %s, want %s", got, tt.want)
			}
		})
	}
}

func TestAnswersAreClassified(t *testing.T) {
	for _, tt := range []struct {
		name   string
		status int
		kind   string
		body   string
		want   access.Code
	}{
		{"NotFound", 404, "application/json", `{"error":{"code":"Request_ResourceNotFound","message":"planted-body"}}`, access.NotFound},
		{"Forbidden", 403, "application/json", `{"error":{"code":"Authorization_RequestDenied","message":"planted-body"}}`, access.Forbidden},
		{"Unauthorized", 401, "application/json", `{"error":{"code":"InvalidAuthenticationToken","message":"planted-body"}}`, access.Unavailable},
		{"BadRequest", 400, "application/json", `{"error":{"code":"Request_BadRequest","message":"planted-body"}}`, ""},
		{"ErrorIsNull", 404, "application/json", `{"error":null}`, access.NotFound},
		{"ErrorIsText", 404, "application/json", `{"error":"planted-body"}`, access.NotFound},
		{"ErrorIsArray", 404, "application/json", `["planted-body"]`, access.NotFound},
		{"BodyIsNull", 404, "application/json", `null`, access.NotFound},
		{"NoBody", 404, "application/json", ``, access.NotFound},
		{"BrokenJSON", 404, "application/json", `{"error":`, access.NotFound},
		{"ProxyPage", 503, "text/html", `<h1>planted-body</h1>`, access.Unavailable},
		{"CodeIsText", 500, "application/json", `{"error":{"code":"planted-body of ana","message":"m"}}`, access.Unavailable},
		{"Redirect", 302, "text/html", `planted-body`, access.Unavailable},
		{"NotJSON", 200, "text/html", `planted-body`, ""},
		{"NothingAtAll", 200, "application/json", ``, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			c := canned(t, func(w http.ResponseWriter, r *http.Request) {
				w.Header().Set("Content-Type", tt.kind)
				w.Header().Set("Location", "https://elsewhere.example/")
				w.WriteHeader(tt.status)
				fmt.Fprint(w, tt.body)
			})
			_, err := c.User(t.Context(), "ana@partner.example")
			if err == nil || access.CodeOf(err) != tt.want {
				t.Fatalf("error %v, want code %q", err, tt.want)
			}
			for _, planted := range []string{"planted-token", "planted-body", "ana@", "127.0.0.1"} {
				if strings.Contains(err.Error(), planted) {
					t.Errorf("the error tells %q: %v", planted, err)
				}
			}
			if outbox.IsPermanent(err) {
				t.Errorf("error %v is permanent", err)
			}
		})
	}
}

func TestNoAnswer(t *testing.T) {
	srv := httptest.NewServer(http.NotFoundHandler())
	c, err := graph.New(graph.Options{BaseURL: srv.URL, Credential: token("planted-token")})
	if err != nil {
		t.Fatal(err)
	}
	srv.Close()
	_, err = c.User(t.Context(), "ana@partner.example")
	if access.CodeOf(err) != access.Unavailable || strings.Contains(err.Error(), "ana@") {
		t.Errorf("error %v, want unavailable without the name", err)
	}

	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := c.Group(ctx, "g"); !errors.Is(err, context.Canceled) {
		t.Errorf("error %v, want that of the context", err)
	}
}

// A list that leads elsewhere gets neither the token nor a visit.
func TestHostileNextLink(t *testing.T) {
	visits := 0
	evil := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { visits++ }))
	defer evil.Close()
	for _, link := range []string{
		evil.URL + "/v1.0/groups", "//evil.example/x", "https://evil.example/x", "/v1.0/relative", "::", "http://planted@127.0.0.1/",
	} {
		c := canned(t, func(w http.ResponseWriter, r *http.Request) {
			write(w, 200, fmt.Sprintf(`{"value":[],"@odata.nextLink":%q}`, link))
		})
		if _, err := c.Members(t.Context(), "g"); err == nil {
			t.Errorf("link %q was followed", link)
		}
	}
	if visits != 0 {
		t.Errorf("%d visits elsewhere", visits)
	}
}

func TestBrokenLists(t *testing.T) {
	for _, tt := range []struct{ name, body string }{
		{"NoList", `{}`},
		{"NullList", `{"value":null}`},
		{"ListIsObject", `{"value":{}}`},
		{"NullItem", `{"value":[null]}`},
		{"Array", `[]`},
		{"Endless", `{"value":[],"@odata.nextLink":"SELF"}`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			c := canned(t, func(w http.ResponseWriter, r *http.Request) {
				write(w, 200, strings.ReplaceAll(tt.body, "SELF", "http://"+r.Host+"/v1.0/next"))
			})
			if _, err := c.Members(t.Context(), "g"); err == nil {
				t.Error("read as a list")
			}
		})
	}
}

// An id that is missing must never turn into the address of something else.
func TestMissingIDs(t *testing.T) {
	requests := 0
	c := canned(t, func(w http.ResponseWriter, r *http.Request) { requests++; write(w, 200, `{}`) })
	for _, id := range []string{"", ".", "..", "a\nb"} {
		for name, err := range map[string]error{
			"Group":        second(c.Group(t.Context(), access.GroupID(id))),
			"Members":      second(c.Members(t.Context(), access.GroupID(id))),
			"AddMember":    c.AddMember(t.Context(), "g", access.PrincipalID(id)),
			"RemoveMember": c.RemoveMember(t.Context(), "g", access.PrincipalID(id)),
			"Relationship": second(c.Relationship(t.Context(), access.RelationshipID(id))),
			"Assignments":  second(c.Assignments(t.Context(), access.RelationshipID(id))),
			"Unassign":     c.Unassign(t.Context(), "r", access.AssignmentID(id)),
			"User":         second(c.User(t.Context(), id)),
		} {
			if err == nil {
				t.Errorf("%s(%q) was sent", name, id)
			}
		}
	}
	if requests != 0 {
		t.Errorf("%d requests, want none", requests)
	}
}

func second[T any](_ T, err error) error { return err }

// postponed gives err to a runner whose own backoff is an hour and returns when
// it wants to try again.
func postponed(t *testing.T, err error) time.Duration {
	t.Helper()
	w := newStoreWith(t, outbox.Effect{ID: "e", Lane: "l", Kind: "k"})
	r := &outbox.Runner{
		Store: w, Owner: "o", Lease: time.Minute, Log: discard,
		Now:     func() time.Time { return start },
		Backoff: func(int) time.Duration { return time.Hour },
		Handlers: map[string]outbox.Handler{"k": {Do: func(context.Context, outbox.Effect) (json.RawMessage, error) {
			return nil, err
		}}},
	}
	next, oops := r.Once(t.Context())
	if oops != nil {
		t.Fatal(oops)
	}
	return next.Sub(start)
}

func newStoreWith(t *testing.T, e outbox.Effect) state.Store {
	t.Helper()
	s := memory()
	err := s.Update(t.Context(), func(tx state.Tx) error { return outbox.Enqueue(tx, e, start) })
	if err != nil {
		t.Fatal(err)
	}
	return s
}
