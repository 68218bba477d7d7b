package chattest_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"

	"latchkey/internal/chat/chattest"
)

func TestAuthentication(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	tests := []struct{ name, method, auth, body, want string }{
		{"Header", "auth.test", "Bearer " + botToken, "", ""},
		{"Field", "auth.test", "", "token=" + botToken, ""},
		{"None", "auth.test", "", "", "not_authed"},
		{"Wrong", "auth.test", "Bearer xoxb-other", "", "invalid_auth"},
		{"Nonsense", "auth.test", "Bearer x", "", "invalid_auth"},
		{"AppToken", "auth.test", "Bearer " + appToken, "", "not_allowed_token_type"},
		{"SocketWithBotToken", "apps.connections.open", "Bearer " + botToken, "", "not_allowed_token_type"},
		{"Socket", "apps.connections.open", "Bearer " + appToken, "", "service_unavailable"},
		{"SocketField", "apps.connections.open", "", "token=" + appToken, "not_authed"},
		{"SocketBasicAndField", "apps.connections.open", "Basic " + appToken, "token=" + appToken, "not_authed"},
		{"SocketHeaderAndField", "apps.connections.open", "Bearer " + appToken, "token=x", "service_unavailable"},
		{"Unknown", "chat.shout", "Bearer " + botToken, "", "unknown_method"},
	}
	for _, tt := range tests {
		answer := w.request(tt.method, tt.auth, "application/x-www-form-urlencoded", tt.body)
		if code, _ := answer["error"].(string); code != tt.want || answer["ok"] != (tt.want == "") {
			t.Errorf("%s: %s = %v, want %q", tt.name, tt.method, answer, tt.want)
		}
	}
	answer := w.request("apps.connections.open", "", "application/json", `{"token":"`+appToken+`"}`)
	same(t, "an app-level token in JSON", answer["error"], "not_authed")
	who := w.must("auth.test")
	if who["team_id"] != "T-OWN" || who["user_id"] != "U-BOT" || who["bot_id"] != chattest.BotID {
		t.Errorf("auth.test = %v", who)
	}
}

func TestBodies(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	tests := []struct{ name, contentType, body, want string }{
		{"JSON", "application/json; charset=utf-8", `{"channel":"C-OPEN","text":"a","blocks":[{"type":"divider"}]}`, ""},
		{"BadJSON", "application/json", `{"channel":`, "invalid_json"},
		{"TwoValues", "application/json", `{} {}`, "invalid_json"},
		{"List", "application/json", `[]`, "json_not_object"},
		{"BadForm", "application/x-www-form-urlencoded", "a=%zz", "invalid_form_data"},
		{"BadMultipart", "multipart/form-data; boundary=x", "nothing", "invalid_form_data"},
		{"XML", "application/xml", "<a/>", "invalid_post_type"},
		{"NoType", "", "a=b", "missing_post_type"},
		{"Huge", "application/x-www-form-urlencoded", "text=" + strings.Repeat("a", 1<<20), "request_timeout"},
	}
	for _, tt := range tests {
		answer := w.request("chat.postMessage", "Bearer "+botToken, tt.contentType, tt.body)
		if code, _ := answer["error"].(string); code != tt.want {
			t.Errorf("%s: answer = %v, want %q", tt.name, answer, tt.want)
		}
	}
}

func TestScopes(t *testing.T) {
	t.Parallel()
	tests := []struct {
		method, needed string
		args           []string
	}{
		{"chat.postMessage", "chat:write", []string{"channel", "C-OPEN", "text", "x"}},
		{"chat.postEphemeral", "chat:write", nil},
		{"chat.update", "chat:write", nil},
		{"chat.delete", "chat:write", nil},
		{"conversations.info", "channels:read", []string{"channel", "C-OPEN"}},
		{"conversations.info", "groups:read", []string{"channel", "C-SHARED"}},
		{"conversations.info", "im:read", []string{"channel", "DM"}},
		{"conversations.members", "groups:read", []string{"channel", "C-SHARED"}},
		{"conversations.history", "channels:history", []string{"channel", "C-OPEN"}},
		{"conversations.history", "groups:history", []string{"channel", "C-SHARED"}},
		{"conversations.history", "im:history", []string{"channel", "DM"}},
		{"conversations.open", "im:write", []string{"users", "U-ANA"}},
		{"conversations.open", "mpim:write", []string{"users", "U-ANA,U-BO"}},
		{"users.info", "users:read", []string{"user", "U-ANA"}},
		{"users.lookupByEmail", "users:read.email", []string{"email", "x"}},
	}
	for _, tt := range tests {
		t.Run(tt.method+"/"+tt.needed, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, func(o *chattest.Options) {
				o.Scopes = slices.DeleteFunc(slices.Clone(allScopes), func(s string) bool { return s == tt.needed })
			})
			dm, err := w.OpenDM("U-ANA")
			if err != nil {
				t.Fatal(err)
			}
			args := slices.Clone(tt.args)
			if i := slices.Index(args, "DM"); i >= 0 {
				args[i] = dm.ID
			}
			answer := w.refused("missing_scope", tt.method, args...)
			if answer["needed"] != tt.needed || strings.Contains(","+fmt.Sprint(answer["provided"])+",", ","+tt.needed+",") {
				t.Errorf("needed = %v, provided = %v, want %s to be needed", answer["needed"], answer["provided"], tt.needed)
			}
		})
	}
}

