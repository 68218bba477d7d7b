package commands

import (
	"context"

	"latchkey/internal/messages"
)

func init() { registerAction(Action{ID: messages.ActionRepeat, Run: clickRepeat}) }

// clickRepeat opens the form with all that a request of the person's own asked for. The
// customer and the contacts decide anew; whether it may be asked for is checked when the
// form is submitted.
func clickRepeat(ctx context.Context, env Env, inv Invocation) (Reply, error) {
	if inv.External {
		return Reply{}, env.refuse(ctx, inv, inv.Action, "Only the partner's own staff ask for access.")
	}
	id, err := requestID(Word{Text: inv.Value})
	if err != nil {
		return Reply{}, env.refuse(ctx, inv, "malformed button", "This button does not belong to a request. Look for a newer card.")
	}
	story, err := env.Approvals.Show(ctx, inv.Origin, id)
	if err != nil {
		return Reply{}, err
	}
	r := story.Entry.Request
	if !r.Requester.Same(inv.Origin.Actor) {
		return Reply{}, env.refuse(ctx, inv, inv.Action, "Only who asked for "+string(id)+" asks for the same again. Ask for your own with `/access request`.")
	}
	return open(env.form(ctx, inv, env.filled(r))), nil
}
