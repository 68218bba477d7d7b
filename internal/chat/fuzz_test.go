package chat_test

import (
	"encoding/json"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"latchkey/internal/chat"
	"latchkey/internal/commands"
	"latchkey/internal/messages"
)

// FuzzEvent delivers any event, well signed. It is answered or refused, nothing
// panics, and only a verification is answered with words.
func FuzzEvent(f *testing.F) {
	for _, seed := range []string{
		opened("Ev1", "U0ANA"), opened("", "U0ANA"), opened("Ev1/../x", "<@U0ANA>"), happened("Ev1", `{"type":"app_uninstalled"}`),
		happened("Ev1", `{"type":"app_home_opened","user":{"id":"U0ANA"},"tab":"home"}`), happened("Ev1", `null`), happened("Ev1", `[]`),
		`{"type":"url_verification","challenge":"x"}`, `{"type":"url_verification","challenge":{}}`, `{"type":"app_rate_limited"}`,
		`{"type":7}`, `null`, `[]`, `"x"`, `{`, ``, "\x00", "{}{}",
	} {
		f.Add(seed)
	}
	client := chat.New(chat.Options{BotToken: botToken}) // it does not know who it is, so it calls nobody
	f.Fuzz(func(t *testing.T, body string) {
		res := newLobby(&world{client: client}, &router{}).post(chat.PathEvents, body)
		verified := res.Code == 200 && strings.HasPrefix(res.Body.String(), `{"challenge":"`)
		if res.Code != 200 && res.Code != 400 || res.Code == 200 && res.Body.Len() > 0 && !verified {
			t.Errorf("%q is answered with %d %q", body, res.Code, res.Body)
		}
	})
}

// FuzzInteraction delivers any payload, well signed. It is answered or refused,
// and nothing panics.
func FuzzInteraction(f *testing.F) {
	for _, seed := range []string{
		click(""), clickBy("U0CARLA", "T2", `,"response_url":"https://example.com"`), submission("U0ANA", "T1"),
		`{"type":"block_suggestion","user":{"id":"U0ANA","team_id":"T1"},"action_id":"request.customer","value":"c"}`,
		`{"type":"block_actions","actions":[{"selected_option":null},{}],"view":null,"team":null,"channel":null}`,
		`{"type":"view_submission","view":{"state":{"values":{"a":null,"b":{"c":null}}}}}`,
		`{"type":"view_submission","view":null}`, `{"user":null}`, `{"type":7}`, `null`, `[]`, `"x"`, `{`, ``, "\x00", "{}{}",
	} {
		f.Add(seed)
	}
	client := chat.New(chat.Options{BotToken: botToken}) // the replies below make it call nobody
	f.Fuzz(func(t *testing.T, body string) {
		for _, reply := range []commands.Reply{{}, {Errors: map[string]string{"a": "b"}}} {
			d := newDesk(&world{client: client}, &router{reply: reply, options: []messages.Option{{Value: "v", Text: body}}})
			for _, path := range []string{chat.PathInteractions, chat.PathOptions} {
				res := d.post(path, url.Values{"payload": {body}}.Encode())
				if res.Code != 200 && res.Code != 400 {
					t.Errorf("%s answers %d %q", path, res.Code, res.Body)
				}
			}
			// The raw bytes as a form need not hold a payload at all.
			rec := httptest.NewRecorder()
			d.Handler().ServeHTTP(rec, signed(chat.PathInteractions, body, secret, time.Now()))
			if rec.Code != 200 && rec.Code != 400 {
				t.Errorf("the form %q is answered with %d", body, rec.Code)
			}
		}
	})
}

// FuzzFrame has anything come over a socket. Nothing panics, and an answer is JSON that
// Slack takes: not so large that it would be dropped.
func FuzzFrame(f *testing.F) {
	for _, seed := range []string{
		`{"envelope_id":"e","type":"slash_commands","payload":{"command":"/access","text":"list contoso","user_id":"U0ANA","team_id":"T1"}}`,
		`{"envelope_id":"e","type":"interactive","payload":` + click("") + `}`,
		`{"envelope_id":"e","type":"interactive","payload":` + submission("U0ANA", "T1") + `}`,
		`{"envelope_id":"e","type":"events_api","payload":` + opened("Ev1", "U0ANA") + `}`,
		`{"type":"hello"}`, `{"type":"disconnect","reason":"link_disabled"}`, `{"envelope_id":7}`, `{"envelope_id":"e","type":"interactive","payload":null}`,
		`{"envelope_id":"e","type":"x"}`, `null`, `[]`, `{`, ``, "\x00",
	} {
		f.Add(seed)
	}
	client := chat.New(chat.Options{BotToken: botToken})
	f.Fuzz(func(t *testing.T, frame string) {
		l := newLobby(&world{client: client}, &router{reply: commands.Reply{Errors: map[string]string{"a": strings.Repeat(frame, 40)}}})
		s := &chat.Socket{Dispatcher: l.Dispatcher, Log: l.Dispatcher.Log}
		if answer, ok := s.Frame(t.Context(), []byte(frame)); ok && answer != nil && (!json.Valid(answer) || len(answer) >= 20<<10) {
			t.Errorf("%q is answered with %d bytes: %.200q", frame, len(answer), answer)
		}
	})
}
