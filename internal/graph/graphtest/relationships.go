package graphtest

import (
	"encoding/base64"
	"fmt"
	"net/http"
	"strings"
	"time"
)

// The statuses of relationships and assignments that have a rule.
const (
	statusCreated              = "created"
	statusApprovalPending      = "approvalPending"
	statusApproved             = "approved"
	statusActivating           = "activating"
	statusActive               = "active"
	statusExpiring             = "expiring"
	statusExpired              = "expired"
	statusTerminationRequested = "terminationRequested"
	statusTerminating          = "terminating"
	statusTerminated           = "terminated"

	statusError    = "error"
	statusPending  = "pending"
	statusDeleting = "deleting"
	statusDeleted  = "deleted"
)

// globalAdministrator is the only role that can leave an active relationship,
// and the only one that rules out automatic extension.
const globalAdministrator = "62e90394-69f5-4237-9190-012177145e10"

type relationship struct {
	Relationship
	seq, rev   uint64
	modified   time.Time
	ended      time.Time // since when it is remembered only
	moving     bool      // on its way from the status it is in to the next
	left       int       // reads that still see the status
	unready    int       // reads until it can be locked for approval
	requests   []*request
	operations []*operation
}

// activate starts the relationship's time unless it has been started.
func (rel *relationship) activate(now time.Time) {
	if rel.Activated.IsZero() {
		rel.Activated = now
	}
	if rel.End.IsZero() {
		if end, ok := addPeriod(rel.Activated, rel.Duration); ok {
			rel.End = end
		}
	}
}

func (s *Server) touch(rel *relationship, now time.Time) {
	rel.rev, rel.modified = s.next(), now
	s.bump()
}

// setStatus moves a relationship on; its end is the end of its assignments.
func (s *Server) setStatus(rel *relationship, status string, now time.Time) {
	s.announceStatus(rel, status, now)
	rel.Status, rel.moving = status, false
	if status == statusActive {
		rel.activate(now)
	}
	s.touch(rel, now)
	if status != statusExpired && status != statusTerminated {
		return
	}
	rel.ended = now
	for _, a := range s.assignments.order {
		if same(a.Relationship, rel.ID) && a.Status != statusDeleted {
			s.setAssignmentStatus(a, statusDeleted, now)
		}
	}
}

func etag(seq, rev uint64) string {
	return `W/"` + base64.StdEncoding.EncodeToString(fmt.Appendf(nil, `'"%08x-%08x"'`, seq, rev)) + `"`
}

// ifMatch wants the entity tag of the newest state.
func (c *call) ifMatch(tag string) error {
	switch given := c.r.Header.Get("If-Match"); {
	case given == "":
		return badRequest("The If-Match header is required.")
	case given == tag || given == "*":
		return nil
	case !strings.HasSuffix(given, `"`):
		return badRequest("The If-Match header is not an entity tag.")
	}
	return fail(http.StatusPreconditionFailed, "preconditionFailed", "The resource has changed since it was read.")
}

// relationshipOf finds the relationship that the path names. An id that cannot
// be one is refused in another way than one that is not there any more.
func (s *Server) relationshipOf(c *call) (*relationship, error) {
	id := c.r.PathValue("id")
	if rel, ok := s.relationships.find(id); ok {
		return rel, nil
	}
	if len(id) != 73 || id[36] != '-' || !isGUID(id[:36]) || !isGUID(id[37:]) {
		return nil, badRequest("The passed in delegatedAdminRelationshipId is invalid.")
	}
	return nil, notFound("There is no such delegated admin relationship.")
}

func (rel *relationship) wire() object {
	out := object{
		"@odata.type":          "#microsoft.graph.delegatedAdminRelationship",
		"@odata.etag":          etag(rel.seq, rel.rev),
		"id":                   rel.ID,
		"displayName":          rel.DisplayName,
		"duration":             rel.Duration,
		"autoExtendDuration":   rel.AutoExtend,
		"customer":             nil,
		"accessDetails":        wireRoles(rel.Roles),
		"status":               rel.Status,
		"createdDateTime":      stamp(rel.Created),
		"lastModifiedDateTime": stamp(rel.modified),
		"activatedDateTime":    stamp(rel.Activated),
		"endDateTime":          stamp(rel.End),
	}
	if rel.CustomerTenant != "" {
		out["customer"] = object{"tenantId": rel.CustomerTenant, "displayName": text(rel.CustomerName)}
	}
	if rel.IndirectProvider != "" {
		out["@odata.type"] = "#microsoft.graph.resellerDelegatedAdminRelationship"
		out["indirectProviderTenantId"] = rel.IndirectProvider
		out["isPartnerConsentPending"] = rel.PartnerConsentPending
	}
	return out
}

func wireRoles(roles []string) object {
	out := make([]object, 0, len(roles))
	for _, id := range roles {
		out = append(out, object{"roleDefinitionId": id})
	}
	return object{"unifiedRoles": out}
}

const relationshipContext = "/tenantRelationships/$metadata#delegatedAdminRelationships/$entity"

var relationshipListing = listing{
	root: "/tenantRelationships", context: "delegatedAdminRelationships",
	page: 300, limit: 300,
	filters: map[string]string{"status": opEq, "customer/tenantId": opEq},
	orders:  []string{"status", "displayName", "createdDateTime", "endDateTime", "lastModifiedDateTime"},
}

func (s *Server) listRelationships(c *call) (reply, error) {
	entries := make([]entry, 0, len(s.relationships.order))
	for _, rel := range s.relationships.order {
		if s.unlisted[rel.ID] {
			continue
		}
		if !c.query.later() {
			s.read(rel, c.now)
		}
		entries = append(entries, entry{rel.seq, rel.wire()})
	}
	return c.list(relationshipListing, entries)
}

func (s *Server) getRelationship(c *call) (reply, error) {
	rel, err := s.relationshipOf(c)
	if err != nil {
		return reply{}, err
	}
	s.read(rel, c.now)
	return c.one(http.StatusOK, relationshipContext, rel.wire()), nil
}
