package chattest_test

import (
	"fmt"
	"strings"
	"testing"

	"latchkey/internal/chat/chattest"
)

// Pieces of surfaces. A text holds what is put in for %s.
const (
	plain    = `{"type":"plain_text","text":"%s"}`
	goButton = `{"type":"button","text":{"type":"plain_text","text":"Go"}`
	likeness = `{"type":"image","alt_text":"a","image_url":"https://example.com/a.png"`
	moving   = `{"type":"video","video_url":"https://example.com/v","thumbnail_url":"https://example.com/t"`
)

func letters(n int) string { return strings.Repeat("é", n) }

// copies writes a list of n different things; what says %d is numbered.
func copies(thing string, n int) string {
	list := make([]string, n)
	for i := range list {
		list[i] = strings.ReplaceAll(thing, "%d", fmt.Sprint(i))
	}
	return "[" + strings.Join(list, ",") + "]"
}

func block(body string) string { return "[" + body + "]" }
func actions(el string) string { return `[{"type":"actions","elements":[` + el + `]}]` }
func lettered(form string) func(int) string {
	return func(n int) string { return strings.ReplaceAll(form, "%s", letters(n)) }
}
func counted(before, thing, after string) func(int) string {
	return func(n int) string { return before + copies(thing, n) + after }
}
func numbered(form string) func(int) string {
	return func(n int) string { return strings.ReplaceAll(form, "%d", fmt.Sprint(n)) }
}

// A limit is the greatest (or smallest) n for which a surface is accepted, and
// where it is refused beyond.
type limit struct {
	name, surface string
	most, least   int
	with          func(n int) string
	at            string
}

const (
	numberedOption = `{"text":{"type":"plain_text","text":"o%d"},"value":"v%d"}`
	confirmed      = goButton + `,"confirm":{"title":{"type":"plain_text","text":"T"},"text":{"type":"plain_text","text":"X"}`
	titled         = `{"type":"modal","title":{"type":"plain_text","text":"T"}`
	asking         = `{"type":"input","label":{"type":"plain_text","text":"L"},"element":`
	divider        = `[{"type":"divider"}]`
	table          = `[{"type":"table","rows":`
	cell           = `{"type":"raw_text","text":"c"}`
)

