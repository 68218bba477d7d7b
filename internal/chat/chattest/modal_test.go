package chattest_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"testing"
	"time"

	"latchkey/internal/chat/chattest"
)

const modal = `{"type":"modal","callback_id":"deny","private_metadata":"R-7K3M2","notify_on_close":true,
 "title":{"type":"plain_text","text":"Deny"},"submit":{"type":"plain_text","text":"Send"},
 "blocks":[
  {"type":"input","block_id":"reason","label":{"type":"plain_text","text":"Why"},
   "element":{"type":"plain_text_input","action_id":"text","max_length":10}},
  {"type":"input","block_id":"how","optional":true,"label":{"type":"plain_text","text":"How"},
   "element":{"type":"static_select","action_id":"pick","options":[
    {"text":{"type":"plain_text","text":"Four hours"},"value":"4h"},
    {"text":{"type":"plain_text","text":"A day"},"value":"24h"}]}},
  {"type":"input","block_id":"who","optional":true,"label":{"type":"plain_text","text":"Who"},
   "element":{"type":"external_select","action_id":"find","min_query_length":2}}]}`

// open lets carla press a button and the app open a modal for it. It returns
// the payload of the press and what the app was answered.
func open(w *world, user, view string) (map[string]any, map[string]any) {
	w.t.Helper()
	var payload, answer map[string]any
	w.answer(func(_ http.ResponseWriter, _ *http.Request, form url.Values) {
		payload = parse(w.t, form.Get("payload"))
		answer = w.call("views.open", "trigger_id", payload["trigger_id"].(string), "view", view)
	})
	ts := w.must("chat.postMessage", "channel", "C-SHARED", "text", "t", "blocks", card)["ts"].(string)
	if d, err := w.Click(w.t.Context(), user, "C-SHARED", ts, "approve"); err != nil || d.Err != nil {
		w.t.Fatalf("Click = %v, %v", d.Err, err)
	}
	return payload, answer
}

func answerWith(body string, keep *map[string]any) func(http.ResponseWriter, *http.Request, url.Values) {
	return func(rw http.ResponseWriter, _ *http.Request, form url.Values) {
		if keep != nil {
			if err := json.Unmarshal([]byte(form.Get("payload")), keep); err != nil {
				http.Error(rw, "no payload", http.StatusBadRequest)
				return
			}
		}
		rw.Header().Set("Content-Type", "application/json")
		fmt.Fprint(rw, body)
	}
}

func TestModalOfAnExternalMember(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	press, answer := open(w, "U-CARLA", modal)
	v, ok := w.View("U-CARLA")
	if !ok || answer["ok"] != true || v.ID != at(answer, "view", "id") || v.CallbackID != "deny" || v.PrivateMetadata != "R-7K3M2" {
		t.Fatalf("View = %+v, %v after %v", v, ok, answer)
	}
	w.refused("exchanged_trigger_id", "views.open", "trigger_id", press["trigger_id"].(string), "view", modal)

	enter := func(reason string) map[string]map[string]any {
		return map[string]map[string]any{"reason": {"text": reason}, "how": {"pick": "A day"},
			"who": {"find": chattest.Option{Text: "Bo", Value: "U-BO"}}}
	}
	if _, err := w.Submit(t.Context(), "U-CARLA", v.ID, enter("")); !errors.Is(err, chattest.ErrIncomplete) {
		t.Errorf("Submit without a reason = %v, want %v", err, chattest.ErrIncomplete)
	}
	if _, err := w.Submit(t.Context(), "U-CARLA", v.ID, enter("longer than ten")); !errors.Is(err, chattest.ErrIncomplete) {
		t.Errorf("Submit with a long reason = %v, want %v", err, chattest.ErrIncomplete)
	}
	w.answer(answerWith(`{"response_action":"errors","errors":{"reason":"too vague"}}`, nil))
	if d, err := w.Submit(t.Context(), "U-CARLA", v.ID, enter("because")); err != nil || d.Err != nil {
		t.Fatalf("Submit = %v, %v", d.Err, err)
	}
	if v, _ := w.View("U-CARLA"); v.Errors["reason"] != "too vague" {
		t.Errorf("errors = %v, want the app's", v.Errors)
	}
	var got map[string]any
	w.answer(answerWith("", &got))
	d, err := w.Submit(t.Context(), "U-CARLA", v.ID, nil) // what was entered is still there
	if err != nil || d.Err != nil {
		t.Fatalf("Submit = %v, %v", d.Err, err)
	}
	for _, row := range []struct {
		path []any
		want any
	}{
		{[]any{"type"}, "view_submission"},
		{[]any{"team", "id"}, "T-CUST"},
		{[]any{"user", "team_id"}, "T-CUST"},
		{[]any{"view", "team_id"}, "T-CUST"},
		{[]any{"view", "app_installed_team_id"}, "T-OWN"},
		{[]any{"view", "id"}, v.ID},
		{[]any{"view", "callback_id"}, "deny"},
		{[]any{"view", "state", "values", "reason", "text"}, map[string]any{"type": "plain_text_input", "value": "because"}},
		{[]any{"view", "state", "values", "how", "pick", "selected_option", "value"}, "24h"},
		{[]any{"view", "state", "values", "who", "find", "selected_option", "value"}, "U-BO"},
		{[]any{"response_url"}, nil},
		{[]any{"trigger_id"}, d.ID},
	} {
		same(t, fmt.Sprint(row.path), at(got, row.path...), row.want)
	}
	if v, ok := w.View("U-CARLA"); ok {
		t.Errorf("View = %+v after an empty answer, want none", v)
	}
	if _, err := w.Submit(t.Context(), "U-CARLA", v.ID, nil); !errors.Is(err, chattest.ErrNoSuchView) {
		t.Errorf("Submit of a closed modal = %v, want %v", err, chattest.ErrNoSuchView)
	}
}

