package outbox

import (
	"context"
	"time"

	"latchkey/internal/state"
)

const unknown = "what became of the try could not be written, or whether it was to begin"

// regain gives back the leases that are this runner's in the store but not in its hands: a
// commit was said to have failed and was carried out all the same, or an outcome could not be
// written. Nobody else may take those effects before their leases run out, and what takes
// access away waits for no lease.
func (r *Runner) regain(ctx context.Context) error {
	if !r.adrift.Swap(false) {
		return nil
	}
	err := r.Store.Update(ctx, func(tx state.Tx) error {
		now := r.Now()
		return change(tx, func(e *Effect) bool {
			if e.LeaseOwner != r.Owner || r.holds(*e) {
				return false
			}
			e.giveBack(now, unknown, r.Backoff)
			return true
		})
	})
	if err != nil {
		r.adrift.Store(true)
	}
	return err
}

// giveBack ends a lease whose try counts, for whatever reason it did not come to its end.
// The second time in a row for the same reason puts the effect off.
func (e *Effect) giveBack(now time.Time, reason string, backoff func(attempt int) time.Duration) {
	e.LeaseOwner, e.LeaseUntil, e.NotBefore, e.Counted = "", time.Time{}, now, now
	e.Attempts++
	if e.LastError == reason {
		e.NotBefore = now.Add(backoff(e.Attempts))
	}
	e.LastError = reason
}
