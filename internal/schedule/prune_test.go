package schedule_test

import (
	"context"
	"errors"
	"log/slog"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"latchkey/internal/schedule"
)

// TestPruneRun prunes at the start, daily, and when the clock has jumped, whatever came of
// the last time.
func TestPruneRun(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var times atomic.Int64
		right := func() (time.Duration, bool) { return time.Minute, true }
		p := &schedule.Prune{Log: slog.New(slog.DiscardHandler), Ahead: right, Do: func(context.Context) (int, error) {
			return int(times.Add(1)), errors.New("not today")
		}}
		ctx, cancel := context.WithCancel(t.Context())
		bell, ended := make(chan struct{}), make(chan struct{})
		go func() {
			p.Run(ctx, bell)
			close(ended)
		}()
		want := func(n int64) {
			t.Helper()
			synctest.Wait()
			if times := times.Load(); times != n {
				t.Errorf("it pruned %d times, want %d", times, n)
			}
		}
		want(1)
		time.Sleep(23 * time.Hour)
		want(1)
		time.Sleep(time.Hour)
		want(2)
		bell <- struct{}{}
		want(3)
		cancel()
		<-ended
		want(3)
	})
}

// TestPruneByAWrongClock deletes nothing by a clock that is far ahead, or that nobody can
// compare with another, and asks again until it is right.
func TestPruneByAWrongClock(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name  string
		by    time.Duration
		known bool
		prune bool
	}{
		{"Unknown", 0, false, false},
		{"YearsAhead", 5 * 365 * 24 * time.Hour, true, false},
		{"TwoDaysAhead", 48 * time.Hour, true, false},
		{"AnHourAhead", time.Hour, true, true},
		{"Behind", -5 * 365 * 24 * time.Hour, true, true}, // keeps more
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				var times atomic.Int64
				var right atomic.Bool
				p := &schedule.Prune{
					Log: slog.New(slog.DiscardHandler),
					Do:  func(context.Context) (int, error) { return int(times.Add(1)), nil },
					Ahead: func() (time.Duration, bool) {
						if right.Load() {
							return 0, true
						}
						return tt.by, tt.known
					},
				}
				ctx, cancel := context.WithCancel(t.Context())
				bell, ended := make(chan struct{}), make(chan struct{})
				go func() {
					p.Run(ctx, bell)
					close(ended)
				}()
				bell <- struct{}{}
				synctest.Wait()
				if pruned := times.Load() > 0; pruned != tt.prune {
					t.Errorf("it pruned: %t, want %t", pruned, tt.prune)
				}
				right.Store(true)
				time.Sleep(time.Hour)
				synctest.Wait()
				if times.Load() == 0 {
					t.Error("it does not prune once the clock is right")
				}
				cancel()
				<-ended
			})
		})
	}
}
