package chattest_test

import (
	"errors"
	"net/http"
	"net/url"
	"testing"

	"latchkey/internal/chat/chattest"
)

const card = `[
 {"type":"section","block_id":"head","text":{"type":"mrkdwn","text":"*R-7K3M2* <@U-ANA> & more"},
  "accessory":{"type":"button","action_id":"show","text":{"type":"plain_text","text":"Show"},"value":"head"}},
 {"type":"actions","block_id":"row","elements":[
  {"type":"button","action_id":"approve","style":"primary","text":{"type":"plain_text","text":"Approve"},"value":"R-7K3M2:1"},
  {"type":"button","action_id":"show","text":{"type":"plain_text","text":"Show"},"value":"row"}]}]`

// heard makes the app keep the last interaction payload.
func heard(w *world) *map[string]any {
	var payload map[string]any
	w.answer(func(_ http.ResponseWriter, r *http.Request, form url.Values) {
		if r.URL.Path != "/slack/interactions" {
			w.t.Errorf("path = %s, want /slack/interactions", r.URL.Path)
		}
		payload = parse(w.t, form.Get("payload"))
	})
	return &payload
}

func TestClickByAnExternalMember(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	payload := heard(w)
	ts := w.must("chat.postMessage", "channel", "C-SHARED", "text", "R-7K3M2", "blocks", card,
		"metadata", `{"event_type":"card","event_payload":{"effect":"e1"}}`)["ts"].(string)
	d, err := w.Click(t.Context(), "U-CARLA", "C-SHARED", ts, "approve")
	if err != nil || d.Err != nil {
		t.Fatalf("Click = %v, %v, want a delivery", d.Err, err)
	}
	for _, row := range []struct {
		path []any
		want any
	}{
		{[]any{"type"}, "block_actions"},
		{[]any{"team"}, map[string]any{"id": "T-OWN", "domain": "northwind"}},
		{[]any{"user"}, map[string]any{"id": "U-CARLA", "username": "carla", "name": "carla", "team_id": "T-CUST"}},
		{[]any{"container"}, map[string]any{"type": "message", "message_ts": ts, "channel_id": "C-SHARED", "is_ephemeral": false}},
		{[]any{"channel", "id"}, "C-SHARED"},
		{[]any{"trigger_id"}, d.ID},
		{[]any{"enterprise"}, nil},
		{[]any{"is_enterprise_install"}, false},
		{[]any{"api_app_id"}, chattest.AppID},
		{[]any{"message", "ts"}, ts},
		{[]any{"message", "user"}, "U-BOT"},
		{[]any{"message", "blocks", 0, "text", "text"}, "*R-7K3M2* <@U-ANA> & more"},
		{[]any{"message", "metadata", "event_payload", "effect"}, "e1"},
		{[]any{"actions", 0, "action_id"}, "approve"},
		{[]any{"actions", 0, "block_id"}, "row"},
		{[]any{"actions", 0, "value"}, "R-7K3M2:1"},
		{[]any{"actions", 0, "style"}, "primary"},
		{[]any{"state", "values"}, map[string]any{}},
	} {
		same(t, "payload field", at(*payload, row.path...), row.want)
	}
	if url, _ := at(*payload, "response_url").(string); url == "" || at(*payload, "actions", 0, "action_ts") == nil {
		t.Errorf("payload lacks response_url or action_ts: %v", *payload)
	}
}

