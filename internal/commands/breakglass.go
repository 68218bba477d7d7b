package commands

import (
	"context"
	"fmt"

	"latchkey/internal/access"
	"latchkey/internal/approvals"
	"latchkey/internal/lang"
	"latchkey/internal/messages"
)

func init() {
	registerAction(Action{ID: messages.ActionBreakGlass, Run: clickBreakGlass})
	registerAction(Action{ID: messages.ActionSignOff, Run: clickSignOff})
	registerAction(Action{ID: messages.ActionObject, Run: clickObject})
	registerView(View{ID: messages.ViewSignOff, Blocks: []string{messages.BlockReason}, Run: submitSignOff})
	registerView(View{ID: messages.ViewObject, Blocks: []string{messages.BlockReason}, Run: submitObject})
}

// clickBreakGlass takes the access at once. The dialog has said what will happen.
func clickBreakGlass(ctx context.Context, env Env, inv Invocation) (Reply, error) {
	id, terms, err := env.ref(ctx, inv, inv.Value)
	if err != nil {
		return Reply{}, err
	}
	r, err := env.Approvals.BreakGlass(ctx, inv.Origin, id, terms)
	if err != nil {
		return Reply{}, err
	}
	return say(messages.Reply(brokeGlass(r))), nil
}

func brokeGlass(r access.Request) string {
	return fmt.Sprintf("%s: you took it by break-glass. Your access to %s is being put in place for %s; its card says when it is there. The customer and your operators are told now. Somebody else has to sign it off.",
		r.ID, r.CustomerName, access.FormatDuration(r.Duration))
}

// clickSignOff asks what was found, but only somebody who may sign off.
func clickSignOff(ctx context.Context, env Env, inv Invocation) (Reply, error) {
	id, _, err := env.ref(ctx, inv, inv.Value)
	if err != nil {
		return Reply{}, err
	}
	v, err := env.Approvals.MaySignOff(ctx, inv.Origin, id)
	if err != nil {
		return Reply{}, err
	}
	return open(messages.SignOffModal(v)), nil
}

// clickObject asks what was not all right, but only somebody who may say so.
func clickObject(ctx context.Context, env Env, inv Invocation) (Reply, error) {
	id, _, err := env.ref(ctx, inv, inv.Value)
	if err != nil {
		return Reply{}, err
	}
	v, err := env.Approvals.MayObject(ctx, inv.Origin, id)
	if err != nil {
		return Reply{}, err
	}
	in := lang.English
	if c, ok := env.Policy().Customer(v.Customer); ok && inv.External {
		in = c.Language
	}
	return open(messages.ObjectModal(v, in)), nil
}

func submitSignOff(ctx context.Context, env Env, inv Invocation) (Reply, error) {
	return env.submitWord(ctx, inv, env.Approvals.SignOff)
}

func submitObject(ctx context.Context, env Env, inv Invocation) (Reply, error) {
	return env.submitWord(ctx, inv, env.Approvals.Object)
}

// submitWord is silent: the cards say who said what.
func (e Env) submitWord(
	ctx context.Context, inv Invocation, do func(context.Context, approvals.Origin, access.RequestID, string) (access.BreakGlassReview, error),
) (Reply, error) {
	id, _, err := e.ref(ctx, inv, inv.Private)
	if err != nil {
		return Reply{}, err
	}
	note, err := Justification(inv.Values[messages.BlockReason].Text)
	if err != nil {
		return Reply{}, access.RefuseAnyone(access.Invalid, "Say it in a sentence or two, of at most %d characters.", messages.MaxJustification)
	}
	_, err = do(ctx, inv.Origin, id, note)
	return Reply{}, err
}
