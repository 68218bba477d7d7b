package commands

import (
	"context"

	"latchkey/internal/access"
	"latchkey/internal/approvals"
	"latchkey/internal/messages"
)

func init() {
	registerAction(Action{ID: messages.ActionAskLetIn, Run: clickAskLetIn})
	registerAction(Action{ID: messages.ActionLetIn, Run: clickReview}) // the button itself leads there
}

// clickAskLetIn asks a customer to let the bot read who else administers its
// tenant.
func clickAskLetIn(ctx context.Context, env Env, inv Invocation) (Reply, error) {
	if inv.External {
		return Reply{}, env.refuse(ctx, inv, inv.Action, "This is for the partner's own staff.")
	}
	tenant := access.TenantID(inv.Value)
	if !tenantID.MatchString(inv.Value) {
		return Reply{}, env.refuse(ctx, inv, inv.Action, "This button is not known. Type `/access list` again.")
	}
	if env.LetIn == nil {
		return Reply{}, access.Refuse(access.Unavailable, "There is no application any more that customers could let in; an operator has removed READER_CLIENT_ID.")
	}
	c, err := env.Approvals.AskToLetIn(ctx, inv.Origin, tenant)
	if err != nil {
		return Reply{}, err
	}
	return say(messages.LetInAsked(c.Name, env.LetIn(tenant))), nil
}

func (e Env) othersView(o approvals.Origin, v approvals.Overview) messages.OthersView {
	known := v.Others
	out := messages.OthersView{
		Readable: e.LetIn != nil, InPolicy: v.Customer.InPolicy, Admin: e.Policy().Admin(o.Actor.User), Tenant: v.Customer.Tenant,
		LetIn: known.LetIn, ReadAt: known.ReadAt, Problem: known.Problem, Asked: known.Asked, MayAsk: known.MayAsk,
	}
	for _, p := range known.Named {
		_, ours := v.Providers[p.Tenant]
		out.Others = append(out.Others, messages.OtherView{
			ProviderView: messages.ProviderView{Tenant: p.Tenant, Name: p.Name, Domain: p.Domain}, Ours: ours,
		})
	}
	return out
}
