package outbox_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"latchkey/internal/outbox"
	"latchkey/internal/state"
	"latchkey/internal/state/statetest"
)

// running is a runner under Run, in a bubble whose time it uses.
type running struct {
	*world
	runner *outbox.Runner
	stop   context.CancelFunc
	ended  chan struct{}
}

func startRun(t *testing.T, prepare func(*outbox.Runner)) *running {
	w := newWorld(t, statetest.Memory())
	w.clock = &clock{now: time.Now()}
	r := w.runner("one")
	r.Now = time.Now
	if prepare != nil {
		prepare(r)
	}
	ctx, cancel := context.WithCancel(t.Context())
	run := &running{world: w, runner: r, stop: cancel, ended: make(chan struct{})}
	go func() {
		defer close(run.ended)
		r.Run(ctx)
	}()
	synctest.Wait()
	return run
}

// owe enqueues as a use case does: whoever commits wakes the runner.
func (r *running) owe(effects ...string) {
	r.world.clock = &clock{now: time.Now()}
	r.enqueue(effects...)
	r.runner.Wake()
	synctest.Wait()
}

func (r *running) end() {
	r.stop()
	<-r.ended
}

func TestRunWakes(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := startRun(t, nil)
		defer r.end()
		for i := range 3 {
			r.owe(fmt.Sprint("a:a", i))
		}
		r.wantPosted("a0", "a1", "a2")
		r.wantNothingLeft()
		for range 5 { // more than anybody takes
			r.runner.Wake()
		}
	})
}

// TestRunWaits checks that a failed effect is tried again at its time, without
// anybody waking the runner.
func TestRunWaits(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := startRun(t, nil)
		defer r.end()
		var at []time.Duration
		began := time.Now()
		r.try = func(_ outbox.Effect, n int) (bool, error) {
			at = append(at, time.Since(began))
			return n > 3, errNet
		}
		r.owe("a:a1")
		time.Sleep(time.Hour) // of the bubble
		r.wantPosted("a1")
		if want := []time.Duration{0, backoff, 3 * backoff, 6 * backoff}; !slices.Equal(at, want) {
			t.Errorf("the tries came after %v, want %v", at, want)
		}
		r.wantNothingLeft()
	})
}

// TestRunTakesOver lets a first runner die with an effect in its hands.
func TestRunTakesOver(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := startRun(t, nil)
		defer r.end()
		err := r.store.Update(t.Context(), func(tx state.Tx) error {
			return outbox.Enqueue(tx, outbox.Effect{
				ID: "a1", Lane: "a", Kind: kind, Term: 1, LeaseOwner: "gone", LeaseUntil: time.Now().Add(lease),
			}, time.Now())
		})
		if err != nil {
			t.Fatal(err)
		}
		r.runner.Wake()
		time.Sleep(lease - time.Millisecond)
		synctest.Wait()
		r.wantPosted()
		time.Sleep(time.Millisecond)
		synctest.Wait()
		r.wantPosted("a1")
	})
}

// TestRunWorkers counts the tries at the same time.
func TestRunWorkers(t *testing.T) {
	t.Parallel()
	for _, workers := range []int{0, 1, 3} {
		t.Run(fmt.Sprint(workers), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var now, most atomic.Int32
				r := startRun(t, func(r *outbox.Runner) { r.Workers = workers })
				defer r.end()
				r.try = func(outbox.Effect, int) (bool, error) {
					most.Store(max(most.Load(), now.Add(1)))
					time.Sleep(time.Second)
					now.Add(-1)
					return true, nil
				}
				var ids []string
				for i := range 6 {
					ids = append(ids, fmt.Sprintf("%c:%c", 'a'+i, 'a'+i))
				}
				r.owe(ids...)
				time.Sleep(time.Minute)
				if got, want := int(most.Load()), max(workers, 1); got != want {
					t.Errorf("up to %d tries at the same time, want %d", got, want)
				}
				r.wantNothingLeft()
			})
		})
	}
}

