package graphtest

import (
	"slices"
	"time"
)

// User is a person of the partner's directory.
type User struct {
	ID, DisplayName, UPN, Mail string
	Guest, Disabled            bool
	DirectoryRoles             []string // template ids of roles of the partner's own directory
}

// Group is a security group of the partner's directory. Owners and Members are
// object ids.
type Group struct {
	ID, DisplayName, MailNickname, Description string
	Owners, Members                            []string
}

// Relationship is a delegated admin relationship with one customer.
type Relationship struct {
	ID, DisplayName              string
	CustomerTenant, CustomerName string // tenant empty: nobody has accepted it yet
	Status                       string // default active
	Roles                        []string
	Duration                     string // default P730D
	AutoExtend                   string // PT0S (default), P0D or P180D
	Created                      time.Time
	Activated                    time.Time // default Created, once active
	End                          time.Time // default Activated plus Duration
	IndirectProvider             string    // tenant; set: a reseller's relationship
	PartnerConsentPending        bool
}

// Assignment gives the members of a security group roles of a relationship.
type Assignment struct {
	ID, Relationship, Group string
	Status                  string // default active
	Roles                   []string
}

// Contract is the partner's record of a customer.
type Contract struct {
	ID, CustomerTenant, DisplayName, DefaultDomain string
	Type                                           string // default ResellerPartner
}

type contract struct {
	Contract
	seq uint64
}

// AddUser adds or replaces a user and returns its id, drawn when empty.
func (s *Server) AddUser(u User) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	u.ID = orNew(u.ID)
	u.DirectoryRoles = slices.Clone(u.DirectoryRoles)
	s.users.put(u.ID, &user{User: u, seq: s.next()})
	s.bump()
	return u.ID
}

// AddGroup adds or replaces a group and returns its id, drawn when empty.
func (s *Server) AddGroup(g Group) string {
	now := s.opt.Due()
	s.mu.Lock()
	defer s.mu.Unlock()
	g.ID = orNew(g.ID)
	row := &group{Group: g, seq: s.next(), created: now}
	row.Owners = slices.Clone(g.Owners)
	row.Members = nil
	for _, id := range g.Members {
		row.join(id, s.next())
	}
	s.groups.put(g.ID, row)
	s.bump()
	return g.ID
}

// AddRelationship adds or replaces a relationship and returns its id, drawn
// when empty. One that has ended is remembered for a year from now on.
func (s *Server) AddRelationship(rel Relationship) string {
	now := s.opt.Due()
	s.mu.Lock()
	defer s.mu.Unlock()
	if rel.ID == "" {
		rel.ID = newGUID() + "-" + newGUID()
	}
	if rel.Status == "" {
		rel.Status = statusActive
	}
	if rel.Duration == "" {
		rel.Duration = "P730D"
	}
	if rel.AutoExtend == "" {
		rel.AutoExtend = autoExtendOff
	}
	if rel.Created.IsZero() {
		rel.Created = now
	}
	rel.Roles = slices.Clone(rel.Roles)
	row := &relationship{Relationship: rel, seq: s.next(), rev: s.next(), modified: rel.Created, ended: now}
	if rel.Status == statusActive {
		row.activate(rel.Created)
	}
	s.relationships.put(rel.ID, row)
	s.bump()
	return rel.ID
}

// AddAssignment adds or replaces an assignment and returns its id, drawn when
// empty. A pending one becomes active as if it had just been created.
func (s *Server) AddAssignment(a Assignment) string {
	now := s.opt.Due()
	s.mu.Lock()
	defer s.mu.Unlock()
	a.ID = orNew(a.ID)
	if a.Status == "" {
		a.Status = statusActive
	}
	a.Roles = slices.Clone(a.Roles)
	s.assignments.put(a.ID, &assignment{
		Assignment: a, seq: s.next(), rev: s.next(), created: now, modified: now, left: s.opt.Lag,
	})
	s.bump()
	return a.ID
}

// AddContract adds or replaces a contract and returns its id, drawn when empty.
func (s *Server) AddContract(k Contract) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	k.ID = orNew(k.ID)
	if k.Type == "" {
		k.Type = "ResellerPartner"
	}
	s.contracts.put(k.ID, &contract{Contract: k, seq: s.next()})
	s.bump()
	return k.ID
}

