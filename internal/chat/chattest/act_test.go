package chattest_test

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"latchkey/internal/chat/chattest"
)

// menu is an actions block with one of each element that people choose with.
const menu = `{"type":"actions","block_id":"row","elements":[
 {"type":"static_select","action_id":"static","options":[` + optionA + `,` + optionB + `],"initial_option":` + optionB + `},
 {"type":"multi_static_select","action_id":"statics","option_groups":[{"label":{"type":"plain_text","text":"G"},"options":[` + optionA + `,` + optionB + `]}],"max_selected_items":1},
 {"type":"external_select","action_id":"external","min_query_length":0},
 {"type":"multi_external_select","action_id":"externals"},
 {"type":"users_select","action_id":"user"},
 {"type":"multi_users_select","action_id":"users"},
 {"type":"conversations_select","action_id":"conversation"},
 {"type":"multi_conversations_select","action_id":"conversations"},
 {"type":"channels_select","action_id":"channel"},
 {"type":"multi_channels_select","action_id":"channels"},
 {"type":"overflow","action_id":"overflow","options":[` + optionA + `,` + optionB + `]},
 {"type":"radio_buttons","action_id":"radio","options":[` + optionA + `,` + optionB + `]},
 {"type":"checkboxes","action_id":"boxes","options":[` + optionA + `,` + optionB + `]},
 {"type":"datepicker","action_id":"date","initial_date":"2026-11-24"},
 {"type":"timepicker","action_id":"time"},
 {"type":"datetimepicker","action_id":"moment"},
 {"type":"button","action_id":"button","text":{"type":"plain_text","text":"B"},"value":"b"}]}`

const (
	optionA = `{"text":{"type":"plain_text","text":"A"},"value":"a"}`
	optionB = `{"text":{"type":"plain_text","text":"B"},"value":"b"}`
	typing  = `{"type":"input","block_id":"why","dispatch_action":true,"label":{"type":"plain_text","text":"L"},"element":{"type":"plain_text_input","action_id":"text"}}`
	silent  = `{"type":"input","block_id":"quiet","optional":true,"label":{"type":"plain_text","text":"L"},"element":{"type":"plain_text_input","action_id":"still"}}`
)

func TestElementsAreUsed(t *testing.T) {
	t.Parallel()
	now := time.Unix(1764000000, 0)
	rows := []struct {
		action string
		value  any
		field  string
		want   any
	}{
		{"static", "a", "selected_option", parse(t, spelled("A", "a"))},
		{"statics", []string{"b"}, "selected_options", []any{parse(t, spelled("B", "b"))}},
		{"external", chattest.Option{Text: "Bo", Value: "1"}, "selected_option", parse(t, spelled("Bo", "1"))},
		{"externals", []chattest.Option{{Text: "Bo", Value: "1"}}, "selected_options", []any{parse(t, spelled("Bo", "1"))}},
		{"user", "U-ANA", "selected_user", "U-ANA"},
		{"users", []string{"U-ANA", "U-CARLA"}, "selected_users", []any{"U-ANA", "U-CARLA"}},
		{"conversation", "C-SHARED", "selected_conversation", "C-SHARED"},
		{"conversations", []string{"C-SHARED"}, "selected_conversations", []any{"C-SHARED"}},
		{"channel", "C-OPEN", "selected_channel", "C-OPEN"},
		{"channels", []string{"C-OPEN"}, "selected_channels", []any{"C-OPEN"}},
		{"overflow", "b", "selected_option", parse(t, spelled("B", "b"))},
		{"radio", "a", "selected_option", parse(t, spelled("A", "a"))},
		{"boxes", []string{"a", "b"}, "selected_options", []any{parse(t, spelled("A", "a")), parse(t, spelled("B", "b"))}},
		{"date", "2026-11-30", "selected_date", "2026-11-30"},
		{"time", "09:30", "selected_time", "09:30"},
		{"moment", now, "selected_date_time", now.Unix()},
		{"text", "because", "value", "because"},
	}
	for _, surface := range []string{"message", "modal", "home"} {
		t.Run(surface, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, nil)
			channel, ts := shown(w, surface, menu+","+typing+","+silent)
			payload := heard(w)
			for _, row := range rows {
				d, err := w.Choose(t.Context(), "U-ANA", channel, ts, row.action, row.value)
				if err != nil || d.Err != nil || d.Channel != channel {
					t.Fatalf("%s: Choose = %+v, %v", row.action, d, err)
				}
				block := "row"
				if row.action == "text" {
					block = "why"
				}
				same(t, row.action+" chosen", at(*payload, "actions", 0, row.field), row.want)
				same(t, row.action+" ids", []any{at(*payload, "actions", 0, "block_id"), at(*payload, "actions", 0, "action_id")}, []any{block, row.action})
				values := at(*payload, "state", "values")
				if surface != "message" {
					values = at(*payload, "view", "state", "values")
				}
				if row.action != "overflow" {
					same(t, row.action+" in the state", at(values, block, row.action, row.field), row.want)
				}
				same(t, "team", at(*payload, "team", "id"), "T-OWN")
				if row.action == "date" {
					same(t, "initial date", at(*payload, "actions", 0, "initial_date"), "2026-11-24")
				}
			}
			checkContainer(t, surface, *payload, ts)
			checkSilent(t, w, channel, ts)
		})
	}
}

