package outbox

import (
	"context"
	"errors"
	"math"
	"time"

	"latchkey/internal/state"
)

// skew is how much the clocks of those who share a store may differ. What waits since a
// moment that is further ahead waits by a clock that was put back.
const skew = time.Minute

// longOff is how far a look for what was done goes back when nobody knows how far ahead
// the clock was by which it was owed.
const longOff = 24 * time.Hour

// counted is the moment by which the effect's wait, or its lease, was set.
func (e Effect) counted() time.Time {
	if e.Counted.IsZero() {
		return e.EnqueuedAt
	}
	return e.Counted
}

func (e Effect) ahead(now time.Time) bool { return e.counted().After(now.Add(skew)) }

// glance is how many effects a look for a clock that was put back reads, where there is no
// sign of one.
const glance = 200

// following is how far a runner has looked for waits by a clock that was put back. It is of
// whoever looks for what is due.
type following struct {
	at    time.Time // the last look
	whole int       // looks to come at all there is
	after string    // the entry at which the last look has ended; empty: at the last
}

// followClock has waits be as long as they are when the clock was put back. It looks for
// them once a minute: at all there is at first, and twice when the clock has gone back since
// the last look, for whoever reads the clock may write a little later; else, for the sake of
// who shares the store and has another clock, at some of it in turns.
func (r *Runner) followClock(ctx context.Context) error {
	now := r.Now().Round(0) // as the wall shows it: what is measured never goes back
	f := r.following
	passed := now.Sub(f.at)
	if 0 <= passed && passed < skew {
		return nil
	}
	if passed < 0 || f.at.IsZero() {
		f.whole, f.after = 2, ""
	}
	most := glance
	if f.whole > 0 {
		f.whole--
		most = math.MaxInt
	}
	found, after := false, f.after
	err := r.Store.View(ctx, func(tx state.Tx) (err error) {
		found, f.after, err = anyAhead(tx, now, after, most)
		return err
	})
	if err == nil && found {
		r.Log.WarnContext(ctx, "the clock was put back")
		err = r.Store.Update(ctx, func(tx state.Tx) error { return recount(tx, now) })
	}
	if err == nil {
		f.at = now
		r.following = f
	}
	return err
}

// anyAhead reports whether one of the next effects at the heads of their lanes waits by a
// clock that was put back, and with which entry it has ended. It reads so many of those that
// are not due soon: the others cannot. What cannot be read is not asked.
func anyAhead(tx state.Tx, now time.Time, after string, most int) (found bool, end string, err error) {
	for item, err := range tx.Scan(duePrefix) {
		if err != nil {
			return false, "", err
		}
		if at, err := dueTime(item.Key); err != nil || item.Key <= after || !at.After(now.Add(skew)) {
			if err != nil {
				return false, "", err
			}
			continue
		}
		e, err := state.Load[Effect](tx, effectPrefix+string(item.Value))
		if _, bad := state.Unreadable(err); bad || errors.Is(err, state.ErrNotFound) {
			continue
		}
		if err != nil || e.ahead(now) {
			return err == nil, "", err
		}
		if most--; most == 0 {
			return false, item.Key, nil
		}
	}
	return false, "", nil
}

// recount has everything wait from now on that waits since a moment to come. Who holds an
// effect goes on with it.
func recount(tx state.Tx, now time.Time) error {
	return change(tx, func(e *Effect) bool {
		if !e.ahead(now) {
			return false
		}
		off := e.counted().Sub(now)
		e.NotBefore = e.NotBefore.Add(-off)
		if e.LeaseOwner != "" {
			e.LeaseUntil = e.LeaseUntil.Add(-off)
		}
		if since := now.Add(-longOff); since.Before(e.Since()) {
			e.FirstAt = since
		}
		if e.EnqueuedAt.After(now) {
			e.EnqueuedAt = now
		}
		e.Counted = now
		return true
	})
}

// change writes each effect that is owed and that another has become, with when it is due.
// What cannot be read is left alone.
func change(tx state.Tx, to func(*Effect) bool) error {
	var was, is []Effect
	for item, err := range tx.Scan(effectPrefix) {
		if err != nil {
			return err
		}
		e, err := state.Decode[Effect](item.Key, item.Value)
		if err != nil {
			continue
		}
		if before := e; to(&e) {
			was, is = append(was, before), append(is, e)
		}
	}
	for i, e := range is {
		if err := become(tx, was[i], e); err != nil {
			return err
		}
	}
	return nil
}

// become writes the effect that another has become, with when it is due.
func become(tx state.Tx, was, is Effect) error {
	head, _, _, err := head(tx, is.Lane)
	if err != nil {
		return err
	}
	if head == is.ID {
		err = errors.Join(tx.Delete(dueKey(was)), tx.Put(dueKey(is), []byte(is.ID)))
	}
	return errors.Join(err, save(tx, is))
}
