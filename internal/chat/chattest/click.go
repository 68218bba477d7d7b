package chattest

import (
	"context"
	"fmt"
	"strings"
)

// Click lets a person press the button with that action id in a message they
// see, ephemeral ones included; an external member may press too. Where several
// blocks hold the same action id, "block_id/action_id" names one of them, else
// the first is pressed. With an empty channel, ts is the id of the modal on top
// of the person's screen or of their Home tab. A failed acknowledgement is
// shown to the person. The returned error says that nothing was sent.
func (s *Server) Click(ctx context.Context, user, channel, ts, actionID string) (Delivery, error) {
	return s.click(ctx, user, channel, ts, actionID, nil)
}

// ClickValue presses a button as [Server.Click] does, but sends another value
// than the one the button holds, correctly signed.
func (s *Server) ClickValue(ctx context.Context, user, channel, ts, actionID, value string) (Delivery, error) {
	return s.click(ctx, user, channel, ts, actionID, &value)
}

func (s *Server) click(ctx context.Context, user, channel, ts, actionID string, value *string) (Delivery, error) {
	prepare := s.prepareClick
	if channel == "" {
		prepare = s.prepareViewClick
	}
	d, payload, err := prepare(user, channel, ts, actionID)
	if err != nil {
		return Delivery{}, err
	}
	if value != nil {
		payload["actions"].([]object)[0]["value"] = *value
	}
	d = s.interact(ctx, d, payload)
	name := shown(d.Err)
	if name == "" {
		return d, nil
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if r, ok := s.rooms.get(channel); ok {
		s.tell(r, user, fmt.Sprintf("The action failed with the error %q", name))
	} else if v, err := s.topmost(user, ts); err == nil {
		v.errors = map[string]string{"": noConnection}
		s.bump()
	}
	return d, nil
}

func (s *Server) prepareClick(user, channel, ts, actionID string) (Delivery, object, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	u, r, err := s.actor(user, channel)
	if err != nil {
		return Delivery{}, nil, err
	}
	m := r.byTS[ts]
	if m == nil || !m.visible(user) {
		return Delivery{}, nil, ErrNoSuchElement
	}
	var blocks []any
	if len(m.Blocks) > 0 {
		if err := decode(m.Blocks, &blocks); err != nil {
			return Delivery{}, nil, err // unreachable: the blocks were written by encode
		}
	}
	action := s.press(objects(object{"blocks": blocks}, "blocks"), actionID)
	if action == nil {
		return Delivery{}, nil, ErrNoSuchElement
	}
	d, payload := s.actionPayload(u, action)
	d.Channel = channel
	payload["container"] = object{
		"type": "message", "message_ts": m.TS, "channel_id": r.ID, "is_ephemeral": m.Ephemeral,
	}
	payload["channel"] = object{"id": r.ID, "name": r.label()}
	payload["response_url"] = s.hookURL(s.newHook(user, channel, m.TS))
	payload["state"] = object{"values": object{}}
	if !m.Ephemeral {
		payload["message"] = s.wire(m, true)
	}
	return d, payload, nil
}

func (s *Server) prepareViewClick(user, _, viewID, actionID string) (Delivery, object, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	u, err := s.person(user)
	if err != nil {
		return Delivery{}, nil, err
	}
	v := s.homes[user]
	if v == nil || v.id != viewID {
		if v, err = s.topmost(user, viewID); err != nil {
			return Delivery{}, nil, err
		}
	}
	action := s.press(objects(v.def, "blocks"), actionID)
	if action == nil {
		return Delivery{}, nil, ErrNoSuchElement
	}
	d, payload := s.actionPayload(u, action)
	payload["container"] = object{"type": "view", "view_id": v.id}
	payload["view"] = s.wireView(v)
	return d, payload, nil
}

// actionPayload is what every block_actions payload holds. Its team is the
// installed one whoever acts; the person's own team is in user.team_id.
func (s *Server) actionPayload(u *User, action object) (Delivery, object) {
	id := s.newTrigger(u.ID)
	payload := s.payload("block_actions", u, s.opt.BotTeam)
	payload["trigger_id"] = id
	payload["actions"] = []object{action}
	return Delivery{ID: id, User: u.ID, Path: pathInteractions}, payload
}

// payload is what every interaction payload holds. The lock is held.
func (s *Server) payload(kind string, u *User, team string) object {
	return object{
		"type": kind, "api_app_id": AppID, "token": legacyToken,
		"team":       object{"id": team, "domain": s.teamDomain(team)},
		"user":       object{"id": u.ID, "username": u.Name, "name": u.Name, "team_id": u.Team},
		"enterprise": nil, "is_enterprise_install": false,
	}
}

// press returns the action that pressing a button makes, or nil.
func (s *Server) press(blocks []object, actionID string) object {
	for _, qualified := range []bool{false, true} {
		for _, b := range blocks {
			block := str(b, "block_id")
			name := actionID
			if qualified {
				var ok bool
				if name, ok = strings.CutPrefix(actionID, block+"/"); !ok {
					continue
				}
			}
			for _, el := range elements(b) {
				if str(el, "type") != "button" || str(el, "action_id") != name {
					continue
				}
				action := object{
					"type": "button", "action_id": name, "block_id": block, "text": el["text"], "action_ts": s.nextTS(),
				}
				for _, field := range []string{"value", "style"} {
					if el[field] != nil {
						action[field] = el[field]
					}
				}
				return action
			}
		}
	}
	return nil
}
