package chattest_test

import (
	"fmt"
	"strings"
	"testing"
)

func TestBlocksAreChecked(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	button := func(more string) string {
		return `[{"type":"actions","elements":[{"type":"button","text":{"type":"plain_text","text":"Go"}` + more + `}]}]`
	}
	section := func(text string) string {
		return `{"type":"section","text":{"type":"mrkdwn","text":"` + text + `"}}`
	}
	long := func(n int) string { return strings.Repeat("é", n) }
	tests := []struct{ name, blocks, want, message string }{
		{"NotJSON", `[{`, "invalid_blocks_format", ""},
		{"NotAList", `{"type":"divider"}`, "invalid_blocks_format", ""},
		{"NotAnObject", `[1]`, "invalid_blocks", "/blocks/0"},
		{"UnknownType", `[{"type":"nope"}]`, "invalid_blocks", "unsupported type: nope [json-pointer:/blocks/0]"},
		{"InputInMessage", `[{"type":"input","label":{"type":"plain_text","text":"L"},"element":{"type":"plain_text_input"}}]`, "", ""},
		{"FiftyBlocks", "[" + strings.Repeat(`{"type":"divider"},`, 49) + `{"type":"divider"}]`, "", ""},
		{"FiftyOneBlocks", "[" + strings.Repeat(`{"type":"divider"},`, 50) + `{"type":"divider"}]`, "invalid_blocks", "no more than 50 items allowed [json-pointer:/blocks]"},
		{"LongestText", "[" + section(long(3000)) + "]", "", ""},
		{"TextTooLong", "[" + section(long(3001)) + "]", "invalid_blocks", "must be less than 3001 characters [json-pointer:/blocks/0/text/text]"},
		{"EmptyText", "[" + section("") + "]", "invalid_blocks", "must be more than 0 characters"},
		{"TextIsNumber", `[{"type":"section","text":{"type":"mrkdwn","text":5}}]`, "invalid_blocks", "must not be the number"},
		{"SectionOfNothing", `[{"type":"section"}]`, "invalid_blocks", "missing required field: text"},
		{"TooMuchInAll", "[" + strings.Repeat(section(long(3000))+",", 4) + section(long(3000)) + "]", "msg_blocks_too_long", ""},
		{"HeaderTooLong", `[{"type":"header","text":{"type":"plain_text","text":"` + long(151) + `"}}]`, "invalid_blocks", "/blocks/0/text/text"},
		{"HeaderOfMarkdown", `[{"type":"header","text":{"type":"mrkdwn","text":"h"}}]`, "invalid_blocks", "unsupported type: mrkdwn"},
		{"ButtonTooLong", strings.ReplaceAll(button(""), `"Go"`, `"`+long(76)+`"`), "invalid_blocks", "must be less than 76 characters"},
		{"LongestValue", button(`,"value":"` + long(2000) + `"`), "", ""},
		{"ValueTooLong", button(`,"value":"` + long(2001) + `"`), "invalid_blocks", "/blocks/0/elements/0/value"},
		{"Style", button(`,"style":"default"`), "invalid_blocks", "must be one of primary, danger"},
		{"ActionIDTooLong", button(`,"action_id":"` + long(256) + `"`), "invalid_blocks", "/elements/0/action_id"},
		{"ConfirmWithoutText", button(`,"confirm":{"title":{"type":"plain_text","text":"Sure"}}`), "invalid_blocks", "/confirm"},
		{"SameActionID", `[{"type":"actions","elements":[{"type":"button","action_id":"a","text":{"type":"plain_text","text":"1"}},{"type":"button","action_id":"a","text":{"type":"plain_text","text":"2"}}]}]`, "invalid_blocks", "`action_id`"},
		{"SameBlockID", `[{"type":"divider","block_id":"b"},{"type":"divider","block_id":"b"}]`, "invalid_blocks", "`block_id`"},
		{"TextInputInActions", `[{"type":"actions","elements":[{"type":"plain_text_input"}]}]`, "invalid_blocks", "unsupported type: plain_text_input"},
		{"ElementsAreNoList", `[{"type":"actions","elements":{"type":"button"}}]`, "invalid_blocks", "must provide an array"},
		{"AccessoryIsAList", `[{"type":"section","text":{"type":"mrkdwn","text":"t"},"accessory":[]}]`, "invalid_blocks", "must provide an object"},
		{"FieldTooLong", `[{"type":"section","fields":[{"type":"mrkdwn","text":"` + long(2001) + `"}]}]`, "invalid_blocks", "/blocks/0/fields/0/text"},
		{"Overflow", `[{"type":"section","text":{"type":"mrkdwn","text":"t"},"accessory":{"type":"overflow","options":[` + strings.TrimSuffix(strings.Repeat(`{"text":{"type":"plain_text","text":"o"},"value":"v"},`, 6), ",") + `]}}]`, "invalid_blocks", "no more than 5 items allowed"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			answer := w.call("chat.postMessage", "channel", "C-OPEN", "text", "t", "blocks", tt.blocks)
			if code, _ := answer["error"].(string); code != tt.want {
				t.Fatalf("answer = %v, want %q", answer, tt.want)
			}
			if got := fmt.Sprint(at(answer, "response_metadata", "messages")); tt.message != "" && !strings.Contains(got, tt.message) {
				t.Errorf("messages = %s, want %q in them", got, tt.message)
			}
		})
	}
}

