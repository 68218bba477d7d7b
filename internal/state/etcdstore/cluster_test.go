package etcdstore_test

import (
	"context"
	"errors"
	"strconv"
	"sync"
	"testing"

	"latchkey/internal/state"
	"latchkey/internal/state/etcdstore"
	"latchkey/internal/state/etcdstore/etcdtest"
)

// TestMembers takes members of a cluster of three away, one after another, while three
// replicas write. Each Update that returned nil is there once, no other but those whose
// outcome etcd did not tell, and writing goes on each time.
func TestMembers(t *testing.T) {
	t.Parallel()
	c, err := etcdtest.Start(t.TempDir(), 3)
	if err != nil {
		t.Fatalf("Start: %v", err)
	}
	defer c.Close()
	w := writing(t, c, 3)
	w.progress(t)
	leader := c.Leader()
	c.Stop(leader)
	w.progress(t)
	if err := c.Restart(leader); err != nil {
		t.Fatalf("Restart: %v", err)
	}
	w.progress(t)
	leader = c.Leader()
	c.Cut(leader)
	w.progress(t)
	c.Mend(leader)
	w.progress(t)
	for i := range 3 {
		c.Stop(i)
	}
	var all sync.WaitGroup
	for i := range 3 {
		all.Go(func() {
			if err := c.Restart(i); err != nil {
				t.Errorf("Restart: %v", err)
			}
		})
	}
	all.Wait()
	w.progress(t)
	w.end(t)
}

// writers are replicas that count as fast as they can.
type writers struct {
	stop context.CancelFunc
	all  sync.WaitGroup
	look state.Store

	mu                sync.Mutex
	more              *sync.Cond
	done, open, wrong int // Updates by their outcome: made, not told, refused
}

func writing(t *testing.T, c *etcdtest.Cluster, replicas int) *writers {
	ctx, stop := context.WithCancel(t.Context())
	w := &writers{stop: stop, look: open(t, c, "members")}
	w.more = sync.NewCond(&w.mu)
	for range replicas {
		s := open(t, c, "members")
		t.Cleanup(func() { s.Close() }) //nolint:errcheck // the test is over
		w.all.Go(func() {
			for ctx.Err() == nil {
				w.told(s.Update(context.WithoutCancel(ctx), count(0)))
			}
		})
	}
	t.Cleanup(func() { w.look.Close() }) //nolint:errcheck // the test is over
	return w
}

func (w *writers) told(err error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	switch {
	case err == nil:
		w.done++
		w.more.Broadcast()
	case errors.Is(err, etcdstore.ErrUnknown):
		w.open++
	default:
		w.wrong++
	}
}

// progress waits until twenty more Updates were made.
func (w *writers) progress(t *testing.T) {
	t.Helper()
	w.mu.Lock()
	defer w.mu.Unlock()
	for goal := w.done + 20; w.done < goal; {
		w.more.Wait()
	}
	t.Logf("made %d, not told %d, refused %d", w.done, w.open, w.wrong)
}

func (w *writers) end(t *testing.T) {
	w.stop()
	w.all.Wait()
	err := w.look.View(t.Context(), func(tx state.Tx) error {
		raw, err := tx.Get("count")
		if err != nil {
			return err
		}
		n, err := strconv.Atoi(string(raw))
		if n < w.done || n > w.done+w.open {
			t.Errorf("the counter is at %d; %d Updates were made, and of %d it is not known", n, w.done, w.open)
		}
		return err
	})
	if err != nil {
		t.Errorf("View: %v", err)
	}
}
