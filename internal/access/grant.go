package access

import "time"

// GrantState is where a grant stands. Failed and Ended are final.
type GrantState string

const (
	Activating GrantState = "activating" // being given in Entra
	Active     GrantState = "active"     // read back from Entra
	Ending     GrantState = "ending"     // being taken away
	Ended      GrantState = "ended"      // gone, read back from Entra
	Failed     GrantState = "failed"     // could not be given; nothing was left behind
)

// GrantStates lists every state of a grant.
func GrantStates() []GrantState {
	return []GrantState{Activating, Active, Ending, Ended, Failed}
}

// EndReason says why a grant ended.
type EndReason string

const (
	Expired          EndReason = "expired"            // its time was over
	Revoked          EndReason = "revoked"            // somebody ended it early
	NotActivated     EndReason = "not activated"      // Entra did not confirm it in time
	CouldNotActivate EndReason = "could not be given" // Entra or our own checks refused it
	RemovedElsewhere EndReason = "removed elsewhere"  // the membership was gone when we looked
	Superseded       EndReason = "restored"           // the state was restored while it was being given: what became of it is unknown
	NotBegun         EndReason = "not begun"          // when its time came it was not allowed any more, or nobody saw to it
)

// ActivateWithin bounds how long giving access may take. A grant that is not
// confirmed by then is ended, so that a crash in the middle cannot leave access
// behind whose clock never started.
const ActivateWithin = time.Hour

// Grant is access given for an approved request. It has the request's id. Of a request
// with several windows it is that of the last one that has opened.
type Grant struct {
	Request   RequestID
	Principal PrincipalID
	Requester Person
	Customer  TenantID
	Container ContainerID
	Duration  time.Duration
	State     GrantState
	// ApprovedAt is when the last approval came in, or the window opened.
	ApprovedAt time.Time
	// ActiveAt is when the access was read back; its clock starts then.
	ActiveAt  time.Time
	ExpiresAt time.Time // zero until active
	EndReason EndReason
	EndedBy   Person // who revoked it
	EndNote   string
	EndedAt   time.Time // when the removal was read back, or the failure was final
	// HeldBy is another grant that kept the membership when this one ended.
	HeldBy RequestID
	Rev    int

	// Window is the number of the request's window, and Until its end, beyond which
	// there is no access however late it came. Zero for access that began once approved.
	Window   int       `json:",omitempty"`
	Until    time.Time `json:",omitzero"`
	Extended int       `json:",omitempty"` // how often its end was moved
	Warned   bool      `json:",omitempty"` // the requester knows that it ends soon

	// Driver is fixed when the grant is made, so that a change of the policy leaves
	// no access behind.
	Driver   Driver   `json:",omitempty"`
	FellBack FallBack `json:",omitempty"`
}

// NewGrant returns the grant of a request that has just been approved.
func NewGrant(r Request, now time.Time) Grant {
	return Grant{
		Request:    r.ID,
		Principal:  r.Principal,
		Requester:  r.Requester,
		Customer:   r.Customer,
		Container:  r.Container(),
		Duration:   r.Duration,
		State:      Activating,
		ApprovedAt: now,
		Rev:        1,
	}
}

// Live reports whether the grant needs the membership: it is being given or is
// in force.
func (g Grant) Live() bool { return g.State == Activating || g.State == Active }

// Final reports whether nothing can happen to the grant any more.
func (g Grant) Final() bool { return g.State == Ended || g.State == Failed }

// Lasted is how long the access of a grant that is over was in force.
func (g Grant) Lasted() time.Duration {
	if g.ActiveAt.IsZero() || !g.Final() {
		return 0
	}
	return max(0, g.EndedAt.Sub(g.ActiveAt))
}

// Due is the moment at which time alone ends the grant, and false when there is
// none.
func (g Grant) Due() (time.Time, bool) {
	switch g.State {
	case Activating:
		at := g.ApprovedAt.Add(ActivateWithin)
		if !g.Until.IsZero() && g.Until.Before(at) {
			at = g.Until
		}
		return at, true
	case Active:
		return g.ExpiresAt, true
	case Ending, Ended, Failed:
	}
	return time.Time{}, false
}

// Joined records that the membership was read back from Entra. The grant's
// clock starts here; that of a window has an end that does not move. A repeated or
// late confirmation changes nothing, nor does one after that end: time alone ends the
// grant then.
func (g Grant) Joined(now time.Time) Grant {
	if g.State != Activating || !g.Until.IsZero() && !now.Before(g.Until) {
		return g
	}
	g.State, g.ActiveAt, g.ExpiresAt = Active, now, now.Add(g.Duration)
	if !g.Until.IsZero() {
		g.ExpiresAt = g.Until
	}
	return g.next()
}

// Refused records that the access could not be given. It may have been given
// in part, so it ends through the same removal as any other grant.
func (g Grant) Refused(note string, _ time.Time) Grant {
	if g.State != Activating {
		return g
	}
	g.State, g.EndReason, g.EndNote = Ending, CouldNotActivate, note
	return g.next()
}

// End starts the removal of access. Ending twice keeps the first reason.
func (g Grant) End(reason EndReason, by Person, note string) (Grant, error) {
	switch g.State {
	case Activating, Active:
		g.State, g.EndReason, g.EndedBy, g.EndNote = Ending, reason, by, note
		return g.next(), nil
	case Ending:
		return g, RefuseAnyone(Conflict, "%s is already being ended.", g.Request)
	case Ended, Failed:
	}
	return g, RefuseAnyone(Conflict, "%s ended at %s.", g.Request, g.EndedAt)
}

// Left records that the removal was read back from Entra, or that the grant
// heldBy still needs the membership.
func (g Grant) Left(heldBy RequestID, now time.Time) Grant {
	if g.State != Ending {
		return g
	}
	g.State, g.HeldBy, g.EndedAt = Ended, heldBy, now
	if g.EndReason == CouldNotActivate {
		g.State = Failed
	}
	return g.next()
}

func (g Grant) next() Grant {
	g.Rev++
	return g
}
