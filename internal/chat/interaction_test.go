package chat_test

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/slack-go/slack"

	"latchkey/internal/access"
	"latchkey/internal/chat"
	"latchkey/internal/chat/chattest"
	"latchkey/internal/commands"
	"latchkey/internal/messages"
)

// click is the payload of a click by Ana, with more fields.
func click(more string) string { return clickBy("U0ANA", "T1", more) }

// clickBy is the payload of a click. Its team is the installed one, whoever
// clicks.
func clickBy(user, team, more string) string {
	return fmt.Sprintf(`{"type":"block_actions","team":{"id":"T1"},"user":{"id":%q,"name":"n","team_id":%q},`+
		`"trigger_id":"1.2.abc","channel":{"id":"C0SHARED"},"actions":[{"action_id":"request.approve","block_id":"b","value":"R-1:1"}]%s}`,
		user, team, more)
}

// submission is the payload of a submitted view. Its team is the user's own.
func submission(user, team string) string {
	return fmt.Sprintf(`{"type":"view_submission","team":{"id":%[2]q},"user":{"id":%[1]q,"name":"n","team_id":%[2]q},"trigger_id":"1.2.abc",`+
		`"view":{"id":"V1","callback_id":"request","private_metadata":"p","app_installed_team_id":"T1","state":{"values":{`+
		`"text":{"x":{"type":"plain_text_input","value":"why"}},"empty":{"x":{"type":"plain_text_input","value":null}},`+
		`"one":{"x":{"selected_option":{"text":{},"value":"a"}}},"none":{"x":{"selected_option":null}},`+
		`"many":{"x":{"selected_options":[{"value":"a"},{"value":"b"}]}}}}}}`, user, team)
}

func payload(p string) string { return url.Values{"payload": {p}}.Encode() }

func object(t *testing.T, res *httptest.ResponseRecorder) map[string]any {
	t.Helper()
	var o map[string]any
	if err := json.Unmarshal(res.Body.Bytes(), &o); err != nil {
		t.Fatalf("the answer %q is no JSON object: %v", res.Body, err)
	}
	return o
}

func TestWhoIsExternal(t *testing.T) {
	w := newWorld(t)
	for _, tt := range []struct {
		name, payload string
		who           access.Person
		external      bool
	}{
		{"StaffClick", clickBy("U0ANA", "T1", ""), access.Person{Team: "T1", User: "U0ANA", Name: "n"}, false},
		{"CustomerClick", clickBy("U0CARLA", "T2", ""), access.Person{Team: "T2", User: "U0CARLA", Name: "n"}, true},
		{"ClickWithoutTeam", clickBy("U0ANA", "", ""), access.Person{User: "U0ANA", Name: "n"}, true},
		{"StaffView", submission("U0ANA", "T1"), access.Person{Team: "T1", User: "U0ANA", Name: "n"}, false},
		{"CustomerView", submission("U0CARLA", "T2"), access.Person{Team: "T2", User: "U0CARLA", Name: "n"}, true},
		{"TeamIsNull", `{"type":"view_submission","team":null,"user":{"id":"U0CARLA","username":"n","team_id":"T2"}}`,
			access.Person{Team: "T2", User: "U0CARLA", Name: "n"}, true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			d := newDesk(w, &router{})
			d.post(chat.PathInteractions, payload(tt.payload))
			if got := d.router.last(); got.Origin.Actor != tt.who || got.External != tt.external {
				t.Errorf("%+v, external %v; want %+v, %v", got.Origin.Actor, got.External, tt.who, tt.external)
			}
		})
	}
}

