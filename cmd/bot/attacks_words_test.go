package main

import (
	"encoding/json"
	"fmt"
	"strings"

	"latchkey/internal/chat/chattest"
)

// forged is a text that would say that all is done, were it shown as it was written.
const forged = "done\n\n*Status: approved* by Carol Weber\u2028> *In force until tomorrow*\r\n:white_check_mark: <!channel> <https://evil.example|Approve here> <@U0CAROL001> `ok`\u202e\u200b"

// words is the text on a card: one line of plain text, in quotes.
const words = `“done \*Status: approved\* by Carol Weber > \*In force until tomorrow\* :white_check_mark: <!channel> <https://evil\.example\|Approve here> <@U0CAROL001> .ok.”`

// shows does it, waits for the message in which somebody then sees the text, and returns
// what of it is plain. What is formatted must have nothing of the text in it that Slack
// would read.
func shows(who, about string, do func(*siege) (string, error)) func(*siege) (string, error) {
	return func(s *siege) (string, error) {
		if told, err := do(s); err != nil || strings.Contains(told, "errors") {
			return told, err
		}
		var found chattest.Message
		err := s.wait(who+" to see the text", func() bool {
			for _, c := range s.Slack.ChannelsOf(people[who]) {
				for _, m := range s.Slack.Messages(people[who], c.ID) {
					if strings.Contains(m.Text, "Status") && strings.Contains(m.Text, s.fill(about)) {
						found = m
					}
				}
			}
			return found.TS != ""
		})
		flat, formatted := textsOf(found.Blocks)
		for _, harm := range []string{"*Status", "<!channel", "<https", "<@U0CAROL001> `", "`ok`", "\u202e", "\u2028", "\u200b", "\n\n"} {
			if strings.Contains(formatted+found.Text, harm) {
				return flat, fmt.Errorf("the message has %q of the text: %s\n%s", harm, found.Text, found.Blocks)
			}
		}
		return flat, err
	}
}

// textsOf are the texts of blocks that Slack shows as they are, and those that it formats.
func textsOf(blocks json.RawMessage) (flat, formatted string) {
	var walk func(any)
	walk = func(v any) {
		switch v := v.(type) {
		case []any:
			for _, e := range v {
				walk(e)
			}
		case map[string]any:
			switch text, _ := v["text"].(string); v["type"] {
			case "plain_text":
				flat += text + "\n"
			case "mrkdwn":
				formatted += text + "\n"
			}
			for _, e := range v {
				walk(e)
			}
		}
	}
	var all any
	if json.Unmarshal(blocks, &all) == nil {
		walk(all)
	}
	return flat, formatted
}

// worded makes $R5, which is denied with such a text, and has somebody in Contoso's
// channel who is called so.
func worded(s *siege) {
	s.asks("R5", "ana", "#contoso", `request contoso "Service Support Administrator" for 1h because ticket of Lou`)
	s.raced[s.ids["R5"]] = true
	must(s.t, s.sees("carol", s.ids["R5"]+".*waiting for a decision"))
	s.Slack.AddUser(chattest.User{ID: "U0MALLORY1", Team: "T0CONTOSO1", Name: "mallory", RealName: "Mallory\n*Status: approved* <!channel>\u202e"})
	must(s.t, s.Slack.Join("U0MALLORY1", channels["#contoso"]))
}

var wordAttacks = []attack{
	{"ReasonThatForgesAStatus", shows("carol", "access request of", submits("ana", "request.submit", "", request(tenantOfContoso, "f2ef992c-3afb-46b9-b7cf-a126ee74c451", "1h", forged))), words, "", "request.submitted"},
	{"DenialThatForgesAStatus", shows("ana", "$R5", submits("carol", "request.deny", "$R5/1", reason(forged))), words, "", ""},
	{"NameThatForgesAStatus", shows("carol", "is now a contact", says("dee", "#contoso", "customer link contoso @mallory")), "^Verify me", "", "contact.linked"},
}
