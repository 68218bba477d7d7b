package sandbox_test

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"latchkey/internal/chat/chattest"
	"latchkey/internal/graph/graphtest"
	"latchkey/internal/sandbox"
)

func newWorld(t *testing.T) (w *sandbox.World, file string) {
	t.Helper()
	dir := t.TempDir()
	w, err := sandbox.New(sandbox.Options{Dir: dir})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(w.Close)
	file = filepath.Join(dir, "world.json")
	if err := w.Write(file); err != nil {
		t.Fatal(err)
	}
	return w, file
}

// read returns what the world's file says, and write makes it say something else.
func read(t *testing.T, file string) map[string]any {
	t.Helper()
	raw, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var f map[string]any
	if err := json.Unmarshal(raw, &f); err != nil {
		t.Fatal(err)
	}
	return f
}

func write(t *testing.T, file string, f map[string]any) {
	t.Helper()
	raw, err := json.Marshal(f)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, raw, 0o600); err != nil {
		t.Fatal(err)
	}
}

func TestNewNeedsItsFolder(t *testing.T) {
	t.Parallel()
	if w, err := sandbox.New(sandbox.Options{Dir: filepath.Join(t.TempDir(), "none")}); err == nil {
		w.Close()
		t.Error("New built a world in a folder that is not there")
	}
}

// TestWriteIsForItsOwner also when a file with another mode was there.
func TestWriteIsForItsOwner(t *testing.T) {
	t.Parallel()
	w, fresh := newWorld(t)
	old := filepath.Join(t.TempDir(), "world.json")
	if err := os.WriteFile(old, []byte(strings.Repeat("x", 100_000)), 0o644); err != nil {
		t.Fatal(err)
	}
	if err := w.Write(old); err != nil {
		t.Fatal(err)
	}
	for _, file := range []string{fresh, old} {
		info, err := os.Stat(file)
		if err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("the file has mode %v, %v", info.Mode(), err)
		}
		if f := read(t, file); f["Token"] == "" || f["Slack"] == "" {
			t.Errorf("the file lacks something: %v", f)
		}
	}
	if err := w.Write(filepath.Join(t.TempDir(), "none", "world.json")); err == nil {
		t.Error("Write wrote into a folder that is not there")
	}
}

// TestJoin follows the clock of the world, and tells it where the bot is.
func TestJoin(t *testing.T) {
	t.Parallel()
	w, file := newWorld(t)
	if err := w.Clock.Advance(time.Hour); err != nil {
		t.Fatal(err)
	}
	o, err := sandbox.Join(t.Context(), file)
	if err != nil {
		t.Fatal(err)
	}
	ahead := func(least time.Duration) {
		t.Helper()
		if got := time.Until(o.Now()); got < least-time.Second || got > least+time.Minute {
			t.Errorf("the clock is %v ahead, want %v", got, least)
		}
	}
	ahead(time.Hour)
	if err := w.Clock.Advance(24 * time.Hour); err != nil {
		t.Fatal(err)
	}
	<-o.Moved
	ahead(25 * time.Hour)
	o.Listening("http://127.0.0.1:1")
	if err := w.BotUp(t.Context()); err != nil {
		t.Error(err)
	}
	if !strings.HasPrefix(o.SlackURL, "http://127.0.0.1:") || !strings.HasPrefix(o.GraphURL, "https://127.0.0.1:") || o.Microsoft == nil {
		t.Errorf("the addresses are %s and %s", o.SlackURL, o.GraphURL)
	}
}

