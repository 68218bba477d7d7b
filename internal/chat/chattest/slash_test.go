package chattest_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"testing"
	"time"

	"latchkey/internal/chat/chattest"
)

func TestSlashSendsWhatTheDocumentsSay(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	var got url.Values
	w.answer(func(rw http.ResponseWriter, r *http.Request, form url.Values) {
		got = form
		if r.URL.Path != "/slack/commands" {
			t.Errorf("path = %s, want /slack/commands", r.URL.Path)
		}
	})
	d, err := w.Slash(t.Context(), "U-ANA", "C-OPEN", "/access", "ask @bo, @Carla and @nobody in #support for <b> & more")
	if err != nil || d.Err != nil || d.Status != http.StatusOK {
		t.Fatalf("Slash = %+v, %v, want a delivery", d, err)
	}
	for field, want := range map[string]string{
		"team_id": "T-OWN", "team_domain": "northwind", "channel_id": "C-OPEN", "channel_name": "support",
		"user_id": "U-ANA", "user_name": "ana", "command": "/access", "api_app_id": chattest.AppID,
		"is_enterprise_install": "false", "trigger_id": d.ID,
		"text": "ask <@U-BO|bo>, <@U-CARLA|carla> and @nobody in <#C-OPEN|support> for &lt;b&gt; &amp; more",
	} {
		if got.Get(field) != want {
			t.Errorf("%s = %q, want %q", field, got.Get(field), want)
		}
	}
	if len(w.Messages("U-ANA", "C-OPEN")) != 0 {
		t.Errorf("an empty acknowledgement showed something")
	}
}

func TestSlashAcknowledgement(t *testing.T) {
	t.Parallel()
	const blocks = `[{"type":"section","text":{"type":"mrkdwn","text":"hi"}}]`
	tests := []struct {
		name, contentType, body string
		own, other              []string // texts that ana and bo see
	}{
		{"Text", "text/plain", "hello", []string{"hello"}, nil},
		{"Ephemeral", "application/json", `{"text":"only you"}`, []string{"only you"}, nil},
		{"InChannel", "application/json; charset=utf-8", `{"response_type":"in_channel","text":"all"}`,
			[]string{"/access mine &amp; yours", "all"}, []string{"/access mine &amp; yours", "all"}},
		{"Blocks", "application/json", `{"text":"t","blocks":` + blocks + `}`, []string{"t"}, nil},
		{"JSONThatDoesNotSaySo", "text/plain", `{"text":"raw"}`, []string{`{"text":"raw"}`}, nil},
		{"NothingToShow", "application/json", `{}`, nil, nil},
		{"NotJSON", "application/json", `oops`, []string{`/access failed with the error "http_service_error"`}, nil},
		{"BadBlocks", "application/json", `{"text":"t","blocks":[{"type":"nope"}]}`,
			[]string{`/access failed with the error "http_service_error"`}, nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, nil)
			w.answer(func(rw http.ResponseWriter, _ *http.Request, _ url.Values) {
				rw.Header().Set("Content-Type", tt.contentType)
				fmt.Fprint(rw, tt.body)
			})
			if _, err := w.Slash(t.Context(), "U-ANA", "C-OPEN", "/access", "mine & yours"); err != nil {
				t.Fatal(err)
			}
			same(t, "ana sees", texts(w.Messages("U-ANA", "C-OPEN")), tt.own)
			same(t, "bo sees", texts(w.Messages("U-BO", "C-OPEN")), tt.other)
		})
	}
}

func texts(messages []chattest.Message) []string {
	var list []string
	for _, m := range messages {
		list = append(list, m.Text)
	}
	return list
}

func TestSlashFailuresAreShown(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name  string
		app   func(rw http.ResponseWriter, r *http.Request, _ url.Values)
		spoil func(*world)
		want  error
	}{
		{name: "Slow", want: chattest.ErrTimeout, app: func(_ http.ResponseWriter, r *http.Request, _ url.Values) {
			<-r.Context().Done()
		}},
		{name: "Error", want: chattest.ErrService, app: func(rw http.ResponseWriter, _ *http.Request, _ url.Values) {
			http.Error(rw, "no", http.StatusInternalServerError)
		}},
		{name: "Redirect", want: chattest.ErrService, app: func(rw http.ResponseWriter, r *http.Request, _ url.Values) {
			http.Redirect(rw, r, "/elsewhere", http.StatusFound)
		}},
		{name: "Unreachable", want: chattest.ErrUnreachable, spoil: func(w *world) { w.Serve("", w.api.URL) }},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, func(o *chattest.Options) {
				if tt.name == "Slow" {
					o.AckWithin = 20 * time.Millisecond
				}
			})
			w.answer(tt.app)
			if tt.spoil != nil {
				tt.spoil(w)
			}
			d, err := w.Slash(t.Context(), "U-ANA", "C-OPEN", "/access", "list")
			if err != nil || !errors.Is(d.Err, tt.want) {
				t.Fatalf("Slash = %v, %v, want %v", d.Err, err, tt.want)
			}
			m := w.last("U-ANA", "C-OPEN")
			if want := fmt.Sprintf("/access failed with the error %q", tt.want); m.Text != want || m.Client != "system" || !m.Ephemeral {
				t.Errorf("ana sees %+v, want the system line %q", m, want)
			}
			if n := len(w.Messages("U-BO", "C-OPEN")); n != 0 {
				t.Errorf("bo sees %d messages, want none", n)
			}
		})
	}
}

