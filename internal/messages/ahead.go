package messages

import (
	"fmt"
	"time"

	"latchkey/internal/access"
)

// mostWindows is how many windows a card lists; the rest is counted.
const mostWindows = 5

// asks says who asks for access to whom, for how long and from when.
func (in tongue) asks(r access.Request) saying {
	to, pending := name(r.CustomerName), r.State == access.Pending
	switch {
	case r.Extends != "" && pending:
		return in.saying("%s asks for *%s* more of the access %s to *%s*: until %s instead of %s.", r.Requester, r.Duration, r.Extends, to, r.Until(), r.Ends)
	case r.Extends != "":
		return in.saying("%s asked for *%s* more of the access %s to *%s*: until %s instead of %s.", r.Requester, r.Duration, r.Extends, to, r.Until(), r.Ends)
	case r.Recurring() && pending:
		return in.saying("%s asks for access to *%s*, *%d* times for *%s* each.", r.Requester, to, len(r.Windows), r.Duration)
	case r.Recurring():
		return in.saying("%s asked for access to *%s*, *%d* times for *%s* each.", r.Requester, to, len(r.Windows), r.Duration)
	case r.Scheduled() && pending:
		return in.saying("%s asks for access to *%s* for *%s*, from %s until %s.", r.Requester, to, r.Duration, r.StartAt, r.StartAt.Add(r.Duration))
	case r.Scheduled():
		return in.saying("%s asked for access to *%s* for *%s*, from %s until %s.", r.Requester, to, r.Duration, r.StartAt, r.StartAt.Add(r.Duration))
	case pending:
		return in.saying("%s asks for access to *%s* for *%s*.", r.Requester, to, r.Duration)
	}
	return in.saying("%s asked for access to *%s* for *%s*.", r.Requester, to, r.Duration)
}

// askedFor tells the requester the same.
func askedFor(r access.Request) string {
	to, length := name(r.CustomerName), access.FormatDuration(r.Duration)
	switch {
	case r.Extends != "":
		return fmt.Sprintf("You asked for *%s* more of the access %s to *%s*: until %s instead of %s.", length, r.Extends, to, when(r.Until()), when(r.Ends))
	case r.Recurring():
		return fmt.Sprintf("You asked for access to *%s*, *%d times* for *%s* each.", to, len(r.Windows), length)
	case r.Scheduled():
		return fmt.Sprintf("You asked for access to *%s* for *%s*, from %s until %s.", to, length, when(r.StartAt), when(r.StartAt.Add(r.Duration)))
	}
	return "You asked for access to *" + to + "* for *" + length + "*."
}

// spans says for how long, and from when, to whom it is read aloud.
func (p *page) spans(r access.Request) {
	pending := r.State == access.Pending
	switch {
	case r.Extends != "":
		p.say("%s", p.in.Say("For %s more, until %s.", r.Duration, r.Until()))
	case r.Recurring():
		last := r.Windows[len(r.Windows)-1]
		p.say("%s", p.in.Say("%d times for %s, the first from %s, the last until %s.", len(r.Windows), r.Duration, r.StartAt, last.Add(r.Duration)))
	case r.Scheduled():
		p.say("%s", p.in.Say("For %s, from %s until %s.", r.Duration, r.StartAt, r.StartAt.Add(r.Duration)))
	case pending:
		p.say("%s", p.in.Say("For %s from when it is given; to be decided by %s.", r.Duration, r.DecideBy))
		return
	default:
		p.say("%s", p.in.Say("For %s.", r.Duration))
	}
	if pending {
		p.say("%s", p.in.Say("To be decided by %s.", r.DecideBy))
	}
}

// windows lists the times of access that comes again and again.
func (p *page) windows(r access.Request) {
	if !r.Recurring() {
		return
	}
	n := len(r.Windows)
	lines := []string{p.in.Say("*%s*: %d times, %s in all", p.in.recurs(r.Recurs), n, time.Duration(n)*r.Duration)}
	for i, at := range r.Windows {
		if i == mostWindows && n > mostWindows+1 {
			last := r.Windows[n-1]
			lines = append(lines, "• "+p.in.saying("and %d more, the last from %s until %s", n-i, last, last.Add(r.Duration)).shown)
			break
		}
		lines = append(lines, "• "+p.in.saying("from %s until %s", at, at.Add(r.Duration)).shown)
	}
	p.section(lines...)
}

