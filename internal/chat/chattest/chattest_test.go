package chattest_test

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"io"
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
	secret   = "8f742231b10e8888abcd99yyyzzz85a5"
	botToken = "xoxb-1-2-three"
	appToken = "xapp-1-A-two"
)

var allScopes = []string{
	"chat:write", "commands", "users:read", "users:read.email", "im:write",
	"channels:read", "groups:read", "im:read", "channels:history", "groups:history", "im:history",
	"channels:join", "channels:manage", "groups:write", "conversations.connect:write",
	"files:read", "files:write", "team:read", "usergroups:read",
}

// A world is the stand-in with people in it, and a small app that answers.
type world struct {
	*chattest.Server
	t   *testing.T
	api *httptest.Server

	mu  sync.Mutex
	app func(w http.ResponseWriter, r *http.Request, form url.Values)
	now time.Time
	bad int // requests whose signature was wrong
}

// newWorld holds the partner's team (ana, bo), the customer's (carla, in the
// shared channel C-SHARED) and dan, an external member whom nobody knows.
func newWorld(t *testing.T, change func(*chattest.Options)) *world {
	t.Helper()
	w := &world{t: t, now: time.Date(2026, 11, 24, 9, 0, 0, 0, time.UTC)}
	opt := chattest.Options{
		SigningSecret: secret, BotToken: botToken, AppToken: appToken, BotTeam: "T-OWN", BotUser: "U-BOT",
		Scopes: allScopes, Now: w.clock, PostRate: -1, // the clock stands still
	}
	if change != nil {
		change(&opt)
	}
	w.Server = chattest.New(opt)
	w.AddTeam(chattest.Team{ID: "T-OWN", Name: "Northwind", Domain: "northwind"})
	w.AddTeam(chattest.Team{ID: "T-CUST", Name: "Contoso", Domain: "contoso"})
	w.AddUser(chattest.User{ID: "U-ANA", Team: "T-OWN", Name: "ana", RealName: "Ana Ruiz", Email: "ana@northwind.example", TZ: "Europe/Madrid", TZOffset: 3600, Admin: true})
	w.AddUser(chattest.User{ID: "U-BO", Team: "T-OWN", Name: "bo", RealName: "Bo Lind", Email: "bo@northwind.example"})
	w.AddUser(chattest.User{ID: "U-CARLA", Team: "T-CUST", Name: "carla", RealName: "Carla Weiss", Email: "carla@contoso.example", TZ: "Europe/Berlin"})
	w.AddUser(chattest.User{ID: "U-DAN", Team: "T-CUST", Name: "dan", RealName: "Dan Ek"})
	w.AddUser(chattest.User{ID: "U-GONE", Team: "T-OWN", Name: "gone", Deleted: true})
	w.AddChannel(chattest.Channel{ID: "C-OPEN", Name: "support", Host: "T-OWN", Members: []string{"U-BOT", "U-ANA", "U-BO"}})
	w.AddChannel(chattest.Channel{ID: "C-SHARED", Name: "contoso-northwind", Host: "T-OWN", Connected: []string{"T-OWN", "T-CUST"}, Members: []string{"U-BOT", "U-ANA", "U-CARLA"}, Private: true})
	w.AddChannel(chattest.Channel{ID: "C-QUIET", Name: "quiet", Host: "T-OWN", Members: []string{"U-ANA"}})
	w.AddChannel(chattest.Channel{ID: "C-SECRET", Name: "secret", Host: "T-OWN", Members: []string{"U-BO"}, Private: true})
	w.api = httptest.NewServer(w)
	t.Cleanup(w.api.Close)
	app := httptest.NewServer(http.HandlerFunc(w.serveApp))
	t.Cleanup(app.Close)
	w.Serve(app.URL, w.api.URL)
	return w
}

func (w *world) clock() time.Time {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.now
}

func (w *world) advance(d time.Duration) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.now = w.now.Add(d)
}

// answer sets what the app does with the next requests.
func (w *world) answer(app func(w http.ResponseWriter, r *http.Request, form url.Values)) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.app = app
}