func TestWhoMayNotSlash(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	asked := false
	w.answer(func(http.ResponseWriter, *http.Request, url.Values) { asked = true })
	tests := []struct {
		name, user, channel string
		want                error
	}{
		{"External", "U-CARLA", "C-SHARED", chattest.ErrExternal},
		{"NotMember", "U-BO", "C-SHARED", chattest.ErrNotMember},
		{"Deleted", "U-GONE", "C-OPEN", chattest.ErrNoSuchUser},
		{"Bot", "U-BOT", "C-OPEN", chattest.ErrNoSuchUser},
		{"NoChannel", "U-ANA", "C-NONE", chattest.ErrNoSuchChannel},
	}
	for _, tt := range tests {
		if _, err := w.Slash(t.Context(), tt.user, tt.channel, "/access", ""); !errors.Is(err, tt.want) {
			t.Errorf("%s: Slash = %v, want %v", tt.name, err, tt.want)
		}
	}
	if asked {
		t.Errorf("the app was asked")
	}
}

func TestSlashWhenTheCallerGivesUp(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	ctx, cancel := context.WithCancel(t.Context())
	w.answer(func(_ http.ResponseWriter, r *http.Request, _ url.Values) {
		cancel()
		<-r.Context().Done()
	})
	d, err := w.Slash(ctx, "U-ANA", "C-OPEN", "/access", "")
	if err != nil || !errors.Is(d.Err, context.Canceled) {
		t.Errorf("Slash = %v, %v, want %v", d.Err, err, context.Canceled)
	}
	if n := len(w.Messages("U-ANA", "C-OPEN")); n != 0 {
		t.Errorf("ana sees %d messages, want none", n)
	}
}

func TestReplayAndForge(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	w.answer(func(rw http.ResponseWriter, _ *http.Request, _ url.Values) { fmt.Fprint(rw, "hello") })
	d, err := w.Slash(t.Context(), "U-ANA", "C-OPEN", "/access", "mine")
	if err != nil {
		t.Fatal(err)
	}
	w.advance(time.Minute)
	again, err := w.Replay(t.Context(), d)
	if err != nil || again.Status != http.StatusOK {
		t.Fatalf("Replay = %d, %v, want 200", again.Status, err)
	}
	if !bytes.Equal(again.Body, d.Body) || again.ID != d.ID {
		t.Errorf("Replay sent other bytes")
	}
	same(t, "headers of the replay", again.Header, d.Header)
	forged, err := w.Forge(t.Context(), d)
	if err != nil || forged.Status != http.StatusUnauthorized || !errors.Is(forged.Err, chattest.ErrService) {
		t.Fatalf("Forge = %d, %v, %v, want 401", forged.Status, forged.Err, err)
	}
	if forged.Header.Get("X-Slack-Signature") == d.Header.Get("X-Slack-Signature") || w.bad != 1 {
		t.Errorf("Forge signed rightly; %d bad signatures seen, want 1", w.bad)
	}
	if n := len(w.Messages("U-ANA", "C-OPEN")); n != 1 {
		t.Errorf("ana sees %d messages, want the one of the first answer", n)
	}
	if _, err := w.Replay(t.Context(), chattest.Delivery{}); !errors.Is(err, chattest.ErrNotSent) {
		t.Errorf("Replay of nothing = %v, want %v", err, chattest.ErrNotSent)
	}
}

func TestResponseURL(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	var to string
	w.answer(func(_ http.ResponseWriter, _ *http.Request, form url.Values) { to = form.Get("response_url") })
	use := func(want int, body, code string) {
		t.Helper()
		status, answer := w.respond(to, body)
		if status != want || code != "" && answer["error"] != code {
			t.Errorf("use of %s = %d %v, want %d %s", body, status, answer, want, code)
		}
	}
	slash := func() {
		t.Helper()
		if _, err := w.Slash(t.Context(), "U-ANA", "C-OPEN", "/access", "list"); err != nil {
			t.Fatal(err)
		}
	}
	slash()
	use(200, `{"text":"1"}`, "")
	use(200, `{"text":"2","response_type":"in_channel"}`, "")
	use(200, `{"text":"3","response_type":"in_channel","replace_original":"true"}`, "")
	use(400, `{}`, "no_text")
	use(400, `not json`, "invalid_payload")
	use(200, `{"text":"5","response_type":"ephemeral","blocks":null}`, "")
	use(404, `{"text":"6"}`, "used_url")
	same(t, "ana sees", texts(w.Messages("U-ANA", "C-OPEN")), []string{"1", "/access list", "2", "3", "5"})
	same(t, "bo sees", texts(w.Messages("U-BO", "C-OPEN")), []string{"/access list", "2", "3"})

	slash()
	w.advance(31 * time.Minute)
	use(404, `{"text":"late"}`, "expired_url")
	to = w.api.URL + "/response/guess"
	use(404, `{"text":"guess"}`, "no_service")
}
