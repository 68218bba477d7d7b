package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"latchkey/internal/chat/chattest"
)

// button finds the newest message that mentions the request and has the button.
func (s *stage) button(who, action, request string) (channel, ts string, ok bool) {
	for _, c := range s.Slack.ChannelsOf(people[who]) {
		for _, m := range slices.Backward(s.Slack.Messages(people[who], c.ID)) {
			if strings.Contains(string(m.Blocks), `"`+action+`"`) && strings.Contains(m.Text+string(m.Blocks), request) {
				return c.ID, m.TS, true
			}
		}
	}
	return "", "", false
}

// click waits for the button and presses it.
func (s *stage) click(who, action, request string) error {
	var channel, ts string
	if err := s.wait(fmt.Sprintf("%s to have %s on %s", who, action, request), func() (ok bool) {
		channel, ts, ok = s.button(who, action, request)
		return ok
	}); err != nil {
		return fmt.Errorf("%w; %s sees:\n%s", err, who, s.seen(who))
	}
	d, err := s.Slack.Click(context.Background(), people[who], channel, ts, action)
	s.last = d
	return errors.Join(err, d.Err)
}

func (s *stage) submit(who string, fields map[string]string) error {
	s.noteFields(fields)
	var v chattest.View
	if err := s.wait(who+" to have a modal", func() (ok bool) {
		v, ok = s.Slack.View(people[who])
		return ok
	}); err != nil {
		return err
	}
	var raw struct {
		Blocks []struct {
			BlockID string `json:"block_id"`
			Element struct{ ActionID, Type string }
		}
	}
	if err := json.Unmarshal(bytes.ReplaceAll(v.Raw, []byte("action_id"), []byte("ActionID")), &raw); err != nil {
		return err
	}
	values := map[string]map[string]any{}
	for _, b := range raw.Blocks {
		text, given := fields[b.BlockID]
		if !given {
			continue
		}
		value, err := s.field(who, v.ID, b.BlockID, b.Element.ActionID, b.Element.Type, text)
		if err != nil {
			return err
		}
		values[b.BlockID] = map[string]any{b.Element.ActionID: value}
	}
	d, err := s.Slack.Submit(context.Background(), people[who], v.ID, values)
	s.last = d
	return errors.Join(err, d.Err)
}

// field is what a person fills in: text, or the first option that is offered for it, or
// the options of a list, between plus signs.
func (s *stage) field(who, view, block, action, kind, text string) (any, error) {
	if kind == "multi_static_select" {
		return strings.Split(text, " + "), nil
	}
	if kind == "checkboxes" {
		return []chattest.Option{{Value: text}}, nil
	}
	if !strings.HasSuffix(kind, "external_select") {
		return text, nil
	}
	found, err := s.Slack.Suggest(context.Background(), people[who], view, block, action, text)
	if err != nil {
		return nil, err
	}
	if len(found) == 0 {
		return nil, fmt.Errorf("nothing is offered for %q in %s", text, block)
	}
	if strings.HasPrefix(kind, "multi_") {
		return found[:1], nil
	}
	return found[0], nil
}
