package commands

import (
	"context"

	"latchkey/internal/messages"
)

func init() {
	register(Command{
		Name:     "mine",
		Usage:    "mine",
		Short:    "List your own open requests and access.",
		Who:      "linked staff and bot admins",
		Examples: []string{"mine"},
		Run:      runMine,
	})
}

func runMine(ctx context.Context, env Env, inv Invocation) (Reply, error) {
	entries, err := env.Approvals.Mine(ctx, inv.Origin)
	if err != nil {
		return Reply{}, err
	}
	return say(messages.Mine(env.views(entries))), nil
}
