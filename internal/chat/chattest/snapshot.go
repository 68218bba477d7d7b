package chattest

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
)

// snapshotVersion grows when an older file would be read wrongly.
const snapshotVersion = 1

// maxSnapshot is how many bytes Load reads at most.
const maxSnapshot = 512 << 20

// ErrBadSnapshot is what Load wraps when it refuses what it read.
var ErrBadSnapshot = errors.New("no snapshot of this world")

// A snapshot is the world as a file. What lives for seconds or minutes is not
// in it: triggers, response URLs, uploads on their way, modals and sockets.
type snapshot struct {
	Version    int
	BotTeam    string
	BotUser    string
	Token      string // with what error the bot's token is refused
	Serial     uint64
	LastTS     int64
	Teams      []Team
	Users      []User
	Usergroups []Usergroup
	Rooms      []savedRoom
	Homes      []savedHome
	Files      []File
}

type savedRoom struct {
	Channel
	Created int64
	Log     []savedMessage
}

type savedMessage struct {
	Message
	Bot     bool                         `json:",omitempty"`
	Entered map[string]map[string]object `json:",omitempty"`
}

type savedHome struct {
	ID, User, Hash string
	View           object
	State          map[string]object
}

// Save writes the world as JSON. It fails only when writing fails.
func (s *Server) Save(w io.Writer) error {
	s.mu.Lock()
	data := encode(s.saved())
	s.mu.Unlock()
	if _, err := w.Write(append(data, '\n')); err != nil {
		return fmt.Errorf("save the world: %w", err)
	}
	return nil
}

// saved copies the world. The lock is held until the copy is encoded.
func (s *Server) saved() snapshot {
	shot := snapshot{
		Version: snapshotVersion, BotTeam: s.opt.BotTeam, BotUser: s.opt.BotUser, Token: s.dead, Serial: s.serial, LastTS: s.lastTS,
		Teams: s.teams.values(), Users: s.users.values(), Usergroups: s.groups.values(),
	}
	for _, id := range s.rooms.ids {
		r := s.rooms.byID[id]
		saved := savedRoom{Channel: r.Channel, Created: r.created}
		for _, m := range r.log {
			saved.Log = append(saved.Log, savedMessage{Message: m.Message, Bot: m.bot, Entered: m.entered})
		}
		shot.Rooms = append(shot.Rooms, saved)
	}
	for _, id := range s.users.ids {
		if v := s.homes[id]; v != nil {
			shot.Homes = append(shot.Homes, savedHome{ID: v.id, User: id, Hash: v.hash, View: v.def, State: v.state})
		}
	}
	for _, id := range s.files.ids {
		shot.Files = append(shot.Files, s.files.byID[id].File)
	}
	return shot
}

func (h *shelf[T]) values() []T {
	list := make([]T, len(h.ids))
	for i, id := range h.ids {
		list[i] = *h.byID[id]
	}
	return list
}

