package graphtest

import (
	"encoding/json"
	"net/http"
	"slices"
	"strings"
)

// unit is an administrative unit of the partner's directory.
type unit struct {
	id, name, description, visibility string
	restricted                        bool
	seq                               uint64
	members                           []member
}

func (u *unit) wire() object {
	return object{
		"id": u.id, "displayName": u.name, "description": text(u.description),
		"visibility": text(u.visibility), "isMemberManagementRestricted": u.restricted,
	}
}

var unitListing = listing{
	context: "directory/administrativeUnits", page: 100, limit: 999, advanced: true,
	filters: map[string]string{"id": opEq, "displayName": opBoth},
	orders:  []string{"displayName"},
}

const unitContext = "/$metadata#directory/administrativeUnits/$entity"

func (s *Server) unitOf(c *call) (*unit, error) {
	if u, ok := s.units.find(c.r.PathValue("id")); ok {
		return u, nil
	}
	return nil, noObject()
}

func (s *Server) listUnits(c *call) (reply, error) {
	entries := make([]entry, 0, len(s.units.order))
	for _, u := range s.units.order {
		entries = append(entries, entry{u.seq, u.wire()})
	}
	return c.list(unitListing, entries)
}

func (s *Server) getUnit(c *call) (reply, error) {
	u, err := s.unitOf(c)
	if err != nil {
		return reply{}, err
	}
	return c.one(http.StatusOK, unitContext, u.wire()), nil
}

func (s *Server) createUnit(c *call) (reply, error) {
	var body struct {
		DisplayName string `json:"displayName"`
		Description string `json:"description"`
		Visibility  string `json:"visibility"`
		Restricted  bool   `json:"isMemberManagementRestricted"`
	}
	if err := c.decode(&body); err != nil {
		return reply{}, err
	}
	if body.DisplayName == "" {
		return reply{}, badDirectory("displayName is required.")
	}
	u := &unit{
		id: newGUID(), name: body.DisplayName, description: body.Description, visibility: body.Visibility,
		restricted: body.Restricted, seq: s.next(),
	}
	s.units.put(u.id, u)
	s.wrote(c, "created administrative unit "+u.id, coreActivity("Add administrative unit", "AdministrativeUnit", "Add", u.target()))
	answer := c.one(http.StatusCreated, unitContext, u.wire())
	answer.location = c.url(unitsPath + "/" + u.id)
	return answer, nil
}

func (u *unit) target() target { return target{kind: "AdministrativeUnit", id: u.id, name: u.name} }

func (s *Server) listUnitMembers(c *call) (reply, error) {
	u, err := s.unitOf(c)
	if err != nil {
		return reply{}, err
	}
	var entries []entry
	for _, m := range u.members {
		entries = append(entries, entry{m.seq, s.wireMember(m.id)})
	}
	return c.list(memberListing, entries)
}

// createUnitGroup makes a group within a unit. Beside the permission it takes one to read
// units, and a role on this one.
func (s *Server) createUnitGroup(c *call) (reply, error) {
	u, err := s.unitOf(c)
	if err != nil {
		return reply{}, err
	}
	if !s.may(unitReadToCreate...) || !s.administersUnit(u) {
		return reply{}, privileges()
	}
	var kind struct {
		Type string `json:"@odata.type"`
	}
	var body groupBody
	if err := c.decode(&body); err != nil {
		return reply{}, err
	}
	if json.Unmarshal(c.body, &kind) != nil || strings.TrimPrefix(kind.Type, "#") != "microsoft.graph.group" {
		return reply{}, badDirectory("Only a group can be created here; @odata.type must say so.")
	}
	g, err := s.newGroup(c, body)
	if err != nil {
		return reply{}, err
	}
	u.members = append(u.members, member{g.ID, s.next()})
	made := g.wire()
	made["@odata.type"] = "#microsoft.graph.group"
	answer := c.one(http.StatusCreated, "/$metadata#directoryObjects/$entity", made)
	answer.location = c.url("/directoryObjects/" + g.ID)
	return answer, nil
}

func (s *Server) getUnitMember(c *call) (reply, error) {
	u, err := s.unitOf(c)
	if err != nil {
		return reply{}, err
	}
	if u.index(c.r.PathValue("uid")) < 0 {
		return reply{}, noObject()
	}
	if g, ok := s.groups.find(c.r.PathValue("uid")); ok && g.unlisted > 0 { // as lists of groups miss it
		g.unlisted--
		return reply{}, noObject()
	}
	return c.one(http.StatusOK, "/$metadata#directoryObjects/$entity", s.wireMember(c.r.PathValue("uid"))), nil
}

func (s *Server) addUnitMember(c *call) (reply, error) {
	u, err := s.unitOf(c)
	if err != nil {
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
	if g, ok := s.groups.find(id); ok {
		id = g.ID
	} else if p, ok := s.users.find(id); ok {
		id = p.ID
	} else {
		return reply{}, noObject()
	}
	if u.index(id) >= 0 {
		return reply{}, badDirectory("One or more added object references already exist for the following modified properties: 'members'.")
	}
	u.members = append(u.members, member{id, s.next()})
	s.wrote(c, "added "+id+" to administrative unit "+u.id,
		coreActivity("Add member to administrative unit", "AdministrativeUnit", "Assign", s.objectTarget(id), u.target()))
	return reply{status: http.StatusNoContent}, nil
}

func (u *unit) index(id string) int {
	return slices.IndexFunc(u.members, func(m member) bool { return same(m.id, id) })
}

func (s *Server) removeUnitMember(c *call) (reply, error) {
	u, err := s.unitOf(c)
	if err != nil {
		return reply{}, err
	}
	i := u.index(c.r.PathValue("uid"))
	if i < 0 {
		return reply{}, noObject()
	}
	id := u.members[i].id
	u.members = slices.Delete(u.members, i, i+1)
	s.wrote(c, "removed "+id+" from administrative unit "+u.id,
		coreActivity("Remove member from administrative unit", "AdministrativeUnit", "Unassign", s.objectTarget(id), u.target()))
	return reply{status: http.StatusNoContent}, nil
}
