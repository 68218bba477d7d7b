package outbox

import (
	"time"

	"latchkey/internal/access"
	"latchkey/internal/state"
)

// The kinds of effects that give groups their roles on a relationship, and take
// a role out of one.
const (
	GraphAssign = "graph.assign" // give a group its roles on a relationship
	GraphReduce = "graph.reduce" // take Global Administrator out of a relationship
)

// AssignPayload is the payload of [GraphAssign]: the group is to have exactly
// these roles on the relationship of the offer.
type AssignPayload struct {
	Offer        access.OfferID
	Relationship access.RelationshipID
	Customer     access.TenantID
	Group        access.GroupID
	Name         string // of the group, for what people are told
	Roles        []access.RoleID
	// Container is set for a group that Latchkey made, whose access moves here
	// from the relationship that the offer replaces.
	Container access.ContainerID
}

// AssignResult is the result of [GraphAssign], read back as active. It is null
// when the access is not wanted any more.
type AssignResult struct{ Assignment access.AssignmentID }

// ReducePayload is the payload of [GraphReduce]. Its result is a
// [RelationshipResult], read back without the role.
type ReducePayload struct {
	Relationship access.RelationshipID
	Customer     access.TenantID
	Name         string
	Role         access.RoleID // the one that Microsoft lets leave: Global Administrator
	At           time.Time     // when it was asked for
	By           access.Person
}

// RelationshipLane is where everything that changes one relationship queues.
func RelationshipLane(id access.RelationshipID) string { return "relationship/" + string(id) }

// LeavingRole is the role that an effect is taking out of a relationship; empty
// when none does. Until it has left, or is known to stay, nothing new that needs it
// goes through that relationship.
func LeavingRole(tx state.Tx, id access.RelationshipID) (access.RoleID, error) {
	for item, err := range tx.Scan(lanePrefix + RelationshipLane(id) + "|") {
		if err != nil {
			return "", err
		}
		e, err := state.Load[Effect](tx, effectPrefix+string(item.Value))
		if err != nil {
			return "", err
		}
		if e.Kind != GraphReduce {
			continue
		}
		p, err := Payload[ReducePayload](e)
		return p.Role, err
	}
	return "", nil
}
