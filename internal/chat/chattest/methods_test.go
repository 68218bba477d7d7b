package chattest_test

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"latchkey/internal/chat/chattest"
)

const (
	form = "application/x-www-form-urlencoded"
	home = `{"type":"home","blocks":[{"type":"divider"}]}`
)

// A methodRow is a call that succeeds and what it answers, and calls that are
// refused. The arguments are made in a world of their own.
type methodRow struct {
	good  func(w *world) []string
	want  string // a field of the answer that must be there
	fails []failing
	free  bool // asks for no scope
}

type failing struct {
	code string
	args []string
}

func with(args ...string) func(*world) []string { return func(*world) []string { return args } }

// posted is a call about a message that the bot has just posted.
func posted(key string, more ...string) func(*world) []string {
	return func(w *world) []string {
		ts := w.must("chat.postMessage", "channel", "C-OPEN", "text", "x")["ts"].(string)
		return append([]string{"channel", "C-OPEN", key, ts}, more...)
	}
}

// triggered is a call that answers a button which ana has just pressed. With
// stacked, she has a modal open already.
func triggered(stacked bool, more ...string) func(*world) []string {
	return func(w *world) []string {
		if stacked {
			open(w, "U-ANA", modal)
		}
		var payload map[string]any
		w.answer(func(_ http.ResponseWriter, _ *http.Request, f url.Values) { payload = parse(w.t, f.Get("payload")) })
		ts := w.must("chat.postMessage", "channel", "C-SHARED", "text", "t", "blocks", card)["ts"].(string)
		if _, err := w.Click(w.t.Context(), "U-ANA", "C-SHARED", ts, "approve"); err != nil {
			w.t.Fatal(err)
		}
		return append([]string{"trigger_id", payload["trigger_id"].(string)}, more...)
	}
}

// arrived is a call that completes an upload whose content has come.
func arrived(more ...string) func(*world) []string {
	return func(w *world) []string {
		id := w.upload("report.csv", "a,b\n")
		return append([]string{"files", fmt.Sprintf(`[{"id":%q,"title":"Report"}]`, id)}, more...)
	}
}

