package page

import (
	"context"
	"slices"
	"strconv"
	"strings"
	"time"

	"latchkey/internal/graph/graphtest"
)

// mostLines is how much of a log is shown.
const mostLines = 30

// The tabs of the pane that shows the tenant.
const (
	tabGroups = "groups"
	tabAccess = "access"
	tabWrites = "writes"
	tabAudit  = "audit"
	tabMail   = "mail"
	tabWork   = "work"
	tabFaults = "faults"
)

type tenantView struct {
	Here          where
	Tabs          []tabView
	Tab           string
	AdminCenter   string
	Groups        []groupView
	Relationships []relationshipView
	Writes        []lineView
	Audit         []lineView
	AuditFailed   bool
	Mails         []mailView
	Work          *workView
	Faults        *faultsView
}

type tabView struct {
	Name, Label, Link string
	Current           bool
	Fresh             bool // something in it changed a moment ago
	Guided            bool
}

type groupView struct {
	Name, Description string
	Members           []memberView
	Fresh             bool
}

type memberView struct {
	Name  string
	Fresh bool
}

type relationshipView struct {
	Customer, Name, Status string
	Roles                  []string
	End                    time.Time
	Reseller               bool
	Fresh                  bool
	Assignments            []assignmentView
}

type assignmentView struct {
	Group, Status string
	Roles         []string
	Fresh         bool
}

type mailView struct {
	At                time.Time
	From, To, Subject string
	Body              string // as it was written: HTML is shown as text
	Fresh             bool
}

type lineView struct {
	AuditLine
	Fresh bool
}

// tenant draws the right column: the directory as it really is, and what was
// written to it. Each tab is read even when another is shown, so that a tab can
// say that something in it has changed.
func (s *scene) tenant(ctx context.Context) tenantView {
	l := s.h.rows.look(time.Now())
	v := tenantView{Here: s.where, Tab: orElse(s.Tab, tabGroups)}
	if s.h.AdminCenter != nil {
		v.AdminCenter = s.h.AdminCenter(s.Me.User)
	}
	names := s.names()
	v.Groups = s.groups(l, names)
	assignments := s.h.Graph.Assignments()
	for _, rel := range s.h.Graph.Relationships() {
		v.Relationships = append(v.Relationships, s.relationship(l, rel, assignments, names))
	}
	v.Writes = s.writes(l, names)
	v.Mails = s.mails(l, names)
	if s.h.Audit != nil {
		lines, err := s.h.Audit(ctx)
		v.Audit, v.AuditFailed = newest(l, tabAudit, lines), err != nil
	}
	v.Work = s.work(l)
	v.Faults = s.faults(l)
	s.tabs(&v)
	return v
}

func (s *scene) tabs(v *tenantView) {
	add := func(name, label string, fresh bool) {
		v.Tabs = append(v.Tabs, tabView{
			Name: name, Label: label, Link: s.tab(name).address(), Current: v.Tab == name, Fresh: fresh,
			Guided: s.tour.at == tourAudit && name == tabAudit,
		})
	}
	add(tabGroups, "Groups", slices.ContainsFunc(v.Groups, func(g groupView) bool { return g.Fresh }))
	add(tabAccess, "GDAP", slices.ContainsFunc(v.Relationships, relationshipView.anyFresh))
	add(tabWrites, "Graph log", anyFresh(v.Writes))
	if s.h.Audit != nil {
		add(tabAudit, "Audit", anyFresh(v.Audit))
	}
	if len(v.Mails) > 0 {
		add(tabMail, "Mail", slices.ContainsFunc(v.Mails, func(m mailView) bool { return m.Fresh }))
	}
	if v.Work != nil {
		add(tabWork, "Work", anyFresh(v.Work.Lines))
	}
	if v.Faults != nil {
		add(tabFaults, "Faults", slices.ContainsFunc(v.Faults.List, func(f faultView) bool { return f.Fresh }))
	}
	if !slices.ContainsFunc(v.Tabs, func(t tabView) bool { return t.Current }) {
		v.Tab, v.Tabs[0].Current = tabGroups, true
	}
}

