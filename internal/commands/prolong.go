package commands

import (
	"context"
	"fmt"

	"latchkey/internal/cards"
	"latchkey/internal/messages"
)

func init() {
	registerAction(Action{ID: messages.ActionProlong, Run: clickProlong})
	registerView(View{
		ID:     messages.ViewProlong,
		Blocks: []string{messages.BlockDuration, messages.BlockJustification},
		Run:    submitProlong,
	})
	registerAction(Action{ID: messages.ActionStop, Run: clickStop})
}

// clickProlong asks for how much longer and why, but only whose access it is and while it
// can be extended.
func clickProlong(ctx context.Context, env Env, inv Invocation) (Reply, error) {
	id, _, err := env.ref(ctx, inv, inv.Value)
	if err != nil {
		return Reply{}, err
	}
	e, err := env.Approvals.MayProlong(ctx, inv.Origin, id)
	if err != nil {
		return Reply{}, err
	}
	return open(messages.ProlongModal(cards.View(env.Policy(), e))), nil
}

// submitProlong is silent: the request that it makes has cards of its own.
func submitProlong(ctx context.Context, env Env, inv Invocation) (Reply, error) {
	id, _, err := env.ref(ctx, inv, inv.Private)
	if err != nil {
		return Reply{}, err
	}
	more, err := ParseDuration(inv.Values[messages.BlockDuration].Text)
	if err != nil {
		return Reply{}, err
	}
	why, err := Justification(inv.Values[messages.BlockJustification].Text)
	if err != nil {
		return Reply{}, err
	}
	_, err = env.Approvals.Prolong(ctx, inv.Origin, id, more, why)
	return Reply{}, err
}

// clickStop ends all that is to come of a request, and what is in force of it. It is
// silent to the customer, whose card changes.
func clickStop(ctx context.Context, env Env, inv Invocation) (Reply, error) {
	id, _, err := env.ref(ctx, inv, inv.Value)
	if err != nil {
		return Reply{}, err
	}
	r, err := env.Approvals.Stop(ctx, inv.Origin, id, "")
	if err != nil || inv.External {
		return Reply{}, err
	}
	return say(messages.Reply(fmt.Sprintf("%s: none of its access begins any more, and what is in force is being removed.", r.ID))), nil
}
