package access

import (
	"slices"
	"time"
)

// Verdict is what somebody said who was asked.
type Verdict string

const (
	Approve Verdict = "approve"
	Deny    Verdict = "deny"
)

// Stage is whose word a request waits for.
type Stage string

// The stages, in their order.
const (
	ByPeers    Stage = "peers" // colleagues of the requester
	ByContacts Stage = ""      // contacts of the customer
)

// Decision is somebody's word on a request.
type Decision struct {
	By Person
	// For is the contact in whose place they decided; zero: in their own.
	For     Person `json:",omitzero"`
	Verdict Verdict
	Note    string
	At      time.Time
	Stage   Stage `json:",omitempty"`
	// SignedIn means that whoever decided had signed in to the customer's tenant for it.
	SignedIn bool `json:",omitempty"`
	// Terms are those that were decided on; zero: the first ones.
	Terms int `json:",omitempty"`
	// Narrowed is what was taken out of the request while it was approved; nil when
	// nothing was.
	Narrowed *Narrowing `json:",omitempty"`
}

// Narrowing is less than was asked for: what is left of it.
type Narrowing struct {
	Roles    []RoleID
	Duration time.Duration
}

// Stage is whose word the request waits for, or waited for last.
func (r Request) Stage() Stage {
	if r.Agreed(ByPeers) < r.Rule.Peers {
		return ByPeers
	}
	return ByContacts
}

// Counting are the decisions on terms that still hold.
func (r Request) Counting() []Decision {
	return slices.DeleteFunc(slices.Clone(r.Decisions), func(d Decision) bool { return !r.counts(d) })
}

// Last is the decision that ended the request, or the newest that counts; false when none
// does. What was agreed to before the terms changed is none.
func (r Request) Last() (Decision, bool) {
	all := r.Counting()
	if len(all) == 0 {
		return Decision{}, false
	}
	return all[len(all)-1], true
}

// Agreeing are the approvals that count: those of the terms of now, and of wider ones
// that were narrowed since.
func (r Request) Agreeing() []Decision {
	return slices.DeleteFunc(r.Counting(), func(d Decision) bool { return d.Verdict != Approve })
}

// Agreed counts those who have agreed in a stage.
func (r Request) Agreed(s Stage) int {
	n := 0
	for _, d := range r.Agreeing() {
		if d.Stage == s {
			n++
		}
	}
	return n
}

// counts reports whether a decision was on terms that still hold.
func (r Request) counts(d Decision) bool { return max(d.Terms, 1) >= r.Since }

// Approvals counts the customer's contacts who have agreed.
func (r Request) Approvals() int { return r.Agreed(ByContacts) }

// voices are the persons whose word the decision is: that of a contact, and of whoever
// spoke in their place, is one.
func (d Decision) voices() []Person {
	if d.For == (Person{}) {
		return []Person{d.By}
	}
	return []Person{d.By, d.For}
}

// Said reports whether the person, or who speaks in their place or in whose place they
// speak, has decided on the terms of now, or may be one who has.
func (r Request) Said(d Decision) bool {
	return slices.ContainsFunc(r.Decisions, func(old Decision) bool {
		return r.counts(old) && slices.ContainsFunc(old.voices(), func(p Person) bool {
			return slices.ContainsFunc(d.voices(), p.CouldBe)
		})
	})
}

// Shown reports whether the customer has been asked, or is told what was given
// without asking it. What the partner's own people have not let through is not its
// business.
func (r Request) Shown() bool { return r.Stage() == ByContacts || r.State == Approved }

