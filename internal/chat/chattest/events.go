package chattest

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// ErrNoHome says that a person has no Home tab of the app. It is for members of
// the team that installed it; what members of others see is not documented.
var ErrNoHome = errors.New("the app has no Home for members of other teams")

// ErrChallenge says that the app did not hand back the challenge.
var ErrChallenge = errors.New("the address did not answer with the challenge")

// An eventKind tells when the app hears of an event it subscribed to.
type eventKind struct {
	scope string // one granted scope it needs; "read" and "history" are those of the channel's kind
	among bool   // only in conversations that the bot is in
}

// eventKinds are the bot events that this world makes, by the name under which
// a manifest subscribes to them.
var eventKinds = map[string]eventKind{
	"app_home_opened":       {},
	"app_uninstalled":       {},
	"tokens_revoked":        {},
	"channel_archive":       {scope: "channels:read", among: true},
	"channel_unarchive":     {scope: "channels:read", among: true},
	"channel_id_changed":    {scope: "read"},
	"channel_shared":        {scope: "read"},
	"channel_unshared":      {scope: "read"},
	"file_shared":           {scope: "files:read", among: true},
	"group_archive":         {scope: "groups:read", among: true},
	"group_unarchive":       {scope: "groups:read", among: true},
	"member_joined_channel": {scope: "read", among: true},
	"member_left_channel":   {scope: "read", among: true},
	"message.channels":      {scope: "channels:history", among: true},
	"message.groups":        {scope: "groups:history", among: true},
	"message.im":            {scope: "im:history", among: true},
	"subteam_created":       {scope: "usergroups:read"},
	"subteam_updated":       {scope: "usergroups:read"},
	"team_join":             {scope: "users:read"},
	"user_change":           {scope: "users:read"},
}

// EventTypes returns the names of the bot events that the world can make,
// sorted. A subscription to any other is never served.
func EventTypes() []string { return slices.Sorted(maps.Keys(eventKinds)) }

// happened tells the app of an event, in the background, if it subscribed to it
// and may see it. What else Slack writes into an event is added to a copy; the
// event itself is not kept. The lock is held.
func (s *Server) happened(eventType string, event object) { s.raise(eventType, event) }

// Happen makes an event that the world has no act for, app_uninstalled for
// example. It is sent as all others are: if the app subscribed to it.
func (s *Server) Happen(eventType string, event map[string]any) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.happened(eventType, event)
}

// raise queues an event and returns where its first delivery is told, or nil
// when the app does not hear of it. The lock is held.
func (s *Server) raise(eventType string, event object) <-chan Delivery {
	if s.courier.closed || len(s.opt.Events) == 0 {
		return nil
	}
	r := s.roomOf(event)
	if !s.hears(eventType, r) {
		return nil
	}
	e := maps.Clone(event)
	if e == nil {
		e = object{}
	}
	e["type"] = eventType
	if e["event_ts"] == nil {
		e["event_ts"] = s.nextTS()
	}
	d := Delivery{Type: typeEvent, Path: pathEvents, ID: s.nextID("Ev"), Event: eventType, User: str(e, "user")}
	if r != nil {
		d.Channel = r.ID
	}
	first := make(chan Delivery, 1)
	payload := encode(s.callback(d, e, r))
	s.inBackground(func(ctx context.Context) { s.convey(ctx, d, payload, first) })
	return first
}

// callback is the outer form of an event. Slack lists one authorization only,
// whoever else could see the event.
func (s *Server) callback(d Delivery, event object, r *room) object {
	where := object{"et": d.Event, "tid": s.opt.BotTeam, "aid": AppID, "cid": d.Channel}
	return object{
		"token": legacyToken, "type": "event_callback", "api_app_id": AppID,
		"team_id": s.opt.BotTeam, "context_team_id": s.opt.BotTeam, "context_enterprise_id": nil,
		"event": event, "event_id": d.ID, "event_time": s.opt.Now().Unix(),
		"event_context":         "4-" + base64.RawURLEncoding.EncodeToString(encode(where)),
		"is_ext_shared_channel": r != nil && r.shared(),
		"authorizations": []object{{
			"enterprise_id": nil, "team_id": s.opt.BotTeam, "user_id": s.opt.BotUser,
			"is_bot": true, "is_enterprise_install": false,
		}},
	}
}

