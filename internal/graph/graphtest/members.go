package graphtest

import (
	"cmp"
	"net/http"
	"net/url"
	"slices"
	"strings"
)

type member struct {
	id  string
	seq uint64
}

// unseen is a change of a membership that readers miss for a while.
type unseen struct {
	member
	shown bool // what readers see meanwhile
	left  int  // reads that still miss it
}

type membership struct{ group, user string }

func membershipOf(group, user string) membership {
	return membership{strings.ToLower(group), strings.ToLower(user)}
}

func (g *group) index(id string) int {
	return slices.IndexFunc(g.members, func(m member) bool { return same(m.id, id) })
}

func (g *group) has(id string) bool { return g.index(id) >= 0 }

func (g *group) join(id string, seq uint64) {
	if !g.has(id) {
		g.members = append(g.members, member{id, seq})
	}
}

// leave reports whether id was a member.
func (g *group) leave(id string) bool {
	i := g.index(id)
	if i < 0 {
		return false
	}
	g.members = slices.Delete(g.members, i, i+1)
	return true
}

// forget lets readers see id's membership as it is.
func (g *group) forget(id string) { delete(g.unseen, strings.ToLower(id)) }

// hide is called before a membership changes: for lag reads it shows as now.
func (g *group) hide(m member, lag int) {
	if lag <= 0 {
		return
	}
	key := strings.ToLower(m.id)
	shown := g.has(m.id)
	if before, ok := g.unseen[key]; ok {
		shown = before.shown
	}
	if g.unseen == nil {
		g.unseen = map[string]*unseen{}
	}
	g.unseen[key] = &unseen{m, shown, lag}
}

// visible returns the members that a read sees, in order. A fresh read brings
// what it misses closer; a later page of one does not.
func (g *group) visible(fresh bool) []member {
	var out []member
	for _, m := range g.members {
		if _, ok := g.unseen[strings.ToLower(m.id)]; !ok {
			out = append(out, m)
		}
	}
	for key, u := range g.unseen {
		if u.shown {
			out = append(out, u.member)
		}
		if !fresh {
			continue
		}
		if u.left--; u.left <= 0 {
			delete(g.unseen, key)
		}
	}
	slices.SortFunc(out, func(a, b member) int { return cmp.Compare(a.seq, b.seq) })
	return out
}

var memberListing = listing{context: "directoryObjects", page: 100, limit: 999, advanced: true}

func (s *Server) listMembers(c *call) (reply, error) {
	g, err := s.groupOf(c)
	if err != nil {
		return reply{}, err
	}
	var entries []entry
	for _, m := range g.visible(!c.query.later()) {
		entries = append(entries, entry{m.seq, s.wireMember(m.id)})
	}
	return c.list(memberListing, entries)
}

// listTransitiveMembers lists the members of a group and of the groups within it, each
// once, the groups themselves included.
func (s *Server) listTransitiveMembers(c *call) (reply, error) {
	g, err := s.groupOf(c)
	if err != nil {
		return reply{}, err
	}
	seen := map[string]bool{strings.ToLower(g.ID): true}
	var entries []entry
	for within := []*group{g}; len(within) > 0; within = within[1:] {
		for _, m := range within[0].visible(!c.query.later()) {
			if seen[strings.ToLower(m.id)] {
				continue
			}
			seen[strings.ToLower(m.id)] = true
			entries = append(entries, entry{m.seq, s.wireMember(m.id)})
			if inner, ok := s.groups.find(m.id); ok {
				within = append(within, inner)
			}
		}
	}
	slices.SortFunc(entries, func(a, b entry) int { return cmp.Compare(a.seq, b.seq) })
	return c.list(memberListing, entries)
}

func (s *Server) listOwners(c *call) (reply, error) {
	g, err := s.groupOf(c)
	if err != nil {
		return reply{}, err
	}
	var entries []entry
	for i, id := range g.Owners {
		entries = append(entries, entry{uint64(i + 1), s.wireMember(id)})
	}
	return c.list(memberListing, entries)
}

// wireMember shows of a member what the application may know: without a
// permission on users only that it is one.
func (s *Server) wireMember(id string) object {
	out := object{"@odata.type": "#microsoft.graph.servicePrincipal", "id": id}
	if g, ok := s.groups.find(id); ok {
		out = g.wire()
		out["@odata.type"] = "#microsoft.graph.group"
	}
	if u, ok := s.users.find(id); ok {
		out = object{"id": u.ID}
		if s.may(userRead...) {
			out = s.wireUser(u)
		}
		out["@odata.type"] = "#microsoft.graph.user"
	}
	return out
}

