package chattest

import (
	"net/url"
	"regexp"
	"slices"
)

// A rule says what holds for one field of a kind of object. A path such as
// "text.text" leads through objects, and through every item of a list.
type rule struct {
	path     string
	must     bool
	min, max int               // characters of a text, items of a list, or a number; max 0 means no limit
	number   bool              // the field is a number
	oneOf    []string          // allowed texts
	like     func(string) bool // what a text must look like
	form     string            // names that look in a refusal
	kinds    []string          // allowed types of the typed objects here
	as       string            // the kind of the untyped objects here
	rows     bool              // the field is a list of lists, and max is for each of them
}

// count is how many limits a rule holds.
func (r rule) count() int {
	n := 0
	for _, has := range []bool{r.must, r.min > 0, r.max > 0, r.number, r.oneOf != nil, r.like != nil, r.kinds != nil, r.as != ""} {
		if has {
			n++
		}
	}
	return n
}

var (
	anyText   = []string{"plain_text", "mrkdwn"}
	plainText = []string{"plain_text"}

	// Slack refuses alert, card, carousel, container, plan, task_card and the
	// data blocks in what chat.postMessage and views take; a file block stands
	// only in what it sends.
	everywhere    = []string{"actions", "context", "divider", "header", "image", "input", "rich_text", "section", "video"}
	messageBlocks = append([]string{"context_actions", "markdown", "table"}, everywhere...)
	viewBlocks    = append([]string{"markdown", "table"}, everywhere...)

	selects = []string{
		"channels_select", "conversations_select", "external_select", "static_select", "users_select",
		"multi_channels_select", "multi_conversations_select", "multi_external_select", "multi_static_select", "multi_users_select",
	}
	pickers        = append([]string{"checkboxes", "datepicker", "radio_buttons", "timepicker"}, selects...)
	actionElements = append([]string{"button", "datetimepicker", "overflow", "rich_text_input", "workflow_button"}, pickers...)
	accessories    = append([]string{"button", "image", "overflow", "workflow_button"}, pickers...)
	inputElements  = append([]string{"datetimepicker", "email_text_input", "file_input", "number_input", "plain_text_input", "rich_text_input", "url_text_input"}, pickers...)
	contextActions = []string{"feedback_buttons", "icon_button"}
	tableCells     = []string{"raw_number", "raw_text", "rich_text"}

	styles = []string{"primary", "danger"}
)

// anyKind holds for every typed object below a surface.
var anyKind = []rule{{path: "block_id", max: 255}, {path: "action_id", max: 255}}