var methodRows = map[string]methodRow{
	"apps.connections.open": {want: "url", free: true},
	"auth.test":             {good: with(), want: "bot_id", free: true},
	"bots.info":             {good: with("bot", chattest.BotID), want: "bot", fails: []failing{{"bot_not_found", nil}}},

	"chat.delete":       {good: posted("ts"), want: "ts", fails: []failing{{"message_not_found", []string{"channel", "C-OPEN", "ts", "1.000000"}}}},
	"chat.getPermalink": {good: posted("message_ts"), want: "permalink", free: true, fails: []failing{{"message_not_found", []string{"channel", "C-OPEN"}}, {"channel_not_found", []string{"channel", "C-SECRET"}}}},
	"chat.postEphemeral": {good: with("channel", "C-OPEN", "user", "U-ANA", "text", "x"), want: "message_ts", fails: []failing{
		{"user_not_in_channel", []string{"channel", "C-OPEN", "user", "U-CARLA", "text", "x"}},
		{"is_archived", []string{"channel", "C-OLD", "user", "U-ANA", "text", "x"}}}},
	"chat.postMessage": {good: with("channel", "C-OPEN", "text", "x"), want: "ts", fails: []failing{
		{"no_text", []string{"channel", "C-OPEN"}}, {"not_in_channel", []string{"channel", "C-QUIET", "text", "x"}},
		{"is_archived", []string{"channel", "C-OLD", "text", "x"}}}},
	"chat.update": {good: posted("ts", "text", "y"), want: "ts", fails: []failing{{"message_not_found", []string{"channel", "C-OPEN", "ts", "1.000000", "text", "x"}}}},

	"conversations.history": {good: with("channel", "C-OPEN"), want: "messages", fails: []failing{
		{"not_in_channel", []string{"channel", "C-QUIET"}}, {"channel_not_found", nil},
		{"invalid_metadata_filter_keys", []string{"channel", "C-OPEN", "metadata_keys_to_include", "x"}}}},
	"conversations.info": {good: with("channel", "C-OPEN"), want: "channel", fails: []failing{{"channel_not_found", []string{"channel", "C-SECRET"}}}},
	"conversations.invite": {good: with("channel", "C-OPEN", "users", "U-CY"), want: "channel", fails: []failing{
		{"no_user", []string{"channel", "C-OPEN"}}, {"not_in_channel", []string{"channel", "C-QUIET", "users", "U-BO"}},
		{"user_not_found", []string{"channel", "C-OPEN", "users", "U-NONE"}}, {"user_not_found", []string{"channel", "C-OPEN", "users", "U-GONE"}},
		{"cant_invite_self", []string{"channel", "C-OPEN", "users", "U-BOT"}}, {"already_in_channel", []string{"channel", "C-OPEN", "users", "U-ANA"}},
		{"cant_invite", []string{"channel", "C-OPEN", "users", "U-CARLA"}}, {"is_archived", []string{"channel", "C-OLD", "users", "U-CY"}},
		{"ura_max_channels", []string{"channel", "C-OPEN", "users", "U-GUEST"}}}},
	"conversations.inviteShared": {good: with("channel", "C-OPEN", "emails", "carla@contoso.example"), want: "invite_id", fails: []failing{
		{"invalid_arguments", []string{"channel", "C-OPEN"}}, {"invalid_arguments", []string{"channel", "C-OPEN", "user_ids", "U-CARLA,U-DAN"}},
		{"already_in_channel", []string{"channel", "C-SHARED", "user_ids", `["U-CARLA"]`}}, {"user_not_found", []string{"channel", "C-OPEN", "user_ids", "U-DAN"}},
		{"channel_archived", []string{"channel", "C-OLD", "emails", "x@y.example"}}, {"channel_not_found", nil}}},
	"conversations.join": {good: with("channel", "C-QUIET"), want: "channel", fails: []failing{
		{"channel_not_found", []string{"channel", "C-SECRET"}}, {"method_not_supported_for_channel_type", []string{"channel", "C-SHARED"}}, {"is_archived", []string{"channel", "C-OLD"}}}},
	"conversations.leave": {good: with("channel", "C-OPEN"), want: "ok", fails: []failing{{"channel_not_found", nil}, {"is_archived", []string{"channel", "C-OLD"}}}},
	"conversations.list": {good: with(), want: "channels", fails: []failing{
		{"invalid_types", []string{"types", "rooms"}}, {"invalid_limit", []string{"limit", "1000"}}, {"invalid_cursor", []string{"cursor", "x"}}, {"missing_scope", []string{"types", "im,mpim"}}}},
	"conversations.members": {good: with("channel", "C-OPEN"), want: "members", fails: []failing{{"channel_not_found", nil}, {"invalid_cursor", []string{"channel", "C-OPEN", "cursor", "x"}}, {"invalid_limit", []string{"channel", "C-OPEN", "limit", "x"}}}},
	"conversations.open": {good: with("users", "U-ANA"), want: "channel", fails: []failing{
		{"users_list_not_supplied", nil}, {"user_not_visible", []string{"users", "U-DAN"}}, {"user_disabled", []string{"users", "U-GONE"}}}},
	"conversations.replies": {good: posted("ts"), want: "messages", fails: []failing{
		{"thread_not_found", []string{"channel", "C-OPEN", "ts", "1.000000"}}, {"channel_not_found", nil}}},

	"files.completeUploadExternal": {good: arrived("channel_id", "C-OPEN"), want: "files", fails: []failing{
		{"invalid_arguments", nil}, {"file_not_found", []string{"files", `[{"id":"F-NONE"}]`}}}},
	"files.getUploadURLExternal": {good: with("filename", "a.csv", "length", "4"), want: "upload_url", fails: []failing{
		{"missing_argument", []string{"filename", "a", "length", "0"}}, {"invalid_arguments", []string{"length", "4"}},
		{"file_upload_size_restricted", []string{"filename", "a", "length", "99999999"}}, {"snippet_too_large", []string{"filename", "a", "length", "2000000", "snippet_type", "text"}},
		{"alt_txt_too_large", []string{"filename", "a", "length", "4", "alt_txt", strings.Repeat("x", 1001)}}}},
	"files.info": {good: func(w *world) []string { return []string{"file", w.file("C-OPEN")} }, want: "file", fails: []failing{{"file_not_found", nil}}},

	"team.info": {good: with(), want: "team", fails: []failing{{"team_not_found", []string{"team", "T-OTHER"}}, {"team_not_found", []string{"domain", "nowhere"}}}},

	"usergroups.list":       {good: with(), want: "usergroups", fails: []failing{{"invalid_team", []string{"team_id", "T-CUST"}}}},
	"usergroups.users.list": {good: with("usergroup", "S-DUTY"), want: "users", fails: []failing{{"no_such_subteam", nil}, {"no_such_subteam", []string{"usergroup", "S-OLD"}}}},

	"users.info":          {good: with("user", "U-ANA"), want: "user", fails: []failing{{"user_not_found", nil}, {"user_not_visible", []string{"user", "U-ELSEWHERE"}}}},
	"users.list":          {good: with(), want: "members", fails: []failing{{"invalid_cursor", []string{"cursor", "x"}}, {"invalid_limit", []string{"limit", "-1"}}}},
	"users.lookupByEmail": {good: with("email", "ana@northwind.example"), want: "user", fails: []failing{{"users_not_found", nil}}},

	"views.open": {good: triggered(false, "view", modal), want: "view", free: true, fails: []failing{
		{"invalid_arguments", []string{"view", modal}}, {"invalid_trigger_id", []string{"trigger_id", "x", "view", modal}}}},
	"views.publish": {good: with("user_id", "U-ANA", "view", home), want: "view", free: true, fails: []failing{{"invalid_arguments", []string{"view", home}}}},
	"views.push":    {good: triggered(true, "view", modal), want: "view", free: true, fails: []failing{{"invalid_trigger_id", []string{"trigger_id", "x", "view", modal}}}},
	"views.update": {good: func(w *world) []string {
		open(w, "U-ANA", modal)
		v, _ := w.View("U-ANA")
		return []string{"view_id", v.ID, "view", modal}
	}, want: "view", free: true, fails: []failing{{"not_found", []string{"view_id", "V-NONE", "view", modal}}}},
}

