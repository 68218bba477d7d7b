package page_test

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"latchkey/internal/chat/chattest"
	"latchkey/internal/graph/graphtest"
	"latchkey/internal/sandbox/page"
)

const (
	token  = "xoxb-page-test"
	ana    = "U-ANA"   // staff
	carla  = "U-CARLA" // the customer's admin
	shared = "C-SHARED"
	tenant = "11111111-1111-4111-8111-111111111111"
)

// A world is both stand-ins, a small app that acts through the Web API, and the
// page in front of them.
type world struct {
	t     *testing.T
	slack *chattest.Server
	graph *graphtest.Server
	clock *clock
	page  *httptest.Server
	app   *httptest.Server

	browser *http.Client // keeps cookies
}

type clock struct {
	mu  sync.Mutex
	now time.Time
	err error
}

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *clock) At(real time.Time) time.Time { return real }

func (c *clock) Advance(d time.Duration) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.err == nil {
		c.now = c.now.Add(d)
	}
	return c.err
}

func newWorld(t *testing.T, change func(*page.Options)) *world {
	t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	w := &world{t: t, browser: &http.Client{Jar: jar}, clock: &clock{now: time.Date(2026, 11, 24, 9, 0, 0, 0, time.UTC)}}
	w.slack = chattest.New(chattest.Options{
		SigningSecret: "s", BotToken: token, BotTeam: "T-OWN", BotUser: "U-BOT",
		Scopes:   []string{"chat:write", "files:write", "commands", "im:write", "users:read", "channels:read"},
		PostRate: -1,
	})
	w.slack.AddTeam(chattest.Team{ID: "T-OWN", Name: "Fabrikam", Domain: "fabrikam"})
	w.slack.AddTeam(chattest.Team{ID: "T-CUST", Name: "Contoso", Domain: "contoso"})
	w.slack.AddUser(chattest.User{ID: ana, Team: "T-OWN", Name: "ana", RealName: "Ana <i>Ruiz</i>"})
	w.slack.AddUser(chattest.User{ID: carla, Team: "T-CUST", Name: "carla", RealName: "Carla Weiss"})
	w.slack.AddChannel(chattest.Channel{
		ID: shared, Name: "contoso", Host: "T-OWN", Connected: []string{"T-OWN", "T-CUST"}, Members: []string{"U-BOT", ana, carla},
	})
	w.graph = graphtest.New(graphtest.Options{
		PartnerTenant: tenant, ClientID: "22222222-2222-4222-8222-222222222222", ClientSecret: "s", Permissions: []string{"Mail.Send"}, Due: w.clock.Now,
	})

	w.app = httptest.NewServer(http.HandlerFunc(w.serveApp))
	t.Cleanup(w.app.Close)
	w.slack.Serve(w.app.URL, w.app.URL)

	opt := page.Options{
		Slack: w.slack, Graph: w.graph, Clock: w.clock,
		People: []page.Persona{
			{User: ana, Name: "Ana <i>Ruiz</i>", What: "staff of Fabrikam"},
			{User: carla, Name: "Carla Weiss", What: "Contoso’s admin"},
		},
		Suggestions: []string{"/access list contoso", `/access request "a & b"`},
	}
	if change != nil {
		change(&opt)
	}
	w.page = httptest.NewServer(page.New(opt))
	t.Cleanup(func() {
		w.page.CloseClientConnections() // ends streams of events
		w.page.Close()
	})
	return w
}

// api calls a Web API method as the app does.
func (w *world) api(method string, args map[string]any) map[string]any {
	body, err := json.Marshal(args)
	if err != nil {
		w.t.Errorf("%s: %v", method, err)
	}
	r := httptest.NewRequest(http.MethodPost, "/api/"+method, strings.NewReader(string(body)))
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("Authorization", "Bearer "+token)
	rec := httptest.NewRecorder()
	w.slack.ServeHTTP(rec, r)
	var answer map[string]any
	if err := json.Unmarshal(rec.Body.Bytes(), &answer); err != nil || answer["ok"] != true {
		w.t.Errorf("%s answered %s", method, rec.Body)
	}
	return answer
}

