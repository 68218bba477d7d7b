package chattest_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"latchkey/internal/chat/chattest"
)

// try calls a method and returns the status, the headers and the body, or the
// error of a cut connection.
func (w *world) try(ctx context.Context, path, body string) (int, http.Header, string, error) {
	w.t.Helper()
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, w.api.URL+path, strings.NewReader(body))
	if err != nil {
		w.t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+botToken)
	r.Header.Set("Content-Type", form)
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		return 0, nil, "", err
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	return resp.StatusCode, resp.Header, string(text), err
}

const post = "/api/chat.postMessage"

func TestFaults(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name   string
		fault  chattest.Fault
		status int // 0: the connection is cut
		body   string
		done   bool
	}{
		{"Error", chattest.Fault{On: "chat.postMessage", Error: "fatal_error"}, 200, `{"error":"fatal_error","ok":false}`, false},
		{"Status", chattest.Fault{On: "chat.postMessage", Status: 503}, 503, "Service Unavailable", false},
		{"RateLimit", chattest.Fault{On: "*", RetryAfter: 37}, 429, `{"error":"ratelimited","ok":false}`, false},
		{"DropBefore", chattest.Fault{On: "chat.postMessage", Drop: chattest.DropBefore}, 0, "", false},
		{"DropAfter", chattest.Fault{On: "*", Drop: chattest.DropAfter}, 0, "", true},
		{"Delay", chattest.Fault{On: "chat.postMessage", Delay: time.Millisecond}, 200, `"ok":true`, true},
		{"Elsewhere", chattest.Fault{On: "chat.update", Error: "fatal_error"}, 200, `"ok":true`, true},
		{"NotTheDeliveries", chattest.Fault{On: "deliver:*", Status: 500}, 200, `"ok":true`, true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, nil)
			if err := w.SetFaults(tt.fault); err != nil {
				t.Fatal(err)
			}
			status, header, body, err := w.try(t.Context(), post, "channel=C-OPEN&text=x")
			if (err != nil) != (tt.status == 0) || status != tt.status || !strings.Contains(body, tt.body) {
				t.Errorf("the call = %d %q, %v, want %d with %q", status, body, err, tt.status, tt.body)
			}
			if tt.fault.RetryAfter > 0 && header.Get("Retry-After") != "37" {
				t.Errorf("Retry-After = %q, want 37", header.Get("Retry-After"))
			}
			if n := len(w.Messages("U-ANA", "C-OPEN")); (n == 1) != tt.done {
				t.Errorf("ana sees %d messages, want the work done: %v", n, tt.done)
			}
		})
	}
}

func TestFaultPlanIsCounted(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	plan := []chattest.Fault{
		{On: "chat.postMessage", After: 1, Times: 2, Error: "fatal_error"},
		{On: "chat.postMessage", Times: 1, Error: "internal_error"},
		{On: "*", After: 2, Error: "service_unavailable"},
	}
	if err := w.SetFaults(plan...); err != nil {
		t.Fatal(err)
	}
	var got []any
	for range 5 {
		got = append(got, w.call("chat.postMessage", "channel", "C-OPEN", "text", "x")["error"])
	}
	same(t, "errors", got, []any{"internal_error", "fatal_error", "fatal_error", nil, nil})
	same(t, "a read", w.call("auth.test")["error"], "service_unavailable")
	for i, want := range []struct{ seen, hits int }{{5, 2}, {3, 1}, {3, 1}} {
		if f := w.Faults()[i]; f.Seen != want.seen || f.Hits != want.hits || f.Fault != plan[i] {
			t.Errorf("fault %d = %+v, want %+v", i, f, want)
		}
	}
	if err := w.SetFaults(); err != nil || len(w.Faults()) != 0 {
		t.Errorf("SetFaults without faults = %v, leaves %v", err, w.Faults())
	}
	w.must("auth.test")
}

func TestFaultOnResponseURLAndUpload(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	to, _ := w.uploadURL("a", 1)
	if err := w.SetFaults(chattest.Fault{On: chattest.OnUpload, Status: 500}, chattest.Fault{On: chattest.OnResponseURL, Status: 502}); err != nil {
		t.Fatal(err)
	}
	if status, _ := w.put(to, "text/plain", strings.NewReader("a")); status != 500 {
		t.Errorf("the upload = %d, want 500", status)
	}
	rec := httptest.NewRecorder()
	w.ServeHTTP(rec, httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/response/x", strings.NewReader(`{"text":"x"}`)))
	if rec.Code != 502 {
		t.Errorf("the response URL = %d, want 502", rec.Code)
	}
}

func TestDelayEndsWithTheCaller(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	if err := w.SetFaults(chattest.Fault{On: "chat.postMessage", Delay: time.Hour}); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	r := httptest.NewRequestWithContext(ctx, http.MethodPost, post, strings.NewReader("channel=C-OPEN&text=x"))
	r.Header.Set("Authorization", "Bearer "+botToken)
	r.Header.Set("Content-Type", form)
	defer func() {
		if recover() != http.ErrAbortHandler {
			t.Errorf("the handler did not abort")
		}
		if n := len(w.Messages("U-ANA", "C-OPEN")); n != 0 {
			t.Errorf("ana sees %d messages, want none", n)
		}
	}()
	w.ServeHTTP(httptest.NewRecorder(), r)
}

func TestImpossibleFaults(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	good := chattest.Fault{On: "auth.test", Error: "fatal_error"}
	if err := w.SetFaults(good); err != nil {
		t.Fatal(err)
	}
	for name, f := range map[string]chattest.Fault{
		"NoName":          {Error: "x"},
		"UnknownMethod":   {On: "chat.shout", Error: "x"},
		"UnknownPath":     {On: "deliver:/elsewhere", Status: 500},
		"Nothing":         {On: "auth.test"},
		"Negative":        {On: "auth.test", Error: "x", After: -1},
		"NegativeDelay":   {On: "auth.test", Delay: -1},
		"Success":         {On: "auth.test", Status: 200},
		"Drop":            {On: "auth.test", Drop: 3},
		"Two":             {On: "auth.test", Status: 500, Error: "x"},
		"DuplicateMethod": {On: "auth.test", Duplicate: 1},
		"ReorderMethod":   {On: "*", Reorder: true},
		"DeliveryError":   {On: chattest.OnCommands, Error: "x"},
		"DeliveryRetry":   {On: chattest.OnEveryDelivery, RetryAfter: 1},
	} {
		if err := w.SetFaults(good, f); !errors.Is(err, chattest.ErrBadFault) {
			t.Errorf("%s: SetFaults = %v, want %v", name, err, chattest.ErrBadFault)
		}
	}
	for _, f := range []chattest.Fault{
		{On: chattest.OnCommands, Duplicate: 2}, {On: chattest.OnEvents, Reorder: true}, {On: chattest.OnOptions, Drop: chattest.DropAfter},
		{On: chattest.OnInteractions, Status: 500}, {On: chattest.OnEveryDelivery, Delay: time.Second},
	} {
		if err := w.SetFaults(f); err != nil {
			t.Errorf("SetFaults(%+v) = %v", f, err)
		}
	}
}