// TestRunEnds ends the runner while a try is under way: the try comes to its end
// and its outcome is written, and nothing new begins.
func TestRunEnds(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := startRun(t, nil)
		r.try = func(outbox.Effect, int) (bool, error) {
			time.Sleep(10 * time.Second)
			return true, nil
		}
		r.owe("a:a1", "a:a2")
		began := time.Now()
		r.end()
		if took := time.Since(began); took != 10*time.Second {
			t.Errorf("the runner ended after %v, want after the try", took)
		}
		r.wantPosted("a1")
		if got := r.told("done", "a1"); got != 1 {
			t.Errorf("Done was told %d times, want 1", got)
		}
		if e, owed := r.pending()["a2"]; !owed || e.Term != 0 {
			t.Errorf("the next effect is %+v, %t; want it owed and not begun", e, owed)
		}
	})
}

// TestTryEndsBeforeItsLease gives a handler that never returns by itself a
// context that ends in time for the outcome to be written.
func TestTryEndsBeforeItsLease(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var took time.Duration
		r := startRun(t, func(r *outbox.Runner) {
			h := r.Handlers[kind]
			h.Do = func(ctx context.Context, _ outbox.Effect) (json.RawMessage, error) {
				began := time.Now()
				<-ctx.Done()
				took = time.Since(began)
				return nil, ctx.Err()
			}
			r.Handlers[kind] = h
		})
		r.owe("a:a1")
		time.Sleep(lease*3/4 + time.Second)
		r.end()
		if took <= 0 || took >= lease {
			t.Errorf("the try had %v, want some time that is shorter than the lease of %v", took, lease)
		}
		if e := r.pending()["a1"]; e.Attempts != 1 || e.LeaseOwner != "" {
			t.Errorf("the effect is %+v, want one failed attempt and no lease", e)
		}
	})
}

// failing is a store that can be made to fail.
type failing struct {
	state.Store
	mu  sync.Mutex
	err error
}

func (f *failing) set(err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.err = err
}

func (f *failing) View(ctx context.Context, fn func(state.Tx) error) error {
	f.mu.Lock()
	err := f.err
	f.mu.Unlock()
	if err != nil {
		return err
	}
	return f.Store.View(ctx, fn)
}

// TestRunOutlivesStoreFailure checks that the runner neither ends nor spins when
// the store fails for a while.
func TestRunOutlivesStoreFailure(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var store *failing
		r := startRun(t, func(r *outbox.Runner) {
			store = &failing{Store: r.Store, err: errors.New("the disk is gone")}
			r.Store = store
		})
		defer r.end()
		r.owe("a:a1")
		time.Sleep(time.Minute)
		r.wantPosted()
		store.set(nil)
		time.Sleep(time.Minute)
		r.wantPosted("a1")
		r.wantNothingLeft()
	})
}

func TestBackoff(t *testing.T) {
	t.Parallel()
	tests := []struct {
		attempt  int
		min, max time.Duration
	}{
		{1, 500 * time.Millisecond, time.Second},
		{2, time.Second, 2 * time.Second},
		{8, 64 * time.Second, 128 * time.Second},
		{9, 150 * time.Second, 5 * time.Minute},
		{1000000, 150 * time.Second, 5 * time.Minute},
	}
	for _, test := range tests {
		low := outbox.Backoff(func() float64 { return 0 })(test.attempt)
		high := outbox.Backoff(func() float64 { return 1 })(test.attempt)
		if low != test.min || high != test.max {
			t.Errorf("after attempt %d the wait is from %v to %v, want from %v to %v",
				test.attempt, low, high, test.min, test.max)
		}
	}
}

// TestRunPrompt holds that what is prompt is done at once while every other try hangs,
// and that the others have all workers but one.
func TestRunPrompt(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := startRun(t, func(r *outbox.Runner) {
			r.Workers = 3
			r.Handlers["prompt"] = r.Handlers[kind]
			r.Prompt = func(kind string) bool { return kind == "prompt" }
		})
		defer r.end()
		var now, most atomic.Int32
		r.try = func(e outbox.Effect, _ int) (bool, error) {
			if e.Kind == kind {
				most.Store(max(most.Load(), now.Add(1)))
				time.Sleep(30 * time.Second)
				now.Add(-1)
			}
			return true, nil
		}
		r.owe("a:a", "b:b", "c:c", "d:d")
		for _, id := range []string{"p1", "p2"} {
			err := r.store.Update(t.Context(), func(tx state.Tx) error {
				return outbox.Enqueue(tx, outbox.Effect{ID: id, Lane: id, Kind: "prompt", Payload: json.RawMessage(`{}`)}, time.Now())
			})
			if err != nil {
				t.Fatal(err)
			}
		}
		r.runner.Wake()
		time.Sleep(time.Second)
		synctest.Wait()
		r.wantPosted("p1", "p2")
		time.Sleep(time.Minute)
		synctest.Wait()
		if got := most.Load(); got != 2 {
			t.Errorf("up to %d others at the same time, want 2 of 3 workers", got)
		}
		r.wantNothingLeft()
	})
}

