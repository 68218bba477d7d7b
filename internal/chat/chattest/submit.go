package chattest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"
)

// Submit lets a person fill in and submit the modal on top of their screen.
// Values are given by block id and action id: a string for a text, date or id
// field; an [Option], or a string that is looked up by value or text among the
// element's own options, for a select; a []Option or []string for one that
// takes several. Fields without a value keep what they hold.
//
// When a required field is empty nothing is sent: the modal shows it and the
// error is ErrIncomplete. The app's answer is carried out: an empty one closes
// the modal; errors, update, push and clear do what they say. An answer that
// cannot be carried out leaves the modal open with an error under the empty
// block id, as a failed delivery does.
func (s *Server) Submit(ctx context.Context, user, viewID string, values map[string]map[string]any) (Delivery, error) {
	d, payload, err := s.prepareSubmit(user, viewID, values)
	if err != nil {
		return Delivery{}, err
	}
	d = s.interact(ctx, d, payload)

	s.mu.Lock()
	defer s.mu.Unlock()
	v := s.findView(viewID, "")
	if v == nil {
		return d, nil // the app closed or replaced it while it answered
	}
	if d.Err == nil {
		if err := s.submitted(v, d.Response); err != nil {
			d.Err = fmt.Errorf("%w: %w", ErrService, err)
		}
	}
	if d.Err != nil {
		v.errors = map[string]string{"": noConnection}
		s.bump()
	}
	return d, nil
}

func (s *Server) prepareSubmit(user, viewID string, values map[string]map[string]any) (Delivery, object, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	u, err := s.person(user)
	if err != nil {
		return Delivery{}, nil, err
	}
	v, err := s.topmost(user, viewID)
	if err != nil {
		return Delivery{}, nil, err
	}
	if v.def["submit"] == nil {
		return Delivery{}, nil, ErrNoSuchElement
	}
	values, err = s.admitAll(u, v, values)
	if err != nil {
		return Delivery{}, nil, err
	}
	state, faults, err := v.fill(values)
	if err != nil {
		return Delivery{}, nil, err
	}
	v.mistyped(state, faults)
	v.state, v.errors = state, faults
	s.bump()
	if len(faults) > 0 {
		return Delivery{}, nil, ErrIncomplete
	}
	id := s.newTrigger(user)
	payload := s.payload("view_submission", u, u.Team)
	payload["trigger_id"] = id
	payload["view"] = s.wireView(v)
	payload["response_urls"] = s.responseURLs(v, state)
	return Delivery{ID: id, User: user, Path: pathInteractions}, payload, nil
}

// admitAll holds everything that is entered against what the client lets a
// person enter. The lock is held.
func (s *Server) admitAll(u *User, v *view, values map[string]map[string]any) (map[string]map[string]any, error) {
	admitted := make(map[string]map[string]any, len(values))
	for block, actions := range values {
		admitted[block] = make(map[string]any, len(actions))
		for action, given := range actions {
			if el := v.element(block, action); el != nil {
				var err error
				if given, err = s.admit(u, nil, el, given); err != nil {
					return nil, fmt.Errorf("%w: block %q, action %q: %w", ErrNoSuchElement, block, action, err)
				}
			}
			admitted[block][action] = given
		}
	}
	return admitted, nil
}

// mistyped adds what the client finds wrong with the form of what was entered.
func (v *view) mistyped(state map[string]object, faults map[string]string) {
	for _, b := range objects(v.def, "blocks") {
		el, id := obj(b, "element"), str(b, "block_id")
		e, ok := entries[str(el, "type")]
		if !ok || faults[id] != "" {
			continue
		}
		if fault := mistyped(el, obj(state[id], str(el, "action_id"))[e.field]); fault != "" {
			faults[id] = fault
		}
	}
}

