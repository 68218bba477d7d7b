package access

import (
	"crypto/sha256"
	"fmt"
	"slices"
	"time"
)

// AlertID names an alert. It is derived from what the alert is about, so the same
// thing never has two.
type AlertID string

// StormID names a card that tells of many alerts at once.
type StormID string

// AlertState is where an alert stands. None is final: a change can open any.
type AlertState string

const (
	AlertOpen         AlertState = "open"         // somebody should look
	AlertAcknowledged AlertState = "acknowledged" // somebody did
	AlertResolved     AlertState = "resolved"     // nothing is wrong any more, or never was
)

// AlertStates lists every state of an alert.
func AlertStates() []AlertState { return []AlertState{AlertOpen, AlertAcknowledged, AlertResolved} }

const (
	// MuteFor is how long a mute lasts.
	MuteFor = 7 * 24 * time.Hour
	// CardFor is how long an alert may be silent before its next change gets a
	// card of its own: nobody scrolls back to a card that is changed.
	CardFor = 24 * time.Hour
	// maxHistory bounds what is kept of a thing that changes without end.
	maxHistory = 20
)

// AlertSubject says what kind of thing an alert is about.
type AlertSubject string

// The subjects of alerts.
const (
	AboutRelationship AlertSubject = "relationship"
	AboutAssignment   AlertSubject = "assignment" // a group's access through a relationship
	AboutMember       AlertSubject = "member"     // a person in a group
	AboutCustomer     AlertSubject = "customer"   // what Partner Center says of a customer
)

// Fault is what is wrong: an aspect that is no longer what it was.
type Fault struct {
	Aspect Aspect
	Was    string
}

// Alert is the history of what changed about one subject, as people are told of
// it.
type Alert struct {
	ID           AlertID
	Relationship RelationshipID // of a relationship or an assignment
	Name         string         // of the relationship
	Roles        []RoleID       // that the relationship has, or had
	Duration     string         // of the relationship, as Graph wrote it
	Group        GroupID        // of an assignment, or that a member is in
	GroupName    string
	Member       Member     // zero but for a member
	Agents       AgentGroup // which of Partner Center's groups the member is in, if one
	Customer     TenantID   // empty for a member of one of these
	CustomerName string

	State   AlertState
	Since   time.Time // when it was opened, the last time
	LastAt  time.Time // of the newest change
	Wrong   []Fault
	History []Change // oldest first, the last few
	Dropped int      // how many older changes are not kept

	AckBy      Person
	AckAt      time.Time
	MutedBy    Person
	MutedUntil time.Time
	MutedKinds []ChangeKind // that are known, and tell nobody anything while it is muted

	// Card counts the cards that were made of it; 0 is none.
	Card int
	// Sent is the severity that it had when the newest card was made.
	Sent Severity
	// Loud means that the newest card has rung an alarm already.
	Loud bool
	// Ring means that a new card is to be made.
	Ring bool
	// Storm is the newest card of many alerts that tells of this one too; InStorm
	// means that no card of its own has come since.
	Storm   StormID
	InStorm bool
	Rev     int
}

// About tells what the alert is about.
func (a Alert) About() AlertSubject {
	switch {
	case a.Member.ID != "":
		return AboutMember
	case a.Relationship == "":
		return AboutCustomer
	case a.Group != "":
		return AboutAssignment
	}
	return AboutRelationship
}

// WrongAt returns what is wrong about the aspect, and false when nothing is.
func (a Alert) WrongAt(of Aspect) (Fault, bool) {
	i := slices.IndexFunc(a.Wrong, func(f Fault) bool { return f.Aspect == of })
	if i < 0 {
		return Fault{}, false
	}
	return a.Wrong[i], true
}

// AlertOf names the alert of a relationship or, with a group, of the group's
// access through it.
func AlertOf(r RelationshipID, g GroupID) AlertID {
	return AlertID("A-" + digest("alert\n"+string(r)+"\n"+string(g)))
}

