package chattest

import "slices"

// A Usergroup is a named set of people of the bot's team, such as @oncall.
type Usergroup struct {
	ID, Handle, Name, Description string
	Users                         []string
	Disabled                      bool
}

// AddUsergroup adds a usergroup, or replaces the one with the same id.
func (s *Server) AddUsergroup(g Usergroup) {
	g.Users = slices.Clone(g.Users)
	s.mu.Lock()
	defer s.mu.Unlock()
	_, known := s.groups.get(g.ID)
	s.groups.put(g.ID, &g)
	s.bump()
	what := "subteam_created"
	if known {
		what = "subteam_updated"
	}
	s.happened(what, object{"subteam": s.wireUsergroup(&g, args{})})
}

// Usergroups returns all usergroups, in the order in which they were added.
func (s *Server) Usergroups() []Usergroup {
	s.mu.Lock()
	defer s.mu.Unlock()
	var list []Usergroup
	for _, g := range s.groups.all(func(*Usergroup) bool { return true }) {
		c := *g
		c.Users = slices.Clone(c.Users)
		list = append(list, c)
	}
	return list
}

func (s *Server) usergroupsList(a args) (object, error) {
	if team := a.Get("team_id"); team != "" && team != s.opt.BotTeam {
		return nil, refuse("invalid_team")
	}
	list := []object{}
	for _, g := range s.groups.all(func(g *Usergroup) bool { return !g.Disabled || a.flag("include_disabled") }) {
		list = append(list, s.wireUsergroup(g, a))
	}
	return object{"usergroups": list}, nil
}

func (s *Server) usergroupsUsersList(a args) (object, error) {
	g, ok := s.groups.get(a.Get("usergroup"))
	if !ok || g.Disabled && !a.flag("include_disabled") {
		return nil, refuse("no_such_subteam")
	}
	return object{"users": append([]string{}, g.Users...)}, nil
}

// wireUsergroup is a usergroup as Slack shows it to the bot. The lock is held.
func (s *Server) wireUsergroup(g *Usergroup, a args) object {
	w := object{
		"id": g.ID, "team_id": s.opt.BotTeam, "is_usergroup": true, "is_subteam": true, "is_external": false,
		"handle": g.Handle, "name": g.Name, "description": g.Description,
		"date_create": 0, "date_update": 0, "date_delete": 0, "auto_type": nil,
		"created_by": "USLACKBOT", "updated_by": "USLACKBOT", "deleted_by": nil,
		"prefs": object{"channels": []string{}, "groups": []string{}},
	}
	if g.Disabled {
		w["date_delete"], w["deleted_by"] = s.opt.Now().Unix(), "USLACKBOT"
	}
	if a.flag("include_users") {
		w["users"] = append([]string{}, g.Users...)
	}
	if a.flag("include_count") {
		w["user_count"] = len(g.Users)
	}
	return w
}