var limits = []limit{
	{"Blocks", "message", 50, 0, counted("", `{"type":"divider"}`, ""), "/blocks"},
	{"BlockID", "message", 255, 0, lettered(`[{"type":"divider","block_id":"%s"}]`), "/blocks/0/block_id"},
	{"ActionID", "message", 255, 0, lettered(actions(goButton + `,"action_id":"%s"}`)), "/blocks/0/elements/0/action_id"},
	{"SectionText", "message", 3000, 1, lettered(`[{"type":"section","text":` + plain + `}]`), "/blocks/0/text/text"},
	{"SectionFields", "message", 10, 1, counted(`[{"type":"section","fields":`, `{"type":"mrkdwn","text":"f"}`, `}]`), "/blocks/0/fields"},
	{"SectionField", "message", 2000, 1, lettered(`[{"type":"section","fields":[` + plain + `]}]`), "/blocks/0/fields/0/text"},
	{"Header", "message", 150, 1, lettered(`[{"type":"header","text":` + plain + `}]`), "/blocks/0/text/text"},
	{"ContextElements", "message", 10, 1, counted(`[{"type":"context","elements":`, `{"type":"mrkdwn","text":"c"}`, `}]`), "/blocks/0/elements"},
	{"ActionsElements", "message", 25, 1, counted(`[{"type":"actions","elements":`, goButton+`}`, `}]`), "/blocks/0/elements"},
	{"ContextActions", "message", 5, 1, counted(`[{"type":"context_actions","elements":`, `{"type":"icon_button","icon":"trash","text":{"type":"plain_text","text":"R"}}`, `}]`), "/blocks/0/elements"},
	{"VisibleTo", "message", 10, 0, counted(`[{"type":"context_actions","elements":[{"type":"icon_button","icon":"trash","text":{"type":"plain_text","text":"R"},"visible_to_user_ids":`, `"U%d"`, `}]}]`), "/blocks/0/elements/0/visible_to_user_ids"},
	{"ImageAlt", "message", 2000, 0, lettered(`[{"type":"image","image_url":"https://example.com/a.png","alt_text":"%s"}]`), "/blocks/0/alt_text"},
	{"ImageTitle", "message", 2000, 1, lettered(block(likeness + `,"title":` + plain + `}`)), "/blocks/0/title/text"},
	{"ImageURL", "message", 3000, 0, func(n int) string {
		return `[{"type":"image","alt_text":"a","image_url":"https://example.com/` + strings.Repeat("a", max(n-20, 0)) + `"}]`
	}, "/blocks/0/image_url"},
	{"Markdown", "message", 12000, 1, lettered(`[{"type":"markdown","text":"%s"}]`), "/blocks/0/text"},
	{"AllMarkdown", "message", 6000, 1, lettered(`[{"type":"markdown","text":"` + letters(6000) + `"},{"type":"markdown","text":"%s"}]`), "/blocks/1/text"},
	{"TableRows", "message", 100, 1, counted(table, block(cell), `}]`), "/blocks/0/rows"},
	{"TableCells", "message", 20, 1, func(n int) string { return table + `[` + copies(cell, n) + `]}]` }, "/blocks/0/rows/0"},
	{"TableColumns", "message", 20, 0, counted(table+`[[`+cell+`]],"column_settings":`, `{"align":"left"}`, `}]`), "/blocks/0/column_settings"},
	{"VideoAlt", "message", 200, 1, lettered(block(moving + `,"title":{"type":"plain_text","text":"T"},"alt_text":"%s"}`)), "/blocks/0/alt_text"},
	{"VideoTitle", "message", 200, 1, lettered(block(moving + `,"alt_text":"a","title":` + plain + `}`)), "/blocks/0/title/text"},
	{"VideoAuthor", "message", 50, 0, lettered(block(moving + `,"alt_text":"a","title":{"type":"plain_text","text":"T"},"author_name":"%s"}`)), "/blocks/0/author_name"},
	{"VideoProvider", "message", 50, 0, lettered(block(moving + `,"alt_text":"a","title":{"type":"plain_text","text":"T"},"provider_name":"%s"}`)), "/blocks/0/provider_name"},
	{"VideoDescription", "message", 200, 1, lettered(block(moving + `,"alt_text":"a","title":{"type":"plain_text","text":"T"},"description":` + plain + `}`)), "/blocks/0/description/text"},

	{"ButtonText", "message", 75, 1, lettered(actions(`{"type":"button","text":` + plain + `}`)), "/blocks/0/elements/0/text/text"},
	{"ButtonValue", "message", 2000, 0, lettered(actions(goButton + `,"value":"%s"}`)), "/blocks/0/elements/0/value"},
	{"ButtonLabel", "message", 75, 0, lettered(actions(goButton + `,"accessibility_label":"%s"}`)), "/blocks/0/elements/0/accessibility_label"},
	{"ButtonURL", "message", 3000, 0, func(n int) string {
		return actions(goButton + `,"url":"https://example.com/` + strings.Repeat("a", max(n-20, 0)) + `"}`)
	}, "/blocks/0/elements/0/url"},
	{"ConfirmTitle", "message", 100, 1, lettered(actions(goButton + `,"confirm":{"text":{"type":"plain_text","text":"X"},"title":` + plain + `}}`)), "/blocks/0/elements/0/confirm/title/text"},
	{"ConfirmText", "message", 300, 1, lettered(actions(goButton + `,"confirm":{"text":` + plain + `}}`)), "/blocks/0/elements/0/confirm/text/text"},
	{"ConfirmYes", "message", 30, 1, lettered(actions(confirmed + `,"confirm":` + plain + `}}`)), "/blocks/0/elements/0/confirm/confirm/text"},
	{"ConfirmNo", "message", 30, 1, lettered(actions(confirmed + `,"deny":` + plain + `}}`)), "/blocks/0/elements/0/confirm/deny/text"},
	{"FeedbackText", "message", 75, 1, lettered(`[{"type":"context_actions","elements":[{"type":"feedback_buttons","positive_button":{"value":"y","text":` + plain + `},"negative_button":{"value":"n","text":{"type":"plain_text","text":"N"}}}]}]`), "/blocks/0/elements/0/positive_button/text/text"},

	{"OptionText", "message", 75, 1, lettered(actions(`{"type":"static_select","options":[{"value":"v","text":` + plain + `}]}`)), "/blocks/0/elements/0/options/0/text/text"},
	{"OptionValue", "message", 150, 0, lettered(actions(`{"type":"static_select","options":[{"text":{"type":"plain_text","text":"o"},"value":"%s"}]}`)), "/blocks/0/elements/0/options/0/value"},
	{"OptionDescription", "message", 75, 1, lettered(actions(`{"type":"static_select","options":[{"text":{"type":"plain_text","text":"o"},"value":"v","description":` + plain + `}]}`)), "/blocks/0/elements/0/options/0/description/text"},
	{"SelectOptions", "message", 100, 1, counted(`[{"type":"actions","elements":[{"type":"static_select","options":`, numberedOption, `}]}]`), "/blocks/0/elements/0/options"},
	{"SelectGroups", "message", 100, 1, counted(`[{"type":"actions","elements":[{"type":"static_select","option_groups":`, `{"label":{"type":"plain_text","text":"g"},"options":[`+optionA+`]}`, `}]}]`), "/blocks/0/elements/0/option_groups"},
	{"GroupLabel", "message", 75, 1, lettered(actions(`{"type":"static_select","option_groups":[{"options":[` + optionA + `],"label":` + plain + `}]}`)), "/blocks/0/elements/0/option_groups/0/label/text"},
	{"GroupOptions", "message", 100, 1, counted(`[{"type":"actions","elements":[{"type":"static_select","option_groups":[{"label":{"type":"plain_text","text":"g"},"options":`, numberedOption, `}]}]}]`), "/blocks/0/elements/0/option_groups/0/options"},
	{"Placeholder", "message", 150, 1, lettered(actions(`{"type":"users_select","placeholder":` + plain + `}`)), "/blocks/0/elements/0/placeholder/text"},
	{"Overflow", "message", 5, 1, counted(`[{"type":"actions","elements":[{"type":"overflow","options":`, numberedOption, `}]}]`), "/blocks/0/elements/0/options"},
	{"Checkboxes", "message", 10, 1, counted(`[{"type":"actions","elements":[{"type":"checkboxes","options":`, numberedOption, `}]}]`), "/blocks/0/elements/0/options"},
	{"RadioButtons", "message", 10, 1, counted(`[{"type":"actions","elements":[{"type":"radio_buttons","options":`, numberedOption, `}]}]`), "/blocks/0/elements/0/options"},
	{"MostSelected", "message", 0, 1, numbered(actions(`{"type":"multi_users_select","max_selected_items":%d}`)), "/blocks/0/elements/0/max_selected_items"},
	{"Moment", "message", 9_999_999_999, 1_000_000_000, numbered(actions(`{"type":"datetimepicker","initial_date_time":%d}`)), "/blocks/0/elements/0/initial_date_time"},

	{"InputLabel", "message", 2000, 1, lettered(`[{"type":"input","element":{"type":"plain_text_input"},"label":` + plain + `}]`), "/blocks/0/label/text"},
	{"InputHint", "message", 2000, 1, lettered(block(asking + `{"type":"plain_text_input"},"hint":` + plain + `}`)), "/blocks/0/hint/text"},
	{"InputMaxLength", "message", 3000, 1, numbered(block(asking + `{"type":"plain_text_input","max_length":%d}}`)), "/blocks/0/element/max_length"},
	{"InputMinLength", "message", 3000, 0, numbered(block(asking + `{"type":"plain_text_input","min_length":%d}}`)), "/blocks/0/element/min_length"},
	{"InputInitial", "message", 3000, 0, lettered(block(asking + `{"type":"plain_text_input","initial_value":"%s"}}`)), "/blocks/0/element/initial_value"},
	{"InputInitialOfItsOwn", "message", 5, 0, lettered(block(asking + `{"type":"plain_text_input","max_length":5,"initial_value":"%s"}}`)), "/blocks/0/element/initial_value"},
	{"InputMinUnderMax", "message", 5, 0, numbered(block(asking + `{"type":"plain_text_input","max_length":5,"min_length":%d}}`)), "/blocks/0/element/min_length"},
	{"NumberMinUnderMax", "message", 5, 0, numbered(block(asking + `{"type":"number_input","is_decimal_allowed":true,"max_value":"5","min_value":"%d"}}`)), "/blocks/0/element/min_value"},
	{"Files", "message", 10, 1, numbered(block(asking + `{"type":"file_input","max_files":%d}}`)), "/blocks/0/element/max_files"},

	{"ModalBlocks", "modal", 100, 1, counted(titled+`,"blocks":`, `{"type":"divider"}`, `}`), "/view/blocks"},
	{"ModalTitle", "modal", 24, 1, lettered(`{"type":"modal","blocks":` + divider + `,"title":` + plain + `}`), "/view/title/text"},
	{"ModalSubmit", "modal", 24, 1, lettered(titled + `,"blocks":` + divider + `,"submit":` + plain + `}`), "/view/submit/text"},
	{"ModalClose", "modal", 24, 1, lettered(titled + `,"blocks":` + divider + `,"close":` + plain + `}`), "/view/close/text"},
	{"PrivateMetadata", "modal", 3000, 0, lettered(titled + `,"blocks":` + divider + `,"private_metadata":"%s"}`), "/view/private_metadata"},
	{"CallbackID", "modal", 255, 0, lettered(titled + `,"blocks":` + divider + `,"callback_id":"%s"}`), "/view/callback_id"},
	{"ExternalID", "modal", 255, 0, lettered(titled + `,"blocks":` + divider + `,"external_id":"%s"}`), "/view/external_id"},
	{"HomeBlocks", "home", 100, 1, counted(`{"type":"home","blocks":`, `{"type":"divider"}`, `}`), "/view/blocks"},
	{"HomeMetadata", "home", 3000, 0, lettered(`{"type":"home","blocks":` + divider + `,"private_metadata":"%s"}`), "/view/private_metadata"},
	{"HomeCallbackID", "home", 255, 0, lettered(`{"type":"home","blocks":` + divider + `,"callback_id":"%s"}`), "/view/callback_id"},
}