// serveApp is the app: it checks the signature on its own and hands on.
func (w *world) serveApp(rw http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		w.t.Errorf("the app could not read its request: %v", err)
	}
	mac := hmac.New(sha256.New, []byte(secret))
	io.WriteString(mac, "v0:"+r.Header.Get("X-Slack-Request-Timestamp")+":"+string(body))
	w.mu.Lock()
	app := w.app
	right := r.Header.Get("X-Slack-Signature") == "v0="+hex.EncodeToString(mac.Sum(nil))
	if !right {
		w.bad++
	}
	w.mu.Unlock()
	if !right {
		http.Error(rw, "wrong signature", http.StatusUnauthorized)
		return
	}
	form, err := url.ParseQuery(string(body))
	if err != nil {
		w.t.Errorf("the app got a body that is no form: %v", err)
	}
	if app != nil {
		app(rw, r, form)
	}
}

// call uses a Web API method with the bot's token and a form.
func (w *world) call(method string, pairs ...string) map[string]any {
	w.t.Helper()
	form := url.Values{}
	for i := 0; i+1 < len(pairs); i += 2 {
		form.Set(pairs[i], pairs[i+1])
	}
	return w.request(method, "Bearer "+botToken, "application/x-www-form-urlencoded", form.Encode())
}

func (w *world) request(method, auth, contentType, body string) map[string]any {
	w.t.Helper()
	r, err := http.NewRequestWithContext(w.t.Context(), http.MethodPost, w.api.URL+"/api/"+method, strings.NewReader(body))
	if err != nil {
		w.t.Fatal(err)
	}
	if auth != "" {
		r.Header.Set("Authorization", auth)
	}
	r.Header.Set("Content-Type", contentType)
	_, answer := w.do(r)
	return answer
}

func (w *world) do(r *http.Request) (int, map[string]any) {
	w.t.Helper()
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		w.t.Fatal(err)
	}
	defer resp.Body.Close()
	var answer map[string]any
	if err := json.NewDecoder(resp.Body).Decode(&answer); err != nil {
		w.t.Fatalf("%s answered no JSON object: %v", r.URL.Path, err)
	}
	return resp.StatusCode, answer
}

// must calls a method that has to succeed.
func (w *world) must(method string, pairs ...string) map[string]any {
	w.t.Helper()
	answer := w.call(method, pairs...)
	if answer["ok"] != true {
		w.t.Fatalf("%s = %v, want ok", method, answer)
	}
	return answer
}

// refused calls a method that has to fail with an error.
func (w *world) refused(want, method string, pairs ...string) map[string]any {
	w.t.Helper()
	answer := w.call(method, pairs...)
	if answer["ok"] != false || answer["error"] != want {
		w.t.Errorf("%s = %v, want error %s", method, answer, want)
	}
	return answer
}

// respond posts to a response URL.
func (w *world) respond(to, body string) (int, map[string]any) {
	w.t.Helper()
	r, err := http.NewRequestWithContext(w.t.Context(), http.MethodPost, to, bytes.NewReader([]byte(body)))
	if err != nil {
		w.t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/json")
	return w.do(r)
}

// last returns the newest message that the viewer sees.
func (w *world) last(viewer, channel string) chattest.Message {
	w.t.Helper()
	all := w.Messages(viewer, channel)
	if len(all) == 0 {
		w.t.Fatalf("%s sees nothing in %s", viewer, channel)
	}
	return all[len(all)-1]
}

// at follows a path of object keys and list indexes into decoded JSON.
func at(v any, path ...any) any {
	for _, step := range path {
		switch step := step.(type) {
		case string:
			o, _ := v.(map[string]any)
			v = o[step]
		case int:
			list, _ := v.([]any)
			if step >= len(list) {
				return nil
			}
			v = list[step]
		}
	}
	return v
}

func parse(t *testing.T, text string) map[string]any {
	t.Helper()
	var v map[string]any
	if err := json.Unmarshal([]byte(text), &v); err != nil {
		t.Fatalf("no JSON object: %v: %s", err, text)
	}
	return v
}

func same(t *testing.T, what string, got, want any) {
	t.Helper()
	g, err := json.Marshal(got)
	if err != nil {
		t.Fatal(err)
	}
	m, err := json.Marshal(want)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(g, m) {
		t.Errorf("%s = %s, want %s", what, g, m)
	}
}
