package chattest

import (
	"encoding/json"
	"slices"
)

// A Message is what stands in a conversation. TS identifies it there.
type Message struct {
	Channel, TS, ThreadTS, User, Text string
	Blocks                            json.RawMessage // as kept: ids that were left out are filled in
	Metadata                          json.RawMessage
	Files                             []string // ids of the files it shows
	Edited                            bool     // shows "(edited)"
	Broadcast                         bool     // a reply that the channel shows as well
	Ephemeral                         bool     // seen by For only
	For                               string   // the one viewer of an ephemeral message
	Deleted                           bool
	Client                            string // "system": a line of the client itself, such as operation_timeout
}

type message struct {
	Message
	bot     bool                         // posted by the app
	entered map[string]map[string]object // by person: what they chose in the message's elements
}

// Messages returns what the viewer sees in a channel, in order: the messages
// that stand there and the ephemeral ones meant for that viewer. Who is not in
// the channel sees nothing.
func (s *Server) Messages(viewer, channel string) []Message {
	s.mu.Lock()
	defer s.mu.Unlock()
	r, ok := s.rooms.get(channel)
	if !ok || !r.has(viewer) {
		return nil
	}
	var list []Message
	for _, m := range r.log {
		if m.visible(viewer) {
			list = append(list, m.copy())
		}
	}
	return list
}

// Message returns one message by its timestamp, also a deleted one.
func (s *Server) Message(channel, ts string) (Message, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if m := s.find(channel, ts); m != nil {
		return m.copy(), true
	}
	return Message{}, false
}

// Say lets a person write a plain message into a channel they are in. The app
// is not told.
func (s *Server) Say(user, channel, text string) (Message, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	_, r, err := s.actor(user, channel)
	if err != nil {
		return Message{}, err
	}
	m := s.post(r, &message{Message: Message{User: user, Text: escape(text)}})
	return m.copy(), nil
}

// Reply lets a person answer in the thread of a message that they can see. A
// reply to a reply goes to the same thread.
func (s *Server) Reply(user, channel, ts, text string) (Message, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	_, r, err := s.actor(user, channel)
	if err != nil {
		return Message{}, err
	}
	parent := s.find(channel, ts)
	if parent == nil || parent.Deleted || parent.Ephemeral {
		return Message{}, ErrNoSuchElement
	}
	thread := parent.TS
	if parent.ThreadTS != "" {
		thread = parent.ThreadTS
	}
	m := s.post(r, &message{Message: Message{User: user, Text: escape(text), ThreadTS: thread}})
	return m.copy(), nil
}

// post appends a message to a conversation. The lock is held.
func (s *Server) post(r *room, m *message) *message {
	m.Channel, m.TS = r.ID, s.nextTS()
	r.log = append(r.log, m)
	r.byTS[m.TS] = m
	s.bump()
	s.said(r, m)
	return m
}

// tell shows a line of the client itself to one person. The lock is held.
func (s *Server) tell(r *room, user, text string) {
	s.post(r, &message{Message: Message{Text: text, Ephemeral: true, For: user, Client: "system"}})
}

// find returns a message, or nil. The lock is held.
func (s *Server) find(channel, ts string) *message {
	if r, ok := s.rooms.get(channel); ok {
		return r.byTS[ts]
	}
	return nil
}

// actor returns the person and the channel they act in, which they must be a
// member of. The lock is held.
func (s *Server) actor(user, channel string) (*User, *room, error) {
	u, err := s.person(user)
	if err != nil {
		return nil, nil, err
	}
	r, ok := s.rooms.get(channel)
	if !ok {
		return nil, nil, ErrNoSuchChannel
	}
	if !r.has(user) {
		return nil, nil, ErrNotMember
	}
	if r.closed() {
		return nil, nil, ErrNotPossible
	}
	return u, r, nil
}

func (m *message) visible(viewer string) bool {
	return !m.Deleted && (!m.Ephemeral || m.For == viewer)
}

func (m *message) copy() Message {
	c := m.Message
	c.Blocks, c.Metadata, c.Files = slices.Clone(c.Blocks), slices.Clone(c.Metadata), slices.Clone(c.Files)
	return c
}

// remove leaves a tombstone that only Message still finds. The lock is held.
func (s *Server) remove(m *message) {
	m.Deleted = true
	m.Text, m.Blocks, m.Metadata, m.Files, m.entered = "", nil, nil, nil, nil
	s.bump()
}

// wire is a message as Slack writes it in answers and payloads.
func (s *Server) wire(m *message, metadata bool) object {
	w := object{"type": "message", "text": m.Text, "ts": m.TS, "user": m.User}
	if u, ok := s.users.get(m.User); ok {
		w["team"] = u.Team
	}
	if m.bot {
		w["bot_id"], w["app_id"] = BotID, AppID
	}
	if len(m.Blocks) > 0 {
		w["blocks"] = m.Blocks
	}
	if m.ThreadTS != "" {
		w["thread_ts"] = m.ThreadTS
	}
	if len(m.Files) > 0 {
		w["files"], w["upload"] = s.wireFiles(m.Files), true
	}
	if m.Broadcast {
		w["subtype"] = "thread_broadcast"
	}
	if n, latest := s.replies(m); n > 0 {
		w["thread_ts"], w["reply_count"], w["latest_reply"] = m.TS, n, latest
	}
	if m.Edited {
		w["edited"] = object{"user": m.User, "ts": m.TS}
	}
	if metadata && len(m.Metadata) > 0 {
		w["metadata"] = m.Metadata
	}
	return w
}

// replies counts what stands in the thread of a message, and returns the
// timestamp of the newest.
func (s *Server) replies(m *message) (n int, latest string) {
	r, ok := s.rooms.get(m.Channel)
	if !ok {
		return 0, ""
	}
	for _, other := range r.log {
		if other.ThreadTS == m.TS && !other.Deleted && !other.Ephemeral {
			n, latest = n+1, other.TS
		}
	}
	return n, latest
}
