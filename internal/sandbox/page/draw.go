package page

import (
	"encoding/json"
	"fmt"
	"html/template"
	"net/url"
)

// A drawing turns the blocks of one message or view into what the templates
// show.
type drawing struct {
	directory
	id      string                     // unique on the page, safe in an HTML id
	modal   bool                       // input blocks are fields that are submitted together
	errors  map[string]string          // by block id
	held    map[string]map[string]held // what a view's elements hold
	posted  url.Values                 // what was entered and not yet submitted; goes before held
	offered map[string][]choice        // by field name: what the app suggested
	people  func() []choice            // whom users_select offers
	rooms   func() []choice            // what conversations_select offers
	guided  bool                       // the tour asks for the first primary button
}

type blockView struct {
	Kind     string // of the template that draws it
	ID       string
	HTML     template.HTML
	Fields   []template.HTML
	Parts    []elementView
	Blocks   []blockView
	Rows     [][]template.HTML // of a table, the head first
	Label    string
	Link     string
	Hint     string
	Error    string
	Style    string
	Optional bool
	Alone    bool // the input is one control, which the label names
	Open     bool
}

// deepest is how far blocks may stand in blocks.
const deepest = 3

// blocks draws a list of blocks, each on its own: one that cannot be read does
// not take the others with it.
func (d *drawing) blocks(list []json.RawMessage) []blockView { return d.within(d.id, list, 0) }

func (d *drawing) within(id string, list []json.RawMessage, depth int) []blockView {
	views := make([]blockView, 0, len(list))
	for i, raw := range list {
		var b block
		if err := json.Unmarshal(raw, &b); err != nil {
			b = block{Type: "unreadable"}
		}
		b.raw = raw
		views = append(views, d.block(fmt.Sprintf("%s-%d", id, i), b, depth))
	}
	return views
}

func (d *drawing) block(id string, b block, depth int) blockView {
	v := blockView{Kind: b.Type, ID: id}
	switch b.Type {
	case "header":
		v.HTML = d.text(b.Text)
	case "section":
		v.HTML = d.text(b.Text)
		v.Fields = d.texts(b.Fields)
		if b.Accessory != nil {
			v.Parts = []elementView{d.element(b, *b.Accessory)}
		}
	case "context":
		for _, raw := range b.Elements {
			v.Fields = append(v.Fields, d.contextPart(raw))
		}
	case "actions", "context_actions":
		v.Kind = "actions"
		v.Parts = d.parts(b, b.Elements)
	case "input":
		d.input(&v, b)
	case "image", "video", "file":
		d.media(&v, b)
	case "rich_text":
		v.HTML = d.rich(b.raw)
	case "markdown":
		v.Kind, v.HTML = "rich_text", d.markdown(b.Text.raw())
	case "table", "data_table":
		v.Kind, v.Label, v.Rows = "table", b.Caption, d.rows(b.Rows)
	case "divider":
	default:
		d.composed(&v, b, depth)
	}
	for i := range v.Parts {
		v.Parts[i].ID = fmt.Sprintf("%s-%d", id, i)
		v.Parts[i].Block, v.Parts[i].Wrong, v.Parts[i].Described = id, v.Error != "", b.Type == "input"
	}
	return v
}

// composed draws the blocks that hold others.
func (d *drawing) composed(v *blockView, b block, depth int) {
	v.HTML, v.Open = d.text(b.Title), true
	switch b.Type {
	case "alert":
		v.Style, v.HTML = b.Level, d.text(b.Text)
	case "card":
		v.Fields = append(v.Fields, d.text(b.Subtitle), d.text(b.Body))
		v.Parts = d.parts(b, b.Actions)
	case "carousel", "container":
		list := append(b.Elements, b.Children...)
		v.Kind = "container"
		v.Fields = append(v.Fields, d.text(b.Subtitle))
		v.Open = !b.Collapsed
		if depth < deepest {
			v.Blocks = d.within(v.ID, list, depth+1)
		}
	case "plan":
		v.Kind = "container"
		if depth < deepest {
			v.Blocks = d.within(v.ID, b.Tasks, depth+1)
		}
	case "task_card":
		v.Kind, v.Style = "task", b.Status
		v.Fields = append(v.Fields, d.rich(b.Details), d.rich(b.Output))
	default:
		v.Kind, v.Label = "unknown", b.Type
	}
}

func (d *drawing) input(v *blockView, b block) {
	v.Label, v.Hint, v.Optional, v.Error = b.Label.string(), b.Hint.string(), b.Optional, d.errors[b.BlockID]
	if b.Element == nil {
		return
	}
	e := d.element(b, *b.Element)
	v.Alone = e.Kind != "choices" && e.Kind != "search" && e.Kind != "inert"
	v.Parts = []elementView{e}
}

// media describes what comes from elsewhere, for the page fetches nothing.
func (d *drawing) media(v *blockView, b block) {
	v.Kind = "media"
	v.Label = map[string]string{"image": "Picture", "video": "Video", "file": "File"}[b.Type]
	v.HTML = plain(orElse(b.AltText, orElse(b.Title.string(), b.ExternalID)))
	if safeURL(b.TitleURL) {
		v.Link = b.TitleURL
	}
}

func (d *drawing) parts(b block, list []json.RawMessage) []elementView {
	var parts []elementView
	for _, raw := range list {
		var e element
		if json.Unmarshal(raw, &e) == nil {
			parts = append(parts, d.elements(b, e)...)
		}
	}
	return parts
}

// text draws a text object in the format it says it is in.
func (d *drawing) text(t *text) template.HTML {
	switch {
	case t == nil:
		return ""
	case t.Type == "mrkdwn":
		return d.mrkdwn(t.Text)
	}
	return plain(t.Text)
}

func (d *drawing) texts(list []text) []template.HTML {
	var drawn []template.HTML
	for _, t := range list {
		drawn = append(drawn, d.text(&t))
	}
	return drawn
}

// contextPart draws a text of a context block. Pictures come from elsewhere, so
// their description takes their place.
func (d *drawing) contextPart(raw json.RawMessage) template.HTML {
	var t text
	if json.Unmarshal(raw, &t) != nil {
		return ""
	}
	if t.Type == "image" {
		var e element
		if json.Unmarshal(raw, &e) != nil {
			return ""
		}
		return plain(e.AltText)
	}
	return d.text(&t)
}
