package commands

import (
	"context"

	"latchkey/internal/approvals"
	"latchkey/internal/messages"
)

func init() {
	registerAction(Action{ID: messages.ActionSigned, Run: clickReview}) // leads to the bot's own page
	registerAction(Action{ID: messages.ActionVerify, Run: clickVerify})
}

// clickVerify gives a contact the link to sign in, in a modal: a message that only they
// see does not reach people of other workspaces for sure.
func clickVerify(ctx context.Context, env Env, inv Invocation) (Reply, error) {
	tenant, err := env.dapTarget(ctx, inv, inv.Value)
	if err != nil {
		return Reply{}, err
	}
	secret, story, err := env.Approvals.StartVerifying(ctx, inv.Origin, tenant)
	if err != nil {
		return Reply{}, err
	}
	if env.Verify == nil {
		return Reply{}, env.noPage()
	}
	return open(messages.Note(messages.Verify(messages.VerifyView{
		Language: env.language(inv), Customer: story.Customer, Address: env.Verify(secret), Life: approvals.TicketLife,
	}))), nil
}