func (s *Server) addMember(c *call) (reply, error) {
	g, err := s.groupOf(c)
	if err != nil {
		return reply{}, err
	}
	if err := s.mayChange(g, memberWrite); err != nil {
		return reply{}, err
	}
	var body struct {
		Ref string `json:"@odata.id"`
	}
	if err := c.decode(&body); err != nil {
		return reply{}, err
	}
	id, ok := referenced(body.Ref)
	if !ok {
		return reply{}, badDirectory("The @odata.id must be the absolute address of a directory object.")
	}
	id, err = s.joinable(g, id)
	if err != nil {
		return reply{}, err
	}
	s.adds[membershipOf(g.ID, id)]++
	if g.has(id) {
		return reply{}, badDirectory("One or more added object references already exist for the following modified properties: 'members'.")
	}
	m := member{id, s.next()}
	g.hide(m, s.opt.Lag)
	g.join(m.id, m.seq)
	s.wrote(c, "added "+id+" to group "+g.ID, membershipActivity("Add member to group", "Assign", g, s.objectTarget(id)))
	return reply{status: http.StatusNoContent}, nil
}

// referenced takes the object id from an absolute address that ends in
// /directoryObjects/{id}, /users/{id} or /groups/{id}.
func referenced(ref string) (string, bool) {
	u, err := url.Parse(ref)
	if err != nil || u.Scheme == "" || u.Host == "" {
		return "", false
	}
	parts := strings.Split(u.Path, "/")
	if len(parts) < 3 {
		return "", false
	}
	kind, id := parts[len(parts)-2], parts[len(parts)-1]
	return id, id != "" && (kind == "directoryObjects" || kind == "users" || kind == "groups")
}

// joinable returns the id, as the directory spells it, of an object that may
// become a member of g.
func (s *Server) joinable(g *group, id string) (string, error) {
	if g.assignable && !s.may(roleAssignable...) {
		return "", denied("The application may not change groups that can be assigned to roles.")
	}
	if u, ok := s.users.find(id); ok {
		return u.ID, nil
	}
	inner, ok := s.groups.find(id)
	if !ok {
		return "", noObject()
	}
	if inner == g || g.assignable {
		return "", badDirectory("This group cannot be a member here.")
	}
	return inner.ID, nil
}

func (s *Server) removeMember(c *call) (reply, error) {
	g, err := s.groupOf(c)
	if err != nil {
		return reply{}, err
	}
	if err := s.mayChange(g, memberWrite); err != nil {
		return reply{}, err
	}
	if g.assignable && !s.may(roleAssignable...) {
		return reply{}, denied("The application may not change groups that can be assigned to roles.")
	}
	i := g.index(c.r.PathValue("uid"))
	if i < 0 {
		return reply{}, noObject()
	}
	m := g.members[i]
	g.hide(m, s.opt.Lag)
	g.leave(m.id)
	s.passedOver(g, m.id, c.now)
	s.wrote(c, "removed "+m.id+" from group "+g.ID, membershipActivity("Remove member from group", "Unassign", g, s.objectTarget(m.id)))
	return reply{status: http.StatusNoContent}, nil
}

// deleteMemberObject is the trap: the address of a member without /$ref is the
// member, and DELETE on it deletes the person from the directory.
func (s *Server) deleteMemberObject(c *call) (reply, error) {
	g, err := s.groupOf(c)
	if err != nil {
		return reply{}, err
	}
	u, ok := s.users.find(c.r.PathValue("uid"))
	if !ok || !g.has(u.ID) {
		return reply{}, noObject()
	}
	for _, other := range s.groups.order {
		other.leave(u.ID)
		other.forget(u.ID)
		other.Owners = slices.DeleteFunc(other.Owners, func(id string) bool { return same(id, u.ID) })
	}
	s.users.remove(u.ID)
	s.endSchedules(func(v *schedule) bool { return same(v.principal, u.ID) }, c.now)
	s.wrote(c, "deleted user "+u.ID, coreActivity("Delete user", "UserManagement", "Delete", userTarget(u)))
	return reply{status: http.StatusNoContent}, nil
}
