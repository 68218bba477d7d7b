package outside_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"latchkey/internal/chat/chattest"
)

const (
	signingSecret = "a-signing-secret-of-the-test"
	botToken      = "xoxb-of-the-test"
	appToken      = "xapp-of-the-test"

	home, customer = "T0NORTHWIND", "T0CONTOSO"
	ana, carol     = "U0ANA", "U0CAROL"
	bot            = "U0BOT"
	support        = "C0SUPPORT"
	shared         = "C0SHARED"
	quiet          = "C0QUIET"
	oncall         = "S0ONCALL"

	manyPeople = 12 // more than a page of five
)

// office is the stand-in Slack with some people in it.
type office struct {
	*chattest.Server
	api *httptest.Server
}

func newOffice(t *testing.T, change func(*chattest.Options)) *office {
	t.Helper()
	opt := chattest.Options{
		SigningSecret: signingSecret, BotToken: botToken, AppToken: appToken, BotTeam: home, BotUser: bot,
		Scopes: []string{
			"chat:write", "commands", "users:read", "users:read.email", "im:write", "mpim:write",
			"channels:read", "groups:read", "im:read", "mpim:read",
			"channels:history", "groups:history", "im:history",
			"usergroups:read", "files:read", "files:write", "team:read",
		},
		PostRate: -1,
	}
	if change != nil {
		change(&opt)
	}
	o := &office{Server: chattest.New(opt)}
	o.AddTeam(chattest.Team{ID: home, Name: "Northwind", Domain: "northwind"})
	o.AddTeam(chattest.Team{ID: customer, Name: "Contoso", Domain: "contoso"})
	o.AddUser(chattest.User{ID: ana, Team: home, Name: "ana", RealName: "Ana Ruiz", Email: "ana@northwind.example", TZ: "Europe/Madrid"})
	o.AddUser(chattest.User{ID: carol, Team: customer, Name: "carol", RealName: "Carol Weiss", Email: "carol@contoso.example"})
	for i := range manyPeople {
		o.AddUser(chattest.User{ID: fmt.Sprintf("U0STAFF%d", i), Team: home, Name: fmt.Sprintf("staff%d", i)})
	}
	o.AddChannel(chattest.Channel{ID: support, Name: "support", Host: home, Members: []string{bot, ana}})
	o.AddChannel(chattest.Channel{
		ID: shared, Name: "contoso-northwind", Host: home, Connected: []string{home, customer},
		Members: []string{bot, ana, carol}, Private: true,
	})
	o.AddChannel(chattest.Channel{ID: quiet, Name: "quiet", Host: home, Members: []string{ana}})
	o.AddUsergroup(chattest.Usergroup{ID: oncall, Handle: "oncall", Name: "On call", Users: []string{ana}})
	o.api = httptest.NewServer(o)
	t.Cleanup(o.api.Close)
	t.Cleanup(o.Close)
	return o
}

// env tells a script where and who everything is.
func (o *office) env() map[string]string {
	return map[string]string{
		"SLACK": o.api.URL + "/api/", "BOT_TOKEN": botToken, "APP_TOKEN": appToken, "SIGNING_SECRET": signingSecret,
		"TEAM": home, "CUSTOMER": customer, "ANA": ana, "CAROL": carol, "BOT": bot,
		"SUPPORT": support, "SHARED": shared, "QUIET": quiet, "ONCALL": oncall, "STAFF": fmt.Sprint(manyPeople + 2), // Ana and the bot
	}
}

// told is a delivery as a script sees it.
func told(d chattest.Delivery, err error) (any, error) {
	if err != nil {
		return nil, err
	}
	out := map[string]any{"status": d.Status, "response": string(d.Response), "error": ""}
	if d.Err != nil {
		out["error"] = d.Err.Error()
	}
	return out, nil
}

// people are the acts that every script has: what a person does and sees.
func (o *office) people() acts {
	return acts{
		"slash": func(ctx context.Context, r request) (any, error) {
			return told(o.Slash(ctx, r.text("user"), r.text("channel"), r.text("command"), r.text("text")))
		},
		"click": func(ctx context.Context, r request) (any, error) {
			return told(o.Click(ctx, r.text("user"), r.text("channel"), r.text("ts"), r.text("action")))
		},
		"submit": func(ctx context.Context, r request) (any, error) {
			v, ok := o.View(r.text("user"))
			if !ok {
				return nil, errors.New("no modal is open")
			}
			return told(o.Submit(ctx, r.text("user"), v.ID, values(r["values"])))
		},
		"suggest": func(ctx context.Context, r request) (any, error) {
			v, _ := o.View(r.text("user"))
			return o.Suggest(ctx, r.text("user"), v.ID, r.text("block"), r.text("action"), r.text("typed"))
		},
		"home": func(ctx context.Context, r request) (any, error) { return told(o.OpenHome(ctx, r.text("user"))) },
		"modal": func(_ context.Context, r request) (any, error) {
			v, ok := o.View(r.text("user"))
			return map[string]any{"open": ok, "view": v.Raw, "errors": v.Errors}, nil
		},
		"published": func(_ context.Context, r request) (any, error) {
			v, _ := o.Home(r.text("user"))
			return string(v.Raw), nil
		},
		"messages": func(_ context.Context, r request) (any, error) {
			var texts []string
			for _, m := range o.Messages(r.text("user"), r.text("channel")) {
				texts = append(texts, m.Text)
			}
			return texts, nil
		},
		"changed": func(ctx context.Context, r request) (any, error) {
			after, _ := r["after"].(float64)
			return o.Wait(ctx, uint64(after))
		},
		"faults": func(_ context.Context, r request) (any, error) {
			if r.text("on") == "" {
				return nil, o.SetFaults()
			}
			times, _ := r["times"].(float64)
			status, _ := r["status"].(float64)
			retry, _ := r["retryAfter"].(float64)
			return nil, o.SetFaults(chattest.Fault{
				On: r.text("on"), Times: int(times), Status: int(status), RetryAfter: int(retry), Error: r.text("error"),
			})
		},
		"calls": func(context.Context, request) (any, error) { return o.Calls(), nil },
	}
}