// newFullWorld is the usual world with one of each thing that a method is about.
func newFullWorld(t *testing.T, change func(*chattest.Options)) *world {
	w := newWorld(t, change)
	w.AddTeam(chattest.Team{ID: "T-OTHER", Name: "Other", Domain: "other"})
	w.AddUser(chattest.User{ID: "U-CY", Team: "T-OWN", Name: "cy", Locale: "en-GB"})
	w.AddUser(chattest.User{ID: "U-GUEST", Team: "T-OWN", Name: "guest", UltraRestricted: true})
	w.AddUser(chattest.User{ID: "U-ELSEWHERE", Team: "T-OTHER", Name: "elsewhere"})
	w.AddChannel(chattest.Channel{ID: "C-OLD", Name: "old", Host: "T-OWN", Members: []string{"U-BOT", "U-ANA"}, Archived: true})
	w.AddChannel(chattest.Channel{ID: "G-PLAN", Name: "plan", Host: "T-OWN", Members: []string{"U-BOT", "U-ANA", "U-GUEST"}, Private: true})
	w.AddUsergroup(chattest.Usergroup{ID: "S-DUTY", Handle: "duty", Name: "On duty", Users: []string{"U-ANA", "U-BO"}})
	w.AddUsergroup(chattest.Usergroup{ID: "S-OLD", Handle: "old", Name: "Old", Disabled: true})
	return w
}

// TestEveryMethod walks all methods: a documented success, the documented
// errors of the row, and those that every method has.
func TestEveryMethod(t *testing.T) {
	t.Parallel()
	if !slices.IsSorted(chattest.Methods()) {
		t.Errorf("Methods = %v, want them sorted", chattest.Methods())
	}
	for name := range methodRows {
		if !slices.Contains(chattest.Methods(), name) {
			t.Errorf("%s has a row and is no method", name)
		}
	}
	for _, name := range chattest.Methods() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			row, ok := methodRows[name]
			if !ok {
				t.Fatalf("%s has no row", name)
			}
			token := botToken
			if row.good == nil {
				row.good, token = with(), appToken
			}
			w := newFullWorld(t, func(o *chattest.Options) { o.SocketMode = token == appToken })
			args := row.good(w)
			if answer := w.request(name, "Bearer "+token, form, pairs(args)); answer["ok"] != true || answer[row.want] == nil {
				t.Errorf("%s %q = %v, want ok with %s", name, args, answer, row.want)
			}
			for _, fail := range row.fails {
				w.refused(fail.code, name, fail.args...)
			}
			for auth, code := range map[string]string{"": "not_authed", "Bearer xoxo": "invalid_auth"} {
				if answer := w.request(name, auth, form, ""); answer["error"] != code {
					t.Errorf("%s with %q = %v, want %s", name, auth, answer, code)
				}
			}
			bare := newFullWorld(t, func(o *chattest.Options) { o.Scopes = nil })
			if answer := bare.request(name, "Bearer "+token, form, ""); (answer["error"] == "missing_scope") == row.free {
				t.Errorf("%s without scopes = %v, want missing_scope: %v", name, answer, !row.free)
			}
		})
	}
}

func pairs(args []string) string {
	f := url.Values{}
	for i := 0; i+1 < len(args); i += 2 {
		f.Set(args[i], args[i+1])
	}
	return f.Encode()
}

func TestArgumentNames(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	tests := []struct{ name, contentType, body, want string }{
		{"Strange", form, "a-b=1", "invalid_arg_name"},
		{"Long", form, strings.Repeat("a", 101) + "=1", "invalid_arg_name"},
		{"Array", form, "users[]=1", "invalid_array_arg"},
		{"Charset", form + "; charset=utf-16", "", "invalid_charset"},
		{"JSON", "application/json; charset=UTF-8", `{"a_1":1}`, ""},
	}
	for _, tt := range tests {
		answer := w.request("auth.test", "Bearer "+botToken, tt.contentType, tt.body)
		if code, _ := answer["error"].(string); code != tt.want {
			t.Errorf("%s: auth.test = %v, want %q", tt.name, answer, tt.want)
		}
	}
}