// kinds are the rules by kind. The kinds "message", "modal" and "home" are the
// surfaces, where a check begins.
var kinds = map[string][]rule{
	"message": {{path: "blocks", max: 50, kinds: messageBlocks}},
	"modal": append([]rule{
		{path: "type", must: true, oneOf: []string{"modal"}},
		{path: "title", must: true, kinds: plainText}, {path: "title.text", max: 24},
		{path: "submit", kinds: plainText}, {path: "submit.text", max: 24},
		{path: "close", kinds: plainText}, {path: "close.text", max: 24},
	}, viewRules...),
	"home": append([]rule{{path: "type", must: true, oneOf: []string{"home"}}}, viewRules...),

	"plain_text": {{path: "text", must: true, min: 1, max: 3000}},
	"mrkdwn":     {{path: "text", must: true, min: 1, max: 3000}},

	"actions":         {{path: "elements", must: true, min: 1, max: 25, kinds: actionElements}},
	"context":         {{path: "elements", must: true, min: 1, max: 10, kinds: append([]string{"image"}, anyText...)}},
	"context_actions": {{path: "elements", must: true, min: 1, max: 5, kinds: contextActions}},
	"divider":         {},
	"header":          {{path: "text", must: true, kinds: plainText}, {path: "text.text", max: 150}},
	"image": {
		{path: "alt_text", must: true, max: 2000}, {path: "image_url", min: 1, max: 3000, like: webURL, form: "url"},
		{path: "title", kinds: plainText}, {path: "title.text", max: 2000},
	},
	"input": {
		{path: "label", must: true, kinds: plainText}, {path: "label.text", max: 2000},
		{path: "hint", kinds: plainText}, {path: "hint.text", max: 2000},
		{path: "element", must: true, kinds: inputElements},
	},
	"markdown":  {{path: "text", must: true, min: 1, max: maxMarkdown}},
	"rich_text": {{path: "elements", must: true, min: 1}},
	"section": {
		{path: "text", kinds: anyText},
		{path: "fields", min: 1, max: 10, kinds: anyText}, {path: "fields.text", max: 2000},
		{path: "accessory", kinds: accessories},
	},
	"table": {
		{path: "rows", must: true, min: 1, max: 100}, {path: "rows", min: 1, max: 20, rows: true, kinds: tableCells},
		{path: "column_settings", max: 20},
	},
	"raw_text": {{path: "text", must: true, min: 1}},
	"video": {
		{path: "alt_text", must: true, min: 1, max: 200},
		{path: "title", must: true, kinds: plainText}, {path: "title.text", max: 200},
		{path: "author_name", max: 50}, {path: "provider_name", max: 50},
		{path: "description", kinds: plainText}, {path: "description.text", max: 200},
		{path: "video_url", must: true, like: webURL, form: "url"}, {path: "thumbnail_url", must: true, like: webURL, form: "url"},
	},

	"button": {
		{path: "text", must: true, kinds: plainText}, {path: "text.text", max: 75},
		{path: "value", max: 2000}, {path: "url", min: 1, max: 3000, like: anyURL, form: "url"},
		{path: "accessibility_label", max: 75}, {path: "style", oneOf: styles}, {path: "confirm", as: "confirm"},
	},
	"icon_button": {
		{path: "text", must: true, kinds: plainText}, {path: "text.text", max: 75}, {path: "icon", must: true},
		{path: "value", max: 2000}, {path: "accessibility_label", max: 75},
		{path: "visible_to_user_ids", max: 10}, {path: "confirm", as: "confirm"},
	},
	"feedback_buttons": {
		{path: "positive_button", must: true, as: "feedback_button"}, {path: "negative_button", must: true, as: "feedback_button"},
	},
	"feedback_button": {
		{path: "text", must: true, kinds: plainText}, {path: "text.text", max: 75},
		{path: "value", must: true, max: 2000}, {path: "accessibility_label", max: 75},
	},
	"confirm": {
		{path: "title", kinds: plainText}, {path: "title.text", max: 100},
		{path: "text", must: true, kinds: anyText}, {path: "text.text", max: 300},
		{path: "confirm", kinds: plainText}, {path: "confirm.text", max: 30},
		{path: "deny", kinds: plainText}, {path: "deny.text", max: 30},
		{path: "style", oneOf: styles},
	},
	"option":        optionOf(plainText),
	"choice_option": optionOf(anyText), // of checkboxes and radio buttons
	"option_group": {
		{path: "label", must: true, kinds: plainText}, {path: "label.text", max: 75},
		{path: "options", must: true, min: 1, max: 100, as: "option"},
	},

	"channels_select":            placed(),
	"conversations_select":       placed(),
	"users_select":               placed(),
	"external_select":            placed(rule{path: "initial_option", as: "option"}, leastQuery),
	"static_select":              placed(staticRules()...),
	"multi_channels_select":      placed(mostSelected),
	"multi_conversations_select": placed(mostSelected),
	"multi_users_select":         placed(mostSelected),
	"multi_external_select":      placed(rule{path: "initial_options", max: 100, as: "option"}, leastQuery, mostSelected),
	"multi_static_select":        placed(append(staticRules(), mostSelected)...),

	"overflow": {{path: "options", must: true, min: 1, max: 5, as: "option"}, {path: "confirm", as: "confirm"}},
	"checkboxes": {
		{path: "options", must: true, min: 1, max: 10, as: "choice_option"}, {path: "initial_options", min: 1, max: 10, as: "choice_option"},
		{path: "confirm", as: "confirm"},
	},
	"radio_buttons": {
		{path: "options", must: true, min: 1, max: 10, as: "choice_option"}, {path: "initial_option", as: "choice_option"},
		{path: "confirm", as: "confirm"},
	},
	"datepicker":       placed(rule{path: "initial_date", like: isoDate, form: "date"}),
	"timepicker":       placed(rule{path: "initial_time", like: clockTime, form: "time"}),
	"datetimepicker":   {{path: "initial_date_time", number: true, min: 1e9, max: 1e10 - 1}, {path: "confirm", as: "confirm"}},
	"email_text_input": placed(),
	"number_input": placed(
		rule{path: "initial_value", like: decimal, form: "number"},
		rule{path: "min_value", like: decimal, form: "number"}, rule{path: "max_value", like: decimal, form: "number"}),
	"url_text_input": placed(rule{path: "initial_value", like: anyURL, form: "url"}),
	"plain_text_input": placed(
		rule{path: "min_length", number: true, max: 3000}, rule{path: "max_length", number: true, min: 1, max: 3000},
		rule{path: "initial_value", max: 3000}),
	"rich_text_input": placed(),
	"file_input":      {{path: "max_files", number: true, min: 1, max: 10}},
	"workflow_button": {
		{path: "text", must: true, kinds: plainText}, {path: "text.text", max: 75}, {path: "accessibility_label", max: 75},
		{path: "style", oneOf: styles},
	},
}

