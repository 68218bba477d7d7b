package page

import (
	"encoding/json"
	"html/template"
	"slices"
	"strings"
)

type elementView struct {
	Kind        string
	Type        string // of the input, or of Slack's element when it cannot be worked
	ID          string
	Block       string // id of the block around it
	Wrong       bool   // what it holds was refused
	Described   bool   // its block says more about it
	Label       string
	Aloud       string // accessible name, where no label says it
	Style       string
	Press       string // block and action id, as a click names them
	Vals        string // the same, as htmx sends it
	Ask         string // the search, as htmx sends it
	URL         string
	Name        string // of the form field
	Query       string // of the search field
	Placeholder string
	Value       string
	MaxLength   int
	Least       int  // characters before a search asks the app
	Several     bool // takes more than one choice
	Live        bool // acts as soon as it is changed
	First       bool // takes the focus when the modal opens
	Guided      bool // the tour asks for it
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

// elements draws one element; feedback buttons are two.
func (d *drawing) elements(b block, e element) []elementView {
	if e.Type != "feedback_buttons" {
		return []elementView{d.element(b, e)}
	}
	var two []elementView
	for _, half := range []*element{e.Positive, e.Negative} {
		if half != nil {
			v := elementView{Kind: "pick", Label: half.Text.string(), Aloud: half.Aloud}
			v.Value = packPick(b.BlockID+"/"+e.ActionID, half.Value)
			two = append(two, v)
		}
	}
	return two
}

func (d *drawing) element(b block, e element) elementView {
	v := elementView{
		Type: e.Type, Label: e.Text.string(), Aloud: e.Aloud, Placeholder: e.Placeholder.string(), Press: b.BlockID + "/" + e.ActionID,
		Name: fieldName("v", b.BlockID, e.ActionID), Query: fieldName("q", b.BlockID, e.ActionID),
		MaxLength: e.MaxLength, Least: 3, Several: several(e.Type),
		Live: b.Type != "input" || b.Dispatch,
	}
	v.Vals, v.Ask = vals("press", v.Press), vals("suggest", v.Name)
	if e.MinQuery != nil {
		v.Least = *e.MinQuery
	}
	if e.Type == "button" || e.Type == "icon_button" {
		d.button(&v, e)
		return v
	}
	if b.Type != "input" {
		v.Aloud = orElse(v.Aloud, orElse(v.Placeholder, "Choose"))
	}
	d.control(&v, b, e)
	return v
}

// vals is what htmx sends beside the fields of a form.
func vals(name, value string) string {
	data, err := json.Marshal(map[string]string{name: value})
	if err != nil {
		return "" // unreachable: strings always marshal
	}
	return string(data)
}

func (d *drawing) button(v *elementView, e element) {
	v.Kind = "button"
	if e.Style == "primary" || e.Style == "danger" {
		v.Style = e.Style
	}
	if safeURL(e.URL) {
		v.URL = e.URL
	}
	if e.Style == "primary" && d.guided {
		v.Guided, d.guided = true, false
	}
}

func (d *drawing) control(v *elementView, b block, e element) {
	now := d.current(v.Name, b.BlockID, e)
	switch e.Type {
	case "plain_text_input", "email_text_input", "number_input", "url_text_input", "rich_text_input":
		v.Kind, v.Value = "text", now.Value
		v.Type = map[string]string{"email_text_input": "email", "url_text_input": "url"}[e.Type]
		if e.Multiline || e.Type == "rich_text_input" {
			v.Kind = "area"
		}
	case "datepicker", "timepicker", "datetimepicker":
		v.Kind, v.Value = "text", now.Value
		v.Type = map[string]string{"datepicker": "date", "timepicker": "time", "datetimepicker": "datetime-local"}[e.Type]
	case "static_select":
		v.Kind, v.Groups = "select", own(e, now)
	case "multi_static_select", "checkboxes", "radio_buttons":
		v.Kind, v.Groups = "choices", own(e, now)
	case "overflow":
		v.Kind, v.Groups, v.Aloud = "overflow", own(e, now), orElse(e.Aloud, "More actions")
		for i := range v.Groups {
			for j, c := range v.Groups[i].Choices {
				v.Groups[i].Choices[j].Value = packPick(v.Press, c.Value)
			}
		}
	case "users_select", "conversations_select", "channels_select":
		v.Kind, v.Groups = "select", known(d.world(e.Type), now)
	case "multi_users_select", "multi_conversations_select", "multi_channels_select":
		v.Kind, v.Groups = "choices", known(d.world(e.Type), now)
	case "external_select", "multi_external_select":
		v.Kind = "search"
		v.Value = d.posted.Get(v.Query)
		v.Groups = []choiceGroup{{Choices: merge(chosen(now), d.offered[v.Name])}}
	default:
		v.Kind, v.Label = "inert", orElse(v.Label, orElse(v.Aloud, e.Type))
	}
}

// world lists what the world itself offers an element.
func (d *drawing) world(kind string) []choice {
	offers := d.rooms
	if strings.Contains(kind, "users") {
		offers = d.people
	}
	if offers == nil {
		return nil
	}
	return offers()
}

// known marks what an element holds among what the world offers.
func known(all []choice, now held) []choiceGroup {
	for i := range all {
		all[i].On = all[i].Value == now.Value || slices.Contains(now.Values, all[i].Value)
	}
	return []choiceGroup{{Choices: all}}
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
// view keeps, else what the element starts with.
func (d *drawing) current(name, blockID string, e element) held {
	if d.posted != nil {
		return held{Value: d.posted.Get(name), Values: d.posted[name], Several: enteredOptions(e, d.posted[name])}
	}
	if h, ok := d.held[blockID][e.ActionID]; ok {
		return h.flat()
	}
	h := held{
		Value:   first(e.InitialValue.string(), e.InitialDate, e.InitialTime, clockFace(e.InitialDateTime), e.InitialUser, e.InitialRoom, e.InitialChannel),
		Several: e.InitialOptions,
		Values:  slices.Concat(e.InitialUsers, e.InitialRooms, e.InitialChannels),
	}
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

func several(kind string) bool { return kind == "checkboxes" || strings.HasPrefix(kind, "multi_") }

func first(values ...string) string {
	for _, v := range values {
		if v != "" {
			return v
		}
	}
	return ""
}