// Load replaces the world by one that Save wrote, with the same bot in it. What
// is malformed is refused as a whole, with an error that wraps ErrBadSnapshot,
// and the world stays as it was. Open modals, triggers and response URLs of the
// world before are gone.
func (s *Server) Load(r io.Reader) error {
	d := json.NewDecoder(io.LimitReader(r, maxSnapshot))
	d.DisallowUnknownFields()
	d.UseNumber()
	var shot snapshot
	if err := d.Decode(&shot); err != nil {
		return fmt.Errorf("%w: %w", ErrBadSnapshot, err)
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return fmt.Errorf("%w: %w", ErrBadSnapshot, errTrailing)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if shot.BotTeam != s.opt.BotTeam || shot.BotUser != s.opt.BotUser {
		return fmt.Errorf("%w: it is of another installation", ErrBadSnapshot)
	}
	next := &Server{homes: make(map[string]*view)}
	if err := next.furnish(shot); err != nil {
		return fmt.Errorf("%w: %w", ErrBadSnapshot, err)
	}
	s.teams, s.users, s.groups, s.rooms, s.files, s.homes = next.teams, next.users, next.groups, next.rooms, next.files, next.homes
	s.serial, s.lastTS, s.dead = shot.Serial, shot.LastTS, shot.Token
	clear(s.modals)
	clear(s.hooks)
	clear(s.uploads)
	s.opened = nil
	s.bump()
	return nil
}

// furnish fills an empty world, and checks that it holds together.
func (s *Server) furnish(shot snapshot) error {
	if shot.Version != snapshotVersion {
		return fmt.Errorf("version %d is not %d", shot.Version, snapshotVersion)
	}
	err := errors.Join(
		fill(&s.teams, "team", shot.Teams, func(t *Team) string { return t.ID }),
		fill(&s.users, "user", shot.Users, func(u *User) string { return u.ID }),
		fill(&s.groups, "usergroup", shot.Usergroups, func(g *Usergroup) string { return g.ID }),
	)
	for _, f := range shot.Files {
		if _, taken := s.files.get(f.ID); taken || f.ID == "" {
			return fmt.Errorf("file %q is there twice, or has no id", f.ID)
		}
		s.files.put(f.ID, &file{f})
	}
	for _, saved := range shot.Rooms {
		err = errors.Join(err, s.furnishRoom(saved, shot.LastTS))
	}
	for _, h := range shot.Homes {
		if _, ok := s.users.get(h.User); !ok || h.ID == "" || str(h.View, "type") != "home" {
			return fmt.Errorf("the Home of %q is none, or of nobody", h.User)
		}
		s.homes[h.User] = &view{id: h.ID, user: h.User, hash: h.Hash, kind: "home", root: h.ID, def: h.View, state: h.State}
	}
	if _, ok := s.teams.get(shot.BotTeam); !ok {
		err = errors.Join(err, errors.New("the bot's team is missing"))
	}
	if u, ok := s.users.get(shot.BotUser); !ok || !u.Bot || u.Team != shot.BotTeam {
		err = errors.Join(err, errors.New("the bot is missing"))
	}
	return err
}

func fill[T any](h *shelf[T], what string, list []T, id func(*T) string) error {
	for _, v := range list {
		key := id(&v)
		if _, taken := h.get(key); taken || key == "" {
			return fmt.Errorf("%s %q is there twice, or has no id", what, key)
		}
		h.put(key, &v)
	}
	return nil
}

// furnishRoom adds a conversation with what was said in it.
func (s *Server) furnishRoom(saved savedRoom, lastTS int64) error {
	if _, taken := s.rooms.get(saved.ID); taken || saved.ID == "" {
		return fmt.Errorf("conversation %q is there twice, or has no id", saved.ID)
	}
	r := &room{Channel: saved.Channel, created: saved.Created, byTS: make(map[string]*message)}
	var before int64
	for _, m := range saved.Log {
		at, ok := parseTS(m.TS, 0)
		switch {
		case !ok || !tsForm.MatchString(m.TS) || at <= before || at > lastTS:
			return fmt.Errorf("message %q of conversation %q is out of order", m.TS, saved.ID)
		case m.Channel != saved.ID:
			return fmt.Errorf("message %q is in two conversations", m.TS)
		case !isList(m.Blocks) || m.Bot && m.User == "":
			return fmt.Errorf("message %q cannot be shown", m.TS)
		case slices.ContainsFunc(m.Files, func(id string) bool { _, ok := s.files.get(id); return !ok }):
			return fmt.Errorf("a file of message %q is missing", m.TS)
		}
		before = at
		m.Blocks, m.Metadata = orNone(m.Blocks), orNone(m.Metadata)
		kept := &message{Message: m.Message, bot: m.Bot, entered: m.Entered}
		r.log = append(r.log, kept)
		r.byTS[m.TS] = kept
	}
	s.rooms.put(saved.ID, r)
	return nil
}

// orNone returns nothing for a null, which is how nothing is written.
func orNone(raw json.RawMessage) json.RawMessage {
	if string(raw) == "null" {
		return nil
	}
	return raw
}

func isList(raw json.RawMessage) bool {
	var list []object
	return len(raw) == 0 || decode(raw, &list) == nil
}
