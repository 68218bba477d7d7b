package sandbox_test

import (
	"context"
	"net/http"
	"os"
	"path/filepath"
	"testing"
	"time"

	"latchkey/internal/sandbox"
)

func open(t *testing.T, dir string) *sandbox.World {
	t.Helper()
	w, err := sandbox.New(sandbox.Options{Dir: dir})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(w.Close)
	return w
}

// TestKeepTakesUp finds the world as it was left: what was said, who is in which
// group, the time, and a policy that the user has changed.
func TestKeepTakesUp(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	w := open(t, dir)
	ctx, end := context.WithCancel(t.Context())
	kept := make(chan error)
	go func() { kept <- w.Keep(ctx) }()
	if _, err := w.Slack.Say(sandbox.Ana, sandbox.ChannelContoso, "to be kept"); err != nil {
		t.Fatal(err)
	}
	group, user := w.Graph.Groups()[0].ID, w.Graph.Users()[0].ID
	if !w.Graph.AddMember(group, user) {
		t.Fatal("the membership was there already")
	}
	if err := w.Clock.Advance(48 * time.Hour); err != nil {
		t.Fatal(err)
	}
	end()
	if err := <-kept; err != nil {
		t.Fatal(err)
	}
	w.Close()
	policy := filepath.Join(dir, "policy.yml")
	if err := os.WriteFile(policy, []byte("# changed\n"), 0o600); err != nil {
		t.Fatal(err)
	}

	again := open(t, dir)
	said := again.Slack.Messages(sandbox.Carol, sandbox.ChannelContoso)
	if len(said) != 1 || said[0].Text != "to be kept" {
		t.Errorf("the channel holds %v", said)
	}
	if got := again.Graph.Groups()[0].Members; len(got) != 2 || got[1] != user {
		t.Errorf("the group has the members %v, want %s among them", got, user)
	}
	if ahead := time.Until(again.Clock.Now()); ahead < 47*time.Hour {
		t.Errorf("the clock is %v ahead", ahead)
	}
	if raw, err := os.ReadFile(policy); err != nil || string(raw) != "# changed\n" {
		t.Errorf("the policy is %q, %v", raw, err)
	}
}

// TestKeptWorldThatIsNotWhole is refused, and says what to do.
func TestKeptWorldThatIsNotWhole(t *testing.T) {
	t.Parallel()
	for name, spoil := range map[string]func(dir string) error{
		"Missing": func(dir string) error { return os.Remove(filepath.Join(dir, "slack.json")) },
		"Torn":    func(dir string) error { return os.Truncate(filepath.Join(dir, "microsoft.json"), 20) },
		"Clock": func(dir string) error {
			return os.WriteFile(filepath.Join(dir, "clock.json"), []byte(`{"moves":[{"ahead":7},{"ahead":3}]}`), 0o600)
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			ctx, end := context.WithCancel(t.Context())
			end()
			if err := open(t, dir).Keep(ctx); err != nil {
				t.Fatal(err)
			}
			if err := spoil(dir); err != nil {
				t.Fatal(err)
			}
			if w, err := sandbox.New(sandbox.Options{Dir: dir}); err == nil {
				w.Close()
				t.Error("New took up a world that is not whole")
			}
		})
	}
}

// TestKeepSaysThatItCannot ends with the error when its folder is gone.
func TestKeepSaysThatItCannot(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "world")
	if err := os.Mkdir(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	w := open(t, dir)
	if err := os.RemoveAll(dir); err != nil {
		t.Fatal(err)
	}
	if err := w.Keep(t.Context()); err == nil {
		t.Error("Keep kept a world in a folder that is gone")
	}
}

// TestStrangersAreRefused at every address of the world, whatever name they call
// it by.
func TestStrangersAreRefused(t *testing.T) {
	t.Parallel()
	_, file := newWorld(t)
	f := read(t, file)
	for _, part := range []string{"Slack", "Control"} {
		for host, refused := range map[string]bool{"": false, "localhost": false, "[::1]:80": false, "evil.example": true, "127.0.0.1.evil.example": true, "10.0.0.1": true} {
			req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, f[part].(string)+"/", nil)
			if err != nil {
				t.Fatal(err)
			}
			req.Host = host
			res, err := http.DefaultClient.Do(req)
			if err != nil {
				t.Fatal(err)
			}
			res.Body.Close()
			if got := res.StatusCode == http.StatusMisdirectedRequest; got != refused {
				t.Errorf("%s answers the host %q with %s", part, host, res.Status)
			}
		}
	}
}
