package page

import (
	"encoding/json"
	"time"
)

// The part of Block Kit that the page draws. Decoding is lenient: what is not
// known is left out, and a block that cannot be read is said to be unreadable.
type (
	block struct {
		Type       string              `json:"type"`
		BlockID    string              `json:"block_id"`
		Text       *text               `json:"text"`
		Fields     []text              `json:"fields"`
		Elements   []json.RawMessage   `json:"elements"`
		Accessory  *element            `json:"accessory"`
		Element    *element            `json:"element"`
		Label      *text               `json:"label"`
		Hint       *text               `json:"hint"`
		Title      *text               `json:"title"`
		Subtitle   *text               `json:"subtitle"`
		Body       *text               `json:"body"`
		Actions    []json.RawMessage   `json:"actions"`
		Children   []json.RawMessage   `json:"child_blocks"`
		Tasks      []json.RawMessage   `json:"tasks"`
		Rows       [][]json.RawMessage `json:"rows"`
		Details    json.RawMessage     `json:"details"`
		Output     json.RawMessage     `json:"output"`
		Caption    string              `json:"caption"`
		Level      string              `json:"level"`
		Status     string              `json:"status"`
		AltText    string              `json:"alt_text"`
		TitleURL   string              `json:"title_url"`
		ExternalID string              `json:"external_id"`
		Collapsed  bool                `json:"default_collapsed"`
		Optional   bool                `json:"optional"`
		Dispatch   bool                `json:"dispatch_action"`

		raw json.RawMessage
	}
	element struct {
		Type            string   `json:"type"`
		ActionID        string   `json:"action_id"`
		Text            *text    `json:"text"`
		Style           string   `json:"style"`
		Value           string   `json:"value"`
		URL             string   `json:"url"`
		AltText         string   `json:"alt_text"`
		Aloud           string   `json:"accessibility_label"`
		Confirm         *confirm `json:"confirm"`
		Placeholder     *text    `json:"placeholder"`
		Options         []option `json:"options"`
		Groups          []group  `json:"option_groups"`
		InitialOption   *option  `json:"initial_option"`
		InitialOptions  []option `json:"initial_options"`
		InitialValue    *text    `json:"initial_value"`
		InitialDate     string   `json:"initial_date"`
		InitialTime     string   `json:"initial_time"`
		InitialDateTime int64    `json:"initial_date_time"`
		InitialUser     string   `json:"initial_user"`
		InitialRoom     string   `json:"initial_conversation"`
		InitialChannel  string   `json:"initial_channel"`
		InitialUsers    []string `json:"initial_users"`
		InitialRooms    []string `json:"initial_conversations"`
		InitialChannels []string `json:"initial_channels"`
		Multiline       bool     `json:"multiline"`
		MaxLength       int      `json:"max_length"`
		MinQuery        *int     `json:"min_query_length"`
		Positive        *element `json:"positive_button"`
		Negative        *element `json:"negative_button"`
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
		Date     string   `json:"selected_date"`
		Time     string   `json:"selected_time"`
		DateTime int64    `json:"selected_date_time"`
		User     string   `json:"selected_user"`
		Room     string   `json:"selected_conversation"`
		Channel  string   `json:"selected_channel"`
		Users    []string `json:"selected_users"`
		Rooms    []string `json:"selected_conversations"`
		Channels []string `json:"selected_channels"`

		Values []string `json:"-"` // several plain values
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

// flat brings what is held to where the drawing looks for it.
func (h held) flat() held {
	h.Value = first(h.Value, h.Date, h.Time, clockFace(h.DateTime), h.User, h.Room, h.Channel)
	h.Values = append(append(append(h.Values, h.Users...), h.Rooms...), h.Channels...)
	return h
}

// localLayout is how a browser writes a date and a time without a zone.
const localLayout = "2006-01-02T15:04"

// clockFace is a moment as a browser's field for it holds it, in UTC.
func clockFace(seconds int64) string {
	if seconds == 0 {
		return ""
	}
	return time.Unix(seconds, 0).UTC().Format(localLayout)
}

// A text is a text object, or a bare string where one may stand.
type text struct {
	Type string
	Text string
}

// UnmarshalJSON reads either form. An object of another kind reads as empty.
func (t *text) UnmarshalJSON(data []byte) error {
	if len(data) > 0 && data[0] == '"' {
		return json.Unmarshal(data, &t.Text)
	}
	var object struct {
		Type string          `json:"type"`
		Text json.RawMessage `json:"text"`
	}
	if err := json.Unmarshal(data, &object); err != nil {
		return err
	}
	t.Type = object.Type
	if json.Unmarshal(object.Text, &t.Text) != nil {
		t.Text = ""
	}
	return nil
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
