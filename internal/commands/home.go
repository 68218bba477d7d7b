package commands

import (
	"context"

	"latchkey/internal/access"
	"latchkey/internal/messages"
)

func init() {
	registerAction(Action{ID: messages.ActionHomeBack, Run: clickTurn(-1)})
	registerAction(Action{ID: messages.ActionHomeNext, Run: clickTurn(1)})
	for _, id := range messages.QuickActions() {
		registerAction(Action{ID: id, Run: clickQuick})
	}
}

// clickTurn turns a Home tab by pages, from the one that it shows. What is on a page is
// decided when it is drawn.
func clickTurn(by int) run {
	return func(_ context.Context, _ Env, inv Invocation) (Reply, error) {
		page := max(0, messages.HomePage(inv.Private)+by)
		return Reply{Page: &page}, nil
	}
}

// clickQuick opens the form with a customer. Whether the person may ask there is checked
// when it is submitted.
func clickQuick(ctx context.Context, env Env, inv Invocation) (Reply, error) {
	if inv.External {
		return Reply{}, env.refuse(ctx, inv, inv.Action, "Only the partner's own staff ask for access.")
	}
	c, ok := env.Policy().Customer(access.TenantID(inv.Value))
	if !ok {
		return Reply{}, env.refuse(ctx, inv, inv.Action, "This customer is not in policy.yml any more, so nothing can be asked for there.")
	}
	return open(messages.RequestModal(messages.RequestForm{Customer: &messages.Option{Value: string(c.Tenant), Text: c.Name}})), nil
}
