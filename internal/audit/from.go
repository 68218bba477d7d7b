package audit

import (
	"iter"

	"latchkey/internal/access"
	"latchkey/internal/state"
)

// From yields the events of the numbers from first to last, oldest first, without holding
// more than one. It reads no others, and those in few calls, however far away the store is.
func From(tx state.Tx, first, last uint64) iter.Seq2[access.Event, error] {
	return func(yield func(access.Event, error) bool) {
		for _, prefix := range between(number(first), number(last)) {
			for item, err := range tx.Scan(eventPrefix + prefix) {
				var e access.Event
				if err == nil && item.Key > key(last) {
					return
				}
				if err == nil {
					e, err = state.Decode[access.Event](item.Key, item.Value)
				}
				if !yield(e, err) || err != nil {
					return
				}
			}
		}
	}
}

// between are beginnings that all numbers from the first on have, in their order, and none
// before it; those that all come after the last are left out.
func between(first, last string) []string {
	if first > last {
		return nil
	}
	out := []string{first}
	for i := len(first) - 1; i >= 0; i-- {
		for d := first[i] + 1; d <= '9'; d++ {
			if prefix := first[:i] + string(d); prefix <= last[:i+1] {
				out = append(out, prefix)
			}
		}
	}
	return out
}
