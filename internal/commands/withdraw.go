package commands

import (
	"context"
	"fmt"

	"latchkey/internal/access"
	"latchkey/internal/approvals"
	"latchkey/internal/messages"
)

func init() {
	register(Command{
		Name:     "withdraw",
		Usage:    "withdraw [request]",
		Short:    "Take back a request that nobody has decided, or that has not begun.",
		Long:     []string{"The request can be left out when only one of yours is waiting."},
		Who:      "whoever made the request",
		Examples: []string{"withdraw R-7K3M2", "withdraw"},
		Run:      runWithdraw,
	})
	registerAction(Action{ID: messages.ActionWithdraw, Run: clickWithdraw})
}

func runWithdraw(ctx context.Context, env Env, inv Invocation) (Reply, error) {
	words := scan(inv.Text).words()
	if len(words) > 0 {
		id, err := requestID(words[0])
		if err != nil {
			return Reply{}, err
		}
		return env.withdraw(ctx, inv, id)
	}
	open, err := env.mine(ctx, inv, func(e approvals.Entry) bool {
		_, ahead := e.Request.Next()
		return e.Request.State == access.Pending || ahead
	})
	switch {
	case err != nil:
		return Reply{}, err
	case len(open) == 0:
		return Reply{}, access.Refuse(access.NotFound, "No request of yours waits for a decision or for its time. To end access use `/access revoke`.")
	case len(open) > 1:
		return say(messages.Pick("Several of your requests wait. Press the button of one, or give its id.", env.views(open))), nil
	}
	return env.withdraw(ctx, inv, open[0].Request.ID)
}

func clickWithdraw(ctx context.Context, env Env, inv Invocation) (Reply, error) {
	id, _, err := env.ref(ctx, inv, inv.Value)
	if err != nil {
		return Reply{}, err
	}
	return env.withdraw(ctx, inv, id)
}

func (e Env) withdraw(ctx context.Context, inv Invocation, id access.RequestID) (Reply, error) {
	r, err := e.Approvals.Withdraw(ctx, inv.Origin, id)
	if err != nil {
		return Reply{}, err
	}
	if r.State == access.Approved {
		return say(messages.Reply(fmt.Sprintf("%s for %s was taken back; nothing more of it begins.", r.ID, r.CustomerName))), nil
	}
	return say(messages.Reply(fmt.Sprintf("%s for %s was taken back; nothing was given.", r.ID, r.CustomerName))), nil
}

// mine returns those of the person's own entries that fit.
func (e Env) mine(ctx context.Context, inv Invocation, fits func(approvals.Entry) bool) ([]approvals.Entry, error) {
	all, err := e.Approvals.Mine(ctx, inv.Origin)
	if err != nil {
		return nil, err
	}
	var out []approvals.Entry
	for _, x := range all {
		if fits(x) {
			out = append(out, x)
		}
	}
	return out, nil
}
