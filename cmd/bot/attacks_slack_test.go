package main

import (
	"errors"

	"latchkey/internal/chat/chattest"
)

const (
	globalAdministrator = "62e90394-69f5-4237-9190-012177145e10"
	tenantOfContoso     = "1b7a3f52-0c4e-4d0a-9a51-7f6c2e8d4b10"
	tenantOfAdatum      = "5d2f8c16-93ab-4e77-b0c8-2a9e61f3d720"
	partnersTenant      = "8c1fbe4e-6a0f-4d0f-9a55-2f1c5e7d9a10"
	tenantOfAdvent      = "c84e0d9b-6f21-4b35-8e4d-90b7a5c1f836" // a customer that policy.yml does not name
)

// says types a command.
func says(who, channel, text string) func(*siege) (string, error) {
	return func(s *siege) (string, error) { return s.say(who, channel, s.fill(text)) }
}

// clicks sends the press of a button that is in no message.
func clicks(who, channel, action, value string) func(*siege) (string, error) {
	return func(s *siege) (string, error) {
		return s.answered(who, func() error {
			d, err := s.Slack.ClickInvented(s.t.Context(), person(who), channels[channel], action, s.fill(value))
			s.last = d
			return errors.Join(err, d.Err)
		})
	}
}

// submits sends a modal that was never opened.
func submits(who, callback, private string, fields map[string]any) func(*siege) (string, error) {
	return func(s *siege) (string, error) {
		state := map[string]map[string]any{}
		for block, field := range fields {
			state[block] = map[string]any{"element": field}
		}
		d, err := s.Slack.SubmitInvented(s.t.Context(), person(who), callback, s.fill(private), state)
		if err = errors.Join(err, d.Err); err != nil {
			return "", err
		}
		if len(d.Response) == 0 {
			return "(it was taken)", nil
		}
		return string(d.Response), nil
	}
}

// What stands in the fields of a modal, as Slack writes it.
func typed(text string) any { return map[string]any{"type": "plain_text_input", "value": text} }
func picked(id string) any {
	return map[string]any{"type": "external_select", "selected_option": chattest.Option{Value: id}}
}
func namedUser(id string) any { return map[string]any{"type": "users_select", "selected_user": id} }
func several(ids ...string) any {
	var options []map[string]any
	for _, id := range ids {
		options = append(options, map[string]any{"value": id})
	}
	return map[string]any{"type": "multi_static_select", "selected_options": options}
}
