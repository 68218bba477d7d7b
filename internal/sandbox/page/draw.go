package page

import (
	"encoding/json"
	"fmt"
	"html/template"
	"net/url"
	"slices"
	"strings"
)

// A drawing turns the blocks of one message or modal into what the templates
// show.
type drawing struct {
	directory
	id      string                     // unique on the page, safe in an HTML id
	inView  bool                       // elements are fields of the modal's form
	errors  map[string]string          // by block id
	held    map[string]map[string]held // what a modal's elements hold
	posted  url.Values                 // what was entered and not yet submitted; goes before held
	offered map[string][]choice        // by field name: what the app suggested
}

type blockView struct {
	Kind     string // of the template that draws it
	ID       string
	HTML     template.HTML
	Fields   []template.HTML
	Parts    []elementView
	Label    string
	Hint     string
	Error    string
	Optional bool
	Alone    bool // the input is one control, which the label names
}

type elementView struct {
	Kind        string
	ID          string
	Block       string // id of the block around it
	Wrong       bool   // what it holds was refused
	Label       string
	Aloud       string // accessible name, where it says more than the label
	Style       string
	Press       string // block and action id, as a click names them
	URL         string
	Name        string // of the form field
	Query       string // of the search field
	Placeholder string
	Value       string
	MaxLength   int
	Least       int // characters before a search asks the app
	Several     bool
	Confirm     *confirmView
	Groups      []choiceGroup
}

type confirmView struct {
	Title, Yes, No, Style string
	Text                  template.HTML
}

type choiceGroup struct {
	Label   string
	Choices []choice
}

type choice struct {
	Value, Label, What string
	On                 bool
}

// blocks draws a list of blocks, each on its own: one that cannot be read does
// not take the others with it.
func (d *drawing) blocks(list []json.RawMessage) []blockView {
	views := make([]blockView, 0, len(list))
	for i, raw := range list {
		var b block
		if err := json.Unmarshal(raw, &b); err != nil {
			b = block{Type: "unreadable"}
		}
		v := d.block(b)
		v.ID = fmt.Sprintf("%s-%d", d.id, i)
		for j := range v.Parts {
			v.Parts[j].ID = fmt.Sprintf("%s-%d", v.ID, j)
			v.Parts[j].Block, v.Parts[j].Wrong = v.ID, v.Error != ""
		}
		views = append(views, v)
	}
	return views
}

