package outbox

import (
	"time"

	"latchkey/internal/state"
)

// Hurry has what waits for its next try be tried now, of the kinds that are wanted: what
// kept it is over. What somebody holds goes on, and what waits behind another still does.
func Hurry(tx state.Tx, wants func(kind string) bool, now time.Time) error {
	return change(tx, func(e *Effect) bool {
		if e.LeaseOwner != "" || !e.NotBefore.After(now) || !wants(e.Kind) {
			return false
		}
		e.NotBefore, e.Counted = now, now
		return true
	})
}
