package config_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/sethvargo/go-envconfig"

	"latchkey/internal/config"
)

// TestSecretFileChanges has a secret be replaced while the bot runs, in the ways in which
// people and platforms do that.
func TestSecretFileChanges(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	path := filepath.Join(dir, "token")
	write := func(text string) {
		t.Helper()
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write("xoxb-1\n")
	c, err := config.Load(t.Context(), envconfig.MapLookuper(with("SLACK_BOT_TOKEN", "", "SLACK_BOT_TOKEN_FILE", path)))
	if err != nil {
		t.Fatal(err)
	}
	other := c // copies go on together
	holds := func(what, want string) {
		t.Helper()
		for _, c := range []config.Config{c, other} {
			if got := c.SlackBotToken.Reveal(); got != want {
				t.Errorf("%s: the token is %q, want %q", what, got, want)
			}
		}
	}
	holds("at the start", "xoxb-1")
	write("xoxb-22\n")
	holds("written over", "xoxb-22")
	write("")
	holds("half written", "xoxb-22")
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	holds("gone", "xoxb-22")
	next := filepath.Join(dir, "next")
	if err := os.WriteFile(next, []byte("xoxb-33"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(next, path); err != nil {
		t.Fatal(err)
	}
	holds("another file in its place", "xoxb-33")
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(next, []byte("xoxb-44"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(next, path); err != nil {
		t.Fatal(err)
	}
	holds("a link, as Kubernetes makes them", "xoxb-44")
}
