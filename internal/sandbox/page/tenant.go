package page

import (
	"context"
	"slices"
	"time"

	"latchkey/internal/graph/graphtest"
)

// mostLines is how much of a log is shown.
const mostLines = 30

type tenantView struct {
	Groups        []groupView
	Relationships []relationshipView
	Writes        []AuditLine
	Audit         []AuditLine
	HasAudit      bool
	AuditFailed   bool
}

type groupView struct {
	Name, Description string
	Members           []string
}

type relationshipView struct {
	Customer, Name, Status string
	Roles                  []string
	End                    time.Time
	Reseller               bool
	Assignments            []assignmentView
}

type assignmentView struct {
	Group, Status string
	Roles         []string
}

// tenant draws the right column: the directory as it really is, and what was
// written to it.
func (s *scene) tenant(ctx context.Context) tenantView {
	v := tenantView{HasAudit: s.h.Audit != nil}
	names := make(map[string]string)
	for _, u := range s.h.Graph.Users() {
		names[u.ID] = orElse(u.DisplayName, u.UPN)
	}
	groups := s.h.Graph.Groups()
	for _, g := range groups {
		view := groupView{Name: orElse(g.DisplayName, g.ID), Description: g.Description}
		for _, id := range g.Members {
			view.Members = append(view.Members, orElse(names[id], id))
		}
		names[g.ID] = view.Name
		v.Groups = append(v.Groups, view)
	}
	assignments := s.h.Graph.Assignments()
	for _, rel := range s.h.Graph.Relationships() {
		v.Relationships = append(v.Relationships, s.relationship(rel, assignments, names))
	}
	for _, e := range s.h.Graph.Audit() {
		v.Writes = append(v.Writes, AuditLine{At: e.At.UTC(), Kind: e.Method + " " + e.Path, What: e.Summary})
	}
	v.Writes = newest(v.Writes)
	if v.HasAudit {
		lines, err := s.h.Audit(ctx)
		v.Audit, v.AuditFailed = newest(lines), err != nil
	}
	return v
}

func (s *scene) relationship(rel graphtest.Relationship, all []graphtest.Assignment, names map[string]string) relationshipView {
	v := relationshipView{
		Customer: orElse(rel.CustomerName, orElse(rel.CustomerTenant, "nobody yet")), Name: rel.DisplayName,
		Status: rel.Status, Roles: s.roles(rel.Roles), End: rel.End.UTC(), Reseller: rel.IndirectProvider != "",
	}
	for _, a := range all {
		if a.Relationship == rel.ID {
			v.Assignments = append(v.Assignments, assignmentView{
				Group: orElse(names[a.Group], a.Group), Status: a.Status, Roles: s.roles(a.Roles),
			})
		}
	}
	return v
}

func (s *scene) roles(ids []string) []string {
	list := make([]string, len(ids))
	for i, id := range ids {
		list[i] = id
		if s.h.RoleName != nil {
			list[i] = orElse(s.h.RoleName(id), id)
		}
	}
	slices.Sort(list)
	return list
}

// newest returns the end of a log, the newest line first.
func newest(lines []AuditLine) []AuditLine {
	lines = slices.Clone(lines[max(0, len(lines)-mostLines):])
	slices.Reverse(lines)
	return lines
}
