package schedule

import (
	"context"
	"log/slog"
	"sync"

	"latchkey/internal/state"
)

// aside remembers which records were found unreadable, so that the log names
// each once and not in every pass.
type aside struct {
	mu   sync.Mutex
	told map[string]bool
}

// tell logs the records that the errors name and were not named before.
func (a *aside) tell(log *slog.Logger, faults ...error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	for _, err := range faults {
		if a.told[err.Error()] {
			continue
		}
		if a.told == nil {
			a.told = map[string]bool{}
		}
		a.told[err.Error()] = true
		log.Error("a record cannot be read", "err", err)
	}
}

func (s *Sync) setAside(faults ...error) { s.aside.tell(s.Log, faults...) }

// mend removes what cannot be read of the mirror after a whole read, which has
// written anew what Graph still lists.
func (r *reading) mend(ctx context.Context) error {
	var removed []error
	err := r.Store.View(ctx, func(tx state.Tx) error {
		bad, err := state.UnreadableMirror(tx)
		removed = bad
		return err
	})
	if err != nil || len(removed) == 0 {
		return err
	}
	r.setAside(removed...)
	return r.Store.Update(ctx, state.MendMirror)
}
