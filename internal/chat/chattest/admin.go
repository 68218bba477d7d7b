package chattest

import (
	"errors"
	"slices"
	"strings"
)

// ErrNotPossible says that an act does not fit the state of what it is done to.
var ErrNotPossible = errors.New("that cannot be done to it now")

// Join brings a person or the bot into a channel of their team.
func (s *Server) Join(user, channel string) error {
	return s.inChannel(channel, func(r *room) error {
		u, ok := s.users.get(user)
		switch {
		case !ok || u.Deleted:
			return ErrNoSuchUser
		case r.DM || r.Archived || r.has(user) || !r.in(u.Team):
			return ErrNotPossible
		}
		s.join(r, user, "")
		return nil
	})
}

// Leave takes a person or the bot out of a channel.
func (s *Server) Leave(user, channel string) error {
	return s.inChannel(channel, func(r *room) error {
		if r.DM || r.Archived || !r.has(user) {
			return ErrNotPossible
		}
		s.part(r, user)
		return nil
	})
}

// Archive lets an admin archive a channel: it can be read and not written.
func (s *Server) Archive(by, channel string) error { return s.setArchived(by, channel, true) }

// Unarchive lets an admin open an archived channel again.
func (s *Server) Unarchive(by, channel string) error { return s.setArchived(by, channel, false) }

func (s *Server) setArchived(by, channel string, archived bool) error {
	return s.inChannel(channel, func(r *room) error {
		if r.DM || r.Archived == archived {
			return ErrNotPossible
		}
		r.Archived = archived
		kind, what := "channel", "_archive"
		if r.Private {
			kind = "group"
		}
		if !archived {
			what = "_unarchive"
		}
		s.happened(kind+what, object{"channel": r.ID, "user": by})
		return nil
	})
}

// Share lets an admin invite another team into a channel. It waits until that
// team accepts. An id that begins with G becomes one that begins with C at this
// moment, as Slack's do. It returns the channel as it is called from now on.
func (s *Server) Share(channel, team string) (Channel, error) {
	var shared Channel
	err := s.inChannel(channel, func(r *room) error {
		if _, ok := s.teams.get(team); !ok || r.DM || r.Archived || r.in(team) || slices.Contains(r.Pending, team) {
			return ErrNotPossible
		}
		shared = s.share(r, team).copy()
		return nil
	})
	return shared, err
}

// Accept lets an admin of an invited team accept the invitation.
func (s *Server) Accept(channel, team string) error {
	return s.inChannel(channel, func(r *room) error {
		i := slices.Index(r.Pending, team)
		if i < 0 {
			return ErrNotPossible
		}
		r.Pending = slices.Delete(slices.Clone(r.Pending), i, i+1)
		if len(r.Connected) == 0 {
			r.Connected = []string{r.Host}
		}
		r.Connected = append(slices.Clone(r.Connected), team)
		s.happened("channel_shared", object{"channel": r.ID, "connected_team_id": team})
		return nil
	})
}

// Disconnect ends the sharing of a channel with a team, whose people are in it
// no longer. When it is the bot's own team that leaves somebody else's channel,
// the team keeps a frozen copy under a new id and the old id is not found any
// more.
func (s *Server) Disconnect(channel, team string) error {
	return s.inChannel(channel, func(r *room) error {
		if !r.shared() || !slices.Contains(r.Connected, team) || team == r.Host {
			return ErrNotPossible
		}
		r.Connected = slices.DeleteFunc(slices.Clone(r.Connected), func(id string) bool { return id == team })
		own := team == s.opt.BotTeam
		r.Members = slices.DeleteFunc(slices.Clone(r.Members), func(id string) bool {
			u, ok := s.users.get(id)
			return ok && (u.Team == team) != own
		})
		if len(r.Connected) == 1 {
			r.Connected = nil
		}
		if own {
			r.Connected, r.Host, r.Frozen = nil, team, "connection_severed"
			s.renameRoom(r, s.nextID("C"))
		}
		s.happened("channel_unshared", object{
			"channel": r.ID, "previously_connected_team_id": team, "is_ext_shared": r.shared(),
		})
		return nil
	})
}

// Deactivate lets an admin end somebody's account; they stay known by their id.
func (s *Server) Deactivate(user string) error { return s.setDeleted(user, true) }

// Reactivate gives an account that was ended back.
func (s *Server) Reactivate(user string) error { return s.setDeleted(user, false) }

