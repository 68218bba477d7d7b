package schedule_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"latchkey/internal/access"
	"latchkey/internal/cause"
	"latchkey/internal/schedule"
	"latchkey/internal/state"
	"latchkey/internal/state/statetest"
)

// pending stores a request that lapses after the wait.
func pending(tx state.Tx, id access.RequestID, lapses time.Time) error {
	return state.PutRequest(tx, access.Request{ID: id, State: access.Pending, DecideBy: lapses})
}

// lapser is a use case that takes what is due out of the index, and can fail.
type lapser struct {
	store state.Store
	mu    sync.Mutex
	did   []access.RequestID
	at    []time.Time
	now   func() time.Time
	fail  map[access.RequestID]int // how often it still fails
	hook  func(access.RequestID)
}

func (l *lapser) do(ctx context.Context, d state.Due) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if !cause.Of(ctx).Timed {
		return errors.New("nobody says that time made it due")
	}
	if l.fail[d.Request] > 0 {
		l.fail[d.Request]--
		return errNet
	}
	l.did = append(l.did, d.Request)
	l.at = append(l.at, l.now())
	if l.hook != nil {
		l.hook(d.Request)
	}
	return l.store.Update(ctx, func(tx state.Tx) error {
		r, err := state.Request(tx, d.Request)
		if err != nil || d.Kind != state.DueLapse {
			return errors.Join(err, fmt.Errorf("due for %s", d.Kind))
		}
		r.State = access.Lapsed
		return state.PutRequest(tx, r)
	})
}

// done is for a look while a scheduler runs.
func (l *lapser) done() []access.RequestID {
	l.mu.Lock()
	defer l.mu.Unlock()
	return slices.Clone(l.did)
}

// newDue returns a scheduler and the use case that it calls.
func newDue(now func() time.Time) (*schedule.Due, *lapser) {
	store := statetest.Memory()
	l := &lapser{store: store, now: now, fail: map[access.RequestID]int{}}
	return &schedule.Due{Store: store, Do: l.do, Now: now, Log: quiet()}, l
}

func TestOnce(t *testing.T) {
	t.Parallel()
	d, l := newDue(func() time.Time { return start })
	update(t, d.Store, func(tx state.Tx) error {
		return errors.Join(
			pending(tx, "R-LATE0", start.Add(time.Millisecond)),
			pending(tx, "R-NOW00", start),
			pending(tx, "R-OLD00", start.Add(-time.Hour)),
			pending(tx, "R-NEXT0", start.Add(time.Hour)))
	})
	next, err := d.Once(t.Context())
	if err != nil || !next.Equal(start.Add(time.Millisecond)) {
		t.Errorf("Once = %v, %v", next, err)
	}
	if want := []access.RequestID{"R-OLD00", "R-NOW00"}; !slices.Equal(l.did, want) {
		t.Errorf("did %v, want %v", l.did, want)
	}
	if next, err := d.Once(t.Context()); err != nil || next.IsZero() || len(l.did) != 2 {
		t.Errorf("Once again = %v, %v; did %v", next, err, l.did)
	}
}

func TestOnceOfNothing(t *testing.T) {
	t.Parallel()
	d, _ := newDue(func() time.Time { return start })
	if next, err := d.Once(t.Context()); err != nil || !next.IsZero() {
		t.Errorf("Once = %v, %v", next, err)
	}
}

// TestOnceInBatches has more due than one batch holds, and more become due
// meanwhile. Of so many, the order between requests is open.
func TestOnceInBatches(t *testing.T) {
	t.Parallel()
	const many = 230
	now := start
	d, l := newDue(func() time.Time { return now })
	var want []access.RequestID
	update(t, d.Store, func(tx state.Tx) error {
		for i := range many {
			id := access.RequestID(fmt.Sprintf("R-%05d", i))
			want = append(want, id)
			if err := pending(tx, id, start.Add(time.Duration(i-many)*time.Second)); err != nil {
				return err
			}
		}
		return pending(tx, "R-WHILE", start.Add(time.Second))
	})
	l.hook = func(id access.RequestID) {
		if id == want[210] {
			now = start.Add(time.Minute)
		}
	}
	if next, err := d.Once(t.Context()); err != nil || !next.IsZero() {
		t.Errorf("Once = %v, %v", next, err)
	}
	if last := l.did[len(l.did)-1]; last != "R-WHILE" {
		t.Errorf("did %s last", last)
	}
	slices.Sort(l.did)
	if want = append(want, "R-WHILE"); !slices.Equal(l.did, want) {
		t.Errorf("did %d of %d, or not in order", len(l.did), len(want))
	}
}

