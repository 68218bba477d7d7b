package outbox

import (
	"errors"
	"time"

	"latchkey/internal/state"
)

// ErrNotDead means that the effect does not lie among the dead: it was tried
// again already, or was never there.
var ErrNotDead = errors.New("the effect is not among the dead")

// Revive owes an effect again that could not be done, at the end of its lane. It
// is repeated, for what could not be done may have been done in part.
func Revive(tx state.Tx, id string, now time.Time) (Effect, error) {
	e, err := state.Load[Effect](tx, deadPrefix+id)
	if errors.Is(err, state.ErrNotFound) {
		return e, ErrNotDead
	}
	if err != nil {
		return e, err
	}
	if err := tx.Delete(deadPrefix + id); err != nil {
		return e, err
	}
	e.FirstAt = e.Since() // a look for what was done goes back so far
	e.Attempts, e.Heard, e.Throttled, e.NotBefore, e.Counted = 0, 0, 0, time.Time{}, time.Time{}
	e.Term = max(e.Term, e.Unbegun+1)
	return e, Enqueue(tx, e, now)
}

// SetAside moves what is owed, and wanted, among the dead, from where [Revive] owes it
// again, and returns it. It is for a process that has just begun: nothing is under way.
func SetAside(tx state.Tx, wanted func(Effect) bool, why string) ([]Effect, error) {
	owed, _, err := state.Readable[Effect](tx, effectPrefix)
	if err != nil {
		return nil, err
	}
	var out []Effect
	for _, e := range owed {
		if !wanted(e) {
			continue
		}
		if err := leave(tx, e); err != nil {
			return nil, err
		}
		e.LeaseOwner, e.LeaseUntil, e.LastError = "", time.Time{}, why
		e.Term = max(e.Term, e.Unbegun+1) // it may have been done
		if _, err := state.Save(tx, deadPrefix+e.ID, e); err != nil {
			return nil, err
		}
		out = append(out, e)
	}
	return out, nil
}
