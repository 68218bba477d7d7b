package main

import (
	"strings"

	"github.com/rogpeppe/go-internal/testscript"
)

// channelVerbs are the verbs of stories about who is in Slack, and reads a channel:
//
//	invites T0ADATUM01 '#contoso'    another organisation is let into it, and accepts
//	deactivates ana                  an admin of the workspace ends somebody's account
//	disables ana                     an admin of the tenant disables their account in Entra
//	expels T0ADATUM01 '#contoso'     and is out again
func channelVerbs() map[string]func(*testscript.TestScript, bool, []string) {
	return map[string]func(*testscript.TestScript, bool, []string){"invites": cmdInvites, "expels": cmdExpels, "deactivates": cmdDeactivates, "disables": cmdDisables}
}

func cmdInvites(ts *testscript.TestScript, _ bool, args []string) {
	need(ts, args, 2, "invites team #channel")
	_, err := on(ts).Slack.Share(channels[args[1]], args[0])
	ts.Check(err)
	ts.Check(on(ts).Slack.Accept(channels[args[1]], args[0]))
}

func cmdDeactivates(ts *testscript.TestScript, _ bool, args []string) {
	need(ts, args, 1, "deactivates who")
	ts.Check(on(ts).Slack.Deactivate(people[args[0]]))
}

func cmdDisables(ts *testscript.TestScript, _ bool, args []string) {
	need(ts, args, 1, "disables who")
	s := on(ts)
	for _, u := range s.Graph.Users() {
		if strings.HasPrefix(u.UPN, args[0]+"@") {
			u.Disabled = true
			s.Graph.AddUser(u)
			return
		}
	}
	ts.Fatalf("nobody in Entra is %s", args[0])
}

func cmdExpels(ts *testscript.TestScript, _ bool, args []string) {
	need(ts, args, 2, "expels team #channel")
	ts.Check(on(ts).Slack.Disconnect(channels[args[1]], args[0]))
}
