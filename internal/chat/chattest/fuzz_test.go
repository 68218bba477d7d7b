package chattest_test

import (
	"context"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"latchkey/internal/chat/chattest"
)

// FuzzAPI sends any body to any method. Whatever comes, the answer is a JSON
// object that says ok or names an error, and a repeat does not panic on what
// the first left behind.
func FuzzAPI(f *testing.F) {
	const form, asJSON = "application/x-www-form-urlencoded", "application/json"
	f.Add("/api/chat.postMessage", form, "channel=C-OPEN&text=hi&blocks=%5B%7B%22type%22%3A%22divider%22%7D%5D")
	f.Add("/api/chat.postMessage", asJSON, `{"channel":"C-OPEN","text":"x","blocks":`+card+`}`)
	f.Add("/api/chat.postMessage", asJSON, `{"channel":"U-ANA","blocks":[{"type":"section","text":null,"accessory":[[{}]]}]}`)
	f.Add("/api/chat.update", asJSON, `{"channel":"C-OPEN","ts":"1764000000.000001","metadata":{"event_type":1}}`)
	f.Add("/api/chat.postEphemeral", form, "channel=C-OPEN&user=U-ANA&text=x")
	f.Add("/api/conversations.history", form, "channel=C-OPEN&latest=9999999999999.9&limit=-1&cursor=bmV4dF90czox")
	f.Add("/api/conversations.members", form, "channel=C-OPEN&cursor=dXNlcjpVLUJPVA%3D%3D&limit=1")
	f.Add("/api/conversations.open", form, "users=U-ANA,U-BO")
	f.Add("/api/views.open", asJSON, `{"trigger_id":"x","view":`+modal+`}`)
	f.Add("/api/views.publish", asJSON, `{"user_id":"U-ANA","view":{"type":"home","blocks":[{"type":"input","element":{"type":"static_select","options":[7]}}]}}`)
	f.Add("/api/users.info", "multipart/form-data; boundary=x", "--x\r\nContent-Disposition: form-data; name=\"user\"\r\n\r\nU-ANA\r\n--x--")
	f.Add("/api/conversations.list", form, "types=im,public_channel&limit=1&cursor=dGVhbTpDLU9QRU4%3D&exclude_archived=1")
	f.Add("/api/conversations.replies", form, "channel=C-OPEN&ts=1764000000.000001&cursor=x&metadata_keys_to_include=%5B1%5D")
	f.Add("/api/conversations.join", asJSON, `{"channel":"C-OPEN"}`)
	f.Add("/api/conversations.leave", asJSON, `{"channel":"C-OPEN"}`)
	f.Add("/api/conversations.invite", form, "channel=C-OPEN&users=U-ANA,,U-BOT&force=true")
	f.Add("/api/conversations.inviteShared", asJSON, `{"channel":"C-OPEN","emails":["a@b.example"]}`)
	f.Add("/api/chat.getPermalink", form, "channel=C-OPEN&message_ts=1")
	f.Add("/api/users.list", form, "limit=1&cursor=dXNlcjpVLUFOQQ%3D%3D&include_locale=1")
	f.Add("/api/usergroups.users.list", form, "usergroup=S1")
	f.Add("/api/team.info", form, "domain=")
	f.Add("/api/files.getUploadURLExternal", form, "filename=../../x&length=-1")
	f.Add("/api/files.completeUploadExternal", asJSON, `{"files":[{"id":"F1","title":1}],"channels":"C-OPEN,U-ANA","thread_ts":"1"}`)
	f.Add("/api/files.info", form, "file=F1")
	f.Add("/upload/v1/x", "multipart/form-data; boundary=x", "--x\r\nContent-Disposition: form-data; name=\"filename\"; filename=\"a\"\r\n\r\nU\r\n--x--")
	f.Add("/files-pri/T-OWN-F1/x", form, "")
	f.Add("/response/x", asJSON, `{"delete_original":true,"text":[]}`)
	f.Add("/response/x", asJSON, `{"text":"x","replace_original":"true"}`)

	f.Fuzz(func(t *testing.T, path, contentType, body string) {
		s := chattest.New(chattest.Options{BotToken: botToken, BotTeam: "T-OWN", BotUser: "U-BOT", Scopes: allScopes})
		s.AddUser(chattest.User{ID: "U-ANA", Team: "T-OWN", Name: "ana"})
		s.AddChannel(chattest.Channel{ID: "C-OPEN", Name: "open", Host: "T-OWN", Members: []string{"U-BOT", "U-ANA"}})
		for range 2 {
			r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/", strings.NewReader(body))
			r.URL.Path = path
			r.Header.Set("Authorization", "Bearer "+botToken)
			r.Header.Set("Content-Type", contentType)
			rec := httptest.NewRecorder()
			s.ServeHTTP(rec, r)
			if !strings.HasPrefix(path, "/api/") && !strings.HasPrefix(path, "/response/") {
				continue
			}
			var answer struct {
				OK    *bool
				Error string
			}
			if err := json.Unmarshal(rec.Body.Bytes(), &answer); err != nil || answer.OK == nil || *answer.OK == (answer.Error != "") {
				t.Errorf("%s answered %d %s", path, rec.Code, rec.Body)
			}
			if answer.Error == "internal_error" {
				t.Errorf("%s failed inside on %q", path, body)
			}
		}
		s.Messages("U-ANA", "C-OPEN")
	})
}

