package chattest

import (
	"slices"
	"strings"
)

func (s *Server) usersInfo(a args) (object, error) {
	u, ok := s.users.get(a.Get("user"))
	if !ok {
		return nil, refuse("user_not_found")
	}
	return object{"user": s.wireUser(u)}, nil
}

// usersLookupByEmail finds members of the installing team only.
func (s *Server) usersLookupByEmail(a args) (object, error) {
	email := a.Get("email")
	found := s.users.all(func(u *User) bool {
		return !s.external(u) && !u.Deleted && u.Email != "" && strings.EqualFold(u.Email, email)
	})
	if len(found) == 0 {
		return nil, refuse("users_not_found")
	}
	return object{"user": s.wireUser(found[0])}, nil
}

// wireUser is a user as Slack shows it to the bot. External members have no
// e-mail address here, and strangers, with whom the bot shares no channel, have
// little more than a name. The lock is held.
func (s *Server) wireUser(u *User) object {
	profile := object{
		"real_name": u.RealName, "display_name": u.Name, "team": u.Team,
		"real_name_normalized": u.RealName, "display_name_normalized": u.Name,
	}
	w := object{
		"id": u.ID, "team_id": u.Team, "name": u.Name, "real_name": u.RealName,
		"deleted": u.Deleted, "is_bot": u.Bot, "is_app_user": false, "profile": profile,
	}
	if s.external(u) {
		w["is_stranger"] = !s.reachable(u)
		if !s.reachable(u) {
			return w
		}
	}
	w["tz"], w["tz_label"], w["tz_offset"] = u.TZ, u.TZ, u.TZOffset
	if s.external(u) {
		return w
	}
	w["is_admin"], w["is_owner"], w["is_primary_owner"] = u.Admin, false, false
	w["is_restricted"], w["is_ultra_restricted"] = false, false
	if u.Email != "" && slices.Contains(s.opt.Scopes, "users:read.email") {
		profile["email"] = u.Email
	}
	return w
}
