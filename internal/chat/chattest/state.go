package chattest

import (
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// An Option is a choice of a select menu. For an external select it is what
// [Server.Suggest] offered.
type Option struct{ Text, Value, Description string }

// An entry says how an element holds what a person entered.
type entry struct {
	field   string // where the state holds it
	initial string // where the element says what it starts with
	read    func(el object, v any) (any, error)
}

var entries = map[string]entry{
	"plain_text_input": {"value", "initial_value", readText},
	"email_text_input": {"value", "initial_value", readText},
	"number_input":     {"value", "initial_value", readText},
	"url_text_input":   {"value", "initial_value", readText},
	"rich_text_input":  {"rich_text_value", "initial_value", readAny},

	"radio_buttons":         {"selected_option", "initial_option", readOption},
	"static_select":         {"selected_option", "initial_option", readOption},
	"external_select":       {"selected_option", "initial_option", readOption},
	"checkboxes":            {"selected_options", "initial_options", readOptions},
	"multi_static_select":   {"selected_options", "initial_options", readOptions},
	"multi_external_select": {"selected_options", "initial_options", readOptions},

	"channels_select":            {"selected_channel", "initial_channel", readText},
	"conversations_select":       {"selected_conversation", "initial_conversation", readText},
	"users_select":               {"selected_user", "initial_user", readText},
	"multi_channels_select":      {"selected_channels", "initial_channels", readTexts},
	"multi_conversations_select": {"selected_conversations", "initial_conversations", readTexts},
	"multi_users_select":         {"selected_users", "initial_users", readTexts},

	"datepicker":     {"selected_date", "initial_date", readText},
	"timepicker":     {"selected_time", "initial_time", readText},
	"datetimepicker": {"selected_date_time", "initial_date_time", readAny},
}

// fill returns the state of a view after a person entered values, and what the
// client itself finds wrong, by block id. A value for an element that the view
// does not have, or that it cannot hold, is ErrNoSuchElement.
func (v *view) fill(values map[string]map[string]any) (map[string]object, map[string]string, error) {
	state, faults := make(map[string]object), make(map[string]string)
	used := 0
	for _, b := range objects(v.def, "blocks") {
		id := str(b, "block_id")
		for _, el := range elements(b) {
			e, ok := entries[str(el, "type")]
			if !ok {
				continue
			}
			action := str(el, "action_id")
			held := object{"type": el["type"], e.field: v.current(id, action, e, el)}
			if given, ok := values[id][action]; ok {
				used++
				read, err := e.read(el, given)
				if err != nil {
					return nil, nil, fmt.Errorf("%w: block %q, action %q: %w", ErrNoSuchElement, id, action, err)
				}
				held[e.field] = read
			}
			if str(b, "type") == "input" {
				if fault := wrong(b, el, held[e.field]); fault != "" {
					faults[id] = fault
				}
			}
			if state[id] == nil {
				state[id] = make(object)
			}
			state[id][action] = held
		}
	}
	given := 0
	for _, actions := range values {
		given += len(actions)
	}
	if used != given {
		return nil, nil, fmt.Errorf("%w: a value has no field in the modal", ErrNoSuchElement)
	}
	return state, faults, nil
}

// current is what an element holds before anything new is entered: what was
// entered earlier, else what it starts with.
func (v *view) current(block, action string, e entry, el object) any {
	if held := obj(v.state[block], action); held != nil {
		return held[e.field]
	}
	if initial, ok := el[e.initial]; ok {
		return initial
	}
	if strings.HasSuffix(e.field, "s") {
		return []any{}
	}
	return nil
}

// wrong is what the client says about a field before it submits, or "".
func wrong(block, el object, held any) string {
	text, isText := held.(string)
	options, isList := held.([]any)
	if held == nil || isText && text == "" || isList && len(options) == 0 {
		if truth(block["optional"]) {
			return ""
		}
		return "This field is required."
	}
	if str(el, "type") != "plain_text_input" {
		return ""
	}
	n := utf8.RuneCountInString(text)
	if most, ok := number(el["max_length"]); ok && n > most {
		return fmt.Sprintf("At most %d characters.", most)
	}
	if least, ok := number(el["min_length"]); ok && n < least {
		return fmt.Sprintf("At least %d characters.", least)
	}
	return ""
}

func number(v any) (int, bool) {
	n, ok := v.(json.Number)
	if !ok {
		return 0, false
	}
	i, err := strconv.Atoi(n.String())
	return i, err == nil
}

func readText(_ object, v any) (any, error) {
	text, ok := v.(string)
	if !ok {
		return nil, fmt.Errorf("want a string, got %T", v)
	}
	if text == "" {
		return nil, nil // an empty field is null
	}
	return text, nil
}

func readTexts(_ object, v any) (any, error) {
	texts, ok := v.([]string)
	if !ok {
		return nil, fmt.Errorf("want a []string, got %T", v)
	}
	list := []any{}
	for _, t := range texts {
		list = append(list, t)
	}
	return list, nil
}

func readAny(_ object, v any) (any, error) { return v, nil }

func readOption(el object, v any) (any, error) {
	switch v := v.(type) {
	case nil:
		return nil, nil
	case string:
		return choose(el, func(o object) bool { return str(o, "value") == v || str(obj(o, "text"), "text") == v })
	case Option:
		if el["options"] == nil && el["option_groups"] == nil {
			return v.wire(), nil
		}
		return choose(el, func(o object) bool { return str(o, "value") == v.Value })
	}
	return nil, fmt.Errorf("want an Option, got %T", v)
}

func readOptions(el object, v any) (any, error) {
	var each []any
	switch v := v.(type) {
	case []Option:
		for _, o := range v {
			each = append(each, o)
		}
	case []string:
		for _, o := range v {
			each = append(each, o)
		}
	default:
		return nil, fmt.Errorf("want a []Option, got %T", v)
	}
	list := []any{}
	for _, one := range each {
		o, err := readOption(el, one)
		if err != nil {
			return nil, err
		}
		list = append(list, o)
	}
	return list, nil
}

// choose returns the option of an element for which match holds.
func choose(el object, match func(object) bool) (any, error) {
	all := objects(el, "options")
	for _, group := range objects(el, "option_groups") {
		all = append(all, objects(group, "options")...)
	}
	i := slices.IndexFunc(all, match)
	if i < 0 {
		return nil, fmt.Errorf("not among its %d options", len(all))
	}
	return all[i], nil
}

func (o Option) wire() object {
	w := object{"text": object{"type": "plain_text", "text": o.Text, "emoji": true}, "value": o.Value}
	if o.Description != "" {
		w["description"] = object{"type": "plain_text", "text": o.Description, "emoji": true}
	}
	return w
}
