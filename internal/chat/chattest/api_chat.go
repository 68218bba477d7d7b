package chattest

import (
	"regexp"
	"unicode/utf8"
)

// clip cuts a text where chat.postMessage does.
func clip(text string) string {
	if utf8.RuneCountInString(text) <= maxText {
		return text
	}
	return string([]rune(text)[:maxText])
}

// writable returns the conversation that the bot may write to. A user id stands
// for the direct message with that user, which is opened. The lock is held.
func (s *Server) writable(id string) (*room, error) {
	if u, ok := s.users.get(id); ok {
		if u.Deleted || u.Bot || !s.reachable(u) {
			return nil, refuse("channel_not_found")
		}
		r, _ := s.openDM(u)
		return r, nil
	}
	r, err := s.readable(id)
	if err != nil {
		return nil, err
	}
	if !r.has(s.opt.BotUser) {
		return nil, refuse("not_in_channel")
	}
	if r.closed() {
		return nil, refuse("is_archived")
	}
	return r, nil
}

// readable returns a conversation that the bot knows of: one it is in, or a
// public channel of its team. The lock is held.
func (s *Server) readable(id string) (*room, error) {
	r, ok := s.rooms.get(id)
	if !ok || !r.has(s.opt.BotUser) && (r.Private || r.DM || !r.in(s.opt.BotTeam)) {
		return nil, refuse("channel_not_found")
	}
	return r, nil
}

func (s *Server) chatPostMessage(a args) (object, error) {
	c, err := s.content(a)
	if err != nil {
		return nil, err
	}
	if !c.hasText && len(c.blocks) == 0 {
		return nil, refuse("no_text")
	}
	r, err := s.writable(a.Get("channel"))
	if err != nil {
		return nil, err
	}
	thread, err := r.thread(a.Get("thread_ts"))
	if err != nil {
		return nil, err
	}
	m := s.post(r, &message{bot: true, Message: Message{
		User: s.opt.BotUser, Text: clip(c.text), Blocks: c.blocks, Metadata: c.metadata,
		ThreadTS: thread, Broadcast: thread != "" && a.flag("reply_broadcast"),
	}})
	answer := object{"channel": r.ID, "ts": m.TS, "message": s.wire(m, true)}
	if m.Text != c.text {
		answer["warning"] = "message_truncated"
		answer["response_metadata"] = object{"warnings": []string{"message_truncated"}}
	}
	return answer, nil
}

func (s *Server) chatPostEphemeral(a args) (object, error) {
	c, err := s.content(a)
	if err != nil {
		return nil, err
	}
	if !c.hasText && len(c.blocks) == 0 {
		return nil, refuse("no_text")
	}
	if len(c.text) > maxEditText {
		return nil, refuse("msg_too_long")
	}
	r, err := s.readable(a.Get("channel"))
	if err != nil {
		return nil, err
	}
	if !r.has(s.opt.BotUser) {
		return nil, refuse("not_in_channel")
	}
	if r.closed() {
		return nil, refuse("is_archived")
	}
	if !r.has(a.Get("user")) {
		return nil, refuse("user_not_in_channel")
	}
	thread, err := r.thread(a.Get("thread_ts"))
	if err != nil {
		return nil, err
	}
	m := s.post(r, &message{bot: true, Message: Message{
		User: s.opt.BotUser, Text: c.text, Blocks: c.blocks, ThreadTS: thread,
		Ephemeral: true, For: a.Get("user"),
	}})
	return object{"message_ts": m.TS}, nil
}

// own returns a message that the bot posted and may change. Ephemeral messages
// are not found: no method changes them. The lock is held.
func (s *Server) own(a args, denied string) (*room, *message, error) {
	r, err := s.readable(a.Get("channel"))
	if err != nil {
		return nil, nil, err
	}
	m := r.byTS[a.Get("ts")]
	if m == nil || m.Deleted || m.Ephemeral {
		return nil, nil, refuse("message_not_found")
	}
	if !m.bot {
		return nil, nil, refuse(denied)
	}
	return r, m, nil
}

func (s *Server) chatUpdate(a args) (object, error) {
	c, err := s.content(a)
	if err != nil {
		return nil, err
	}
	if utf8.RuneCountInString(c.text) > maxEditText {
		return nil, refuse("msg_too_long")
	}
	r, m, err := s.own(a, "cant_update_message")
	if err != nil {
		return nil, err
	}
	if r.closed() {
		return nil, refuse("is_inactive")
	}
	if a.flag("reply_broadcast") {
		return s.broadcast(r, m, c)
	}
	text, blocks := m.Text, m.Blocks
	switch {
	case c.hasText:
		text, blocks = c.text, c.blocks // text alone drops the blocks
	case c.hasBlock:
		blocks = c.blocks
	}
	if !c.hasText && !c.hasBlock || text == "" && len(blocks) == 0 {
		return nil, refuse("no_text")
	}
	m.Text, m.Blocks = text, blocks
	m.Edited = len(blocks) == 0
	if c.hasMetadata {
		m.Metadata = c.metadata
	}
	s.bump()
	return object{"channel": r.ID, "ts": m.TS, "text": m.Text, "message": s.wire(m, true)}, nil
}

// broadcast shows a reply that stands in a thread in the channel as well. What
// it says cannot change in the same call.
func (s *Server) broadcast(r *room, m *message, c content) (object, error) {
	switch {
	case m.ThreadTS == "":
		return nil, refuse("cant_broadcast_message")
	case c.hasText || c.hasBlock:
		return nil, refuse("no_dual_broadcast_content_update")
	}
	m.Broadcast = true
	s.bump()
	return object{"channel": r.ID, "ts": m.TS, "text": m.Text, "message": s.wire(m, true)}, nil
}

// tsForm is what a message timestamp looks like.
var tsForm = regexp.MustCompile(`^\d{1,12}\.\d{6}$`)

// thread returns the timestamp of the thread that a reply goes to, or "" for
// none. The timestamp of a reply stands for the thread it is in. Slack does not
// document its errors for a thread that is not there; these are observed.
func (r *room) thread(ts string) (string, error) {
	if ts == "" {
		return "", nil
	}
	if !tsForm.MatchString(ts) {
		return "", refuse("invalid_thread_ts")
	}
	m := r.byTS[ts]
	switch {
	case m == nil || m.Deleted:
		return "", refuse("thread_not_found")
	case m.Ephemeral || m.Client != "":
		return "", refuse("cannot_reply_to_message")
	case m.ThreadTS != "":
		return m.ThreadTS, nil
	}
	return ts, nil
}

func (s *Server) chatDelete(a args) (object, error) {
	r, m, err := s.own(a, "cant_delete_message")
	if err != nil {
		return nil, err
	}
	s.remove(m)
	return object{"channel": r.ID, "ts": m.TS}, nil
}
