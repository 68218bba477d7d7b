package watch

import (
	"slices"
	"time"

	"latchkey/internal/access"
	"latchkey/internal/state"
)

// Context is what is known here that makes of a difference somebody's doing.
type Context struct {
	Now time.Time
	// Asked means that the relationship came of an offer.
	Asked bool
	// Acts are what the bot did to the relationship, by kind.
	Acts map[state.ActKind]state.Act
	// Covered means that other active relationships of the customer carry all
	// roles of this one.
	Covered bool
	// Ours are the groups that the bot made, or is making, for the customer, with
	// the roles each is to have.
	Ours map[access.GroupID]bool
}

// by returns who had the bot do something of the kind. An act explains what is
// seen within a day of it.
func (c Context) by(kind state.ActKind) (access.Person, bool) {
	a, ok := c.Acts[kind]
	return a.By, ok && c.Now.Sub(a.At) < 24*time.Hour
}

// Found is a change of a relationship or, with a group, of the access that the
// group has through it.
type Found struct {
	Group     access.GroupID
	GroupName string
	// Own means that the bot makes such assignments itself, so that one which
	// appears is no news.
	Own    bool
	Change access.Change
}

// Compare tells what differs between what was known of a relationship and what
// was read now. A nil old is one that was not known, a nil new one that Microsoft
// no longer lists. It is a pure function.
func Compare(old, now *state.MirroredRelationship, c Context) []Found {
	var out []access.Change
	var found []Found
	switch {
	case old == nil && now == nil, now != nil && now.Status == access.RelationshipCreated:
		return nil // a draft that no customer has seen
	case now == nil:
		out = vanished(*old)
	case old == nil || old.Status == access.RelationshipCreated:
		out = appeared(*now, c)
	default:
		out = slices.Concat(status(*old, *now, c), roles(*old, *now, c), renewal(*old, *now, c), end(*old, *now))
		found = assignments(*old, *now, c)
	}
	for _, one := range out {
		found = append(found, Found{Change: one})
	}
	microsoft := led(old, now)
	kept := found[:0]
	for _, f := range found {
		if microsoft {
			if f.Change.Aspect != access.AspectStatus && f.Change.Aspect != access.AspectListed {
				continue
			}
			f.Change.Alarming = false
		}
		f.Change.At = c.Now
		kept = append(kept, f)
	}
	return kept
}

// led reports whether Microsoft made the relationship by itself: nobody here chose
// it, and it ends by itself.
func led(old, now *state.MirroredRelationship) bool {
	if now != nil {
		return now.MicrosoftLed()
	}
	return old.MicrosoftLed()
}

// appeared is a relationship that was not known. What is over already is no news.
func appeared(now state.MirroredRelationship, c Context) []access.Change {
	switch {
	case now.Status.Over(), now.ConsentPending: // for which our own consent is asked elsewhere
		return nil
	case c.Asked && now.Status == access.RelationshipApprovalPending:
		return nil
	case c.Asked:
		return change(now.Status, "", access.Person{}, false)
	}
	return []access.Change{{Kind: access.ChangeNew, Aspect: access.AspectOrigin, To: string(now.Status), Alarming: true}}
}

// vanished is news only of what gave access, or was about to: Microsoft itself
// removes what was not approved in time, and what has been over for a year.
func vanished(old state.MirroredRelationship) []access.Change {
	if !gave(old.Status) || old.Status.Ending() {
		return nil
	}
	return []access.Change{{
		Kind: access.ChangeVanished, Aspect: access.AspectStatus, From: string(old.Status), To: "not listed", Alarming: true,
	}}
}

func status(old, now state.MirroredRelationship, c Context) []access.Change {
	if old.Status == now.Status {
		return nil
	}
	by, ours := c.by(state.ActTerminate)
	if ours && (now.Status.Ending() || now.Status == access.RelationshipTerminated) {
		return change(now.Status, old.Status, by, false)
	}
	return change(now.Status, old.Status, access.Person{}, !c.Covered && gave(old.Status))
}

// gave reports whether a relationship in the status gives access, has given it, or
// is about to: only then is something lost with it.
func gave(s access.RelationshipStatus) bool {
	switch s {
	case access.RelationshipActive, access.RelationshipExpiring, access.RelationshipApproved, access.RelationshipActivating:
		return true
	}
	return s.Ending()
}

// change words a status. Steps that mean nothing to people have none.
func change(now, was access.RelationshipStatus, by access.Person, alarming bool) []access.Change {
	kind, lost := access.ChangeKind(""), false
	switch now {
	case access.RelationshipApproved, access.RelationshipActivating:
		if was != access.RelationshipApproved {
			kind = access.ChangeApproved
		}
	case access.RelationshipActive:
		kind = access.ChangeActive
	case access.RelationshipTerminationRequested, access.RelationshipTerminating:
		if !was.Ending() {
			kind, lost = access.ChangeEnding, true
		}
	case access.RelationshipTerminated:
		kind, lost = access.ChangeTerminated, true
	case access.RelationshipExpired:
		kind, lost = access.ChangeExpired, true
	}
	if kind == "" {
		return nil
	}
	return []access.Change{{
		Kind: kind, Aspect: access.AspectStatus, From: string(was), To: string(now), By: by, Alarming: lost && alarming,
	}}
}

