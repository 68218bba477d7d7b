package deploy_test

import (
	"context"
	"encoding/base64"
	"maps"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/sethvargo/go-envconfig"

	"latchkey/internal/config"
)

// exposure is the most that systemd may find exposed of the unit, of 100. What is left
// is the network, and that the host's files can be read.
const exposure = "12"

// TestUnit has systemd itself read the unit, and holds what it says to what the bot does.
func TestUnit(t *testing.T) {
	unit := read(t, "systemd/latchkey.service")
	// systemd wants to find what it is to start.
	here := strings.ReplaceAll(unit, "/usr/local/bin/bot", "/bin/true")
	file := filepath.Join(t.TempDir(), "latchkey.service")
	if err := os.WriteFile(file, []byte(here), 0o600); err != nil {
		t.Fatal(err)
	}
	if said := runs(t, "", "systemd-analyze", "verify", "--man=no", file); said != "" {
		t.Error(said) // it passes over what it does not know, and says so
	}
	runs(t, "", "systemd-analyze", "security", "--offline=true", "--no-pager", "--threshold="+exposure, file)

	u := directives(t, unit)
	for key, want := range map[string]string{
		"ExecStart":             "/usr/local/bin/bot serve -settings /etc/latchkey/latchkey.env",
		"ExecReload":            "/bin/kill -HUP $MAINPID",
		"Restart":               "always",
		"StartLimitIntervalSec": "0", // or systemd gives up, and access does not end
		// What cmd/bot ends with where nothing was started: wrong settings.
		"RestartPreventExitStatus": "2",
		"StateDirectory":           path.Base(path.Dir(stateFile(t, standard(t, "STATE_URL")))),
	} {
		if u[key] != want {
			t.Errorf("%s is %q, want %q", key, u[key], want)
		}
	}
	if d, err := time.ParseDuration(u["TimeoutStopSec"]); err != nil || d <= stopsWithin {
		t.Errorf("systemd kills the bot after %s, %v; it stops within %s", d, err, stopsWithin)
	}
}

// stopsWithin is how long the bot takes to stop, at most.
const stopsWithin = 10 * time.Second

// TestUser has systemd make the user of the unit, on paper.
func TestUser(t *testing.T) {
	text := read(t, "systemd/latchkey.sysusers")
	runs(t, text, "systemd-sysusers", "--dry-run", "--root="+t.TempDir(), "-")
	user := directives(t, read(t, "systemd/latchkey.service"))["User"]
	if !strings.Contains(text, "\nu "+user+" ") {
		t.Errorf("nobody makes the user %q", user)
	}
}

// planted is what stands in the files of secrets.
var planted = map[string]string{
	"SLACK_BOT_TOKEN_FILE":      "xoxb-planted",
	"SLACK_SIGNING_SECRET_FILE": "0123456789abcdef0123456789abcdef",
	"STATE_KEY_FILE":            base64.StdEncoding.EncodeToString(make([]byte, 32)),
}

// TestEnvironment starts from the settings as they are delivered, filled in where only
// the reader knows, and wants them complete.
func TestEnvironment(t *testing.T) {
	env := values(t, read(t, "systemd/latchkey.env"))
	if _, err := config.FromFile(filepath.Join(folder, "systemd/latchkey.env"), envconfig.MapLookuper(nil)); err != nil {
		t.Error(err)
	}
	dir := t.TempDir()
	for name, value := range env {
		known(t, name)
		switch {
		case strings.HasPrefix(value, "/etc/latchkey/"):
			file := filepath.Join(dir, path.Base(value))
			if err := os.WriteFile(file, []byte(planted[name]), 0o600); err != nil {
				t.Fatal(err)
			}
			env[name] = file
		case value == "":
			env[name] = "1b7a3f52-0c4e-4d0a-9a51-7f6c2e8d4b10"
		}
	}
	c, err := config.Load(t.Context(), envconfig.MapLookuper(env))
	if err != nil {
		t.Fatalf("the settings are not complete: %v", err)
	}
	if at, err := c.StatePath(); err != nil || at != stateFile(t, standard(t, "STATE_URL")) {
		t.Errorf("the state is in %s, %v: not where the unit lets the bot write", at, err)
	}
}

// TestEnvironmentNamesWhatIsMissing has the delivered settings, as they are, refused with
// the names of what only the reader knows.
func TestEnvironmentNamesWhatIsMissing(t *testing.T) {
	env := values(t, read(t, "systemd/latchkey.env"))
	_, err := config.Load(context.Background(), envconfig.MapLookuper(env))
	if err == nil {
		t.Fatal("settings with nothing filled in are complete")
	}
	for _, name := range slices.Sorted(maps.Keys(env)) {
		if env[name] == "" && !strings.Contains(err.Error(), name) {
			t.Errorf("%s is empty, and nothing is said of it: %v", name, err)
		}
	}
}

var directive = regexp.MustCompile(`(?m)^(\w+)=(.*)$`)

// directives are the last values of a unit's directives.
func directives(t *testing.T, unit string) map[string]string {
	t.Helper()
	out := map[string]string{}
	for _, m := range directive.FindAllStringSubmatch(unit, -1) {
		out[m[1]] = m[2]
	}
	return out
}

func stateFile(t *testing.T, url string) string {
	t.Helper()
	file, ok := strings.CutPrefix(url, "bolt://")
	if !ok {
		t.Fatalf("%s is not of a file", url)
	}
	return file
}
