package access

import "time"

// mostWarning is how long before its end access is called to mind, at most.
const mostWarning = 15 * time.Minute

// Open returns the grant of a window that opens. Before is the grant of the window
// before, and zero for the first; it must be over. A window that is over itself gives
// nothing.
func (r Request) Open(w Window, before Grant, now time.Time) (Grant, error) {
	if before.Request != "" && !before.Final() {
		return before, Refuse(Conflict, "The access of %s that began before is not gone yet.", r.ID)
	}
	if w.N <= before.Window {
		return before, Refuse(Conflict, "That access of %s began before.", r.ID)
	}
	g := NewGrant(r, now)
	g.Window, g.Until, g.Rev = w.N, w.End, before.Rev+1
	if !now.Before(w.End) {
		return g.NotBegun("In all of that time the bot did not run, or could not tell whether it is still allowed.", now), nil
	}
	return g, nil
}

// NotBegun records that the access was not even begun to be given.
func (g Grant) NotBegun(why string, now time.Time) Grant {
	g.State, g.EndReason, g.EndNote, g.EndedAt = Failed, NotBegun, why, now
	return g
}

// Extend moves the end of access that is in force. It never moves it nearer.
func (g Grant) Extend(until, now time.Time) (Grant, error) {
	if g.State != Active || !now.Before(g.ExpiresAt) {
		return g, RefuseAnyone(Conflict, "The access of %s is not in force any more, so there is nothing to extend.", g.Request)
	}
	if !until.After(g.ExpiresAt) {
		return g, RefuseAnyone(Conflict, "The access of %s lasts until %s already.", g.Request, g.ExpiresAt)
	}
	g.ExpiresAt, g.Warned = until, false
	g.Extended++
	return g.next(), nil
}

// NextWarning is when the requester is told that the access ends soon: when a quarter of
// its time is left, and a quarter of an hour at most. It returns false when they know.
func (g Grant) NextWarning() (time.Time, bool) {
	if g.State != Active || g.Warned {
		return time.Time{}, false
	}
	left := min(g.ExpiresAt.Sub(g.ActiveAt)/4, mostWarning)
	return g.ExpiresAt.Add(-left), true
}

// Warn records that the requester was told, or that it is too late for that. It reports
// false when there is nothing to record.
func (g Grant) Warn(now time.Time) (Grant, bool) {
	if at, ok := g.NextWarning(); !ok || at.After(now) {
		return g, false
	}
	g.Warned = true
	return g.next(), true
}

// Room refuses an end that comes too near to the next window of the request.
func (r Request) Room(until time.Time) error {
	if w, ok := r.Next(); ok && until.Add(betweenWindows).After(w.Start) {
		return RefuseAnyone(Conflict, "The access of %s begins again at %s, so it can be extended until %s before that at most.",
			r.ID, w.Start, betweenWindows)
	}
	return nil
}

// Lasts is until when the last access lasts that the request asks for, if it is given
// now or at its time.
func (r Request) Lasts(now time.Time) time.Time {
	starts := r.Starts()
	switch {
	case r.Extends != "":
		return r.Until()
	case len(starts) > 0:
		now = starts[len(starts)-1]
	}
	return now.Add(r.Duration)
}

// Until is the end that an extension asks for.
func (r Request) Until() time.Time { return r.Ends.Add(r.Duration) }

// Moot ends an extension whose access is over: nobody need decide it any more.
func (r Request) Moot(now time.Time) (Request, error) {
	if r.State != Pending || r.Extends == "" {
		return r, r.decided()
	}
	return r.end(Lapsed, now), nil
}

// AllowsExtension refuses one more extension of access that was extended so often.
func (r Rule) AllowsExtension(extended int) error {
	switch {
	case r.Extensions == 0:
		return Refuse(Forbidden, "Policy does not let this access be extended. Ask again with `/access request` when it has ended.")
	case extended >= r.Extensions:
		return Refuse(Forbidden, "This access was extended as often as policy allows, which is %d. Ask again with `/access request` when it has ended.", r.Extensions)
	}
	return nil
}
