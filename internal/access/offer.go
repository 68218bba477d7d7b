package access

import (
	"slices"
	"strings"
	"time"
)

// OfferID names an offer: "O-7K3M2".
type OfferID string

// ParseOfferID reads an id as a person types it, in any case and with the
// look-alikes forgiven. The "O-" must be there: without it the text names a
// request. It reports false when the text cannot be an id.
func ParseOfferID(text string) (OfferID, bool) {
	t := strings.ToUpper(strings.TrimSpace(strings.TrimPrefix(strings.TrimSpace(text), "#")))
	rest, ok := strings.CutPrefix(t, "O-")
	if !ok {
		if rest, ok = strings.CutPrefix(t, "0-"); !ok {
			return "", false
		}
	}
	id, ok := ParseRequestID(rest)
	if !ok || strings.HasPrefix(rest, "R-") || strings.HasPrefix(rest, "#") {
		return "", false
	}
	return OfferID("O-" + string(id)[2:]), true
}

// OfferState is where an offer stands. Ended is final. Failed and Lapsed are
// where nothing more is expected, but Microsoft may know better.
type OfferState string

const (
	OfferDrafted     OfferState = "drafted"     // being made at Microsoft; the customer knows nothing yet
	OfferSent        OfferState = "sent"        // locked: the customer can approve it
	OfferDeclined    OfferState = "declined"    // somebody said no here; the customer can still approve it there
	OfferApproved    OfferState = "approved"    // the customer approved it; Microsoft is making it ready
	OfferActive      OfferState = "active"      // access can be asked for through it
	OfferTerminating OfferState = "terminating" // being ended
	OfferEnded       OfferState = "ended"       // the relationship is over
	OfferLapsed      OfferState = "lapsed"      // nobody approved it in time
	OfferFailed      OfferState = "failed"      // it could not be sent
)

// OfferStates lists every state of an offer.
func OfferStates() []OfferState {
	return []OfferState{
		OfferDrafted, OfferSent, OfferDeclined, OfferApproved, OfferActive,
		OfferTerminating, OfferEnded, OfferLapsed, OfferFailed,
	}
}

// OfferEnd says why the relationship of an offer ended.
type OfferEnd string

const (
	TerminatedHere      OfferEnd = "terminated"           // a bot admin ended it
	TerminatedElsewhere OfferEnd = "terminated elsewhere" // the customer did, or the partner outside of the bot
	RanOut              OfferEnd = "expired"              // its time was over
)

const (
	// DraftWithin bounds how long it may take to send an offer. After that it
	// is given up, so that nothing half made is left at Microsoft.
	DraftWithin = 24 * time.Hour
	// ApproveWithin is how long Microsoft keeps an offer for the customer.
	ApproveWithin = 90 * 24 * time.Hour
	// LongestOffer is the longest that Microsoft lets a relationship last, in days.
	LongestOffer = 730
)

// Offer is a relationship that we asked a customer for, from the asking until
// the relationship that came of it is over.
type Offer struct {
	ID           OfferID
	Requester    Person
	Customer     TenantID
	CustomerName string
	Roles        []RoleID // sorted; fixed once it is sent
	Days         int      // how long the relationship is to last
	AutoExtend   bool     // as asked for and, once it is active, as read back
	// Name is what Microsoft calls the relationship. It holds a random mark, is
	// stored before anything is made, and is the partner's only one of this
	// name: by it a try finds what an earlier one made.
	Name string
	// Salt keeps the digests of this offer's texts in the audit log from being
	// guessed.
	Salt         string
	State        OfferState
	Relationship RelationshipID // empty until it is sent
	CreatedAt    time.Time
	SentAt       time.Time
	ApproveBy    time.Time // then Microsoft removes what was sent
	DeclinedBy   Person    // zero when it was given up here after it had been sent
	DeclinedAt   time.Time
	DeclineNote  string
	ApprovedAt   time.Time // when it was seen to be approved
	ActiveAt     time.Time
	End          time.Time // of the relationship; zero until it is active
	EndReason    OfferEnd
	EndedBy      Person // who terminated it here
	EndedAt      time.Time
	FailNote     string // why it could not be sent
	// ForgottenAt is when something that people wrote in it was deleted on request, and its
	// salt with it; zero: nothing was.
	ForgottenAt time.Time `json:",omitzero"`
	// Groups are the security groups that receive standing access once it is
	// active. Like the roles they are fixed when it is asked for.
	Groups   []GroupAccess
	Replaces Replacement
	Rev      int // +1 per transition
}

