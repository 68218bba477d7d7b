package outbox_test

import (
	"errors"
	"runtime"
	"testing"

	"latchkey/internal/outbox"
	"latchkey/internal/state"
	"latchkey/internal/state/statetest"
)

// TestFaults tries every fault at the first and at the second effect of a lane,
// on each store, with one runner that goes on and with two that take turns. After
// each the remote holds every effect exactly once, the lane's order is kept, and
// nothing is left in the outbox.
func TestFaults(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name string
		// fault is what happens in try n at the effect.
		fault    func(w *world, e outbox.Effect, n int) (goOn bool, err error)
		attempts int // that counted as failed
		dead     bool
	}{
		{"None", func(*world, outbox.Effect, int) (bool, error) { return true, nil }, 0, false},
		{"FailNotApplied", first(func(*world, outbox.Effect) error { return errNet }), 1, false},
		{"FailButApplied", first(func(w *world, e outbox.Effect) error { w.post(e); return errNet }), 1, false},
		{"FailThrice", func(_ *world, _ outbox.Effect, n int) (bool, error) { return n > 3, errNet }, 3, false},
		{"CrashBefore", first(func(*world, outbox.Effect) error { runtime.Goexit(); return nil }), 0, false},
		{"CrashAfterApplied", first(func(w *world, e outbox.Effect) error { w.post(e); runtime.Goexit(); return nil }), 0, false},
		{"RetryAfter", first(func(*world, outbox.Effect) error { return outbox.RetryAfter(errNet, 3*lease) }), 1, false},
		{"RetryAfterApplied", first(func(w *world, e outbox.Effect) error { w.post(e); return outbox.RetryAfter(errNet, 0) }), 1, false},
		{"NotYet", func(w *world, e outbox.Effect, n int) (bool, error) {
			if n == 1 {
				w.post(e)
			}
			return n > 3, outbox.NotYet(backoff)
		}, 0, false},
		{"Permanent", first(func(*world, outbox.Effect) error { return outbox.Permanent(errNet) }), 0, true},
		{"PermanentLater", func(_ *world, _ outbox.Effect, n int) (bool, error) {
			if n == 1 {
				return false, errNet
			}
			return false, outbox.Permanent(errNet)
		}, 1, true},
		{"SlowerThanItsLease", first(func(w *world, _ outbox.Effect) error { w.advance(2 * lease); return errNet }), 1, false},
		{"SlowerThanItsLeaseApplied", slow(nil), 0, false},
		{"SlowAndFailed", slow(errNet), 0, false},
		{"SlowAndPermanent", slow(outbox.Permanent(errNet)), 0, false},
		{"SlowAndNotYet", slow(outbox.NotYet(0)), 0, false},
	}
	for storeName, open := range stores {
		for _, at := range []string{"a1", "a2"} {
			for _, two := range []bool{false, true} {
				for _, test := range tests {
					name := test.name + "/" + storeName + "/" + at + map[bool]string{false: "/OneRunner", true: "/TwoRunners"}[two]
					t.Run(name, func(t *testing.T) {
						t.Parallel()
						w := newWorld(t, open(t))
						w.try = func(e outbox.Effect, n int) (bool, error) {
							if e.ID != at {
								return true, nil
							}
							return test.fault(w, e, n)
						}
						w.enqueue("lane/a:a1", "lane/a:a2", "lane/a:a3", "lane/b:b1", "lane/b:b2")
						runners := []*outbox.Runner{w.runner("one")}
						if two {
							runners = append(runners, w.runner("two"))
						}
						w.drain(runners...)
						checkFault(w, at, test.attempts, test.dead)
					})
				}
			}
		}
	}
}

func checkFault(w *world, at string, attempts int, dead bool) {
	w.t.Helper()
	if got := w.told("retrying", at); got != attempts {
		w.t.Errorf("Retrying was told %d times, want %d", got, attempts)
	}
	failed, done := 0, 1
	var want, buried []string
	for _, id := range []string{"a1", "a2", "a3", "b1", "b2"} {
		if dead && id == at {
			buried, failed, done = append(buried, id), 1, 0
			continue
		}
		want = append(want, id)
	}
	w.wantPosted(want...)
	w.wantNothingLeft(buried...)
	if d, f := w.told("done", at), w.told("failed", at); d != done || f != failed {
		w.t.Errorf("Done was told %d times and Failed %d times, want %d and %d", d, f, done, failed)
	}
	if e, ok := w.dead()[at]; ok && (e.Attempts != attempts+1 || e.LastError != errNet.Error() || e.LeaseOwner != "") {
		w.t.Errorf("the dead effect has %d attempts, error %q and owner %q", e.Attempts, e.LastError, e.LeaseOwner)
	}
}

