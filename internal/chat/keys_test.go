package chat_test

import (
	"context"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"latchkey/internal/access"
	"latchkey/internal/chat"
	"latchkey/internal/outbox"
	"latchkey/internal/state"
)

// TestTokenRefused has Slack refuse the bot's token for hours: what is owed waits without
// a failed try, nothing is called but to ask whether it is good again, and with another
// token all is said, once.
func TestTokenRefused(t *testing.T) {
	for _, code := range []string{"token_revoked", "invalid_auth", "account_inactive", "token_expired", "not_authed"} {
		t.Run(code, func(t *testing.T) {
			o := newOwed(t, newWorld(t))
			refused, calls := true, 0
			o.set(nil, func(method string) (int, http.Header, string) {
				if !refused {
					return 0, nil, ""
				}
				calls++
				return http.StatusOK, nil, `{"ok":false,"error":"` + code + `"}`
			})
			for i := range 5 {
				o.render.post = inChannel("said once")
				o.oweIn(string(rune('a'+i)), outbox.SlackNotice, outbox.NoticePayload{})
			}
			for range 20 {
				o.moveTo(o.once())
			}
			if got := o.client.LockedOut(); got != code || calls != 1 {
				t.Errorf("the token is refused with %q after %d calls, want one", got, calls)
			}
			for _, e := range o.pending() {
				if e.Attempts != 0 {
					t.Errorf("%s was tried %d times", e.ID, e.Attempts)
				}
			}
			if err := o.client.Identify(t.Context()); err == nil || o.client.LockedOut() == "" {
				t.Errorf("the token is taken: %v", err)
			}
			refused = false
			if err := o.client.Use(t.Context(), botToken); err != nil || o.client.LockedOut() != "" {
				t.Fatalf("the next token is not taken: %v", err)
			}
			all := func(string) bool { return true }
			if err := o.store.Update(t.Context(), func(tx state.Tx) error { return outbox.Hurry(tx, all, o.clock()) }); err != nil {
				t.Fatal(err)
			}
			o.once()
			o.expect("U0CARLA", "C0SHARED", "said once", "said once", "said once", "said once", "said once")
		})
	}
}

// TestAnotherToken takes a token over that is a good one of the same workspace, and no
// other.
func TestAnotherToken(t *testing.T) {
	w := newWorld(t)
	if err := w.client.Use(t.Context(), "xoxb-another"); err == nil || w.client.Token() != botToken || w.client.LockedOut() != "" {
		t.Errorf("a bad token: %v, in force is the other: %t, locked out: %q", err, w.client.Token() != botToken, w.client.LockedOut())
	}
	w.answers("auth.test", `{"ok":true,"team_id":"T9","user_id":"U9"}`, 1)
	if err := w.client.Use(t.Context(), "xoxb-elsewhere"); access.CodeOf(err) != access.Forbidden || w.client.Token() != botToken || w.client.Team() != "T1" {
		t.Errorf("a token of another workspace: %v, the team is %s", err, w.client.Team())
	}
	w.ReplaceToken("xoxb-good")
	if _, err := w.client.Usergroup(t.Context(), "S0"); err == nil || w.client.LockedOut() != "invalid_auth" {
		t.Errorf("the old token: %v, locked out: %q", err, w.client.LockedOut())
	}
	if err := w.client.Use(t.Context(), "xoxb-good"); err != nil || w.client.Token() != "xoxb-good" || w.client.LockedOut() != "" {
		t.Errorf("the good token: %v, locked out: %q", err, w.client.LockedOut())
	}
	w.set(nil, nil)
	if gone, _, err := w.client.Gone(t.Context(), access.Person{Team: "T1", User: "U0ANA"}); gone || err != nil {
		t.Errorf("a call with it: %v", err)
	}
}

// watched is a way to Slack that remembers what was sent.
type watched struct{ sent *[]string }

func (w watched) RoundTrip(r *http.Request) (*http.Response, error) {
	var body []byte
	if r.Body != nil {
		var err error
		if body, err = io.ReadAll(r.Body); err != nil {
			return nil, err
		}
	}
	*w.sent = append(*w.sent, r.URL.String()+" "+r.Header.Get("Authorization")+" "+string(body))
	return nil, context.Canceled
}

// TestTokenGoesToSlackAlone has the token travel in a header, to Slack's Web API and
// nowhere else.
func TestTokenGoesToSlackAlone(t *testing.T) {
	var sent []string
	c := chat.New(chat.Options{BotToken: botToken, AppToken: appToken, HTTP: &http.Client{Transport: watched{&sent}}})
	c.Identify(t.Context())                                                          //nolint:errcheck // nobody answers
	c.API.PostMessageContext(t.Context(), "C1")                                      //nolint:errcheck // the same
	c.API.StartSocketModeContext(t.Context())                                        //nolint:errcheck // the same
	c.API.GetFileContext(t.Context(), "https://files.example/x", &strings.Builder{}) //nolint:errcheck // the same
	c.HTTP.Get("https://hooks.example/x")                                            //nolint:errcheck,bodyclose,noctx // the same
	for _, one := range sent {
		api := strings.HasPrefix(one, "https://slack.com/api/")
		bot, app := strings.Contains(one, botToken), strings.Contains(one, appToken)
		socket := strings.HasPrefix(one, "https://slack.com/api/apps.connections.open")
		if bot != (api && !socket) || app != socket {
			t.Errorf("sent was %s", one)
		}
		if api && !strings.Contains(one, " Bearer xox") && !strings.Contains(one, " Bearer xapp") {
			t.Errorf("the token is not in the header: %s", one)
		}
	}
	if len(sent) < 4 {
		t.Errorf("sent were %q", sent)
	}
}

// TestSigningSecretReplaced takes both secrets until Slack uses the new one and what was
// on its way has come, and for a day at most.
func TestSigningSecretReplaced(t *testing.T) {
	const next = "1f742231b10e8888abcd99yyyzzz85a5"
	now := time.Now()
	in := secret
	d := newDesk(newWorld(t), &router{})
	d.Now, d.Fresh = func() time.Time { return now }, func() string { return in }
	taken := func(what, with string, want bool) {
		t.Helper()
		code := d.send(signed(chat.PathCommands, "ssl_check=1", with, time.Now())).Code
		if got := code == http.StatusOK; got != want {
			t.Errorf("%s: answered %d", what, code)
		}
	}
	taken("the first", secret, true)
	taken("one that is not known yet", next, false)
	in = next
	taken("the old one after the change", secret, true)
	now = now.Add(20 * time.Hour)
	taken("the old one, which Slack still uses", secret, true)
	taken("the new one", next, true)
	taken("the old one on its way", secret, true)
	now = now.Add(6 * time.Minute)
	taken("the old one later", secret, false)
	taken("the new one later", next, true)
	in = secret
	taken("back again", secret, true)
	in = next
	now = now.Add(25 * time.Hour)
	taken("forth again", next, true)
	in = "2f742231b10e8888abcd99yyyzzz85a5"
	taken("one that Slack never used", next, true)
	now = now.Add(25 * time.Hour)
	taken("a day later", next, false)
	taken("none", "", false)
}