// TestLimits stands on each limit and steps over it.
func TestLimits(t *testing.T) {
	t.Parallel()
	for _, l := range limits {
		t.Run(l.name, func(t *testing.T) {
			t.Parallel()
			for _, n := range []int{l.most, l.least} {
				if got := chattest.Check(l.surface, []byte(l.with(max(n, l.least)))); len(got) > 0 {
					t.Errorf("with %d: %v, want it accepted", n, got)
				}
			}
			if l.most > 0 {
				refusedAt(t, chattest.Check(l.surface, []byte(l.with(l.most+1))), l.at)
			}
			if l.least > 0 {
				refusedAt(t, chattest.Check(l.surface, []byte(l.with(l.least-1))), l.at)
			}
		})
	}
}

func refusedAt(t *testing.T, faults []string, at string) {
	t.Helper()
	if !strings.Contains(strings.Join(faults, "\n")+"\n", "[json-pointer:"+at+"]\n") {
		t.Errorf("faults = %q, want one at %s", faults, at)
	}
}

func TestChecksAreCounted(t *testing.T) {
	t.Parallel()
	defs, rules := chattest.Checks()
	if defs < 80 || rules < 2*len(limits) {
		t.Errorf("Checks = %d, %d; want at least the 80 types of blocks and parts, and the limits tested here", defs, rules)
	}
	t.Logf("%d schema definitions, %d limits", defs, rules)
}
