package outbox

import (
	"fmt"
	"iter"
	"strings"
	"time"

	"latchkey/internal/state"
)

// due is the moment at which the effect may be taken: a leased one when its
// lease runs out.
func (e Effect) due() time.Time {
	if e.LeaseOwner != "" {
		return e.LeaseUntil
	}
	return e.NotBefore
}

// dueKey is where the index has the effect, if it is at the head of its lane.
func dueKey(e Effect) string {
	prefix := duePrefix
	if e.Timed {
		prefix = timedPrefix
	}
	return fmt.Sprintf("%s%s/%020d", prefix, state.TimeKey(e.due()), e.Seq)
}

// nextDue returns the moment at which the first effect is due.
func nextDue(tx state.Tx) (at time.Time, ok bool, err error) {
	for _, timed := range []bool{false, true} {
		for one, err := range dues(tx, timed) {
			if err != nil {
				return time.Time{}, false, err
			}
			at, ok = sooner(at, one.at), true
			break
		}
	}
	return at, ok, nil
}

// sooner is the earlier of two moments, of which the first may be none.
func sooner(a, b time.Time) time.Time {
	if a.IsZero() || b.Before(a) {
		return b
	}
	return a
}

// due is an entry of the index by which effects are found when they are due.
type due struct {
	state.Item
	at time.Time
}

// dues lists, in the order in which they are due, the effects that time made due, or else
// those that somebody waits for.
func dues(tx state.Tx, timed bool) iter.Seq2[due, error] {
	prefix := duePrefix
	if timed {
		prefix = timedPrefix
	}
	return func(yield func(due, error) bool) {
		for item, err := range tx.Scan(prefix) {
			if !timed && strings.HasPrefix(item.Key, timedPrefix) {
				return
			}
			one := due{Item: item}
			if err == nil {
				one.at, err = dueTime(item.Key)
			}
			if !yield(one, err) || err != nil {
				return
			}
		}
	}
}

// dueTime reads the moment out of a key of the due index, and laterKey writes
// another one into it.
func dueTime(key string) (time.Time, error) {
	at, _, _ := strings.Cut(strings.TrimPrefix(strings.TrimPrefix(key, timedPrefix), duePrefix), "/")
	return state.ParseTimeKey(at)
}

func laterKey(key string, at time.Time) string {
	prefix := duePrefix
	if strings.HasPrefix(key, timedPrefix) {
		prefix = timedPrefix
	}
	_, seq, _ := strings.Cut(strings.TrimPrefix(key, prefix), "/")
	return prefix + state.TimeKey(at) + "/" + seq
}
