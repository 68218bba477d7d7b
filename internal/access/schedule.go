package access

import (
	"fmt"
	"time"
)

// leastLead is how far ahead a start must be for anybody to decide before it.
const leastLead = 5 * time.Minute

// Window is one of the times for which a request gives access.
type Window struct {
	N          int // the first is 1
	Start, End time.Time
}

// Stop is that no window opens any more, at somebody's word.
type Stop struct {
	By   Person
	Note string
	At   time.Time
}

// Scheduled reports whether the access begins at moments that were asked for, and not
// as soon as it is approved.
func (r Request) Scheduled() bool { return !r.StartAt.IsZero() }

// Recurring reports whether there is more than one such moment.
func (r Request) Recurring() bool { return len(r.Windows) > 0 }

// Starts lists when access begins; empty for what begins as soon as it is approved.
func (r Request) Starts() []time.Time {
	switch {
	case r.Recurring():
		return r.Windows
	case r.Scheduled():
		return []time.Time{r.StartAt}
	}
	return nil
}

// Ahead lists the windows that are still to open, whether or not the request is approved.
func (r Request) Ahead() []Window {
	var out []Window
	for i, at := range r.Starts() {
		if i >= r.Opened {
			out = append(out, Window{N: i + 1, Start: at, End: at.Add(r.Duration)})
		}
	}
	return out
}

// Next is the window that opens next, and false when none will: the request is not
// approved, was stopped, or all of its windows are behind.
func (r Request) Next() (Window, bool) {
	ahead := r.Ahead()
	if r.State != Approved || len(ahead) == 0 || !r.Stopped.At.IsZero() {
		return Window{}, false
	}
	return ahead[0], true
}

// Begins is when time alone opens the next window, and false when none will, or the
// access of the one before must be gone first.
func (r Request) Begins() (time.Time, bool) {
	w, ok := r.Next()
	return w.Start, ok && !r.Held
}

// Hold keeps a window that should open waiting until the access of the one before is
// gone, so that a request never has two.
func (r Request) Hold(now time.Time) (Request, bool) {
	if w, ok := r.Next(); !ok || r.Held || w.Start.After(now) {
		return r, false
	}
	r.Held = true
	r.Rev++
	return r, true
}

// Release has a window that waits be due again.
func (r Request) Release() Request {
	if r.Held {
		r.Held = false
		r.Rev++
	}
	return r
}

// Pass takes the window that is due off those ahead: it opens, or its time is over. The
// error is a Conflict when none is due.
func (r Request) Pass(now time.Time) (Request, Window, error) {
	w, ok := r.Next()
	switch {
	case !ok:
		return r, Window{}, Refuse(Conflict, "No access of %s is to begin.", r.ID)
	case w.Start.After(now):
		return r, w, Refuse(Conflict, "The access of %s begins at %s.", r.ID, FormatTime(w.Start))
	}
	r.Opened, r.Held = w.N, false
	r.Rev++
	return r, w, nil
}

// Stop has no window open any more. Who may is checked by the caller. Access that is in
// force is not touched by it.
func (r Request) Stop(by Person, note string, now time.Time) (Request, error) {
	if r.State == Pending {
		return r, Refuse(Conflict, "%s waits for a decision, so there is no access to end. `/access withdraw %s` takes it back.", r.ID, r.ID)
	}
	if !r.Stopped.At.IsZero() {
		return r, RefuseAnyone(Conflict, "%s was already ended by %s at %s.", r.ID, r.Stopped.By.Name, r.Stopped.At)
	}
	if _, ok := r.Next(); !ok {
		return r, RefuseAnyone(Conflict, "Nothing more was to come of %s.", r.ID)
	}
	r.Stopped, r.Held = Stop{By: by, Note: note, At: now}, false
	r.Rev++
	return r, nil
}

// decideBy is until when whoever is asked now can decide: not when the access should have
// begun, nor when there is nothing to extend any more.
func (r Request) decideBy(now time.Time) time.Time {
	by := now.Add(r.Rule.DecideWithin)
	for _, bound := range []time.Time{r.StartAt, r.Ends} {
		if !bound.IsZero() && bound.Before(by) {
			by = bound
		}
	}
	return by
}

// scheduled checks when access is to begin or to be extended.
func (r Request) scheduled(now time.Time) error {
	switch {
	case r.Extends != "" && (r.Scheduled() || r.Recurring()):
		return Refuse(Invalid, "What extends access begins when that ends.").In("start")
	case r.Extends != "" && !now.Before(r.Ends):
		return Refuse(Conflict, "The access of %s is over. Ask again with `/access request`.", r.Extends)
	case r.Extends != "":
		return nil
	}
	if r.Windows != nil {
		if err := apart(r.Windows, r.Duration); err != nil {
			return err
		}
	}
	switch {
	case !r.Scheduled():
		return nil
	case r.StartAt.Before(now.Add(leastLead)):
		return Refuse(Invalid, "%s is past, or too soon for anybody to decide before it. Leave the start out for access as soon as it is approved.",
			FormatTime(r.StartAt)).In("start")
	}
	return r.Rule.ahead(r, now)
}

// ahead refuses what begins or recurs beyond what the rule allows.
func (r Rule) ahead(asked Request, now time.Time) error {
	if asked.Recurring() {
		return r.AllowsRecurring(asked.Windows[len(asked.Windows)-1].Add(asked.Duration).Sub(now))
	}
	return r.AllowsStart(asked.StartAt.Sub(now))
}

// AllowsStart refuses a start that is so far ahead.
func (r Rule) AllowsStart(ahead time.Duration) error {
	switch {
	case r.StartWithin == 0:
		return Refuse(Forbidden, "Policy does not let access be asked for ahead of its time here. Ask when you need it.").In("start")
	case ahead > r.StartWithin:
		return Refuse(Forbidden, "Access may be asked for at most %s ahead.", FormatDuration(r.StartWithin)).In("start")
	}
	return nil
}

// AllowsRecurring refuses windows that go on for so long.
func (r Rule) AllowsRecurring(span time.Duration) error {
	switch {
	case r.Recurring == 0:
		return Refuse(Forbidden, "Policy does not let access recur here. Ask for each time on its own.").In("start")
	case span > r.Recurring:
		return Refuse(Forbidden, "Access may recur for at most %s. Name an earlier last day.", FormatDuration(r.Recurring)).In("start")
	}
	return nil
}

// FormatWindows counts windows and adds them up: "4 times, 12 h in all".
func FormatWindows(n int, each time.Duration) string {
	if n == 1 {
		return "once, " + FormatDuration(each)
	}
	return fmt.Sprintf("%d times, %s in all", n, FormatDuration(time.Duration(n)*each))
}
