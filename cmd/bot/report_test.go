package main

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/sethvargo/go-envconfig"

	"latchkey/internal/evidence/evidencetest"
	"latchkey/internal/state"
	"latchkey/internal/state/boltstore"
)

// TestReportCommand writes reports out of a file, with a policy and without.
func TestReportCommand(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	file := filepath.Join(dir, "state.db")
	s, err := boltstore.Open(file)
	must(t, err)
	past := evidencetest.Past{
		Tenant: "1b7a3f52-0c4e-4d0a-9a51-7f6c2e8d4b10", Name: "Contoso Clinics", Word: "Contoso", Mark: "1",
		Start: time.Date(2026, 10, 2, 6, 0, 0, 0, time.UTC), Every: 15 * time.Hour, Asks: 20,
	}
	must(t, past.Fill(func(fn func(state.Tx) error) error { return s.Update(t.Context(), fn) }))
	must(t, s.Update(t.Context(), func(tx state.Tx) error {
		return state.PutKnown(tx, state.Known{Tenant: past.Tenant, Name: past.Name, Domain: "contoso.com"})
	}))
	must(t, s.Close())
	for _, row := range []struct {
		args  []string
		code  int
		says  string // as a pattern
		files int
	}{
		{[]string{"-policy", "../../policy.example.yml", "contoso", "2026-10"}, exitOK, `Contoso Clinics, 2026-10: 17 times of access, 2 requests without`, 3},
		{[]string{"contoso.com", "2026-Q4"}, exitOK, `Contoso Clinics, 2026-Q4: 17 times`, 3},
		{[]string{"-language", "fr", "-zone", "Europe/Paris", string(past.Tenant), "2026"}, exitOK, `2026: 17`, 3},
		{[]string{"fabrikam", "2026-10"}, exitFailed, `fabrikam is no customer that the state knows`, 0},
		{[]string{"contoso.com", "october"}, exitUsage, `october is no time`, 0},
		{[]string{"contoso.com", "2099"}, exitUsage, `2099 has not begun yet`, 0},
		{[]string{"-language", "tlh", "contoso.com", "2026-10"}, exitUsage, `none of the languages`, 0},
		{[]string{"-zone", "Mars", "contoso.com", "2026-10"}, exitUsage, `Mars is no time zone`, 0},
		{[]string{}, exitUsage, `usage: bot report`, 0},
		{[]string{"contoso.com", "2026-10", "-language", "fr"}, exitOK, `2026-10: 17`, 3},
		{[]string{"-state", filepath.Join(dir, "none.db"), "contoso.com"}, exitFailed, `there is no state at`, 0},
		{[]string{"-partner", "2026-10"}, exitOK, `All customers, 2026-10: 17 times of access, 19 requests, 1 request denied, 0 requests waiting\.\n.*name it with -policy`, 5},
		{[]string{"--partner", "2026-10", "-policy", "../../policy.example.yml"}, exitOK, `All customers, 2026-10: 17 times`, 5},
		{[]string{"-partner", "-zone", "Europe/Paris"}, exitOK, `All customers, \d{4}-\d\d: `, 5},
		{[]string{"-partner", "october"}, exitUsage, `october is no time; write 2026-10`, 0},
		{[]string{"-partner", "2099"}, exitUsage, `2099 has not begun yet`, 0},
		{[]string{"-partner", "contoso", "2026-10"}, exitUsage, `of all customers: say only of which time`, 0},
		{[]string{"-partner", "-language", "de"}, exitUsage, `is in English`, 0},
		{[]string{"-partner", "-wide"}, exitUsage, `not defined: -wide`, 0},
		{[]string{"-partner", "-policy", "none.yml"}, exitFailed, `none.yml`, 0},
		{[]string{"-partner", "-zone", "Mars"}, exitUsage, `Mars is no time zone`, 0},
	} {
		out := filepath.Join(t.TempDir())
		args := append([]string{"report", "-out", out}, row.args...)
		if len(row.args) == 0 || row.args[0] != "-state" {
			args = append([]string{"report", "-out", out, "-state", file}, row.args...)
		}
		var stdout, stderr bytes.Buffer
		code := run(context.Background(), args, envconfig.MapLookuper(map[string]string{"STATE_URL": "bolt:///none.db"}), &stdout, &stderr)
		said := stdout.String() + stderr.String()
		found, err := os.ReadDir(out)
		must(t, err)
		if code != row.code || !regexp.MustCompile(row.says).MatchString(said) || len(found) != row.files {
			t.Errorf("%q gave %d and %d files, and said:\n%s", row.args, code, len(found), said)
		}
		if row.files > 0 && strings.Count(said, out) != row.files {
			t.Errorf("%q does not name its files:\n%s", row.args, said)
		}
	}

	// A record that somebody has rewritten fails the command, and the report is there.
	s, err = boltstore.Open(file)
	must(t, err)
	must(t, s.Update(t.Context(), func(tx state.Tx) error {
		r, err := state.Request(tx, past.ID(0))
		r.Decisions[0].SignedIn = !r.Decisions[0].SignedIn
		return errors.Join(err, state.PutRequest(tx, r))
	}))
	must(t, s.Close())
	out := t.TempDir()
	var stdout, stderr bytes.Buffer
	code := run(context.Background(), []string{"report", "-out", out, "-state", file, "contoso.com", "2026-10"}, envconfig.MapLookuper(map[string]string{"STATE_URL": "bolt:///none.db"}), &stdout, &stderr)
	if found, err := os.ReadDir(out); err != nil || code != exitFailed || len(found) != 3 || !strings.Contains(stderr.String(), "0 texts and 1 record are not what the log was told") {
		t.Errorf("of a state that was altered it gave %d and %d files, and said:\n%s%s", code, len(found), &stdout, &stderr)
	}
}

// TestReportNowhere holds that what cannot be written says what to do, and leaves nothing.
func TestReportNowhere(t *testing.T) {
	t.Parallel()
	path, out := made(t, nil), t.TempDir()
	first := filepath.Join(out, "latchkey-partner-2026-10.html")
	must(t, os.Mkdir(first, 0o700)) // where the file should be
	for dir, says := range map[string]string{filepath.Join(out, "none"): "no such file", out: "file exists"} {
		code, _, stderr := onState(t, path, "report", "-partner", "2026-10", "-out", dir)
		if code != exitFailed || !strings.Contains(stderr, says) || !strings.Contains(stderr, "-out") {
			t.Errorf("it gave %d and said %s", code, stderr)
		}
	}
	if left := names(t, out); len(left) != 1 {
		t.Errorf("left are %q", left)
	}
}
