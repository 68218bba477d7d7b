package chattest

import (
	"slices"
	"strings"
)

// A Team is a workspace.
type Team struct{ ID, Name, Domain string }

// A User is a person or a bot. Team is the home workspace; a user whose team is
// not the installing one is an external member. A guest of a workspace is
// restricted, one who may be in a single channel only is ultra-restricted too.
type User struct {
	ID, Team, Name, RealName, Email, TZ string
	Locale                              string // such as en-GB
	TZOffset                            int
	Admin, Bot, Deleted                 bool
	Restricted, UltraRestricted         bool
	Unconfirmed                         bool // has not confirmed the e-mail address
	EmailShown                          bool // of an external member: their organisation lets other ones see the address
}

// A Channel is a conversation. Connected lists every team of a channel shared
// through Slack Connect, the host included, and is empty for others. Pending
// lists the teams that were invited and have not accepted.
type Channel struct {
	ID, Name, Host string
	Connected      []string
	Pending        []string
	Members        []string
	Private, DM    bool
	Archived       bool
	Frozen         string // why nobody can write here any more, such as connection_severed
	Topic, Purpose string
}

// A room is a channel with what was said in it.
type room struct {
	Channel
	created int64
	pace    pace
	log     []*message
	byTS    map[string]*message
}

// A shelf keeps things by id, in the order in which they came.
type shelf[T any] struct {
	ids  []string
	byID map[string]*T
}

func (h *shelf[T]) put(id string, v *T) {
	if h.byID == nil {
		h.byID = make(map[string]*T)
	}
	if _, ok := h.byID[id]; !ok {
		h.ids = append(h.ids, id)
	}
	h.byID[id] = v
}

func (h *shelf[T]) get(id string) (*T, bool) {
	v, ok := h.byID[id]
	return v, ok
}

// all returns the things for which keep holds.
func (h *shelf[T]) all(keep func(*T) bool) []*T {
	var list []*T
	for _, id := range h.ids {
		if v := h.byID[id]; keep(v) {
			list = append(list, v)
		}
	}
	return list
}

// AddTeam adds a team, or replaces the one with the same id.
func (s *Server) AddTeam(t Team) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.teams.put(t.ID, &t)
	s.bump()
}

// AddUser adds a user, or replaces the one with the same id.
func (s *Server) AddUser(u User) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.users.put(u.ID, &u)
	s.bump()
}

// AddChannel adds a channel, or replaces the facts about the one with the same
// id and keeps its messages. A channel that names other teams in Connected is
// shared; its host is added there when it is missing.
func (s *Server) AddChannel(c Channel) {
	c.Members = slices.Clone(c.Members)
	c.Connected, c.Pending = slices.Clone(c.Connected), slices.Clone(c.Pending)
	if len(c.Connected) > 0 && !slices.Contains(c.Connected, c.Host) {
		c.Connected = slices.Insert(c.Connected, 0, c.Host)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.putChannel(c)
	s.bump()
}

func (s *Server) putChannel(c Channel) *room {
	if r, ok := s.rooms.get(c.ID); ok {
		r.Channel = c
		return r
	}
	r := &room{Channel: c, created: s.opt.Now().Unix(), byTS: make(map[string]*message)}
	s.rooms.put(c.ID, r)
	return r
}

// Teams returns all teams, in the order in which they were added.
func (s *Server) Teams() []Team {
	s.mu.Lock()
	defer s.mu.Unlock()
	var list []Team
	for _, t := range s.teams.all(func(*Team) bool { return true }) {
		list = append(list, *t)
	}
	return list
}

// Users returns all users, the bot included, in the order in which they were
// added.
func (s *Server) Users() []User {
	s.mu.Lock()
	defer s.mu.Unlock()
	var list []User
	for _, u := range s.users.all(func(*User) bool { return true }) {
		list = append(list, *u)
	}
	return list
}

// Channels returns all conversations, direct messages included, in the order in
// which they came to be.
func (s *Server) Channels() []Channel {
	return s.channels(func(*room) bool { return true })
}

// ChannelsOf returns the conversations that the user is in, with the direct
// message with the bot once it was opened.
func (s *Server) ChannelsOf(user string) []Channel {
	return s.channels(func(r *room) bool { return r.has(user) })
}

func (s *Server) channels(keep func(*room) bool) []Channel {
	s.mu.Lock()
	defer s.mu.Unlock()
	var list []Channel
	for _, r := range s.rooms.all(keep) {
		list = append(list, r.copy())
	}
	return list
}

// OpenDM lets a person open the direct message with the bot, which anyone who
// can see the bot may do. Opening it again returns the same conversation.
func (s *Server) OpenDM(user string) (Channel, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	u, err := s.person(user)
	if err != nil {
		return Channel{}, err
	}
	if !s.reachable(u) {
		return Channel{}, ErrNotMember
	}
	r, _ := s.openDM(u)
	return r.copy(), nil
}

// openDM returns the direct message between the bot and u, and whether it was
// open already. The lock is held.
func (s *Server) openDM(u *User) (*room, bool) {
	open := s.rooms.all(func(r *room) bool { return r.DM && r.has(u.ID) && r.has(s.opt.BotUser) })
	if len(open) > 0 {
		return open[0], true
	}
	id := "D" + strings.TrimLeft(u.ID, "UW")
	if _, taken := s.rooms.get(id); taken {
		id = s.nextID("D")
	}
	r := s.putChannel(Channel{ID: id, Host: s.opt.BotTeam, Members: []string{s.opt.BotUser, u.ID}, DM: true})
	s.bump()
	return r, false
}

// person returns a user who can act: known, not deleted and not a bot.
func (s *Server) person(id string) (*User, error) {
	u, ok := s.users.get(id)
	if !ok || u.Deleted || u.Bot {
		return nil, ErrNoSuchUser
	}
	return u, nil
}

func (r *room) copy() Channel {
	c := r.Channel
	c.Members, c.Connected, c.Pending = slices.Clone(c.Members), slices.Clone(c.Connected), slices.Clone(c.Pending)
	return c
}

func (r *room) has(user string) bool { return slices.Contains(r.Members, user) }

func (r *room) shared() bool { return len(r.Connected) > 1 }

// closed reports whether nobody can write here any more.
func (r *room) closed() bool { return r.Archived || r.Frozen != "" }

// in reports whether the channel exists for people of the team.
func (r *room) in(team string) bool { return r.Host == team || slices.Contains(r.Connected, team) }

func (s *Server) external(u *User) bool { return u.Team != s.opt.BotTeam }

// reachable reports whether the bot can see u and write to u: members of its
// own team, and external members of a channel that the bot is in as well.
func (s *Server) reachable(u *User) bool {
	if !s.external(u) {
		return true
	}
	common := s.rooms.all(func(r *room) bool { return !r.DM && r.has(u.ID) && r.has(s.opt.BotUser) })
	return len(common) > 0
}

// label is the name of a conversation in what is sent to the app.
func (r *room) label() string {
	switch {
	case r.DM:
		return "directmessage"
	case r.Private:
		return "privategroup"
	}
	return r.Name
}

// teamDomain returns the domain of a team, or "".
func (s *Server) teamDomain(id string) string {
	if t, ok := s.teams.get(id); ok {
		return t.Domain
	}
	return ""
}
