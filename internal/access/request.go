package access

import (
	"regexp"
	"slices"
	"strings"
	"time"
)

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

// Rule is what policy demanded when the request was made. It is stored with the
// request, so that a later change of the policy cannot lower the bar.
type Rule struct {
	Name          string        // how policy.yml calls it
	PolicyVersion string        // of the file it came from
	MaxDuration   time.Duration // the longest grant
	Approvals     int           // how many of the customer's contacts must agree; at least 1
	DecideWithin  time.Duration // then the request lapses
	Ticket        string        `json:",omitempty"` // patterns, one a line, each of which the justification must hold
	Justification int           `json:",omitempty"` // how many characters it must have
}

// explained refuses a justification that the rule does not take.
func (r Rule) explained(why string) error {
	if n := len([]rune(why)); n < r.Justification {
		return Refuse(Invalid, "Say why in at least %d characters; these are %d.", r.Justification, n).In("justification")
	}
	if r.Ticket == "" {
		return nil
	}
	for form := range strings.SplitSeq(r.Ticket, "\n") {
		// Policy has compiled it before. What cannot be compiled now fits nothing.
		if ticket, err := regexp.Compile(form); err != nil || !ticket.MatchString(why) {
			return Refuse(Invalid, "Name the ticket in the reason, for example `because mailbox of Kim, INC-4711`; policy asks for one of the form %s.", form).In("justification")
		}
	}
	return nil
}

// Verdict is what one contact said.
type Verdict string

const (
	Approve Verdict = "approve"
	Deny    Verdict = "deny"
)

// Decision is one contact's word on a request.
type Decision struct {
	By      Person
	Verdict Verdict
	Note    string
	At      time.Time
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
	DecideBy  time.Time
	EndedAt   time.Time // when it left Pending
	// Terms rises when what is asked for changes. Buttons carry it, so that a
	// click on an older card cannot approve newer terms.
	Terms int
	Rev   int // +1 per transition
	// Reminded counts the reminders that those who must decide have had.
	Reminded int `json:",omitempty"`
}

// NewRequest checks the terms and returns a pending request. Justification,
// roles and duration are checked here, who may ask is policy's.
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
	case r.Rule.Approvals < 1:
		return Request{}, Refuse(Forbidden, "Policy names nobody who could approve this.")
	case r.Principal == "":
		return Request{}, Refuse(Forbidden, "You are not linked to an Entra user yet.")
	}
	if err := r.Rule.explained(r.Justification); err != nil {
		return Request{}, err
	}
	r.Roles = SortRoles(r.Roles)
	r.State = Pending
	r.Decisions = nil
	r.CreatedAt = now
	r.DecideBy = now.Add(r.Rule.DecideWithin)
	r.EndedAt = time.Time{}
	r.Terms, r.Rev = 1, 1
	return r, nil
}

// Container names the container that carries exactly the roles asked for.
func (r Request) Container() ContainerID { return ContainerOf(r.Customer, r.Roles) }

// Approvals counts the decisions that approve.
func (r Request) Approvals() int {
	n := 0
	for _, d := range r.Decisions {
		if d.Verdict == Approve {
			n++
		}
	}
	return n
}

// Decide adds a decision. Who may decide for the customer is checked by the
// caller; that nobody decides on their own request, twice, too late or on other
// terms than they saw is checked here. The returned error is an *[Error].
func (r Request) Decide(d Decision, terms int, now time.Time) (Request, error) {
	if r.State != Pending {
		return r, r.decided()
	}
	if !now.Before(r.DecideBy) {
		return r, Refuse(Conflict, "%s could be decided until %s and has lapsed. %s can ask again.",
			r.ID, FormatTime(r.DecideBy), r.Requester.Name)
	}
	if terms != r.Terms {
		return r, Refuse(Conflict, "%s has changed since this card was drawn. Look at the new card and decide on that.", r.ID)
	}
	if d.Verdict != Approve && d.Verdict != Deny {
		return r, Refuse(Invalid, "A decision is approve or deny.")
	}
	if !d.By.Known() {
		return r, Refuse(Forbidden, "It is not known who decides %s, so nothing was decided.", r.ID)
	}
	if !d.By.Told(r.Requester) {
		return r, Refuse(Forbidden, "It cannot be told whether you are %s, who asked for %s, so nothing was decided. Somebody else must decide it.", r.Requester.Name, r.ID)
	}
	if d.By.CouldBe(r.Requester) {
		return r, Refuse(Forbidden, "You asked for %s yourself, so somebody else must decide it.", r.ID)
	}
	if slices.ContainsFunc(r.Decisions, func(x Decision) bool { return x.By.CouldBe(d.By) }) {
		return r, Refuse(Conflict, "You have already approved %s; it waits for another person.", r.ID)
	}
	d.At = now
	r.Decisions = append(slices.Clone(r.Decisions), d)
	switch {
	case d.Verdict == Deny:
		return r.end(Denied, now), nil
	case r.Approvals() >= r.Rule.Approvals:
		return r.end(Approved, now), nil
	}
	r.Rev++
	return r, nil
}

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

// leastReminded is how long a request must wait for anybody to be reminded of it.
const leastReminded = time.Hour

// NextReminder is when those who must decide are reminded next: half way, and when an
// eighth of the time is left. It returns false when they are not.
func (r Request) NextReminder() (time.Time, bool) {
	within := r.DecideBy.Sub(r.CreatedAt)
	if r.State != Pending || r.CreatedAt.IsZero() || within < leastReminded {
		return time.Time{}, false
	}
	switch r.Reminded {
	case 0:
		return r.CreatedAt.Add(within / 2), true
	case 1:
		return r.DecideBy.Add(-within / 8), true
	}
	return time.Time{}, false
}

// Remind counts a reminder. Of several that are due, as after a time in which the bot
// was down, the last one stands for all.
func (r Request) Remind(now time.Time) (Request, bool) {
	due := false
	for at, ok := r.NextReminder(); ok && !at.After(now) && now.Before(r.DecideBy); at, ok = r.NextReminder() {
		r.Reminded++
		due = true
	}
	return r, due
}

// LastReminder reports whether there will be no other.
func (r Request) LastReminder() bool { return r.Reminded > 1 }

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

func (r Request) end(state RequestState, now time.Time) Request {
	r.State, r.EndedAt = state, now
	r.Rev++
	return r
}

// decided tells a latecomer who decided, and when.
func (r Request) decided() *Error {
	at := FormatTime(r.EndedAt)
	switch r.State {
	case Approved, Denied:
		last := r.Decisions[len(r.Decisions)-1]
		return Refuse(Conflict, "%s was already %s by %s at %s.", r.ID, r.State, last.By.Name, at)
	case Withdrawn:
		return Refuse(Conflict, "%s was withdrawn by %s at %s.", r.ID, r.Requester.Name, at)
	case Lapsed:
		return Refuse(Conflict, "%s lapsed at %s because nobody decided it.", r.ID, at)
	case Pending:
	}
	return Refuse(Conflict, "%s is still waiting for a decision.", r.ID)
}
