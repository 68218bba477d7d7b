package main

import "github.com/rogpeppe/go-internal/testscript"

// cmdArchive has somebody archive a channel.
func cmdArchive(ts *testscript.TestScript, neg bool, args []string) {
	need(ts, args, 2, "archive who channel")
	outcome(ts, neg, on(ts).Slack.Archive(people[args[0]], channels[args[1]]))
}

// cmdUnarchive has somebody open an archived channel again.
func cmdUnarchive(ts *testscript.TestScript, neg bool, args []string) {
	need(ts, args, 2, "unarchive who channel")
	outcome(ts, neg, on(ts).Slack.Unarchive(people[args[0]], channels[args[1]]))
}
