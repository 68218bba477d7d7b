package commands

import (
	"context"

	"latchkey/internal/access"
	"latchkey/internal/approvals"
	"latchkey/internal/cards"
	"latchkey/internal/messages"
)

func init() {
	registerAction(Action{ID: messages.ActionNarrow, Run: clickNarrow})
	registerView(View{ID: messages.ViewNarrow, Blocks: []string{messages.BlockRoles, messages.BlockDuration}, Run: submitNarrow})
}

// clickNarrow opens the form, but only to somebody who may decide.
func clickNarrow(ctx context.Context, env Env, inv Invocation) (Reply, error) {
	id, terms, err := env.ref(ctx, inv, inv.Value)
	if err != nil {
		return Reply{}, err
	}
	r, err := env.Approvals.MayDecide(ctx, inv.Origin, id, terms)
	if err != nil {
		return Reply{}, err
	}
	return open(messages.NarrowModal(cards.ViewIn(env.language(inv), env.Policy(), approvals.Entry{Request: r}), r.Roles)), nil
}

// submitNarrow approves what was left. That nothing was added is checked where it is
// decided: what comes from a form is anybody's.
func submitNarrow(ctx context.Context, env Env, inv Invocation) (Reply, error) {
	id, terms, err := env.ref(ctx, inv, inv.Private)
	if err != nil {
		return Reply{}, err
	}
	left := access.Narrowing{}
	for _, text := range inv.Values[messages.BlockRoles].Selected {
		left.Roles = append(left.Roles, access.RoleID(text))
	}
	if left.Duration, err = ParseDuration(inv.Values[messages.BlockDuration].Text); err != nil {
		return Reply{}, err
	}
	_, err = env.Approvals.Narrow(ctx, inv.Origin, id, terms, left)
	return Reply{}, err
}