// responseURLs makes the response URLs that a modal asks for: one for each
// chosen conversation of an input with response_url_enabled. The lock is held.
func (s *Server) responseURLs(v *view, state map[string]object) []object {
	urls := []object{}
	for _, b := range objects(v.def, "blocks") {
		el, id := obj(b, "element"), str(b, "block_id")
		if !truth(el["response_url_enabled"]) {
			continue
		}
		action := str(el, "action_id")
		channel := str(obj(state[id], action), entries[str(el, "type")].field)
		if channel == "" {
			continue
		}
		urls = append(urls, object{
			"block_id": id, "action_id": action, "channel_id": channel,
			"response_url": s.hookURL(s.newHook(v.user, channel, "")),
		})
	}
	return urls
}

// submitted carries out the answer to a submission. The lock is held.
func (s *Server) submitted(v *view, answer []byte) error {
	if len(bytes.TrimSpace(answer)) == 0 {
		s.drop(v)
		return nil
	}
	var a object
	if err := decode(answer, &a); err != nil {
		return errors.New("the answer is no JSON object")
	}
	switch action := str(a, "response_action"); action {
	case "errors":
		return s.refused(v, obj(a, "errors"))
	case "clear":
		s.leave(v.user, true)
		return nil
	case "update", "push":
		raw := ""
		if view := obj(a, "view"); view != nil {
			raw = string(encode(view))
		}
		def, err := s.parseView("modal", raw)
		if err != nil {
			return err
		}
		var replaced *view
		if action == "update" {
			replaced = v
		}
		if err := s.unclaimed(def, replaced); err != nil {
			return err
		}
		if action == "update" {
			s.redefine(v, def)
			return nil
		}
		if len(s.modals[v.user]) >= maxStack {
			return refuse("push_limit_reached")
		}
		s.show(s.newView(v.user, "modal", def), true)
		return nil
	default:
		return fmt.Errorf("unknown response_action %q", action)
	}
}

// drop takes one view out of its stack. The lock is held.
func (s *Server) drop(v *view) {
	if s.top(v.user) == v {
		s.leave(v.user, false)
		return
	}
	var rest []*view
	for _, other := range s.modals[v.user] {
		if other != v {
			rest = append(rest, other)
		}
	}
	s.modals[v.user] = rest
	s.bump()
}

// refused shows the app's errors. Each must name an input block of the view.
func (s *Server) refused(v *view, given object) error {
	shown := make(map[string]string)
	for _, b := range objects(v.def, "blocks") {
		if text := str(given, str(b, "block_id")); text != "" && str(b, "type") == "input" {
			shown[str(b, "block_id")] = text
		}
	}
	if len(shown) == 0 || len(shown) != len(given) {
		return errors.New("errors must name input blocks of the view")
	}
	v.errors = shown
	s.bump()
	return nil
}

// CloseView lets a person dismiss the modal on top of their screen, and with
// clear_on_close the whole stack. The app hears of each that goes when the view
// asked for that with notify_on_close; a failure there is not shown to the
// person and not returned.
func (s *Server) CloseView(ctx context.Context, user, viewID string) error {
	closed, err := s.closeViews(user, viewID)
	if err != nil {
		return err
	}
	for _, payload := range closed {
		s.interact(ctx, Delivery{User: user, Path: pathInteractions}, payload)
	}
	return nil
}

// closeViews takes views off the screen and returns what the app is told.
func (s *Server) closeViews(user, viewID string) ([]object, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	u, err := s.person(user)
	if err != nil {
		return nil, err
	}
	v, err := s.topmost(user, viewID)
	if err != nil {
		return nil, err
	}
	all := truth(v.def["clear_on_close"])
	gone := []*view{v}
	if all {
		gone = s.modals[user]
	}
	s.leave(user, all)
	var told []object
	for _, v := range slices.Backward(gone) {
		if !truth(v.def["notify_on_close"]) {
			continue
		}
		payload := s.payload("view_closed", u, u.Team)
		payload["view"] = s.wireView(v)
		payload["is_cleared"] = all
		told = append(told, payload)
	}
	return told, nil
}
