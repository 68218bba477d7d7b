package access

import "time"

// RequestState is where a request stands. Every state but Pending is final.
type RequestState string

const (
	Pending   RequestState = "pending"
	Approved  RequestState = "approved"
	Denied    RequestState = "denied"
	Withdrawn RequestState = "withdrawn"
	Lapsed    RequestState = "lapsed"
)

// RequestStates lists every state of a request.
func RequestStates() []RequestState {
	return []RequestState{Pending, Approved, Denied, Withdrawn, Lapsed}
}

// MessageRef is where a posted Slack message is.
type MessageRef struct {
	Channel ChannelID
	TS      string
}

// Request is what a person of the staff asks for.
type Request struct {
	ID            RequestID
	Requester     Person
	Principal     PrincipalID // the requester in Entra, from the binding in force when they asked
	Customer      TenantID
	CustomerName  string
	Roles         []RoleID // sorted
	Duration      time.Duration
	Justification string
	// Salt keeps the digests of this request's texts in the audit log from
	// being guessed; it goes when the request is deleted, the log stays whole.
	Salt      string
	Rule      Rule
	State     RequestState
	Decisions []Decision // append-only
	CreatedAt time.Time
	// AskedAt is since when those whose word it waits for now have been asked; zero:
	// since it was made.
	AskedAt  time.Time `json:",omitzero"`
	DecideBy time.Time
	// ChangedAt is when its terms were changed last; zero: never.
	ChangedAt time.Time `json:",omitzero"`
	EndedAt   time.Time // when it left Pending
	// Terms rises when what is asked for changes. Buttons carry it, so that a
	// click on an older card cannot approve newer terms.
	Terms int
	// Since is the first terms of which decisions count; zero: all do.
	Since int `json:",omitempty"`
	Rev   int // +1 per transition
	// Overtaken says that it lapsed because the state was restored from a backup, which
	// does not know what was decided since.
	Overtaken bool `json:",omitempty"`
	// Reminded counts the reminders that those who must decide have had.
	Reminded int `json:",omitempty"`
	// BrokenAt is when the requester took the access by break-glass; zero: they did not.
	BrokenAt time.Time `json:",omitzero"`

	// StartAt is when the access begins; zero: as soon as it is approved. Windows are
	// several such moments, of which it is the first, and Recurs is what they were made
	// of, for whoever reads it.
	StartAt time.Time   `json:",omitzero"`
	Windows []time.Time `json:",omitempty"`
	Recurs  Recurrence  `json:",omitzero"`
	Opened  int         `json:",omitempty"` // how many windows are behind, whether or not they gave access
	Held    bool        `json:",omitempty"` // the next should be open, but the access of the last is not gone
	Stopped Stop        `json:",omitzero"`  // no more of them open

	// Extends is the request whose access this one makes longer, and Ends when that ends
	// without it. It has no grant of its own.
	Extends RequestID `json:",omitempty"`
	Ends    time.Time `json:",omitzero"`
	// ForgottenAt is when something that people wrote in it was deleted on request, and its
	// salt with it; zero: nothing was.
	ForgottenAt time.Time `json:",omitzero"`
}