// AlertOfMember names the alert of a person in a group.
func AlertOfMember(g GroupID, p PrincipalID) AlertID {
	return AlertID("A-" + digest("alert\nmember\n"+string(g)+"\n"+string(p)))
}

// AlertOfCustomer names the alert of what Partner Center says of a customer.
func AlertOfCustomer(c TenantID) AlertID {
	return AlertID("A-" + digest("alert\ncustomer\n"+string(c)))
}

// StormOf names the card of these alerts, as they are now.
func StormOf(all []Alert) StormID {
	text := "storm\n"
	for _, a := range all {
		text += fmt.Sprintf("%s/%d\n", a.ID, a.Rev)
	}
	return StormID("S-" + digest(text))
}

// digest is short and has no letter that could be misread.
func digest(text string) string {
	sum := sha256.Sum256([]byte(text))
	b := make([]byte, 10)
	for i := range b {
		b[i] = crockford[int(sum[i])%len(crockford)]
	}
	return string(b)
}

// Muted reports whether changes of kinds that are known tell nobody.
func (a Alert) Muted(now time.Time) bool { return now.Before(a.MutedUntil) }

// Due is the moment at which a mute ends, and false when nothing waits for that.
func (a Alert) Due() (time.Time, bool) {
	return a.MutedUntil, !a.MutedUntil.IsZero() && a.State == AlertOpen
}

// Changed adds what changed. An alarming change opens the alert, again if need be;
// one that brings back what was there before takes that fault away, and without a
// fault the alert is resolved.
func (a Alert) Changed(c Change) Alert {
	a = a.next()
	quiet := a.Rev > 1 && c.At.Sub(a.LastAt) >= CardFor
	known := slices.ContainsFunc(a.History, func(h Change) bool { return h.Alarming && h.Aspect == c.Aspect })
	a.History = append(a.History, c)
	if n := len(a.History) - maxHistory; n > 0 {
		a.History, a.Dropped = a.History[n:], a.Dropped+n
	}
	a.LastAt = c.At
	opened := a.judge(c)
	if opened {
		a.State, a.Since, a.AckBy, a.AckAt = AlertOpen, c.At, Person{}, time.Time{}
	}
	if len(a.Wrong) == 0 && a.State != AlertResolved {
		a.State = AlertResolved
	}
	if a.Muted(c.At) {
		if !opened || slices.Contains(a.MutedKinds, c.Kind) {
			return a
		}
		a.MutedUntil, a.MutedKinds, a.MutedBy = time.Time{}, nil, Person{}
		a.Ring = true
	}
	if a.Card == 0 && a.Storm == "" || quiet || opened && !(a.Loud && known) {
		a.Ring = true
	}
	return a
}

// judge keeps what is wrong, and reports whether the change opens the alert.
func (a *Alert) judge(c Change) (opens bool) {
	i := slices.IndexFunc(a.Wrong, func(f Fault) bool { return f.Aspect == c.Aspect })
	switch {
	case c.Kind == ChangeReplaced:
		a.Wrong = nil
	case c.Aspect == AspectEnd, c.Aspect == AspectRenewal && c.To == "on":
		a.mend(AspectTime) // there is time again
		if !c.Alarming {
			a.mend(c.Aspect)
		}
		return a.alarm(c)
	case i >= 0 && a.Wrong[i].Was == c.To:
		a.Wrong = slices.Delete(a.Wrong, i, i+1)
	case i >= 0:
		return c.Alarming
	default:
		return a.alarm(c)
	}
	return false
}

// alarm notes a fault that was not there before.
func (a *Alert) alarm(c Change) bool {
	if c.Alarming && !slices.ContainsFunc(a.Wrong, func(f Fault) bool { return f.Aspect == c.Aspect }) {
		a.Wrong = append(a.Wrong, Fault{Aspect: c.Aspect, Was: c.From})
	}
	return c.Alarming
}

