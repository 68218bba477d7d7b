package stream_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"latchkey/internal/access"
	"latchkey/internal/audit"
	"latchkey/internal/state"
	"latchkey/internal/state/statetest"
	"latchkey/internal/stream"
)

var (
	start  = time.Date(2026, 3, 2, 9, 30, 0, 0, time.UTC)
	errNet = errors.New("the connection was lost")
)

// remote is a place that keeps what it is sent, and does with the next batches what it is
// told.
type remote struct {
	mu    sync.Mutex
	got   []uint64
	tries int
	next  []func(r *remote, ctx context.Context, take func()) error
}

func (r *remote) tried() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.tries
}

func (r *remote) Send(ctx context.Context, pieces []stream.Piece) error {
	r.mu.Lock()
	r.tries++
	var do func(*remote, context.Context, func()) error
	if len(r.next) > 0 {
		do, r.next = r.next[0], r.next[1:]
	}
	r.mu.Unlock()
	take := func() {
		r.mu.Lock()
		defer r.mu.Unlock()
		for _, p := range pieces {
			r.got = append(r.got, p.Seq)
		}
	}
	if do != nil {
		return do(r, ctx, take)
	}
	take()
	return nil
}

// faults are what may become of one batch.
var faults = []struct {
	name string
	do   func(r *remote, ctx context.Context, take func()) error
}{
	{"Failed", func(*remote, context.Context, func()) error { return errNet }},
	{"FailedButApplied", func(_ *remote, _ context.Context, take func()) error { take(); return errNet }},
	{"CrashBefore", func(*remote, context.Context, func()) error { runtime.Goexit(); return nil }},
	{"CrashAfter", func(_ *remote, _ context.Context, take func()) error { take(); runtime.Goexit(); return nil }},
	{"Slow", func(_ *remote, ctx context.Context, _ func()) error { <-ctx.Done(); return ctx.Err() }},
	{"SlowButApplied", func(_ *remote, ctx context.Context, take func()) error { take(); <-ctx.Done(); return ctx.Err() }},
	{"Throttled", func(*remote, context.Context, func()) error {
		return &stream.WaitError{For: 10 * time.Minute, Err: errNet}
	}},
}

func newStream(s state.Store, r stream.Place) *stream.Stream {
	return &stream.Stream{
		Store: s, Place: r, Name: "test", Source: stream.Events(audit.FormatJSONL, "v1"), Now: time.Now, Log: slog.New(slog.DiscardHandler),
		Backoff: func(int) time.Duration { return time.Second }, Behind: func(time.Duration) {},
	}
}

func add(t *testing.T, s state.Store, n int) {
	t.Helper()
	err := s.Update(t.Context(), func(tx state.Tx) error {
		for range n {
			if _, err := audit.Append(tx, access.Event{At: time.Now(), Kind: access.EventRefused}); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// arrived checks that every event is there, and each for the first time after those before
// it.
func (r *remote) arrived(t *testing.T, n int) {
	t.Helper()
	r.mu.Lock()
	defer r.mu.Unlock()
	last := uint64(0)
	for _, seq := range r.got {
		if seq > last+1 {
			t.Errorf("%d comes after %d", seq, last)
		}
		last = max(last, seq)
	}
	if last != uint64(n) {
		t.Errorf("%d of %d have arrived", last, n)
	}
}

// TestFaults has each thing go wrong, once and twice in a row, and between two batches;
// afterwards everything is there, and nothing is sent any more.
func TestFaults(t *testing.T) {
	t.Parallel()
	full := statetest.Memory()
	add(t, full, 501) // more than one batch
	for _, one := range faults {
		for _, other := range append(faults, struct {
			name string
			do   func(r *remote, ctx context.Context, take func()) error
		}{}) {
			t.Run(one.name+other.name, func(t *testing.T) {
				t.Parallel()
				synctest.Test(t, func(t *testing.T) {
					s, r := full.Reopen(), &remote{}
					r.next = append(r.next, one.do)
					if other.do != nil {
						r.next = append(r.next, other.do)
					}
					live := newStream(s, r)
					for range 3 { // a life that a crash ends is followed by another
						life(t, live)
					}
					r.arrived(t, 501)
					add(t, s, 1)
					life(t, live)
					r.arrived(t, 502)
					before := r.tried()
					life(t, live)
					if r.tried() != before {
						t.Error("it sends what it has sent")
					}
				})
			})
		}
	}
}

// life runs the stream for an hour, or until something in it kills it.
func life(t *testing.T, s *stream.Stream) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Hour)
	defer cancel()
	done := make(chan struct{})
	go func() {
		defer close(done)
		s.Run(ctx, nil)
	}()
	<-done
}

// TestWaits heeds what the place asks for, and no longer.
func TestWaits(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s, r := statetest.Memory(), &remote{}
		r.next = append(r.next, faults[6].do)
		add(t, s, 1)
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		go newStream(s, r).Run(ctx, nil)
		time.Sleep(10*time.Minute - time.Second)
		if n := r.tried(); n != 1 {
			t.Errorf("%d tries within the wait", n)
		}
		time.Sleep(2 * time.Second)
		r.arrived(t, 1)
	})
}

