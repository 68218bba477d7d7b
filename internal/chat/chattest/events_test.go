package chattest_test

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"sync"
	"testing"
	"time"

	"latchkey/internal/chat/chattest"
)

// An eventApp is the app's events address. It remembers what it was sent.
type eventApp struct {
	*world
	mu     sync.Mutex
	got    []eventRequest
	answer func(n int, w http.ResponseWriter, r *http.Request)
}

type eventRequest struct {
	header http.Header
	body   []byte
}

// newEventApp is a world whose app takes events. The nth request, from zero, is
// answered by answer; nil answers 200.
func newEventApp(t *testing.T, answer func(n int, w http.ResponseWriter, r *http.Request), change func(*chattest.Options)) *eventApp {
	t.Helper()
	a := &eventApp{answer: answer}
	a.world = newWorld(t, func(o *chattest.Options) {
		o.Events = chattest.EventTypes()
		o.RetryWaits = []time.Duration{0, 0, 0}
		if change != nil {
			change(o)
		}
	})
	srv := httptest.NewServer(a)
	t.Cleanup(srv.Close)
	t.Cleanup(a.Close)
	a.Serve(srv.URL, a.api.URL)
	return a
}

func (a *eventApp) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		a.t.Errorf("the app could not read its request: %v", err)
	}
	mac := hmac.New(sha256.New, []byte(secret))
	io.WriteString(mac, "v0:"+r.Header.Get("X-Slack-Request-Timestamp")+":"+string(body)) //nolint:errcheck // never fails
	if r.Header.Get("X-Slack-Signature") != "v0="+hex.EncodeToString(mac.Sum(nil)) {
		a.t.Errorf("an event came without a right signature")
	}
	a.mu.Lock()
	n := len(a.got)
	a.got = append(a.got, eventRequest{r.Header, body})
	a.mu.Unlock()
	if a.answer != nil {
		a.answer(n, w, r)
	}
}

func (a *eventApp) requests() []eventRequest {
	a.mu.Lock()
	defer a.mu.Unlock()
	return slices.Clone(a.got)
}

// settle waits until nothing is under way.
func (a *eventApp) settle() {
	a.t.Helper()
	if err := a.Idle(a.t.Context()); err != nil {
		a.t.Fatal(err)
	}
}

func TestOpenHomeTellsTheApp(t *testing.T) {
	t.Parallel()
	a := newEventApp(t, nil, nil)
	d, err := a.OpenHome(t.Context(), "U-ANA")
	if err != nil || d.Err != nil || d.Event != "app_home_opened" || d.Path != "/slack/events" {
		t.Fatalf("OpenHome = %+v, %v, want a delivery", d, err)
	}
	got := a.requests()
	if len(got) != 1 {
		t.Fatalf("the app got %d requests, want 1", len(got))
	}
	if kind := got[0].header.Get("Content-Type"); kind != "application/json" {
		t.Errorf("content type %q, want application/json", kind)
	}
	if got[0].header.Get("X-Slack-Retry-Num") != "" {
		t.Errorf("the first attempt says that it is a repeat")
	}
	outer := parse(t, string(got[0].body))
	for field, want := range map[string]any{
		"token": "not-a-secret-any-more", "type": "event_callback", "team_id": "T-OWN", "context_team_id": "T-OWN",
		"context_enterprise_id": nil, "api_app_id": chattest.AppID, "event_id": d.ID, "is_ext_shared_channel": false,
		"event_time": a.clock().Unix(),
	} {
		same(t, field, outer[field], want)
	}
	if context, ok := outer["event_context"].(string); !ok || len(context) < 10 || context[:2] != "4-" {
		t.Errorf("event_context = %v", outer["event_context"])
	}
	same(t, "authorizations", outer["authorizations"], []any{map[string]any{
		"enterprise_id": nil, "team_id": "T-OWN", "user_id": "U-BOT", "is_bot": true, "is_enterprise_install": false,
	}})
	same(t, "tab", at(outer, "event", "tab"), "home")
	same(t, "user", at(outer, "event", "user"), "U-ANA")
	same(t, "channel", at(outer, "event", "channel"), "D-ANA")
	if at(outer, "event", "view") != nil {
		t.Errorf("a view came although none was published")
	}

	a.must("views.publish", "user_id", "U-ANA", "view", `{"type":"home","blocks":[{"type":"divider"}]}`)
	if _, err := a.OpenHome(t.Context(), "U-ANA"); err != nil {
		t.Fatal(err)
	}
	if _, err := a.OpenMessages(t.Context(), "U-ANA"); err != nil {
		t.Fatal(err)
	}
	got = a.requests()
	same(t, "view type", at(parse(t, string(got[1].body)), "event", "view", "type"), "home")
	same(t, "other tab", at(parse(t, string(got[2].body)), "event", "tab"), "messages")
	if at(parse(t, string(got[2].body)), "event", "view") != nil {
		t.Errorf("the messages tab came with a view")
	}
}

func TestWhoHasNoHome(t *testing.T) {
	t.Parallel()
	a := newEventApp(t, nil, nil)
	for user, want := range map[string]error{
		"U-CARLA": chattest.ErrNoHome, "U-GONE": chattest.ErrNoSuchUser, "U-NONE": chattest.ErrNoSuchUser,
	} {
		if _, err := a.OpenHome(t.Context(), user); !errors.Is(err, want) {
			t.Errorf("OpenHome(%s) = %v, want %v", user, err, want)
		}
	}
	a.settle()
	if n := len(a.requests()); n != 0 {
		t.Errorf("the app got %d events, want none", n)
	}
}

