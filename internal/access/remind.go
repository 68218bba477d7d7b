package access

import "time"

// leastReminded is how long something must wait for anybody to be reminded of it.
const leastReminded = time.Hour

// mostReminded is how often anybody is reminded of one thing.
const mostReminded = 2

// nextReminder is when those who must answer are reminded next, after so many
// reminders: half way, and when an eighth of the time is left. It returns false when
// they are not.
func nextReminder(from, until time.Time, had int) (time.Time, bool) {
	within := until.Sub(from)
	if from.IsZero() || within < leastReminded {
		return time.Time{}, false
	}
	switch had {
	case 0:
		return from.Add(within / 2), true
	case 1:
		return until.Add(-within / 8), true
	}
	return time.Time{}, false
}

// NextReminder is when those who must decide are reminded next: when the rule says so, or
// else at the usual times, as also where the request lapses before what the rule says. It
// returns false when they are not.
func (r Request) NextReminder() (time.Time, bool) {
	if r.State != Pending || r.CreatedAt.IsZero() {
		return time.Time{}, false
	}
	usual, ok := nextReminder(r.Asked(), r.DecideBy, r.Reminded)
	if r.Reminded >= mostReminded {
		return usual, ok
	}
	at := r.Asked().Add([mostReminded]time.Duration{r.Rule.RemindAfter, r.Rule.EscalateAfter}[r.Reminded])
	if at.After(r.Asked()) && at.Before(r.DecideBy) {
		return at, true
	}
	return usual, ok
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
func (r Request) LastReminder() bool { return r.Reminded >= mostReminded }
