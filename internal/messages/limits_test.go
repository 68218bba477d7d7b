package messages_test

import (
	"encoding/json"
	"strings"
	"testing"
	"unicode/utf8"

	"latchkey/internal/chat/chattest"
)

// limits are what Slack takes at most of each field, in characters, by the kind
// of object and the name of the field.
var limits = map[string]map[string]int{
	"header":           {"text": 150, "block_id": 255},
	"section":          {"text": 3000, "block_id": 255},
	"context":          {"block_id": 255},
	"actions":          {"block_id": 255},
	"divider":          {"block_id": 255},
	"input":            {"label": 2000, "hint": 2000, "block_id": 255},
	"mrkdwn":           {"text": 3000},
	"plain_text":       {"text": 3000},
	"button":           {"text": 75, "value": 2000, "action_id": 255, "accessibility_label": 75},
	"confirm":          {"title": 100, "text": 300, "confirm": 30, "deny": 30},
	"option":           {"text": 75, "value": 150, "description": 75},
	"plain_text_input": {"placeholder": 150, "action_id": 255, "initial_value": 3000},
	"external_select":  {"placeholder": 150, "action_id": 255}, "multi_external_select": {"placeholder": 150, "action_id": 255},
	"modal": {"title": 24, "submit": 24, "close": 24, "callback_id": 255, "private_metadata": 3000},
}

// most is how many entries a list may have.
var most = map[string]int{"context.elements": 10, "actions.elements": 25, "section.fields": 10}

func checkView(t *testing.T, view map[string]any) {
	t.Helper()
	checkFields(t, "modal", view)
	hasInput := false
	for _, b := range items(view["blocks"]) {
		o, _ := b.(map[string]any)
		hasInput = hasInput || o["type"] == "input"
	}
	if hasInput && view["submit"] == nil {
		t.Error("a view with inputs needs a submit button")
	}
}

func checkBlocks(t *testing.T, blocks any, atMost int) {
	t.Helper()
	list := items(blocks)
	if len(list) == 0 || len(list) > atMost {
		t.Errorf("%d blocks, want 1 to %d", len(list), atMost)
	}
	ids := map[any]bool{}
	for _, x := range list {
		block, _ := x.(map[string]any)
		if id, ok := block["block_id"]; ok {
			if ids[id] {
				t.Errorf("the block_id %v is used twice", id)
			}
			ids[id] = true
		}
		actions := map[any]bool{}
		for _, e := range items(block["elements"]) {
			o, _ := e.(map[string]any)
			if id, ok := o["action_id"]; ok {
				if actions[id] {
					t.Errorf("the action_id %v is used twice in a block", id)
				}
				actions[id] = true
			}
		}
		checkObject(t, "", block)
	}
}

// checkObject checks an object and all within it.
func checkObject(t *testing.T, as string, o map[string]any) {
	t.Helper()
	if kind, ok := o["type"].(string); ok {
		as = kind
	}
	checkFields(t, as, o)
	for key, v := range o {
		switch v := v.(type) {
		case map[string]any:
			inner := key
			if key == "initial_option" {
				inner = "option"
			}
			checkObject(t, inner, v)
		case []any:
			if n, ok := most[as+"."+key]; ok && len(v) > n {
				t.Errorf("%s.%s has %d entries, want at most %d", as, key, len(v), n)
			}
			for _, x := range v {
				if inner, ok := x.(map[string]any); ok {
					checkObject(t, "option", inner)
				}
			}
		}
	}
}

func checkFields(t *testing.T, as string, o map[string]any) {
	t.Helper()
	for field, n := range limits[as] {
		s, ok := o[field].(string)
		if !ok {
			s = textOf(o[field])
		}
		if size := utf8.RuneCountInString(s); size > n {
			t.Errorf("%s.%s has %d characters, want at most %d", as, field, size, n)
		}
	}
	if (as == "mrkdwn" || as == "plain_text") && o["text"] == "" {
		t.Errorf("an empty %s", as)
	}
	if aloud, ok := o["accessibility_label"].(string); ok && as == "button" {
		shown := strings.TrimRight(textOf(o["text"]), " …")
		if !strings.Contains(strings.ToLower(aloud), strings.ToLower(shown)) {
			t.Errorf("a button shows %q and is read as %q, which does not contain it", shown, aloud)
		}
	}
	if as == "mrkdwn" && o["verbatim"] != true {
		t.Errorf("formatted text must be verbatim: %v", o["text"])
	}
}

// checkSurface asks the stand-in for Slack, which knows the schema and the
// limits, what it would refuse: "message" is for a list of blocks, "modal" and
// "home" are for views.
func checkSurface(t *testing.T, surface string, v any) {
	t.Helper()
	raw, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	for _, fault := range chattest.Check(surface, raw) {
		t.Errorf("Slack would refuse this %s: %s", surface, fault)
	}
}