func TestEventRetries(t *testing.T) {
	t.Parallel()
	failing := func(times, status int) func(int, http.ResponseWriter, *http.Request) {
		return func(n int, w http.ResponseWriter, _ *http.Request) {
			if n < times {
				w.WriteHeader(status)
			}
		}
	}
	for _, tt := range []struct {
		name   string
		answer func(int, http.ResponseWriter, *http.Request)
		want   []string // "num reason" of each attempt
	}{
		{"Taken", nil, []string{" "}},
		{"TakenWith204", failing(1, http.StatusNoContent), []string{" "}},
		{"OnceRefused", failing(1, http.StatusInternalServerError), []string{" ", "1 http_error"}},
		{"ClientError", failing(2, http.StatusBadRequest), []string{" ", "1 http_error", "2 http_error"}},
		{"GivenUp", failing(99, http.StatusServiceUnavailable), []string{" ", "1 http_error", "2 http_error", "3 http_error"}},
		{"Slow", func(n int, _ http.ResponseWriter, r *http.Request) {
			if n == 0 {
				<-r.Context().Done()
			}
		}, []string{" ", "1 http_timeout"}},
		{"Cut", func(n int, _ http.ResponseWriter, _ *http.Request) {
			if n == 0 {
				panic(http.ErrAbortHandler)
			}
		}, []string{" ", "1 connection_failed"}},
		{"NoRetryWanted", func(_ int, w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("X-Slack-No-Retry", "1")
			w.WriteHeader(http.StatusInternalServerError)
		}, []string{" "}},
		{"TwoRedirects", func(n int, w http.ResponseWriter, r *http.Request) {
			if n < 2 {
				http.Redirect(w, r, "/elsewhere", http.StatusFound)
			}
		}, []string{" ", " ", " "}},
		{"RedirectToNowhere", func(n int, w http.ResponseWriter, _ *http.Request) {
			if n == 0 {
				w.WriteHeader(http.StatusFound)
			}
		}, []string{" ", "1 http_error"}},
		{"ThreeRedirects", func(n int, w http.ResponseWriter, r *http.Request) {
			if n < 3 {
				http.Redirect(w, r, "/elsewhere", http.StatusFound)
			}
		}, []string{" ", " ", " ", "1 too_many_redirects"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			a := newEventApp(t, tt.answer, func(o *chattest.Options) {
				if tt.name == "Slow" {
					o.AckWithin = 250 * time.Millisecond
				}
			})
			if _, err := a.OpenHome(t.Context(), "U-ANA"); err != nil {
				t.Fatal(err)
			}
			a.settle()
			var got []string
			ids := make(map[any]bool)
			for _, r := range a.requests() {
				got = append(got, r.header.Get("X-Slack-Retry-Num")+" "+r.header.Get("X-Slack-Retry-Reason"))
				ids[parse(t, string(r.body))["event_id"]] = true
			}
			same(t, "attempts", got, tt.want)
			if len(ids) != 1 {
				t.Errorf("the attempts carry %d event ids, want one", len(ids))
			}
		})
	}
}

func TestEventNobodyAnswers(t *testing.T) {
	t.Parallel()
	a := newEventApp(t, nil, nil)
	a.Serve("http://127.0.0.1:1", a.api.URL)
	d, err := a.OpenHome(t.Context(), "U-ANA")
	if err != nil || !errors.Is(d.Err, chattest.ErrUnreachable) {
		t.Fatalf("OpenHome = %v, %v, want %v", d.Err, err, chattest.ErrUnreachable)
	}
	a.settle()
	var reasons []string
	for _, d := range a.Deliveries() {
		reasons = append(reasons, fmt.Sprint(d.Retry, d.RetryReason))
	}
	same(t, "attempts", reasons, []string{"0", "1connection_failed", "2connection_failed", "3connection_failed"})
}

// Close ends what waits for a retry, and nothing happens after it.
func TestCloseEndsRetries(t *testing.T) {
	t.Parallel()
	a := newEventApp(t, func(_ int, w http.ResponseWriter, _ *http.Request) { w.WriteHeader(500) }, func(o *chattest.Options) {
		o.RetryWaits = []time.Duration{time.Hour}
	})
	if _, err := a.OpenHome(t.Context(), "U-ANA"); err != nil {
		t.Fatal(err)
	}
	if n := a.Holdings().Events; n != 1 {
		t.Errorf("%d events under way, want the one that waits", n)
	}
	a.Close()
	a.Close()
	if d, err := a.OpenHome(t.Context(), "U-ANA"); err != nil || d.Path != "" {
		t.Errorf("OpenHome after Close = %+v, %v, want nothing sent", d, err)
	}
	if n := len(a.requests()); n != 1 || a.Holdings().Events != 0 {
		t.Errorf("%d requests and %d events under way, want 1 and 0", n, a.Holdings().Events)
	}
}

// TestRetryWaits holds what is waited for unless told otherwise against what
// Slack documents for the Events API.
func TestRetryWaits(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		name      string
		set, want []time.Duration
	}{
		{"Default", nil, []time.Duration{0, time.Minute, 5 * time.Minute}},
		{"Never", []time.Duration{}, []time.Duration{}},
		{"Own", []time.Duration{time.Hour}, []time.Duration{time.Hour}},
	} {
		w := newWorld(t, func(o *chattest.Options) { o.RetryWaits = row.set })
		same(t, row.name, w.RetryWaits(), row.want)
	}
}
