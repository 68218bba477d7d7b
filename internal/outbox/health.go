package outbox

import (
	"time"

	"latchkey/internal/state"
)

// Health is how the outbox stands.
type Health struct {
	Owed     int       // effects that are not done yet
	Oldest   time.Time // when the oldest of them was owed; zero when nothing is
	SetAside []Effect  // that could not be done, in the order of their ids
	// Unreadable are damaged ones of either.
	Unreadable int
}

// HealthOf tells how the outbox stands. What is damaged is counted and keeps nothing back.
func HealthOf(tx state.Tx) (Health, error) {
	var h Health
	owed, unread, err := state.Readable[Effect](tx, effectPrefix)
	if err != nil {
		return h, err
	}
	h.Owed, h.Unreadable = len(owed), len(unread)
	for _, e := range owed {
		if h.Oldest.IsZero() || e.EnqueuedAt.Before(h.Oldest) {
			h.Oldest = e.EnqueuedAt
		}
	}
	h.SetAside, unread, err = state.Readable[Effect](tx, deadPrefix)
	h.Unreadable += len(unread)
	return h, err
}
