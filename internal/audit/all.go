package audit

import (
	"iter"

	"latchkey/internal/access"
	"latchkey/internal/state"
)

// All yields every event, oldest first, without holding more than one.
func All(tx state.Tx) iter.Seq2[access.Event, error] {
	return func(yield func(access.Event, error) bool) {
		for item, err := range tx.Scan(eventPrefix) {
			var e access.Event
			if err == nil {
				e, err = state.Decode[access.Event](item.Key, item.Value)
			}
			if !yield(e, err) || err != nil {
				return
			}
		}
	}
}
