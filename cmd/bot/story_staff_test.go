package main

import (
	"strings"

	"github.com/rogpeppe/go-internal/testscript"

	"latchkey/internal/chat/chattest"
)

// staffVerbs are the verbs of stories about who of the staff is who:
//
//	gathers S0SERVICED ana bo            these people, and no others, are in the usergroup
func staffVerbs() map[string]func(*testscript.TestScript, bool, []string) {
	return map[string]func(*testscript.TestScript, bool, []string){"gathers": cmdGathers}
}

func cmdGathers(ts *testscript.TestScript, _ bool, args []string) {
	need(ts, args, 1, "gathers usergroup [who …]")
	g := chattest.Usergroup{ID: args[0], Handle: strings.ToLower(args[0]), Name: args[0]}
	for _, who := range args[1:] {
		g.Users = append(g.Users, people[who])
	}
	on(ts).Slack.AddUsergroup(g)
}
