package outbox_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"runtime"
	"strconv"
	"testing"
	"time"

	"pgregory.net/rapid"

	"latchkey/internal/outbox"
	"latchkey/internal/state"
	"latchkey/internal/state/statetest"
)

// board is a card that shows a number of the store: each change of the number owes an
// effect that shows it.
type board struct {
	*world
	shown, updates int
	meanwhile      func() // happens between the reading of the number and its showing
	end            func() error
}

const truth = "truth"

func newBoard(t *testing.T) *board {
	return &board{world: newWorld(t, statetest.Memory())}
}

func number(tx state.Tx) (int, error) {
	raw, err := tx.Get(truth)
	if errors.Is(err, state.ErrNotFound) {
		return 0, nil
	}
	if err != nil {
		return 0, err
	}
	return strconv.Atoi(string(raw))
}

// change makes the number one more and owes that it is shown.
func (b *board) change() {
	b.t.Helper()
	err := b.store.Update(b.t.Context(), func(tx state.Tx) error {
		n, err := number(tx)
		if err != nil {
			return err
		}
		e := outbox.Effect{
			ID: fmt.Sprintf("R-1/card/%04d/slack.card", n+1), Lane: "R-1/card", Kind: outbox.SlackCard, Payload: json.RawMessage(`{"Request":"R-1"}`),
		}
		return errors.Join(outbox.Enqueue(tx, e, b.Now()), tx.Put(truth, strconv.AppendInt(nil, int64(n+1), 10)))
	})
	if err != nil {
		b.t.Fatal(err)
	}
}

func (b *board) truth() (n int) {
	b.t.Helper()
	err := b.store.View(b.t.Context(), func(tx state.Tx) (err error) {
		n, err = number(tx)
		return err
	})
	if err != nil {
		b.t.Fatal(err)
	}
	return n
}

// show is a new life of the runner.
func (b *board) show() *outbox.Runner {
	r := b.runner("one")
	r.Handlers = map[string]outbox.Handler{outbox.SlackCard: {Do: func(context.Context, outbox.Effect) (json.RawMessage, error) {
		n := b.truth()
		if f := b.meanwhile; f != nil {
			b.meanwhile = nil
			f()
		}
		end := b.end
		b.end = nil
		if end != nil {
			if err := end(); err != nil {
				return nil, err
			}
		}
		b.shown, b.updates = n, b.updates+1
		return nil, nil
	}}}
	return r
}

// TestTenChangesAreOneUpdate has a card change ten times while the remote lets nothing
// through.
func TestTenChangesAreOneUpdate(t *testing.T) {
	t.Parallel()
	for name, turned := range map[string]error{
		"NotBegun": outbox.NotBegun(time.Hour), "RetryAfter": outbox.RetryAfter(errNet, time.Hour), "Failed": errNet, "NeverTried": nil,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := newBoard(t)
			for i := range 10 {
				b.change()
				if i == 0 && turned != nil {
					b.end = func() error { return turned }
					b.once(b.show())
				}
			}
			if n := len(b.pending()); n != 1 {
				t.Errorf("%d effects are owed, want 1", n)
			}
			b.advance(2 * time.Hour)
			b.drain(b.show())
			if b.updates != 1 || b.shown != 10 {
				t.Errorf("it was shown %d times and shows %d, want once and 10", b.updates, b.shown)
			}
			b.wantNothingLeft()
		})
	}
}

// TestChangeDuringUpdate has changes be committed while an older state is on its way: one
// more update shows the last of them, also after a crash.
func TestChangeDuringUpdate(t *testing.T) {
	t.Parallel()
	for name, end := range map[string]func() error{
		"Done": nil, "Failed": func() error { return errNet }, "Crash": func() error { runtime.Goexit(); return nil },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := newBoard(t)
			b.change()
			b.meanwhile, b.end = func() { b.change(); b.change(); b.change() }, end
			b.once(b.show())
			if end != nil {
				b.drain(b.show())
			}
			if b.shown != 4 || b.updates > 2 {
				t.Errorf("shown is %d after %d updates, want 4 after at most 2", b.shown, b.updates)
			}
			b.wantNothingLeft()
		})
	}
}

// TestFoldsOnlyTheSame keeps apart what differs, and what is to be said each time.
func TestFoldsOnlyTheSame(t *testing.T) {
	t.Parallel()
	base := outbox.Effect{ID: "1", Lane: "a", Kind: outbox.SlackCard, Payload: json.RawMessage(`{"Card":"customer"}`)}
	for name, other := range map[string]func(*outbox.Effect){
		"Payload": func(e *outbox.Effect) { e.Payload = json.RawMessage(`{"Card":"requester"}`) },
		"Lane":    func(e *outbox.Effect) { e.Lane = "b" },
		"Kind":    func(e *outbox.Effect) { e.Kind = outbox.SlackOfferCard },
		"Notices": func(e *outbox.Effect) { e.Kind = outbox.SlackNotice },
	} {
		w := newWorld(t, statetest.Memory())
		second := base
		second.ID = "2"
		other(&second)
		first := base
		if name == "Notices" {
			first.Kind = outbox.SlackNotice
		}
		for _, e := range []outbox.Effect{first, second} {
			if err := w.store.Update(t.Context(), func(tx state.Tx) error { return outbox.Enqueue(tx, e, w.Now()) }); err != nil {
				t.Fatal(err)
			}
		}
		if n := len(w.pending()); n != 2 {
			t.Errorf("%s: %d are owed, want 2", name, n)
		}
	}
}