func TestViewsAreChecked(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	d, err := w.Slash(t.Context(), "U-ANA", "C-OPEN", "/access", "request")
	if err != nil {
		t.Fatal(err)
	}
	const title = `"type":"modal","title":{"type":"plain_text","text":"T"}`
	const input = `{"type":"input","label":{"type":"plain_text","text":"L"},"element":{"type":"plain_text_input"}}`
	tests := []struct{ name, view, want, message string }{
		{"NotJSON", `{`, "invalid_arguments", "no JSON object"},
		{"Null", `null`, "invalid_arguments", "no JSON object"},
		{"NoTitle", `{"type":"modal","blocks":[{"type":"divider"}]}`, "invalid_arguments", "missing required field: title"},
		{"LongTitle", `{"type":"modal","title":{"type":"plain_text","text":"` + strings.Repeat("t", 25) + `"},"blocks":[{"type":"divider"}]}`, "invalid_arguments", "must be less than 25 characters"},
		{"NoBlocks", `{` + title + `,"blocks":[]}`, "invalid_arguments", "/view/blocks"},
		{"TooManyBlocks", `{` + title + `,"blocks":[` + strings.Repeat(`{"type":"divider"},`, 100) + `{"type":"divider"}]}`, "invalid_arguments", "no more than 100 items allowed"},
		{"InputWithoutSubmit", `{` + title + `,"blocks":[` + input + `]}`, "invalid_arguments", "missing required field: submit"},
		{"Home", `{"type":"home","blocks":[{"type":"divider"}]}`, "invalid_arguments", "must be one of modal"},
		{"LongMetadata", `{` + title + `,"private_metadata":"` + strings.Repeat("m", 3001) + `","blocks":[{"type":"divider"}]}`, "invalid_arguments", "must be less than 3001 characters"},
		{"MaxLength", `{` + title + `,"submit":{"type":"plain_text","text":"S"},"blocks":[{"type":"input","label":{"type":"plain_text","text":"L"},"element":{"type":"plain_text_input","max_length":3001}}]}`, "invalid_arguments", "max_length"},
		{"TooLarge", `{` + title + `,"x":"` + strings.Repeat("x", 250_000) + `"}`, "view_too_large", ""},
		{"Good", `{` + title + `,"submit":{"type":"plain_text","text":"S"},"blocks":[` + input + `]}`, "", ""},
	}
	for _, tt := range tests {
		answer := w.call("views.open", "trigger_id", d.ID, "view", tt.view)
		if code, _ := answer["error"].(string); code != tt.want {
			t.Errorf("%s: answer = %v, want %q", tt.name, answer, tt.want)
		}
		if got := fmt.Sprint(at(answer, "response_metadata", "messages")); tt.message != "" && !strings.Contains(got, tt.message) {
			t.Errorf("%s: messages = %s, want %q in them", tt.name, got, tt.message)
		}
	}
}

func TestBlocksAreCompleted(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	answer := w.must("chat.postMessage", "channel", "C-OPEN", "text", "t", "blocks",
		`[{"type":"actions","elements":[{"type":"button","text":{"type":"plain_text","text":"a & <b>"}}]},{"type":"divider"}]`)
	blocks := at(answer, "message", "blocks")
	first, second := at(blocks, 0, "block_id"), at(blocks, 1, "block_id")
	if first == nil || second == nil || first == second || at(blocks, 0, "elements", 0, "action_id") == nil {
		t.Errorf("blocks = %v, want ids filled in", blocks)
	}
	same(t, "text", at(blocks, 0, "elements", 0, "text"), map[string]any{"type": "plain_text", "text": "a & <b>", "emoji": true})
	if m := w.last("U-ANA", "C-OPEN"); !strings.Contains(string(m.Blocks), "a & <b>") {
		t.Errorf("kept blocks = %s, want the text as it was sent", m.Blocks)
	}
}