// TestRunBesidePrompt holds that what is not prompt is done at once while all that is hangs:
// access ends in time, though Slack takes calls and does not answer them.
func TestRunBesidePrompt(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := startRun(t, func(r *outbox.Runner) {
			r.Workers = 3
			r.Handlers["leave"] = r.Handlers[kind]
			r.Prompt = func(k string) bool { return k == kind }
		})
		defer r.end()
		var now, most atomic.Int32
		r.try = func(e outbox.Effect, _ int) (bool, error) {
			if e.Kind == kind {
				most.Store(max(most.Load(), now.Add(1)))
				time.Sleep(30 * time.Second)
				now.Add(-1)
			}
			return true, nil
		}
		r.owe("a:a", "b:b", "c:c", "d:d")
		err := r.store.Update(t.Context(), func(tx state.Tx) error {
			return outbox.Enqueue(tx, outbox.Effect{ID: "l", Lane: "l", Kind: "leave", Payload: json.RawMessage(`{}`)}, time.Now())
		})
		if err != nil {
			t.Fatal(err)
		}
		r.runner.Wake()
		time.Sleep(time.Second)
		synctest.Wait()
		r.wantPosted("l")
		time.Sleep(time.Minute)
		synctest.Wait()
		if got := most.Load(); got != 2 {
			t.Errorf("up to %d prompt ones at the same time, want 2 of 3 workers", got)
		}
		r.wantNothingLeft()
	})
}

// TestStopping breaks a try off late in a stop: one that ends with that is given back and
// is no failure, what was done is written, and the next runner knows that somebody was
// there before.
func TestStopping(t *testing.T) {
	t.Parallel()
	for name, does := range map[string]bool{"NotDone": false, "Done": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, statetest.Memory())
			w.enqueue("lane:a")
			began := make(chan struct{})
			r := w.runner("one")
			r.Handlers = map[string]outbox.Handler{kind: {Do: func(ctx context.Context, _ outbox.Effect) (json.RawMessage, error) {
				close(began)
				<-ctx.Done()
				if does {
					return nil, nil
				}
				return nil, fmt.Errorf("post: %w", ctx.Err())
			}}}
			ctx, stop := context.WithCancel(t.Context())
			alive, cut := context.WithCancelCause(context.WithoutCancel(t.Context()))
			ended := make(chan struct{})
			go func() { r.RunWhile(ctx, alive); close(ended) }()
			<-began
			if got := r.Underway(); got != 1 {
				t.Errorf("%d tries are under way, want 1", got)
			}
			stop()
			select {
			case <-ended:
				t.Fatal("it does not wait for the try")
			default:
			}
			cut(outbox.ErrStopping)
			<-ended
			err := w.store.View(t.Context(), func(tx state.Tx) error {
				left, err := outbox.Pending(tx)
				switch {
				case does && len(left) > 0:
					t.Errorf("what was done is still owed: %+v", left)
				case !does && (len(left) != 1 || left[0].LeaseOwner != "" || left[0].Attempts != 0 || left[0].NotBefore.After(w.Now())):
					t.Errorf("given back is %+v", left)
				}
				return err
			})
			if err != nil {
				t.Fatal(err)
			}
			if does {
				return
			}
			again := w.runner("two")
			again.Handlers = map[string]outbox.Handler{kind: {Do: func(_ context.Context, e outbox.Effect) (json.RawMessage, error) {
				if !e.Repeated() {
					t.Error("the next try does not know that somebody was there before")
				}
				return nil, nil
			}}}
			if _, err := again.Once(t.Context()); err != nil {
				t.Fatal(err)
			}
		})
	}
}
