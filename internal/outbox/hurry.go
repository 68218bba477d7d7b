package outbox

import (
	"errors"
	"time"

	"latchkey/internal/state"
)

// Hurry has what waits for its next try be tried now, of the kinds that are wanted: what
// kept it is over. What somebody holds goes on, and what waits behind another still does.
func Hurry(tx state.Tx, wants func(kind string) bool, now time.Time) error {
	var parked []Effect
	for item, err := range tx.Scan(effectPrefix) {
		if err != nil {
			return err
		}
		e, err := state.Decode[Effect](item.Key, item.Value)
		if err == nil && e.LeaseOwner == "" && e.NotBefore.After(now) && wants(e.Kind) {
			parked = append(parked, e)
		}
	}
	for _, e := range parked {
		head, _, _, err := head(tx, e.Lane)
		if err != nil {
			return err
		}
		first := head == e.ID
		if first {
			err = tx.Delete(dueKey(e))
		}
		e.NotBefore = now
		if err = errors.Join(err, save(tx, e)); err == nil && first {
			err = tx.Put(dueKey(e), []byte(e.ID))
		}
		if err != nil {
			return err
		}
	}
	return nil
}