func optionOf(text []string) []rule {
	return []rule{
		{path: "text", must: true, kinds: text}, {path: "text.text", max: 75}, {path: "value", must: true, max: 150},
		{path: "description", kinds: plainText}, {path: "description.text", max: 75},
		{path: "url", min: 1, max: 3000, like: anyURL, form: "url"},
	}
}

// viewRules hold for modals and Home tabs alike.
var viewRules = []rule{
	{path: "private_metadata", max: 3000}, {path: "callback_id", max: 255}, {path: "external_id", max: 255},
	{path: "blocks", must: true, min: 1, max: 100, kinds: viewBlocks},
}

var (
	mostSelected = rule{path: "max_selected_items", number: true, min: 1, max: 1 << 30}
	leastQuery   = rule{path: "min_query_length", number: true, max: 1 << 30}
)

// placed are the rules of an element that may have a placeholder.
func placed(more ...rule) []rule {
	return append([]rule{
		{path: "placeholder", kinds: plainText}, {path: "placeholder.text", max: 150}, {path: "confirm", as: "confirm"},
	}, more...)
}

// optionRules hold for what a select offers, and for what the app answers when
// it is asked for options.
func optionRules() []rule {
	return []rule{{path: "options", max: 100, as: "option"}, {path: "option_groups", max: 100, as: "option_group"}}
}

func staticRules() []rule {
	list := optionRules()
	for i := range list {
		list[i].min = 1
	}
	return append(list, rule{path: "initial_option", as: "option"}, rule{path: "initial_options", min: 1, max: 100, as: "option"})
}

var (
	datePattern    = regexp.MustCompile(`^\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])$`)
	timePattern    = regexp.MustCompile(`^([01]\d|2[0-3]):[0-5]\d$`)
	decimalPattern = regexp.MustCompile(`^-?\d+(\.\d+)?$`)
)

func isoDate(text string) bool   { return datePattern.MatchString(text) }
func clockTime(text string) bool { return timePattern.MatchString(text) }
func decimal(text string) bool   { return decimalPattern.MatchString(text) }

// anyURL reports whether a text is a link of any scheme.
func anyURL(text string) bool {
	u, err := url.Parse(text)
	return err == nil && u.Scheme != "" && (u.Host != "" || u.Opaque != "" || u.Path != "")
}

// webURL reports whether a text is the address of something on the web.
func webURL(text string) bool {
	u, err := url.Parse(text)
	return err == nil && slices.Contains([]string{"http", "https"}, u.Scheme) && u.Host != ""
}