func spelled(text, value string) string {
	return fmt.Sprintf(`{"text":{"type":"plain_text","text":%q,"emoji":true},"value":%q}`, text, value)
}

// shown puts blocks before ana and returns where: a channel and a timestamp, or
// no channel and the id of a view.
func shown(w *world, surface, blocks string) (string, string) {
	w.t.Helper()
	switch surface {
	case "modal":
		d, err := w.Slash(w.t.Context(), "U-ANA", "C-OPEN", "/access", "")
		if err != nil {
			w.t.Fatal(err)
		}
		v := w.must("views.open", "trigger_id", d.ID, "view",
			`{"type":"modal","title":{"type":"plain_text","text":"T"},"submit":{"type":"plain_text","text":"S"},"blocks":[`+blocks+`]}`)
		return "", at(v, "view", "id").(string)
	case "home":
		v := w.must("views.publish", "user_id", "U-ANA", "view", `{"type":"home","blocks":[`+blocks+`]}`)
		return "", at(v, "view", "id").(string)
	}
	return "C-SHARED", w.must("chat.postMessage", "channel", "C-SHARED", "text", "t", "blocks", "["+blocks+"]")["ts"].(string)
}

func checkContainer(t *testing.T, surface string, payload map[string]any, ts string) {
	t.Helper()
	if surface == "message" {
		same(t, "container", at(payload, "container", "message_ts"), ts)
		same(t, "view", payload["view"], nil)
		return
	}
	same(t, "container", payload["container"], map[string]any{"type": "view", "view_id": ts})
	same(t, "view type", at(payload, "view", "type"), surface)
	for _, field := range []string{"channel", "message", "response_url"} {
		if _, ok := payload[field]; ok {
			t.Errorf("the payload of a view has a %s", field)
		}
	}
}

// checkSilent enters text where nothing is dispatched, which is remembered.
func checkSilent(t *testing.T, w *world, channel, ts string) {
	t.Helper()
	w.answer(func(http.ResponseWriter, *http.Request, url.Values) { t.Error("the app heard of a silent input") })
	if d, err := w.Choose(t.Context(), "U-ANA", channel, ts, "still", "kept"); err != nil || d.Path != "" {
		t.Errorf("Choose in a silent input = %+v, %v, want nothing sent", d, err)
	}
	payload := heard(w)
	if _, err := w.Click(t.Context(), "U-ANA", channel, ts, "button"); err != nil {
		t.Fatal(err)
	}
	values := at(*payload, "state", "values")
	if channel == "" {
		values = at(*payload, "view", "state", "values")
	}
	same(t, "what was entered silently", at(values, "quiet", "still", "value"), "kept")
	same(t, "what was chosen before", at(values, "row", "static", "selected_option", "value"), "a")
	same(t, "the value of the button", at(*payload, "actions", 0, "value"), "b")
}

