//go:build unix

package main

import (
	"bufio"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
)

// TestReportKilled kills the program while it writes the second of its files. The first is
// there, whole, and of the others nothing is under its own name; the next try writes all.
func TestReportKilled(t *testing.T) {
	t.Parallel()
	path, out := made(t, nil), t.TempDir()
	const name = "latchkey-partner-2026-10"
	part := filepath.Join(out, name+"-access.csv.part")
	must(t, syscall.Mkfifo(part, 0o600)) // whoever writes to it waits until somebody reads, and nobody does
	cmd := exec.CommandContext(t.Context(), "bot", "report", "-partner", "2026-10", "-state", path, "-out", out)
	stdout, err := cmd.StdoutPipe()
	must(t, err)
	must(t, cmd.Start())
	lines := bufio.NewScanner(stdout)
	for lines.Scan() && !strings.HasSuffix(lines.Text(), name+".html") {
	}
	must(t, cmd.Process.Kill())
	_ = cmd.Wait() // it was killed
	page, err := os.ReadFile(filepath.Join(out, name+".html"))
	if left := names(t, out); err != nil || !strings.HasSuffix(strings.TrimSpace(string(page)), "</html>") || !slices.Equal(left, []string{name + "-access.csv.part", name + ".html"}) {
		t.Fatalf("left are %q, and a page of %d bytes: %v", left, len(page), err)
	}
	must(t, os.Remove(part))
	must(t, os.WriteFile(part, []byte("half of it"), 0o600))
	if code, _, stderr := onState(t, path, "report", "-partner", "2026-10", "-out", out); code != exitOK {
		t.Fatalf("the next try gave %d and said %s", code, stderr)
	}
	want := []string{name + "-access.csv", name + "-cases.csv", name + "-course.csv", name + "-standing.csv", name + ".html"}
	if left := names(t, out); !slices.Equal(left, want) {
		t.Errorf("there are %q, want %q", left, want)
	}
}
