package page

import (
	"encoding/json"
	"strings"
)

func someNames() directory {
	return directory{
		user:    func(id string) string { return map[string]string{"U1": "Ana <b>"}[id] },
		channel: func(id string) string { return map[string]string{"C1": "general"}[id] },
	}
}

// Mrkdwn draws text with one person and one channel known.
func Mrkdwn(text string) string { return string(someNames().mrkdwn(text)) }

// Blocks draws blocks as they stand in a message.
func Blocks(raw json.RawMessage) string {
	d := &drawing{directory: someNames(), id: "x"}
	var b strings.Builder
	for _, v := range d.blocks(blocksOf(raw)) {
		if err := templates.ExecuteTemplate(&b, "block", v); err != nil {
			return "cannot be drawn: " + err.Error()
		}
	}
	return b.String()
}
