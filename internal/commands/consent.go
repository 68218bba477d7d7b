package commands

import (
	"context"
	"fmt"

	"latchkey/internal/messages"
)

func init() {
	registerAction(Action{ID: messages.ActionConsent, Run: clickConsent})
	registerAction(Action{ID: messages.ActionReject, Run: clickReject})
}

// clickConsent says our own yes to what the indirect provider made.
func clickConsent(ctx context.Context, env Env, inv Invocation) (Reply, error) {
	return env.consent(ctx, inv, true)
}

func clickReject(ctx context.Context, env Env, inv Invocation) (Reply, error) {
	return env.consent(ctx, inv, false)
}

func (e Env) consent(ctx context.Context, inv Invocation, approve bool) (Reply, error) {
	customer, id, err := e.target(ctx, inv, inv.Value)
	if err != nil {
		return Reply{}, err
	}
	story, err := e.Approvals.Consent(ctx, inv.Origin, customer, id, approve)
	if err != nil {
		return Reply{}, err
	}
	word := map[bool]string{true: "approve", false: "reject"}[approve]
	return say(messages.Reply(fmt.Sprintf(
		"Microsoft is told that you %s %s with %s. You hear from me when it has taken that, and so do the operators and the customer's channel.",
		word, story.Name(), story.Customer.Name))), nil
}
