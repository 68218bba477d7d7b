package main

import (
	"fmt"
	"path/filepath"
	"strconv"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"latchkey/internal/sandbox"
)

// TestStoriesOverSocket runs stories that say nothing of HTTP with a bot that is
// reached over Socket Mode, and those of its sockets.
func TestStoriesOverSocket(t *testing.T) {
	files, err := filepath.Glob(filepath.Join("testdata", "socket", "*.txtar"))
	must(t, err)
	for _, name := range []string{"main_job", "operations", "deny", "form", "crash", "early_end", "home", "faults_slack", "peers", "narrow", "signed"} {
		files = append(files, filepath.Join("testdata", "stories", name+".txtar"))
	}
	p := stories()
	p.Files = files
	p.Setup = func(env *testscript.Env) error { return setStage(env, sandbox.Options{SocketMode: true}) }
	p.Cmds["sockets"], p.Cmds["lost"] = cmdSockets, cmdLost
	testscript.Run(t, p)
}

// cmdLost presses a button whose delivery, or whose answer, is lost on the way: Slack
// shows an error.
//
//	lost carol request.approve $R1
func cmdLost(ts *testscript.TestScript, _ bool, args []string) {
	need(ts, args, 3, "lost who action request")
	err := on(ts).click(args[0], args[1], args[2])
	if err == nil {
		ts.Fatalf("nothing was lost")
	}
	fmt.Fprintln(ts.Stderr(), err)
}

// cmdSockets has something happen to the bot's sockets, or waits until there are so many.
//
//	sockets warn      Slack announces their end, and still serves them; "refresh": it does not
//	sockets cut       the line breaks
//	sockets disable   Socket Mode is turned off in the app's settings; "enable"
//	sockets 2         wait until two are open on which something may come
func cmdSockets(ts *testscript.TestScript, _ bool, args []string) {
	need(ts, args, 1, "sockets what|number")
	s := on(ts)
	if do, ok := map[string]func(){
		"warn": s.Slack.WarnSockets, "refresh": s.Slack.RefreshSockets, "cut": s.Slack.CutSockets,
		"disable": s.Slack.DisableLink, "enable": s.Slack.EnableLink,
	}[args[0]]; ok {
		do()
		return
	}
	want, err := strconv.Atoi(args[0])
	ts.Check(err)
	have := 0
	if err := s.wait(fmt.Sprint(want, " sockets"), func() bool {
		have = s.Slack.Holdings().Listening
		return have == want
	}); err != nil {
		ts.Fatalf("%v; there are %d", err, have)
	}
}