// TestRevivedFolds has an effect that may have been done in part be tried again while a
// later one waits: that one then looks for the work, as far back as it may lie.
func TestRevivedFolds(t *testing.T) {
	t.Parallel()
	b := newBoard(t)
	b.change()
	b.end = func() error { return outbox.Permanent(errNet) }
	b.once(b.show())
	b.advance(24 * time.Hour)
	b.change()
	if err := b.store.Update(t.Context(), func(tx state.Tx) error {
		_, err := outbox.Revive(tx, "R-1/card/0001/slack.card", b.Now())
		return err
	}); err != nil {
		t.Fatal(err)
	}
	all := b.pending()
	e := all["R-1/card/0002/slack.card"]
	if len(all) != 1 || len(b.dead()) != 0 || !e.Since().Equal(start) || !e.EnqueuedAt.Equal(b.Now()) {
		t.Fatalf("owed are %+v, dead %+v", all, b.dead())
	}
	e.Term++ // as its lease will
	if !e.Repeated() {
		t.Error("it would not look for what the first may have done")
	}
	b.drain(b.show())
	b.wantNothingLeft()
}

// TestNotBegun looks for no work of a try that did none, whatever came before it.
func TestNotBegun(t *testing.T) {
	t.Parallel()
	w := newWorld(t, statetest.Memory())
	var repeated []bool
	w.try = func(e outbox.Effect, n int) (bool, error) {
		repeated = append(repeated, e.Repeated())
		switch n {
		case 1, 2, 4:
			return false, outbox.NotBegun(time.Second)
		case 3:
			return false, outbox.RetryAfter(errNet, time.Second)
		}
		return true, nil
	}
	w.enqueue("a:a1")
	w.drain(w.runner("one"))
	if got := fmt.Sprint(repeated); got != "[false false false true true]" {
		t.Errorf("the tries were repeats: %s", got)
	}
	w.wantPosted("a1")
}

// TestThrottledHourDoesNotLengthenWaits goes by the errors alone when it waits.
func TestThrottledHourDoesNotLengthenWaits(t *testing.T) {
	t.Parallel()
	w := newWorld(t, statetest.Memory())
	w.try = func(_ outbox.Effect, n int) (bool, error) {
		if n <= 20 {
			return false, outbox.RetryAfter(errNet, 3*time.Minute)
		}
		return n > 21, errNet
	}
	w.enqueue("a:a1")
	r := w.runner("one")
	for range 21 {
		w.once(r)
		w.advance(3 * time.Minute)
	}
	if e := w.pending()["a1"]; e.Attempts != 21 || e.NotBefore.Sub(w.Now().Add(-3*time.Minute)) != backoff {
		t.Errorf("after an hour of throttling and one error the effect is %+v", e)
	}
	if n := w.told("retrying", "a1"); n != 21 {
		t.Errorf("Retrying was told %d times, want 21", n)
	}
}

// TestFoldModel changes a card and shows it, through random faults: at rest what is shown
// is the last state, and no more than two updates are ever owed.
func TestFoldModel(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		b := newBoard(t)
		changes := 0
		change := func() { b.change(); changes++ }
		rt.Repeat(map[string]func(*rapid.T){
			"": func(rt *rapid.T) {
				if n := len(b.pending()); n > 2 {
					rt.Fatalf("%d updates of one card are owed", n)
				}
			},
			"change": func(*rapid.T) { change() },
			"show": func(rt *rapid.T) {
				b.meanwhile, b.end = nil, nil
				if rapid.Bool().Draw(rt, "changed meanwhile") {
					b.meanwhile = func() { change(); change() }
				}
				switch rapid.SampledFrom([]string{"goes well", "fails", "is applied and fails", "crashes", "is not begun", "is throttled"}).Draw(rt, "it") {
				case "fails":
					b.end = func() error { return errNet }
				case "is applied and fails":
					b.end = func() error { b.shown = -1; return errNet } // whatever was shown then
				case "crashes":
					b.end = func() error { runtime.Goexit(); return nil }
				case "is not begun":
					b.end = func() error { return outbox.NotBegun(time.Second) }
				case "is throttled":
					b.end = func() error { return outbox.RetryAfter(errNet, time.Minute) }
				}
				b.once(b.show())
			},
			"wait":    func(*rapid.T) { b.advance(lease / 2) },
			"restart": func(*rapid.T) { b.release() },
		})
		b.meanwhile, b.end = nil, nil
		b.drain(b.show())
		if b.shown != changes {
			rt.Fatalf("shown is %d, want %d", b.shown, changes)
		}
		b.wantNothingLeft()
	})
}
