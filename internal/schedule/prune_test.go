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
		p := &schedule.Prune{Log: slog.New(slog.DiscardHandler), Do: func(context.Context) (int, error) {
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
