package graphtest

import (
	"net/http"
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
	filters: map[string]string{"id": opEq, "mail": opBoth, "userPrincipalName": opBoth, "displayName": opBoth},
}

func (s *Server) listUsers(c *call) (reply, error) {
	entries := make([]entry, 0, len(s.users.order))
	for _, u := range s.users.order {
		entries = append(entries, entry{u.seq, s.wireUser(u)})
	}
	return c.list(userListing, entries)
}

// getUser takes an object id or a user principal name.
func (s *Server) getUser(c *call) (reply, error) {
	id := c.r.PathValue("id")
	u, ok := s.users.find(id)
	if !ok && strings.Contains(id, "@") {
		for _, other := range s.users.order {
			if same(other.UPN, id) {
				u, ok = other, true
			}
		}
	}
	if !ok {
		return reply{}, noObject()
	}
	return c.one(http.StatusOK, "/$metadata#users/$entity", s.wireUser(u)), nil
}
