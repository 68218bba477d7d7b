package main

import (
	"encoding/json"
	"os"
	"path/filepath"

	"github.com/rogpeppe/go-internal/testscript"
)

func tokenVerbs() map[string]func(*testscript.TestScript, bool, []string) {
	return map[string]func(*testscript.TestScript, bool, []string){"token": cmdToken}
}

// cmdToken has whoever runs the bot, or somebody at Slack, do something with its token.
//
//	token file      the bot, stopped, finds it in a file when it starts again
//	token revoke    Slack refuses it from now on
//	token wrong     the file holds one that Slack does not know
//	token replace   Slack gives another, which is written into the file
func cmdToken(ts *testscript.TestScript, _ bool, args []string) {
	need(ts, args, 1, "token file|revoke|wrong|replace")
	s := on(ts)
	file := filepath.Join(s.dir, "slack-token")
	switch args[0] {
	case "file":
		path := filepath.Join(s.dir, "world.json")
		raw, err := os.ReadFile(path)
		ts.Check(err)
		var world map[string]any
		ts.Check(json.Unmarshal(raw, &world))
		env := world["Env"].(map[string]any)
		ts.Check(os.WriteFile(file, []byte(env["SLACK_BOT_TOKEN"].(string)), 0o600))
		env["SLACK_BOT_TOKEN"], env["SLACK_BOT_TOKEN_FILE"] = "", file
		raw, err = json.Marshal(world)
		ts.Check(err)
		ts.Check(os.WriteFile(path, raw, 0o600))
	case "revoke":
		s.Slack.RevokeToken()
	case "wrong":
		ts.Check(os.WriteFile(file, []byte("xoxb-wrong"), 0o600))
	case "replace":
		s.Slack.ReplaceToken("xoxb-the-next-one")
		ts.Check(os.WriteFile(file, []byte("xoxb-the-next-one"), 0o600))
	default:
		ts.Fatalf("there is no %q", args[0])
	}
}
