package commands

import (
	"context"
	"regexp"

	"latchkey/internal/messages"
)

func init() { registerAction(Action{ID: messages.ActionRevive, Run: clickRevive}) }

var effectForm = regexp.MustCompile(`^[\x21-\x7e]{1,300}$`)

// clickRevive has what could not be done tried again.
func clickRevive(ctx context.Context, env Env, inv Invocation) (Reply, error) {
	if !effectForm.MatchString(inv.Value) {
		return Reply{}, env.refuse(ctx, inv, "malformed button", "This button does not belong to anything that can be tried again.")
	}
	if err := env.Approvals.Revive(ctx, inv.Origin, inv.Value); err != nil {
		return Reply{}, err
	}
	return say(messages.Reply("It is tried again now. If it fails again, the operations channel hears of it.")), nil
}
