package chattest_test

import (
	"errors"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"latchkey/internal/chat/chattest"
)

const plainModal = titled + `,"blocks":` + divider + `}`

func named(external string) string {
	return titled + `,"external_id":"` + external + `","blocks":` + divider + `}`
}

// trigger lets ana type a command and returns the trigger that came of it.
func trigger(w *world) string {
	w.t.Helper()
	d, err := w.Slash(w.t.Context(), "U-ANA", "C-OPEN", "/access", "")
	if err != nil {
		w.t.Fatal(err)
	}
	return d.ID
}

// TestViewErrors has the documented errors of the methods for views that
// TestTriggers and TestViewsUpdatePushAndClose do not have.
func TestViewErrors(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	first := at(w.must("views.open", "trigger_id", trigger(w), "view", named("one")), "view", "id").(string)
	w.refused("duplicate_external_id", "views.open", "trigger_id", trigger(w), "view", named("one"))
	w.refused("duplicate_external_id", "views.push", "trigger_id", trigger(w), "view", named("one"))
	home := strings.Replace(named("one"), `"modal","title":{"type":"plain_text","text":"T"}`, `"home"`, 1)
	w.refused("duplicate_external_id", "views.publish", "user_id", "U-BO", "view", home)
	w.must("views.update", "external_id", "one", "view", named("one"))
	w.refused("not_found", "views.update", "external_id", "two", "view", plainModal)
	w.refused("invalid_arguments", "views.update", "view", plainModal)
	w.refused("invalid_arguments", "views.publish", "user_id", "U-NONE", "view", home)
	w.refused("hash_conflict", "views.publish", "user_id", "U-BO", "hash", "none yet", "view", `{"type":"home","blocks":`+divider+`}`)

	w.must("views.push", "trigger_id", trigger(w), "view", plainModal)
	w.must("views.push", "trigger_id", trigger(w), "view", plainModal)
	unused := trigger(w)
	w.refused("push_limit_reached", "views.push", "trigger_id", unused, "view", plainModal)
	w.must("views.open", "trigger_id", unused, "view", plainModal) // a refusal does not use it up
	w.refused("exchanged_trigger_id", "views.push", "trigger_id", unused, "view", plainModal)
	w.refused("not_found", "views.update", "view_id", first, "view", plainModal)
}

func TestLargestView(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	field := `{"type":"section","fields":` + copies(`{"type":"mrkdwn","text":"`+strings.Repeat("f", 1200)+`"}`, 10) + `},`
	view := titled + `,"blocks":[` + strings.Repeat(field, 20) + `{"type":"divider"}]}`
	view += strings.Repeat(" ", 250_000-len(view))
	w.must("views.open", "trigger_id", trigger(w), "view", view)
	w.refused("view_too_large", "views.open", "trigger_id", trigger(w), "view", view+" ")
}

func TestClosingAll(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	told := func(callback, more string) string {
		return titled + `,"callback_id":"` + callback + `","notify_on_close":true` + more + `,"blocks":` + divider + `}`
	}
	w.must("views.open", "trigger_id", trigger(w), "view", told("root", ""))
	w.must("views.push", "trigger_id", trigger(w), "view", plainModal)
	id := at(w.must("views.push", "trigger_id", trigger(w), "view", told("top", `,"clear_on_close":true`)), "view", "id").(string)
	var heard []any
	w.answer(func(_ http.ResponseWriter, _ *http.Request, form url.Values) {
		p := parse(t, form.Get("payload"))
		heard = append(heard, p["type"], at(p, "view", "callback_id"), p["is_cleared"])
	})
	if err := w.CloseView(t.Context(), "U-ANA", id); err != nil {
		t.Fatal(err)
	}
	same(t, "heard", heard, []any{"view_closed", "top", true, "view_closed", "root", true})
	if _, ok := w.View("U-ANA"); ok {
		t.Error("a view is left")
	}
}