// Decide adds a decision of the stage that the request is in. Who may decide is
// checked by the caller; that nobody decides on their own request, twice, too late or
// on other terms than they saw, or gives more than was asked for, is checked here. The
// returned error is an *[Error].
func (r Request) Decide(d Decision, terms int, now time.Time) (Request, error) {
	if r.State != Pending {
		return r, r.decided()
	}
	if !now.Before(r.DecideBy) {
		return r, RefuseAnyone(Conflict, "%s could be decided until %s and has lapsed. %s can ask again.",
			r.ID, r.DecideBy, r.Requester.Name)
	}
	if terms != r.Terms {
		return r, RefuseAnyone(Conflict, "%s has changed since this card was drawn. Look at the new card and decide on that.", r.ID)
	}
	if d.Verdict != Approve && d.Verdict != Deny {
		return r, RefuseAnyone(Invalid, "A decision is approve or deny.")
	}
	if !d.By.Known() {
		return r, RefuseAnyone(Forbidden, "It is not known who decides %s, so nothing was decided.", r.ID)
	}
	if !d.By.Told(r.Requester) {
		return r, RefuseAnyone(Forbidden, "It cannot be told whether you are %s, who asked for %s, so nothing was decided. Somebody else must decide it.", r.Requester.Name, r.ID)
	}
	if d.By.CouldBe(r.Requester) {
		return r, RefuseAnyone(Forbidden, "You asked for %s yourself, so somebody else must decide it.", r.ID)
	}
	if r.Said(d) {
		return r, RefuseAnyone(Conflict, "You have already approved %s; it waits for another person.", r.ID)
	}
	if r.Rule.SignedIn && !d.SignedIn && d.Verdict == Approve && r.Stage() == ByContacts {
		return r, RefuseAnyone(Forbidden, "%s is approved only on the page, after signing in to the tenant of %s. Open it from the card.", r.ID, r.CustomerName)
	}
	d.At, d.Stage, d.Terms = now, r.Stage(), r.Terms
	next, err := r.narrowed(d)
	if err != nil {
		return r, err
	}
	next.Decisions = append(slices.Clone(r.Decisions), d)
	switch {
	case d.Verdict == Deny:
		return next.end(Denied, now), nil
	case next.Stage() == ByContacts && next.Approvals() >= next.Rule.Approvals:
		return next.end(Approved, now), nil
	case next.Stage() != d.Stage: // whoever is asked now has the whole time for it
		next.AskedAt, next.DecideBy, next.Reminded = now, next.decideBy(now), 0
	}
	next.Rev++
	return next, nil
}

// narrowed takes out of the request what whoever approves it does not want to give.
// What was agreed to before stays so: it was more.
func (r Request) narrowed(d Decision) (Request, error) {
	n := d.Narrowed
	if n == nil {
		return r, nil
	}
	left := SortRoles(n.Roles)
	switch {
	case d.Verdict != Approve:
		return r, RefuseAnyone(Invalid, "What is denied cannot be narrowed as well.")
	case len(left) == 0:
		return r, RefuseAnyone(Invalid, "Leave at least one role, or deny the request.").In("roles")
	case n.Duration <= 0 || n.Duration > r.Duration:
		return r, RefuseAnyone(Invalid, "%s asks for %s; give that or less.", r.ID, r.Duration).In("duration")
	case slices.ContainsFunc(left, func(id RoleID) bool { return !slices.Contains(r.Roles, id) }):
		return r, RefuseAnyone(Invalid, "%s does not ask for all of these roles; nothing can be added to it here.", r.ID).In("roles")
	case r.Extends != "" && len(left) != len(r.Roles):
		return r, RefuseAnyone(Invalid, "%s is about more time for the roles that are there already. Give less time, or deny it.", r.ID).In("roles")
	case len(left) == len(r.Roles) && n.Duration == r.Duration:
		return r, RefuseAnyone(Invalid, "That is all that %s asks for. Take something out, or approve it as it is.", r.ID).In("roles")
	}
	r.Roles, r.Duration = left, n.Duration
	r.Terms++
	return r, nil
}

// Change puts other terms in the place of those that were asked for, under the rule
// that policy has for them. Whoever has agreed before is asked again, and has the
// whole time for it. Only the requester may.
func (r Request) Change(by Person, to Request, now time.Time) (Request, error) {
	if !by.Same(r.Requester) {
		return r, Refuse(Forbidden, "Only %s, who asked for %s, can change it.", r.Requester.Name, r.ID)
	}
	if r.State != Pending {
		return r, r.decided()
	}
	if !now.Before(r.DecideBy) {
		return r, Refuse(Conflict, "%s could be decided until %s and has lapsed. Ask again.", r.ID, FormatTime(r.DecideBy))
	}
	if SameRoles(r.Roles, to.Roles) && r.Duration == to.Duration && r.Justification == to.Justification {
		return r, Refuse(Invalid, "That is what %s asks for already; nothing was changed.", r.ID)
	}
	if r.Extends != "" && !SameRoles(r.Roles, to.Roles) {
		return r, Refuse(Invalid, "%s is about more time for the roles that are there already; for others ask with `/access request`.", r.ID).In("roles")
	}
	next := r
	next.Roles, next.Duration, next.Justification, next.Rule = to.Roles, to.Duration, to.Justification, to.Rule
	checked, err := NewRequest(next, now)
	if err != nil {
		return r, err
	}
	next.Roles, next.State, next.EndedAt = checked.Roles, checked.State, checked.EndedAt
	next.AskedAt, next.ChangedAt, next.DecideBy, next.Reminded = now, now, checked.DecideBy, 0
	next.Terms++
	next.Since = next.Terms
	next.Rev++
	return next, nil
}
