package commands

import (
	"context"

	"latchkey/internal/access"
	"latchkey/internal/approvals"
	"latchkey/internal/messages"
)

func init() {
	register(Command{
		Name:  "dap",
		Usage: "dap [remove] <customer>",
		Short: "Show or remove legacy administration (DAP) of a customer.",
		Long: []string{
			"Legacy administration makes everybody in the Partner Center group AdminAgents a Global Administrator of the customer. A relationship (GDAP) with few roles takes its place.",
			"`remove` wants the name of the customer typed and then a sign-in with Microsoft, on a page of this bot: Partner Center takes it from a signed-in admin agent with multi-factor authentication only. It cannot be undone.",
			"Its card also fetches the link by which a customer accepts us as its reseller, which gives no access to anybody.",
		},
		Who:      "linked staff and bot admins; only bot admins may `remove`",
		Examples: []string{"dap contoso", "dap remove contoso"},
		Rare:     true,
		Run:      runDAP,
	})
	registerAction(Action{ID: messages.ActionDAPRemove, Run: clickDAPRemove})
	registerAction(Action{ID: messages.ActionDAPCheck, Run: clickDAPCheck})
	registerAction(Action{ID: messages.ActionReseller, Run: clickReseller})
	registerAction(Action{ID: messages.ActionSignIn, Run: clickReview})
	registerView(View{ID: messages.ViewDAPRemove, Blocks: []string{messages.BlockConfirm}, Run: submitDAPRemove})
}

func runDAP(ctx context.Context, env Env, inv Invocation) (Reply, error) {
	words := scan(inv.Text).words()
	remove := len(words) > 0 && words[0].is("remove")
	if remove {
		words = words[1:]
	}
	c, err := env.find(ctx, inv.Origin, words)
	if err != nil {
		return Reply{}, choose(err)
	}
	if remove {
		return env.confirmDAP(ctx, inv, c.Tenant)
	}
	story, err := env.Approvals.DAP(ctx, inv.Origin, c.Tenant)
	if err != nil {
		return Reply{}, err
	}
	return say(messages.DAP(env.dapView(inv.Origin, story))), nil
}

func (e Env) dapView(o approvals.Origin, story approvals.DAPStory) messages.DAPView {
	return messages.DAPView{
		Customer: story.Customer.Name, Tenant: story.Customer.Tenant, InPolicy: story.Customer.InPolicy,
		Connected: e.PartnerCenter, Page: e.Page != nil, Admin: e.Policy().Admin(o.Actor.User),
		Held: story.DAP.Held, ReadAt: story.DAP.ReadAt, Problem: story.DAP.Problem, Active: story.Active,
	}
}

// confirmDAP asks for the customer's name, but only somebody who may remove.
// Where nobody can sign in, the card says what to do by hand.
func (e Env) confirmDAP(ctx context.Context, inv Invocation, tenant access.TenantID) (Reply, error) {
	story, err := e.Approvals.MayRemoveDAP(ctx, inv.Origin, tenant)
	if err != nil {
		return Reply{}, err
	}
	v := e.dapView(inv.Origin, story)
	if e.Page == nil {
		return say(messages.DAP(v)), nil
	}
	return open(messages.DAPModal(v)), nil
}

func clickDAPRemove(ctx context.Context, env Env, inv Invocation) (Reply, error) {
	tenant, err := env.dapTarget(ctx, inv, inv.Value)
	if err != nil {
		return Reply{}, err
	}
	return env.confirmDAP(ctx, inv, tenant)
}

func submitDAPRemove(ctx context.Context, env Env, inv Invocation) (Reply, error) {
	tenant, err := env.dapTarget(ctx, inv, inv.Private)
	if err != nil {
		return Reply{}, err
	}
	if env.Page == nil {
		return Reply{}, env.noPage()
	}
	secret, story, err := env.Approvals.RemoveDAP(ctx, inv.Origin, tenant, inv.Values[messages.BlockConfirm].Text)
	if err != nil {
		return Reply{}, err
	}
	return env.signIn("To remove legacy administration (DAP) of "+story.Customer.Name+":", secret), nil
}

func clickDAPCheck(ctx context.Context, env Env, inv Invocation) (Reply, error) {
	tenant, err := env.dapTarget(ctx, inv, inv.Value)
	if err != nil {
		return Reply{}, err
	}
	if !env.PartnerCenter {
		return Reply{}, access.Refuse(access.Unavailable, "Partner Center is not connected any more, so it cannot be asked.")
	}
	story, err := env.Approvals.CheckDAP(ctx, inv.Origin, tenant)
	if err != nil {
		return Reply{}, err
	}
	return say(messages.Reply("Partner Center is asked about " + story.Customer.Name + ". You hear from me what it says.")), nil
}

func clickReseller(ctx context.Context, env Env, inv Invocation) (Reply, error) {
	tenant, err := env.dapTarget(ctx, inv, inv.Value)
	if err != nil {
		return Reply{}, err
	}
	if env.Page == nil {
		return Reply{}, env.noPage()
	}
	secret, _, err := env.Approvals.InviteReseller(ctx, inv.Origin, tenant)
	if err != nil {
		return Reply{}, err
	}
	return env.signIn("To fetch the link by which a customer accepts us as its reseller:", secret), nil
}

func (e Env) signIn(what, secret string) Reply {
	return say(messages.OwnPage(messages.OwnPageView{
		What: what, Address: e.Page(secret), Minutes: access.FormatDuration(approvals.TicketLife),
	}))
}

func (e Env) noPage() error {
	return access.Refuse(access.Unavailable, "There is no page to sign in on any more. `/access dap <customer>` says how to do it by hand.")
}

func (e Env) dapTarget(ctx context.Context, inv Invocation, text string) (access.TenantID, error) {
	if !tenantID.MatchString(text) {
		return "", e.refuse(ctx, inv, "malformed button", "This button does not belong to a customer. Look for a newer card.")
	}
	return access.TenantID(text), nil
}
