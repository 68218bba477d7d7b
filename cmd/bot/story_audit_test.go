package main

import (
	"context"
	"os/exec"
	"regexp"
	"strings"

	"github.com/rogpeppe/go-internal/testscript"
)

// Verbs about the audit log:
//
//	signed                                wait until a checkpoint has signed all that is in the log
//	proven key.file proof.file          check a proof, with nothing but the key
//	setskey key.file                      the next start has this AUDIT_KEY
func auditVerbs() map[string]func(*testscript.TestScript, bool, []string) {
	return map[string]func(*testscript.TestScript, bool, []string){"signed": cmdSigned, "proven": cmdProven, "setskey": cmdSetsKey}
}

var underCheckpoint = regexp.MustCompile(`holds: (\d+) events.*\nOf them (\d+) are under`)

func cmdSigned(ts *testscript.TestScript, _ bool, args []string) {
	need(ts, args, 0, "signed")
	patient, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	for {
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