func (a *Alert) mend(of Aspect) {
	a.Wrong = slices.DeleteFunc(a.Wrong, func(f Fault) bool { return f.Aspect == of })
}

// MadeBy records who made a change, as the source tells. It reports false when the
// change is not in the history any more, or somebody is known already.
func (a Alert) MadeBy(kind ChangeKind, at time.Time, by Person, source string) (Alert, bool) {
	i := slices.IndexFunc(a.History, func(c Change) bool { return c.Kind == kind && c.At.Equal(at) && c.By == Person{} })
	if i < 0 {
		return a, false
	}
	a = a.next()
	a.History[i].By, a.History[i].Source = by, source
	return a, true
}

// Acknowledge records that somebody has looked. Who may is checked by the caller.
func (a Alert) Acknowledge(by Person, now time.Time) (Alert, error) {
	switch a.State {
	case AlertAcknowledged:
		return a, Refuse(Conflict, "%s has already acknowledged this, at %s.", orSomebody(a.AckBy), FormatTime(a.AckAt))
	case AlertResolved, "":
		return a, Refuse(Conflict, "This has been settled since %s, so there is nothing to acknowledge.", FormatTime(a.LastAt))
	case AlertOpen:
	}
	a = a.next()
	a.State, a.AckBy, a.AckAt, a.Ring = AlertAcknowledged, by, now, false
	return a, nil
}

// Mute has changes of the kinds that have been seen tell nobody for [MuteFor].
// What is new is told all the same.
func (a Alert) Mute(by Person, now time.Time) (Alert, error) {
	switch {
	case a.Muted(now):
		return a, Refuse(Conflict, "%s has already muted this until %s.", orSomebody(a.MutedBy), FormatTime(a.MutedUntil))
	case a.State == AlertResolved, a.State == "":
		return a, Refuse(Conflict, "This has been settled since %s, so there is nothing to mute.", FormatTime(a.LastAt))
	}
	a = a.next()
	a.MutedBy, a.MutedUntil, a.MutedKinds, a.Ring = by, now.Add(MuteFor), nil, false
	for _, c := range a.History {
		if !slices.Contains(a.MutedKinds, c.Kind) {
			a.MutedKinds = append(a.MutedKinds, c.Kind)
		}
	}
	return a, nil
}

// Unmute ends a mute whose time is over. What is still wrong then is told again.
func (a Alert) Unmute(now time.Time) Alert {
	if a.MutedUntil.IsZero() || a.Muted(now) {
		return a
	}
	a = a.next()
	a.MutedUntil, a.MutedKinds, a.MutedBy = time.Time{}, nil, Person{}
	a.Ring = a.State == AlertOpen
	return a
}

// Carded records that a card of its own is made.
func (a Alert) Carded() Alert {
	a = a.next()
	a.Card, a.Ring, a.Loud, a.InStorm, a.Sent = a.Card+1, false, len(a.Wrong) > 0, false, a.Severity()
	return a
}

// Stormed records that a card of many tells of it.
func (a Alert) Stormed(id StormID) Alert {
	a = a.next()
	a.Ring, a.Loud, a.Storm, a.InStorm = false, len(a.Wrong) > 0, id, true
	return a
}

// Newest returns the newest change; every alert that is stored has one.
func (a Alert) Newest() Change {
	if len(a.History) == 0 {
		return Change{}
	}
	return a.History[len(a.History)-1]
}

func orSomebody(p Person) string {
	if p.Name == "" {
		return "Somebody"
	}
	return p.Name
}

func (a Alert) next() Alert {
	a.Rev++
	a.Wrong, a.History, a.MutedKinds = slices.Clone(a.Wrong), slices.Clone(a.History), slices.Clone(a.MutedKinds)
	a.Roles = slices.Clone(a.Roles)
	if a.State == "" {
		a.State = AlertResolved // nothing is wrong until a change says so
	}
	return a
}