// NewOffer checks the terms and returns an offer that is to be made. Who may
// ask, and for which roles, is checked by the caller.
func NewOffer(o Offer, now time.Time) (Offer, error) {
	switch {
	case len(o.Roles) == 0:
		return Offer{}, Refuse(Invalid, "Name at least one role or bundle.").In("roles")
	case o.Days < 1 || o.Days > LongestOffer:
		return Offer{}, Refuse(Invalid, "A relationship lasts from one day to two years (%d days).", LongestOffer).In("duration")
	}
	return Offer{
		ID: o.ID, Requester: o.Requester, Customer: o.Customer, CustomerName: o.CustomerName,
		Roles: SortRoles(o.Roles), Days: o.Days, AutoExtend: o.AutoExtend, Name: o.Name, Salt: o.Salt,
		Groups: slices.Clone(o.Groups), Replaces: o.Replaces,
		State: OfferDrafted, CreatedAt: now, Rev: 1,
	}, nil
}

// Waiting reports whether the customer can approve the offer.
func (o Offer) Waiting() bool { return o.State == OfferSent || o.State == OfferDeclined }

// Open reports whether the offer is on its way or waits, so that the same need
// not be asked for again.
func (o Offer) Open() bool { return o.State == OfferDrafted || o.State == OfferSent }

// Followed reports whether Microsoft may move the offer on at any moment.
func (o Offer) Followed() bool {
	return o.Waiting() || o.State == OfferApproved || o.State == OfferTerminating
}

// Overruled reports whether the relationship came about although it was
// declined here.
func (o Offer) Overruled() bool {
	return !o.DeclinedAt.IsZero() && (o.State == OfferApproved || o.State == OfferActive)
}

// Due is the moment at which time alone ends the offer, and false when there is
// none.
func (o Offer) Due() (time.Time, bool) {
	switch o.State {
	case OfferDrafted:
		return o.CreatedAt.Add(DraftWithin), true
	case OfferSent, OfferDeclined:
		return o.ApproveBy, true
	case OfferApproved, OfferActive, OfferTerminating, OfferEnded, OfferLapsed, OfferFailed:
	}
	return time.Time{}, false
}

// Sent records that the relationship was read back as waiting for the customer.
// A repeated or late confirmation changes nothing.
func (o Offer) Sent(id RelationshipID, now time.Time) Offer {
	if o.State != OfferDrafted || id == "" {
		return o
	}
	o.State, o.Relationship, o.SentAt, o.ApproveBy = OfferSent, id, now, now.Add(ApproveWithin)
	return o.next()
}

// GiveUp ends an offer that could not be sent.
func (o Offer) GiveUp(note string, now time.Time) Offer {
	if o.State != OfferDrafted {
		return o
	}
	o.State, o.FailNote, o.EndedAt = OfferFailed, note, now
	return o.next()
}

// Slipped records that an offer which was given up had reached the customer all
// the same. Nobody wants it any more, as if it had been declined.
func (o Offer) Slipped(id RelationshipID, now time.Time) Offer {
	if o.State != OfferFailed || id == "" {
		return o
	}
	o.State, o.Relationship, o.SentAt, o.ApproveBy, o.DeclinedAt = OfferDeclined, id, now, now.Add(ApproveWithin), now
	o.EndedAt = time.Time{}
	return o.next()
}

// Decline records a no of the customer. Who may say it is checked by the
// caller. Microsoft is not told, for it has no way to be.
func (o Offer) Decline(by Person, note string, now time.Time) (Offer, error) {
	if o.State == OfferSent && !now.Before(o.ApproveBy) {
		return o, RefuseAnyone(Conflict, "%s could be approved until %s and has lapsed.", o.ID, o.ApproveBy)
	}
	if o.State != OfferSent {
		return o, o.moved()
	}
	o.State, o.DeclinedBy, o.DeclineNote, o.DeclinedAt = OfferDeclined, by, note, now
	return o.next(), nil
}

// Lapse ends an offer that time has run out for: one that was not sent within
// [DraftWithin], or was not approved within [ApproveWithin].
func (o Offer) Lapse(now time.Time) (Offer, error) {
	at, ok := o.Due()
	switch {
	case !ok:
		return o, o.moved()
	case now.Before(at):
		return o, Refuse(Conflict, "%s has time until %s.", o.ID, FormatTime(at))
	case o.State == OfferDrafted:
		return o.GiveUp("Microsoft did not take it within "+FormatDuration(DraftWithin)+".", now), nil
	}
	o.State, o.EndedAt = OfferLapsed, now
	return o.next(), nil
}