// values reads what a person enters: block id, action id, text.
func values(v any) map[string]map[string]any {
	out := make(map[string]map[string]any)
	blocks, _ := v.(map[string]any)
	for block, fields := range blocks {
		out[block], _ = fields.(map[string]any)
	}
	return out
}

// A listener is an app that takes everything and keeps the last payload.
type listener struct {
	mu   sync.Mutex
	last map[string]any
}

func (l *listener) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if err := r.ParseForm(); err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	heard := flat(r.PostForm)
	if p := r.PostForm.Get("payload"); p != "" {
		heard = map[string]any{}
		if err := json.Unmarshal([]byte(p), &heard); err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.last = heard
}

func flat(form url.Values) map[string]any {
	out := make(map[string]any, len(form))
	for key := range form {
		out[key] = form.Get(key)
	}
	return out
}

// TestSlackWebAPI runs @slack/web-api.
func TestSlackWebAPI(t *testing.T) {
	t.Parallel()
	o := newOffice(t, nil)
	heard := &listener{}
	app := httptest.NewServer(heard)
	defer app.Close()
	o.Serve(app.URL, o.api.URL)

	do := o.people()
	do["heard"] = func(context.Context, request) (any, error) {
		heard.mu.Lock()
		defer heard.mu.Unlock()
		return heard.last, nil
	}
	play(t, "webapi.mjs", do, o.env())
}

// TestSlackSocketMode runs @slack/socket-mode.
func TestSlackSocketMode(t *testing.T) {
	t.Parallel()
	o := newOffice(t, func(opt *chattest.Options) {
		opt.SocketMode = true
		opt.Events = []string{"app_home_opened"}
		opt.PingEvery = 200 * time.Millisecond
	})
	o.Serve("", o.api.URL)

	do := o.people()
	control := func(f func()) func(context.Context, request) (any, error) {
		return func(context.Context, request) (any, error) { f(); return true, nil }
	}
	do["refresh"], do["warn"], do["cut"] = control(o.RefreshSockets), control(o.WarnSockets), control(o.CutSockets)
	do["disable"], do["enable"] = control(o.DisableLink), control(o.EnableLink)
	do["connected"] = func(ctx context.Context, _ request) (any, error) { return true, o.Connected(ctx, 1) }
	play(t, "socket.mjs", do, o.env())
}

// TestSlackBolt runs an app made with @slack/bolt, which checks signatures by
// itself. Slack lets an app set one address for everything, but the stand-in
// keeps to the bot's own paths.
func TestSlackBolt(t *testing.T) {
	t.Parallel()
	o := newOffice(t, func(opt *chattest.Options) { opt.Events = []string{"app_home_opened"} })

	do := o.people()
	do["serve"] = func(_ context.Context, r request) (any, error) {
		o.Serve(r.text("url"), o.api.URL)
		return true, nil
	}
	do["verify"] = func(ctx context.Context, _ request) (any, error) { return told(o.VerifyEvents(ctx)) }
	do["forge"] = o.again(func(ctx context.Context, d chattest.Delivery) (chattest.Delivery, error) { return o.Forge(ctx, d) })
	do["tamper"] = o.again(func(ctx context.Context, d chattest.Delivery) (chattest.Delivery, error) {
		d.Body = []byte(strings.Replace(string(d.Body), "text=", "text=x", 1))
		return o.Replay(ctx, d)
	})
	do["replay"] = o.again(func(ctx context.Context, d chattest.Delivery) (chattest.Delivery, error) {
		at := fmt.Sprint(time.Now().Add(-6 * time.Minute).Unix())
		d.Header.Set("X-Slack-Request-Timestamp", at)
		return o.Replay(ctx, d)
	})
	play(t, "bolt.mjs", do, o.env())
}

// again lets Ana type a command and then does something to what was sent.
func (o *office) again(do func(context.Context, chattest.Delivery) (chattest.Delivery, error)) func(context.Context, request) (any, error) {
	return func(ctx context.Context, r request) (any, error) {
		d, err := o.Slash(ctx, ana, support, "/access", r.text("text"))
		if err != nil {
			return nil, err
		}
		return told(do(ctx, d))
	}
}
