package health_test

import (
	"context"
	"errors"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"latchkey/internal/health"
)

// faults are what a board finds wrong, on one line.
func faults(found []health.Finding) string {
	var out []string
	for _, f := range found {
		if f.Fault != "" {
			out = append(out, f.Name+": "+f.Fault)
		}
	}
	return strings.Join(out, "; ")
}

// run looks at the board in a bubble of time until the test ends.
func run(t *testing.T, b *health.Board) {
	t.Helper()
	ctx, stop := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() { b.Run(ctx); close(done) }()
	t.Cleanup(func() { stop(); <-done })
	synctest.Wait()
}

func TestLoops(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var idle *health.Loop
		b := &health.Board{}
		idle = b.Loop("idle", time.Minute, func() { idle.Beat() })
		busy := b.Loop("busy", 5*time.Minute, nil)
		run(t, b)
		time.Sleep(4 * time.Minute)
		if got := faults(b.Alive()); got != "" {
			t.Errorf("after 4m: %s", got)
		}
		time.Sleep(2 * time.Minute)
		if got, want := faults(b.Alive()), "busy: it has not turned for 6m0s"; got != want {
			t.Errorf("after 6m: %q, want %q", got, want)
		}
		busy.Beat()
		if got := faults(b.Alive()); got != "" {
			t.Errorf("after it has turned: %s", got)
		}
		var none *health.Loop
		none.Beat()
	})
}

// TestStuckStore holds that a write that never ends fails the life of the bot, after a
// minute, and that the questions are answered meanwhile.
func TestStuckStore(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		free := make(chan struct{})
		b := &health.Board{Commit: func(context.Context) error { <-free; return nil }}
		run(t, b)
		if got := faults(b.Ready()); got != "store: it has not been written yet" {
			t.Errorf("at first: %q", got)
		}
		time.Sleep(50 * time.Second)
		if got := faults(b.Alive()); got != "" {
			t.Errorf("after 50s: %q", got)
		}
		time.Sleep(20 * time.Second)
		if got := faults(b.Alive()); got != "store: a write has waited for 1m10s" {
			t.Errorf("after 70s: %q", got)
		}
		close(free)
		synctest.Wait()
		if got := faults(b.Alive()) + faults(b.Ready()); got != "" {
			t.Errorf("once it is over: %q", got)
		}
	})
}

// TestStoreNotWritable holds that a store that refuses is no reason to restart.
func TestStoreNotWritable(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var full atomic.Bool
		full.Store(true)
		b := &health.Board{Commit: func(context.Context) error {
			if full.Load() {
				return errors.New("no space left on device")
			}
			return nil
		}}
		run(t, b)
		if got := faults(b.Alive()); got != "" {
			t.Errorf("alive: %q", got)
		}
		if got := faults(b.Ready()); got != "store: it could not be written: no space left on device" {
			t.Errorf("ready: %q", got)
		}
		full.Store(false)
		time.Sleep(11 * time.Second)
		if got := faults(b.Ready()); got != "" {
			t.Errorf("ready once there is space: %q", got)
		}
	})
}

// TestDeadBoard holds that a board that looks no more is told of.
func TestDeadBoard(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := &health.Board{}
		ctx, stop := context.WithCancel(t.Context())
		stop()
		b.Run(ctx)
		time.Sleep(2 * time.Minute)
		if got := faults(b.Alive()); got != "board: nobody has looked for 2m0s" {
			t.Errorf("alive: %q", got)
		}
	})
}

func TestAnswers(t *testing.T) {
	t.Parallel()
	slack := "Slack was not reached yet"
	b := &health.Board{Conditions: []health.Condition{{Name: "slack", Fault: func() string { return slack }}}}
	ask := func() (int, string) {
		w := httptest.NewRecorder()
		b.Readiness().ServeHTTP(w, httptest.NewRequest("GET", health.PathReady, nil))
		return w.Code, w.Body.String()
	}
	if code, text := ask(); code != 503 || text != "ok     running\nok     store\nwrong  slack: Slack was not reached yet\n" {
		t.Errorf("before: %d %s", code, text)
	}
	slack = ""
	if code, text := ask(); code != 200 || text != "ok     running\nok     store\nok     slack\n" {
		t.Errorf("ready: %d %s", code, text)
	}
	b.Stop()
	if code, text := ask(); code != 503 || !strings.HasPrefix(text, "wrong  running: the bot is being stopped\n") {
		t.Errorf("stopping: %d %s", code, text)
	}
	w := httptest.NewRecorder()
	b.Live().ServeHTTP(w, httptest.NewRequest("GET", health.PathLive, nil))
	if w.Code != 200 {
		t.Errorf("it lives while it stops: %d %s", w.Code, w.Body)
	}
}
