package chattest

// A rule says what holds for one field of a kind of object. A path such as
// "text.text" leads through objects, and through every item of a list.
type rule struct {
	path     string
	must     bool
	min, max int      // characters of a text, items of a list, or a number; max 0 means no limit
	number   bool     // the field is a number
	oneOf    []string // allowed texts
	kinds    []string // allowed types of the typed objects here
	as       string   // the kind of the untyped objects here
}

var (
	anyText   = []string{"plain_text", "mrkdwn"}
	plainText = []string{"plain_text"}

	messageBlocks = []string{"actions", "context", "context_actions", "divider", "file", "header", "image", "markdown", "rich_text", "section", "table", "video"}
	modalBlocks   = []string{"actions", "context", "divider", "header", "image", "input", "markdown", "rich_text", "section", "table", "video"}

	selects = []string{
		"channels_select", "conversations_select", "external_select", "static_select", "users_select",
		"multi_channels_select", "multi_conversations_select", "multi_external_select", "multi_static_select", "multi_users_select",
	}
	pickers        = append([]string{"checkboxes", "datepicker", "datetimepicker", "radio_buttons", "timepicker"}, selects...)
	actionElements = append([]string{"button", "overflow", "rich_text_input", "workflow_button"}, pickers...)
	accessories    = append([]string{"button", "image", "overflow", "workflow_button"}, pickers...)
	inputElements  = append([]string{"email_text_input", "file_input", "number_input", "plain_text_input", "rich_text_input", "url_text_input"}, pickers...)
)

// anyKind holds for every typed object below a surface.
var anyKind = []rule{{path: "block_id", max: 255}, {path: "action_id", max: 255}}

// kinds are the rules by kind. The kinds "message", "modal" and "home" are the
// surfaces, where a check begins.
var kinds = map[string][]rule{
	"message": {{path: "blocks", max: 50, kinds: messageBlocks}},
	"modal": {
		{path: "type", must: true, oneOf: []string{"modal"}},
		{path: "title", must: true, kinds: plainText}, {path: "title.text", max: 24},
		{path: "submit", kinds: plainText}, {path: "submit.text", max: 24},
		{path: "close", kinds: plainText}, {path: "close.text", max: 24},
		{path: "private_metadata", max: 3000}, {path: "callback_id", max: 255}, {path: "external_id", max: 255},
		{path: "blocks", must: true, min: 1, max: 100, kinds: modalBlocks},
	},
	"home": {
		{path: "type", must: true, oneOf: []string{"home"}},
		{path: "private_metadata", max: 3000}, {path: "callback_id", max: 255}, {path: "external_id", max: 255},
		{path: "blocks", must: true, max: 100, kinds: modalBlocks},
	},

	"plain_text": {{path: "text", must: true, min: 1, max: 3000}},
	"mrkdwn":     {{path: "text", must: true, min: 1, max: 3000}},

	"actions": {{path: "elements", must: true, min: 1, max: 25, kinds: actionElements}},
	"context": {{path: "elements", must: true, min: 1, max: 10, kinds: append([]string{"image"}, anyText...)}},
	"divider": {},
	"header":  {{path: "text", must: true, kinds: plainText}, {path: "text.text", max: 150}},
	"image": {
		{path: "alt_text", must: true, max: 2000}, {path: "image_url", min: 1, max: 3000}, {path: "title", kinds: plainText},
	},
	"input": {
		{path: "label", must: true, kinds: plainText}, {path: "label.text", max: 2000},
		{path: "hint", kinds: plainText}, {path: "hint.text", max: 2000},
		{path: "element", must: true, kinds: inputElements},
	},
	"markdown":  {{path: "text", must: true, min: 1, max: 12000}},
	"rich_text": {{path: "elements", must: true}},
	"section": {
		{path: "text", kinds: anyText},
		{path: "fields", min: 1, max: 10, kinds: anyText}, {path: "fields.text", max: 2000},
		{path: "accessory", kinds: accessories},
	},
	"context_actions": {{path: "elements", must: true, min: 1, max: 5}},
	"table":           {{path: "rows", must: true, min: 1, max: 100}},
	"video":           {{path: "alt_text", must: true, min: 1, max: 200}, {path: "title", must: true, kinds: plainText}, {path: "title.text", max: 200}},

	"button": {
		{path: "text", must: true, kinds: plainText}, {path: "text.text", max: 75},
		{path: "value", max: 2000}, {path: "url", max: 3000}, {path: "accessibility_label", max: 75},
		{path: "style", oneOf: []string{"primary", "danger"}}, {path: "confirm", as: "confirm"},
	},
	"confirm": {
		{path: "title", must: true, kinds: plainText}, {path: "title.text", max: 100},
		{path: "text", must: true, kinds: anyText}, {path: "text.text", max: 300},
		{path: "confirm", kinds: plainText}, {path: "confirm.text", max: 30},
		{path: "deny", kinds: plainText}, {path: "deny.text", max: 30},
		{path: "style", oneOf: []string{"primary", "danger"}},
	},
	"option": {
		{path: "text", must: true, kinds: anyText}, {path: "text.text", max: 75},
		{path: "value", must: true, max: 150}, {path: "description.text", max: 75}, {path: "url", max: 3000},
	},
	"option_group": {
		{path: "label", must: true, kinds: plainText}, {path: "label.text", max: 75},
		{path: "options", must: true, min: 1, max: 100, as: "option"},
	},

	"channels_select":            placed(),
	"conversations_select":       placed(),
	"users_select":               placed(),
	"external_select":            placed(rule{path: "initial_option", as: "option"}),
	"static_select":              placed(optionRules(100)...),
	"multi_channels_select":      placed(),
	"multi_conversations_select": placed(),
	"multi_users_select":         placed(),
	"multi_external_select":      placed(rule{path: "initial_options", as: "option"}),
	"multi_static_select":        placed(optionRules(100)...),
	"overflow":                   {{path: "options", must: true, min: 1, max: 5, as: "option"}, {path: "confirm", as: "confirm"}},
	"checkboxes":                 {{path: "options", must: true, min: 1, max: 10, as: "option"}, {path: "confirm", as: "confirm"}},
	"radio_buttons":              {{path: "options", must: true, min: 1, max: 10, as: "option"}, {path: "confirm", as: "confirm"}},
	"datepicker":                 placed(),
	"timepicker":                 placed(),
	"datetimepicker":             {},
	"email_text_input":           placed(),
	"number_input":               placed(),
	"url_text_input":             placed(),
	"plain_text_input":           placed(rule{path: "min_length", number: true, max: 3000}, rule{path: "max_length", number: true, min: 1, max: 3000}),
	"rich_text_input":            placed(),
	"file_input":                 {{path: "max_files", number: true, min: 1, max: 10}},
	"workflow_button":            {{path: "text", must: true, kinds: plainText}, {path: "text.text", max: 75}},
}

// placed are the rules of an element that may have a placeholder.
func placed(more ...rule) []rule {
	return append([]rule{
		{path: "placeholder", kinds: plainText}, {path: "placeholder.text", max: 150}, {path: "confirm", as: "confirm"},
	}, more...)
}

func optionRules(most int) []rule {
	return []rule{
		{path: "options", max: most, as: "option"},
		{path: "option_groups", max: most, as: "option_group"},
		{path: "initial_option", as: "option"}, {path: "initial_options", as: "option"},
	}
}