// TestOnceKeepsTheOrderOfARequest: of many things that are due, those that concern the same
// request are done one after another, the earlier first.
func TestOnceKeepsTheOrderOfARequest(t *testing.T) {
	t.Parallel()
	d, _ := newDue(func() time.Time { return start })
	update(t, d.Store, func(tx state.Tx) error {
		for i := range 20 {
			r := access.Request{
				ID: access.RequestID(fmt.Sprintf("R-%05d", i)), State: access.Pending,
				CreatedAt: start.Add(-48 * time.Hour), DecideBy: start.Add(-time.Duration(i) * time.Minute),
			}
			if err := state.PutRequest(tx, r); err != nil {
				return err
			}
		}
		return nil
	})
	var mu sync.Mutex
	did := map[access.RequestID][]state.DueKind{}
	d.Do = func(_ context.Context, one state.Due) error {
		mu.Lock()
		defer mu.Unlock()
		did[one.Request] = append(did[one.Request], one.Kind)
		return nil
	}
	if _, err := d.Once(t.Context()); err == nil {
		t.Error("nothing came of what was done, and nobody says so")
	}
	for id, kinds := range did {
		if !slices.Equal(kinds, []state.DueKind{state.DueRemind, state.DueLapse}) {
			t.Errorf("of %s did %v", id, kinds)
		}
	}
	if len(did) != 20 {
		t.Errorf("did %d", len(did))
	}
}

// TestOnceGoesPastAnError: a record that cannot be done holds up no other, and
// is tried again the next time; nothing is done twice.
func TestOnceGoesPastAnError(t *testing.T) {
	t.Parallel()
	d, l := newDue(func() time.Time { return start })
	ids := []access.RequestID{"R-00001", "R-00002", "R-00003"}
	update(t, d.Store, func(tx state.Tx) error {
		for i, id := range ids {
			if err := pending(tx, id, start.Add(time.Duration(i-9)*time.Minute)); err != nil {
				return err
			}
		}
		return nil
	})
	l.fail["R-00002"] = 2
	for range 2 {
		if next, err := d.Once(t.Context()); !errors.Is(err, errNet) || !next.IsZero() {
			t.Errorf("Once = %v, %v", next, err)
		}
		if !slices.Equal(l.did, []access.RequestID{"R-00001", "R-00003"}) {
			t.Errorf("did %v beside the error", l.did)
		}
	}
	if _, err := d.Once(t.Context()); err != nil || !slices.Equal(l.did, []access.RequestID{"R-00001", "R-00003", "R-00002"}) {
		t.Errorf("did %v, %v", l.did, err)
	}
}

