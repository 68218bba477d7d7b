package main

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"strings"

	"github.com/rogpeppe/go-internal/testscript"
)

// sealVerbs are the verbs of stories about what is kept of people:
//
//	sets STATE_KEY=…         the bot has this setting from its next start on
//	refuses 'pattern'        the bot does not start, and says so
//	written 'text' …         the file with the state shows each; "! written": none of them
func sealVerbs() map[string]func(*testscript.TestScript, bool, []string) {
	return map[string]func(*testscript.TestScript, bool, []string){"sets": cmdSets, "refuses": cmdRefuses, "written": cmdWritten}
}

func cmdSets(ts *testscript.TestScript, _ bool, args []string) {
	need(ts, args, 1, "sets NAME=value …")
	path := filepath.Join(on(ts).dir, "world.json")
	raw, err := os.ReadFile(path)
	ts.Check(err)
	var world map[string]any
	ts.Check(json.Unmarshal(raw, &world))
	for _, a := range args {
		name, value, _ := strings.Cut(a, "=")
		world["Env"].(map[string]any)[name] = value
	}
	raw, err = json.Marshal(world)
	ts.Check(err)
	ts.Check(os.WriteFile(path, raw, 0o600))
}

func cmdRefuses(ts *testscript.TestScript, _ bool, args []string) {
	need(ts, args, 1, "refuses pattern")
	s := on(ts)
	before := len(s.log.String())
	if err := s.start(); err == nil {
		ts.Fatalf("the bot has started")
	}
	if said := s.log.String()[before:]; !regexp.MustCompile(args[0]).MatchString(said) {
		ts.Fatalf("the bot says: %s", said)
	}
}

func cmdWritten(ts *testscript.TestScript, neg bool, args []string) {
	need(ts, args, 1, "written text …")
	raw, err := os.ReadFile(filepath.Join(on(ts).dir, "latchkey.db"))
	ts.Check(err)
	for _, text := range args {
		if bytes.Contains(raw, []byte(text)) == neg {
			ts.Fatalf("%q is in the file: %v", text, neg)
		}
	}
}
