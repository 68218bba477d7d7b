package chattest

import (
	"context"
	"fmt"
	"strings"
)

// Suggest lets a person type into an external select of the modal on top of
// their screen, or of their Home tab, and returns what the app offers. Below the
// element's min_query_length, which is three when it does not say, nothing is
// asked and nothing is offered.
func (s *Server) Suggest(ctx context.Context, user, viewID, blockID, actionID, typed string) ([]Option, error) {
	return s.SuggestIn(ctx, user, "", viewID, blockID, actionID, typed)
}

// SuggestIn is [Server.Suggest] for an external select of a message.
func (s *Server) SuggestIn(ctx context.Context, user, channel, ts, blockID, actionID, typed string) ([]Option, error) {
	d, payload, err := s.prepareSuggest(user, channel, ts, blockID, actionID, typed)
	if err != nil || payload == nil {
		return nil, err
	}
	d = s.interact(ctx, d, payload)
	if d.Err != nil {
		return nil, d.Err
	}
	return offered(d.Response)
}

func (s *Server) prepareSuggest(user, channel, ts, blockID, actionID, typed string) (Delivery, object, error) {
	const defaultLeast = 3
	s.mu.Lock()
	defer s.mu.Unlock()
	g, err := s.stage(user, channel, ts)
	if err != nil {
		return Delivery{}, nil, err
	}
	form := g.form()
	el := form.element(blockID, actionID)
	if !strings.HasSuffix(str(el, "type"), "external_select") {
		return Delivery{}, nil, ErrNoSuchElement
	}
	least, ok := number(el["min_query_length"])
	if !ok {
		least = defaultLeast
	}
	if len([]rune(typed)) < least {
		return Delivery{}, nil, nil
	}
	team := s.opt.BotTeam
	if g.view != nil {
		team = g.user.Team
	}
	payload := s.payload("block_suggestion", g.user, team)
	payload["block_id"], payload["action_id"], payload["value"] = blockID, actionID, typed
	s.describe(g, payload, form.state)
	return Delivery{ID: s.nextID("typed-"), User: user, Channel: channel, Path: pathOptions}, payload, nil
}

// element returns an element of a view, or nil.
func (v *view) element(blockID, actionID string) object {
	for _, b := range objects(v.def, "blocks") {
		for _, el := range elements(b) {
			if str(b, "block_id") == blockID && str(el, "action_id") == actionID {
				return el
			}
		}
	}
	return nil
}

// offered reads the app's options, in groups or not.
func offered(answer []byte) ([]Option, error) {
	var a object
	if err := decode(answer, &a); err != nil {
		return nil, fmt.Errorf("%w: the answer is no JSON object", ErrService)
	}
	if a["options"] == nil && a["option_groups"] == nil {
		return nil, fmt.Errorf("%w: the answer has no options", ErrService)
	}
	var c checker
	for _, r := range optionRules() {
		c.apply(r, a, "")
	}
	if len(c.faults) > 0 {
		return nil, fmt.Errorf("%w: %s", ErrService, strings.Join(c.faults, "; "))
	}
	all := choices(a)
	options := make([]Option, len(all))
	for i, o := range all {
		options[i] = Option{
			Text: str(obj(o, "text"), "text"), Value: str(o, "value"), Description: str(obj(o, "description"), "text"),
		}
	}
	return options, nil
}
