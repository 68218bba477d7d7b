package chattest_test

import (
	"bytes"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"latchkey/internal/chat/chattest"
)

// typist is an app that remembers the commands it was sent and answers each
// with its number.
func typist(w *world) func() []string {
	var mu sync.Mutex
	var got []string
	w.answer(func(rw http.ResponseWriter, _ *http.Request, form url.Values) {
		mu.Lock()
		defer mu.Unlock()
		got = append(got, form.Get("text"))
		fmt.Fprint(rw, len(got))
	})
	return func() []string {
		mu.Lock()
		defer mu.Unlock()
		return got
	}
}

func TestDeliveryFaults(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name   string
		fault  chattest.Fault
		within time.Duration
		want   error
		took   []string // what the app got
		shown  string
	}{
		{name: "DropBefore", fault: chattest.Fault{Drop: chattest.DropBefore}, want: chattest.ErrUnreachable, shown: "app_unreachable"},
		{name: "DropAfter", fault: chattest.Fault{Drop: chattest.DropAfter}, want: chattest.ErrUnreachable, took: []string{"one"}, shown: "app_unreachable"},
		{name: "Status", fault: chattest.Fault{Status: 503}, want: chattest.ErrService, shown: "http_service_error"},
		{name: "Duplicate", fault: chattest.Fault{Duplicate: 2}, took: []string{"one", "one", "one"}, shown: "1"},
		{name: "Delay", fault: chattest.Fault{Delay: time.Millisecond}, took: []string{"one"}, shown: "1"},
		{name: "DelayTooLong", fault: chattest.Fault{Delay: time.Hour}, within: 20 * time.Millisecond, want: chattest.ErrTimeout, shown: "operation_timeout"},
		{name: "HeldAlone", fault: chattest.Fault{Reorder: true}, within: 2 * time.Second, took: []string{"one"}, shown: "1"},
		{name: "OtherPath", fault: chattest.Fault{On: "deliver:/slack/options", Drop: chattest.DropBefore}, took: []string{"one"}, shown: "1"},
		{name: "EveryPath", fault: chattest.Fault{On: "deliver:*", Drop: chattest.DropBefore}, want: chattest.ErrUnreachable, shown: "app_unreachable"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, func(o *chattest.Options) { o.AckWithin = tt.within })
			got := typist(w)
			if tt.fault.On == "" {
				tt.fault.On = "deliver:/slack/commands"
			}
			tt.fault.Times = 1
			if err := w.SetFaults(tt.fault); err != nil {
				t.Fatal(err)
			}
			d, err := w.Slash(t.Context(), "U-ANA", "C-OPEN", "/access", "one")
			if err != nil || !errors.Is(d.Err, tt.want) {
				t.Errorf("Slash = %v, %v, want %v", d.Err, err, tt.want)
			}
			same(t, "the app got", got(), tt.took)
			if m := w.last("U-ANA", "C-OPEN"); !strings.Contains(m.Text, tt.shown) {
				t.Errorf("ana sees %q, want %q", m.Text, tt.shown)
			}
			if n := len(w.Messages("U-ANA", "C-OPEN")); n != 1 {
				t.Errorf("ana sees %d messages, want 1", n)
			}
			sent := w.Deliveries()
			if want := 1 + tt.fault.Duplicate; len(sent) != want {
				t.Fatalf("%d deliveries, want %d", len(sent), want)
			}
			for i, d := range sent {
				if d.Duplicate != (i > 0) || !bytes.Equal(d.Body, sent[0].Body) || d.Header.Get("X-Slack-Signature") != sent[0].Header.Get("X-Slack-Signature") {
					t.Errorf("delivery %d is no exact repeat: %+v", i, d)
				}
			}
		})
	}
}

// The first is held back until the second has been sent; two are never held at
// a time.
func TestDeliveriesChangePlaces(t *testing.T) {
	t.Parallel()
	w := newWorld(t, func(o *chattest.Options) { o.AckWithin = time.Minute })
	got := typist(w)
	if err := w.SetFaults(chattest.Fault{On: "deliver:/slack/commands", Times: 2, Reorder: true}); err != nil {
		t.Fatal(err)
	}
	type outcome struct {
		d   chattest.Delivery
		err error
	}
	first := make(chan outcome)
	go func() {
		d, err := w.Slash(t.Context(), "U-ANA", "C-OPEN", "/access", "one")
		first <- outcome{d, err}
	}()
	for w.Holdings().Held == 0 { // it is on its way there
		runtime.Gosched()
	}
	if d, err := w.Slash(t.Context(), "U-BO", "C-OPEN", "/access", "two"); err != nil || d.Err != nil {
		t.Errorf("the second: %v, %v", d.Err, err)
	}
	if o := <-first; o.err != nil || o.d.Err != nil {
		t.Errorf("the first: %v, %v", o.d.Err, o.err)
	}
	same(t, "the app got", got(), []string{"two", "one"})
}

func TestEventFaultIsRepeated(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name  string
		fault chattest.Fault
		app   int // requests that reach the app
		want  []string
	}{
		{"AnswerLost", chattest.Fault{Drop: chattest.DropAfter}, 2, []string{"0", "1connection_failed"}},
		{"Lost", chattest.Fault{Drop: chattest.DropBefore}, 1, []string{"0", "1connection_failed"}},
		{"Status", chattest.Fault{Status: 502}, 1, []string{"0", "1http_error"}},
		{"Duplicate", chattest.Fault{Duplicate: 1}, 2, []string{"0", "0"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			a := newEventApp(t, nil, nil)
			tt.fault.On, tt.fault.Times = "deliver:/slack/events", 1
			if err := a.SetFaults(tt.fault); err != nil {
				t.Fatal(err)
			}
			if _, err := a.OpenHome(t.Context(), "U-ANA"); err != nil {
				t.Fatal(err)
			}
			a.settle()
			var got []string
			for _, d := range a.Deliveries() {
				got = append(got, fmt.Sprint(d.Retry, d.RetryReason))
			}
			same(t, "attempts", got, tt.want)
			if n := len(a.requests()); n != tt.app {
				t.Errorf("the app got %d requests, want %d", n, tt.app)
			}
		})
	}
}

func TestSocketDeliveryFaults(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name   string
		fault  chattest.Fault
		want   error
		frames int
		open   int // sockets left
	}{
		{"DropBefore", chattest.Fault{Drop: chattest.DropBefore}, chattest.ErrTimeout, 0, 0},
		{"DropAfter", chattest.Fault{Drop: chattest.DropAfter}, chattest.ErrTimeout, 1, 0},
		{"Status", chattest.Fault{Status: 500}, chattest.ErrTimeout, 0, 0},
		{"Duplicate", chattest.Fault{Duplicate: 1}, nil, 2, 1},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			w := newSocketWorld(t, nil)
			frames := take(w.connect(), ack)
			tt.fault.On, tt.fault.Times = "deliver:/slack/commands", 1
			if err := w.SetFaults(tt.fault); err != nil {
				t.Fatal(err)
			}
			d, err := w.Slash(t.Context(), "U-ANA", "C-OPEN", "/access", "one")
			if err != nil || !errors.Is(d.Err, tt.want) {
				t.Errorf("Slash = %v, %v, want %v", d.Err, err, tt.want)
			}
			if n := w.Holdings().Sockets; n != tt.open {
				t.Errorf("%d sockets left, want %d", n, tt.open)
			}
			got := frames()
			if len(got) != tt.frames || len(got) == 2 && got[0].Envelope != got[1].Envelope {
				t.Errorf("%d frames, want %d", len(got), tt.frames)
			}
		})
	}
}
