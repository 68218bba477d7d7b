package outbox_test

import (
	"context"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"latchkey/internal/outbox"
	"latchkey/internal/state"
)

// late is a store whose commits are there for everybody before whoever made them hears of
// it, as they are when several share one.
type late struct {
	state.Store
	hold atomic.Pointer[chan struct{}]
}

func (l *late) Update(ctx context.Context, fn func(state.Tx) error) error {
	err := l.Store.Update(ctx, fn)
	if hold := l.hold.Load(); hold != nil && err == nil {
		<-*hold
	}
	return err
}

// TestLeaseHeldBeforeItsCommit leases an effect with the outcome of another, and puts the
// clock forward before whoever leased it knows that: nobody else begins it meanwhile.
func TestLeaseHeldBeforeItsCommit(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var ahead atomic.Int64
		var store *late
		r := startRun(t, func(r *outbox.Runner) {
			store = &late{Store: r.Store}
			r.Store = store
			r.Now = func() time.Time { return time.Now().Add(time.Duration(ahead.Load())) }
		})
		defer r.end()
		heard, goOn, tries := make(chan struct{}), make(chan struct{}), 0
		r.try = func(e outbox.Effect, _ int) (bool, error) {
			if e.ID == "a1" {
				<-goOn
				return true, nil
			}
			tries++
			return true, nil
		}
		r.owe("a:a1", "a:a2")
		store.hold.Store(&heard)
		close(goOn)
		synctest.Wait()
		ahead.Store(int64(6 * time.Hour))
		r.runner.Wake()
		synctest.Wait()
		store.hold.Store(nil)
		close(heard)
		synctest.Wait()
		r.wantPosted("a1", "a2")
		if tries != 1 {
			t.Errorf("it was tried %d times, want once", tries)
		}
		r.wantNothingLeft()
	})
}
