package main

import (
	"os"
	"path/filepath"
	"regexp"
	"syscall"

	"github.com/rogpeppe/go-internal/testscript"
)

// policyVerbs are the verbs of stories about policy.yml:
//
//	writes rules '[{…}]'     the file has this under the key, in place of what it had; the bot
//	                         goes on
//	speaks contoso de        the file says that the customer is written to in the language
//	hangs                    whoever runs the bot sends it a SIGHUP
func policyVerbs() map[string]func(*testscript.TestScript, bool, []string) {
	return map[string]func(*testscript.TestScript, bool, []string){"writes": cmdWrites, "speaks": cmdSpeaks, "hangs": cmdHangs}
}

func cmdWrites(ts *testscript.TestScript, _ bool, args []string) {
	need(ts, args, 2, "writes key yaml")
	path := filepath.Join(on(ts).dir, "policy.yml")
	raw, err := os.ReadFile(path)
	ts.Check(err)
	old := regexp.MustCompile(`(?m)^` + regexp.QuoteMeta(args[0]) + `:.*\n`)
	text := args[0] + ": " + args[1] + "\n" + old.ReplaceAllString(string(raw), "")
	if args[1] == "" {
		text = old.ReplaceAllString(string(raw), "")
	}
	ts.Check(os.WriteFile(path+".new", []byte(text), 0o600))
	ts.Check(os.Rename(path+".new", path))
}

func cmdSpeaks(ts *testscript.TestScript, _ bool, args []string) {
	need(ts, args, 2, "speaks customer language")
	path := filepath.Join(on(ts).dir, "policy.yml")
	raw, err := os.ReadFile(path)
	ts.Check(err)
	name := regexp.MustCompile(`(?mi)^( +)- name: ` + regexp.QuoteMeta(args[0]) + `\n`)
	if !name.Match(raw) {
		ts.Fatalf("policy.yml has no customer %s", args[0])
	}
	text := name.ReplaceAllString(string(raw), "${0}${1}  language: "+args[1]+"\n")
	ts.Check(os.WriteFile(path+".new", []byte(text), 0o600))
	ts.Check(os.Rename(path+".new", path))
}

func cmdHangs(ts *testscript.TestScript, _ bool, _ []string) {
	s := on(ts)
	s.mu.Lock()
	defer s.mu.Unlock()
	ts.Check(s.bot.Process.Signal(syscall.SIGHUP))
}
