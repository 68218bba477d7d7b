package outbox

import "latchkey/internal/access"

// The kinds of effects that take standing access away.
const (
	GraphOust     = "graph.oust"     // remove a member whom no grant put into a group of ours
	GraphUnassign = "graph.unassign" // take the roles of a group that is not ours away
)

// OustPayload is the payload of [GraphOust]; its result is a [LeaveResult].
type OustPayload struct {
	Container access.ContainerID
	Customer  access.TenantID
	Member    access.Member
	By        access.Person
}

// UnassignPayload is the payload of [GraphUnassign]. It has no result: the
// assignment was read back as gone.
type UnassignPayload struct {
	Customer     access.TenantID
	Relationship access.RelationshipID
	Name         string // of the relationship, for what people are told
	Assignment   access.AssignmentID
	Group        access.GroupID
	GroupName    string
	By           access.Person
}
