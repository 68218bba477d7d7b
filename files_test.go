package latchkey_test

import (
	"bytes"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"latchkey/internal/access"
)

// files reads every file of the repository that people read and write.
func files(t *testing.T) map[string]string {
	t.Helper()
	all := map[string]string{}
	err := filepath.WalkDir(".", func(path string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir() && (d.Name() == ".git" || d.Name() == ".cache" || d.Name() == "node_modules"):
			return filepath.SkipDir
		case !d.Type().IsRegular() || filepath.Ext(path) == ".png" || path == ".git": // of a work tree: where the rest is
			return nil
		}
		raw, err := os.ReadFile(path)
		if err == nil && !bytes.ContainsRune(raw, 0) { // not a binary that somebody built here
			all[filepath.ToSlash(path)] = string(raw)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// TestFilesStaySmall holds every file to one idea's worth of lines.
func TestFilesStaySmall(t *testing.T) {
	for path, text := range files(t) {
		if n := strings.Count(text, "\n"); n > 600 && strings.HasSuffix(path, ".go") {
			t.Errorf("%s has %d lines: it is two ideas in one", path, n)
		}
	}
}

// foreign is what a product does not say of itself: promises in place of code,
// and places of the machines that it was built on.
var foreign = regexp.MustCompile(`\b(TO` + `DO|FIX` + `ME)\b|/(work|home|root)/|proxy\.golang\.org|sum\.golang\.org|registry\.npmjs`)

func TestNothingForeignIsWritten(t *testing.T) {
	for path, text := range files(t) {
		if path == "go.sum" || strings.HasSuffix(path, ".schema.json") || strings.HasPrefix(path, "testdata/slack-") {
			continue
		}
		for i, line := range strings.Split(text, "\n") {
			if word := foreign.FindString(line); word != "" && path != "files_test.go" {
				t.Errorf("%s:%d says %q", path, i+1, word)
			}
		}
	}
}

var (
	fuzzTarget = regexp.MustCompile(`(?m)^func (Fuzz\w+)\(`)
	fuzzListed = regexp.MustCompile(`\./[\w/]+:Fuzz\w+`)
	alarm      = regexp.MustCompile(`\.(?:Warn|Error)Context\(\w+, "([^"]+)"`)
)

// TestEveryFuzzTargetIsRun keeps the Makefile's list whole, and what is committed for the
// targets small.
func TestEveryFuzzTargetIsRun(t *testing.T) {
	all := files(t)
	var have []string
	corpora := 0
	for path, text := range all {
		for _, m := range fuzzTarget.FindAllStringSubmatch(text, -1) {
			have = append(have, "./"+filepath.ToSlash(filepath.Dir(path))+":"+m[1])
		}
		if strings.Contains(path, "/testdata/fuzz/") {
			corpora += len(text)
		}
	}
	listed := fuzzListed.FindAllString(all["Makefile"], -1)
	slices.Sort(have)
	slices.Sort(listed)
	if !slices.Equal(have, listed) {
		t.Errorf("the Makefile fuzzes\n%s\nthere are\n%s", strings.Join(listed, "\n"), strings.Join(have, "\n"))
	}
	if corpora > 500<<10 {
		t.Errorf("the corpora have %d bytes, want at most %d", corpora, 500<<10)
	}
}

// TestRunbookKnowsEveryAlarm has the runbook say what to do about each line that
// the log holds at the level of a warning or above.
func TestRunbookKnowsEveryAlarm(t *testing.T) {
	all := files(t)
	alarms := 0
	for path, text := range all {
		if !strings.HasPrefix(path, "internal/") || strings.HasSuffix(path, "_test.go") {
			continue
		}
		for _, m := range alarm.FindAllStringSubmatch(text, -1) {
			alarms++
			if !strings.Contains(all["docs/runbook.md"], "`"+m[1]+"`") {
				t.Errorf("docs/runbook.md does not speak of %q, which %s logs", m[1], path)
			}
		}
	}
	if alarms == 0 {
		t.Fatal("no alarm was found: the test looks in the wrong place")
	}
}

// TestDecisionsAreNumbered gives no two decisions one number, by which they are spoken of.
func TestDecisionsAreNumbered(t *testing.T) {
	had := map[string]string{}
	for path := range files(t) {
		name, ok := strings.CutPrefix(path, "docs/decisions/")
		if !ok {
			continue
		}
		number, _, _ := strings.Cut(name, "-")
		if other := had[number]; other != "" {
			t.Errorf("%s and %s have one number", name, other)
		}
		had[number] = name
	}
	if len(had) == 0 {
		t.Fatal("no decision was found: the test looks in the wrong place")
	}
}

// TestSecurityPage has docs/security.md name no test or story that there is not, and at
// least one in each row of what limits something.
func TestSecurityPage(t *testing.T) {
	all := files(t)
	page := all["docs/security.md"]
	names := regexp.MustCompile("`(Test[A-Z]\\w+)(?:/(\\w+))?`|`(\\w+\\.txtar)`")
	for _, m := range names.FindAllStringSubmatch(page, -1) {
		if _, ok := all["cmd/bot/testdata/stories/"+m[3]]; m[3] != "" && !ok {
			t.Errorf("docs/security.md names the story %s, which does not exist", m[3])
		}
		if m[1] != "" && !tested(all, m[1], m[2]) {
			t.Errorf("docs/security.md names %s, which does not exist", m[0])
		}
	}
	rows := regexp.MustCompile(`(?m)^\| \*\*.*$`).FindAllString(page, -1)
	for _, row := range rows {
		if !names.MatchString(row) {
			t.Errorf("nothing shows what limits this: %s", row)
		}
	}
	if len(rows) < 20 {
		t.Errorf("docs/security.md has %d rows: this test looks in the wrong place", len(rows))
	}
}

// tested reports whether there is the test, and the row of it where one is named.
func tested(all map[string]string, name, row string) bool {
	for path, text := range all {
		if !strings.HasSuffix(path, "_test.go") || !strings.Contains(text, "func "+name+"(") {
			continue
		}
		for other, text := range all {
			if filepath.Dir(other) == filepath.Dir(path) && strings.HasSuffix(other, "_test.go") && strings.Contains(text, `"`+row+`"`) || row == "" {
				return true
			}
		}
	}
	return false
}

// TestAlertsPage has docs/alerts.md speak of every kind of change, and of no test or
// story that there is not.
func TestAlertsPage(t *testing.T) {
	all := files(t)
	page := all["docs/alerts.md"]
	for _, kind := range access.ChangeKinds() {
		if !strings.Contains(page, "`"+string(kind)+"`") {
			t.Errorf("docs/alerts.md does not speak of %q", kind)
		}
	}
	tests := regexp.MustCompile(`\bTest[A-Z]\w+`).FindAllString(page, -1)
	for _, name := range tests {
		if !slices.ContainsFunc(slices.Collect(maps.Keys(all)), func(path string) bool {
			return strings.HasSuffix(path, "_test.go") && strings.Contains(all[path], "func "+name+"(")
		}) {
			t.Errorf("docs/alerts.md names %s, which does not exist", name)
		}
	}
	stories := regexp.MustCompile(`\b(?:alert_\w+|notified\w*)\b`).FindAllString(page, -1)
	for _, name := range stories {
		if _, ok := all["cmd/bot/testdata/stories/"+name+".txtar"]; !ok {
			t.Errorf("docs/alerts.md names the story %s, which does not exist", name)
		}
	}
	if len(tests) < 10 || len(stories) < 10 {
		t.Error("docs/alerts.md names hardly any test: this one looks in the wrong place")
	}
}
