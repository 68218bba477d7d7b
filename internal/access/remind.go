package access

import "time"

// leastReminded is how long a request must wait for anybody to be reminded of it.
const leastReminded = time.Hour

// NextReminder is when those who must decide are reminded next: half way, and when an
// eighth of the time is left. It returns false when they are not.
func (r Request) NextReminder() (time.Time, bool) {
	asked := r.Asked()
	within := r.DecideBy.Sub(asked)
	if r.State != Pending || r.CreatedAt.IsZero() || within < leastReminded {
		return time.Time{}, false
	}
	switch r.Reminded {
	case 0:
		return asked.Add(within / 2), true
	case 1:
		return r.DecideBy.Add(-within / 8), true
	}
	return time.Time{}, false
}

// Asked is since when those whose word it waits for have been asked.
func (r Request) Asked() time.Time {
	if r.AskedAt.IsZero() {
		return r.CreatedAt
	}
	return r.AskedAt
}

// Remind counts a reminder. Of several that are due, as after a time in which the bot
// was down, the last one stands for all.
func (r Request) Remind(now time.Time) (Request, bool) {
	due := false
	for at, ok := r.NextReminder(); ok && !at.After(now) && now.Before(r.DecideBy); at, ok = r.NextReminder() {
		r.Reminded++
		due = true
	}
	return r, due
}

// LastReminder reports whether there will be no other.
func (r Request) LastReminder() bool { return r.Reminded > 1 }
