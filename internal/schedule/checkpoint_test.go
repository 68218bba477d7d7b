package schedule_test

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"latchkey/internal/schedule"
)

// TestCheckpointsRun signs at the start to the end, then tells customers, hourly, and when
// the clock has jumped. What could not be signed is told to nobody.
func TestCheckpointsRun(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var mu sync.Mutex
		var did []string
		does := func(what string) int {
			mu.Lock()
			defer mu.Unlock()
			did = append(did, what)
			return len(did)
		}
		signs := []error{nil, nil, errors.New("it does not hold")}
		c := &schedule.Checkpoints{Log: slog.New(slog.DiscardHandler), Do: func(context.Context) (bool, error) {
			does("sign")
			if len(signs) == 0 {
				return false, nil
			}
			err := signs[0]
			signs = signs[1:]
			return len(signs) == 2, err
		}, Post: func(context.Context) (bool, error) {
			return does("post") == 3, nil
		}}
		ctx, cancel := context.WithCancel(t.Context())
		bell, ended := make(chan struct{}), make(chan struct{})
		go func() {
			c.Run(ctx, bell)
			close(ended)
		}()
		want := func(more ...string) {
			t.Helper()
			synctest.Wait()
			mu.Lock()
			defer mu.Unlock()
			if !slices.Equal(did, more) {
				t.Errorf("it did %v, want %v", did, more)
			}
			did = nil
		}
		want("sign", "sign", "post", "post")
		time.Sleep(59 * time.Minute)
		want()
		time.Sleep(time.Minute)
		want("sign")
		bell <- struct{}{}
		want("sign", "post")
		cancel()
		<-ended
		want()
	})
}
