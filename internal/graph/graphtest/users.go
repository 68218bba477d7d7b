package graphtest

import (
	"net/http"
	"slices"
	"strings"
)

type user struct {
	User
	seq uint64
}

// wireUser shows what the application may know of a user. Whether it is a guest
// and whether the account works are not part of the basic profile.
func (s *Server) wireUser(u *user) object {
	out := object{
		"id":                u.ID,
		"displayName":       u.DisplayName,
		"userPrincipalName": u.UPN,
		"mail":              text(u.Mail),
	}
	if s.may(userReadFull...) {
		out["userType"] = "Member"
		if u.Guest {
			out["userType"] = "Guest"
		}
		out["accountEnabled"] = !u.Disabled
	}
	return out
}

var userListing = listing{
	context: "users", page: 100, limit: 999, advanced: true,
	filters: map[string]string{"id": opEq, "mail": opBoth, "userPrincipalName": opBoth, "displayName": opBoth, "accountEnabled": "eq ne", "userType": opEq},
	orders:  []string{"displayName", "userPrincipalName"},
}

func (s *Server) listUsers(c *call) (reply, error) {
	beyond := slices.ContainsFunc(c.query.filter, func(f clause) bool { return f.path == "accountEnabled" || f.path == "userType" })
	if beyond && !s.may(userReadFull...) {
		return reply{}, denied("The application may not know what this filter asks.")
	}
	entries := make([]entry, 0, len(s.users.order))
	for _, u := range s.users.order {
		entries = append(entries, entry{u.seq, s.wireUser(u)})
	}
	return c.list(userListing, entries)
}

// userOf finds the user that the path names, by object id or user principal
// name.
func (s *Server) userOf(c *call) (*user, bool) {
	id := c.r.PathValue("id")
	if u, ok := s.users.find(id); ok {
		return u, true
	}
	for _, u := range s.users.order {
		if strings.Contains(id, "@") && same(u.UPN, id) {
			return u, true
		}
	}
	return nil, false
}

func (s *Server) getUser(c *call) (reply, error) {
	u, ok := s.userOf(c)
	if !ok {
		return reply{}, noObject()
	}
	return c.one(http.StatusOK, "/$metadata#users/$entity", s.wireUser(u)), nil
}

func (s *Server) memberOf(c *call) (reply, error)           { return s.listMemberships(c, false) }
func (s *Server) transitiveMemberOf(c *call) (reply, error) { return s.listMemberships(c, true) }

// listMemberships lists the groups that a user is in, through other groups as
// well if deep, and the roles that the user has in the partner's directory.
func (s *Server) listMemberships(c *call, deep bool) (reply, error) {
	u, ok := s.userOf(c)
	if !ok {
		return reply{}, noObject()
	}
	in := map[*group]bool{}
	for ids, more := []string{u.ID}, true; more; more = deep && len(ids) > 0 {
		var outer []string
		for _, g := range s.groups.order {
			if !in[g] && slices.ContainsFunc(ids, g.has) {
				in[g] = true
				outer = append(outer, g.ID)
			}
		}
		ids = outer
	}
	var entries []entry
	for _, g := range s.groups.order {
		if in[g] {
			entries = append(entries, entry{g.seq, s.wireMember(g.ID)})
		}
	}
	for i, role := range u.DirectoryRoles {
		entries = append(entries, entry{1<<62 + uint64(i), object{
			"@odata.type": "#microsoft.graph.directoryRole", "id": directoryRoleID(role),
			"roleTemplateId": role, "displayName": text(roleName(role)), "description": nil,
		}})
	}
	return c.list(memberListing, entries)
}

// directoryRoleID is the object of a role in the directory, which is another
// one than its template.
func directoryRoleID(template string) string {
	return "d1" + strings.ToLower(template)[min(2, len(template)):]
}
