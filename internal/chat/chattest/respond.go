package chattest

import (
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"time"
)

const (
	hookLife = 30 * time.Minute
	hookUses = 5

	// hookKept is how long a response URL is remembered. In the time after its
	// life the app is told why it does not work.
	hookKept = 2 * hookLife
)

// A hook is what a response URL leads back to.
type hook struct {
	id, user, channel string
	source            string // timestamp of the message whose button was pressed; "" after a command
	typed             string // the command line, until it was shown in the channel
	at                time.Time
	uses              int
}

// newHook makes a response URL, and forgets those whose time is long over. The
// lock is held.
func (s *Server) newHook(user, channel, source string) *hook {
	old := 0
	for old < len(s.opened) && s.opt.Now().Sub(s.opened[old].at) > hookKept {
		delete(s.hooks, s.opened[old].id)
		old++
	}
	clear(s.opened[:old])
	s.opened = s.opened[old:]
	h := &hook{id: secretID(), user: user, channel: channel, source: source, at: s.opt.Now()}
	s.hooks[h.id] = h
	s.opened = append(s.opened, h)
	return h
}

func (s *Server) hookURL(h *hook) string { return s.selfURL + "/response/" + h.id }

// serveResponse takes a message for the place where an interaction happened.
// Slack documents the limits but not the errors; what is answered for a used or
// expired URL is observed practice.
func (s *Server) serveResponse(w http.ResponseWriter, r *http.Request, id string) {
	if r.Method != http.MethodPost {
		w.Header().Set("Allow", http.MethodPost)
		http.Error(w, "use POST", http.StatusMethodNotAllowed)
		return
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
	var reply object
	if err != nil || decode(body, &reply) != nil || reply == nil {
		writeJSON(w, http.StatusBadRequest, object{"ok": false, "error": "invalid_payload"})
		return
	}
	form := flatten(reply)
	answered, finish := s.suffer(w, r, OnResponseURL)
	if answered {
		return
	}
	s.observe(Before, "response_url", form)
	status, err := s.useHook(id, reply)
	s.observe(After, "response_url", form)
	finish()
	if err != nil {
		writeJSON(w, status, failure(err))
		return
	}
	writeJSON(w, http.StatusOK, object{"ok": true})
}

func (s *Server) useHook(id string, reply object) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.calls["response_url"]++
	h, ok := s.hooks[id]
	switch {
	case !ok:
		return http.StatusNotFound, refuse("no_service")
	case s.opt.Now().Sub(h.at) > hookLife:
		return http.StatusNotFound, refuse("expired_url")
	case h.uses >= hookUses:
		return http.StatusNotFound, refuse("used_url")
	}
	h.uses++
	if err := s.respond(h, reply); err != nil {
		return http.StatusBadRequest, err
	}
	return http.StatusOK, nil
}

// respond carries out a reply given in an acknowledgement or by a response URL.
// A reply is ephemeral unless it says in_channel, and a message never changes
// between the two. A reply that deletes says nothing else. Metadata in a reply
// is not kept. The lock is held.
func (s *Server) respond(h *hook, reply object) error {
	r, ok := s.rooms.get(h.channel)
	if !ok {
		return refuse("channel_not_found")
	}
	source := r.byTS[h.source]
	if truth(reply["delete_original"]) {
		return s.deleteOriginal(source, reply)
	}
	inChannel := str(reply, "response_type") == "in_channel"
	if inChannel && h.typed != "" {
		s.post(r, &message{Message: Message{User: h.user, Text: h.typed}})
		h.typed = ""
	}
	blocks, err := s.replyBlocks(reply)
	if err != nil {
		return err
	}
	text := clip(str(reply, "text"))
	if text == "" && len(blocks) == 0 {
		return refuse("no_text")
	}
	if truth(reply["replace_original"]) && h.source != "" {
		if source == nil || source.Deleted {
			return refuse("message_not_found")
		}
		source.Text, source.Blocks, source.Edited = text, blocks, blocks == nil
		s.bump()
		return nil
	}
	m := &message{bot: true, Message: Message{User: s.opt.BotUser, Text: text, Blocks: blocks}}
	if inChannel {
		if m.ThreadTS, err = r.thread(str(reply, "thread_ts")); err != nil {
			return err
		}
	} else {
		m.Ephemeral, m.For = true, h.user
	}
	s.post(r, m)
	return nil
}

// deleteOriginal removes the message whose button was pressed. The lock is held.
func (s *Server) deleteOriginal(source *message, reply object) error {
	for field, v := range reply {
		if field != "delete_original" && v != nil && v != "" && v != false {
			return refuse("invalid_payload", "delete_original stands alone")
		}
	}
	if source == nil || source.Deleted {
		return refuse("message_not_found")
	}
	s.remove(source)
	return nil
}

func (s *Server) replyBlocks(reply object) (json.RawMessage, error) {
	if reply["blocks"] == nil {
		return nil, nil
	}
	return s.parseBlocks(encode(reply["blocks"]))
}

// noText reports whether a reply was refused only because it says nothing.
func noText(err error) bool {
	var e *apiError
	return errors.As(err, &e) && e.code == "no_text"
}
