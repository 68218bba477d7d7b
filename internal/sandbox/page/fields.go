package page

import (
	"encoding/json"
	"net/url"
	"slices"
	"strings"
	"time"

	"latchkey/internal/chat/chattest"
)

// fieldName names the form field of an element. Escaping keeps ids that hold a
// slash apart.
func fieldName(kind, blockID, actionID string) string {
	return kind + "/" + url.PathEscape(blockID) + "/" + url.PathEscape(actionID)
}

// fieldIDs undoes fieldName.
func fieldIDs(name string) (blockID, actionID string, ok bool) {
	parts := strings.Split(name, "/")
	if len(parts) != 3 {
		return "", "", false
	}
	blockID, err1 := url.PathUnescape(parts[1])
	actionID, err2 := url.PathUnescape(parts[2])
	return blockID, actionID, err1 == nil && err2 == nil
}

// An external select's choice is known to nobody but the app, so the form
// carries all of it.
type packed struct {
	Value string `json:"v"`
	Text  string `json:"t"`
	What  string `json:"d,omitempty"`
}

func packOption(value, text, what string) string {
	data, err := json.Marshal(packed{value, text, what})
	if err != nil {
		return "" // unreachable: strings always marshal
	}
	return string(data)
}

// offer is a choice of an external select.
func offer(value, text, what string, on bool) choice {
	return choice{Value: packOption(value, text, what), Label: unescape(text), What: unescape(what), On: on}
}

func unpackOption(s string) (packed, bool) {
	var p packed
	return p, json.Unmarshal([]byte(s), &p) == nil
}

// enteredOptions is what a form says is chosen in an element.
func enteredOptions(e element, values []string) []option {
	var list []option
	for _, v := range values {
		switch {
		case v == "":
		case strings.HasSuffix(e.Type, "external_select"):
			if p, ok := unpackOption(v); ok {
				o := option{Value: p.Value, Text: &text{Text: p.Text}}
				if p.What != "" {
					o.Description = &text{Text: p.What}
				}
				list = append(list, o)
			}
		default:
			list = append(list, option{Value: v})
		}
	}
	return list
}

// entered reads the fields of a modal from a form. Elements that the page does
// not draw as fields are left as they are.
func entered(def viewDef, form url.Values) map[string]map[string]any {
	values := make(map[string]map[string]any)
	def.each(func(blockID string, e element) {
		v, ok := enteredValue(e, form[fieldName("v", blockID, e.ActionID)])
		if !ok {
			return
		}
		if values[blockID] == nil {
			values[blockID] = make(map[string]any)
		}
		values[blockID][e.ActionID] = v
	})
	return values
}

// enteredValue is what the stand-in takes for an element that holds what a form
// gave, and false for an element that is no field.
func enteredValue(e element, given []string) (any, bool) {
	switch e.Type {
	case "plain_text_input", "email_text_input", "number_input", "url_text_input":
		// A form ends its lines as mail does; Slack does not.
		return strings.ReplaceAll(strings.Join(given, ""), "\r\n", "\n"), true
	case "rich_text_input":
		return richEntered(strings.ReplaceAll(strings.Join(given, ""), "\r\n", "\n")), true
	case "datepicker", "timepicker", "users_select", "conversations_select", "channels_select":
		return strings.Join(given, ""), true
	case "datetimepicker":
		return momentEntered(strings.Join(given, ""))
	case "multi_users_select", "multi_conversations_select", "multi_channels_select":
		return slices.DeleteFunc(slices.Clone(given), func(id string) bool { return id == "" }), true
	}
	options := []chattest.Option{}
	for _, o := range enteredOptions(e, given) {
		options = append(options, chattest.Option{Value: o.Value, Text: o.Text.raw(), Description: o.Description.raw()})
	}
	switch e.Type {
	case "multi_static_select", "multi_external_select", "checkboxes":
		return options, true
	case "static_select", "external_select", "radio_buttons":
		if len(options) == 0 {
			return nil, true
		}
		return options[0], true
	}
	return nil, false
}

// momentEntered reads a date and a time in UTC, which is what the page shows.
func momentEntered(given string) (any, bool) {
	at, err := time.Parse(localLayout, given)
	return at.Unix(), err == nil
}

// richEntered is plain text as rich text, or nil for none.
func richEntered(given string) any {
	if given == "" {
		return nil
	}
	type object = map[string]any
	return object{"type": "rich_text", "elements": []any{
		object{"type": "rich_text_section", "elements": []any{object{"type": "text", "text": given}}},
	}}
}

// A pick is a choice of an overflow menu, all of which one button's value holds.
type pick struct {
	Press string `json:"p"`
	Value string `json:"v"`
}

func packPick(press, value string) string {
	data, err := json.Marshal(pick{press, value})
	if err != nil {
		return "" // unreachable: strings always marshal
	}
	return string(data)
}

// each visits every element of a modal.
func (def viewDef) each(visit func(blockID string, e element)) {
	for _, raw := range def.Blocks {
		var b block
		if json.Unmarshal(raw, &b) != nil {
			continue
		}
		b.each(func(e element) { visit(b.BlockID, e) })
	}
}

// each visits the elements that a person can act on.
func (b block) each(visit func(e element)) {
	if b.Accessory != nil {
		visit(*b.Accessory)
	}
	if b.Element != nil {
		visit(*b.Element)
	}
	var parts []json.RawMessage
	switch b.Type {
	case "actions", "context_actions":
		parts = b.Elements
	case "card":
		parts = b.Actions
	}
	for _, raw := range parts {
		var e element
		if json.Unmarshal(raw, &e) == nil {
			visit(e)
		}
	}
}