// TestTwoRunners has two send the same log, one of which is slow. The one that is behind
// does not put the other back.
func TestTwoRunners(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s, r := statetest.Memory(), &remote{}
		add(t, s, 3)
		held := make(chan struct{})
		r.next = append(r.next, func(_ *remote, _ context.Context, take func()) error {
			<-held
			take()
			return nil
		})
		slow, quick := newStream(s, r), newStream(s, r)
		done := make(chan error)
		go func() {
			_, err := slow.Once(t.Context())
			done <- err
		}()
		synctest.Wait()
		add(t, s, 2)
		if _, err := quick.Once(t.Context()); err != nil {
			t.Fatal(err)
		}
		close(held)
		if err := <-done; err != nil {
			t.Fatal(err)
		}
		if more, err := quick.Once(t.Context()); more || err != nil || r.tried() != 2 {
			t.Errorf("after both: %v, %v, %d tries", more, err, r.tried())
		}
		if want := []uint64{1, 2, 3, 4, 5, 1, 2, 3}; !slices.Equal(r.got, want) {
			t.Errorf("it got %v, want %v", r.got, want)
		}
	})
}

// TestBehind tells how old the oldest is that has not arrived.
func TestBehind(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s, r := statetest.Memory(), &remote{}
		for range 3 {
			r.next = append(r.next, faults[0].do)
		}
		add(t, s, 1)
		time.Sleep(time.Minute)
		live := newStream(s, r)
		var behind []string
		live.Behind = func(d time.Duration) { behind = append(behind, fmt.Sprint(d)) }
		for range 4 {
			live.Once(t.Context()) //nolint:errcheck // three fail
			time.Sleep(time.Second)
		}
		live.Once(t.Context()) //nolint:errcheck // there is nothing
		if want := []string{"1m0s", "1m1s", "1m2s", "1m3s", "0s", "0s"}; !slices.Equal(behind, want) {
			t.Errorf("it is behind %v, want %v", behind, want)
		}
	})
}

// TestBell sends soon after the bell, and what came together in one batch.
func TestBell(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s, r := statetest.Memory(), &remote{}
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		bell := make(chan struct{}, 1)
		go newStream(s, r).Run(ctx, bell)
		synctest.Wait()
		add(t, s, 1)
		bell <- struct{}{}
		synctest.Wait()
		add(t, s, 1)
		time.Sleep(2 * time.Second)
		if r.arrived(t, 2); r.tried() != 1 {
			t.Errorf("%d batches", r.tries)
		}
	})
}

// TestLargeEvents sends no more at once than a place may take, and what is too large for that alone.
func TestLargeEvents(t *testing.T) {
	t.Parallel()
	s, r := statetest.Memory(), &remote{}
	for _, size := range []int{5 << 19, 5 << 19, 10, 5 << 20, 10, 10} {
		if err := s.Update(t.Context(), func(tx state.Tx) error {
			_, err := audit.Append(tx, access.Event{At: start, Kind: access.EventRefused, Detail: map[string]string{"path": strings.Repeat("x", size)}})
			return err
		}); err != nil {
			t.Fatal(err)
		}
	}
	live := newStream(s, r)
	for more := true; more; {
		var err error
		if more, err = live.Once(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	if r.arrived(t, 6); r.tried() != 4 {
		t.Errorf("%d batches", r.tried())
	}
}

// TestAnotherLog writes the log anew once it was sent, or takes its end away: the place gets all
// of the log that there is now, and what it got stays there. A mark of a version that kept no
// hash is gone on from.
func TestAnotherLog(t *testing.T) {
	t.Parallel()
	for name, row := range map[string]struct {
		change func(t *testing.T, s state.Store)
		want   []uint64
	}{
		"TheSame": {func(*testing.T, state.Store) {}, []uint64{1, 2, 3, 4, 5}},
		"Shorter": {func(t *testing.T, s state.Store) { copied(t, s, 2) }, []uint64{1, 2, 3, 4, 1, 2, 3}},
		"Anew":    {func(t *testing.T, s state.Store) { copied(t, s, 4) }, []uint64{1, 2, 3, 4, 1, 2, 3, 4, 5}},
		"Former": {func(t *testing.T, s state.Store) {
			if err := s.Update(t.Context(), func(tx state.Tx) error {
				_, err := state.Save(tx, "audit/stream/test", uint64(4))
				return err
			}); err != nil {
				t.Fatal(err)
			}
		}, []uint64{1, 2, 3, 4, 5}},
	} {
		s, r := statetest.Memory(), &remote{}
		add(t, s, 4)
		live := newStream(s, r)
		if _, err := live.Once(t.Context()); err != nil {
			t.Fatal(err)
		}
		row.change(t, s)
		add(t, s, 1)
		for range 2 {
			if more, err := live.Once(t.Context()); more || err != nil {
				t.Fatal(more, err)
			}
		}
		if !slices.Equal(r.got, row.want) {
			t.Errorf("%s: it got %v, want %v", name, r.got, row.want)
		}
	}
}

// copied puts another log of n events in the place of the one that is there.
func copied(t *testing.T, s state.Store, n int) {
	t.Helper()
	other := statetest.Memory()
	if err := other.Update(t.Context(), func(tx state.Tx) error {
		for range n {
			if _, err := audit.Append(tx, access.Event{At: start, Kind: access.EventApproved}); err != nil {
				return err
			}
		}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	have := statetest.Contents(t, other)
	if err := s.Update(t.Context(), func(tx state.Tx) error {
		var errs []error
		for key := range statetest.Contents(t, s) {
			if strings.HasPrefix(key, audit.EventKeys) {
				errs = append(errs, tx.Delete(key))
			}
		}
		for key, value := range have {
			errs = append(errs, tx.Put(key, []byte(value)))
		}
		return errors.Join(errs...)
	}); err != nil {
		t.Fatal(err)
	}
}