// ChangeEmail gives a person another e-mail address, which they have confirmed.
func (s *Server) ChangeEmail(user, email string) error {
	return s.change(user, func(u *User) bool {
		changes := u.Email != email
		u.Email, u.Unconfirmed = email, false
		return changes
	})
}

func (s *Server) setDeleted(user string, deleted bool) error {
	return s.change(user, func(u *User) bool {
		changes := u.Deleted != deleted
		u.Deleted = deleted
		return changes
	})
}

// change changes a person and tells of it; do reports whether there is anything to change.
func (s *Server) change(user string, do func(*User) bool) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	u, ok := s.users.get(user)
	if !ok {
		return ErrNoSuchUser
	}
	changed := *u
	if user == s.opt.BotUser || !do(&changed) {
		return ErrNotPossible
	}
	s.users.put(user, &changed)
	s.bump()
	s.happened("user_change", object{"user": s.wireUser(&changed), "cache_ts": s.opt.Now().Unix()})
	return nil
}

// Grant installs the app anew with one bot scope more.
func (s *Server) Grant(scope string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.opt.Scopes = append(slices.Clone(s.opt.Scopes), scope)
	s.bump()
}

// Uninstall removes the app from its team: its token is refused from now on, as
// one of a user that does not exist any more.
func (s *Server) Uninstall() {
	s.refuseToken("account_inactive", "app_uninstalled", object{})
}

// RevokeToken makes the bot's token void while the app stays installed.
func (s *Server) RevokeToken() {
	s.refuseToken("token_revoked", "tokens_revoked", object{
		"tokens": object{"oauth": []string{}, "bot": []string{s.opt.BotUser}},
	})
}

// Reinstall makes the bot's token good again.
func (s *Server) Reinstall() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.dead = ""
}

// ReplaceToken has the app have another bot token, as when somebody revokes one and
// installs the app anew. The one before is not known any more.
func (s *Server) ReplaceToken(token string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.opt.BotToken, s.dead = token, ""
	s.bump()
}

func (s *Server) refuseToken(code, eventType string, event object) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.dead = code
	s.happened(eventType, event)
}

// inChannel does something to a channel that exists, under the lock.
func (s *Server) inChannel(channel string, do func(*room) error) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	r, ok := s.rooms.get(channel)
	if !ok {
		return ErrNoSuchChannel
	}
	if err := do(r); err != nil {
		return err
	}
	s.bump()
	return nil
}

// join brings somebody into a channel. The lock is held.
func (s *Server) join(r *room, user, inviter string) {
	r.Members = append(slices.Clone(r.Members), user)
	s.bump()
	event := s.membership(r, user)
	if inviter != "" {
		event["inviter"] = inviter
	}
	s.happened("member_joined_channel", event)
}

// part takes somebody out of a channel. The bot hears of its own leaving as of
// that of others. The lock is held.
func (s *Server) part(r *room, user string) {
	s.happened("member_left_channel", s.membership(r, user))
	r.Members = slices.DeleteFunc(slices.Clone(r.Members), func(id string) bool { return id == user })
	s.bump()
}

func (s *Server) membership(r *room, user string) object {
	event := object{"user": user, "channel": r.ID, "channel_type": "C"}
	if r.Private {
		event["channel_type"] = "G"
	}
	if u, ok := s.users.get(user); ok {
		event["team"] = u.Team
	}
	return event
}

// share starts the sharing of a channel with a team. The lock is held.
func (s *Server) share(r *room, team string) *room {
	if !slices.Contains(r.Pending, team) {
		r.Pending = append(slices.Clone(r.Pending), team)
	}
	if rest, ok := strings.CutPrefix(r.ID, "G"); ok {
		id := "C" + rest
		if _, taken := s.rooms.get(id); taken {
			id = s.nextID("C")
		}
		s.renameRoom(r, id)
	}
	s.bump()
	return r
}

// renameRoom gives a channel another id and tells the app. What was said in it
// moves along; response URLs and the old id lead nowhere. The lock is held.
func (s *Server) renameRoom(r *room, id string) {
	old := r.ID
	r.ID = id
	for _, m := range r.log {
		m.Channel = id
	}
	s.rooms.rename(old, id)
	s.bump()
	s.happened("channel_id_changed", object{"old_channel_id": old, "new_channel_id": id})
}

// rename moves a thing to another id, at the same place in the order.
func (h *shelf[T]) rename(old, id string) {
	v, ok := h.byID[old]
	if !ok {
		return
	}
	delete(h.byID, old)
	h.byID[id] = v
	h.ids[slices.Index(h.ids, old)] = id
}
