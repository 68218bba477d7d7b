package chattest

import "context"

// ClickInvented presses a button that no message and no Home tab of the app holds: the
// action id and the value are the sender's own, and so is where it is said to be.
// Slack's servers do not take such a thing from a client; an app that counts on that
// has no second line. What comes is signed as any other act, and the answer reaches
// the person as after [Server.Click]. With an empty channel it comes from the Home
// tab. Who it comes from may be deactivated, or in no such channel.
func (s *Server) ClickInvented(ctx context.Context, user, channel, actionID, value string) (Delivery, error) {
	d, payload, err := s.inventClick(user, channel, actionID, value)
	if err != nil {
		return Delivery{}, err
	}
	return s.interact(ctx, d, payload), nil
}

func (s *Server) inventClick(user, channel, actionID, value string) (Delivery, object, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	u, ok := s.users.get(user)
	if !ok {
		return Delivery{}, nil, ErrNoSuchUser
	}
	id := s.newTrigger(user)
	payload := s.payload("block_actions", u, s.opt.BotTeam)
	payload["trigger_id"] = id
	payload["actions"] = []object{{"type": "button", "action_id": actionID, "block_id": "invented", "value": value, "action_ts": s.nextTS()}}
	d := Delivery{ID: id, User: user, Channel: channel, Path: pathInteractions}
	if channel == "" {
		v := s.newView(user, "home", object{"type": "home", "blocks": []any{}})
		payload["container"], payload["view"] = object{"type": "view", "view_id": v.id}, s.wireView(v)
		return d, payload, nil
	}
	r, ok := s.rooms.get(channel)
	if !ok {
		return Delivery{}, nil, ErrNoSuchChannel
	}
	payload["container"] = object{"type": "message", "message_ts": s.nextTS(), "channel_id": r.ID, "is_ephemeral": false}
	payload["channel"] = object{"id": r.ID, "name": r.label()}
	payload["response_url"] = s.hookURL(s.newHook(user, channel, ""))
	payload["state"] = object{"values": object{}}
	return d, payload, nil
}

// SubmitInvented submits a modal that the app never opened: callback id, private
// metadata and state, by block id and action id as Slack writes it, are the sender's own.
// The answer is in the delivery; there is no modal that it could change.
func (s *Server) SubmitInvented(ctx context.Context, user, callbackID, private string, state map[string]map[string]any) (Delivery, error) {
	d, payload, err := s.inventSubmit(user, callbackID, private, state)
	if err != nil {
		return Delivery{}, err
	}
	return s.interact(ctx, d, payload), nil
}

func (s *Server) inventSubmit(user, callbackID, private string, state map[string]map[string]any) (Delivery, object, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	u, ok := s.users.get(user)
	if !ok {
		return Delivery{}, nil, ErrNoSuchUser
	}
	id := s.newTrigger(user)
	payload := s.payload("view_submission", u, u.Team)
	payload["trigger_id"] = id
	shown := s.wireView(s.newView(user, "modal", object{
		"type": "modal", "callback_id": callbackID, "private_metadata": private, "blocks": []any{},
	}))
	shown["state"] = object{"values": state}
	payload["view"], payload["response_urls"] = shown, []object{}
	return Delivery{ID: id, User: user, Path: pathInteractions}, payload, nil
}
