package main

import (
	"os"
	"path/filepath"
	"regexp"

	"github.com/rogpeppe/go-internal/testscript"
)

// archiveVerbs are the verbs of stories about what is kept of what is deleted:
//
//	archives 'pattern'    wait until a line of an archive matches; "! archives": none does now
//	archives lost|found   the directory is gone, as a disk that is not mounted; it is back
//	archives fit          they are compared with the log of the bot, which was halted
func archiveVerbs() map[string]func(*testscript.TestScript, bool, []string) {
	return map[string]func(*testscript.TestScript, bool, []string){"archives": cmdArchives}
}

func cmdArchives(ts *testscript.TestScript, neg bool, args []string) {
	need(ts, args, 1, "archives pattern|lost|found|fit")
	s := on(ts)
	dir := filepath.Join(s.dir, "archive")
	files := func() []string {
		all, err := filepath.Glob(filepath.Join(dir, "*.jsonl"))
		ts.Check(err)
		return all
	}
	switch args[0] {
	case "lost":
		ts.Check(os.Rename(dir, dir+".lost"))
		return
	case "found":
		ts.Check(os.Rename(dir+".lost", dir))
		return
	case "fit":
		outcome(ts, neg, s.bots(ts, s.state.StateURL, append([]string{"state", "archive"}, files()...)...))
		return
	}
	pattern := regexp.MustCompile("(?m)" + args[0])
	has := func() bool {
		for _, file := range files() {
			raw, err := os.ReadFile(file)
			ts.Check(err)
			if pattern.Match(raw) {
				return true
			}
		}
		return false
	}
	if neg {
		if has() {
			ts.Fatalf("a line of an archive matches %s", args[0])
		}
		return
	}
	ts.Check(s.wait("an archive to have "+args[0], has))
}
