package main

import (
	"bytes"
	"context"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"

	"github.com/rogpeppe/go-internal/testscript"

	"latchkey/internal/state"
)

// sealVerbs are the verbs of stories about what is kept of people:
//
//	sets STATE_KEY=…         the bot has this setting from its next start on
//	refuses 'pattern'        the bot does not start, and says so
//	written 'text' …         the file with the state, or etcd, shows each; "! written": none of them
//	operator person forget …   whoever runs the bot runs this; "! operator": in vain
func sealVerbs() map[string]func(*testscript.TestScript, bool, []string) {
	return map[string]func(*testscript.TestScript, bool, []string){
		"sets": cmdSets, "refuses": cmdRefuses, "written": cmdWritten, "operator": cmdOperator,
	}
}

func cmdOperator(ts *testscript.TestScript, neg bool, args []string) {
	need(ts, args, 2, "operator command verb [argument …]")
	world := filepath.Join(on(ts).dir, "world.json")
	patient, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	for { // what the bot still has to say it says first
		var out bytes.Buffer
		cmd := exec.Command("bot", append([]string{args[0], args[1], "-world", world}, args[2:]...)...)
		cmd.Stdout, cmd.Stderr = &out, ts.Stderr()
		err := cmd.Run()
		if strings.Contains(out.String(), "still to be sent") && !neg && patient.Err() == nil {
			continue
		}
		ts.Stdout().Write(out.Bytes()) //nolint:errcheck // it is a buffer
		if (err != nil) != neg {
			ts.Fatalf("it ends with %v", err)
		}
		return
	}
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

// kept is what whoever reads the disks finds of the state.
func (s *stage) kept() ([]byte, error) {
	if !s.state.InCluster() {
		return os.ReadFile(filepath.Join(s.dir, "latchkey.db"))
	}
	var raw []byte
	err := s.store(func(tx state.Tx) error {
		for item, err := range tx.Scan("") {
			if err != nil {
				return err
			}
			raw = append(append(raw, item.Key...), item.Value...)
		}
		return nil
	})
	return raw, err
}

func cmdWritten(ts *testscript.TestScript, neg bool, args []string) {
	need(ts, args, 1, "written text …")
	raw, err := on(ts).kept()
	ts.Check(err)
	for _, text := range args {
		if bytes.Contains(raw, []byte(text)) == neg {
			ts.Fatalf("%q is in the file: %v", text, neg)
		}
	}
}
