package audit

import "time"

// PutBack is where times do not follow the order of events: the clock was put back before the
// later one, or ahead before the earlier one. The order is that of the numbers, which
// nobody can bend.
type PutBack struct {
	Times int    // between two events
	First uint64 // the number of the event before which it was first
	last  time.Time
}

// leeway is how much earlier than the one before it an event may be dated: its moment is
// taken before its turn to be written has come.
const leeway = time.Minute

// next takes the times of events in their order.
func (b *PutBack) next(seq uint64, at time.Time) {
	if at.Before(b.last.Add(-leeway)) {
		if b.Times++; b.Times == 1 {
			b.First = seq
		}
	}
	b.last = at
}
