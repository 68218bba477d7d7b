package outbox

import (
	"errors"
	"time"

	"latchkey/internal/state"
)

// awaited has what time made due in the lane be done as what somebody waits for, who now
// comes to stand behind it. What has only been waiting for its turn is tried at once.
// It reads none but those, however much stands in the lane: each is met once, since it
// is due to time no more.
func awaited(tx state.Tx, lane string, now time.Time) error {
	var before []Effect
	var met []string
	for item, err := range tx.Scan(byTimePrefix + lane + "|") {
		if err != nil {
			return err
		}
		met = append(met, item.Key)
		e, err := state.Load[Effect](tx, effectPrefix+string(item.Value))
		if _, bad := state.Unreadable(err); bad || errors.Is(err, state.ErrNotFound) {
			continue
		}
		if err != nil {
			return err
		}
		if e.Timed {
			before = append(before, e)
		}
	}
	for _, key := range met {
		if err := tx.Delete(key); err != nil {
			return err
		}
	}
	for _, e := range before {
		was := e
		e.Timed = false
		if e.LeaseOwner == "" && e.Unbegun > 0 && e.Unbegun == e.Term && e.NotBefore.After(now) {
			e.NotBefore, e.Counted = now, now
		}
		if err := become(tx, was, e); err != nil {
			return err
		}
	}
	return nil
}
