package main

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"

	"github.com/rogpeppe/go-internal/testscript"

	"latchkey/internal/state/etcdstore/etcdtest"
)

// clusterVerbs are the verbs of stories about where the state is:
//
//	move cluster, move file      bot state copy from where it is; stdout is what it says
//	backup copy.db               bot backup into the folder of the story
func clusterVerbs() map[string]func(*testscript.TestScript, bool, []string) {
	return map[string]func(*testscript.TestScript, bool, []string){"move": cmdMove, "backup": cmdBackup}
}

// elsewhere are the places of the state: in a file, and in a cluster that is started when
// it is first needed.
func (s *stage) elsewhere(ts *testscript.TestScript, kind string) string {
	if kind == "file" {
		return s.inFile()
	}
	if s.etcd == nil {
		c, err := etcdtest.Start(filepath.Join(s.dir, "etcd"), 1)
		ts.Check(err)
		ts.Defer(c.Close)
		s.etcd = c
	}
	return inCluster(s.etcd, "moved")
}

func cmdMove(ts *testscript.TestScript, neg bool, args []string) {
	need(ts, args, 1, "move cluster|file")
	s := on(ts)
	from, to := s.elsewhere(ts, map[string]string{"cluster": "file", "file": "cluster"}[args[0]]), s.elsewhere(ts, args[0])
	err := s.bots(ts, from, "state", "copy", from, to)
	if err == nil {
		s.KeepStateAt(to)
		s.state.StateURL = to
		ts.Check(s.Write(filepath.Join(s.dir, "world.json")))
	}
	outcome(ts, neg, err)
}

func cmdBackup(ts *testscript.TestScript, neg bool, args []string) {
	need(ts, args, 1, "backup file")
	s := on(ts)
	outcome(ts, neg, s.bots(ts, s.state.StateURL, "backup", ts.MkAbs(args[0])))
}

// bots runs a command of the bot about the state.
func (s *stage) bots(ts *testscript.TestScript, stateURL string, args ...string) error {
	var said, failed bytes.Buffer
	cmd := exec.Command("bot", args...)
	cmd.Env = append(os.Environ(), "STATE_URL="+stateURL)
	cmd.Stdout, cmd.Stderr = &said, &failed
	err := cmd.Run()
	fmt.Fprint(ts.Stdout(), said.String())
	if err != nil {
		return fmt.Errorf("%w: %s", err, failed.String())
	}
	return nil
}