// hears reports whether the app subscribed to an event and may see it.
func (s *Server) hears(eventType string, r *room) bool {
	name := eventType
	if eventType == "message" {
		if r == nil {
			return false
		}
		name = map[string]string{"im": "message.im", "groups": "message.groups", "channels": "message.channels"}[r.kind()]
	}
	kind, known := eventKinds[name]
	if !known || !slices.Contains(s.opt.Events, name) {
		return false
	}
	needed := kind.scope
	if needed == "read" {
		if r == nil {
			return false
		}
		needed = r.kind() + ":read"
	}
	if needed != "" && !slices.Contains(s.opt.Scopes, needed) {
		return false
	}
	// Of a private channel nobody outside hears, whatever the event.
	return r == nil || r.has(s.opt.BotUser) || !kind.among && !r.Private
}

// kind is how scopes and events name this kind of conversation.
func (r *room) kind() string {
	switch {
	case r.DM:
		return "im"
	case r.Private:
		return "groups"
	}
	return "channels"
}

// roomOf is the conversation an event is about, or nil.
func (s *Server) roomOf(event object) *room {
	for _, id := range []string{
		str(event, "channel"), str(obj(event, "channel"), "id"), str(event, "new_channel_id"), str(event, "channel_id"),
	} {
		if r, ok := s.rooms.get(id); ok {
			return r
		}
	}
	return nil
}

// said makes the event of a new message. The app hears its own too. Later
// changes of a message make none here. The lock is held.
func (s *Server) said(r *room, m *message) {
	if m.Ephemeral || m.Client != "" || !s.hears("message", r) {
		return
	}
	e := s.wire(m, true)
	e["channel"] = r.ID
	e["channel_type"] = map[string]string{"im": "im", "groups": "group", "channels": "channel"}[r.kind()]
	if team := str(e, "team"); team != "" {
		e["user_team"] = team
	}
	s.happened("message", e)
}

// OpenHome lets a person open the Home tab of the app, which makes the event
// app_home_opened. It returns once the app has answered the first delivery or
// failed to; what it publishes may come later. The delivery is empty when the
// app did not subscribe. Members of other teams have no Home: ErrNoHome.
func (s *Server) OpenHome(ctx context.Context, user string) (Delivery, error) {
	return s.openTab(ctx, user, "home")
}

// OpenMessages lets a person open the Messages tab of the app, as
// [Server.OpenHome] opens the Home tab.
func (s *Server) OpenMessages(ctx context.Context, user string) (Delivery, error) {
	return s.openTab(ctx, user, "messages")
}

func (s *Server) openTab(ctx context.Context, user, tab string) (Delivery, error) {
	first, err := s.prepareTab(user, tab)
	if err != nil || first == nil {
		return Delivery{}, err
	}
	select {
	case d := <-first:
		return d, nil
	case <-ctx.Done():
		return Delivery{}, ctx.Err()
	}
}

func (s *Server) prepareTab(user, tab string) (<-chan Delivery, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	u, err := s.person(user)
	if err != nil {
		return nil, err
	}
	if s.external(u) {
		return nil, ErrNoHome
	}
	r, _ := s.openDM(u)
	event := object{"user": u.ID, "channel": r.ID, "tab": tab}
	if v := s.homes[u.ID]; v != nil && tab == "home" {
		event["view"] = s.wireView(v)
	}
	return s.raise("app_home_opened", event), nil
}

// VerifyEvents asks the app's events address for a challenge, as Slack does
// when the address is entered. An answer without it is ErrChallenge. Over
// Socket Mode there is no address and nothing is asked.
func (s *Server) VerifyEvents(ctx context.Context) (Delivery, error) {
	if s.opt.SocketMode {
		return Delivery{}, nil
	}
	challenge := secretID()
	d := Delivery{Type: typeEvent, Path: pathEvents, Event: "url_verification"}
	s.pack(&d, object{"token": legacyToken, "type": "url_verification", "challenge": challenge})
	d = s.send(ctx, d)
	if d.Err != nil {
		return d, fmt.Errorf("%w: %w", ErrChallenge, d.Err)
	}
	answer := strings.TrimSpace(string(d.Response))
	switch d.answerType {
	case "application/json":
		var o object
		if decode(d.Response, &o) == nil {
			answer = str(o, "challenge")
		}
	case "application/x-www-form-urlencoded":
		answer = strings.TrimPrefix(answer, "challenge=")
	}
	if answer != challenge {
		return d, ErrChallenge
	}
	return d, nil
}
