package chattest

import (
	"slices"
	"strings"
)

// kindScopes holds the kinds that conversations.list knows and what it takes to
// list them. Group messages do not exist in this world.
var kindScopes = map[string]string{
	"public_channel": "channels:read", "private_channel": "groups:read", "im": "im:read", "mpim": "mpim:read",
}

// listKinds returns the kinds that a call of conversations.list asks for, of
// which there is always one.
func listKinds(a args) []string {
	if a.Get("types") == "" {
		return []string{"public_channel"}
	}
	kinds := strings.Split(a.Get("types"), ",")
	for i := range kinds {
		kinds[i] = strings.TrimSpace(kinds[i])
	}
	return kinds
}

func (r *room) listKind() string {
	switch {
	case r.DM:
		return "im"
	case r.Private:
		return "private_channel"
	}
	return "public_channel"
}

// conversationsList lists the public channels of the bot's team and the other
// conversations that the bot is in. Archived channels are left out after a page
// was cut, so a page may hold fewer than there are: Slack says so.
func (s *Server) conversationsList(a args) (object, error) {
	kinds := listKinds(a)
	for _, kind := range kinds {
		if _, ok := kindScopes[kind]; !ok {
			return nil, refuse("invalid_types")
		}
	}
	limit, err := pageLimit(a, defaultPage, maxPage)
	if err != nil {
		return nil, err
	}
	seen := s.rooms.all(func(r *room) bool {
		_, err := s.readable(r.ID)
		return err == nil && slices.Contains(kinds, r.listKind())
	})
	page, next, err := pageOf(a, seen, limit, "team:", func(r *room) string { return r.ID })
	if err != nil {
		return nil, err
	}
	list := []object{}
	for _, r := range page {
		if !r.Archived || !a.flag("exclude_archived") {
			list = append(list, s.listed(r))
		}
	}
	return object{"channels": list, "response_metadata": metadata(next)}, nil
}

// listed is a conversation as conversations.list shows it: without the teams it
// is connected to, and with the number of members.
func (s *Server) listed(r *room) object {
	c := s.wireChannel(r)
	if r.DM {
		u, ok := s.users.get(str(c, "user"))
		c["is_user_deleted"], c["priority"] = ok && u.Deleted, 0
		return c
	}
	delete(c, "connected_team_ids")
	c["num_members"] = len(r.Members)
	return c
}

func (s *Server) conversationsInfo(a args) (object, error) {
	r, err := s.readable(a.Get("channel"))
	if err != nil {
		return nil, err
	}
	c := s.wireChannel(r)
	if a.flag("include_num_members") {
		c["num_members"] = len(r.Members)
	}
	if u, ok := s.users.get(s.opt.BotUser); ok && a.flag("include_locale") && u.Locale != "" {
		c["locale"] = u.Locale
	}
	return object{"channel": c}, nil
}

// wireChannel is a conversation as Slack writes it for the bot.
func (s *Server) wireChannel(r *room) object {
	c := object{
		"id": r.ID, "created": r.created, "is_archived": r.Archived, "is_org_shared": false,
		"is_im": r.DM, "is_mpim": false, "context_team_id": s.opt.BotTeam,
	}
	if r.DM {
		for _, id := range r.Members {
			if id != s.opt.BotUser {
				c["user"] = id
			}
		}
		c["is_open"], c["is_private"] = true, true
		return c
	}
	c["name"], c["name_normalized"] = r.Name, r.Name
	c["is_private"], c["is_group"] = r.Private, r.Private && !r.shared()
	c["is_channel"] = !r.Private || r.shared()
	c["is_general"], c["is_member"] = false, r.has(s.opt.BotUser)
	c["is_shared"], c["is_ext_shared"] = r.shared(), r.shared()
	c["is_pending_ext_shared"] = len(r.Pending) > 0
	c["pending_shared"] = append([]string{}, r.Pending...)
	c["pending_connected_team_ids"] = append([]string{}, r.Pending...)
	c["conversation_host_id"] = r.Host
	c["internal_team_ids"] = []string{}
	c["shared_team_ids"] = []string{r.Host}
	if r.shared() {
		c["connected_team_ids"] = slices.Clone(r.Connected)
		c["shared_team_ids"] = slices.Clone(r.Connected)
	}
	if r.Frozen != "" {
		c["is_frozen"], c["frozen_reason"] = true, r.Frozen
	}
	c["topic"] = object{"value": r.Topic, "creator": "", "last_set": 0}
	c["purpose"] = object{"value": r.Purpose, "creator": "", "last_set": 0}
	c["unlinked"], c["previous_names"] = 0, []string{}
	return c
}

func (s *Server) conversationsMembers(a args) (object, error) {
	r, err := s.readable(a.Get("channel"))
	if err != nil {
		return nil, err
	}
	limit, err := pageLimit(a, defaultPage, maxPage)
	if err != nil {
		return nil, err
	}
	page, next, err := pageOf(a, r.Members, limit, "user:", func(id string) string { return id })
	if err != nil {
		return nil, err
	}
	return object{"members": append([]string{}, page...), "response_metadata": metadata(next)}, nil
}

const maxOpen = 8 // people in a group message

// conversationsOpen opens or resumes a direct message with one person.
func (s *Server) conversationsOpen(a args) (object, error) {
	if id := a.Get("channel"); id != "" {
		r, err := s.readable(id)
		if err != nil {
			return nil, err
		}
		if !r.DM {
			return nil, refuse("method_not_supported_for_channel_type")
		}
		return s.resumed(r, true, a), nil
	}
	id := a.Get("users")
	if id == "" {
		return nil, refuse("users_list_not_supplied")
	}
	if n := strings.Count(id, ",") + 1; n > maxOpen {
		return nil, refuse("too_many_users")
	} else if n > 1 {
		return nil, refuse("method_not_supported_for_channel_type") // the world has no group messages
	}
	u, ok := s.users.get(id)
	switch {
	case !ok || u.Bot:
		return nil, refuse("user_not_found")
	case u.Deleted:
		return nil, refuse("user_disabled")
	case !s.reachable(u):
		return nil, refuse("user_not_visible")
	}
	r, already := s.openDM(u)
	return s.resumed(r, already, a), nil
}

func (s *Server) resumed(r *room, already bool, a args) object {
	answer := object{"channel": object{"id": r.ID}}
	if a.flag("return_im") {
		answer["channel"] = s.wireChannel(r)
	}
	if already {
		answer["no_op"], answer["already_open"] = true, true
	}
	return answer
}