// NewRequest checks the terms and returns a pending request, or an approved one where
// the rule asks nobody. Justification, roles and duration are checked here, who may
// ask is policy's.
func NewRequest(r Request, now time.Time) (Request, error) {
	switch {
	case len(r.Roles) == 0:
		return Request{}, Refuse(Invalid, "Name at least one role or bundle.").In("roles")
	case r.Duration <= 0:
		return Request{}, Refuse(Invalid, "Say for how long, for example `for 4h`.").In("duration")
	case r.Rule.MaxDuration > 0 && r.Duration > r.Rule.MaxDuration:
		return Request{}, Refuse(Invalid, "The longest that policy allows is %s; you asked for %s.",
			FormatDuration(r.Rule.MaxDuration), FormatDuration(r.Duration)).In("duration")
	case r.Justification == "":
		return Request{}, Refuse(Invalid, "Say why, for example `because mailbox migration, INC-4711`.").In("justification")
	case r.Rule.Approvals < 1 && r.Rule.Peers < 1 && !r.Rule.Auto:
		return Request{}, Refuse(Forbidden, "Policy names nobody who could approve this.")
	case r.Rule.SignedIn && r.Rule.Approvals < 1:
		return Request{}, Refuse(Forbidden, "This must be approved by a contact of the customer who signs in for it, and policy asks none of them.")
	case r.Principal == "":
		return Request{}, Refuse(Forbidden, "You are not linked to an Entra user yet.")
	}
	if err := r.Rule.explained(r.Justification); err != nil {
		return Request{}, err
	}
	r.Roles = SortRoles(r.Roles)
	r.State = Pending
	r.Decisions = nil
	r.CreatedAt, r.AskedAt, r.ChangedAt = now, time.Time{}, time.Time{}
	if r.Recurring() {
		r.StartAt = r.Windows[0]
	}
	r.DecideBy = r.decideBy(now)
	r.EndedAt = time.Time{}
	r.Opened, r.Held, r.Stopped = 0, false, Stop{}
	r.Terms, r.Since, r.Rev = 1, 0, 1
	if err := r.scheduled(now); err != nil {
		return Request{}, err
	}
	if r.Rule.Auto {
		r.State, r.EndedAt = Approved, now
	}
	return r, nil
}

// TermsAt is when what is asked for now was asked for.
func (r Request) TermsAt() time.Time {
	if r.ChangedAt.IsZero() {
		return r.CreatedAt
	}
	return r.ChangedAt
}

// Container names the container that carries exactly the roles asked for.
func (r Request) Container() ContainerID { return ContainerOf(r.Customer, r.Roles) }

// Withdraw takes the request back. Only its requester may.
func (r Request) Withdraw(by Person, now time.Time) (Request, error) {
	if !by.Same(r.Requester) {
		return r, Refuse(Forbidden, "Only %s, who asked for %s, can withdraw it.", r.Requester.Name, r.ID)
	}
	if r.State != Pending {
		return r, r.decided()
	}
	return r.end(Withdrawn, now), nil
}

// Lapse ends a request that nobody decided in time.
func (r Request) Lapse(now time.Time) (Request, error) {
	if r.State != Pending {
		return r, r.decided()
	}
	if now.Before(r.DecideBy) {
		return r, Refuse(Conflict, "%s can be decided until %s.", r.ID, FormatTime(r.DecideBy))
	}
	return r.end(Lapsed, now), nil
}

// Overtake lapses a request of which is not known what was decided, for the state was
// restored from a backup.
func (r Request) Overtake(now time.Time) (Request, error) {
	if r.State != Pending {
		return r, r.decided()
	}
	r.Overtaken = true
	return r.end(Lapsed, now), nil
}

func (r Request) end(state RequestState, now time.Time) Request {
	r.State, r.EndedAt = state, now
	r.Rev++
	return r
}

// decided tells a latecomer who decided, and when.
func (r Request) decided() *Error {
	at := r.EndedAt
	switch r.State {
	case Approved, Denied:
		if r.BrokeGlass() {
			return RefuseAnyone(Conflict, "%s was taken by break-glass by %s at %s; nothing is left to decide. The access can be ended at once.", r.ID, r.Requester.Name, at)
		}
		last, ok := r.Last()
		if !ok {
			return RefuseAnyone(Conflict, "%s was already approved by the rule “%s” at %s.", r.ID, r.Rule.Name, at)
		}
		if r.State == Denied {
			return RefuseAnyone(Conflict, "%s was already denied by %s at %s.", r.ID, last.By.Name, at)
		}
		return RefuseAnyone(Conflict, "%s was already approved by %s at %s.", r.ID, last.By.Name, at)
	case Withdrawn:
		return RefuseAnyone(Conflict, "%s was withdrawn by %s at %s.", r.ID, r.Requester.Name, at)
	case Lapsed:
		if r.Extends != "" && r.EndedAt.Before(r.DecideBy) {
			return RefuseAnyone(Conflict, "%s is over: the access of %s, which it would have extended, ended at %s.", r.ID, r.Extends, at)
		}
		return RefuseAnyone(Conflict, "%s lapsed at %s because nobody decided it.", r.ID, at)
	case Pending:
	}
	return RefuseAnyone(Conflict, "%s is still waiting for a decision.", r.ID)
}