// recurs says on which days access comes again, and by whose clock.
func (in tongue) recurs(r access.Recurrence) string {
	at := fmt.Sprintf("%02d:%02d (%s)", int(r.At/time.Hour), int(r.At/time.Minute)%60, name(r.Zone))
	on := in.weekday(r.Weekday)
	switch r.Every {
	case access.EveryDay:
		return in.Say("Every day at %s", at)
	case access.EveryWorkday:
		return in.Say("Every working day at %s", at)
	case access.EveryWeek:
		return in.Say("Every week, %s at %s", on, at)
	case access.EveryMonth:
	}
	switch r.Nth {
	case 1:
		return in.Say("Every month, first %s at %s", on, at)
	case 2:
		return in.Say("Every month, second %s at %s", on, at)
	case 3:
		return in.Say("Every month, third %s at %s", on, at)
	case 4:
		return in.Say("Every month, fourth %s at %s", on, at)
	}
	return in.Say("Every month, last %s at %s", on, at)
}

func (in tongue) weekday(d time.Weekday) string {
	switch d {
	case time.Monday:
		return in.Say("Monday")
	case time.Tuesday:
		return in.Say("Tuesday")
	case time.Wednesday:
		return in.Say("Wednesday")
	case time.Thursday:
		return in.Say("Thursday")
	case time.Friday:
		return in.Say("Friday")
	case time.Saturday:
		return in.Say("Saturday")
	case time.Sunday:
	}
	return in.Say("Sunday")
}

// aheadStatus is how an approved request stands whose access is still to begin, or did
// not, or that extends other access. It reports false where the grant itself tells.
func aheadStatus(v CardView) (status, bool) {
	in, r := v.in(), v.Request
	next, ahead := r.Next()
	none := v.Grant == nil || v.Grant.Final()
	switch {
	case r.Extends != "":
		return one("✅", in.Say("access extended"), in.saying("The access %s was extended until %s.", r.Extends, r.Until())), true
	case ahead && none:
		s := one("🗓️", in.Say("approved, begins later"), in.saying("*Begins on %s* and ends on %s, if it is still allowed then.", next.Start, next.End))
		s.add(in.past(v))
		s.add(in.further(r))
		s.next = "You can take it back with Withdraw or " + code("/access withdraw "+string(r.ID)) + "."
		return s, true
	case !r.Stopped.At.IsZero() && none:
		s := one("🔒", in.Say("ended, no more begins"), in.saying("Ended by %s on %s. None of its access begins any more.", r.Stopped.By, r.Stopped.At))
		s.add(in.past(v))
		s.quoted = r.Stopped.Note
		return s, true
	case v.Grant != nil && v.Grant.EndReason == access.NotBegun:
		s := one("⚠️", in.Say("access did not begin"), in.saying("The access did not begin on %s. Nothing was given.", v.Grant.EndedAt))
		s.quoted = v.Grant.EndNote
		s.next = "Ask again with `/access request`."
		return s, true
	}
	return status{}, false
}

// further says what comes after the window that is next or open.
func (in tongue) further(r access.Request) saying {
	ahead := r.Ahead()
	if _, ok := r.Next(); !ok || len(ahead) < 2 {
		return saying{}
	}
	return in.saying("After that %d more times, the last from %s.", len(ahead)-1, ahead[len(ahead)-1].Start)
}

// past says what became of the window before, of what is between two.
func (in tongue) past(v CardView) saying {
	switch {
	case v.Grant == nil:
		return saying{}
	case v.Grant.ActiveAt.IsZero():
		return in.saying("The last time it gave nothing: %s", sentence(orElse(v.Grant.EndNote, in.endReason(*v.Grant).aloud)))
	}
	return in.saying("The access of the last time was removed on %s.", v.Grant.EndedAt)
}

// add adds a saying, if there is one.
func (s *status) add(more saying) {
	if more.shown != "" {
		s.lines, s.text = append(s.lines, more.shown), append(s.text, more.aloud)
	}
}

// then adds to the status of a window that is open when the next one is.
func (s *status) then(v CardView) {
	r := v.Request
	if next, ok := r.Next(); ok && v.Grant != nil {
		s.add(v.in().saying("It begins again on %s.", next.Start))
		s.add(v.in().further(r))
	}
}

// lapsed says why a request came to nothing that nobody decided.
func lapsed(v CardView) status {
	in, r := v.in(), v.Request
	if r.Overtaken {
		return one("⌛", in.Say("lapsed"), in.saying("Latchkey was restored from a backup on %s and does not know what was decided since. Ask again.", r.EndedAt))
	}
	if r.Extends != "" && r.EndedAt.Before(r.DecideBy) {
		return one("⌛", in.Say("not needed any more"), in.saying("The access %s ended before anybody had decided. Nothing was given.", r.Extends))
	}
	return one("⌛", in.Say("lapsed"), in.saying("Nobody decided it by %s. Nothing was given.", r.DecideBy))
}
