package latchkey_test

import (
	"flag"
	"os"
	"strings"
	"testing"

	"latchkey/internal/commands"
	"latchkey/internal/config"
)

var update = flag.Bool("update", false, "write the generated tables into README.md")

// TestReadmeTables keeps the README's tables what the code says.
func TestReadmeTables(t *testing.T) {
	raw, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	got := string(raw)
	want := between(t, got, "settings", settingsTable())
	want = between(t, want, "commands", commandsTable())
	if got == want {
		return
	}
	if !*update {
		t.Fatal("the README's tables are out of date: go test . -update")
	}
	if err := os.WriteFile("README.md", []byte(want), 0o644); err != nil {
		t.Fatal(err)
	}
}

func between(t *testing.T, text, name, table string) string {
	t.Helper()
	open, closing := "<!-- "+name+" -->\n", "<!-- /"+name+" -->"
	before, rest, ok1 := strings.Cut(text, open)
	_, after, ok2 := strings.Cut(rest, closing)
	if !ok1 || !ok2 {
		t.Fatalf("README.md has lost the marks of %s", name)
	}
	return before + open + table + closing + after
}

func settingsTable() string {
	var b strings.Builder
	b.WriteString("| setting | default | required | what |\n|---|---|---|---|\n")
	for _, s := range config.Settings() {
		what := s.What
		if s.Secret {
			what += " Or a file: " + s.Name + "_FILE."
		}
		b.WriteString("| " + s.Name + " | " + s.Default + " | " + s.Required + " | " + what + " |\n")
	}
	return b.String()
}

func commandsTable() string {
	var b strings.Builder
	b.WriteString("| command | what | who |\n|---|---|---|\n")
	for _, c := range commands.Commands() {
		b.WriteString("| `/access " + strings.ReplaceAll(c.Usage, "|", "\\|") + "` | " + c.Short + " | " + c.Who + " |\n")
	}
	return b.String()
}
