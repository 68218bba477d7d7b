package web

import (
	"strconv"
	"time"

	"latchkey/internal/access"
	"latchkey/internal/lang"
)

// Request is what is asked for, as those see it who decide.
type Request struct {
	ID                  access.RequestID
	Requester, Customer string
	Account             string // of the requester
	Roles               []Role
	Bundle              string // what the partner calls exactly these roles; optional
	Duration            time.Duration
	Starts              []time.Time      // when it begins, perhaps again and again; empty: once approved
	Extends             access.RequestID // the access that is to last longer; empty: none
	Longer              time.Time        // until when that would last
	Why                 string
	DecideBy            time.Time
	Zone                *time.Location // of the customer
	State               access.RequestState
	Grant               access.GrantState // of its access; empty: there is none
	Until               time.Time         // until when the access is in force; zero when it is not
	Taken               time.Time         // by break-glass, without approval; zero: it was not
	Objections          []Word            // of who says that this was not all right
	Reviewed            time.Time         // by somebody at the partner; zero: not yet
	Needed              int               // how many must agree
	Said                []Word
	Terms               int

	Waits     bool   // for a decision
	MayNot    string // why whoever looks may not decide; empty: they may
	MayEnd    bool   // whoever looks
	MayObject bool
}

// Role is a role as people know it.
type Role struct {
	ID         access.RoleID
	Name       string
	Privileged bool
}

// Word is what somebody has decided.
type Word struct {
	Who      string
	Verdict  access.Verdict
	At       time.Time
	SignedIn bool
	Note     string
}

// fact is one line of what is asked for.
type fact struct {
	Label  string
	Values []string
}

// told is a request in words.
type told struct {
	ID, State string
	Facts     []fact
	Why       string // and what the person wrote
	Because   string
	MayNot    string
	Done      bool
	Loud      bool // it was taken without approval, and is there
}

// form is by which somebody decides.
type form struct {
	Action, Says, Reason, Hint, Approve, Deny string
	Wrong                                     string
	Terms, Most                               int
	Less                                      *less
}

// in puts the request into words.
func (q Request) in(in lang.Tag) *told {
	zone := q.Zone
	if zone == nil {
		zone = time.UTC
	}
	at := func(t time.Time) string { return t.In(zone).Format("2006-01-02 15:04 MST") }
	roles := fact{Label: in.Say("Roles")}
	if q.Bundle != "" {
		roles.Label = in.Say("Roles (%s)", q.Bundle)
	}
	for _, r := range q.Roles {
		name := r.Name
		if r.Privileged {
			name += " · " + in.Say("can raise its own rights")
		}
		roles.Values = append(roles.Values, name)
	}
	who := q.Requester
	if q.Account != "" {
		who += " (" + q.Account + ")"
	}
	out := &told{ID: string(q.ID), Why: in.Say("Why"), Because: q.Why, MayNot: q.MayNot, Done: !q.Waits}
	out.Facts = []fact{
		{in.Say("For"), []string{who}}, roles, {in.Say("How long"), q.times(in, at)},
	}
	if q.Waits {
		out.State = in.Say("waits for a decision until %s", at(q.DecideBy))
	} else {
		out.State = q.ended(in, at)
	}
	said := fact{Label: in.Say("Decisions")}
	if q.Needed > 1 {
		said.Label = in.Say("Decisions (%s must agree)", strconv.Itoa(q.Needed))
	}
	for _, w := range q.Said {
		said.Values = append(said.Values, w.in(in, at))
	}
	if len(said.Values) > 0 {
		out.Facts = append(out.Facts, said)
	}
	if !q.Taken.IsZero() {
		out.Loud = q.MayEnd
		out.Facts = append(out.Facts, q.review(in, at))
	}
	return out
}

// review says whether somebody has looked at what was taken by break-glass, and who says
// that it was not all right.
func (q Request) review(in lang.Tag, at func(time.Time) string) fact {
	f := fact{Label: in.Say("Review")}
	for _, o := range q.Objections {
		f.Values = append(f.Values, in.Say("%s says that this was not all right, on %s.", o.Who, at(o.At)))
	}
	if q.Reviewed.IsZero() {
		f.Values = append(f.Values, in.Say("Its review is open: nobody at your partner has signed it off yet."))
	} else {
		f.Values = append(f.Values, in.Say("Reviewed and signed off at your partner on %s.", at(q.Reviewed)))
	}
	return f
}

// mostStarts is how many times are listed; the rest is counted.
const mostStarts = 5

// times says for how long, and from when, each time of it.
func (q Request) times(in lang.Tag, at func(time.Time) string) []string {
	n := len(q.Starts)
	switch {
	case q.Extends != "":
		return []string{in.Say("%s more of the access %s, until %s", q.Duration, q.Extends, at(q.Longer))}
	case n == 0:
		return []string{in.Say("%s, from when it is in place", q.Duration)}
	}
	var out []string
	if n > 1 {
		out = append(out, in.Say("%d times for %s, the first from %s, the last until %s.", n, q.Duration, at(q.Starts[0]), at(q.Starts[n-1].Add(q.Duration))))
	}
	for i, start := range q.Starts {
		if i == mostStarts && n > mostStarts+1 {
			last := q.Starts[n-1]
			return append(out, in.Say("and %d more, the last from %s until %s", n-i, at(last), at(last.Add(q.Duration))))
		}
		out = append(out, in.Say("from %s until %s", at(start), at(start.Add(q.Duration))))
	}
	return out
}

func (q Request) ended(in lang.Tag, at func(time.Time) string) string {
	switch q.State {
	case access.Approved:
		return q.given(in, at)
	case access.Denied:
		return in.Say("denied; nothing is given")
	case access.Withdrawn:
		return in.Say("withdrawn; nothing is given")
	case access.Lapsed:
		return in.Say("lapsed, for nobody decided in time; nothing is given")
	case access.Pending:
	}
	return in.Say("waits for colleagues of whoever asks")
}

// given says how the access stands.
func (q Request) given(in lang.Tag, at func(time.Time) string) string {
	taken := !q.Taken.IsZero()
	switch {
	case q.Grant == access.Ending:
		return in.Say("the access is being removed")
	case q.Grant == access.Ended:
		return in.Say("the access has ended")
	case q.Grant == access.Failed:
		return in.Say("the access could not be given")
	case taken && !q.Until.IsZero():
		return in.Say("taken by break-glass on %s, and in force until %s", at(q.Taken), at(q.Until))
	case taken:
		return in.Say("taken by break-glass on %s; the access is being put in place", at(q.Taken))
	case !q.Until.IsZero():
		return in.Say("approved, and in force until %s", at(q.Until))
	}
	return in.Say("approved")
}

func (w Word) in(in lang.Tag, at func(time.Time) string) string {
	said := in.Say("approved by %s on %s", w.Who, at(w.At))
	if w.Verdict == access.Deny {
		said = in.Say("denied by %s on %s", w.Who, at(w.At))
	}
	if w.SignedIn {
		said += " (" + in.Say("signed in") + ")"
	}
	if w.Note != "" {
		said += ": “" + w.Note + "”"
	}
	return said
}