type object = map[string]any

func mrkdwn(s string) object { return object{"type": "mrkdwn", "text": s} }
func text(s string) object   { return object{"type": "plain_text", "text": s} }

// card is a request with two buttons, one of which asks first.
func card(what string) []object {
	return []object{
		{"type": "header", "block_id": "h", "text": text("Access request")},
		{"type": "section", "block_id": "s", "text": mrkdwn(what), "fields": []object{mrkdwn("*For*\nContoso"), mrkdwn("*Ends*\n<!date^1795000000^{time}|noon>")}},
		{"type": "divider"},
		{"type": "context", "block_id": "c", "elements": []object{mrkdwn("asked by <@" + ana + ">")}},
		{"type": "actions", "block_id": "a/1", "elements": []object{
			{"type": "button", "action_id": "approve", "text": text("Approve"), "value": "R-1", "style": "primary", "confirm": object{
				"title": text("Give this access?"), "text": text("Until noon."), "confirm": text("Approve it"), "deny": text("Not now"),
			}},
			{"type": "button", "action_id": "deny", "text": text("Deny"), "value": "R-1", "style": "danger"},
		}},
	}
}

func modal() object {
	return object{
		"type": "modal", "callback_id": "deny", "title": text("Why not?"), "submit": text("Deny it"), "close": text("Back"),
		"blocks": []object{
			{"type": "input", "block_id": "why", "label": text("Reason"), "hint": text("The requester reads it."),
				"element": object{"type": "plain_text_input", "action_id": "t", "multiline": true, "initial_value": "because"}},
			{"type": "input", "block_id": "b/2", "label": text("Who else"), "optional": true, "element": object{"type": "multi_external_select", "action_id": "who", "min_query_length": 0}},
			{"type": "input", "block_id": "k", "label": text("Kind"), "optional": true, "element": object{"type": "static_select", "action_id": "k", "options": []object{
				{"text": text("First"), "value": "1"}, {"text": text("Second"), "value": "2"},
			}}},
		},
	}
}

// An action is what the app hears of an element that was used.
type action struct {
	ID       string `json:"action_id"`
	Value    string
	Option   *struct{ Value string }  `json:"selected_option"`
	Options  []struct{ Value string } `json:"selected_options"`
	Date     string                   `json:"selected_date"`
	Time     string                   `json:"selected_time"`
	DateTime int64                    `json:"selected_date_time"`
	User     string                   `json:"selected_user"`
	Room     string                   `json:"selected_conversation"`
	Users    []string                 `json:"selected_users"`
}

// used is what was chosen, and "" for a button.
func (a action) used() string {
	all := append([]string{a.Date, a.Time, a.User, a.Room}, a.Users...)
	if a.Option != nil {
		all = append(all, a.Option.Value)
	}
	for _, o := range a.Options {
		all = append(all, o.Value)
	}
	if a.DateTime != 0 {
		all = append(all, strconv.FormatInt(a.DateTime, 10))
	}
	return strings.Join(slices.DeleteFunc(all, func(s string) bool { return s == "" }), "+")
}

// A payload is what the app hears of an interaction.
type payload struct {
	Type    string
	Trigger string `json:"trigger_id"`
	Value   string
	Actions []action
	View    struct {
		State struct {
			Values map[string]map[string]struct {
				Value    string
				Selected *struct{ Value string }  `json:"selected_option"`
				Several  []struct{ Value string } `json:"selected_options"`
			}
		}
	}
}

