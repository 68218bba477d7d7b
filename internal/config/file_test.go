package config_test

import (
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/sethvargo/go-envconfig"

	"latchkey/internal/config"
)

func TestFromFile(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "latchkey.env")
	write := func(text string) {
		t.Helper()
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	env := envconfig.MapLookuper(map[string]string{"LISTEN_ADDR": ":1", "LOG_FORMAT": " "})
	write("# a comment\n\nLOG_LEVEL=debug\n LISTEN_ADDR=:2 \r\nLOG_FORMAT=text\nSLACK_BOT_TOKEN_FILE=/x=y\n")
	look, err := config.FromFile(file, env)
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]string{"LOG_LEVEL": "debug", "LISTEN_ADDR": ":1", "LOG_FORMAT": "text", "SLACK_BOT_TOKEN_FILE": "/x=y", "MAIL_FROM": ""} {
		if got, ok := look.Lookup(name); got != want || ok != (want != "") {
			t.Errorf("%s is %q, %t; want %q", name, got, ok, want)
		}
	}

	for _, row := range []struct{ name, text, want string }{
		{"NoSetting", "LOG_LEVL=debug\n", "line 1: names no setting"},
		{"FileOfWhatIsNoSecret", "LOG_LEVEL_FILE=/x\n", "line 1: names no setting"},
		{"OfOpenTelemetry", "OTEL_EXPORTER_OTLP_HEADERS=planted\n", "OTEL_EXPORTER_OTLP_HEADERS: is read by OpenTelemetry itself"},
		{"TornSecret", "SLACK_BOT_TOKEN=xoxb-1\nplanted=\n", "line 2: names no setting"},
		{"NoValue", "#\nplanted\n", "line 2: is not NAME=value."},
		{"Exported", "export LOG_LEVEL=debug\n", "line 1: names no setting"},
		{"Twice", "LOG_LEVEL=info\nLOG_LEVEL=planted\n", "LOG_LEVEL: is set twice"},
		{"Quoted", "MAIL_FROM=\"planted\"\n", "MAIL_FROM: has quotes"},
		{"Large", strings.Repeat("# x\n", 100000), file + ": is no file of settings."},
	} {
		write(row.text)
		_, err := config.FromFile(file, env)
		if err == nil || !strings.Contains(err.Error(), row.want) || strings.Contains(err.Error(), "planted") {
			t.Errorf("%s: the error is %v, want %q", row.name, err, row.want)
		}
	}
	if _, err := config.FromFile(file+"x", env); err == nil || !strings.Contains(err.Error(), "cannot be read: no such file") {
		t.Errorf("without a file the error is %v", err)
	}
}

func TestChanges(t *testing.T) {
	t.Parallel()
	a := config.Config{LogLevel: slog.LevelInfo, ListenAddr: ":8080", SlackBotToken: config.NewSecret("xoxb-1"), EntraClientSecret: config.NewSecret("s")}
	b := a
	b.EntraClientSecret = config.NewSecret("s") // another one that holds the same
	if atOnce, restart := config.Changes(a, b); atOnce != nil || restart != nil {
		t.Errorf("of what is the same, %v and %v differ", atOnce, restart)
	}
	b.LogLevel, b.ListenAddr, b.SlackBotToken = slog.LevelDebug, ":1", config.NewSecret("xoxb-2")
	atOnce, restart := config.Changes(a, b)
	if !slices.Equal(atOnce, []string{"LOG_LEVEL"}) || !slices.Equal(restart, []string{"LISTEN_ADDR", "SLACK_BOT_TOKEN"}) {
		t.Errorf("%v at once, %v at a restart", atOnce, restart)
	}
}
