package outbox

import (
	"time"

	"latchkey/internal/access"
)

// The kinds of effects that take standing access away.
const (
	GraphOust     = "graph.oust"     // remove a member whom no grant put into a group of ours
	GraphUnassign = "graph.unassign" // take the roles of a group that is not ours away
	GraphMuster   = "graph.muster"   // read who is in every group that bears our mark
)

// OustPayload is the payload of [GraphOust]; its result is a [LeaveResult].
type OustPayload struct {
	Container access.ContainerID
	Customer  access.TenantID
	Member    access.Member
	By        access.Person
	// Group is set, and Container is not, of a group that bears our mark and of which the
	// state knows nothing, for it was restored from a backup.
	Group access.GroupID `json:",omitempty"`
	// Restored says that nobody ordered it: a restored state does not know of the access.
	Restored bool `json:",omitempty"`
}

// MusterPayload is the payload of [GraphMuster].
type MusterPayload struct{ Restored time.Time }

// MusterResult is the result of [GraphMuster]: every group that bears our mark.
type MusterResult struct{ Groups []MusteredGroup }

// MusteredGroup is a group with its direct members.
type MusteredGroup struct {
	Group   access.GroupID
	Name    string
	Members []access.Member `json:",omitempty"`
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
