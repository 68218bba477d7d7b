package graphtest

import (
	"net/http"
	"time"
)

type assignment struct {
	Assignment
	seq, rev          uint64
	created, modified time.Time
	left              int  // reads until a pending or deleting one gets on
	fails             bool // what comes of a pending one is an error
}

func (s *Server) setAssignmentStatus(a *assignment, status string, now time.Time) {
	s.announceAssignment(a, status, now)
	a.Status, a.left = status, s.opt.Lag
	a.rev, a.modified = s.next(), now
	s.bump()
}

// readAssignment lets a pending assignment become active or fail, and a removed
// one deleted, after as many reads as the service lags behind.
func (s *Server) readAssignment(a *assignment, now time.Time) {
	var next string
	switch a.Status {
	case statusPending:
		if next = statusActive; a.fails {
			next = statusError
		}
	case statusDeleting:
		next = statusDeleted
	default:
		return
	}
	if a.left > 0 {
		a.left--
		return
	}
	s.setAssignmentStatus(a, next, now)
}

func (a *assignment) wire() object {
	return object{
		"@odata.type":          "#microsoft.graph.delegatedAdminAccessAssignment",
		"@odata.etag":          etag(a.seq, a.rev),
		"id":                   a.ID,
		"status":               a.Status,
		"createdDateTime":      stamp(a.created),
		"lastModifiedDateTime": stamp(a.modified),
		"accessContainer":      object{"accessContainerId": a.Group, "accessContainerType": "securityGroup"},
		"accessDetails":        wireRoles(a.Roles),
	}
}

// manyRoles is how many roles make an assignment slow where that is a trouble.
const manyRoles = 16

const assignmentContext = "/tenantRelationships/$metadata#accessAssignments/$entity"

var assignmentListing = listing{
	root: "/tenantRelationships", context: "accessAssignments",
	page: 300, limit: 300,
	filters: map[string]string{"status": opEq},
}

// assignmentOf finds the assignment that the path names.
func (s *Server) assignmentOf(c *call) (*relationship, *assignment, error) {
	rel, err := s.relationshipOf(c)
	if err != nil {
		return nil, nil, err
	}
	a, ok := s.assignments.find(c.r.PathValue("aid"))
	if !ok || !same(a.Relationship, rel.ID) {
		return nil, nil, notFound("There is no such access assignment of the relationship.")
	}
	return rel, a, nil
}

func (s *Server) listAssignments(c *call) (reply, error) {
	rel, err := s.relationshipOf(c)
	if err != nil {
		return reply{}, err
	}
	var entries []entry
	for _, a := range s.assignments.order {
		if !same(a.Relationship, rel.ID) {
			continue
		}
		if !c.query.later() {
			s.readAssignment(a, c.now)
		}
		entries = append(entries, entry{a.seq, a.wire()})
	}
	return c.list(assignmentListing, entries)
}

func (s *Server) getAssignment(c *call) (reply, error) {
	_, a, err := s.assignmentOf(c)
	if err != nil {
		return reply{}, err
	}
	s.readAssignment(a, c.now)
	return c.one(http.StatusOK, assignmentContext, a.wire()), nil
}

func (s *Server) createAssignment(c *call) (reply, error) {
	rel, err := s.relationshipOf(c)
	if err != nil {
		return reply{}, err
	}
	var body struct {
		AccessContainer struct {
			ID   string `json:"accessContainerId"`
			Type string `json:"accessContainerType"`
		} `json:"accessContainer"`
		AccessDetails *accessDetails `json:"accessDetails"`
	}
	if err := c.decode(&body); err != nil {
		return reply{}, err
	}
	if rel.Status != statusActive {
		return reply{}, badRequest("Access can be assigned only on an active relationship.")
	}
	if body.AccessContainer.Type != "securityGroup" {
		return reply{}, badRequest("accessContainerType must be securityGroup.")
	}
	g, ok := s.groups.find(body.AccessContainer.ID)
	if !ok {
		return reply{}, badRequest("The access container does not exist.")
	}
	roles, err := rolesWithin(rel, body.AccessDetails)
	if err != nil {
		return reply{}, err
	}
	for _, other := range s.assignments.order {
		if same(other.Relationship, rel.ID) && same(other.Group, g.ID) && other.Status != statusDeleted {
			return reply{}, conflict("The relationship has an access assignment for this access container already.")
		}
	}
	a := &assignment{
		Assignment: Assignment{ID: newGUID(), Relationship: rel.ID, Group: g.ID, Status: statusPending, Roles: roles},
		seq:        s.next(), rev: s.next(), created: c.now, modified: c.now, left: s.opt.Lag,
		fails: fails(&s.failed.assignments, s.opt.Troubles.FailAssignments),
	}
	if len(roles) >= manyRoles {
		a.left += s.opt.Troubles.ManyRolesPending
	}
	s.assignments.put(a.ID, a)
	s.announceAssignment(a, "created", c.now)
	s.wrote(c, "assigned roles to group "+g.ID, gdapActivity("Create delegated admin access assignment", "Add", rel))
	answer := c.one(http.StatusCreated, assignmentContext, a.wire())
	answer.location = c.url(relationshipsPath + "/" + rel.ID + "/accessAssignments/" + a.ID)
	return answer, nil
}

func rolesWithin(rel *relationship, details *accessDetails) ([]string, error) {
	roles, err := details.roles()
	if err != nil {
		return nil, err
	}
	if !subset(roles, rel.Roles) {
		return nil, badRequest("The relationship does not have all of these roles.")
	}
	return roles, nil
}

func (s *Server) updateAssignment(c *call) (reply, error) {
	rel, a, err := s.assignmentOf(c)
	if err != nil {
		return reply{}, err
	}
	if err := c.ifMatch(etag(a.seq, a.rev)); err != nil {
		return reply{}, err
	}
	var body struct {
		AccessDetails *accessDetails `json:"accessDetails"`
	}
	if err := c.decode(&body); err != nil {
		return reply{}, err
	}
	if a.Status == statusDeleting || a.Status == statusDeleted {
		return reply{}, conflict("The access assignment is deleted already.")
	}
	if rel.Status != statusActive {
		return reply{}, badRequest("Access can be changed only on an active relationship.")
	}
	roles, err := rolesWithin(rel, body.AccessDetails)
	if err != nil {
		return reply{}, err
	}
	if sameRoles(roles, a.Roles) {
		return c.one(http.StatusOK, assignmentContext, a.wire()), nil
	}
	return s.change(c, rel, operationAssignment, func() {
		a.Roles = roles
		a.rev, a.modified = s.next(), c.now
		s.announceAssignment(a, "updated", c.now)
		s.wrote(c, "changed the roles of group "+a.Group, gdapActivity("Update delegated admin access assignment", "Update", rel))
	}), nil
}

func (s *Server) deleteAssignment(c *call) (reply, error) {
	rel, a, err := s.assignmentOf(c)
	if err != nil {
		return reply{}, err
	}
	if err := c.ifMatch(etag(a.seq, a.rev)); err != nil {
		return reply{}, err
	}
	if a.Status == statusDeleting || a.Status == statusDeleted {
		return reply{}, conflict("The access assignment is deleted already.")
	}
	s.setAssignmentStatus(a, statusDeleting, c.now)
	s.wrote(c, "removed the roles of group "+a.Group, gdapActivity("Delete delegated admin access assignment", "Delete", rel))
	return reply{status: http.StatusNoContent}, nil
}
