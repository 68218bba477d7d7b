package chattest_test

import (
	"fmt"
	"strings"
	"testing"

	"latchkey/internal/chat/chattest"
)

// TestFormIsChecked has a row for each way in which a surface can have the
// wrong form, with what Slack says of it.
func TestFormIsChecked(t *testing.T) {
	t.Parallel()
	option := func(el string) string { return actions(`{"type":` + el + `,"options":[` + optionA + `]}`) }
	for _, row := range []struct{ name, surface, json, want string }{
		{"UnknownProperty", "message", `[{"type":"divider","colour":"red"}]`, "invalid additional property: colour [json-pointer:/blocks/0]"},
		{"UnknownInElement", "message", actions(goButton + `,"size":2}`), "invalid additional property: size [json-pointer:/blocks/0/elements/0]"},
		{"UnknownInText", "message", `[{"type":"header","text":{"type":"plain_text","text":"h","bold":true}}]`, "invalid additional property: bold [json-pointer:/blocks/0/text]"},
		{"VerbatimPlainText", "message", `[{"type":"header","text":{"type":"plain_text","text":"h","verbatim":true}}]`, "invalid additional property: verbatim"},
		{"WrongType", "message", `[{"type":"section","expand":"yes","text":{"type":"mrkdwn","text":"t"}}]`, "must provide a boolean [json-pointer:/blocks/0/expand]"},
		{"NumberForText", "message", `[{"type":"image","alt_text":7,"image_url":"https://example.com/a"}]`, "[json-pointer:/blocks/0/alt_text]"},
		{"NullField", "message", `[{"type":"section","text":{"type":"mrkdwn","text":"t"},"accessory":null}]`, "[json-pointer:/blocks/0/accessory]"},
		{"NoType", "message", `[{"block_id":"x"}]`, "[json-pointer:/blocks/0]"},
		{"InputElementInActions", "message", actions(`{"type":"number_input","is_decimal_allowed":true}`), "unsupported type: number_input [json-pointer:/blocks/0/elements/0]"},
		{"ButtonInInput", "message", block(asking + goButton + `}}`), "unsupported type: button [json-pointer:/blocks/0/element]"},
		{"ButtonInContext", "message", `[{"type":"context","elements":[` + goButton + `}]}]`, "unsupported type: button"},
		{"MomentBesideSection", "message", `[{"type":"section","text":{"type":"mrkdwn","text":"t"},"accessory":{"type":"datetimepicker"}}]`, "unsupported type: datetimepicker"},
		{"Level", "message", `[{"type":"rich_text","elements":[{"type":"rich_text_list","style":"fancy","elements":[]}]}]`, "must be a valid enum value [json-pointer:/blocks/0/elements/0/style]"},
		{"RichTextOfNothing", "message", `[{"type":"rich_text","elements":[]}]`, "no fewer than 1 items allowed"},
		{"RichTextOfAnything", "message", `[{"type":"rich_text","elements":[{"type":"divider"}]}]`, "unsupported type: divider [json-pointer:/blocks/0/elements/0]"},
		{"DispatchConfig", "message", block(asking + `{"type":"plain_text_input","dispatch_action_config":{"trigger_actions_on":["sometimes"]}}}`), "must be a valid enum value"},
		{"ConversationFilter", "message", actions(`{"type":"conversations_select","filter":{"include":["everything"]}}`), "must be a valid enum value"},
		{"NumberInput", "message", block(asking + `{"type":"number_input"}}`), "missing required field: is_decimal_allowed"},

		{"FileBlock", "message", `[{"type":"file","external_id":"x","source":"remote"}]`, "unsupported type: file"},
		{"AlertBlock", "message", `[{"type":"alert","text":{"type":"plain_text","text":"x"}}]`, "unsupported type: alert"},
		{"FeedbackInModal", "modal", titled + `,"blocks":[{"type":"context_actions","elements":[{"type":"icon_button","icon":"trash","text":{"type":"plain_text","text":"R"}}]}]}`, "unsupported type: context_actions [json-pointer:/view/blocks/0]"},
		{"HomeWithTitle", "home", `{"type":"home","title":{"type":"plain_text","text":"T"},"blocks":` + divider + `}`, "invalid additional property: title [json-pointer:/view]"},
		{"ModalDisabled", "modal", titled + `,"submit_disabled":true,"blocks":` + divider + `}`, "invalid additional property: submit_disabled [json-pointer:/view]"},
		{"ModalOfHome", "modal", `{"type":"home","blocks":` + divider + `}`, "must be one of modal [json-pointer:/view/type]"},
		{"NotifyText", "modal", titled + `,"notify_on_close":"true","blocks":` + divider + `}`, "must provide a boolean [json-pointer:/view/notify_on_close]"},
		{"ModalNeedsSubmit", "modal", titled + `,"blocks":` + block(asking+`{"type":"plain_text_input"}}`) + `}`, "missing required field: submit [json-pointer:/view]"},

		{"ImageWithoutSource", "message", `[{"type":"image","alt_text":"a"}]`, "must provide either image_url or slack_file [json-pointer:/blocks/0]"},
		{"ImageWithTwo", "message", block(likeness + `,"slack_file":{"id":"F1"}}`), "must provide either image_url or slack_file"},
		{"BadImageURL", "message", `[{"type":"image","alt_text":"a","image_url":"a.png"}]`, "invalid url [json-pointer:/blocks/0/image_url]"},
		{"BadButtonURL", "message", actions(goButton + `,"url":"://x"}`), "invalid url"},
		{"BadDate", "message", actions(`{"type":"datepicker","initial_date":"24.11.2026"}`), "invalid date [json-pointer:/blocks/0/elements/0/initial_date]"},
		{"BadTime", "message", actions(`{"type":"timepicker","initial_time":"9:30"}`), "invalid time"},
		{"BadNumber", "message", block(asking + `{"type":"number_input","is_decimal_allowed":false,"min_value":"one"}}`), "invalid number"},
		{"NoOptions", "message", actions(`{"type":"static_select"}`), "must provide either options or option_groups"},
		{"OptionsTwice", "message", actions(`{"type":"static_select","options":[` + optionA + `],"option_groups":[{"label":{"type":"plain_text","text":"g"},"options":[` + optionA + `]}]}`), "must provide either options or option_groups"},
		{"FormattedOption", "message", strings.Replace(option(`"static_select"`), "plain_text", "mrkdwn", 1), "unsupported type: mrkdwn"},
		{"FormattedTick", "message", strings.Replace(option(`"checkboxes"`), "plain_text", "mrkdwn", 1), ""},
		{"InitialElsewhere", "message", actions(`{"type":"static_select","options":[` + optionA + `],"initial_option":` + optionB + `}`), "`initial_option` must match"},
		{"InitialOtherText", "message", actions(`{"type":"radio_buttons","options":[` + optionA + `],"initial_option":{"text":{"type":"plain_text","text":"other"},"value":"a"}}`), "`initial_option` must match"},
		{"InitialsElsewhere", "message", actions(`{"type":"checkboxes","options":[` + optionA + `],"initial_options":[` + optionB + `]}`), "`initial_options` must match"},
		{"InitialInGroup", "message", actions(`{"type":"static_select","option_groups":[{"label":{"type":"plain_text","text":"g"},"options":[` + optionA + `]}],"initial_option":` + optionA + `}`), ""},
		{"TooManyInitials", "message", actions(`{"type":"multi_external_select","max_selected_items":1,"initial_options":[` + optionA + `,` + optionB + `]}`), "no more than 1 items allowed"},
		{"TwoFocused", "modal", titled + `,"submit":{"type":"plain_text","text":"S"},"blocks":[` + asking + `{"type":"plain_text_input","focus_on_load":true}},` + asking + `{"type":"plain_text_input","focus_on_load":true}}]}`, "only one element may have focus_on_load"},

		{"NotJSON", "message", `[`, "not one JSON value"},
		{"TwoValues", "message", `[] []`, "not one JSON value"},
		{"NotAList", "message", `{}`, "must be a list of blocks or a view"},
		{"NotAView", "home", `[]`, "must be a list of blocks or a view"},
		{"NoSurface", "window", `{}`, "unknown surface"},
		{"EveryElement", "message", block(menu), ""},
		{"EveryInput", "message", block(typing + "," + silent), ""},
	} {
		got := fmt.Sprint(chattest.Check(row.surface, []byte(row.json)))
		if row.want == "" && got != "[]" || !strings.Contains(got, row.want) {
			t.Errorf("%s: faults = %s, want %q", row.name, got, row.want)
		}
	}
}