func TestClickFindsTheButton(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	payload := heard(w)
	ts := w.must("chat.postMessage", "channel", "C-SHARED", "text", "t", "blocks", card)["ts"].(string)
	for _, row := range []struct{ action, value string }{
		{"show", "head"}, {"head/show", "head"}, {"row/show", "row"},
	} {
		if _, err := w.Click(t.Context(), "U-ANA", "C-SHARED", ts, row.action); err != nil {
			t.Fatal(err)
		}
		same(t, row.action, at(*payload, "actions", 0, "value"), row.value)
	}
	if _, err := w.ClickValue(t.Context(), "U-ANA", "C-SHARED", ts, "approve", "R-OTHER:9"); err != nil {
		t.Fatal(err)
	}
	same(t, "tampered value", at(*payload, "actions", 0, "value"), "R-OTHER:9")
	same(t, "value on the message", at(*payload, "message", "blocks", 1, "elements", 0, "value"), "R-7K3M2:1")
	if w.bad != 0 {
		t.Errorf("%d bad signatures, want none", w.bad)
	}
	for _, row := range []struct {
		name, user, channel, ts, action string
		want                            error
	}{
		{"NoButton", "U-ANA", "C-SHARED", ts, "deny", chattest.ErrNoSuchElement},
		{"NoMessage", "U-ANA", "C-SHARED", "1.000001", "approve", chattest.ErrNoSuchElement},
		{"Outsider", "U-BO", "C-SHARED", ts, "approve", chattest.ErrNotMember},
		{"NoModal", "U-ANA", "", "V1", "approve", chattest.ErrNoSuchView},
	} {
		if _, err := w.Click(t.Context(), row.user, row.channel, row.ts, row.action); !errors.Is(err, row.want) {
			t.Errorf("%s: Click = %v, want %v", row.name, err, row.want)
		}
	}
	w.must("chat.delete", "channel", "C-SHARED", "ts", ts)
	if _, err := w.Click(t.Context(), "U-ANA", "C-SHARED", ts, "approve"); !errors.Is(err, chattest.ErrNoSuchElement) {
		t.Errorf("Click on a deleted message = %v, want %v", err, chattest.ErrNoSuchElement)
	}
}

func TestClickInAnEphemeralAndReplaceIt(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	payload := heard(w)
	ts := w.must("chat.postEphemeral", "channel", "C-SHARED", "user", "U-CARLA", "text", "psst", "blocks", card)["message_ts"].(string)
	if _, err := w.Click(t.Context(), "U-ANA", "C-SHARED", ts, "approve"); !errors.Is(err, chattest.ErrNoSuchElement) {
		t.Errorf("Click by another viewer = %v, want %v", err, chattest.ErrNoSuchElement)
	}
	if _, err := w.Click(t.Context(), "U-CARLA", "C-SHARED", ts, "approve"); err != nil {
		t.Fatal(err)
	}
	same(t, "is_ephemeral", at(*payload, "container", "is_ephemeral"), true)
	if _, ok := (*payload)["message"]; ok {
		t.Errorf("the payload shows an ephemeral message")
	}
	w.refused("message_not_found", "chat.update", "channel", "C-SHARED", "ts", ts, "text", "x")
	to := (*payload)["response_url"].(string)
	if status, answer := w.respond(to, `{"replace_original":true,"response_type":"in_channel","text":"done"}`); status != 200 {
		t.Fatalf("replace = %d %v", status, answer)
	}
	if m := w.last("U-CARLA", "C-SHARED"); m.TS != ts || m.Text != "done" || !m.Ephemeral || len(m.Blocks) != 0 {
		t.Errorf("after replacing, carla sees %+v", m)
	}
	if status, answer := w.respond(to, `{"delete_original":"true"}`); status != 200 {
		t.Fatalf("delete = %d %v", status, answer)
	}
	if n := len(w.Messages("U-CARLA", "C-SHARED")); n != 0 {
		t.Errorf("after deleting, carla sees %d messages", n)
	}
}

func TestClickFailureIsShown(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	w.answer(func(rw http.ResponseWriter, _ *http.Request, _ url.Values) { rw.WriteHeader(http.StatusBadGateway) })
	ts := w.must("chat.postMessage", "channel", "C-SHARED", "text", "t", "blocks", card)["ts"].(string)
	d, err := w.Click(t.Context(), "U-CARLA", "C-SHARED", ts, "approve")
	if err != nil || !errors.Is(d.Err, chattest.ErrService) {
		t.Fatalf("Click = %v, %v, want %v", d.Err, err, chattest.ErrService)
	}
	if m := w.last("U-CARLA", "C-SHARED"); m.Client != "system" || m.Text != `The action failed with the error "http_service_error"` {
		t.Errorf("carla sees %+v", m)
	}
	if m := w.last("U-ANA", "C-SHARED"); m.TS != ts {
		t.Errorf("ana sees %+v, want only the card", m)
	}
}