func TestTriggers(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	d, err := w.Slash(t.Context(), "U-ANA", "C-OPEN", "/access", "request")
	if err != nil {
		t.Fatal(err)
	}
	w.refused("invalid_trigger_id", "views.open", "trigger_id", "1.2.guess", "view", modal)
	w.refused("invalid_arguments", "views.open", "view", modal)
	w.refused("invalid_arguments", "views.open", "trigger_id", d.ID, "view", `{"type":"modal"}`)
	w.refused("not_found", "views.push", "trigger_id", d.ID, "view", modal)
	w.advance(3 * time.Second)
	w.refused("expired_trigger_id", "views.open", "trigger_id", d.ID, "view", modal)
}

func TestSubmitAnswers(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, answer string
		want         string // callback id on top afterwards
		failed       bool
	}{
		{"Update", `{"response_action":"update","view":{"type":"modal","callback_id":"wait","title":{"type":"plain_text","text":"W"},"blocks":[{"type":"divider"}]}}`, "wait", false},
		{"Push", `{"response_action":"push","view":{"type":"modal","callback_id":"next","title":{"type":"plain_text","text":"N"},"blocks":[{"type":"divider"}]}}`, "next", false},
		{"Clear", `{"response_action":"clear"}`, "", false},
		{"ErrorsOfNoBlock", `{"response_action":"errors","errors":{"nope":"x"}}`, "deny", true},
		{"Unknown", `{"response_action":"explode"}`, "deny", true},
		{"EmptyObject", `{}`, "deny", true},
		{"BadView", `{"response_action":"update","view":{"type":"modal"}}`, "deny", true},
		{"NotJSON", `ok`, "deny", true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, nil)
			open(w, "U-CARLA", modal)
			v, _ := w.View("U-CARLA")
			w.answer(answerWith(tt.answer, nil))
			d, err := w.Submit(t.Context(), "U-CARLA", v.ID, map[string]map[string]any{"reason": {"text": "no"}})
			if err != nil || errors.Is(d.Err, chattest.ErrService) != tt.failed {
				t.Fatalf("Submit = %v, %v, want failure %v", d.Err, err, tt.failed)
			}
			after, _ := w.View("U-CARLA")
			if after.CallbackID != tt.want || (after.Errors[""] != "") != tt.failed {
				t.Errorf("View = %s %v, want %s", after.CallbackID, after.Errors, tt.want)
			}
			if tt.name == "Push" && after.RootID != v.ID {
				t.Errorf("root = %s, want %s", after.RootID, v.ID)
			}
		})
	}
}

func TestSubmitRefusesValuesWithoutAField(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	open(w, "U-CARLA", modal)
	v, _ := w.View("U-CARLA")
	for name, values := range map[string]map[string]map[string]any{
		"Block":     {"nope": {"text": "x"}},
		"Action":    {"reason": {"nope": "x"}},
		"Option":    {"how": {"pick": "never"}},
		"Type":      {"reason": {"text": 7}},
		"Free text": {"who": {"find": "bo"}},
	} {
		if _, err := w.Submit(t.Context(), "U-CARLA", v.ID, values); !errors.Is(err, chattest.ErrNoSuchElement) {
			t.Errorf("%s: Submit = %v, want %v", name, err, chattest.ErrNoSuchElement)
		}
	}
}

