package chattest

import (
	"slices"
	"strings"
)

// channel returns a channel whose members can be changed. The lock is held.
func (s *Server) channel(a args, archived string) (*room, error) {
	r, err := s.readable(a.Get("channel"))
	switch {
	case err != nil:
		return nil, err
	case r.DM:
		return nil, refuse("method_not_supported_for_channel_type")
	case r.Archived:
		return nil, refuse(archived)
	}
	return r, nil
}

// conversationsJoin lets the bot into a public channel.
func (s *Server) conversationsJoin(a args) (object, error) {
	r, err := s.channel(a, "is_archived")
	if err != nil {
		return nil, err
	}
	if r.Private {
		return nil, refuse("method_not_supported_for_channel_type")
	}
	if r.has(s.opt.BotUser) {
		return object{
			"channel": s.wireChannel(r), "warning": "already_in_channel",
			"response_metadata": object{"warnings": []string{"already_in_channel"}},
		}, nil
	}
	s.join(r, s.opt.BotUser, "")
	return object{"channel": s.wireChannel(r)}, nil
}

// conversationsLeave takes the bot out of a channel. Leaving twice is no error.
func (s *Server) conversationsLeave(a args) (object, error) {
	r, err := s.channel(a, "is_archived")
	if err != nil {
		return nil, err
	}
	if !r.has(s.opt.BotUser) {
		return object{"not_in_channel": true}, nil
	}
	if r.Private && len(r.Members) == 1 {
		return nil, refuse("last_member")
	}
	s.part(r, s.opt.BotUser)
	return object{}, nil
}

const maxInvite = 100 // people in one call, which the page of the method says

// conversationsInvite brings people into a channel: all of them or, unless the
// call says force, nobody.
func (s *Server) conversationsInvite(a args) (object, error) {
	r, err := s.channel(a, "is_archived")
	if err != nil {
		return nil, err
	}
	if a.Get("users") == "" {
		return nil, refuse("no_user")
	}
	if !r.has(s.opt.BotUser) {
		return nil, refuse("not_in_channel")
	}
	ids := strings.Split(a.Get("users"), ",")
	if len(ids) > maxInvite {
		return nil, refuse("invalid_arguments")
	}
	var good []string
	var bad []object
	for _, id := range ids {
		id = strings.TrimSpace(id)
		if code := s.uninvitable(r, id); code != "" {
			bad = append(bad, object{"user": id, "ok": false, "error": code})
		} else if !slices.Contains(good, id) {
			good = append(good, id)
		}
	}
	if len(bad) > 0 && (len(good) == 0 || !a.flag("force")) {
		e := &apiError{code: str(bad[0], "error")}
		if len(ids) > 1 {
			e.more = object{"errors": bad}
		}
		return nil, e
	}
	for _, id := range good {
		s.join(r, id, s.opt.BotUser)
	}
	answer := object{"channel": s.wireChannel(r)}
	if len(bad) > 0 {
		answer["errors"] = bad
	}
	return answer, nil
}

// uninvitable returns why somebody cannot be invited, or "".
func (s *Server) uninvitable(r *room, id string) string {
	u, ok := s.users.get(id)
	switch {
	case !ok || u.Deleted:
		return "user_not_found"
	case id == s.opt.BotUser:
		return "cant_invite_self"
	case r.has(id):
		return "already_in_channel"
	case !r.in(u.Team):
		return "cant_invite"
	case u.UltraRestricted && len(s.rooms.all(func(r *room) bool { return !r.DM && r.has(id) })) > 0:
		return "ura_max_channels"
	}
	return ""
}

// conversationsInviteShared invites somebody of another team, and that team,
// into a channel through Slack Connect. Whom no team here has is invited too:
// the mail goes where no stand-in sees it.
func (s *Server) conversationsInviteShared(a args) (object, error) {
	r, err := s.readable(a.Get("channel"))
	switch {
	case err != nil:
		return nil, err
	case r.DM:
		return nil, refuse("invalid_channel_type")
	case r.Archived:
		return nil, refuse("channel_archived")
	case !r.has(s.opt.BotUser):
		return nil, refuse("not_in_channel")
	case r.Host != s.opt.BotTeam:
		return nil, refuse("restricted_action") // only the host shares
	}
	ids, mails := listArg(a.Get("user_ids")), listArg(a.Get("emails"))
	if len(ids)+len(mails) != 1 {
		return nil, refuse("invalid_arguments", "exactly one of user_ids and emails is needed, with one entry")
	}
	u := s.invited(ids, mails)
	if len(ids) > 0 && (u == nil || !s.external(u) || !s.reachable(u)) {
		return nil, refuse("user_not_found")
	}
	if u != nil && r.has(u.ID) {
		return nil, refuse("already_in_channel")
	}
	if u != nil && s.external(u) && !r.in(u.Team) {
		s.share(r, u.Team)
	}
	return object{"invite_id": s.nextID("I"), "is_legacy_shared_channel": false}, nil
}

// invited is the person that an invitation is for, as far as the world knows.
func (s *Server) invited(ids, mails []string) *User {
	found := s.users.all(func(u *User) bool {
		return !u.Deleted && (slices.Contains(ids, u.ID) ||
			u.Email != "" && slices.ContainsFunc(mails, func(mail string) bool { return strings.EqualFold(mail, u.Email) }))
	})
	if len(found) == 0 {
		return nil
	}
	return found[0]
}

// listArg reads a list that may come as JSON or with commas between its items.
func listArg(raw string) []string {
	var list []string
	if strings.HasPrefix(raw, "[") {
		if decode([]byte(raw), &list) != nil {
			return nil
		}
		return list
	}
	for item := range strings.SplitSeq(raw, ",") {
		if item = strings.TrimSpace(item); item != "" {
			list = append(list, item)
		}
	}
	return list
}
