package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"

	"github.com/rogpeppe/go-internal/testscript"

	"latchkey/internal/chat/chattest"
)

// channelVerbs are the verbs of stories about who is in Slack, and reads a channel:
//
//	invites T0ADATUM01 '#contoso'    another organisation is let into it, and accepts
//	deactivates ana                  an admin of the workspace ends somebody's account
//	disables ana                     an admin of the tenant disables their account in Entra
//	expels T0ADATUM01 '#contoso'     and is out again
//	founds G0CONTOSO9 '#contoso'     the partner's people open a private channel, and policy.yml
//	                                 names it in the place of the one that was called so
//	moved '#contoso' C0CONTOSO9      the channel that is called so has this id now
//	joined carol '#contoso'          somebody comes into a channel
//	happens user_change '{…}'        Slack tells the bot of an event
func channelVerbs() map[string]func(*testscript.TestScript, bool, []string) {
	return map[string]func(*testscript.TestScript, bool, []string){
		"invites": cmdInvites, "expels": cmdExpels, "deactivates": cmdDeactivates, "disables": cmdDisables,
		"founds": cmdFounds, "moved": cmdMoved, "joined": cmdJoined, "happens": cmdHappens,
	}
}

func cmdInvites(ts *testscript.TestScript, _ bool, args []string) {
	need(ts, args, 2, "invites team #channel")
	shared, err := on(ts).Slack.Share(on(ts).channel(args[1]), args[0])
	ts.Check(err)
	ts.Check(on(ts).Slack.Accept(shared.ID, args[0]))
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
	ts.Check(on(ts).Slack.Disconnect(on(ts).channel(args[1]), args[0]))
}

func cmdFounds(ts *testscript.TestScript, _ bool, args []string) {
	need(ts, args, 2, "founds id #channel")
	s, path := on(ts), filepath.Join(on(ts).dir, "policy.yml")
	s.Slack.AddChannel(chattest.Channel{
		ID: args[0], Name: "fresh", Host: "T0FABRIKAM", Private: true, Members: []string{"U0LATCHKEY", people["ana"], people["bo"], people["dee"]},
	})
	raw, err := os.ReadFile(path)
	ts.Check(err)
	text := strings.ReplaceAll(string(raw), s.channel(args[1]), args[0])
	s.called(args[1], args[0])
	ts.Check(os.WriteFile(path+".new", []byte(text), 0o600))
	ts.Check(os.Rename(path+".new", path))
}

func cmdMoved(ts *testscript.TestScript, _ bool, args []string) {
	need(ts, args, 2, "moved #channel id")
	on(ts).called(args[0], args[1])
}

func cmdJoined(ts *testscript.TestScript, _ bool, args []string) {
	need(ts, args, 2, "joined who #channel")
	ts.Check(on(ts).Slack.Join(people[args[0]], on(ts).channel(args[1])))
}

func cmdHappens(ts *testscript.TestScript, _ bool, args []string) {
	need(ts, args, 2, "happens kind event")
	var event map[string]any
	ts.Check(json.Unmarshal([]byte(args[1]), &event))
	on(ts).Slack.Happen(args[0], event)
}
