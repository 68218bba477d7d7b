package commands

import (
	"context"

	"latchkey/internal/messages"
)

func init() {
	register(Command{
		Name:     "help",
		Usage:    "help [command]",
		Short:    "List the commands, or tell more about one.",
		Who:      "everybody in our workspace",
		Examples: []string{"help", "help request"},
		Run:      runHelp,
	})
}

func runHelp(_ context.Context, _ Env, inv Invocation) (Reply, error) {
	topic, _ := firstWord(inv.Text)
	if topic == "" {
		var common, rare []messages.CommandView
		for _, c := range Commands() {
			if c.Rare {
				rare = append(rare, c.Help())
				continue
			}
			common = append(common, c.Help())
		}
		return say(messages.Help(common, rare)), nil
	}
	c, ok := commandsByName[topic]
	if !ok {
		return Reply{}, unknownVerb(topic)
	}
	return say(messages.HelpTopic(c.Help())), nil
}
