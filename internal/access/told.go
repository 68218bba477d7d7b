package access

import (
	"strings"
	"time"
)

// Told is what the audit log says of a request: on which terms it was asked for, whose
// words on them count, and what came of one that was taken by break-glass. A record that
// says otherwise was written by somebody else than the bot.
type Told struct {
	Begun    bool // the log has it from its beginning
	By       Person
	At       time.Time
	Roles    []RoleID
	Duration time.Duration
	Policy   string
	Words    []Event // the decisions that count, the first first
	Rule     string  // that asked nobody
	// Taken is how it was taken by break-glass, and Signed how that was signed off; zero: it
	// was not.
	Taken, Signed Event
	Objections    []Event
}

// Hear takes one event of the request, in the order of the log.
func (t Told) Hear(e Event) Told {
	switch e.Kind {
	case EventRequested:
		t.Begun, t.By, t.At = true, e.Actor, e.At
		return t.terms(e)
	case EventChanged:
		t.Words, t.Rule = nil, ""
		return t.terms(e)
	case EventApproved:
		if e.Detail["rule"] != "" && !e.Actor.Known() {
			t.Rule = e.Detail["rule"]
			return t
		}
		t.Words = append(t.Words[:len(t.Words):len(t.Words)], e)
		return t.left(e)
	case EventDenied:
		t.Words = append(t.Words[:len(t.Words):len(t.Words)], e)
	case EventBrokeGlass:
		t.Taken = e
		return t.left(e)
	case EventSignedOff:
		t.Signed = e
	case EventObjected:
		t.Objections = append(t.Objections[:len(t.Objections):len(t.Objections)], e)
		t.Signed = Event{}
	}
	return t
}

// terms takes what is asked for.
func (t Told) terms(e Event) Told {
	t.Roles, t.Policy = eventRoles(e.Detail["roles"]), e.Detail["policy"]
	if d, err := time.ParseDuration(e.Detail["duration"]); err == nil {
		t.Duration = d
	}
	return t
}

// left takes what an approval, or a rule of break-glass, left of it.
func (t Told) left(e Event) Told {
	if roles := e.Detail["roles"]; roles != "" {
		t.Roles = eventRoles(roles)
	}
	if d, err := time.ParseDuration(e.Detail["duration"]); err == nil {
		t.Duration = d
	}
	return t
}

func eventRoles(text string) []RoleID { return RolesIn(strings.ReplaceAll(text, ",", " ")) }

// BrokeGlass reports whether the log has it that somebody took it in an emergency.
func (t Told) BrokeGlass() bool { return t.Taken.Seq != 0 }

// SignedOff reports whether the log has it that a second person looked at that.
func (t Told) SignedOff() bool { return t.Signed.Seq != 0 }

// Difference names what a record says otherwise than the log.
type Difference string

// What may differ.
const (
	DiffersAsker    Difference = "who asked"
	DiffersAsked    Difference = "when it was asked"
	DiffersTerms    Difference = "roles or duration"
	DiffersPolicy   Difference = "policy"
	DiffersWords    Difference = "who agreed"
	DiffersGlass    Difference = "break-glass"
	DiffersReview   Difference = "review of break-glass"
	DiffersVerified Difference = "when they were verified"
)

// Differs lists what the record of the request, and that of its review where there is one,
// say otherwise than the log. One whose beginning the log does not have cannot be compared.
func (t Told) Differs(r Request, v *BreakGlassReview, f Forgettings) []Difference {
	if !t.Begun {
		return nil
	}
	var out []Difference
	for _, one := range []struct {
		what Difference
		same bool
	}{
		{DiffersAsker, f.Same(r.Requester, t.By)},
		{DiffersAsked, r.CreatedAt.Equal(t.At)},
		{DiffersTerms, SameRoles(SortRoles(r.Roles), SortRoles(t.Roles)) && r.Duration == t.Duration},
		{DiffersPolicy, r.Rule.PolicyVersion == t.Policy},
		{DiffersWords, t.sameWords(r, f)},
		{DiffersGlass, r.BrokeGlass() == t.BrokeGlass() && (!t.BrokeGlass() || r.BrokenAt.Equal(t.Taken.At))},
		{DiffersReview, v == nil || t.sameReview(*v, f)},
	} {
		if !one.same {
			out = append(out, one.what)
		}
	}
	return out
}

// sameWords compares the decisions that count.
func (t Told) sameWords(r Request, f Forgettings) bool {
	all := r.Counting()
	if len(all) != len(t.Words) {
		return false
	}
	for i, d := range all {
		if !f.Word(d, t.Words[i]) {
			return false
		}
	}
	return true
}

func (t Told) sameReview(v BreakGlassReview, f Forgettings) bool {
	if len(v.Objections) != len(t.Objections) || v.Open() == t.SignedOff() {
		return false
	}
	for i, o := range v.Objections {
		if e := t.Objections[i]; !o.At.Equal(e.At) || !f.Same(o.By, e.Actor) {
			return false
		}
	}
	return v.Open() || v.SignedAt.Equal(t.Signed.At) && f.Same(v.SignedBy, t.Signed.Actor)
}
