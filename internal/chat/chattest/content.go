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
	maxMetadata  = 8000  // bytes; the figure is not documented
	mostAttached = 100
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
	if err := attached(a.Get("attachments")); err != nil {
		return c, err
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

// attached accepts that there are no attachments. They are an older way to say
// what blocks say, and this world does not draw them.
func attached(raw string) error {
	if raw == "" {
		return nil
	}
	var list []object
	if err := decode([]byte(raw), &list); err != nil {
		return refuse("invalid_attachments")
	}
	switch {
	case len(list) > mostAttached:
		return refuse("too_many_attachments")
	case len(list) > 0:
		return refuse("invalid_attachments", "attachments are not shown here: use blocks")
	}
	return nil
}

// parseMetadata returns nil for an empty object, which removes metadata.
func parseMetadata(raw string) (json.RawMessage, error) {
	var meta object
	if err := decode([]byte(raw), &meta); err != nil || meta == nil {
		return nil, refuse("invalid_metadata_format")
	}
	if len(meta) == 0 {
		return nil, nil
	}
	if str(meta, "event_type") == "" || obj(meta, "event_payload") == nil {
		return nil, refuse("invalid_metadata_schema")
	}
	if len(raw) > maxMetadata {
		return nil, refuse("metadata_too_large")
	}
	return encode(object{"event_type": meta["event_type"], "event_payload": meta["event_payload"]}), nil
}