func TestInvocationOfInteractions(t *testing.T) {
	w := newWorld(t)
	ask := func(p string) commands.Invocation {
		d := newDesk(w, &router{})
		d.post(chat.PathInteractions, payload(p))
		return d.router.last()
	}
	t.Run("Click", func(t *testing.T) {
		got := ask(click(""))
		if got.Action != "request.approve" || got.Value != "R-1:1" || got.Origin.Channel != "C0SHARED" || got.Origin.Delivery == "" {
			t.Errorf("invocation %+v", got)
		}
	})
	t.Run("Chosen", func(t *testing.T) {
		got := ask(`{"type":"block_actions","user":{"id":"U0ANA","team_id":"T1"},"actions":[{"action_id":"a","selected_option":{"value":"v"}}]}`)
		if got.Action != "a" || got.Value != "v" {
			t.Errorf("invocation %+v", got)
		}
	})
	t.Run("Submission", func(t *testing.T) {
		got := ask(submission("U0ANA", "T1"))
		want := map[string]commands.Value{
			"text": {Text: "why"}, "empty": {}, "one": {Selected: []string{"a"}}, "none": {}, "many": {Selected: []string{"a", "b"}},
		}
		if got.Callback != "request" || got.Private != "p" || fmt.Sprint(got.Values) != fmt.Sprint(want) {
			t.Errorf("invocation %+v, want values %v", got, want)
		}
	})
	t.Run("Options", func(t *testing.T) {
		got := ask(`{"type":"block_suggestion","user":{"id":"U0ANA","team_id":"T1"},"action_id":"request.customer","block_id":"customer","value":"con"}`)
		if got.Action != "request.customer" || got.Query != "con" {
			t.Errorf("invocation %+v", got)
		}
	})
	t.Run("EachActHasItsKey", func(t *testing.T) {
		again, other := ask(click("")), ask(strings.Replace(click(""), "1.2.abc", "1.2.abd", 1))
		if ask(click("")).Origin.Delivery != again.Origin.Delivery || again.Origin.Delivery == other.Origin.Delivery {
			t.Error("a delivery is not recognised, or two acts are taken for one")
		}
	})
}

func TestSuggestionAnswer(t *testing.T) {
	const asks = `{"type":"block_suggestion","user":{"id":"U0ANA","team_id":"T1"},"action_id":"x"}`
	w := newWorld(t)
	for _, tt := range []struct {
		name    string
		options []messages.Option
		want    string
	}{
		{"None", nil, `{"options":[]}`},
		{"One", []messages.Option{{Value: "v", Text: "t"}}, `{"options":[{"text":{"type":"plain_text","text":"t","emoji":false},"value":"v"}]}`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			res := newDesk(w, &router{options: tt.options}).post(chat.PathOptions, payload(asks))
			if got := res.Body.String(); got != tt.want {
				t.Errorf("answer %s, want %s", got, tt.want)
			}
		})
	}
}

func TestSubmissionAnswer(t *testing.T) {
	w := newWorld(t)
	note := messages.Note(messages.Message{Text: "hello"})
	for _, tt := range []struct {
		name         string
		reply        commands.Reply
		action, part string // an empty action: no body at all
	}{
		{"Closes", commands.Reply{}, "", ""},
		{"Errors", commands.Reply{Errors: map[string]string{"roles": "Choose."}}, "errors", `"errors":{"roles":"Choose."}`},
		{"ErrorsBeforeModal", commands.Reply{Errors: map[string]string{"a": "b"}, Modal: &note}, "errors", `"errors"`},
		{"Modal", commands.Reply{Modal: &note}, "update", `"hello"`},
		{"Message", commands.Reply{Message: &messages.Message{Text: "told"}}, "update", `"told"`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			res := newDesk(w, &router{reply: tt.reply}).post(chat.PathInteractions, payload(submission("U0ANA", "T1")))
			if tt.action == "" {
				if res.Code != 200 || res.Body.Len() != 0 {
					t.Errorf("answer %d %q, want 200 and nothing", res.Code, res.Body)
				}
				return
			}
			if got := object(t, res)["response_action"]; got != tt.action || !strings.Contains(res.Body.String(), tt.part) {
				t.Errorf("answer %s, want %s with %s", res.Body, tt.action, tt.part)
			}
		})
	}
}

// hooks takes what is said through response addresses.
func hooks(t *testing.T, status int) (url string, said *[]string) {
	t.Helper()
	said = &[]string{}
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			t.Error(err)
		}
		*said = append(*said, r.Header.Get("Content-Type")+" "+string(body))
		w.WriteHeader(status)
	}))
	t.Cleanup(srv.Close)
	return srv.URL, said
}

