package telemetry_test

import (
	"flag"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"latchkey/internal/telemetry"
)

var update = flag.Bool("update", false, "write the table of metrics into docs/operations.md")

func text(t *testing.T, path string) string {
	t.Helper()
	raw, err := os.ReadFile("../../" + path)
	if err != nil {
		t.Fatal(err)
	}
	return string(raw)
}

var (
	metricName = regexp.MustCompile(`\b(?:latchkey|process)_[a-z_]+`)
	alertName  = regexp.MustCompile(`(?m)^ +- alert: (\w+)$`)
	histogram  = regexp.MustCompile(`_(?:bucket|count|sum)$`)
)

// TestEveryMetricIsUsed holds that no metric is without an alert or a panel, and that
// neither asks for one that there is not. The engine of Prometheus itself looks at the
// queries in test/prometheus.
func TestEveryMetricIsUsed(t *testing.T) {
	t.Parallel()
	known := telemetry.New("test").Names()
	if !slices.Contains(known, "process_open_fds") {
		t.Errorf("what the process tells is not among %v", known)
	}
	used := map[string]bool{}
	for _, path := range []string{"deploy/prometheus/rules.yml", "deploy/grafana/latchkey.json"} {
		for _, name := range metricName.FindAllString(text(t, path), -1) {
			if !slices.Contains(known, name) {
				name = histogram.ReplaceAllString(name, "")
			}
			if used[name] = true; !slices.Contains(known, name) {
				t.Errorf("%s asks for %s, which there is not", path, name)
			}
		}
	}
	for _, name := range known {
		if !used[name] {
			t.Errorf("%s is in no alert and no panel", name)
		}
	}
}

// TestEveryAlertIsInTheRunbook holds that whoever is woken finds what to do.
func TestEveryAlertIsInTheRunbook(t *testing.T) {
	t.Parallel()
	runbook := text(t, "docs/runbook.md")
	alerts := alertName.FindAllStringSubmatch(text(t, "deploy/prometheus/rules.yml"), -1)
	if len(alerts) < 10 {
		t.Fatalf("%d alerts were found", len(alerts))
	}
	for _, m := range alerts {
		if !strings.Contains(runbook, "\n### `"+m[1]+"`\n") {
			t.Errorf("docs/runbook.md has no section for %s", m[1])
		}
	}
}

// TestMetricsTable keeps the table of docs/operations.md what the registry says.
func TestMetricsTable(t *testing.T) {
	t.Parallel()
	const open, end = "<!-- metrics -->\n", "<!-- /metrics -->"
	page := text(t, "docs/operations.md")
	before, rest, ok1 := strings.Cut(page, open)
	_, after, ok2 := strings.Cut(rest, end)
	if !ok1 || !ok2 {
		t.Fatal("docs/operations.md has lost its marks")
	}
	var b strings.Builder
	b.WriteString("| metric | kind | labels | what |\n|---|---|---|---|\n")
	for _, d := range telemetry.New("test").Definitions() {
		b.WriteString("| `" + d.Name + "` | " + d.Kind + " | " + strings.Join(d.Labels, ", ") + " | " + d.Help + " |\n")
	}
	want := before + open + b.String() + end + after
	if page == want {
		return
	}
	if !*update {
		t.Fatal("the table of metrics is out of date: go test ./internal/telemetry -update")
	}
	if err := os.WriteFile("../../docs/operations.md", []byte(want), 0o644); err != nil {
		t.Fatal(err)
	}
}