// serveApp is the app. What it is told it shows in the shared channel.
func (w *world) serveApp(rw http.ResponseWriter, r *http.Request) {
	if err := r.ParseForm(); err != nil {
		w.t.Errorf("the app got no form: %v", err)
		return
	}
	reply := func(v any) {
		rw.Header().Set("Content-Type", "application/json")
		json.NewEncoder(rw).Encode(v)
	}
	say := func(what string) { w.api("chat.postMessage", object{"channel": shared, "text": what}) }
	if r.URL.Path == "/slack/commands" {
		switch what := r.PostForm.Get("text"); what {
		case "card":
			w.api("chat.postMessage", object{"channel": shared, "text": "a card", "blocks": card("*Ana* asks")})
		default:
			reply(object{"text": "heard: " + what})
		}
		return
	}
	var p payload
	if err := json.Unmarshal([]byte(r.PostForm.Get("payload")), &p); err != nil {
		w.t.Errorf("the app got a bad payload: %v", err)
		return
	}
	switch p.Type {
	case "block_actions":
		if used := p.Actions[0].used(); used != "" {
			say("used " + p.Actions[0].ID + ": " + used)
			return
		}
		if p.Actions[0].ID == "deny" {
			w.api("views.open", object{"trigger_id": p.Trigger, "view": modal()})
			return
		}
		say("clicked " + p.Actions[0].ID + " " + p.Actions[0].Value)
	case "block_suggestion":
		reply(object{"options": []object{{"text": text("Bo & " + p.Value), "value": "bo"}, {"text": text("Cy"), "value": "cy"}}})
	case "view_submission":
		v := p.View.State.Values
		if v["why"]["t"].Value == "no" {
			reply(object{"response_action": "errors", "errors": object{"why": "Say <more>."}})
			return
		}
		what := "denied: " + v["why"]["t"].Value
		for _, o := range v["b/2"]["who"].Several {
			what += " +" + o.Value
		}
		if o := v["k"]["k"].Selected; o != nil {
			what += " kind " + o.Value
		}
		say(what)
	}
}

// get returns a page and its status.
func (w *world) get(path string) (int, string) {
	w.t.Helper()
	return w.do(http.MethodGet, path, nil, nil)
}

// post sends a form as the browser does from the page and follows the redirect.
func (w *world) post(path string, form ...string) (int, string) {
	w.t.Helper()
	return w.do(http.MethodPost, path, fields(form...), http.Header{"Origin": {w.page.URL}, "Sec-Fetch-Site": {"same-origin"}})
}

func fields(pairs ...string) url.Values {
	form := url.Values{}
	for i := 0; i < len(pairs); i += 2 {
		form.Add(pairs[i], pairs[i+1])
	}
	return form
}

func (w *world) do(method, path string, form url.Values, header http.Header) (int, string) {
	w.t.Helper()
	r, err := http.NewRequestWithContext(w.t.Context(), method, w.page.URL+path, strings.NewReader(form.Encode()))
	if err != nil {
		w.t.Fatal(err)
	}
	if header != nil {
		r.Header = header
	}
	if form != nil {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	if host := header.Get("Host"); host != "" {
		r.Host = host
	}
	resp, err := w.browser.Do(r)
	if err != nil {
		w.t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		w.t.Fatal(err)
	}
	return resp.StatusCode, string(body)
}

// last is the newest message that a person sees in the shared channel.
func (w *world) last(viewer string) chattest.Message {
	w.t.Helper()
	list := w.slack.Messages(viewer, shared)
	if len(list) == 0 {
		w.t.Fatal("nothing was said")
	}
	return list[len(list)-1]
}

func mustContain(t *testing.T, body string, wants ...string) {
	t.Helper()
	for _, want := range wants {
		if !strings.Contains(body, want) {
			t.Errorf("%q is missing in\n%s", want, body)
		}
	}
}

func mustNotContain(t *testing.T, body string, not ...string) {
	t.Helper()
	for _, bad := range not {
		if strings.Contains(body, bad) {
			t.Errorf("%q stands in\n%s", bad, body)
		}
	}
}

var errStuck = errors.New("stuck")

func audit(lines []page.AuditLine, err error) func(context.Context) ([]page.AuditLine, error) {
	return func(context.Context) ([]page.AuditLine, error) { return lines, err }
}