func TestTypedInputs(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	field := func(id, el string) string {
		return `{"type":"input","block_id":"` + id + `","optional":true,"label":{"type":"plain_text","text":"L"},"element":` + el + `}`
	}
	_, id := shown(w, "modal", strings.Join([]string{
		field("mail", `{"type":"email_text_input","action_id":"a"}`),
		field("link", `{"type":"url_text_input","action_id":"a"}`),
		field("whole", `{"type":"number_input","action_id":"a","is_decimal_allowed":false,"min_value":"2","max_value":"9"}`),
		field("part", `{"type":"number_input","action_id":"a","is_decimal_allowed":true}`),
		field("person", `{"type":"users_select","action_id":"a"}`),
		field("where", `{"type":"conversations_select","action_id":"a","response_url_enabled":true}`),
	}, ","))
	for _, row := range []struct{ block, value, want string }{
		{"mail", "ana", "Enter an email address."},
		{"mail", "Ana <ana@x.example>", "Enter an email address."},
		{"link", "x.example", "Enter a link."},
		{"whole", "two", "Enter a number."},
		{"whole", "2.5", "Enter a number."},
		{"whole", "1", "Enter at least 2."},
		{"whole", "10", "Enter at most 9."},
	} {
		values := map[string]map[string]any{row.block: {"a": row.value}}
		_, err := w.Submit(t.Context(), "U-ANA", id, values)
		v, _ := w.View("U-ANA")
		if !errors.Is(err, chattest.ErrIncomplete) || v.Errors[row.block] != row.want {
			t.Errorf("%s %s: Submit = %v with %v, want %s", row.block, row.value, err, v.Errors, row.want)
		}
		values[row.block]["a"] = ""
		w.answer(answerWith(`{"response_action":"errors","errors":{"`+row.block+`":"again"}}`, nil))
		if _, err := w.Submit(t.Context(), "U-ANA", id, values); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := w.Submit(t.Context(), "U-ANA", id, map[string]map[string]any{"person": {"a": "U-DAN"}}); !errors.Is(err, chattest.ErrNoSuchElement) {
		t.Errorf("choosing a stranger = %v, want %v", err, chattest.ErrNoSuchElement)
	}
	var got map[string]any
	w.answer(answerWith("", &got))
	good := map[string]map[string]any{
		"mail": {"a": "ana@x.example"}, "link": {"a": "https://x.example/y"}, "whole": {"a": "9"}, "part": {"a": "-2.5"},
		"person": {"a": "U-CARLA"}, "where": {"a": "C-OPEN"},
	}
	if d, err := w.Submit(t.Context(), "U-ANA", id, good); err != nil || d.Err != nil {
		t.Fatalf("Submit = %v, %v", d.Err, err)
	}
	same(t, "response URL", []any{at(got, "response_urls", 0, "block_id"), at(got, "response_urls", 0, "channel_id")}, []any{"where", "C-OPEN"})
	if status, answer := w.respond(at(got, "response_urls", 0, "response_url").(string), `{"text":"done","response_type":"in_channel"}`); status != 200 {
		t.Errorf("response URL = %d %v", status, answer)
	}
	same(t, "posted", w.last("U-BO", "C-OPEN").Text, "done")
}

// TestTakenNames lets the app answer a submission with a view that has the
// external id of another one.
func TestTakenNames(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	w.must("views.publish", "user_id", "U-BO", "view", `{"type":"home","external_id":"taken","blocks":`+divider+`}`)
	_, id := shown(w, "modal", silent)
	for _, action := range []string{"push", "update"} {
		w.answer(answerWith(`{"response_action":"`+action+`","view":`+named("taken")+`}`, nil))
		d, err := w.Submit(t.Context(), "U-ANA", id, nil)
		if err != nil || !errors.Is(d.Err, chattest.ErrService) {
			t.Errorf("%s: Submit = %v, %v, want %v", action, d.Err, err, chattest.ErrService)
		}
		if v, _ := w.View("U-ANA"); v.ID != id || v.Errors[""] == "" {
			t.Errorf("%s: View = %+v, want the same with an error", action, v)
		}
	}
	w.answer(answerWith(`{"response_action":"update","view":`+named("mine")+`}`, nil))
	if d, err := w.Submit(t.Context(), "U-ANA", id, nil); err != nil || d.Err != nil {
		t.Errorf("Submit = %v, %v", d.Err, err)
	}
}