// TestRefusalsReachTheApp follows faults through every door by which a message
// or a view comes in.
func TestRefusalsReachTheApp(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	const bad = `[{"type":"divider","colour":"red"}]`
	ts := w.must("chat.postMessage", "channel", "C-SHARED", "text", "t", "blocks", card)["ts"].(string)
	for _, answer := range []map[string]any{
		w.refused("invalid_blocks", "chat.postMessage", "channel", "C-SHARED", "text", "t", "blocks", bad),
		w.refused("invalid_blocks", "chat.postEphemeral", "channel", "C-SHARED", "user", "U-ANA", "text", "t", "blocks", bad),
		w.refused("invalid_blocks", "chat.update", "channel", "C-SHARED", "ts", ts, "text", "t", "blocks", bad),
	} {
		same(t, "messages", at(answer, "response_metadata", "messages", 0), "[ERROR] invalid additional property: colour [json-pointer:/blocks/0]")
	}
	payload := heard(w)
	if _, err := w.Click(t.Context(), "U-CARLA", "C-SHARED", ts, "approve"); err != nil {
		t.Fatal(err)
	}
	status, answer := w.respond((*payload)["response_url"].(string), `{"text":"t","blocks":`+bad+`}`)
	if status == 200 || answer["error"] != "invalid_blocks" {
		t.Errorf("response_url = %d %v, want invalid_blocks", status, answer)
	}
	w.answer(nil)
	_, id := shown(w, "modal", `{"type":"divider"}`)
	badView := titled + `,"blocks":` + bad + `}`
	for _, answer := range []map[string]any{
		w.refused("invalid_arguments", "views.update", "view_id", id, "view", badView),
		w.refused("invalid_arguments", "views.publish", "user_id", "U-ANA", "view", `{"type":"home","blocks":`+bad+`}`),
	} {
		same(t, "messages", at(answer, "response_metadata", "messages", 0), "[ERROR] invalid additional property: colour [json-pointer:/view/blocks/0]")
	}
	twice := w.refused("invalid_attachments", "chat.postMessage", "channel", "C-SHARED", "text", "t", "blocks",
		`[{"type":"table","rows":[[`+cell+`]]},{"type":"table","rows":[[`+cell+`]]}]`)
	same(t, "two tables", at(twice, "response_metadata", "messages", 0), "[ERROR] only_one_table_allowed")
}
