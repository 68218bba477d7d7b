package access

import (
	"slices"
	"time"
)

// ReviewWithin is how long the review of a break-glass access may stay open. Whoever
// has an older one open cannot break glass again.
const ReviewWithin = 7 * 24 * time.Hour

// BrokeGlass reports whether the request was given at once, without anybody's word.
func (r Request) BrokeGlass() bool { return !r.BrokenAt.IsZero() }

// BreakGlass has the request be given at once, in an emergency, for no longer than its
// rule allows. Only its requester may; whether policy still allows it, and whether there
// is somebody to review it, is checked by the caller. The returned error is an *[Error].
func (r Request) BreakGlass(by Person, terms int, now time.Time) (Request, error) {
	if !by.Same(r.Requester) {
		return r, Refuse(Forbidden, "Only %s, who asked for %s, can break glass for it.", r.Requester.Name, r.ID)
	}
	if r.State != Pending {
		return r, r.decided()
	}
	if !now.Before(r.DecideBy) {
		return r, Refuse(Conflict, "%s could be decided until %s and has lapsed. Ask again.", r.ID, FormatTime(r.DecideBy))
	}
	if terms != r.Terms {
		return r, Refuse(Conflict, "%s has changed since this card was drawn. Look at the new card.", r.ID)
	}
	if r.Rule.BreakGlass <= 0 {
		return r, Refuse(Forbidden, "Policy does not allow break-glass for %s; it waits for an answer. Call the customer.", r.ID)
	}
	if r.Scheduled() || r.Extends != "" {
		return r, Refuse(Conflict, "Break-glass gives access now, for a time of its own, and that is not what %s asks for. Ask for that with `/access request`.", r.ID)
	}
	r.Duration = min(r.Duration, r.Rule.BreakGlass)
	r.BrokenAt = now
	return r.end(Approved, now), nil
}

// Objection is the word of somebody who says that a break-glass access was not all right.
type Objection struct {
	By      Person
	Note    string
	At      time.Time
	Contact bool // of the customer
}

// BreakGlassReview is the task of a second person: to look at an access that nobody had
// approved. It stays open until they sign it off, however long that takes.
type BreakGlassReview struct {
	Request      RequestID // whose access it is about
	Requester    Person
	Principal    PrincipalID // the requester in Entra
	Customer     TenantID
	CustomerName string
	OpenedAt     time.Time
	Objections   []Objection // append-only
	SignedBy     Person
	SignedAt     time.Time // zero while it is open
	Note         string    // of whoever signed it off
	Reminded     int       // days of which those who can sign it off have been told
	// UnheardAt is when it was clear that the customer could not be told in its channel;
	// zero: it could.
	UnheardAt time.Time `json:",omitzero"`
	Rev       int       // +1 per transition
}

// NewBreakGlassReview opens the review of a request that has just been given by
// break-glass.
func NewBreakGlassReview(r Request) BreakGlassReview {
	return BreakGlassReview{
		Request: r.ID, Requester: r.Requester, Principal: r.Principal, Customer: r.Customer, CustomerName: r.CustomerName,
		OpenedAt: r.BrokenAt, Rev: 1,
	}
}

// Open reports whether nobody has signed it off.
func (v BreakGlassReview) Open() bool { return v.SignedAt.IsZero() }

// Overdue reports whether it has been open for too long.
func (v BreakGlassReview) Overdue(now time.Time) bool {
	return v.Open() && !now.Before(v.OpenedAt.Add(ReviewWithin))
}

// Concerns reports whether the person may be the one whose access it is about. As is who
// of the partner's staff they are in Entra, empty when that is not known.
func (v BreakGlassReview) Concerns(p Person, as PrincipalID) bool {
	return p.CouldBe(v.Requester) || as != "" && as == v.Principal
}

// SignOff closes the review. Who may is checked by the caller; that it is somebody else
// than the one whose access it is about, who says what they found, is checked here.
func (v BreakGlassReview) SignOff(by Person, as PrincipalID, note string, now time.Time) (BreakGlassReview, error) {
	switch {
	case !by.Known():
		return v, Refuse(Forbidden, "It is not known who signs off %s, so it stays open.", v.Request)
	case v.Concerns(by, as):
		return v, Refuse(Forbidden, "%s is your own break-glass access, so somebody else must sign it off.", v.Request)
	case !v.Open():
		return v, v.signed()
	case note == "":
		return v, Refuse(Invalid, "Say what you found.").In("reason")
	}
	v.SignedBy, v.SignedAt, v.Note = by, now, note
	v.Rev++
	return v, nil
}

// Object records that somebody says it was not all right. The review stays open, and the
// word of a contact opens it again.
func (v BreakGlassReview) Object(by Person, as PrincipalID, contact bool, note string, now time.Time) (BreakGlassReview, error) {
	switch {
	case !by.Known():
		return v, RefuseAnyone(Forbidden, "It is not known who says that %s was not all right.", v.Request)
	case v.Concerns(by, as):
		return v, Refuse(Forbidden, "%s is your own break-glass access. End it, and tell a bot admin what went wrong.", v.Request)
	case !v.Open() && !contact:
		return v, v.signed()
	case slices.ContainsFunc(v.Objections, func(o Objection) bool { return o.By.CouldBe(by) }):
		return v, RefuseAnyone(Conflict, "You have already said that %s was not all right.", v.Request)
	case note == "":
		return v, RefuseAnyone(Invalid, "Say what was not all right.").In("reason")
	}
	v.Objections = append(slices.Clone(v.Objections), Objection{By: by, Note: note, At: now, Contact: contact})
	if !v.Open() {
		v.SignedBy, v.SignedAt, v.Note = Person{}, time.Time{}, ""
		v.Reminded = v.days(now)
	}
	v.Rev++
	return v, nil
}

// days counts the whole days since it was opened.
func (v BreakGlassReview) days(now time.Time) int { return int(now.Sub(v.OpenedAt) / (24 * time.Hour)) }

// NextReminder is when those who can sign it off are told next that it is open: daily,
// without an end. It returns false when it is not.
func (v BreakGlassReview) NextReminder() (time.Time, bool) {
	if !v.Open() || v.OpenedAt.IsZero() {
		return time.Time{}, false
	}
	return v.OpenedAt.Add(time.Duration(v.Reminded+1) * 24 * time.Hour), true
}

// Remind counts the days. Of several that are due, the last one stands for all.
func (v BreakGlassReview) Remind(now time.Time) (BreakGlassReview, bool) {
	if at, ok := v.NextReminder(); !ok || at.After(now) {
		return v, false
	}
	v.Reminded = v.days(now)
	v.Rev++
	return v, true
}

func (v BreakGlassReview) signed() *Error {
	return RefuseAnyone(Conflict, "%s was already signed off by %s at %s.", v.Request, v.SignedBy.Name, v.SignedAt)
}
