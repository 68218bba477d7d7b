package chattest_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
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
			if rec.Code == http.StatusNotFound && !strings.HasPrefix(path, "/response/") {
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
