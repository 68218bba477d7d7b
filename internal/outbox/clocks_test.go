package outbox_test

import (
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"latchkey/internal/outbox"
)

// TestClockPutForward moves the clock of the leases while a try is under way: whoever is
// at it goes on alone, and what comes after it in its lane waits. Other lanes go on.
func TestClockPutForward(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var ahead atomic.Int64
		r := startRun(t, func(r *outbox.Runner) {
			r.Now = func() time.Time { return time.Now().Add(time.Duration(ahead.Load())) }
		})
		defer r.end()
		goOn, tries := make(chan struct{}), 0
		r.try = func(e outbox.Effect, _ int) (bool, error) {
			if e.ID == "a1" {
				tries++
				<-goOn
			}
			return true, nil
		}
		r.owe("a:a1", "a:a2")
		ahead.Store(int64(6 * time.Hour))
		r.runner.Wake()
		r.owe("b:b1")
		if tries != 1 {
			t.Errorf("%d tries are under way after the clock was put forward, want 1", tries)
		}
		r.wantPosted("b1")
		close(goOn)
		synctest.Wait()
		r.wantPosted("b1", "a1", "a2")
		r.wantNothingLeft()
		if got := r.told("done", "a1"); got != 1 {
			t.Errorf("Done was told %d times, want 1", got)
		}
	})
}
