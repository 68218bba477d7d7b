package page

import "encoding/json"

// The part of Block Kit that the page draws. Decoding is lenient: what is not
// known is left out, and a block that cannot be read is said to be unreadable.
type (
	block struct {
		Type      string            `json:"type"`
		BlockID   string            `json:"block_id"`
		Text      *text             `json:"text"`
		Fields    []text            `json:"fields"`
		Elements  []json.RawMessage `json:"elements"`
		Accessory *element          `json:"accessory"`
		Element   *element          `json:"element"`
		Label     *text             `json:"label"`
		Hint      *text             `json:"hint"`
		Title     *text             `json:"title"`
		AltText   string            `json:"alt_text"`
		Optional  bool              `json:"optional"`
	}
	element struct {
		Type           string   `json:"type"`
		ActionID       string   `json:"action_id"`
		Text           *text    `json:"text"`
		Style          string   `json:"style"`
		URL            string   `json:"url"`
		AltText        string   `json:"alt_text"`
		Aloud          string   `json:"accessibility_label"`
		Confirm        *confirm `json:"confirm"`
		Placeholder    *text    `json:"placeholder"`
		Options        []option `json:"options"`
		Groups         []group  `json:"option_groups"`
		InitialOption  *option  `json:"initial_option"`
		InitialOptions []option `json:"initial_options"`
		InitialValue   string   `json:"initial_value"`
		Multiline      bool     `json:"multiline"`
		MaxLength      int      `json:"max_length"`
		MinQuery       *int     `json:"min_query_length"`
	}
	option struct {
		Text        *text  `json:"text"`
		Value       string `json:"value"`
		Description *text  `json:"description"`
	}
	group struct {
		Label   *text    `json:"label"`
		Options []option `json:"options"`
	}
	confirm struct {
		Title   *text  `json:"title"`
		Text    *text  `json:"text"`
		Confirm *text  `json:"confirm"`
		Deny    *text  `json:"deny"`
		Style   string `json:"style"`
	}
	held struct { // what an element of a view holds
		Value    string   `json:"value"`
		Selected *option  `json:"selected_option"`
		Several  []option `json:"selected_options"`
	}
	viewDef struct {
		Title  *text             `json:"title"`
		Submit *text             `json:"submit"`
		Close  *text             `json:"close"`
		Blocks []json.RawMessage `json:"blocks"`
		State  struct {
			Values map[string]map[string]held `json:"values"`
		} `json:"state"`
	}
)

// A text is a text object, or a bare string where one may stand.
type text struct {
	Type string
	Text string
}

// UnmarshalJSON reads either form.
func (t *text) UnmarshalJSON(data []byte) error {
	if len(data) > 0 && data[0] == '"' {
		return json.Unmarshal(data, &t.Text)
	}
	var object struct {
		Type string `json:"type"`
		Text string `json:"text"`
	}
	err := json.Unmarshal(data, &object)
	t.Type, t.Text = object.Type, object.Text
	return err
}

// raw is the text as the app wrote it.
func (t *text) raw() string {
	if t == nil {
		return ""
	}
	return t.Text
}

// string is the text as it reads, without formatting.
func (t *text) string() string { return unescape(t.raw()) }

// blocksOf reads a list of blocks one by one.
func blocksOf(raw json.RawMessage) []json.RawMessage {
	var list []json.RawMessage
	if json.Unmarshal(raw, &list) != nil {
		return nil
	}
	return list
}
