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
	fails             bool // the change was not made, and it will say so
	left              int  // reads that still see the status
}

// change makes a change whose answer is that it is under way. It has been made
// by then, unless it is one that fails; only the operation's own status lags
// behind.
func (s *Server) change(c *call, rel *relationship, kind string, do func()) reply {
	op := &operation{
		id: newGUID(), kind: kind, status: "notStarted", seq: s.next(), created: c.now, modified: c.now,
		fails: fails(&s.failed.operations, s.opt.Troubles.FailOperations), left: s.opt.Lag,
	}
	rel.operations = append(rel.operations, op)
	if op.fails {
		s.bump()
	} else {
		do()
	}
	return reply{
		status:     http.StatusAccepted,
		location:   c.url(relationshipsPath + "/" + rel.ID + "/operations/" + op.id),
		retryAfter: "10",
		body:       object{},
	}
}

// seen is called by each read, before it shows the operation. As many reads as
// the service lags behind have it not started, so many more (one at least) have
// it running, and then it is done.
func (op *operation) seen(now time.Time, lag int) {
	if op.status != "notStarted" && op.status != "running" {
		return
	}
	if op.left > 0 {
		op.left--
		return
	}
	op.modified = now
	switch {
	case op.status == "notStarted":
		op.status, op.left = "running", max(lag, 1)-1
	case op.fails:
		op.status = "failed"
	default:
		op.status = "succeeded"
	}
}

// wire shows the operation. That it is one on the relationship itself is shown
// only to clients that ask for it.
func (op *operation) wire(c *call) object {
	kind := op.kind
	if kind == operationRelationship {
		kind = c.enum(kind)
	}
	return object{
		"@odata.type":          "#microsoft.graph.delegatedAdminRelationshipOperation",
		"id":                   op.id,
		"operationType":        kind,
		"status":               op.status,
		"data":                 "{}",
		"createdDateTime":      stamp(op.created),
		"lastModifiedDateTime": stamp(op.modified),
	}
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
		if !c.query.later() {
			op.seen(c.now, s.opt.Lag)
		}
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
			op.seen(c.now, s.opt.Lag)
			return c.one(http.StatusOK, "/tenantRelationships/$metadata#operations/$entity", op.wire(c)), nil
		}
	}
	return reply{}, notFound("There is no such operation of the relationship.")
}
