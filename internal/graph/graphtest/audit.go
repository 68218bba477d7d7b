package graphtest

import (
	"fmt"
	"net/http"
	"slices"
	"time"
)

// auditKept is how long the directory keeps its logs.
const auditKept = 30 * 24 * time.Hour

// actor is who made a change: an application or a person.
type actor struct {
	app, principal  string // client id and service principal
	user, upn, name string
}

func (a actor) wire() object {
	if a.user == "" {
		return object{"user": nil, "app": object{
			"appId": text(a.app), "displayName": text(a.name),
			"servicePrincipalId": text(a.principal), "servicePrincipalName": nil,
		}}
	}
	return object{"app": nil, "user": object{
		"id": a.user, "displayName": text(a.name), "userPrincipalName": text(a.upn), "ipAddress": nil,
	}}
}

// client is the application as the actor of what it does through Graph.
func (s *Server) client() actor {
	out := actor{app: s.opt.ClientID, name: clientName}
	for _, p := range s.principals {
		if same(p.app, s.opt.ClientID) {
			out.principal = p.id
		}
	}
	return out
}

// Who else changes the directory: an administrator in a portal, and the service
// that carries out what Privileged Identity Management decides.
var (
	anAdmin = actor{user: "ad31ad31-0000-4000-8000-000000000001", name: "Tenant Administrator", upn: "admin@partner.example"}
	pimApp  = actor{name: "MS-PIM", app: "01fc33a7-78ba-4d2f-a4b7-768e336e890e"}
)

// activity is what a record of the directory's log says was done. The names of
// the directory's own activities are Microsoft's; what it calls those of
// delegated administration is not documented, and the names are this stand-in's.
type activity struct {
	name, category, service, kind string
	targets                       []target
}

// target is an object that an activity changed.
type target struct {
	kind, id, name, upn string
	changes             []change
}

// change is a property before and after.
type change struct{ Name, Old, New string }

type auditRecord struct {
	id, correlation string
	seq             uint64
	at              time.Time
	who             actor
	what            activity
}

// record writes into the directory's log.
func (s *Server) record(at time.Time, who actor, a activity) {
	if a.name == "" {
		return
	}
	seq := s.next()
	s.records = append(s.records, &auditRecord{
		id: fmt.Sprintf("Directory_%s_%05d", newGUID(), seq), correlation: newGUID(),
		seq: seq, at: at.UTC(), who: who, what: a,
	})
}

// forgetRecords lets the logs lose what is too old.
func (s *Server) forgetRecords(now time.Time) {
	oldest := now.Add(-auditKept)
	s.records = slices.DeleteFunc(s.records, func(r *auditRecord) bool { return r.at.Before(oldest) })
	s.signIns = slices.DeleteFunc(s.signIns, func(v *signIn) bool { return v.At.Before(oldest) })
	s.tenantAudits = slices.DeleteFunc(s.tenantAudits, func(v *tenantAudit) bool { return v.At.Before(oldest) })
}

func (r *auditRecord) wire() object {
	targets := make([]object, 0, len(r.what.targets))
	for _, t := range r.what.targets {
		targets = append(targets, t.wire())
	}
	return object{
		"id":                  r.id,
		"category":            r.what.category,
		"correlationId":       r.correlation,
		"result":              "success",
		"resultReason":        "",
		"activityDisplayName": r.what.name,
		"activityDateTime":    stamp(r.at),
		"loggedByService":     r.what.service,
		"operationType":       r.what.kind,
		"initiatedBy":         r.who.wire(),
		"targetResources":     targets,
		"additionalDetails":   []object{},
	}
}

func (t target) wire() object {
	changes := make([]object, 0, len(t.changes))
	for _, c := range t.changes {
		// The log holds values as JSON texts.
		changes = append(changes, object{"displayName": c.Name, "oldValue": quoted(c.Old), "newValue": quoted(c.New)})
	}
	out := object{
		"id": t.id, "displayName": text(t.name), "type": t.kind,
		"userPrincipalName": text(t.upn), "groupType": nil, "modifiedProperties": changes,
	}
	if t.kind == "Group" {
		out["groupType"] = "azureAD"
	}
	return out
}

func quoted(s string) any {
	if s == "" {
		return nil
	}
	return fmt.Sprintf("%q", s)
}

var auditListing = listing{
	context: "auditLogs/directoryAudits", page: 1000, limit: 1000,
	newest: "activityDateTime", orders: []string{"activityDateTime"},
	filters: map[string]string{
		"activityDateTime": opInstant, "activityDisplayName": opBoth, "category": opEq, "correlationId": opEq,
		"loggedByService": opEq, "result": opEq,
		"initiatedBy/user/id": opEq, "initiatedBy/user/displayName": opEq, "initiatedBy/user/userPrincipalName": opBoth,
		"initiatedBy/app/appId": opEq, "initiatedBy/app/displayName": opEq,
		"targetResources/any/id": opEq, "targetResources/any/displayName": opBoth,
	},
}

func (s *Server) listAudits(c *call) (reply, error) {
	return c.list(auditListing, s.auditsOf(c.tenant))
}

func (s *Server) getAudit(c *call) (reply, error) {
	for _, e := range s.auditsOf(c.tenant) {
		if id, _ := e.body["id"].(string); same(id, c.r.PathValue("rid")) {
			return c.one(http.StatusOK, "/$metadata#auditLogs/directoryAudits/$entity", e.body), nil
		}
	}
	return reply{}, noObject()
}

// Activities of the directory's core.

func coreActivity(name, category, kind string, targets ...target) activity {
	return activity{name, category, "Core Directory", kind, targets}
}

func membershipActivity(name, kind string, g *group, m target) activity {
	change := change{Name: "Group.ObjectID", New: g.ID}
	names := change
	names.Name, names.New = "Group.DisplayName", g.DisplayName
	if kind == "Unassign" {
		change.Old, change.New = change.New, ""
		names.Old, names.New = names.New, ""
	}
	m.changes = append(m.changes, change, names)
	return coreActivity(name, "GroupManagement", kind, m, groupTarget(g))
}

func groupTarget(g *group) target { return target{kind: "Group", id: g.ID, name: g.DisplayName} }

func userTarget(u *user) target {
	return target{kind: "User", id: u.ID, name: u.DisplayName, upn: u.UPN}
}

// objectTarget is a member of a group, whatever it is.
func (s *Server) objectTarget(id string) target {
	if u, ok := s.users.find(id); ok {
		return userTarget(u)
	}
	if g, ok := s.groups.find(id); ok {
		return groupTarget(g)
	}
	return target{kind: "Other", id: id}
}

func gdapActivity(name, kind string, rel *relationship) activity {
	return activity{name, "DelegatedAdministration", "Partner Customer Delegated Administration", kind, []target{{
		kind: "Other", id: rel.ID, name: rel.DisplayName,
	}}}
}
