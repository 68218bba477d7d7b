package config_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"latchkey/internal/config"
)

func TestSecretShowsNothing(t *testing.T) {
	const planted = "xoxb-planted"
	s := config.NewSecret(planted)
	c := config.Config{SlackBotToken: s}
	hidden := struct{ s config.Secret }{s} // fmt cannot call methods on it

	var out bytes.Buffer
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%X", "%d", "%p", "%T"} {
		for _, v := range []any{s, &s, c, &c, hidden, &hidden, []config.Secret{s}, map[string]any{"k": s}} {
			fmt.Fprintf(&out, verb+"\n", v)
		}
	}
	for _, h := range []slog.Handler{slog.NewJSONHandler(&out, nil), slog.NewTextHandler(&out, nil)} {
		slog.New(h).InfoContext(t.Context(), "start", "secret", s, "config", c, "hidden", hidden)
	}
	if err := json.NewEncoder(&out).Encode(map[string]any{"secret": s, "config": c, "hidden": hidden}); err != nil {
		t.Fatal(err)
	}
	text, err := s.MarshalText()
	if err != nil {
		t.Fatal(err)
	}
	out.Write(text)

	for _, form := range []string{planted, fmt.Sprintf("%x", planted), fmt.Sprintf("%X", planted)} {
		if strings.Contains(out.String(), form) {
			t.Errorf("a printed form holds the secret: %s", out.String())
		}
	}
	if !strings.Contains(out.String(), "[redacted]") || s.String() != "[redacted]" || s.GoString() != "[redacted]" {
		t.Errorf("String() = %q, GoString() = %q, want [redacted]", s.String(), s.GoString())
	}
}

func TestSecretReveal(t *testing.T) {
	if s := config.NewSecret("x"); s.Reveal() != "x" || !s.IsSet() {
		t.Errorf("Reveal() = %q, IsSet() = %v", s.Reveal(), s.IsSet())
	}
	var zero config.Secret
	if zero.Reveal() != "" || zero.IsSet() || config.NewSecret("").IsSet() {
		t.Error("an empty secret counts as set")
	}
}
