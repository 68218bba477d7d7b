package commands

import (
	"context"

	"latchkey/internal/access"
	"latchkey/internal/messages"
)

func init() {
	registerAction(Action{ID: messages.ActionAway, Run: clickAway})
	registerAction(Action{ID: messages.ActionBack, Run: clickBack})
	registerView(View{ID: messages.ViewAway, Blocks: []string{messages.BlockPerson, messages.BlockDuration}, Run: submitAway})
}

// clickAway opens the form, but only to a contact.
func clickAway(ctx context.Context, env Env, inv Invocation) (Reply, error) {
	tenant, err := env.tenant(ctx, inv, inv.Value)
	if err != nil {
		return Reply{}, err
	}
	if err := env.Approvals.MayBeAway(ctx, inv.Origin, tenant); err != nil {
		return Reply{}, err
	}
	return open(messages.AwayModal(env.language(inv), tenant)), nil
}

// submitAway is silent: the channel is told how it ended.
func submitAway(ctx context.Context, env Env, inv Invocation) (Reply, error) {
	tenant, err := env.tenant(ctx, inv, inv.Private)
	if err != nil {
		return Reply{}, err
	}
	var user access.UserID
	if chosen := inv.Values[messages.BlockPerson].Selected; len(chosen) == 1 {
		user = access.UserID(chosen[0])
	} else {
		return Reply{}, access.RefuseAnyone(access.Invalid, "Choose who decides in your place.").In(messages.BlockPerson)
	}
	away, err := ParseDuration(inv.Values[messages.BlockDuration].Text)
	if err != nil {
		return Reply{}, err
	}
	return Reply{}, env.Approvals.StandIn(ctx, inv.Origin, tenant, user, away)
}

// clickBack is silent, too.
func clickBack(ctx context.Context, env Env, inv Invocation) (Reply, error) {
	tenant, err := env.tenant(ctx, inv, inv.Value)
	if err != nil {
		return Reply{}, err
	}
	return Reply{}, env.Approvals.Back(ctx, inv.Origin, tenant)
}

// tenant reads the customer that a button or a modal is about.
func (e Env) tenant(ctx context.Context, inv Invocation, text string) (access.TenantID, error) {
	if !tenantID.MatchString(text) {
		return "", e.refuse(ctx, inv, "malformed button", "This button does not belong to a customer. Look for a newer message.")
	}
	return access.TenantID(text), nil
}