func TestDirectMessageByUserID(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	if n := len(w.ChannelsOf("U-CARLA")); n != 1 {
		t.Fatalf("carla is in %d conversations, want 1", n)
	}
	first := w.must("chat.postMessage", "channel", "U-CARLA", "text", "hello")["channel"].(string)
	again := w.must("chat.postMessage", "channel", "U-CARLA", "text", "again")["channel"].(string)
	opened := w.must("conversations.open", "users", "U-CARLA", "return_im", "true")
	if first != again || at(opened, "channel", "id") != first || opened["already_open"] != true || !strings.HasPrefix(first, "D") {
		t.Errorf("three different conversations: %s, %s, %v", first, again, opened)
	}
	same(t, "carla sees", texts(w.Messages("U-CARLA", first)), []string{"hello", "again"})
	if n := len(w.ChannelsOf("U-CARLA")); n != 2 {
		t.Errorf("carla is in %d conversations, want 2", n)
	}
	w.refused("channel_not_found", "chat.postMessage", "channel", "U-DAN", "text", "x")
	w.refused("channel_not_found", "chat.postMessage", "channel", "U-GONE", "text", "x")
	w.refused("user_not_visible", "conversations.open", "users", "U-DAN")
	w.refused("user_disabled", "conversations.open", "users", "U-GONE")
	w.refused("user_not_found", "conversations.open", "users", "U-NONE")
	w.refused("users_list_not_supplied", "conversations.open")
	w.refused("method_not_supported_for_channel_type", "conversations.open", "channel", "C-OPEN")
	if _, err := w.OpenDM("U-DAN"); !errors.Is(err, chattest.ErrNotMember) {
		t.Errorf("OpenDM by a stranger = %v, want %v", err, chattest.ErrNotMember)
	}
}

func TestPostingRules(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	w.refused("no_text", "chat.postMessage", "channel", "C-OPEN")
	w.refused("channel_not_found", "chat.postMessage", "channel", "C-NONE", "text", "x")
	w.refused("not_in_channel", "chat.postMessage", "channel", "C-QUIET", "text", "x")
	w.refused("channel_not_found", "chat.postMessage", "channel", "C-SECRET", "text", "x")
	w.refused("invalid_metadata_format", "chat.postMessage", "channel", "C-OPEN", "text", "x", "metadata", "{")
	w.refused("invalid_metadata_schema", "chat.postMessage", "channel", "C-OPEN", "text", "x", "metadata", `{"event_type":"a"}`)
	w.refused("markdown_text_conflict", "chat.postMessage", "channel", "C-OPEN", "text", "x", "markdown_text", "y")
	w.refused("user_not_in_channel", "chat.postEphemeral", "channel", "C-SHARED", "user", "U-BO", "text", "x")
	w.refused("msg_too_long", "chat.postEphemeral", "channel", "C-SHARED", "user", "U-ANA", "text", strings.Repeat("x", 4001))
	w.must("chat.postMessage", "channel", "C-OPEN", "text", strings.Repeat("é", 40001))
	if m := w.last("U-ANA", "C-OPEN"); len([]rune(m.Text)) != 40000 {
		t.Errorf("text has %d characters, want 40000", len([]rune(m.Text)))
	}
	answer := w.must("chat.postMessage", "channel", "C-OPEN", "text", "grüße &amp; <x> ✅")
	if got := at(answer, "message", "text"); got != "grüße &amp; <x> ✅" || at(answer, "message", "bot_id") != chattest.BotID {
		t.Errorf("message = %v, want the text as it was sent", answer["message"])
	}
}

