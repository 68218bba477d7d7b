package chat_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"latchkey/internal/access"
	"latchkey/internal/chat"
	"latchkey/internal/commands"
	"latchkey/internal/messages"
)

func slashForm(text string) url.Values {
	return url.Values{
		"team_id": {"T1"}, "user_id": {"U0ANA"}, "user_name": {"ana"}, "channel_id": {"C0OWN"},
		"command": {"/access"}, "text": {text}, "trigger_id": {"1.2.abc"}, "response_url": {"https://example.com/r"},
	}
}

func TestSignature(t *testing.T) {
	w := newWorld(t)
	body := slashForm("mine").Encode()
	now := time.Now()
	with := func(change func(http.Header)) *http.Request {
		r := signed(chat.PathCommands, body, secret, now)
		change(r.Header)
		return r
	}
	other := signed(chat.PathCommands, body+"&text=request", secret, now)
	for _, tt := range []struct {
		name string
		r    *http.Request
		want int
	}{
		{"Good", signed(chat.PathCommands, body, secret, now), 200},
		{"AFewMinutesOld", signed(chat.PathCommands, body, secret, now.Add(-270*time.Second)), 200},
		{"TooOld", signed(chat.PathCommands, body, secret, now.Add(-301*time.Second)), 401},
		{"TooFarAhead", signed(chat.PathCommands, body, secret, now.Add(330*time.Second)), 401},
		{"WrongSecret", signed(chat.PathCommands, body, "another", now), 401},
		{"OtherBody", with(func(h http.Header) { h.Set("X-Slack-Signature", other.Header.Get("X-Slack-Signature")) }), 401},
		{"NewerTime", with(func(h http.Header) { h.Set("X-Slack-Request-Timestamp", fmt.Sprint(now.Unix()+1)) }), 401},
		{"NoSignature", with(func(h http.Header) { h.Del("X-Slack-Signature") }), 401},
		{"NoTime", with(func(h http.Header) { h.Del("X-Slack-Request-Timestamp") }), 401},
		{"TimeIsNoNumber", with(func(h http.Header) { h.Set("X-Slack-Request-Timestamp", "soon") }), 401},
		{"OtherVersion", with(func(h http.Header) {
			h.Set("X-Slack-Signature", "v1"+strings.TrimPrefix(h.Get("X-Slack-Signature"), "v0"))
		}), 401},
		{"NoHex", with(func(h http.Header) { h.Set("X-Slack-Signature", "v0=zz") }), 401},
		{"Shortened", with(func(h http.Header) { h.Set("X-Slack-Signature", h.Get("X-Slack-Signature")[:40]) }), 401},
	} {
		t.Run(tt.name, func(t *testing.T) {
			d := newDesk(w, &router{})
			res := d.send(tt.r)
			if res.Code != tt.want {
				t.Errorf("answer %d %q, want %d", res.Code, res.Body, tt.want)
			}
			if want := map[bool]string{true: "[slash]", false: "[]"}[tt.want == 200]; d.router.calls() != want {
				t.Errorf("the commands were asked %s, want %s", d.router.calls(), want)
			}
			if strings.Contains(res.Body.String(), secret) {
				t.Error("the answer holds the secret")
			}
		})
	}
}

// A bot without a secret believes nobody.
func TestNoSecret(t *testing.T) {
	d := newDesk(newWorld(t), &router{})
	d.Secret = ""
	if res := d.send(signed(chat.PathCommands, "text=mine", "", time.Now())); res.Code != 401 {
		t.Errorf("answer %d, want 401", res.Code)
	}
}