func TestClickAnswer(t *testing.T) {
	said := commands.Reply{Message: &messages.Message{Text: "Already done."}}
	form := messages.RequestModal(messages.RequestForm{})
	for _, tt := range []struct {
		name       string
		user, team string
		reply      commands.Reply
		hook       string // what is said through the response address
		view       string // what is in the opened modal
	}{
		{"Silence", "U0ANA", "T1", commands.Reply{}, "", ""},
		{"StaffAreToldPrivately", "U0ANA", "T1", said,
			`application/json; charset=utf-8 {"response_type":"ephemeral","replace_original":false,"text":"Already done."}`, ""},
		{"CustomersAreToldInAModal", "U0CARLA", "T2", said, "", `"Already done."`},
		{"WhoseTeamIsUnknownAsWell", "U0ANA", "", said, "", `"Already done."`},
		{"Modal", "U0ANA", "T1", commands.Reply{Modal: &form}, "", `"callback_id":"` + messages.ViewRequest + `"`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			w := newWorld(t)
			opened := ""
			w.set(func(c chattest.Call) {
				if c.Method == "views.open" && c.Phase == chattest.Before {
					opened = c.Form.Get("trigger_id") + " " + c.Form.Get("view")
				}
			}, nil)
			hook, heard := hooks(t, 200)
			d := newDesk(w, &router{reply: tt.reply})
			res := d.post(chat.PathInteractions, payload(clickBy(tt.user, tt.team, fmt.Sprintf(`,"response_url":%q`, hook))))
			if res.Code != 200 || res.Body.Len() != 0 {
				t.Errorf("answer %d %q, want 200 and nothing", res.Code, res.Body)
			}
			if got := strings.Join(*heard, "; "); got != tt.hook {
				t.Errorf("said %q, want %q", got, tt.hook)
			}
			if (opened != "") != (tt.view != "") || !strings.Contains(opened, tt.view) {
				t.Errorf("opened %q, want %q", opened, tt.view)
			}
			if opened != "" && !strings.HasPrefix(opened, "1.2.abc ") {
				t.Errorf("opened with another trigger: %q", opened)
			}
		})
	}
}

// A lost answer is logged and nothing else: it is never the only record.
func TestLostAnswers(t *testing.T) {
	refusing, _ := hooks(t, 500)
	said := commands.Reply{Message: &messages.Message{Text: "private words"}}
	for _, tt := range []struct{ name, user, team, hook, log string }{
		{"HookRefuses", "U0ANA", "T1", refusing, `what="answer a click"`},
		{"HookIsNoAddress", "U0ANA", "T1", "::", `what="answer a click"`},
		{"TriggerIsUnknown", "U0CARLA", "T2", "", `what="open a modal"`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			d := newDesk(newWorld(t), &router{reply: said})
			res := d.post(chat.PathInteractions, payload(clickBy(tt.user, tt.team, fmt.Sprintf(`,"response_url":%q`, tt.hook))))
			if res.Code != 200 {
				t.Errorf("answer %d, want 200", res.Code)
			}
			if got := d.log.String(); !strings.Contains(got, tt.log) || strings.Contains(got, "private") || strings.Contains(got, botToken) {
				t.Errorf("log %q, want %q in it and nothing private", got, tt.log)
			}
		})
	}
}

// In the stand-in, a real person presses a real button and sees the answer.
func TestClickInTheWorld(t *testing.T) {
	w := newWorld(t)
	d := newDesk(w, &router{reply: commands.Reply{Message: &messages.Message{Text: "Already done."}}})
	w.attach(t, d)
	button := slack.NewButtonBlockElement("request.approve", "R-1:1", slack.NewTextBlockObject(slack.PlainTextType, "Approve", false, false))
	_, ts, err := w.client.API.PostMessageContext(t.Context(), "C0SHARED", slack.MsgOptionBlocks(slack.NewActionBlock("b", button)))
	if err != nil {
		t.Fatal(err)
	}
	for _, user := range []string{"U0ANA", "U0CARLA"} {
		del, err := w.Click(t.Context(), user, "C0SHARED", ts, "request.approve")
		if err != nil || del.Err != nil {
			t.Fatalf("%s clicks: %v, %v", user, err, del.Err)
		}
	}
	d.Dispatcher.Wait()
	seen := w.Messages("U0ANA", "C0SHARED")
	if last := seen[len(seen)-1]; last.Text != "Already done." || !last.Ephemeral || len(seen) != 2 {
		t.Errorf("Ana sees %+v", seen)
	}
	if v, ok := w.View("U0CARLA"); !ok || !strings.Contains(string(v.Raw), "Already done.") {
		t.Errorf("Carla sees %+v, want a note", v)
	}
	if seen := w.Messages("U0CARLA", "C0SHARED"); len(seen) != 1 {
		t.Errorf("Carla sees %+v in the channel, want the card alone", seen)
	}
}