// FuzzView publishes any view, which is taken exactly when [chattest.Check]
// finds nothing, and uses whatever was taken. The seeds are small, for what is
// slow to check is slow to make smaller.
func FuzzView(f *testing.F) {
	f.Add(`{"type":"home","blocks":[{"type":"actions","elements":[{"type":"static_select","action_id":"a","options":[` + optionA + `]}]}]}`)
	f.Add(`{"type":"home","blocks":[{"type":"actions","elements":[{"type":"multi_users_select","action_id":"a","max_selected_items":1},{"type":"datepicker","action_id":"b"}]}]}`)
	f.Add(`{"type":"home","blocks":[` + typing + `]}`)
	f.Add(`{"type":"home","blocks":[{"type":"section","text":[],"accessory":{"type":"overflow","options":{"a":1}}},null,[[]],7]}`)
	f.Add(`{"type":"home","blocks":[{"type":"image","alt_text":"","slack_file":{"id":null}},{"type":"rich_text","elements":[{}]}]}`)
	f.Add(`{"type":"modal","title":{"type":"plain_text","text":"T"},"blocks":[{"type":"divider"}]}`)
	f.Fuzz(func(t *testing.T, view string) {
		s := chattest.New(chattest.Options{BotToken: botToken, BotTeam: "T-OWN", BotUser: "U-BOT", Scopes: allScopes})
		s.AddUser(chattest.User{ID: "U-ANA", Team: "T-OWN", Name: "ana"})
		body := url.Values{"user_id": {"U-ANA"}, "view": {view}}.Encode()
		r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/api/views.publish", strings.NewReader(body))
		r.Header.Set("Authorization", "Bearer "+botToken)
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		rec := httptest.NewRecorder()
		s.ServeHTTP(rec, r)
		faults := chattest.Check("home", []byte(view))
		v, taken := s.Home("U-ANA")
		if taken != (len(faults) == 0) && !strings.Contains(rec.Body.String(), "view_too_large") {
			t.Errorf("views.publish answered %s, but Check finds %q in %q", rec.Body, faults, view)
		}
		chattest.Check("modal", []byte(view))
		if !taken {
			return
		}
		ctx, cancel := context.WithCancel(t.Context())
		cancel() // nothing listens
		for _, value := range []any{nil, "a", []string{"U-ANA"}, 7} {
			s.Choose(ctx, "U-ANA", "", v.ID, "a", value) //nolint:errcheck // only a panic counts
		}
	})
}
