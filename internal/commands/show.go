package commands

import (
	"context"

	"latchkey/internal/access"
	"latchkey/internal/cards"
	"latchkey/internal/messages"
)

func init() {
	register(Command{
		Name:     "show",
		Usage:    "show <request>",
		Short:    "Show one request and all that happened to it.",
		Who:      "linked staff and bot admins",
		Examples: []string{"show R-7K3M2", "show 7k3m2"},
		Run:      runShow,
	})
}

func runShow(ctx context.Context, env Env, inv Invocation) (Reply, error) {
	words := scan(inv.Text).words()
	if len(words) == 0 {
		return Reply{}, access.Refuse(access.Invalid, "Say which request, as in `/access show R-7K3M2`. `/access mine` lists yours.")
	}
	id, err := requestID(words[0])
	if err != nil {
		return Reply{}, err
	}
	story, err := env.Approvals.Show(ctx, inv.Origin, id)
	if err != nil {
		return Reply{}, err
	}
	v := messages.StoryView{CardView: cards.View(env.Policy(), story.Entry)}
	for _, e := range story.Events {
		v.Events = append(v.Events, messages.EventView{At: e.At, Kind: e.Kind, By: e.Actor})
	}
	return say(messages.Show(v)), nil
}
