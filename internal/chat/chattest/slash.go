package chattest

import (
	"context"
	"fmt"
	"mime"
	"net/http"
	"regexp"
	"strings"
)

// Slash lets a person type a command of the app, "/access" for example, in a
// channel they are in. It refuses with ErrExternal for members of other teams,
// to whom Slack does not offer the command. The app's acknowledgement, or its
// failure, is shown to the person. The returned error says that nothing was
// sent; what happened to a sent request is in Delivery.Err.
func (s *Server) Slash(ctx context.Context, user, channel, command, text string) (Delivery, error) {
	d, payload, h, err := s.prepareSlash(user, channel, command, text)
	if err != nil {
		return Delivery{}, err
	}
	d = s.deliver(ctx, d, typeCommand, payload)

	s.mu.Lock()
	defer s.mu.Unlock()
	if d.Err == nil {
		d.Err = s.acknowledge(h, d)
	}
	if name := shown(d.Err); name != "" {
		if r, ok := s.rooms.get(channel); ok {
			s.tell(r, user, fmt.Sprintf("%s failed with the error %q", command, name))
		}
	}
	return d, nil
}

func (s *Server) prepareSlash(user, channel, command, text string) (Delivery, object, *hook, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	u, r, err := s.actor(user, channel)
	if err != nil {
		return Delivery{}, nil, nil, err
	}
	if s.external(u) {
		return Delivery{}, nil, nil, ErrExternal
	}
	h := s.newHook(user, channel, "")
	h.typed = strings.TrimRight(command+" "+escape(text), " ")
	id := s.newTrigger(user)
	payload := object{
		"token":                 legacyToken,
		"team_id":               u.Team,
		"team_domain":           s.teamDomain(u.Team),
		"channel_id":            r.ID,
		"channel_name":          r.label(),
		"user_id":               u.ID,
		"user_name":             u.Name,
		"command":               command,
		"text":                  s.mentions(u, escape(text)),
		"api_app_id":            AppID,
		"is_enterprise_install": "false",
		"response_url":          s.hookURL(h),
		"trigger_id":            id,
	}
	return Delivery{ID: id, User: user, Channel: channel, Path: pathCommands}, payload, h, nil
}

// acknowledge shows what the answer to a command says. An empty answer says
// nothing. A JSON answer that cannot be shown is the service's error. The lock
// is held.
func (s *Server) acknowledge(h *hook, d Delivery) error {
	if strings.TrimSpace(string(d.Response)) == "" {
		return nil
	}
	if !d.json() {
		return s.respond(h, object{"text": string(d.Response)})
	}
	var reply object
	if err := decode(d.Response, &reply); err != nil {
		return fmt.Errorf("%w: the answer is no JSON object", ErrService)
	}
	if err := s.respond(h, reply); err != nil && !noText(err) {
		return fmt.Errorf("%w: %w", ErrService, err)
	}
	return nil
}

var (
	userMention    = regexp.MustCompile(`(^|[\s(,])@([\p{L}\p{N}._-]*[\p{L}\p{N}_-])`)
	channelMention = regexp.MustCompile(`(^|[\s(,])#([\p{L}\p{N}._-]*[\p{L}\p{N}_-])`)
)

// mentions replaces @handle and #name by ids where they name somebody or some
// channel that the person can see, and leaves everything else as typed.
func (s *Server) mentions(by *User, text string) string {
	text = replaceNamed(userMention, text, func(name string) string {
		found := s.users.all(func(u *User) bool { return strings.EqualFold(u.Name, name) && s.sees(by, u) })
		if len(found) == 0 {
			return ""
		}
		return "<@" + found[0].ID + "|" + found[0].Name + ">"
	})
	return replaceNamed(channelMention, text, func(name string) string {
		found := s.rooms.all(func(r *room) bool {
			return !r.DM && strings.EqualFold(r.Name, name) && (r.has(by.ID) || !r.Private && r.in(by.Team))
		})
		if len(found) == 0 {
			return ""
		}
		return "<#" + found[0].ID + "|" + found[0].Name + ">"
	})
}

func replaceNamed(pattern *regexp.Regexp, text string, name func(string) string) string {
	return pattern.ReplaceAllStringFunc(text, func(hit string) string {
		parts := pattern.FindStringSubmatch(hit)
		if to := name(parts[2]); to != "" {
			return parts[1] + to
		}
		return hit
	})
}

// sees reports whether two people are of one team or in one channel.
func (s *Server) sees(a, b *User) bool {
	if a.Team == b.Team {
		return true
	}
	common := s.rooms.all(func(r *room) bool { return r.has(a.ID) && r.has(b.ID) })
	return len(common) > 0
}

// json reports whether the answer says that it is JSON. Slack shows a body that
// looks like JSON but does not say so as plain text.
func (d Delivery) json() bool { return d.answerType == "application/json" }

func mediaType(h http.Header) string {
	t, _, err := mime.ParseMediaType(h.Get("Content-Type"))
	if err != nil {
		return ""
	}
	return t
}
