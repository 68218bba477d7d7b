package graphtest

import (
	"net/http"
	"time"
)

// request is a step of a relationship that was asked for through Graph.
type request struct {
	id, action, status string
	seq                uint64
	created, modified  time.Time
	fails              bool // nothing was done, and it will say so
	left               int  // reads that still see it pending
}

// wire shows "reject", which newer clients alone know, only to those that ask.
func (q *request) wire(c *call) object {
	action := q.action
	if action == "reject" {
		action = c.enum(action)
	}
	return object{
		"@odata.type":          "#microsoft.graph.delegatedAdminRelationshipRequest",
		"id":                   q.id,
		"action":               action,
		"status":               q.status,
		"createdDateTime":      stamp(q.created),
		"lastModifiedDateTime": stamp(q.modified),
	}
}

// seen is called by each read, before it shows the request: the answer to the
// POST has it created, as many reads as the service lags behind have it pending,
// and then it is done.
func (q *request) seen(now time.Time) {
	switch q.status {
	case statusCreated, statusPending:
	default:
		return
	}
	next := statusPending
	if q.left > 0 {
		q.left--
	} else if next = "succeeded"; q.fails {
		next = "failed"
	}
	if q.status != next {
		q.status, q.modified = next, now
	}
}

const requestContext = "/tenantRelationships/$metadata#requests/$entity"

var requestListing = listing{
	root: "/tenantRelationships", context: "requests",
	page: 300, limit: 300,
	filters: map[string]string{"status": opEq, "action": opEq},
}

func (s *Server) listRequests(c *call) (reply, error) {
	rel, err := s.relationshipOf(c)
	if err != nil {
		return reply{}, err
	}
	entries := make([]entry, 0, len(rel.requests))
	for _, q := range rel.requests {
		if !c.query.later() {
			q.seen(c.now)
		}
		entries = append(entries, entry{q.seq, q.wire(c)})
	}
	return c.list(requestListing, entries)
}

func (s *Server) getRequest(c *call) (reply, error) {
	rel, err := s.relationshipOf(c)
	if err != nil {
		return reply{}, err
	}
	for _, q := range rel.requests {
		if same(q.id, c.r.PathValue("rid")) {
			q.seen(c.now)
			return c.one(http.StatusOK, requestContext, q.wire(c)), nil
		}
	}
	return reply{}, notFound("There is no such request of the relationship.")
}

func (s *Server) createRequest(c *call) (reply, error) {
	rel, err := s.relationshipOf(c)
	if err != nil {
		return reply{}, err
	}
	var body struct {
		Action string `json:"action"`
	}
	if err := c.decode(&body); err != nil {
		return reply{}, err
	}
	if err := rel.allows(body.Action); err != nil {
		return reply{}, err
	}
	q := &request{
		id: newGUID(), action: body.Action, status: statusCreated, seq: s.next(), created: c.now, modified: c.now,
		fails: fails(&s.failed.requests, s.opt.Troubles.FailRequests), left: s.opt.Lag,
	}
	if !q.fails {
		s.step(rel, q.action, c.now)
	}
	rel.requests = append(rel.requests, q)
	s.wrote(c, "requested "+q.action+" of relationship "+rel.ID, gdapActivity("Create delegated admin relationship request", "Add", rel))
	answer := c.one(http.StatusCreated, requestContext, q.wire(c))
	answer.location = c.url(relationshipsPath + "/" + rel.ID + "/requests/" + q.id)
	return answer, nil
}

// allows refuses a request that the relationship's status does not allow.
// Approval by the customer is not among the actions: it never comes through the
// partner's Graph. "approve" and "reject" are a reseller's word on what its
// provider made.
func (rel *relationship) allows(action string) error {
	var allowed bool
	switch action {
	case "lockForApproval":
		if allowed = rel.Status == statusCreated; allowed && rel.unready > 0 {
			return conflict("The relationship is not ready yet.")
		}
	case "terminate":
		allowed = rel.Status == statusActive
	case "approve", "reject":
		allowed = rel.IndirectProvider != "" && rel.PartnerConsentPending
	default:
		return badRequest("There is no such action.")
	}
	if !allowed {
		return badRequest("The relationship's status does not allow this action.")
	}
	return nil
}

// step does what a request asks for that is allowed.
func (s *Server) step(rel *relationship, action string, now time.Time) {
	switch action {
	case "lockForApproval":
		s.setStatus(rel, statusApprovalPending, now)
	case "terminate":
		s.move(rel, statusTerminationRequested, now)
	case "approve":
		rel.PartnerConsentPending = false
		s.touch(rel, now)
	case "reject":
		rel.PartnerConsentPending = false
		s.setStatus(rel, statusTerminated, now)
	}
}
