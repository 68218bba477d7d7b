package main

import (
	"strings"

	"github.com/rogpeppe/go-internal/testscript"

	"latchkey/internal/chat/chattest"
)

// staffVerbs are the verbs of stories about who of the staff is who:
//
//	gathers S0SERVICED ana bo            these people, and no others, are in the usergroup
//	has-mail ana ana@fabrikam.example    Slack has verified this address of hers
//	grants-scope users:read.email        the app is installed anew with one scope more
func staffVerbs() map[string]func(*testscript.TestScript, bool, []string) {
	return map[string]func(*testscript.TestScript, bool, []string){"gathers": cmdGathers, "has-mail": cmdHasMail, "grants-scope": cmdGrantsScope}
}

func cmdHasMail(ts *testscript.TestScript, _ bool, args []string) {
	need(ts, args, 2, "has-mail who address")
	ts.Check(on(ts).Slack.ChangeEmail(people[args[0]], args[1]))
}

func cmdGrantsScope(ts *testscript.TestScript, _ bool, args []string) {
	need(ts, args, 1, "grants-scope scope")
	on(ts).Slack.Grant(args[0])
}

func cmdGathers(ts *testscript.TestScript, _ bool, args []string) {
	need(ts, args, 1, "gathers usergroup [who …]")
	g := chattest.Usergroup{ID: args[0], Handle: strings.ToLower(args[0]), Name: args[0]}
	for _, who := range args[1:] {
		g.Users = append(g.Users, people[who])
	}
	on(ts).Slack.AddUsergroup(g)
}
