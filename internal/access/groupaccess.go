package access

import "slices"

// GroupAccess is a security group of the partner that receives roles on a
// relationship for as long as it lasts: standing access of everybody who is in
// the group, which nobody is asked for again.
type GroupAccess struct {
	Group GroupID
	Name  string // how the partner calls it
	Roles []RoleID
	// Assignment is empty until the access was read back as active.
	Assignment AssignmentID
	Problem    string // why it is not given, or not any more
}

// Open reports whether the group has not received its access yet and still may.
func (g GroupAccess) Open() bool { return g.Assignment == "" && g.Problem == "" }

// GivesGroups reports whether the groups of the offer may receive their access:
// it is active, and nobody had said no to it.
func (o Offer) GivesGroups() bool { return o.State == OfferActive && !o.Overruled() }

// Withheld reports whether the group does not get its access any more: it could not
// be given, or somebody took it away.
func (o Offer) Withheld(group GroupID) bool {
	return slices.ContainsFunc(o.Groups, func(g GroupAccess) bool { return g.Group == group && g.Problem != "" })
}

// GroupReady records that a group was read back with its roles.
func (o Offer) GroupReady(group GroupID, id AssignmentID) Offer {
	return o.group(group, func(g *GroupAccess) { g.Assignment, g.Problem = id, "" })
}

// GroupRefused records that a group could not be given its roles, or lost them.
func (o Offer) GroupRefused(group GroupID, why string) Offer {
	return o.group(group, func(g *GroupAccess) { g.Assignment, g.Problem = "", why })
}

func (o Offer) group(id GroupID, change func(*GroupAccess)) Offer {
	for i, g := range o.Groups {
		after := g
		change(&after)
		if g.Group != id || after.Assignment == g.Assignment && after.Problem == g.Problem {
			continue
		}
		o.Groups = slices.Clone(o.Groups)
		o.Groups[i] = after
		return o.next()
	}
	return o
}

// GroupsDone reports whether every group has its access.
func (o Offer) GroupsDone() bool {
	return !slices.ContainsFunc(o.Groups, func(g GroupAccess) bool { return g.Assignment == "" })
}

// Within reports whether all holds every one of the roles.
func Within(roles, all []RoleID) bool {
	return !slices.ContainsFunc(roles, func(r RoleID) bool { return !slices.Contains(all, r) })
}

// Without returns the roles but for one.
func Without(roles []RoleID, role RoleID) []RoleID {
	return slices.DeleteFunc(slices.Clone(roles), func(r RoleID) bool { return r == role })
}