func TestBody(t *testing.T) {
	w := newWorld(t)
	long := "text=" + strings.Repeat("a", 1<<20)
	for _, tt := range []struct {
		name, path, body string
		want             int
		asked            string
	}{
		{"AtTheLimit", chat.PathCommands, long[:1<<20], 200, "[slash]"},
		{"OverTheLimit", chat.PathCommands, long, 413, "[]"},
		{"Empty", chat.PathCommands, "", 200, "[slash]"},
		{"NoForm", chat.PathCommands, "text=%zz", 400, "[]"},
		{"SSLCheck", chat.PathCommands, "ssl_check=1&token=x", 200, "[]"},
		{"NoPayload", chat.PathInteractions, "a=b", 400, "[]"},
		{"PayloadInQueryOnly", chat.PathInteractions + "?payload=" + url.QueryEscape(click("")), "a=b", 400, "[]"},
		{"TextInQueryOnly", chat.PathCommands + "?ssl_check=1", "text=mine", 200, "[slash]"},
		{"NoJSON", chat.PathInteractions, "payload=%7B", 400, "[]"},
		{"JSONOfAnotherKind", chat.PathInteractions, "payload=%5B1%5D", 400, "[]"},
		{"WrongTypes", chat.PathInteractions, payload(`{"type":"block_actions","user":"U0ANA"}`), 400, "[]"},
		{"Trailing", chat.PathInteractions, payload(click("") + "{}"), 400, "[]"},
		{"KindUnknown", chat.PathInteractions, payload(`{"type":"shortcut","user":{"id":"U0ANA","team_id":"T1"}}`), 200, "[]"},
		{"ViewClosed", chat.PathInteractions, payload(`{"type":"view_closed","user":{"id":"U0ANA","team_id":"T1"}}`), 200, "[]"},
		{"TwoActions", chat.PathInteractions, payload(`{"type":"block_actions","user":{"id":"U0ANA","team_id":"T1"},"actions":[{"action_id":"a"},{"action_id":"b"}]}`), 200, "[]"},
		{"NoActions", chat.PathInteractions, payload(`{"type":"block_actions","user":{"id":"U0ANA","team_id":"T1"},"actions":[]}`), 200, "[]"},
		{"UnknownBlocksInTheMessage", chat.PathInteractions, payload(click(`,"message":{"blocks":[{"type":"hologram","elements":[{"type":"teleporter","action_id":7}]},17]}`)), 200, "[click]"},
		{"OddFieldsThatNobodyReads", chat.PathInteractions, payload(click(`,"team":"T1","enterprise":7,"message":[],"container":"x","state":{"values":[]},"token":{}`)), 200, "[click]"},
		{"NoNames", chat.PathInteractions, payload(`{"type":"block_actions","team":null,"user":{"id":"U0CARLA","team_id":"T2","name":"","username":null},"channel":null,"actions":[{"action_id":"a","block_id":7}]}`), 200, "[click]"},
		{"OptionsAtTheirOwnPath", chat.PathOptions, payload(`{"type":"block_suggestion","user":{"id":"U0ANA","team_id":"T1"},"action_id":"x"}`), 200, "[options]"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			d := newDesk(w, &router{})
			res := d.post(tt.path, tt.body)
			if res.Code != tt.want || d.router.calls() != tt.asked {
				t.Errorf("answer %d %.80q after asking %s, want %d after %s", res.Code, res.Body, d.router.calls(), tt.want, tt.asked)
			}
		})
	}
}

// The signature must cover what the query says, and does not.
func TestQueryIsIgnored(t *testing.T) {
	d := newDesk(newWorld(t), &router{})
	d.post(chat.PathCommands+"?text=revoke&user_id=U0EVE", slashForm("mine").Encode())
	if got := d.router.last(); got.Text != "mine" || got.Origin.Actor.User != "U0ANA" {
		t.Errorf("taken from the query: %q by %s", got.Text, got.Origin.Actor.User)
	}
}

func TestOnlyPostsAtKnownPaths(t *testing.T) {
	d := newDesk(newWorld(t), &router{})
	for _, tt := range []struct {
		name, method, path string
		want               int
	}{
		{"Get", http.MethodGet, chat.PathCommands, 405},
		{"GetEvents", http.MethodGet, chat.PathEvents, 405},
		{"OtherPath", http.MethodPost, "/slack/other", 404},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r := signed(tt.path, "", secret, time.Now())
			r.Method = tt.method
			if res := d.send(r); res.Code != tt.want {
				t.Errorf("answer %d, want %d", res.Code, tt.want)
			}
		})
	}
}

