package graphtest

import (
	"cmp"
	"slices"
	"strings"
	"time"
)

type savedMember struct {
	ID  string
	Seq uint64
}

func saveMembers(members []member) []savedMember {
	out := make([]savedMember, 0, len(members))
	for _, m := range members {
		out = append(out, savedMember{m.id, m.seq})
	}
	return out
}

func loadMembers(saved []savedMember) []member {
	var out []member
	for _, m := range saved {
		out = append(out, member{m.ID, m.Seq})
	}
	return out
}

type savedUnseen struct {
	savedMember
	Shown bool
	Left  int
}

type savedGroup struct {
	Group
	Seq        uint64
	Created    time.Time
	Assignable bool
	Joined     []savedMember // what Members means, with the order of it
	Unseen     []savedUnseen
	Unlisted   int
}

func saveGroup(g *group) savedGroup {
	out := savedGroup{
		Group: g.Group, Seq: g.seq, Created: g.created, Assignable: g.assignable,
		Joined: saveMembers(g.members), Unlisted: g.unlisted,
	}
	for _, u := range g.unseen {
		out.Unseen = append(out.Unseen, savedUnseen{savedMember{u.id, u.seq}, u.shown, u.left})
	}
	slices.SortFunc(out.Unseen, func(a, b savedUnseen) int { return cmp.Compare(a.Seq, b.Seq) })
	return out
}

func (v savedGroup) row() *group {
	out := &group{
		Group: v.Group, seq: v.Seq, created: v.Created, assignable: v.Assignable,
		members: loadMembers(v.Joined), unlisted: v.Unlisted, unseen: map[string]*unseen{},
	}
	for _, u := range v.Unseen {
		out.unseen[strings.ToLower(u.ID)] = &unseen{member{u.ID, u.Seq}, u.Shown, u.Left}
	}
	return out
}

type savedStep struct { // a request or an operation of a relationship
	ID, Kind, Status  string
	Seq               uint64
	Created, Modified time.Time
	Fails             bool
	Left              int
}

type savedRelationship struct {
	Relationship
	Seq, Rev       uint64
	Modified       time.Time
	Ended          time.Time
	Ending, Rising bool // what version 1 has for Moving, by the direction
	Moving         bool
	Left, Unready  int
	Requests       []savedStep
	Operations     []savedStep
}

func saveRelationship(rel *relationship) savedRelationship {
	out := savedRelationship{
		Relationship: rel.Relationship, Seq: rel.seq, Rev: rel.rev, Modified: rel.modified, Ended: rel.ended,
		Moving: rel.moving, Left: rel.left, Unready: rel.unready,
	}
	for _, q := range rel.requests {
		out.Requests = append(out.Requests, savedStep{q.id, q.action, q.status, q.seq, q.created, q.modified, q.fails, q.left})
	}
	for _, op := range rel.operations {
		out.Operations = append(out.Operations, savedStep{op.id, op.kind, op.status, op.seq, op.created, op.modified, op.fails, op.left})
	}
	return out
}

func (v savedRelationship) row() *relationship {
	out := &relationship{
		Relationship: v.Relationship, seq: v.Seq, rev: v.Rev, modified: v.Modified, ended: v.Ended,
		moving: (v.Moving || v.Ending || v.Rising) && followedBy[v.Status] != "", left: v.Left, unready: v.Unready,
	}
	for _, q := range v.Requests {
		out.requests = append(out.requests, &request{q.ID, q.Kind, q.Status, q.Seq, q.Created, q.Modified, q.Fails, q.Left})
	}
	for _, op := range v.Operations {
		out.operations = append(out.operations, &operation{op.ID, op.Kind, op.Status, op.Seq, op.Created, op.Modified, op.Fails, op.Left})
	}
	return out
}

type savedUnit struct {
	ID, Name, Description, Visibility string
	Restricted                        bool
	Seq                               uint64
	Members                           []savedMember
}

func saveUnit(u *unit) savedUnit {
	return savedUnit{u.id, u.name, u.description, u.visibility, u.restricted, u.seq, saveMembers(u.members)}
}

func (v savedUnit) row() *unit {
	return &unit{v.ID, v.Name, v.Description, v.Visibility, v.Restricted, v.Seq, loadMembers(v.Members)}
}

type savedSchedule struct {
	ID, Request, Group, Principal, Access string
	Seq                                   uint64
	Created, Start, End                   time.Time
	Expiration                            expiration
	Running                               bool
	Left                                  int
	Was                                   *savedValidity
}

type savedValidity struct {
	Start, End time.Time
	Expiration expiration
}

func saveSchedule(v *schedule) savedSchedule {
	out := savedSchedule{v.id, v.request, v.group, v.principal, v.access, v.seq, v.created, v.start, v.end, v.expiration, v.running, v.left, nil}
	if v.was != nil {
		out.Was = &savedValidity{v.was.start, v.was.end, v.was.expiration}
	}
	return out
}

func (v savedSchedule) row() *schedule {
	out := &schedule{v.ID, v.Request, v.Group, v.Principal, v.Access, v.Seq, v.Created, v.Start, v.End, v.Expiration, v.Running, nil, v.Left}
	if v.Was != nil {
		out.was = &validity{v.Was.Start, v.Was.End, v.Was.Expiration}
	}
	return out
}

type savedPIMRequest struct {
	ID, Action, Status, Target       string
	Access, Group, Principal, Reason string
	TicketNumber, TicketSystem       string
	Seq                              uint64
	Created, Start                   time.Time
	Expiration                       expiration
}

func savePIMRequest(q *pimRequest) savedPIMRequest {
	return savedPIMRequest{
		q.id, q.action, q.status, q.target, q.access, q.group, q.principal, q.reason,
		q.ticketNumber, q.ticketSystem, q.seq, q.created, q.start, q.expiration,
	}
}

func (v savedPIMRequest) row() *pimRequest {
	return &pimRequest{
		v.ID, v.Action, v.Status, v.Target, v.Access, v.Group, v.Principal, v.Reason,
		v.TicketNumber, v.TicketSystem, v.Seq, v.Created, v.Start, v.Expiration,
	}
}

type savedTarget struct {
	Kind, ID, Name, UPN string
	Changes             []change
}

type savedRecord struct {
	ID, Correlation               string
	Seq                           uint64
	At                            time.Time
	App, Principal                string
	User, UPN, Who                string
	Name, Category, Service, Kind string
	Targets                       []savedTarget
}

func saveRecord(r *auditRecord) savedRecord {
	out := savedRecord{
		r.id, r.correlation, r.seq, r.at, r.who.app, r.who.principal, r.who.user, r.who.upn, r.who.name,
		r.what.name, r.what.category, r.what.service, r.what.kind, nil,
	}
	for _, t := range r.what.targets {
		out.Targets = append(out.Targets, savedTarget{t.kind, t.id, t.name, t.upn, t.changes})
	}
	return out
}

func (v savedRecord) row() *auditRecord {
	what := activity{v.Name, v.Category, v.Service, v.Kind, nil}
	for _, t := range v.Targets {
		what.targets = append(what.targets, target{t.Kind, t.ID, t.Name, t.UPN, t.Changes})
	}
	who := actor{v.App, v.Principal, v.User, v.UPN, v.Who}
	return &auditRecord{v.ID, v.Correlation, v.Seq, v.At, who, what}
}