// TestRun waits for moments: that of what is due, that of a bell, and a while
// after an error.
func TestRun(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		began := time.Now()
		var jump atomic.Int64
		d, l := newDue(func() time.Time { return time.Now().Add(time.Duration(jump.Load())) })
		first := time.Hour + 20*time.Second // no whole minutes: it must be the moment, not a round that is near
		update(t, d.Store, func(tx state.Tx) error {
			return errors.Join(
				pending(tx, "R-00001", began.Add(first)),
				pending(tx, "R-00002", began.Add(48*time.Hour)))
		})
		l.fail["R-00002"] = 1
		ctx, stop := context.WithCancel(t.Context())
		bell := make(chan struct{}, 1)
		ended := make(chan struct{})
		go func() { d.Run(ctx, bell); close(ended) }()
		until := func(after time.Duration, want ...access.RequestID) {
			t.Helper()
			time.Sleep(time.Until(began.Add(after)))
			synctest.Wait()
			if got := l.done(); !slices.Equal(got, want) {
				t.Errorf("after %v did %v, want %v", after, got, want)
			}
		}
		until(first - time.Millisecond)
		until(first, "R-00001")
		// What is put in later counts once the bell rings.
		update(t, d.Store, func(tx state.Tx) error { return pending(tx, "R-00003", began.Add(2*time.Hour)) })
		bell <- struct{}{}
		until(2*time.Hour, "R-00001", "R-00003")
		until(48*time.Hour, "R-00001", "R-00003")
		until(48*time.Hour+time.Minute, "R-00001", "R-00003", "R-00002")
		// Nothing is due; a clock that jumps rings the bell.
		update(t, d.Store, func(tx state.Tx) error { return pending(tx, "R-00004", began.Add(1000*time.Hour)) })
		bell <- struct{}{}
		synctest.Wait()
		jump.Store(int64(1000 * time.Hour))
		bell <- struct{}{}
		synctest.Wait()
		if got := l.done(); len(got) != 4 {
			t.Errorf("after the jump did %v", got)
		}
		stop()
		<-ended
		for i, want := range []time.Duration{first, 2 * time.Hour, 48*time.Hour + time.Minute} {
			if got := l.at[i].Sub(began); got != want {
				t.Errorf("%s was done after %v, want %v", l.did[i], got, want)
			}
		}
	})
}

// TestRunNotices puts the clock forward, as a machine that slept does, and tells nobody.
// What has become due does not wait until the old moment comes.
func TestRunNotices(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var jump atomic.Int64
		d, l := newDue(func() time.Time { return time.Now().Add(time.Duration(jump.Load())) })
		update(t, d.Store, func(tx state.Tx) error { return pending(tx, "R-00001", time.Now().Add(4*time.Hour)) })
		ctx, stop := context.WithCancel(t.Context())
		ended := make(chan struct{})
		go func() { d.Run(ctx, nil); close(ended) }()
		time.Sleep(30 * time.Second)
		jump.Store(int64(5 * time.Hour))
		time.Sleep(time.Minute)
		synctest.Wait()
		if got := l.done(); !slices.Equal(got, []access.RequestID{"R-00001"}) {
			t.Errorf("a minute after the jump did %v", got)
		}
		stop()
		<-ended
	})
}

// TestRunEnds ends with its context, whatever it waits for.
func TestRunEnds(t *testing.T) {
	t.Parallel()
	for name, lapses := range map[string]time.Duration{"Nothing": 0, "Later": time.Hour, "Failing": -time.Hour} {
		synctest.Test(t, func(t *testing.T) {
			d, l := newDue(time.Now)
			if lapses != 0 {
				update(t, d.Store, func(tx state.Tx) error { return pending(tx, "R-00001", time.Now().Add(lapses)) })
			}
			l.fail["R-00001"] = 1000
			ctx, stop := context.WithCancel(t.Context())
			ended := make(chan struct{})
			go func() { d.Run(ctx, nil); close(ended) }()
			synctest.Wait()
			select {
			case <-ended:
				t.Errorf("%s: Run ended by itself", name)
			default:
			}
			stop()
			<-ended
		})
	}
}

// TestStillDue holds that what stays due after it was done does not keep a pass going, nor
// holds up what else is due.
func TestStillDue(t *testing.T) {
	t.Parallel()
	store := statetest.Memory()
	update(t, store, func(tx state.Tx) error {
		return errors.Join(pending(tx, "R-STUCK", start.Add(-time.Hour)), pending(tx, "R-NEXT0", start.Add(time.Hour)))
	})
	n := 0
	d := &schedule.Due{Store: store, Now: func() time.Time { return start }, Log: quiet(), Do: func(context.Context, state.Due) error {
		if n++; n > 3 {
			t.Fatal("it is done again and again")
		}
		return nil
	}}
	next, err := d.Once(t.Context())
	if n != 1 || err == nil || !strings.Contains(err.Error(), "still due") || !next.Equal(start.Add(time.Hour)) {
		t.Errorf("Once = %v, %v, after %d tries", next, err, n)
	}
}
