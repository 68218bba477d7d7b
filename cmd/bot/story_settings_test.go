package main

import (
	"regexp"

	"github.com/rogpeppe/go-internal/testscript"
)

// settingVerbs are the verbs of stories about settings; story_seal_test.go has "sets":
//
//	logs 'pattern'            wait until the log has it; "! logs": it has not now
func settingVerbs() map[string]func(*testscript.TestScript, bool, []string) {
	return map[string]func(*testscript.TestScript, bool, []string){"logs": cmdLogs}
}

func cmdLogs(ts *testscript.TestScript, neg bool, args []string) {
	need(ts, args, 1, "logs pattern")
	s, pattern := on(ts), regexp.MustCompile(args[0])
	has := func() bool { return pattern.MatchString(s.log.String()) }
	if neg {
		if has() {
			ts.Fatalf("the log has %s", args[0])
		}
		return
	}
	if err := s.wait("the log to have "+args[0], has); err != nil {
		ts.Fatalf("%v:\n%s", err, s.log.String())
	}
}
