package chattest

import (
	"context"
	"fmt"
)

// Click lets a person press the button with that action id in a message they
// see, ephemeral ones included; an external member may press too. Where several
// blocks hold the same action id, "block_id/action_id" names one of them, else
// the first is pressed. With an empty channel, ts is the id of the modal on top
// of the person's screen or of their Home tab. A failed acknowledgement is
// shown to the person. The returned error says that nothing was sent.
func (s *Server) Click(ctx context.Context, user, channel, ts, actionID string) (Delivery, error) {
	return s.click(ctx, user, channel, ts, act{name: actionID, press: true})
}

// ClickValue presses a button as [Server.Click] does, but sends another value
// than the one the button holds, correctly signed.
func (s *Server) ClickValue(ctx context.Context, user, channel, ts, actionID, value string) (Delivery, error) {
	return s.click(ctx, user, channel, ts, act{name: actionID, press: true, sent: &value})
}

func (s *Server) click(ctx context.Context, user, channel, ts string, a act) (Delivery, error) {
	d, payload, err := s.prepareClick(user, channel, ts, a)
	if err != nil || payload == nil {
		return Delivery{}, err
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

func (s *Server) prepareClick(user, channel, ts string, a act) (Delivery, object, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	g, err := s.stage(user, channel, ts)
	if err != nil {
		return Delivery{}, nil, err
	}
	found, err := s.use(g.user, g.room, g.blocks, a)
	if err != nil {
		return Delivery{}, nil, err
	}
	state, _, err := g.form().fill(found.values)
	if err != nil {
		return Delivery{}, nil, err
	}
	if found.values != nil {
		g.keep(state)
		s.bump()
	}
	if found.action == nil {
		return Delivery{}, nil, nil
	}
	id := s.newTrigger(user)
	payload := s.payload("block_actions", g.user, s.opt.BotTeam)
	payload["trigger_id"] = id
	payload["actions"] = []object{found.action}
	s.describe(g, payload, state)
	if g.message != nil {
		payload["response_url"] = s.hookURL(s.newHook(user, channel, ts))
		payload["state"] = object{"values": state}
	}
	return Delivery{ID: id, User: user, Channel: channel, Path: pathInteractions}, payload, nil
}

// A stage is where a person uses elements: a message in a room, or a view.
type stage struct {
	user    *User
	room    *room
	message *message
	view    *view
	blocks  []object
}

// stage finds the message, or with an empty channel the view, in which a person
// acts. The lock is held.
func (s *Server) stage(user, channel, ts string) (stage, error) {
	if channel == "" {
		u, err := s.person(user)
		if err != nil {
			return stage{}, err
		}
		v := s.homes[user]
		if v == nil || v.id != ts {
			if v, err = s.topmost(user, ts); err != nil {
				return stage{}, err
			}
		}
		return stage{user: u, view: v, blocks: objects(v.def, "blocks")}, nil
	}
	u, r, err := s.actor(user, channel)
	if err != nil {
		return stage{}, err
	}
	m := r.byTS[ts]
	if m == nil || !m.visible(user) {
		return stage{}, ErrNoSuchElement
	}
	var list []any
	if len(m.Blocks) > 0 {
		if err := decode(m.Blocks, &list); err != nil {
			return stage{}, err // unreachable: the blocks were written by encode
		}
	}
	return stage{user: u, room: r, message: m, blocks: objects(object{"blocks": list}, "blocks")}, nil
}

// form is what holds the person's choices.
func (g stage) form() *view {
	if g.view != nil {
		return g.view
	}
	list := make([]any, len(g.blocks))
	for i, b := range g.blocks {
		list[i] = b
	}
	return &view{def: object{"blocks": list}, state: g.message.entered[g.user.ID]}
}

// keep remembers the person's choices.
func (g stage) keep(state map[string]object) {
	if g.view != nil {
		g.view.state = state
		return
	}
	if g.message.entered == nil {
		g.message.entered = make(map[string]map[string]object)
	}
	g.message.entered[g.user.ID] = state
}

// describe tells in a payload where the person acted. An ephemeral message is
// not shown to the app.
func (s *Server) describe(g stage, payload object, state map[string]object) {
	if v := g.view; v != nil {
		shown := s.wireView(v)
		shown["state"] = object{"values": state}
		payload["container"], payload["view"] = object{"type": "view", "view_id": v.id}, shown
		return
	}
	payload["container"] = object{
		"type": "message", "message_ts": g.message.TS, "channel_id": g.room.ID, "is_ephemeral": g.message.Ephemeral,
	}
	if g.message.ThreadTS != "" {
		payload["container"].(object)["thread_ts"] = g.message.ThreadTS
	}
	payload["channel"] = object{"id": g.room.ID, "name": g.room.label()}
	if !g.message.Ephemeral {
		payload["message"] = s.wire(g.message, true)
	}
}

// payload is what every interaction payload holds. The team of an action is the
// installed one whoever acts; the person's own team is in user.team_id. The lock
// is held.
func (s *Server) payload(kind string, u *User, team string) object {
	return object{
		"type": kind, "api_app_id": AppID, "token": legacyToken,
		"team":       object{"id": team, "domain": s.teamDomain(team)},
		"user":       object{"id": u.ID, "username": u.Name, "name": u.Name, "team_id": u.Team},
		"enterprise": nil, "is_enterprise_install": false,
	}
}
