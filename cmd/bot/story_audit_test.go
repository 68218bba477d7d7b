package main

import (
	"context"
	"os"
	"os/exec"
	"regexp"
	"strings"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
)

// Verbs about the audit log:
//
//	signed                                let hours pass until a checkpoint has signed all that is in the log
//	proven key.file proof.file            check a proof, with nothing but the key
//	downloads carol                       save all files that somebody sees in Slack
//	arrives file 'pattern'                wait until a file holds it
//	checkpoints file                      wait for checkpoints in a file, and hold the log against them
//	setskey key.file                      the next start has this AUDIT_KEY
func auditVerbs() map[string]func(*testscript.TestScript, bool, []string) {
	return map[string]func(*testscript.TestScript, bool, []string){
		"signed": cmdSigned, "proven": cmdProven, "setskey": cmdSetsKey,
		"downloads": cmdDownloads, "arrives": cmdArrives, "checkpoints": cmdCheckpoints,
	}
}

var underCheckpoint = regexp.MustCompile(`holds: (\d+) events.*\nOf them (\d+) are under`)

func cmdSigned(ts *testscript.TestScript, _ bool, args []string) {
	need(ts, args, 0, "signed")
	patient, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	for try := 1; ; try++ {
		if try%10 == 0 { // something was written after the last one
			cmdAdvance(ts, false, []string{"1h"})
		}
		cmd := exec.Command("bot", "audit", "verify")
		cmd.Env = append(cmd.Environ(), "STATE_URL="+ts.Getenv("STATE_URL"), "STATE_KEY="+ts.Getenv("STATE_KEY"))
		out, err := cmd.CombinedOutput()
		if err != nil {
			ts.Fatalf("%s", out)
		}
		if m := underCheckpoint.FindSubmatch(out); m != nil && string(m[1]) == string(m[2]) {
			return
		}
		if patient.Err() != nil {
			ts.Fatalf("it is not signed:\n%s", out)
		}
	}
}

func cmdProven(ts *testscript.TestScript, neg bool, args []string) {
	need(ts, args, 2, "proven key.file proof.file")
	key := strings.TrimSpace(ts.ReadFile(args[0]))
	err := ts.Exec("bot", "audit", "verify", "-key", key, args[1])
	if (err != nil) != neg {
		ts.Fatalf("it ends with %v", err)
	}
}

func cmdSetsKey(ts *testscript.TestScript, neg bool, args []string) {
	need(ts, args, 1, "setskey key.file")
	cmdSets(ts, neg, []string{"AUDIT_KEY=" + strings.TrimSpace(ts.ReadFile(args[0]))})
}

func cmdArrives(ts *testscript.TestScript, _ bool, args []string) {
	need(ts, args, 2, "arrives file pattern")
	pattern := regexp.MustCompile(args[1])
	patient, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	for {
		raw, err := os.ReadFile(ts.MkAbs(args[0]))
		if err == nil && pattern.Match(raw) {
			return
		}
		if patient.Err() != nil {
			ts.Fatalf("%v: %s", err, raw)
		}
		time.Sleep(10 * time.Millisecond)
	}
}

func cmdCheckpoints(ts *testscript.TestScript, _ bool, args []string) {
	need(ts, args, 1, "checkpoints file")
	cmdArrives(ts, false, []string{args[0], "(?s)^latchkey/.*— latchkey/.*— latchkey/"})
	if err := ts.Exec("bot", "audit", "verify", "-checkpoint", args[0]); err != nil {
		ts.Fatalf("the log does not agree with what was kept: %v", err)
	}
}

func cmdDownloads(ts *testscript.TestScript, _ bool, args []string) {
	need(ts, args, 1, "downloads who")
	s := on(ts)
	for _, c := range s.Slack.ChannelsOf(people[args[0]]) {
		for _, m := range s.Slack.Messages(people[args[0]], c.ID) {
			for _, id := range m.Files {
				f, _ := s.Slack.File(id)
				ts.Check(os.WriteFile(ts.MkAbs(f.Name), f.Content, 0o600))
			}
		}
	}
}
