package app

import (
	"context"
	"encoding/json"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"latchkey/internal/access"
	"latchkey/internal/config"
	"latchkey/internal/health"
	"latchkey/internal/outbox"
	"latchkey/internal/schedule"
	"latchkey/internal/state"
	"latchkey/internal/state/statetest"
	"latchkey/internal/telemetry"
)

// faults are what is wrong, on one line.
func faults(found []health.Finding) string {
	var out []string
	for _, f := range found {
		if f.Fault != "" {
			out = append(out, f.Name+": "+f.Fault)
		}
	}
	return strings.Join(out, "; ")
}

// TestStuckLoops holds that a loop that does not get on fails the life of the bot, and that
// one that has nothing to do for hours does not.
func TestStuckLoops(t *testing.T) {
	t.Parallel()
	for _, row := range []struct{ name, owed, due, want string }{
		{"NothingToDo", "", "", ""},
		{"HandlerStuck", "stuck", "", "outbox: it has not turned for"},
		{"ActStuck", "", "stuck", "due: it has not turned for"},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) { stuckLoops(t, row.owed != "", row.due != "", row.want) })
		})
	}
}

func stuckLoops(t *testing.T, handler, act bool, want string) {
	free := make(chan struct{})
	stuck := func() { <-free }
	store, quiet := statetest.Memory(), slog.New(slog.DiscardHandler)
	a := &App{dueBell: make(chan struct{}, 1), monitor: &monitor{metrics: telemetry.New("test"), board: &health.Board{}}}
	a.runner = &outbox.Runner{
		Store: store, Owner: "one", Now: time.Now, Backoff: func(int) time.Duration { return time.Second }, Lease: time.Minute, Workers: 1, Log: quiet,
		Handlers: map[string]outbox.Handler{"k": {Do: func(context.Context, outbox.Effect) (json.RawMessage, error) { stuck(); return nil, nil }}},
	}
	a.due = &schedule.Due{Store: store, Now: time.Now, Log: quiet, Do: func(context.Context, state.Due) error { stuck(); return nil }}
	a.sync = &schedule.Sync{}
	a.loops()
	err := store.Update(t.Context(), func(tx state.Tx) error {
		if handler {
			if err := outbox.Enqueue(tx, outbox.Effect{ID: "1", Lane: "l", Kind: "k"}, time.Now()); err != nil {
				return err
			}
		}
		if act {
			return state.PutGrant(tx, access.Grant{Request: "R-00001", State: access.Active, ExpiresAt: time.Now()})
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	var parts sync.WaitGroup
	parts.Go(func() { a.monitor.board.Run(ctx) })
	parts.Go(func() { a.runner.Run(ctx) })
	parts.Go(func() { a.due.Run(ctx, a.dueBell) })
	for range 5 * 60 {
		a.monitor.sync.Beat()
		time.Sleep(time.Second)
	}
	if got := faults(a.monitor.board.Alive()); !strings.HasPrefix(got, want) || want == "" && got != "" {
		t.Errorf("after five minutes: %q, want %q", got, want)
	}
	stop()
	close(free)
	parts.Wait()
}

// TestWatched holds that there is a client for Microsoft where none is given, as in the
// real world.
func TestWatched(t *testing.T) {
	t.Parallel()
	own := &http.Client{Timeout: time.Second}
	for _, given := range []*http.Client{nil, own} {
		o, m, err := watched(t.Context(), Options{Log: slog.New(slog.DiscardHandler), Microsoft: given})
		if err != nil {
			t.Fatal(err)
		}
		if o.Microsoft == nil || o.Microsoft.Transport == nil || m.tracer != nil {
			t.Errorf("of %v it makes %v, %v", given, o.Microsoft, m.tracer)
		}
		if given != nil && (given.Transport != nil || o.Microsoft.Timeout != given.Timeout) {
			t.Errorf("it changes what is given: %v, or forgets it: %v", given, o.Microsoft)
		}
	}
}

// TestObserved holds that an address that is taken is an error, which is tried again, and
// what is answered.
func TestObserved(t *testing.T) {
	t.Parallel()
	taken, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close() //nolint:errcheck // nobody has called
	a := &App{
		o:       Options{Log: slog.New(slog.DiscardHandler), Config: config.Config{MetricsAddr: taken.Addr().String()}},
		monitor: &monitor{metrics: telemetry.New("test"), board: &health.Board{}},
	}
	if err := a.observed(t.Context()); err == nil || !strings.Contains(err.Error(), "listen") {
		t.Errorf("observed = %v", err)
	}
	for _, row := range []struct {
		method, path string
		status       int
	}{
		{"GET", "/livez", 200}, {"GET", "/readyz", 200}, {"GET", "/metrics", 200},
		{"POST", "/livez", 405}, {"GET", "/", 404}, {"GET", "/debug/pprof/", 404},
	} {
		w := httptest.NewRecorder()
		a.monitor.handler().ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), row.method, row.path, nil))
		if w.Code != row.status {
			t.Errorf("%s %s answers %d, want %d", row.method, row.path, w.Code, row.status)
		}
	}
}
