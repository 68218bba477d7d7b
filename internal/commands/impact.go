package commands

import (
	"context"

	"latchkey/internal/messages"
)

func init() {
	register(Command{
		Name:  "impact",
		Usage: "impact [customer]",
		Short: "Say what we lose and keep if a customer ends delegated admin.",
		Long: []string{
			"Shown are what goes on, what stops, what is often wrongly believed, what can be done instead and how to ask again, and the access that is open now and would end.",
		},
		Who:      "linked staff and bot admins",
		Rare:     true,
		Examples: []string{"impact contoso", "impact contoso.com"},
		Run:      runImpact,
	})
}

func runImpact(ctx context.Context, env Env, inv Invocation) (Reply, error) {
	c, err := env.find(ctx, inv.Origin, scan(inv.Text).words())
	if err != nil {
		return Reply{}, err
	}
	o, err := env.Approvals.Overview(ctx, inv.Origin, c.Tenant)
	if err != nil {
		return Reply{}, err
	}
	return say(messages.Impact(messages.ImpactView{
		Customer: o.Customer.Name, Grants: env.views(o.Grants), Provided: len(o.Providers) > 0,
	})), nil
}
