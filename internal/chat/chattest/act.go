package chattest

import (
	"context"
	"encoding/json"
	"fmt"
	"net/mail"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Choose lets a person use an element of a message, of the modal on top of
// their screen or of their Home tab: choose in a menu, tick a box, pick a date,
// or enter text and press Enter. Where the element is is told as for
// [Server.Click], and so are failures. The value is nil for a button, an
// [Option] or a string for an overflow menu, the value of the chosen button for
// feedback buttons, and for all others what [Server.Submit] takes.
//
// The message or view remembers what was chosen, for that person, and tells it
// in its state from then on. An element of an input block is only heard of when
// the block says dispatch_action; without it nothing is sent and the delivery
// is empty. A value that the client would not let a person choose is
// ErrNoSuchElement.
func (s *Server) Choose(ctx context.Context, user, channel, ts, actionID string, value any) (Delivery, error) {
	return s.click(ctx, user, channel, ts, act{name: actionID, entered: value})
}

// An act is what a person does with an element.
type act struct {
	name    string  // an action id, or a block id and an action id
	press   bool    // only a button will do
	sent    *string // sent in place of the value of a button
	entered any
}

// A used element is what an act found, with what is sent about it.
type used struct {
	block, element object
	action         object // nil when nothing is sent
	values         map[string]map[string]any
}

// use finds the element of an act and what is sent about it.
func (s *Server) use(u *User, r *room, blocks []object, a act) (used, error) {
	b, el := pick(blocks, a)
	if el == nil {
		return used{}, ErrNoSuchElement
	}
	kind, id := str(el, "type"), str(el, "action_id")
	found := used{block: b, element: el}
	action := object{"type": kind, "action_id": id, "block_id": b["block_id"], "action_ts": s.nextTS()}
	for _, field := range []string{"text", "value", "style", "placeholder"} {
		if el[field] != nil {
			action[field] = el[field]
		}
	}
	switch {
	case isButton(kind):
		if a.entered != nil {
			return used{}, fmt.Errorf("%w: a button takes no value", ErrNoSuchElement)
		}
		if a.sent != nil {
			action["value"] = *a.sent
		}
	case kind == "feedback_buttons":
		chosen, ok := a.entered.(string)
		if !ok || chosen != str(obj(el, "positive_button"), "value") && chosen != str(obj(el, "negative_button"), "value") {
			return used{}, fmt.Errorf("%w: neither feedback button has that value", ErrNoSuchElement)
		}
		action["value"] = chosen
	case kind == "overflow":
		o, err := readOption(el, a.entered)
		if err != nil || o == nil {
			return used{}, fmt.Errorf("%w: the menu has no such option", ErrNoSuchElement)
		}
		action["selected_option"] = o
	default:
		e, stateful := entries[kind]
		if !stateful {
			return used{}, fmt.Errorf("%w: a %s cannot be used", ErrNoSuchElement, kind)
		}
		chosen, err := s.admit(u, r, el, a.entered)
		if err != nil {
			return used{}, fmt.Errorf("%w: %w", ErrNoSuchElement, err)
		}
		held, err := e.read(el, chosen)
		if err != nil {
			return used{}, fmt.Errorf("%w: %w", ErrNoSuchElement, err)
		}
		action[e.field] = held
		if el[e.initial] != nil {
			action[e.initial] = el[e.initial]
		}
		found.values = map[string]map[string]any{str(b, "block_id"): {id: chosen}}
	}
	if str(b, "type") != "input" || truth(b["dispatch_action"]) {
		found.action = action
	}
	return found, nil
}

func isButton(kind string) bool {
	return kind == "button" || kind == "icon_button" || kind == "workflow_button"
}

// pick returns the element that an act names, with its block. A qualified name
// is tried where no action id is the same.
func pick(blocks []object, a act) (object, object) {
	for _, qualified := range []bool{false, true} {
		for _, b := range blocks {
			name := a.name
			if qualified {
				var ok bool
				if name, ok = strings.CutPrefix(a.name, str(b, "block_id")+"/"); !ok {
					continue
				}
			}
			for _, el := range elements(b) {
				if name != "" && str(el, "action_id") == name && (!a.press || isButton(str(el, "type"))) {
					return b, el
				}
			}
		}
	}
	return nil, nil
}

// admit holds a value against what the client lets a person choose, and brings
// it into the form that the state keeps. The room is nil in a view.
func (s *Server) admit(u *User, r *room, el object, v any) (any, error) {
	if most, ok := number(el["max_selected_items"]); ok && length(v) > most {
		return nil, fmt.Errorf("more than %d are chosen", most)
	}
	switch str(el, "type") {
	case "users_select", "multi_users_select":
		return v, each(v, func(id string) bool {
			other, ok := s.users.get(id)
			return ok && !other.Deleted && (s.sees(u, other) || r != nil && r.has(id))
		})
	case "channels_select", "multi_channels_select":
		return v, each(v, func(id string) bool {
			to, ok := s.rooms.get(id)
			return ok && !to.Private && !to.DM && to.in(u.Team)
		})
	case "conversations_select", "multi_conversations_select":
		return v, each(v, func(id string) bool {
			to, ok := s.rooms.get(id)
			return ok && (to.has(u.ID) || !to.Private && !to.DM && to.in(u.Team))
		})
	case "datepicker":
		return v, each(v, func(text string) bool {
			_, err := time.Parse(time.DateOnly, text)
			return err == nil
		})
	case "timepicker":
		return v, each(v, clockTime)
	case "datetimepicker":
		return moment(v)
	}
	return v, nil
}

// each reports the first of one or several texts that is not allowed. An empty
// text takes a choice back.
func each(v any, allowed func(string) bool) error {
	var list []string
	switch v := v.(type) {
	case string:
		list = []string{v}
	case []string:
		list = v
	default:
		return fmt.Errorf("want a string or a []string, got %T", v)
	}
	if i := slices.IndexFunc(list, func(text string) bool { return text != "" && !allowed(text) }); i >= 0 {
		return fmt.Errorf("%q cannot be chosen", list[i])
	}
	return nil
}

// moment reads a point in time in seconds since 1970, which is kept as a
// number.
func moment(v any) (any, error) {
	var seconds int64
	switch v := v.(type) {
	case nil:
		return nil, nil
	case time.Time:
		seconds = v.Unix()
	case int:
		seconds = int64(v)
	case int64:
		seconds = v
	case string:
		if v == "" {
			return nil, nil
		}
		n, err := strconv.ParseInt(v, 10, 64)
		if err != nil {
			return nil, fmt.Errorf("%q is no number of seconds", v)
		}
		seconds = n
	default:
		return nil, fmt.Errorf("want a time or a number of seconds, got %T", v)
	}
	return json.Number(strconv.FormatInt(seconds, 10)), nil
}

func length(v any) int {
	switch v := v.(type) {
	case []string:
		return len(v)
	case []Option:
		return len(v)
	}
	return 0
}

// mistyped is what the client says about a text that is not of the kind its
// field is for, or "".
func mistyped(el object, held any) string {
	text, _ := held.(string)
	if text == "" {
		return ""
	}
	switch str(el, "type") {
	case "email_text_input":
		if a, err := mail.ParseAddress(text); err != nil || a.Address != text {
			return "Enter an email address."
		}
	case "url_text_input":
		if !webURL(text) {
			return "Enter a link."
		}
	case "number_input":
		n, err := strconv.ParseFloat(text, 64)
		if err != nil || !decimal(text) || !truth(el["is_decimal_allowed"]) && strings.Contains(text, ".") {
			return "Enter a number."
		}
		if least, err := strconv.ParseFloat(str(el, "min_value"), 64); err == nil && n < least {
			return "Enter at least " + str(el, "min_value") + "."
		}
		if most, err := strconv.ParseFloat(str(el, "max_value"), 64); err == nil && n > most {
			return "Enter at most " + str(el, "max_value") + "."
		}
	}
	return ""
}
