package chattest

import (
	"encoding/json"
	"unicode/utf8"
)

const (
	maxText      = 40000 // chat.postMessage cuts the rest off
	maxEditText  = 4000  // characters for chat.update, bytes for chat.postEphemeral
	maxMarkdown  = 12000
	maxBlockText = 13200 // characters in all blocks of a message; the figure is not documented
)

// content is what a call wants a message to say.
type content struct {
	text              string
	blocks, metadata  json.RawMessage
	hasText, hasBlock bool
	hasMetadata       bool
}

// content reads text, blocks and metadata. The lock is held.
func (s *Server) content(a args) (content, error) {
	c := content{text: a.Get("text"), hasText: a.Get("text") != ""}
	if md := a.Get("markdown_text"); md != "" {
		if c.hasText || a.Get("blocks") != "" {
			return c, refuse("markdown_text_conflict")
		}
		if utf8.RuneCountInString(md) > maxMarkdown {
			return c, refuse("msg_too_long")
		}
		c.text, c.hasText = md, true
	}
	if raw := a.Get("blocks"); raw != "" {
		blocks, err := s.parseBlocks([]byte(raw))
		if err != nil {
			return c, err
		}
		c.blocks, c.hasBlock = blocks, true
	}
	if raw := a.Get("metadata"); raw != "" {
		var err error
		if c.metadata, err = parseMetadata(raw); err != nil {
			return c, err
		}
		c.hasMetadata = true
	}
	return c, nil
}

// parseMetadata returns nil for an empty object, which removes metadata.
func parseMetadata(raw string) (json.RawMessage, error) {
	var meta object
	if err := decode([]byte(raw), &meta); err != nil {
		return nil, refuse("invalid_metadata_format")
	}
	if len(meta) == 0 {
		return nil, nil
	}
	if str(meta, "event_type") == "" || obj(meta, "event_payload") == nil {
		return nil, refuse("invalid_metadata_schema")
	}
	return encode(object{"event_type": meta["event_type"], "event_payload": meta["event_payload"]}), nil
}

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
	m := s.post(r, &message{bot: true, Message: Message{
		User: s.opt.BotUser, Text: clip(c.text), Blocks: c.blocks, Metadata: c.metadata, ThreadTS: a.Get("thread_ts"),
	}})
	return object{"channel": r.ID, "ts": m.TS, "message": s.wire(m, true)}, nil
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
	if !r.has(a.Get("user")) {
		return nil, refuse("user_not_in_channel")
	}
	m := s.post(r, &message{bot: true, Message: Message{
		User: s.opt.BotUser, Text: c.text, Blocks: c.blocks, ThreadTS: a.Get("thread_ts"),
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

func (s *Server) chatDelete(a args) (object, error) {
	r, m, err := s.own(a, "cant_delete_message")
	if err != nil {
		return nil, err
	}
	s.remove(m)
	return object{"channel": r.ID, "ts": m.TS}, nil
}