func TestSlashAnswer(t *testing.T) {
	w := newWorld(t)
	t.Run("Silence", func(t *testing.T) {
		res := newDesk(w, &router{}).post(chat.PathCommands, slashForm("x").Encode())
		if res.Code != 200 || res.Body.Len() != 0 {
			t.Errorf("answer %d %q, want 200 and nothing", res.Code, res.Body)
		}
	})
	t.Run("Message", func(t *testing.T) {
		d := newDesk(w, &router{reply: commands.Reply{Message: &messages.Message{Text: "a & b"}}})
		res := d.post(chat.PathCommands, slashForm("x").Encode())
		if got := res.Header().Get("Content-Type"); got != "application/json; charset=utf-8" {
			t.Errorf("content type %q", got)
		}
		want := map[string]any{"response_type": "ephemeral", "replace_original": false, "text": "a & b"}
		if got := object(t, res); fmt.Sprint(got) != fmt.Sprint(want) {
			t.Errorf("answer %v, want %v", got, want)
		}
	})
}

func TestSlashInvocation(t *testing.T) {
	for _, tt := range []struct {
		name     string
		change   func(url.Values)
		external bool
		delivery bool
	}{
		{"Staff", func(url.Values) {}, false, true},
		{"OtherTeam", func(f url.Values) { f.Set("team_id", "T2") }, true, true},
		{"NoTeam", func(f url.Values) { f.Del("team_id") }, true, true},
		{"NoTrigger", func(f url.Values) { f.Del("trigger_id") }, false, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			form := slashForm("request contoso")
			tt.change(form)
			d := newDesk(newWorld(t), &router{})
			d.post(chat.PathCommands, form.Encode())
			got := d.router.last()
			who := access.Person{Team: access.TeamID(form.Get("team_id")), User: "U0ANA", Name: "ana"}
			if got.Origin.Actor != who || got.Origin.Channel != "C0OWN" || got.Text != "request contoso" || got.External != tt.external {
				t.Errorf("invocation %+v", got)
			}
			if (got.Origin.Delivery != "") != tt.delivery || strings.Contains(got.Origin.Delivery, "abc") {
				t.Errorf("delivery %q", got.Origin.Delivery)
			}
		})
	}
}

// Whoever sends nonsense cannot fill the audit log with it.
func TestForgedReportsAreLimited(t *testing.T) {
	d := newDesk(newWorld(t), &router{})
	now := time.Date(2026, 11, 24, 9, 0, 0, 0, time.UTC)
	var reports []string
	d.Now = func() time.Time { return now }
	d.Forged = func(_ context.Context, path string, suppressed int) {
		reports = append(reports, fmt.Sprint(path, " ", suppressed))
	}
	h := d.Handler()
	forge := func(path string, times int) {
		for range times {
			h.ServeHTTP(httptest.NewRecorder(), signed(path, "text=x", "wrong", time.Now()))
		}
	}
	forge(chat.PathCommands, 1000)
	now = now.Add(5*time.Second - time.Nanosecond)
	forge(chat.PathOptions, 1)
	now = now.Add(time.Nanosecond)
	forge(chat.PathInteractions, 3)
	now = now.Add(time.Hour)
	forge(chat.PathCommands, 1)
	d.post(chat.PathCommands, "text=x") // well signed: no report
	want := "/slack/commands 0, /slack/interactions 1000, /slack/commands 2"
	if got := strings.Join(reports, ", "); got != want {
		t.Errorf("reports %s, want %s", got, want)
	}
}

// Slack shows an error after three seconds, so a decision that takes longer is
// given up before.
func TestSlowDecisionEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := &world{client: chat.New(chat.Options{BotToken: botToken})}
		for _, r := range []*http.Request{
			signed(chat.PathCommands, slashForm("x").Encode(), secret, time.Now()),
			signed(chat.PathInteractions, payload(click("")), secret, time.Now()),
		} {
			began := time.Now()
			newDesk(w, &router{hold: true}).send(r)
			if took := time.Since(began); took != 2*time.Second {
				t.Errorf("%s took %v, want 2s", r.URL.Path, took)
			}
		}
	})
}
