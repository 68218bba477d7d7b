package commands

import (
	"context"
	"regexp"
	"strconv"

	"latchkey/internal/access"
	"latchkey/internal/approvals"
	"latchkey/internal/cards"
	"latchkey/internal/messages"
)

func init() {
	registerAction(Action{ID: messages.ActionApprove, Run: clickApprove})
	registerAction(Action{ID: messages.ActionDeny, Run: clickDeny})
	registerView(View{ID: messages.ViewDeny, Blocks: []string{messages.BlockReason}, Run: submitDeny})
}

// clickApprove is silent: the card changes.
func clickApprove(ctx context.Context, env Env, inv Invocation) (Reply, error) {
	id, terms, err := env.ref(ctx, inv, inv.Value)
	if err != nil {
		return Reply{}, err
	}
	_, err = env.Approvals.Decide(ctx, inv.Origin, id, terms, access.Approve, "")
	return Reply{}, err
}

// clickDeny asks for the reason, but only somebody who may decide.
func clickDeny(ctx context.Context, env Env, inv Invocation) (Reply, error) {
	id, terms, err := env.ref(ctx, inv, inv.Value)
	if err != nil {
		return Reply{}, err
	}
	r, err := env.Approvals.MayDecide(ctx, inv.Origin, id, terms)
	if err != nil {
		return Reply{}, err
	}
	return open(messages.DenyModal(cards.ViewIn(env.language(inv), env.Policy(), approvals.Entry{Request: r}))), nil
}

func submitDeny(ctx context.Context, env Env, inv Invocation) (Reply, error) {
	id, terms, err := env.ref(ctx, inv, inv.Private)
	if err != nil {
		return Reply{}, err
	}
	reason, err := Justification(inv.Values[messages.BlockReason].Text)
	if err != nil {
		return Reply{}, access.RefuseAnyone(access.Invalid, "Say why, in at most %d characters, so that the requester knows what to change.", messages.MaxJustification)
	}
	_, err = env.Approvals.Decide(ctx, inv.Origin, id, terms, access.Deny, reason)
	return Reply{}, err
}

var refForm = regexp.MustCompile(`^(R-[0-9A-HJKMNP-TV-Z]{5})/([1-9][0-9]{0,5})$`)

// ref reads what a button or a modal of a request carries. Ours always carry
// the same form, so any other was tampered with, and is audited.
func (e Env) ref(ctx context.Context, inv Invocation, text string) (access.RequestID, int, error) {
	m := refForm.FindStringSubmatch(text)
	if m == nil {
		return "", 0, e.refuseAnyone(ctx, inv, "malformed button", "This button does not belong to a request. Look for a newer card.")
	}
	terms, err := strconv.Atoi(m[2])
	return access.RequestID(m[1]), terms, err
}
