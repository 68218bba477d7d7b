package graphtest

import (
	"net/http"
	"time"
)

const (
	operationAssignment   = "delegatedAdminAccessAssignmentUpdate"
	operationRelationship = "delegatedAdminRelationshipUpdate"
)

// operation is a change that was answered before it was finished.
type operation struct {
	id, kind, status  string
	seq               uint64
	created, modified time.Time
}

// startOperation answers that a change is under way. It has been made; only
// the operation's own status lags behind, by one read.
func (s *Server) startOperation(c *call, rel *relationship, kind string) reply {
	op := &operation{id: newGUID(), kind: kind, status: "running", seq: s.next(), created: c.now, modified: c.now}
	rel.operations = append(rel.operations, op)
	return reply{
		status:     http.StatusAccepted,
		location:   c.url(relationshipsPath + "/" + rel.ID + "/operations/" + op.id),
		retryAfter: "10",
		body:       object{},
	}
}

// wire shows the operation and lets the next read see it done. That it is one
// on the relationship itself is shown only to clients that ask for it.
func (op *operation) wire(c *call) object {
	kind := op.kind
	if kind == operationRelationship {
		kind = c.enum(kind)
	}
	out := object{
		"@odata.type":          "#microsoft.graph.delegatedAdminRelationshipOperation",
		"id":                   op.id,
		"operationType":        kind,
		"status":               op.status,
		"data":                 "{}",
		"createdDateTime":      stamp(op.created),
		"lastModifiedDateTime": stamp(op.modified),
	}
	if op.status == "running" {
		op.status, op.modified = "succeeded", c.now
	}
	return out
}

var operationListing = listing{
	root: "/tenantRelationships", context: "operations",
	page: 300, limit: 300,
	filters: map[string]string{"status": opEq},
}

func (s *Server) listOperations(c *call) (reply, error) {
	rel, err := s.relationshipOf(c)
	if err != nil {
		return reply{}, err
	}
	entries := make([]entry, 0, len(rel.operations))
	for _, op := range rel.operations {
		entries = append(entries, entry{op.seq, op.wire(c)})
	}
	return c.list(operationListing, entries)
}

func (s *Server) getOperation(c *call) (reply, error) {
	rel, err := s.relationshipOf(c)
	if err != nil {
		return reply{}, err
	}
	for _, op := range rel.operations {
		if same(op.id, c.r.PathValue("oid")) {
			return c.one(http.StatusOK, "/tenantRelationships/$metadata#operations/$entity", op.wire(c)), nil
		}
	}
	return reply{}, notFound("There is no such operation of the relationship.")
}
