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

// seen lets the request be answered as created once and as done from then on.
func (q *request) seen(now time.Time) {
	if q.status == "created" {
		q.status, q.modified = "succeeded", now
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
		q.seen(c.now)
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
	if err := s.step(rel, body.Action, c.now); err != nil {
		return reply{}, err
	}
	q := &request{id: newGUID(), action: body.Action, status: "created", seq: s.next(), created: c.now, modified: c.now}
	rel.requests = append(rel.requests, q)
	s.wrote(c, "requested "+q.action+" of relationship "+rel.ID, gdapActivity("Create delegated admin relationship request", "Add", rel))
	answer := c.one(http.StatusCreated, requestContext, q.wire(c))
	answer.location = c.url(relationshipsPath + "/" + rel.ID + "/requests/" + q.id)
	return answer, nil
}

// step does what a request asks for when the relationship's status allows it.
// Approval by the customer is not among the actions: it never comes through
// the partner's Graph. "approve" and "reject" are a reseller's word on what its
// provider made.
func (s *Server) step(rel *relationship, action string, now time.Time) error {
	consent := rel.IndirectProvider != "" && rel.PartnerConsentPending
	switch {
	case action == "lockForApproval" && rel.Status == statusCreated && rel.unready > 0:
		return conflict("The relationship is not ready yet.")
	case action == "lockForApproval" && rel.Status == statusCreated:
		s.setStatus(rel, statusApprovalPending, now)
	case action == "terminate" && rel.Status == statusActive:
		s.setStatus(rel, statusTerminationRequested, now)
		rel.ending, rel.left = true, s.opt.Lag
	case action == "approve" && consent:
		rel.PartnerConsentPending = false
		s.touch(rel, now)
	case action == "reject" && consent:
		rel.PartnerConsentPending = false
		s.setStatus(rel, statusTerminated, now)
	case action == "lockForApproval" || action == "terminate" || action == "approve" || action == "reject":
		return badRequest("The relationship's status does not allow this action.")
	default:
		return badRequest("There is no such action.")
	}
	return nil
}
