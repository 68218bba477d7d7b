package access

import (
	"slices"
	"strings"
	"time"
)

// ChangeKind says what changed about the subject of an alert.
type ChangeKind string

// The kinds of changes.
const (
	ChangeNew        ChangeKind = "new"         // a relationship that was not asked for here
	ChangeApproved   ChangeKind = "approved"    // the customer said yes; Microsoft makes it ready
	ChangeActive     ChangeKind = "active"      // it gives access, for the first time or again
	ChangeEnding     ChangeKind = "terminating" // it is being ended
	ChangeTerminated ChangeKind = "terminated"
	ChangeExpired    ChangeKind = "expired"
	ChangeVanished   ChangeKind = "vanished" // Microsoft no longer lists it
	ChangeListed     ChangeKind = "listed"   // Microsoft lists it again
	ChangeRoles      ChangeKind = "roles"
	ChangeRenewal    ChangeKind = "auto-extend" // whether it renews itself
	ChangeEnd        ChangeKind = "end"         // its end was moved
	ChangeExtended   ChangeKind = "extended"    // it has extended itself
	ChangeEndsSoon   ChangeKind = "ends soon"
	ChangeReplaced   ChangeKind = "replaced" // another relationship carries its roles

	ChangeAssigned   ChangeKind = "assigned"   // a group receives roles
	ChangeReassigned ChangeKind = "reassigned" // a group receives other roles
	ChangeUnassigned ChangeKind = "unassigned" // a group does not receive roles any more
	ChangeFailed     ChangeKind = "failed"     // Microsoft reports an error of the assignment

	ChangeStranger ChangeKind = "stranger" // somebody is in a group whom no grant put there
	ChangeGone     ChangeKind = "gone"     // they are out again
	ChangeAllowed  ChangeKind = "allowed"  // a grant says by now that they may be
	ChangeLost     ChangeKind = "lost"     // somebody is not in a group any more although a grant says so
	ChangeBack     ChangeKind = "back"     // they are in it again
	ChangeStuck    ChangeKind = "stuck"    // access that is over could not be removed
	ChangeRemoved  ChangeKind = "removed"  // it is gone, and so it should be

	ChangeDAPGone  ChangeKind = "DAP gone"      // a customer has no legacy delegated administration any more
	ChangeDAPHeld  ChangeKind = "DAP held"      // a customer has it
	ChangeLeft     ChangeKind = "customer left" // the reseller relationship has ended
	ChangeReseller ChangeKind = "reseller"      // there is one, again
)

// ChangeKinds lists every kind.
func ChangeKinds() []ChangeKind {
	return []ChangeKind{
		ChangeNew, ChangeApproved, ChangeActive, ChangeEnding, ChangeTerminated, ChangeExpired, ChangeVanished, ChangeListed,
		ChangeRoles, ChangeRenewal, ChangeEnd, ChangeExtended, ChangeEndsSoon, ChangeReplaced,
		ChangeAssigned, ChangeReassigned, ChangeUnassigned, ChangeFailed,
		ChangeStranger, ChangeGone, ChangeAllowed, ChangeLost, ChangeBack, ChangeStuck, ChangeRemoved,
		ChangeDAPGone, ChangeDAPHeld, ChangeLeft, ChangeReseller,
	}
}

// Aspect is what of an alert's subject a change is about. Changes of one aspect can
// undo each other.
type Aspect string

// The aspects.
const (
	AspectStatus  Aspect = "status"
	AspectListed  Aspect = "listed"
	AspectRoles   Aspect = "roles"
	AspectRenewal Aspect = "auto-extend"
	AspectEnd     Aspect = "end"
	AspectTime    Aspect = "time" // how much of it is left
	AspectOrigin  Aspect = "origin"

	AspectStranger Aspect = "stranger" // "in" while somebody is in a group whom no grant put there
	AspectLost     Aspect = "lost"     // "out" while somebody is not whom a grant did
	AspectRemoval  Aspect = "removal"  // why access that is over is still there
	AspectDAP      Aspect = "DAP"      // "on" or "off"
	AspectReseller Aspect = "reseller" // relationshipToPartner, as Partner Center spells it
)

// Change is one thing that changed.
type Change struct {
	Kind   ChangeKind
	Aspect Aspect
	// From and To are what it was before and what it is now: a status as Graph
	// spells it, "on" or "off", a moment in RFC 3339, ids of roles with spaces
	// between, or what the aspect says. Either may be empty.
	From, To string
	At       time.Time // when it was seen
	// By is who did it, where the bot did it for them or, with a source, where a log
	// told; zero where nobody knows.
	By     Person
	Source string
	// Alarming changes want somebody to look. The others are told, no more.
	Alarming bool
}

// RolesIn reads what [JoinRoles] wrote.
func RolesIn(text string) []RoleID {
	var out []RoleID
	for _, f := range strings.Fields(text) {
		out = append(out, RoleID(f))
	}
	return out
}

// JoinRoles writes a set of roles as [Change] holds it.
func JoinRoles(roles []RoleID) string {
	var b strings.Builder
	for i, r := range SortRoles(roles) {
		if i > 0 {
			b.WriteByte(' ')
		}
		b.WriteString(string(r))
	}
	return b.String()
}

// The statuses of an assignment that gives nothing.
const (
	AssignmentDeleting AssignmentStatus = "deleting"
	AssignmentDeleted  AssignmentStatus = "deleted"
	AssignmentError    AssignmentStatus = "error"
)

// Over reports whether the relationship has ended for good.
func (s RelationshipStatus) Over() bool {
	return s == RelationshipExpired || s == RelationshipTerminated
}

// Ending reports whether the relationship is on its way to an end that somebody
// asked for.
func (s RelationshipStatus) Ending() bool {
	return s == RelationshipTerminationRequested || s == RelationshipTerminating
}

// Covers reports whether the roles of one set are all in the other.
func Covers(have, want []RoleID) bool {
	for _, r := range want {
		if !slices.Contains(have, r) {
			return false
		}
	}
	return true
}

// DaysOf reads a duration as Graph writes those of relationships, "P365D" or
// "P2Y"; a year has 365 days, a month 30. What is not understood is 0.
func DaysOf(duration string) int {
	rest, ok := strings.CutPrefix(duration, "P")
	days, n, digits := 0, 0, 0
	for _, r := range rest {
		unit := map[rune]int{'Y': 365, 'M': 30, 'W': 7, 'D': 1}[r]
		switch {
		case r >= '0' && r <= '9' && digits < 4:
			n, digits = 10*n+int(r-'0'), digits+1
		case unit > 0 && digits > 0:
			days, n, digits = days+n*unit, 0, 0
		default:
			return 0
		}
	}
	if !ok || digits > 0 {
		return 0
	}
	return days
}
