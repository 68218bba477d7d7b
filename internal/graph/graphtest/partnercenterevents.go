package graphtest

import (
	"encoding/json"
	"time"
)

// happening is a change that Partner Center remembers and, when event is set,
// tells of.
type happening struct {
	event     string // name of the webhook event
	operation string // operationType of the audit record
	kind      string // ResourceName of the webhook event
	resource  string // resourceType of the audit record
	uri       string // ResourceUri of the webhook event

	customer, name string
	before, after  object
	byClient       bool // done by the application unless an administrator acts
	approved       bool // the record says who approved
}

// operationRecord is an audit record of Partner Center.
type operationRecord struct {
	ID, CustomerID, CustomerName string
	UserPrincipalName, AppID     string
	ResourceType, OperationType  string
	At                           time.Time
	Old, New                     string // JSON
	ApprovedBy                   string
}

func (o operationRecord) wire(partner string) object {
	data := []object{}
	if o.ApprovedBy != "" {
		data = append(data, object{"key": "ApprovedBy", "value": o.ApprovedBy})
	}
	return object{
		"id": o.ID, "partnerId": partner, "customerId": o.CustomerID, "customerName": o.CustomerName,
		"userPrincipalName": o.UserPrincipalName, "applicationId": o.AppID,
		"resourceType": o.ResourceType, "resourceOldValue": o.Old, "resourceNewValue": o.New,
		"operationType": o.OperationType, "operationDate": stamp(o.At), "operationStatus": "succeeded",
		"originalCorrelationId": o.ID, "customizedData": data,
		"attributes": object{"objectType": "AuditRecord"},
	}
}

// announce writes the audit record of a change and queues its event. The lock
// is held.
func (s *Server) announce(h happening, now time.Time) {
	rec := operationRecord{
		ID: newGUID(), CustomerID: h.customer, CustomerName: h.name, At: now.UTC(),
		ResourceType: h.resource, OperationType: h.operation, Old: jsonText(h.before), New: jsonText(h.after),
	}
	switch {
	case s.realm.acting != nil:
		rec.UserPrincipalName = s.realm.acting.UPN
	case h.byClient:
		rec.AppID = s.opt.ClientID
	}
	if h.approved {
		rec.ApprovedBy = "Customer"
	}
	s.realm.operations = append(s.realm.operations, rec)
	if h.event == "" {
		return
	}
	var uri any
	if h.uri != "" {
		uri = "https://partner.microsoft.com/" + h.uri
	}
	s.queueEvent(h.event, object{
		"EventName": h.event, "ResourceUri": uri, "ResourceName": h.kind,
		"AuditUri":              s.base + partnerCenter + "/auditactivity/v1/auditrecords/" + rec.ID,
		"ResourceChangeUtcDate": now.UTC().Format("2006-01-02T15:04:05.0000000Z"),
	})
}

func jsonText(v object) string {
	out, err := json.Marshal(v)
	if err != nil { // unreachable: strings, numbers, booleans, lists and objects of them
		return ""
	}
	return string(out)
}

const granular = "granular_admin_relationship"

// announceStatus tells of a relationship that is about to be in another status.
func (s *Server) announceStatus(rel *relationship, status string, now time.Time) {
	if rel.Status == status {
		return
	}
	after := rel.Relationship
	after.Status = status
	h := happening{
		kind: "GranularAdminRelationship", resource: granular, uri: "granularAdminRelationships/" + rel.ID,
		customer: rel.CustomerTenant, name: rel.CustomerName,
		before: relationshipValue(rel.Relationship), after: relationshipValue(after),
	}
	switch status {
	case statusApproved:
		h.event, h.operation, h.approved = "granular-admin-relationship-approved", granular+"_approved", true
	case statusActive:
		if rel.Status == statusApprovalPending { // approved and activated in one go
			approved := h
			approved.event, approved.operation, approved.approved = "granular-admin-relationship-approved", granular+"_approved", true
			s.announce(approved, now)
		}
		h.event, h.operation = "granular-admin-relationship-activated", granular+"_activated"
	case statusTerminationRequested:
		h.operation, h.byClient = granular+"_termination_requested", true
	case statusTerminated:
		h.event, h.operation = "granular-admin-relationship-terminated", granular+"_terminated"
	case statusExpired:
		h.event, h.operation = "granular-admin-relationship-expired", granular+"_expired"
	default:
		return
	}
	s.announce(h, now)
}

func relationshipValue(rel Relationship) object {
	return object{
		"Id": rel.ID, "displayName": rel.DisplayName, "status": rel.Status,
		"customer": object{"tenantId": rel.CustomerTenant, "organizationDisplayName": rel.CustomerName},
		"duration": rel.Duration, "autoExtendDuration": rel.AutoExtend,
		"accessDetails": wireRoles(rel.Roles), "endDateTime": stamp(rel.End),
	}
}

// announceAssignment tells of a change of an assignment: "created", "updated",
// or the status that it is about to be in.
func (s *Server) announceAssignment(a *assignment, what string, now time.Time) {
	if a.Status == what {
		return
	}
	const prefix = "granular_admin_access_assignment"
	h := happening{
		kind: "GranularAdminAccessAssignment", resource: prefix, byClient: true,
		uri: "granularAdminRelationships/" + a.Relationship + "/accessAssignments/" + a.ID,
	}
	switch what {
	case "created", "updated", statusDeleted:
	case statusActive:
		what, h.byClient = "activated", false
	default:
		return
	}
	h.event, h.operation = "granular-admin-access-assignment-"+what, prefix+"_"+what
	if rel, ok := s.relationships.find(a.Relationship); ok {
		h.customer, h.name = rel.CustomerTenant, rel.CustomerName
	}
	h.after = object{
		"Id": a.ID, "relationshipId": a.Relationship, "accessContainerId": a.Group, "accessDetails": wireRoles(a.Roles),
	}
	h.before = object{"Id": a.ID}
	s.announce(h, now)
}