// names are those of the directory's people and groups, by id.
func (s *scene) names() map[string]string {
	names := make(map[string]string)
	for _, u := range s.h.Graph.Users() {
		names[u.ID] = orElse(u.DisplayName, u.UPN)
	}
	for _, g := range s.h.Graph.Groups() {
		names[g.ID] = orElse(g.DisplayName, g.ID)
	}
	return names
}

func (s *scene) groups(l look, names map[string]string) []groupView {
	var views []groupView
	for _, g := range s.h.Graph.Groups() {
		v := groupView{Name: names[g.ID], Description: g.Description, Fresh: l.fresh("group "+g.ID, append(g.Members, g.DisplayName)...)}
		for _, id := range g.Members {
			v.Members = append(v.Members, memberView{orElse(names[id], id), l.fresh("member "+g.ID+" "+id, "")})
		}
		views = append(views, v)
	}
	return views
}

func (s *scene) relationship(l look, rel graphtest.Relationship, all []graphtest.Assignment, names map[string]string) relationshipView {
	v := relationshipView{
		Customer: orElse(rel.CustomerName, orElse(rel.CustomerTenant, "nobody yet")), Name: rel.DisplayName,
		Status: rel.Status, Roles: s.roles(rel.Roles), End: rel.End.UTC(), Reseller: rel.IndirectProvider != "",
		Fresh: l.fresh("relationship "+rel.ID, rel.Status, rel.End.String()),
	}
	for _, a := range all {
		if a.Relationship == rel.ID {
			v.Assignments = append(v.Assignments, assignmentView{
				Group: orElse(names[a.Group], a.Group), Status: a.Status, Roles: s.roles(a.Roles),
				Fresh: l.fresh("assignment "+a.ID, a.Status, strings.Join(a.Roles, " ")),
			})
		}
	}
	return v
}

func (v relationshipView) anyFresh() bool {
	return v.Fresh || slices.ContainsFunc(v.Assignments, func(a assignmentView) bool { return a.Fresh })
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

// writes draws what was written through Graph, with names in place of ids.
func (s *scene) writes(l look, names map[string]string) []lineView {
	var pairs []string
	for id, name := range names {
		pairs = append(pairs, id, name)
	}
	named := strings.NewReplacer(pairs...)
	var lines []AuditLine
	for _, e := range s.h.Graph.Audit() {
		lines = append(lines, AuditLine{At: e.At.UTC(), Kind: e.Method + " " + e.Path, What: named.Replace(e.Summary)})
	}
	return newest(l, tabWrites, lines)
}

// mails draws what was sent through Graph, the newest first.
func (s *scene) mails(l look, names map[string]string) []mailView {
	var views []mailView
	list := s.h.Graph.Mails()
	for i := len(list) - 1; i >= 0 && len(views) < mostLines; i-- {
		m := list[i]
		to := strings.Join(slices.Concat(m.To, m.Cc, m.Bcc), ", ")
		views = append(views, mailView{
			At: m.At.UTC(), From: orElse(names[m.From], m.From), To: to, Subject: m.Subject, Body: m.Body,
			Fresh: l.fresh("mail "+strconv.Itoa(i), m.Subject),
		})
	}
	return views
}

// newest returns the end of a log, the newest line first.
func newest(l look, log string, lines []AuditLine) []lineView {
	lines = lines[max(0, len(lines)-mostLines):]
	views := make([]lineView, len(lines))
	for i, line := range lines {
		fresh := l.fresh(log+" "+line.At.String()+line.Kind+" "+line.Who+" "+line.What, "")
		views[len(lines)-1-i] = lineView{line, fresh}
	}
	return views
}

func anyFresh(lines []lineView) bool {
	return slices.ContainsFunc(lines, func(l lineView) bool { return l.Fresh })
}