// AddMember is an admin adding a user to a group. It reports whether that
// changed anything.
func (s *Server) AddMember(group, user string) bool {
	now := s.opt.Due()
	s.mu.Lock()
	defer s.mu.Unlock()
	g, ok := s.groups.find(group)
	if !ok || g.has(user) {
		return false
	}
	g.join(user, s.next())
	g.forget(user)
	s.record(now, anAdmin, membershipActivity("Add member to group", "Assign", g, s.objectTarget(user)))
	s.bump()
	return true
}

// RemoveMember is an admin removing a user from a group. It reports whether
// that changed anything.
func (s *Server) RemoveMember(group, user string) bool {
	now := s.opt.Due()
	s.mu.Lock()
	defer s.mu.Unlock()
	g, ok := s.groups.find(group)
	if !ok || !g.leave(user) {
		return false
	}
	g.forget(user)
	s.passedOver(g, user, now)
	s.record(now, anAdmin, membershipActivity("Remove member from group", "Unassign", g, s.objectTarget(user)))
	s.bump()
	return true
}

// SetRelationshipStatus is the customer, the partner's admin or Microsoft
// moving a relationship on: "active" starts its time, "terminated" and
// "expired" remove its assignments. It reports whether there is such a
// relationship.
func (s *Server) SetRelationshipStatus(id, status string) bool {
	now := s.opt.Due()
	s.mu.Lock()
	defer s.mu.Unlock()
	rel, ok := s.relationships.find(id)
	if !ok {
		return false
	}
	s.setStatus(rel, status, now)
	s.record(now, anAdmin, gdapActivity("Update delegated admin relationship", "Update", rel))
	return true
}

// RemoveAssignment is an admin removing an assignment: it stays listed as
// deleted. It reports whether there is such an assignment.
func (s *Server) RemoveAssignment(relationship, id string) bool {
	now := s.opt.Due()
	s.mu.Lock()
	defer s.mu.Unlock()
	a, ok := s.assignments.find(id)
	if !ok || !same(a.Relationship, relationship) {
		return false
	}
	s.setAssignmentStatus(a, statusDeleted, now)
	if rel, ok := s.relationships.find(relationship); ok {
		s.record(now, anAdmin, gdapActivity("Delete delegated admin access assignment", "Delete", rel))
	}
	return true
}

// Users returns the directory's users in the order they were added.
func (s *Server) Users() []User {
	s.mu.Lock()
	defer s.mu.Unlock()
	out := make([]User, 0, len(s.users.order))
	for _, u := range s.users.order {
		v := u.User
		v.DirectoryRoles = slices.Clone(u.DirectoryRoles)
		out = append(out, v)
	}
	return out
}

// Groups returns the directory's groups with their members as they are, which
// readers of Graph may not see yet.
func (s *Server) Groups() []Group {
	now := s.opt.Due()
	s.mu.Lock()
	defer s.mu.Unlock()
	s.settle(now)
	out := make([]Group, 0, len(s.groups.order))
	for _, g := range s.groups.order {
		v := g.Group
		v.Owners = slices.Clone(g.Owners)
		v.Members = make([]string, 0, len(g.members))
		for _, m := range g.members {
			v.Members = append(v.Members, m.id)
		}
		out = append(out, v)
	}
	return out
}

// Relationships returns the relationships as they are by the world's clock.
func (s *Server) Relationships() []Relationship {
	now := s.opt.Due()
	s.mu.Lock()
	defer s.mu.Unlock()
	s.settle(now)
	out := make([]Relationship, 0, len(s.relationships.order))
	for _, rel := range s.relationships.order {
		v := rel.Relationship
		v.Roles = slices.Clone(rel.Roles)
		out = append(out, v)
	}
	return out
}

// Assignments returns the assignments, removed ones included, with the status
// that the last read through Graph found or the last write left.
func (s *Server) Assignments() []Assignment {
	now := s.opt.Due()
	s.mu.Lock()
	defer s.mu.Unlock()
	s.settle(now)
	out := make([]Assignment, 0, len(s.assignments.order))
	for _, a := range s.assignments.order {
		v := a.Assignment
		v.Roles = slices.Clone(a.Roles)
		out = append(out, v)
	}
	return out
}