func (d *drawing) block(b block) blockView {
	v := blockView{Kind: b.Type}
	switch b.Type {
	case "header":
		v.HTML = d.text(b.Text)
	case "section":
		v.HTML = d.text(b.Text)
		for _, f := range b.Fields {
			v.Fields = append(v.Fields, d.text(&f))
		}
		if b.Accessory != nil {
			v.Parts = []elementView{d.element(b.BlockID, *b.Accessory)}
		}
	case "context":
		for _, raw := range b.Elements {
			v.Fields = append(v.Fields, d.contextPart(raw))
		}
	case "actions":
		for _, raw := range b.Elements {
			var e element
			if json.Unmarshal(raw, &e) == nil {
				v.Parts = append(v.Parts, d.element(b.BlockID, e))
			}
		}
	case "input":
		v.Label, v.Hint, v.Optional, v.Error = b.Label.string(), b.Hint.string(), b.Optional, d.errors[b.BlockID]
		if b.Element != nil {
			e := d.element(b.BlockID, *b.Element)
			v.Alone = e.Kind == "text" || e.Kind == "area" || e.Kind == "select"
			v.Parts = []elementView{e}
		}
	case "image":
		v.HTML = plain(orElse(b.AltText, b.Title.string()))
	case "divider":
	default:
		v.Kind, v.Label = "unknown", b.Type
	}
	return v
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

func (d *drawing) element(blockID string, e element) elementView {
	v := elementView{
		Label: e.Text.string(), Aloud: e.Aloud, Placeholder: e.Placeholder.string(),
		Name: fieldName("v", blockID, e.ActionID), Query: fieldName("q", blockID, e.ActionID),
		MaxLength: e.MaxLength, Least: 3, Several: several(e.Type),
	}
	if e.MinQuery != nil {
		v.Least = *e.MinQuery
	}
	now := d.current(v.Name, blockID, e)
	switch {
	case e.Type == "button":
		v.Kind, v.Press = "button", blockID+"/"+e.ActionID
		if e.Style == "primary" || e.Style == "danger" {
			v.Style = e.Style
		}
		if safeURL(e.URL) {
			v.URL = e.URL
		}
		v.Confirm = d.confirm(e.Confirm)
	case !d.inView:
		v.Kind = "inert"
		v.Label = orElse(v.Placeholder, "A menu")
	case textual(e.Type):
		v.Kind, v.Value = "text", now.Value
		if e.Multiline {
			v.Kind = "area"
		}
	case e.Type == "static_select":
		v.Kind, v.Groups = "select", own(e, now)
	case e.Type == "multi_static_select", e.Type == "checkboxes", e.Type == "radio_buttons":
		v.Kind, v.Groups = "choices", own(e, now)
	case strings.HasSuffix(e.Type, "external_select"):
		v.Kind = "search"
		v.Value = d.posted.Get(v.Query)
		v.Groups = []choiceGroup{{Choices: merge(chosen(now), d.offered[v.Name])}}
	default:
		v.Kind, v.Label = "inert", e.Type
	}
	return v
}

func (d *drawing) confirm(c *confirm) *confirmView {
	if c == nil {
		return nil
	}
	style := "primary"
	if c.Style == "danger" {
		style = "danger"
	}
	return &confirmView{
		Title: orElse(c.Title.string(), "Are you sure?"), Text: d.text(c.Text),
		Yes: orElse(c.Confirm.string(), "Yes"), No: orElse(c.Deny.string(), "Cancel"), Style: style,
	}
}

// current is what an element holds now: what was just entered, else what the
// modal keeps, else what the element starts with.
func (d *drawing) current(name, blockID string, e element) held {
	if d.posted != nil {
		if textual(e.Type) {
			return held{Value: d.posted.Get(name)}
		}
		return held{Several: enteredOptions(e, d.posted[name])}
	}
	if h, ok := d.held[blockID][e.ActionID]; ok {
		return h
	}
	h := held{Value: e.InitialValue, Several: e.InitialOptions}
	if e.InitialOption != nil {
		h.Several = []option{*e.InitialOption}
	}
	return h
}

func chosen(h held) []option {
	if h.Selected != nil {
		return []option{*h.Selected}
	}
	return h.Several
}

// own lists an element's own options, with those it holds marked.
func own(e element, now held) []choiceGroup {
	groups := e.Groups
	if len(e.Options) > 0 {
		groups = []group{{Options: e.Options}}
	}
	on := chosen(now)
	views := make([]choiceGroup, 0, len(groups))
	for _, g := range groups {
		v := choiceGroup{Label: g.Label.string()}
		for _, o := range g.Options {
			c := choice{Value: o.Value, Label: o.Text.string(), What: o.Description.string()}
			c.On = slices.ContainsFunc(on, func(h option) bool { return h.Value == o.Value })
			v.Choices = append(v.Choices, c)
		}
		views = append(views, v)
	}
	return views
}

// merge puts what is chosen before what is offered, each once.
func merge(on []option, offered []choice) []choice {
	var list []choice
	for _, o := range on {
		list = append(list, offer(o.Value, o.Text.raw(), o.Description.raw(), true))
	}
	for _, c := range offered {
		if !slices.ContainsFunc(list, func(l choice) bool { return l.Value == c.Value }) {
			list = append(list, c)
		}
	}
	return list
}

func textual(kind string) bool {
	switch kind {
	case "plain_text_input", "email_text_input", "number_input", "url_text_input":
		return true
	}
	return false
}

func several(kind string) bool { return kind == "checkboxes" || strings.HasPrefix(kind, "multi_") }