func TestViewsUpdatePushAndClose(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	open(w, "U-CARLA", modal)
	v, _ := w.View("U-CARLA")
	w.refused("not_found", "views.update", "view_id", "V-NONE", "view", modal)
	w.refused("hash_conflict", "views.update", "view_id", v.ID, "hash", "old", "view", modal)
	w.must("views.update", "view_id", v.ID, "hash", v.Hash, "view", modal)
	if now, _ := w.View("U-CARLA"); now.ID != v.ID || now.Hash == v.Hash {
		t.Errorf("after update View = %s %s, want the same id and a new hash", now.ID, now.Hash)
	}
	const child = `{"type":"modal","callback_id":"child","title":{"type":"plain_text","text":"C"},"blocks":[
	 {"type":"actions","elements":[{"type":"button","action_id":"more","text":{"type":"plain_text","text":"More"}}]}]}`
	w.answer(func(_ http.ResponseWriter, _ *http.Request, form url.Values) {
		p := parse(t, form.Get("payload"))
		w.call("views.push", "trigger_id", p["trigger_id"].(string), "view", child)
	})
	w.must("views.update", "view_id", v.ID, "view", child)
	if d, err := w.Click(t.Context(), "U-CARLA", "", v.ID, "more"); err != nil || d.Err != nil {
		t.Fatalf("Click in a modal = %v, %v", d.Err, err)
	}
	top, _ := w.View("U-CARLA")
	if top.ID == v.ID || top.RootID != v.ID {
		t.Fatalf("View = %s with root %s, want a new one on %s", top.ID, top.RootID, v.ID)
	}
	heardClose := 0
	w.answer(func(_ http.ResponseWriter, _ *http.Request, form url.Values) {
		if p := parse(t, form.Get("payload")); p["type"] == "view_closed" && at(p, "team", "id") == "T-CUST" {
			heardClose++
		}
	})
	if err := w.CloseView(t.Context(), "U-CARLA", top.ID); err != nil {
		t.Fatal(err)
	}
	w.must("views.update", "view_id", v.ID, "view", modal)
	if err := w.CloseView(t.Context(), "U-CARLA", v.ID); err != nil {
		t.Fatal(err)
	}
	if _, ok := w.View("U-CARLA"); ok || heardClose != 1 {
		t.Errorf("open %v, view_closed heard %d times, want closed and once", ok, heardClose)
	}
	w.refused("not_found", "views.update", "view_id", v.ID, "view", modal)
}

func TestSuggest(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	open(w, "U-CARLA", modal)
	v, _ := w.View("U-CARLA")
	w.answer(func(rw http.ResponseWriter, r *http.Request, form url.Values) {
		p := parse(t, form.Get("payload"))
		if r.URL.Path != "/slack/options" || p["type"] != "block_suggestion" || p["value"] != "bo" || p["action_id"] != "find" {
			t.Errorf("%s got %v", r.URL.Path, p)
		}
		fmt.Fprint(rw, `{"options":[{"text":{"type":"plain_text","text":"Bo Lind"},"value":"U-BO"}]}`)
	})
	got, err := w.Suggest(t.Context(), "U-CARLA", v.ID, "who", "find", "bo")
	if err != nil || len(got) != 1 || got[0] != (chattest.Option{Text: "Bo Lind", Value: "U-BO"}) {
		t.Errorf("Suggest = %v, %v, want Bo", got, err)
	}
	if got, err := w.Suggest(t.Context(), "U-CARLA", v.ID, "who", "find", "b"); err != nil || len(got) != 0 {
		t.Errorf("Suggest of one letter = %v, %v, want nothing", got, err)
	}
	if _, err := w.Suggest(t.Context(), "U-CARLA", v.ID, "how", "pick", "bo"); !errors.Is(err, chattest.ErrNoSuchElement) {
		t.Errorf("Suggest in a static select = %v, want %v", err, chattest.ErrNoSuchElement)
	}
	for _, bad := range []string{`{}`, `[]`, `{"options":[{"value":"x"}]}`} {
		w.answer(answerWith(bad, nil))
		if _, err := w.Suggest(t.Context(), "U-CARLA", v.ID, "who", "find", "bo"); !errors.Is(err, chattest.ErrService) {
			t.Errorf("Suggest answered %s = %v, want %v", bad, err, chattest.ErrService)
		}
	}
}

func TestHome(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	payload := heard(w)
	const home = `{"type":"home","blocks":[{"type":"actions","elements":[
	 {"type":"button","action_id":"ask","text":{"type":"plain_text","text":"Ask"}}]}]}`
	w.must("views.publish", "user_id", "U-ANA", "view", home)
	v, ok := w.Home("U-ANA")
	if !ok {
		t.Fatal("no Home tab")
	}
	w.refused("hash_conflict", "views.publish", "user_id", "U-ANA", "hash", "old", "view", home)
	w.must("views.publish", "user_id", "U-ANA", "hash", v.Hash, "view", home)
	if _, err := w.Click(t.Context(), "U-ANA", "", v.ID, "ask"); err != nil {
		t.Fatal(err)
	}
	same(t, "container", at(*payload, "container"), map[string]any{"type": "view", "view_id": v.ID})
}
