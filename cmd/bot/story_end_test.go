package main

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"testing"
)

// standard are the commands that testscript has itself. It asks for ours only when there is
// none of its own: a verb of ours by such a name would never run, and "stop" would end the
// story there, as if it had passed.
var standard = []string{
	"cd", "chmod", "cmp", "cmpenv", "cp", "env", "exec", "exists", "grep", "kill", "mkdir", "mv", "rm", "skip", "stderr", "stdin", "stdout",
	"stop", "symlink", "ttyin", "ttyout", "unix2dos", "unquote", "wait",
}

// TestStoriesRunToTheirEnd holds that no verb is hidden, and that no story ends itself.
func TestStoriesRunToTheirEnd(t *testing.T) {
	t.Parallel()
	for name := range stories().Cmds {
		if slices.Contains(standard, name) {
			t.Errorf("the verb %s is a command of testscript", name)
		}
	}
	files, err := filepath.Glob("testdata/*/*.txtar")
	must(t, err)
	ends := regexp.MustCompile(`(?m)^(stop|skip)\b`)
	for _, file := range files {
		raw, err := os.ReadFile(file)
		must(t, err)
		if ends.Match(raw) {
			t.Errorf("%s ends before its end: to end the bot say halt", file)
		}
	}
}
