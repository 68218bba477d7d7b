package messages_test

import (
	"encoding/json"
	"strings"
	"testing"
	"unicode/utf8"

	"latchkey/internal/access"
	"latchkey/internal/messages"
)

// TestNothingInvisible looks for what a person could not see but a machine, or
// the direction of reading, would follow.
func TestNothingInvisible(t *testing.T) {
	for name, v := range views() {
		for _, m := range []messages.Message{messages.CustomerCard(v), messages.RequesterCard(v)} {
			raw := string(pretty(t, m.Blocks)) + m.Text
			for _, bad := range []string{"\u202E", "\u200B", "\u0000", "\u2028", "\u2066"} {
				if strings.Contains(raw, bad) {
					t.Errorf("%s holds %q", name, bad)
				}
			}
		}
	}
}

// FuzzHostile puts any text everywhere a person can put some, and looks for
// what Slack would act on.
func FuzzHostile(f *testing.F) {
	for _, s := range []string{"", "<!channel>", "*Status:* approved\n", "\u202Egnorw", "`", "&amp;", ":tada:", "a_b _c_", "\xff\xfe", strings.Repeat("<", 3000), "\u200B", "e\u0301\u0301\u0301\u0301\u0301"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		v := view(decided(access.Deny, s))
		v.Request.Requester.Name, v.Request.CustomerName, v.Request.Justification, v.Bundle = s, s, s, s
		v.Roles = []messages.Role{{Name: s}}
		v.Smaller = &messages.Smaller{Roles: v.Roles, Task: s}
		pending := v
		pending.Request.State, pending.Request.Decisions = access.Pending, nil
		info := messages.RoleInfo{Role: v.Roles[0], What: s}
		work := messages.Workload{Name: s, Reach: messages.Reach(s), Limits: s}
		advice := messages.Advise(messages.AdviceView{Query: s, Advice: []messages.Advice{{
			Roles: []messages.RoleInfo{info}, Tasks: []string{s}, Workload: work,
			Least: []messages.Holder{{Name: s, Why: s}}, Ask: messages.Ask{Larger: v.Roles},
		}}})
		explained := messages.Explain(messages.ExplainView{Role: info, Tasks: []string{s}, Workload: work})
		trouble := messages.Trouble(messages.TroubleView{Customer: s, Text: s})
		o := offer(offerState(access.OfferDeclined))
		o.Offer.CustomerName, o.Offer.Requester.Name, o.Offer.DeclineNote, o.Offer.Name, o.Bundle, o.Roles = s, s, s, s, s, v.Roles
		active := o
		active.Offer.State = access.OfferActive
		for _, m := range []messages.Message{
			messages.CustomerCard(v), messages.CustomerCard(pending), messages.Decided(v), trouble, messages.Refusal(s), advice, explained,
			messages.OfferCustomerCard(o), messages.OfferRequesterCard(active),
		} {
			blocks := decode(t, m.Blocks)
			checkBlocks(t, blocks, 50)
			checkSurface(t, "message", blocks)
			checkInert(t, m.Text)
			for _, b := range items(blocks) {
				checkInertBlock(t, b)
			}
		}
	})
}

func checkInertBlock(t *testing.T, x any) {
	t.Helper()
	switch x := x.(type) {
	case map[string]any:
		if x["type"] == "mrkdwn" {
			checkInert(t, textOf(x))
		}
		for _, v := range x {
			checkInertBlock(t, v)
		}
	case []any:
		for _, v := range x {
			checkInertBlock(t, v)
		}
	}
}

// checkInert fails for any control sequence but a mention of those who take
// part and a date.
func checkInert(t *testing.T, s string) {
	t.Helper()
	if !utf8.ValidString(s) {
		t.Errorf("broken text %q", s)
	}
	for rest := s; ; {
		_, after, found := strings.Cut(rest, "<")
		if !found {
			break
		}
		inner, _, _ := strings.Cut(after, ">")
		if inner != "@U1ANA" && inner != "@U2BO" && !strings.HasPrefix(inner, "!date^") {
			t.Errorf("%q would act in %q", inner, s)
		}
		rest = after
	}
}

func TestOptionObject(t *testing.T) {
	t.Parallel()
	rows := []struct {
		name string
		give messages.Option
		want string
	}{
		{"plain", messages.Option{Value: "v", Text: "Contoso", Description: "contoso.com"},
			`{"text":{"type":"plain_text","text":"Contoso","emoji":false},"value":"v","description":{"type":"plain_text","text":"contoso.com","emoji":false}}`},
		{"no text", messages.Option{Value: "v"}, `{"text":{"type":"plain_text","text":"?","emoji":false},"value":"v"}`},
	}
	for _, row := range rows {
		t.Run(row.name, func(t *testing.T) {
			got, err := json.Marshal(row.give.Object())
			if err != nil || string(got) != row.want {
				t.Errorf("Object() = %s, %v, want %s", got, err, row.want)
			}
		})
	}
}