func TestJoinRefuses(t *testing.T) {
	t.Parallel()
	set := func(key string, value any) func(map[string]any) { return func(f map[string]any) { f[key] = value } }
	tests := []struct {
		name   string
		change func(map[string]any)
		says   string
	}{
		{"SlackElsewhere", set("Slack", "https://slack.example"), "loopback"},
		{"GraphElsewhere", set("Graph", "https://192.0.2.1"), "loopback"},
		{"ControlElsewhere", set("Control", "http://0.0.0.0:80"), "loopback"},
		{"NameThatMayLie", set("Control", "http://localhost:80"), "loopback"},
		{"UserThatLooksLikeLoopback", set("Slack", "http://127.0.0.1@slack.example"), "loopback"},
		{"NameThatLooksLikeLoopback", set("Graph", "https://127.0.0.1.slack.example"), "loopback"},
		{"Nowhere", set("Slack", ""), "loopback"},
		{"NoAddress", set("Slack", "http://[::1"), "loopback"},
		{"WrongToken", set("Token", "0123456789"), "401"},
		{"NoToken", set("Token", ""), "401"},
		{"NoCertificate", set("CA", "none"), "certificate"},
		{"NoEnvironment", set("Env", map[string]string{}), ""},
		{"OtherKind", set("Token", 7), "read the world"},
	}
	_, file := newWorld(t)
	whole := read(t, file)
	for _, test := range tests {
		write(t, file, whole)
		f := read(t, file)
		test.change(f)
		write(t, file, f)
		if _, err := sandbox.Join(t.Context(), file); err == nil || !strings.Contains(err.Error(), test.says) {
			t.Errorf("%s: Join = %v, want an error with %q", test.name, err, test.says)
		}
	}
	if _, err := sandbox.Join(t.Context(), file+".none"); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("Join without a file = %v", err)
	}
}

// TestControl takes orders only from who has the token, and only for loopback.
func TestControl(t *testing.T) {
	t.Parallel()
	_, file := newWorld(t)
	f := read(t, file)
	call := func(method, path, token string) int {
		req, err := http.NewRequestWithContext(t.Context(), method, f["Control"].(string)+path, nil)
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Authorization", token)
		res, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		defer res.Body.Close() //nolint:errcheck // a test's
		return res.StatusCode
	}
	bearer := "Bearer " + f["Token"].(string)
	tests := []struct {
		name, method, path, token string
		want                      int
	}{
		{"Clock", "GET", "/clock", bearer, 200},
		{"ClockMoved", "GET", "/clock?after=7", bearer, 200},
		{"NoToken", "GET", "/clock", "", 401},
		{"WrongToken", "GET", "/clock", bearer + "0", 401},
		{"NoBearer", "GET", "/clock", bearer[len("Bearer "):], 401},
		{"AppWithoutToken", "POST", "/app?url=http://127.0.0.1:1", "", 401},
		{"AppElsewhere", "POST", "/app?url=http://slack.example", bearer, 400},
		{"AppNowhere", "POST", "/app", bearer, 400},
		{"App", "POST", "/app?url=http://127.0.0.1:1", bearer, 200},
		{"AppByGet", "GET", "/app?url=http://127.0.0.1:1", bearer, 405},
		{"Other", "GET", "/", bearer, 404},
	}
	for _, test := range tests {
		if got := call(test.method, test.path, test.token); got != test.want {
			t.Errorf("%s: %s %s = %d, want %d", test.name, test.method, test.path, got, test.want)
		}
	}
}

func TestUntil(t *testing.T) {
	t.Parallel()
	w, _ := newWorld(t)
	for name, change := range map[string]func(){
		"Slack": func() { w.Slack.AddUser(chattest.User{ID: "U0NEW00001", Team: "T0FABRIKAM", Name: "new"}) },
		"Graph": func() { w.Graph.AddGroup(graphtest.Group{DisplayName: "New", MailNickname: "new"}) },
	} {
		looks := 0
		err := w.Until(t.Context(), func() bool {
			if looks++; looks == 1 {
				change()
			}
			return looks == 2
		})
		if err != nil || looks != 2 {
			t.Errorf("%s: Until looked %d times, %v", name, looks, err)
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	if err := w.Until(ctx, func() bool { cancel(); return false }); !errors.Is(err, context.Canceled) {
		t.Errorf("Until = %v after its end", err)
	}
	if err := w.Until(ctx, func() bool { return true }); err != nil {
		t.Errorf("Until of what holds = %v", err)
	}
	if err := w.BotUp(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("BotUp without a bot = %v", err)
	}
}