// first is a fault of the first try only.
func first(fault func(w *world, e outbox.Effect) error) func(*world, outbox.Effect, int) (bool, error) {
	return func(w *world, e outbox.Effect, n int) (bool, error) {
		if n > 1 {
			return true, nil
		}
		return false, fault(w, e)
	}
}

// slow is a first try that did its work, and comes back so late that another
// runner has taken the effect over and finished it. What it says then must count
// for nothing.
func slow(err error) func(*world, outbox.Effect, int) (bool, error) {
	return first(func(w *world, e outbox.Effect) error {
		w.post(e)
		w.advance(2 * lease)
		w.once(w.runner("other"))
		return err
	})
}

// TestLateOutcomeDuringTakeover lets a slow try come back while the one that took
// over is still at work: under the same name as well as under another, after the
// lease has run out and after a release. Neither the name nor the attempts that
// counted tell the two apart, the term does.
func TestLateOutcomeDuringTakeover(t *testing.T) {
	t.Parallel()
	for name, late := range map[string]error{
		"Done": nil, "Failed": errNet, "Permanent": outbox.Permanent(errNet),
		"NotYet": outbox.NotYet(0), "RetryAfter": outbox.RetryAfter(errNet, 0),
	} {
		for _, owner := range []string{"one", "two"} {
			for _, released := range []bool{false, true} {
				t.Run(name+"/"+owner+map[bool]string{false: "/LeaseOver", true: "/Released"}[released], func(t *testing.T) {
					t.Parallel()
					lateOutcome(newWorld(t, statetest.Memory()), late, owner, released)
				})
			}
		}
	}
}

func lateOutcome(w *world, late error, owner string, released bool) {
	w.enqueue("a:a1", "a:a2")
	atWork, goOn, over := make(chan struct{}), make(chan struct{}), make(chan struct{})
	w.try = func(e outbox.Effect, n int) (bool, error) {
		switch {
		case e.ID != "a1":
		case n == 1:
			w.post(e)
			if released {
				w.release()
			} else {
				w.advance(lease + 1)
			}
			go func() {
				defer close(over)
				w.once(w.runner(owner))
			}()
			<-atWork
			return false, late
		case n == 2:
			close(atWork)
			<-goOn
		}
		return true, nil
	}
	w.once(w.runner("one"))
	e, owed := w.pending()["a1"]
	if !owed || e.Term != 2 || e.LeaseOwner != owner || !e.LeaseUntil.Equal(w.Now().Add(lease)) {
		w.t.Errorf("after the late outcome the effect is %+v, %t; want it held by the second try", e, owed)
	}
	if e.Attempts != 1 {
		w.t.Errorf("Attempts = %d after a takeover, released: %t", e.Attempts, released)
	}
	if w.told("done", "a1")+w.told("failed", "a1")+w.told("retrying", "a1") != 0 {
		w.t.Error("the late outcome was told")
	}
	if w.has("a2") {
		w.t.Error("the next in the lane was done meanwhile")
	}
	close(goOn)
	<-over
	w.wantPosted("a1", "a2")
	w.wantNothingLeft()
	if got := w.told("done", "a1"); got != 1 {
		w.t.Errorf("Done was told %d times, want 1", got)
	}
}

// TestDoneFails lets the transaction of the outcome fail: what the remote did is
// not done again, and the outcome is told once in the end.
func TestDoneFails(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name string
		err  error
		dead bool
	}{
		{"Plain", errNet, false},
		{"Permanent", outbox.Permanent(errNet), true},
		{"RetryAfter", outbox.RetryAfter(errNet, lease), false},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, statetest.Memory())
			failures := 2
			w.done = func(tx state.Tx, e outbox.Effect) error {
				if e.ID == "a1" && failures > 0 {
					failures--
					return errors.Join(tx.Put("half", nil), test.err)
				}
				return nil
			}
			w.enqueue("a:a1", "a:a2")
			w.drain(w.runner("one"))
			w.wantPosted("a1", "a2")
			done := 1
			if test.dead {
				done = 0
				w.wantNothingLeft("a1")
			} else {
				w.wantNothingLeft()
			}
			if got := w.told("done", "a1"); got != done {
				t.Errorf("Done was told %d times, want %d", got, done)
			}
		})
	}
}
