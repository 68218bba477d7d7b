package graphtest

import (
	"net/http"
	"slices"
	"strings"
	"time"
	"unicode/utf8"
)

// group keeps its members apart from what readers see of them.
type group struct {
	Group
	seq        uint64
	created    time.Time
	assignable bool // to directory roles
	members    []member
	unseen     map[string]*unseen // by lower-case member id
	unlisted   int                // lists that still miss the group
}

func (g *group) wire() object {
	return object{
		"id":                 g.ID,
		"displayName":        g.DisplayName,
		"mailNickname":       g.MailNickname,
		"description":        text(g.Description),
		"createdDateTime":    stamp(g.created),
		"groupTypes":         []string{},
		"mailEnabled":        false,
		"securityEnabled":    true,
		"isAssignableToRole": g.assignable,
		"visibility":         nil,
	}
}

var groupListing = listing{
	context: "groups", page: 100, limit: 999, advanced: true,
	filters: map[string]string{
		"id": opEq, "displayName": opBoth, "mailNickname": opBoth,
		"securityEnabled": opEq, "mailEnabled": opEq, "isAssignableToRole": opEq,
	},
	orders: []string{"displayName", "createdDateTime"},
}

const groupContext = "/$metadata#groups/$entity"

func (s *Server) groupOf(c *call) (*group, error) {
	if g, ok := s.groups.find(c.r.PathValue("id")); ok {
		return g, nil
	}
	return nil, noObject()
}

func (s *Server) listGroups(c *call) (reply, error) {
	entries := make([]entry, 0, len(s.groups.order))
	for _, g := range s.groups.order {
		if g.unlisted > 0 {
			if !c.query.later() {
				g.unlisted--
			}
			continue
		}
		entries = append(entries, entry{g.seq, g.wire()})
	}
	return c.list(groupListing, entries)
}

func (s *Server) getGroup(c *call) (reply, error) {
	g, err := s.groupOf(c)
	if err != nil {
		return reply{}, err
	}
	return c.one(http.StatusOK, groupContext, g.wire()), nil
}

// groupBody holds what may be said of a new security group. Everything else,
// members and owners included, is refused.
type groupBody struct {
	DisplayName        string   `json:"displayName"`
	MailNickname       string   `json:"mailNickname"`
	Description        string   `json:"description"`
	SecurityEnabled    *bool    `json:"securityEnabled"`
	MailEnabled        *bool    `json:"mailEnabled"`
	GroupTypes         []string `json:"groupTypes"`
	IsAssignableToRole bool     `json:"isAssignableToRole"`
}

func (b groupBody) valid() error {
	switch {
	case b.DisplayName == "" || utf8.RuneCountInString(b.DisplayName) > 256:
		return badDirectory("displayName is required and may have at most 256 characters.")
	case !validNickname(b.MailNickname):
		return badDirectory("mailNickname is required: at most 64 characters of ASCII without spaces and without @ ( ) \\ [ ] \" ; : < > ,")
	case utf8.RuneCountInString(b.Description) > 1024:
		return badDirectory("description may have at most 1024 characters.")
	case b.SecurityEnabled == nil || !*b.SecurityEnabled:
		return badDirectory("securityEnabled is required and must be true.")
	case b.MailEnabled == nil || *b.MailEnabled:
		return badDirectory("mailEnabled is required and must be false.")
	case len(b.GroupTypes) > 0:
		return badDirectory("A security group with assigned members has no groupTypes.")
	}
	return nil
}

func validNickname(s string) bool {
	if s == "" || len(s) > 64 {
		return false
	}
	return !strings.ContainsFunc(s, func(r rune) bool {
		return r <= ' ' || r >= 0x7f || strings.ContainsRune(`@()\[]";:<>,`, r)
	})
}

func (s *Server) createGroup(c *call) (reply, error) {
	var body groupBody
	if err := c.decode(&body); err != nil {
		return reply{}, err
	}
	g, err := s.newGroup(c, body)
	if err != nil {
		return reply{}, err
	}
	answer := c.one(http.StatusCreated, groupContext, g.wire())
	answer.location = c.url("/groups/" + g.ID)
	return answer, nil
}

func (s *Server) newGroup(c *call, body groupBody) (*group, error) {
	if err := body.valid(); err != nil {
		return nil, err
	}
	if body.IsAssignableToRole && !s.may(roleAssignable...) {
		return nil, denied("The application may not create groups that can be assigned to roles.")
	}
	g := &group{
		Group: Group{
			ID: newGUID(), DisplayName: body.DisplayName, MailNickname: body.MailNickname, Description: body.Description,
		},
		seq: s.next(), created: c.now, assignable: body.IsAssignableToRole, unlisted: s.opt.GroupLag,
	}
	s.groups.put(g.ID, g)
	s.wrote(c, "created group "+g.ID, coreActivity("Add group", "GroupManagement", "Add", groupTarget(g)))
	return g, nil
}

// deleteGroup leaves assignments to the group behind, as the service does:
// they lead nowhere from then on.
func (s *Server) deleteGroup(c *call) (reply, error) {
	g, err := s.groupOf(c)
	if err != nil {
		return reply{}, err
	}
	if err := s.mayChange(g, groupWrite); err != nil {
		return reply{}, err
	}
	for _, other := range s.groups.order {
		if other.leave(g.ID) {
			other.forget(g.ID)
		}
	}
	for _, u := range s.units.order {
		u.members = slices.DeleteFunc(u.members, func(m member) bool { return same(m.id, g.ID) })
	}
	s.groups.remove(g.ID)
	s.endSchedules(func(v *schedule) bool { return same(v.group, g.ID) }, c.now)
	s.wrote(c, "deleted group "+g.ID, coreActivity("Delete group", "GroupManagement", "Delete", groupTarget(g)))
	return reply{status: http.StatusNoContent}, nil
}
