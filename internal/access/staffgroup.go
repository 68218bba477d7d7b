package access

import (
	"slices"
	"strings"
	"time"
)

// A StaffSource is where the people of a staff group are kept, when policy.yml does not
// name them: a usergroup in Slack, or a group in the partner's Entra tenant.
type StaffSource string

const (
	fromSlack = "slack:"
	fromEntra = "entra:"
)

// SlackSource is the usergroup with the id.
func SlackSource(usergroup string) StaffSource { return StaffSource(fromSlack + usergroup) }

// EntraSource is the group in Entra.
func EntraSource(g GroupID) StaffSource { return StaffSource(fromEntra + string(g)) }

// Usergroup returns the id of the usergroup in Slack, and false where it is none.
func (s StaffSource) Usergroup() (string, bool) { return strings.CutPrefix(string(s), fromSlack) }

// Group returns the group in Entra, and false where it is none.
func (s StaffSource) Group() (GroupID, bool) {
	id, ok := strings.CutPrefix(string(s), fromEntra)
	return GroupID(id), ok
}

// String calls it as people do.
func (s StaffSource) String() string {
	if id, ok := s.Usergroup(); ok {
		return "the Slack usergroup " + id
	}
	id, _ := s.Group()
	return "the group " + string(id) + " in Microsoft Entra"
}

// MembersHold is for how long the people of a staff group count after they were read.
const MembersHold = 24 * time.Hour

// GroupPeople are the people of a staff group, as they were read last.
type GroupPeople struct {
	Source StaffSource
	People []string // ids of users in Slack, or of users in Entra in lower case; sorted
	ReadAt time.Time
	// Problem says why the last read failed, Failing since when; both are empty after a
	// good one. Told means that the operators know.
	Problem string
	Failing time.Time
	Told    bool
}

// Known reports whether it is known at all who is in the group.
func (g GroupPeople) Known(now time.Time) bool {
	return !g.ReadAt.IsZero() && now.Sub(g.ReadAt) < MembersHold
}

// Has reports whether a member of the staff is in the group.
func (g GroupPeople) Has(s Staff) bool {
	id := strings.ToLower(string(s.Principal))
	if _, slack := g.Source.Usergroup(); slack {
		id = string(s.Person.User)
	}
	if id == "" {
		return false
	}
	_, in := slices.BinarySearch(g.People, id)
	return in
}