func TestUpdateRules(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	const meta = `{"event_type":"card","event_payload":{"effect":"e1"}}`
	ts := w.must("chat.postMessage", "channel", "C-OPEN", "text", "one", "blocks", card, "metadata", meta)["ts"].(string)
	steps := []struct {
		name           string
		args           []string
		text           string
		blocks, edited bool
		metadata       bool
	}{
		{"BlocksKeepText", []string{"blocks", `[{"type":"divider"}]`}, "one", true, false, true},
		{"Both", []string{"text", "two", "blocks", card}, "two", true, false, true},
		{"TextDropsBlocks", []string{"text", "three"}, "three", false, true, true},
		{"EmptyMetadataRemoves", []string{"text", "four", "blocks", card, "metadata", "{}"}, "four", true, false, false},
		{"EmptyBlocksRemove", []string{"blocks", "[]"}, "four", false, true, false},
	}
	for _, step := range steps {
		w.must("chat.update", append([]string{"channel", "C-OPEN", "ts", ts}, step.args...)...)
		m, _ := w.Message("C-OPEN", ts)
		if m.Text != step.text || len(m.Blocks) > 0 != step.blocks || m.Edited != step.edited || len(m.Metadata) > 0 != step.metadata {
			t.Errorf("%s: message = %+v", step.name, m)
		}
	}
	said, err := w.Say("U-ANA", "C-OPEN", "mine")
	if err != nil {
		t.Fatal(err)
	}
	w.refused("cant_update_message", "chat.update", "channel", "C-OPEN", "ts", said.TS, "text", "x")
	w.refused("cant_delete_message", "chat.delete", "channel", "C-OPEN", "ts", said.TS)
	w.refused("message_not_found", "chat.update", "channel", "C-OPEN", "ts", "1.000000", "text", "x")
	w.refused("channel_not_found", "chat.update", "channel", "U-ANA", "ts", ts, "text", "x")
	w.refused("no_text", "chat.update", "channel", "C-OPEN", "ts", ts)
	w.refused("msg_too_long", "chat.update", "channel", "C-OPEN", "ts", ts, "text", strings.Repeat("x", 4001))
	w.must("chat.delete", "channel", "C-OPEN", "ts", ts)
	w.refused("message_not_found", "chat.delete", "channel", "C-OPEN", "ts", ts)
	if m, ok := w.Message("C-OPEN", ts); !ok || !m.Deleted {
		t.Errorf("Message = %+v, %v, want a tombstone", m, ok)
	}
}

func TestUsers(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	tests := []struct {
		user     string
		stranger any
		email    any
		tz       any
	}{
		{"U-ANA", nil, "ana@northwind.example", "Europe/Madrid"},
		{"U-CARLA", false, nil, "Europe/Berlin"},
		{"U-DAN", true, nil, nil},
		{"U-KAI", false, "kai@contoso.example", "Europe/Berlin"}, // whose organisation shows it
	}
	w.AddUser(chattest.User{ID: "U-KAI", Team: "T-CUST", Name: "kai", Email: "kai@contoso.example", EmailShown: true, TZ: "Europe/Berlin"})
	if err := w.Join("U-KAI", "C-SHARED"); err != nil {
		t.Fatal(err)
	}
	for _, tt := range tests {
		u := at(w.must("users.info", "user", tt.user), "user")
		same(t, tt.user+" is_stranger", at(u, "is_stranger"), tt.stranger)
		same(t, tt.user+" email", at(u, "profile", "email"), tt.email)
		same(t, tt.user+" tz", at(u, "tz"), tt.tz)
	}
	w.refused("user_not_found", "users.info", "user", "U-NONE")
	same(t, "found", at(w.must("users.lookupByEmail", "email", "BO@northwind.example"), "user", "id"), "U-BO")
	w.refused("users_not_found", "users.lookupByEmail", "email", "carla@contoso.example")
	w.refused("users_not_found", "users.lookupByEmail", "email", "")
}