// Terminate begins to end the relationship.
func (o Offer) Terminate(by Person) (Offer, error) {
	if o.State != OfferActive {
		return o, o.moved()
	}
	o.State, o.EndReason, o.EndedBy = OfferTerminating, TerminatedHere, by
	return o.next(), nil
}

// NotTerminated takes back what [Offer.Terminate] began and Microsoft refused.
func (o Offer) NotTerminated() Offer {
	if o.State != OfferTerminating || o.EndReason != TerminatedHere {
		return o
	}
	o.State, o.EndReason, o.EndedBy = OfferActive, "", Person{}
	return o.next()
}

// Seen moves the offer on to what Microsoft says of its relationship. What was
// seen before, what belongs to another relationship and what is not understood
// changes nothing.
func (o Offer) Seen(r Relationship, now time.Time) Offer {
	if o.Relationship == "" || r.ID != o.Relationship || o.State == OfferEnded {
		return o
	}
	waiting := o.Waiting() || o.State == OfferLapsed
	before := o
	switch r.Status {
	case RelationshipApproved, RelationshipActivating:
		if waiting {
			o.State, o.ApprovedAt, o.EndedAt = OfferApproved, now, time.Time{}
		}
	case RelationshipActive, RelationshipExpiring:
		if waiting || o.State == OfferApproved {
			o.State, o.ActiveAt, o.EndedAt = OfferActive, now, time.Time{}
			if o.ApprovedAt.IsZero() {
				o.ApprovedAt = now
			}
		}
		if o.State == OfferActive {
			o.End, o.AutoExtend = r.End, r.AutoExtends()
			o = o.reduced(r.Roles)
		}
	case RelationshipTerminationRequested, RelationshipTerminating:
		if waiting || o.State == OfferApproved || o.State == OfferActive {
			o.State, o.EndReason, o.EndedAt = OfferTerminating, TerminatedElsewhere, time.Time{}
		}
	case RelationshipTerminated, RelationshipExpired:
		o = o.over(r.Status, now)
	}
	if o.same(before) {
		return before
	}
	return o.next()
}

func (o Offer) over(status RelationshipStatus, now time.Time) Offer {
	if o.EndReason == "" {
		o.EndReason = TerminatedElsewhere
		if status == RelationshipExpired {
			o.EndReason = RanOut
		}
	}
	o.State, o.EndedAt = OfferEnded, now
	return o
}

// same compares what [Offer.Seen] can change.
func (o Offer) same(p Offer) bool {
	return o.State == p.State && o.End.Equal(p.End) && o.AutoExtend == p.AutoExtend && slices.Equal(o.Roles, p.Roles)
}

// reduced drops the roles that the relationship has lost, from its groups too.
// Nothing can be added to one.
func (o Offer) reduced(held []RoleID) Offer {
	if len(held) == 0 || Within(o.Roles, held) {
		return o
	}
	lost := func(r RoleID) bool { return !slices.Contains(held, r) }
	o.Roles = slices.DeleteFunc(slices.Clone(o.Roles), lost)
	o.Groups = slices.Clone(o.Groups)
	for i, g := range o.Groups {
		o.Groups[i].Roles = slices.DeleteFunc(slices.Clone(g.Roles), lost)
	}
	return o
}

// moved tells a latecomer where the offer stands.
func (o Offer) moved() *Error {
	switch o.State {
	case OfferDrafted:
		return RefuseAnyone(Conflict, "%s is still being made at Microsoft. Try again in a minute.", o.ID)
	case OfferSent:
		return RefuseAnyone(Conflict, "%s waits for the customer until %s. Microsoft has no way to take it back before.", o.ID, o.ApproveBy)
	case OfferDeclined:
		return RefuseAnyone(Conflict, "%s was already declined at %s. Microsoft keeps it until %s and has no way to take it back before.",
			o.ID, o.DeclinedAt, o.ApproveBy)
	case OfferApproved:
		return RefuseAnyone(Conflict, "%s was approved and becomes active in a few minutes.", o.ID)
	case OfferActive:
		return RefuseAnyone(Conflict, "%s was approved and is active.", o.ID)
	case OfferTerminating:
		return RefuseAnyone(Conflict, "The relationship of %s is already being ended.", o.ID)
	case OfferEnded:
		return RefuseAnyone(Conflict, "The relationship of %s ended at %s.", o.ID, o.EndedAt)
	case OfferLapsed:
		return RefuseAnyone(Conflict, "%s lapsed at %s because nobody approved it.", o.ID, o.EndedAt)
	case OfferFailed:
	}
	return RefuseAnyone(Conflict, "%s could not be sent.", o.ID)
}

func (o Offer) next() Offer {
	o.Rev++
	o.Roles = slices.Clone(o.Roles)
	return o
}
