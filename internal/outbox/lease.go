package outbox

import (
	"encoding/json"
	"errors"
	"strings"
	"time"

	"latchkey/internal/state"
)

// errLost means that another runner has taken the effect over meanwhile.
var errLost = errors.New("the lease was lost")

// ErrStopping is the cause with which the second context of [Runner.RunWhile] ends when
// the process is to stop: a try that is under way is broken off and given back. That is
// no failure, and the next try looks what it had done.
var ErrStopping = errors.New("the process is being stopped")

// setAside is how long an effect that cannot be read is passed over. Its lane
// waits, every other goes on.
const setAside = 5 * time.Minute

// A look is what [take] found.
type look struct {
	taken      []Effect
	next       time.Time // when the next one is due, if none is
	unreadable []error   // what was set aside
}

// take leases up to n effects that are wanted, those that have been due longest.
func take(tx state.Tx, owner string, now time.Time, lease time.Duration, n int, wants func(Effect) bool) (look, error) {
	var l look
	for item, err := range tx.Scan(duePrefix) {
		if err != nil || len(l.taken) == n {
			return l, err
		}
		at, err := dueTime(item.Key)
		if err != nil {
			return l, err
		}
		if at.After(now) {
			l.next = at
			return l, nil
		}
		raw, err := tx.Get(effectPrefix + string(item.Value))
		if err != nil && !errors.Is(err, state.ErrNotFound) {
			return l, err
		}
		e, err := state.Decode[Effect](effectPrefix+string(item.Value), raw)
		if err != nil {
			l.unreadable = append(l.unreadable, err)
			if err := errors.Join(tx.Delete(item.Key), tx.Put(laterKey(item.Key, now.Add(setAside)), item.Value)); err != nil {
				return l, err
			}
			continue
		}
		if !wants(e) {
			continue
		}
		if e.LeaseOwner != "" {
			e.Attempts++ // whoever held it did not come back: that try counts
			e.LastError = "the runner " + e.LeaseOwner + " did not finish in time"
		}
		e.Term++
		e.LeaseOwner, e.LeaseUntil, e.Counted = owner, now.Add(lease), now
		l.taken = append(l.taken, e)
		if err := errors.Join(tx.Delete(item.Key), tx.Put(dueKey(e), []byte(e.ID)), save(tx, e)); err != nil {
			return l, err
		}
	}
	return l, nil
}

// wanted reports whether something that is wanted is due, and when the next effect is that
// is not due yet; zero when there is none.
func wanted(tx state.Tx, now time.Time, wants func(Effect) bool) (bool, time.Time, error) {
	for item, err := range tx.Scan(duePrefix) {
		if err != nil {
			return false, time.Time{}, err
		}
		at, err := dueTime(item.Key)
		if err != nil || at.After(now) {
			return false, at, err
		}
		e, err := state.Load[Effect](tx, effectPrefix+string(item.Value))
		if _, bad := state.Unreadable(err); bad || errors.Is(err, state.ErrNotFound) {
			continue // take sets it aside
		}
		if err != nil || wants(e) {
			return err == nil, time.Time{}, err
		}
	}
	return false, time.Time{}, nil
}

// mine loads the effect again and checks that the lease is still ours.
func mine(tx state.Tx, e Effect) (Effect, error) {
	now, err := state.Load[Effect](tx, effectPrefix+e.ID)
	if errors.Is(err, state.ErrNotFound) {
		return e, errLost
	}
	if err != nil {
		return e, err
	}
	if now.LeaseOwner != e.LeaseOwner || now.Term != e.Term {
		return e, errLost
	}
	return now, nil
}

// finish removes the effect and applies its result.
func finish(tx state.Tx, e Effect, h Handler, result json.RawMessage) error {
	e, err := mine(tx, e)
	if err != nil {
		return err
	}
	if h.Done != nil {
		if err := h.Done(tx, e, result); err != nil {
			return err
		}
	}
	return leave(tx, e)
}

// bury moves the effect among the dead and applies the consequence.
func bury(tx state.Tx, e Effect, h Handler, cause error) error {
	e, err := mine(tx, e)
	if err != nil {
		return err
	}
	if h.Failed != nil {
		if err := h.Failed(tx, e, cause); err != nil {
			return err
		}
	}
	if err := leave(tx, e); err != nil {
		return err
	}
	e.LeaseOwner, e.LeaseUntil, e.LastError = "", time.Time{}, cause.Error()
	e.Attempts++
	_, err = state.Save(tx, deadPrefix+e.ID, e)
	return err
}

// postpone gives the lease back and sets when to try again.
func postpone(tx state.Tx, e Effect, h Handler, o outcome, now time.Time) error {
	e, err := mine(tx, e)
	if err != nil {
		return err
	}
	if err := tx.Delete(dueKey(e)); err != nil {
		return err
	}
	e.LeaseOwner, e.LeaseUntil, e.NotBefore, e.Counted = "", time.Time{}, now.Add(o.wait), now
	switch {
	case o.unbegun:
		e.Unbegun++
	case o.notYet: // it goes on
	default:
		e.Attempts++
		if o.throttled {
			e.Throttled++
		}
		e.LastError = o.err.Error()
		if h.Retrying != nil {
			if err := h.Retrying(tx, e, o.err); err != nil {
				return err
			}
		}
		e.Heard = e.Attempts
	}
	return errors.Join(save(tx, e), tx.Put(dueKey(e), []byte(e.ID)))
}

// leave takes the effect out of its lane and makes the next one due.
func leave(tx state.Tx, e Effect) error {
	if err := errors.Join(tx.Delete(effectPrefix+e.ID), tx.Delete(laneKey(e)), tx.Delete(dueKey(e))); err != nil {
		return err
	}
	id, seq, ok, err := head(tx, e.Lane)
	if err != nil || !ok {
		return err
	}
	next, err := state.Load[Effect](tx, effectPrefix+id)
	if _, bad := state.Unreadable(err); bad || errors.Is(err, state.ErrNotFound) {
		return tx.Put(duePrefix+state.TimeKey(e.due())+"/"+seq, []byte(id)) // take sets it aside
	}
	if err != nil {
		return err
	}
	return tx.Put(dueKey(next), []byte(next.ID))
}

// nextDue returns the moment at which the first effect is due.
func nextDue(tx state.Tx) (at time.Time, ok bool, err error) {
	for item, err := range tx.Scan(duePrefix) {
		if err != nil {
			return time.Time{}, false, err
		}
		at, err := dueTime(item.Key)
		return at, err == nil, err
	}
	return time.Time{}, false, nil
}

// dueTime reads the moment out of a key of the due index, and laterKey writes
// another one into it.
func dueTime(key string) (time.Time, error) {
	at, _, _ := strings.Cut(strings.TrimPrefix(key, duePrefix), "/")
	return state.ParseTimeKey(at)
}

func laterKey(key string, at time.Time) string {
	_, seq, _ := strings.Cut(strings.TrimPrefix(key, duePrefix), "/")
	return duePrefix + state.TimeKey(at) + "/" + seq
}
