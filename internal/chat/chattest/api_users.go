package chattest

import (
	"slices"
	"strings"
)

// maxUnlimited is from how many members on users.list wants a limit. Slack says
// "large teams" and no figure.
const maxUnlimited = 1000

// usersInfo shows anybody of a team that the bot's team shares a channel with.
// Of other teams it knows nobody.
func (s *Server) usersInfo(a args) (object, error) {
	u, ok := s.users.get(a.Get("user"))
	if !ok {
		return nil, refuse("user_not_found")
	}
	if s.external(u) && !s.connected(u.Team) {
		return nil, refuse("user_not_visible")
	}
	return object{"user": s.withLocale(a, u)}, nil
}

// connected reports whether the bot's team shares any channel with a team.
func (s *Server) connected(team string) bool {
	shared := s.rooms.all(func(r *room) bool { return r.in(team) && r.in(s.opt.BotTeam) })
	return len(shared) > 0
}

// usersList lists the bot's own team, deactivated people and bots included, and
// nobody else.
func (s *Server) usersList(a args) (object, error) {
	own := s.users.all(func(u *User) bool { return !s.external(u) })
	limit, err := pageLimit(a, len(own), maxPage+1)
	if err != nil {
		return nil, err
	}
	if limit == len(own) && limit > maxUnlimited {
		return nil, refuse("limit_required")
	}
	page, next, err := pageOf(a, own, max(limit, 1), "user:", func(u *User) string { return u.ID })
	if err != nil {
		return nil, err
	}
	members := []object{}
	for _, u := range page {
		members = append(members, s.withLocale(a, u))
	}
	return object{
		"members": members, "cache_ts": s.opt.Now().Unix(), "response_metadata": metadata(next),
	}, nil
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

// withLocale is a user with the locale, if the call asks for it. That of
// external members is never told.
func (s *Server) withLocale(a args, u *User) object {
	w := s.wireUser(u)
	if a.flag("include_locale") && !s.external(u) && u.Locale != "" {
		w["locale"] = u.Locale
	}
	return w
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
	w["is_restricted"] = u.Restricted || u.UltraRestricted
	w["is_ultra_restricted"] = u.UltraRestricted
	if u.Email != "" && (!s.external(u) || u.EmailShown) && slices.Contains(s.opt.Scopes, "users:read.email") {
		profile["email"] = u.Email
	}
	if s.external(u) {
		return w
	}
	w["is_admin"], w["is_owner"], w["is_primary_owner"] = u.Admin, false, false
	w["is_email_confirmed"] = !u.Unconfirmed
	return w
}

// botsInfo shows the app's own bot. Others have no bot id in this world.
func (s *Server) botsInfo(a args) (object, error) {
	u, ok := s.users.get(s.opt.BotUser)
	if a.Get("bot") != BotID || !ok {
		return nil, refuse("bot_not_found")
	}
	return object{"bot": object{
		"id": BotID, "app_id": AppID, "user_id": u.ID, "name": u.Name, "deleted": u.Deleted, "icons": object{},
	}}, nil
}

// teamInfo shows the bot's team, and those that share a channel with it.
func (s *Server) teamInfo(a args) (object, error) {
	id := a.Get("team")
	if domain := a.Get("domain"); domain != "" && id == "" {
		for _, t := range s.teams.all(func(t *Team) bool { return t.Domain == domain }) {
			id = t.ID
		}
	} else if id == "" {
		id = s.opt.BotTeam
	}
	t, ok := s.teams.get(id)
	if !ok || id != s.opt.BotTeam && !s.connected(id) {
		return nil, refuse("team_not_found")
	}
	return object{"team": object{
		"id": t.ID, "name": t.Name, "domain": t.Domain, "email_domain": "",
		"url": "https://" + t.Domain + ".slack.com/", "icon": object{"image_default": true},
	}}, nil
}
