package graphtest

import "slices"

// rights are what an administrator has given the client. They are replaced as a whole, so
// that whoever looks sees one state of them.
type rights struct {
	permissions []string // of Microsoft Graph
	units       []string // ids of the units on which its service principal is Groups Administrator
}

// Unit is an administrative unit of the partner's directory. Members are object ids.
type Unit struct {
	ID, DisplayName string
	Restricted      bool // only who has a role on the unit itself may change what is in it
	Members         []string
}

// AddUnit adds or replaces a unit and returns its id, drawn when empty.
func (s *Server) AddUnit(u Unit) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	u.ID = orNew(u.ID)
	row := &unit{id: u.ID, name: u.DisplayName, restricted: u.Restricted, seq: s.next()}
	for _, id := range u.Members {
		row.members = append(row.members, member{id, s.next()})
	}
	s.units.put(u.ID, row)
	s.bump()
	return u.ID
}

// SetInUnit is an admin putting an object into a unit, or taking it out. It reports
// whether that changed anything.
func (s *Server) SetInUnit(id, object string, in bool) bool {
	now := s.opt.Due()
	s.mu.Lock()
	defer s.mu.Unlock()
	u, ok := s.units.find(id)
	if !ok || u.index(object) >= 0 == in {
		return false
	}
	what, kind := "Remove member from administrative unit", "Unassign"
	if in {
		what, kind = "Add member to administrative unit", "Assign"
		u.members = append(u.members, member{object, s.next()})
	} else {
		u.members = slices.DeleteFunc(u.members, func(m member) bool { return same(m.id, object) })
	}
	s.record(now, anAdmin, coreActivity(what, "AdministrativeUnit", kind, s.objectTarget(object), u.target()))
	s.bump()
	return true
}

// SetPermissions is an admin consenting to application permissions of the client, and to
// no others. Tokens that were given before carry the old ones.
func (s *Server) SetPermissions(names ...string) {
	s.setRights(func(r *rights) { r.permissions = slices.Clone(names) })
}

// SetGroupsAdministrator is an admin assigning the client's service principal the role
// Groups Administrator on these units, and on no others.
func (s *Server) SetGroupsAdministrator(units ...string) {
	s.setRights(func(r *rights) { r.units = slices.Clone(units) })
}

func (s *Server) setRights(change func(*rights)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	r := *s.rights.Load()
	change(&r)
	s.rights.Store(&r)
	s.bump()
}

func (s *Server) may(permissions ...string) bool {
	held := s.rights.Load().permissions
	return slices.ContainsFunc(permissions, func(p string) bool { return slices.Contains(held, p) })
}

// administersUnit says whether the client's service principal is Groups Administrator on
// the unit. The role is of no use to one that cannot read the directory.
func (s *Server) administersUnit(u *unit) bool {
	on := slices.ContainsFunc(s.rights.Load().units, func(id string) bool { return same(id, u.id) })
	return on && s.may(groupRead...)
}

// mayChange refuses a write to a group: unless a permission over all groups allows it, or
// the role on a unit in which the group is. Into a unit with restricted management no
// permission reaches, and no role on another kind of unit.
func (s *Server) mayChange(g *group, permissions []string) error {
	allowed, restricted := s.may(permissions...), false
	for _, u := range s.units.order {
		if u.index(g.ID) < 0 {
			continue
		}
		if u.restricted && !restricted {
			allowed, restricted = false, true
		}
		if s.administersUnit(u) && u.restricted == restricted {
			allowed = true
		}
	}
	if !allowed {
		return privileges()
	}
	return nil
}

// restricts says whether the group is in a unit with restricted management.
func (s *Server) restricts(g *group) bool {
	return slices.ContainsFunc(s.units.order, func(u *unit) bool { return u.restricted && u.index(g.ID) >= 0 })
}