func roles(old, now state.MirroredRelationship, c Context) []access.Change {
	if access.SameRoles(old.Roles, now.Roles) {
		return nil
	}
	by, ours := c.by(state.ActRoles)
	return []access.Change{{
		Kind: access.ChangeRoles, Aspect: access.AspectRoles, From: access.JoinRoles(old.Roles), To: access.JoinRoles(now.Roles),
		By: by, Alarming: !ours && !now.Status.Over(),
	}}
}

func renewal(old, now state.MirroredRelationship, c Context) []access.Change {
	if old.AutoExtends() == now.AutoExtends() || now.Status.Over() {
		return nil
	}
	by, ours := c.by(state.ActExtend)
	return []access.Change{{
		Kind: access.ChangeRenewal, Aspect: access.AspectRenewal, From: onOff(old.AutoExtends()), To: onOff(now.AutoExtends()),
		By: by, Alarming: !ours && !now.AutoExtends(),
	}}
}

func onOff(on bool) string {
	if on {
		return "on"
	}
	return "off"
}

// end is news when it moves; that an active relationship gets one is not.
func end(old, now state.MirroredRelationship) []access.Change {
	if old.End.IsZero() || now.End.IsZero() || old.End.Equal(now.End) || now.Status.Over() || now.Status.Ending() || old.Start.IsZero() {
		return nil
	}
	kind := access.ChangeEnd
	if old.AutoExtends() && now.End.After(old.End) {
		kind = access.ChangeExtended
	}
	return []access.Change{{
		Kind: kind, Aspect: access.AspectEnd, From: old.End.UTC().Format(time.RFC3339), To: now.End.UTC().Format(time.RFC3339),
		Alarming: now.End.Before(old.End),
	}}
}

// assignments compares who receives roles. They were read only of what is active.
func assignments(old, now state.MirroredRelationship, c Context) []Found {
	if old.Status != access.RelationshipActive || now.Status != access.RelationshipActive || old.Unseen != "" || now.Unseen != "" {
		return nil
	}
	was, is := byGroup(old.Assignments), byGroup(now.Assignments)
	by, assigning := c.by(state.ActAssign)
	var out []Found
	for _, g := range groupsOf(old, now) {
		before, after := was[g], is[g]
		one := Found{Group: g, GroupName: after.GroupName, Own: c.Ours[g] || assigning, Change: access.Change{
			Aspect: access.AspectRoles, From: access.JoinRoles(before.Roles), To: access.JoinRoles(after.Roles), Alarming: c.Ours[g],
		}}
		if one.GroupName == "" {
			one.GroupName = before.GroupName
		}
		if assigning && !c.Ours[g] {
			one.Change.By = by
		}
		switch had, has := len(before.Roles) > 0, len(after.Roles) > 0; {
		case after.Status == access.AssignmentError && before.Status != access.AssignmentError:
			one.Change.Kind, one.Change.Aspect = access.ChangeFailed, access.AspectStatus
			one.Change.From, one.Change.To = string(before.Status), string(after.Status)
		case before.Status == access.AssignmentError && has && after.Status == access.AssignmentActive:
			one.Change.Kind, one.Change.Aspect, one.Change.Alarming = access.ChangeAssigned, access.AspectStatus, false
			one.Change.From, one.Change.To = string(before.Status), string(after.Status)
		case !had && has:
			one.Change.Kind, one.Change.Alarming = access.ChangeAssigned, false
		case had && !has:
			one.Change.Kind = access.ChangeUnassigned
		case had && has && !access.SameRoles(before.Roles, after.Roles):
			one.Change.Kind = access.ChangeReassigned
		default:
			continue
		}
		out = append(out, one)
	}
	return out
}

// byGroup joins the assignments of each group. Those that are gone, or going, do
// not count.
func byGroup(all []access.Assignment) map[access.GroupID]access.Assignment {
	out := map[access.GroupID]access.Assignment{}
	for _, a := range all {
		if a.Status == access.AssignmentDeleting || a.Status == access.AssignmentDeleted {
			continue
		}
		one, known := out[a.Group]
		if !known || a.Status == access.AssignmentError {
			one.Status = a.Status
		}
		one.Group, one.GroupName, one.Roles = a.Group, a.GroupName, append(slices.Clone(one.Roles), a.Roles...)
		out[a.Group] = one
	}
	return out
}

// groupsOf lists the groups of both, in an order that is always the same.
func groupsOf(old, now state.MirroredRelationship) []access.GroupID {
	var out []access.GroupID
	for _, a := range slices.Concat(old.Assignments, now.Assignments) {
		if !slices.Contains(out, a.Group) {
			out = append(out, a.Group)
		}
	}
	slices.Sort(out)
	return out
}
