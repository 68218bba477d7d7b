package outbox

import (
	"encoding/json"
	"errors"
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

// take leases up to n effects that are wanted: half of them of those that somebody waits for
// and half of what time made due, as far as there are both, and of each those that have been
// due longest. Of an odd number timed says of which there is one more.
func take(tx state.Tx, owner string, now time.Time, lease time.Duration, n int, wants func(Effect) bool, timed bool) (look, error) {
	t := taking{tx: tx, owner: owner, now: now, lease: lease, wants: wants}
	err := errors.Join(t.from(timed, (n+1)/2), t.from(!timed, n))
	if err == nil && len(t.taken) < n {
		err = t.from(timed, n)
	}
	return t.look, err
}

// taking is what one look takes.
type taking struct {
	tx    state.Tx
	owner string
	now   time.Time
	lease time.Duration
	wants func(Effect) bool
	look
}

// from takes what is due, until so many are taken in all.
func (t *taking) from(timed bool, most int) error {
	if len(t.taken) >= most {
		return nil
	}
	for one, err := range dues(t.tx, timed) {
		if err != nil {
			return err
		}
		if one.at.After(t.now) {
			t.next = sooner(t.next, one.at)
			return nil
		}
		e, err := t.read(one)
		if err != nil {
			return err
		}
		if e.ID == "" || !t.wants(e) {
			continue
		}
		e = e.leased(t.owner, t.now, t.lease)
		if err := errors.Join(t.tx.Delete(one.Key), t.tx.Put(dueKey(e), []byte(e.ID)), save(t.tx, e)); err != nil {
			return err
		}
		if t.taken = append(t.taken, e); len(t.taken) == most {
			return nil
		}
	}
	return nil
}

// read loads an effect that is due. One that cannot be read is set aside, and has no id.
func (t *taking) read(one due) (Effect, error) {
	id := string(one.Value)
	raw, err := t.tx.Get(effectPrefix + id)
	if err != nil && !errors.Is(err, state.ErrNotFound) {
		return Effect{}, err
	}
	e, err := state.Decode[Effect](effectPrefix+id, raw)
	if err == nil {
		return e, nil
	}
	t.unreadable = append(t.unreadable, err)
	later := t.now.Add(setAside)
	t.next = sooner(t.next, later)
	return Effect{}, errors.Join(t.tx.Delete(one.Key), t.tx.Put(laterKey(one.Key, later), one.Value))
}

// leased is the effect in the hands of who does it now.
func (e Effect) leased(owner string, now time.Time, lease time.Duration) Effect {
	if e.LeaseOwner != "" {
		e.Attempts++ // whoever held it did not come back: that try counts
		e.LastError = "the runner " + e.LeaseOwner + " did not finish in time"
	}
	e.Term++
	e.LeaseOwner, e.LeaseUntil, e.Counted = owner, now.Add(lease), now
	return e
}

// wanted reports whether something is due that is wanted, or cannot be read, and when the next effect is that
// is not due yet; zero when there is none.
func wanted(tx state.Tx, now time.Time, wants func(Effect) bool) (bool, time.Time, error) {
	var next time.Time
	for _, timed := range []bool{false, true} {
		for one, err := range dues(tx, timed) {
			if err != nil {
				return false, next, err
			}
			if one.at.After(now) {
				next = sooner(next, one.at)
				break
			}
			e, err := state.Load[Effect](tx, effectPrefix+string(one.Value))
			if _, bad := state.Unreadable(err); bad || errors.Is(err, state.ErrNotFound) {
				return true, time.Time{}, nil // take sets it aside
			}
			if err != nil || wants(e) {
				return err == nil, time.Time{}, err
			}
		}
	}
	return false, next, nil
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
	timed := e.Timed
	e, err := mine(tx, e)
	if err != nil {
		return err
	}
	if err := tx.Delete(dueKey(e)); err != nil {
		return err
	}
	if o.unbegun && timed && !e.Timed {
		o.wait = 0 // somebody stands behind it since, so its turn is another
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
	if err := errors.Join(tx.Delete(effectPrefix+e.ID), tx.Delete(laneKey(e)), tx.Delete(byTimeKey(e)), tx.Delete(dueKey(e))); err != nil {
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