func TestReadsTakeGETAndNothingElseDoes(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	send := func(verb, path string) *httptest.ResponseRecorder {
		r := httptest.NewRequestWithContext(t.Context(), verb, path, nil)
		r.Header.Set("Authorization", "Bearer "+botToken)
		rec := httptest.NewRecorder()
		w.ServeHTTP(rec, r)
		return rec
	}
	get := func(path string) *httptest.ResponseRecorder { return send(http.MethodGet, path) }
	for _, row := range []struct{ verb, method, allow string }{
		{http.MethodPut, "users.info", "GET, POST"},
		{http.MethodDelete, "users.info", "GET, POST"},
		{http.MethodPut, "chat.postMessage", "POST"},
		{http.MethodGet, "views.open", "POST"},
	} {
		rec := send(row.verb, "/api/"+row.method)
		if rec.Code != http.StatusMethodNotAllowed || rec.Header().Get("Allow") != row.allow {
			t.Errorf("%s %s = %d, Allow %q, want 405 and %q", row.verb, row.method, rec.Code, rec.Header().Get("Allow"), row.allow)
		}
	}
	if rec := get("/api/users.info?user=U-ANA"); rec.Code != 200 || !strings.Contains(rec.Body.String(), `"ok":true`) {
		t.Errorf("GET users.info = %d %s", rec.Code, rec.Body)
	}
	if rec := get("/api/users.info?user=U-ANA"); rec.Header().Get("X-OAuth-Scopes") != strings.Join(allScopes, ",") || rec.Header().Get("X-Accepted-OAuth-Scopes") != "users:read" {
		t.Errorf("headers = %v, want the scopes", rec.Header())
	}
	for _, path := range []string{"/api/chat.postMessage?channel=C-OPEN&text=x", "/response/x"} {
		if rec := get(path); rec.Code != http.StatusMethodNotAllowed {
			t.Errorf("GET %s = %d, want 405", path, rec.Code)
		}
	}
	if rec := get("/elsewhere"); rec.Code != http.StatusNotFound {
		t.Errorf("GET /elsewhere = %d, want 404", rec.Code)
	}
}

func TestObserveAndCalls(t *testing.T) {
	t.Parallel()
	var w *world
	var seen []string
	w = newWorld(t, func(o *chattest.Options) {
		o.Observe = func(c chattest.Call) {
			if c.Form.Has("token") {
				t.Errorf("the observer sees the token")
			}
			seen = append(seen, fmt.Sprintf("%d %s %s %d", c.Phase, c.Method, c.Form.Get("text"), len(w.Messages("U-ANA", "C-OPEN"))))
		}
	})
	w.must("chat.postMessage", "channel", "C-OPEN", "text", "a", "token", "x")
	w.refused("no_text", "chat.postMessage", "channel", "C-OPEN")
	w.request("chat.postMessage", "Bearer wrong", "application/x-www-form-urlencoded", "")
	same(t, "observed", seen, []string{
		"1 chat.postMessage a 0", "2 chat.postMessage a 1", "1 chat.postMessage  1", "2 chat.postMessage  1",
	})
	same(t, "calls", w.Calls(), map[string]int{"chat.postMessage": 3})
}

func TestWaitWakesOnChange(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	before := w.Version()
	var wg sync.WaitGroup
	wg.Go(func() { w.must("chat.postMessage", "channel", "C-OPEN", "text", "a") })
	if v, err := w.Wait(t.Context(), before); err != nil || v <= before {
		t.Errorf("Wait = %d, %v, want more than %d", v, err, before)
	}
	wg.Wait()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := w.Wait(ctx, w.Version()); !errors.Is(err, context.Canceled) {
		t.Errorf("Wait = %v, want %v", err, context.Canceled)
	}
}

func TestManyAtOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	var wg sync.WaitGroup
	for i := range 8 {
		wg.Go(func() {
			for range 5 {
				w.call("chat.postMessage", "channel", "C-OPEN", "text", fmt.Sprint(i))
				if _, err := w.Slash(t.Context(), "U-ANA", "C-OPEN", "/access", "mine"); err != nil {
					t.Errorf("Slash = %v", err)
				}
				w.Messages("U-BO", "C-OPEN")
			}
		})
	}
	wg.Wait()
	all := w.Messages("U-BO", "C-OPEN")
	for i := 1; i < len(all); i++ {
		if all[i-1].TS >= all[i].TS {
			t.Errorf("timestamps %s, %s are out of order", all[i-1].TS, all[i].TS)
		}
	}
	if len(all) != 40 {
		t.Errorf("bo sees %d messages, want 40", len(all))
	}
}