func TestChoicesThatNobodyHas(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	channel, ts := shown(w, "message", menu)
	w.answer(func(http.ResponseWriter, *http.Request, url.Values) { t.Error("the app heard of an impossible choice") })
	for _, row := range []struct {
		name, action string
		value        any
	}{
		{"NoElement", "nope", "a"},
		{"NoName", "", "a"},
		{"NoOption", "static", "c"},
		{"TooMany", "statics", []string{"a", "b"}},
		{"Stranger", "user", "U-DAN"},
		{"Nobody", "users", []string{"U-NONE"}},
		{"PrivateChannel", "channel", "C-SECRET"},
		{"NotAMember", "conversation", "C-SECRET"},
		{"NotADay", "date", "2026-02-30"},
		{"NotATime", "time", "24:00"},
		{"NotAMoment", "moment", "noon"},
		{"NoItem", "overflow", "c"},
		{"NothingOnTheMenu", "overflow", nil},
		{"WrongType", "users", "U-ANA"},
		{"ButtonWithValue", "button", "x"},
	} {
		if _, err := w.Choose(t.Context(), "U-ANA", channel, ts, row.action, row.value); !errors.Is(err, chattest.ErrNoSuchElement) {
			t.Errorf("%s: Choose = %v, want %v", row.name, err, chattest.ErrNoSuchElement)
		}
	}
	if _, err := w.Click(t.Context(), "U-ANA", channel, ts, "static"); !errors.Is(err, chattest.ErrNoSuchElement) {
		t.Errorf("Click on a menu = %v, want %v", err, chattest.ErrNoSuchElement)
	}
}

func TestFeedbackButtons(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	channel, ts := shown(w, "message", `{"type":"context_actions","elements":[
	 {"type":"feedback_buttons","action_id":"fb","positive_button":{"text":{"type":"plain_text","text":"+"},"value":"good"},
	  "negative_button":{"text":{"type":"plain_text","text":"-"},"value":"bad"}},
	 {"type":"icon_button","action_id":"bin","icon":"trash","text":{"type":"plain_text","text":"Remove"},"value":"r"}]}`)
	payload := heard(w)
	if _, err := w.Choose(t.Context(), "U-CARLA", channel, ts, "fb", "bad"); err != nil {
		t.Fatal(err)
	}
	same(t, "feedback", at(*payload, "actions", 0, "value"), "bad")
	if _, err := w.Click(t.Context(), "U-CARLA", channel, ts, "bin"); err != nil {
		t.Fatal(err)
	}
	same(t, "icon button", at(*payload, "actions", 0, "value"), "r")
	if _, err := w.Choose(t.Context(), "U-CARLA", channel, ts, "fb", "meh"); !errors.Is(err, chattest.ErrNoSuchElement) {
		t.Errorf("Choose = %v, want %v", err, chattest.ErrNoSuchElement)
	}
}

func TestSuggestInAMessageAndAtHome(t *testing.T) {
	t.Parallel()
	for _, surface := range []string{"message", "home"} {
		w := newWorld(t, nil)
		channel, ts := shown(w, surface, menu)
		w.answer(func(rw http.ResponseWriter, _ *http.Request, form url.Values) {
			p := parse(t, form.Get("payload"))
			if surface == "message" {
				same(t, "channel", at(p, "channel", "id"), "C-SHARED")
			} else {
				same(t, "view", at(p, "view", "id"), ts)
			}
			fmt.Fprint(rw, `{"option_groups":[{"label":{"type":"plain_text","text":"G"},"options":[`+optionA+`]}]}`)
		})
		got, err := w.SuggestIn(t.Context(), "U-ANA", channel, ts, "row", "external", "")
		if err != nil || len(got) != 1 || got[0].Value != "a" {
			t.Errorf("%s: SuggestIn = %v, %v, want A", surface, got, err)
		}
		many := strings.TrimSuffix(strings.Repeat(optionA+",", 101), ",")
		w.answer(answerWith(`{"options":[`+many+`]}`, nil))
		if _, err := w.SuggestIn(t.Context(), "U-ANA", channel, ts, "row", "external", "x"); !errors.Is(err, chattest.ErrService) {
			t.Errorf("%s: 101 options = %v, want %v", surface, err, chattest.ErrService)
		}
	}
}
