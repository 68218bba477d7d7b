package commands

import (
	"context"
	"regexp"
	"strings"

	"latchkey/internal/access"
	"latchkey/internal/approvals"
	"latchkey/internal/cards"
	"latchkey/internal/messages"
)

func init() {
	register(Command{
		Name:  "list",
		Usage: "list [customer]",
		Short: "Show how we can get into a customer's tenant, and who is in it now.",
		Long: []string{
			"The customer may be a name, the beginning of one, a domain or a tenant id. In the channel that is shared with a customer it can be left out.",
			"Shown are the delegated admin relationships with their roles and dates, which security group receives which roles, and what cannot be seen and why.",
		},
		Who:      "linked staff and bot admins",
		Examples: []string{"list contoso", "list contoso.com"},
		Run:      runList,
	})
	registerAction(Action{ID: messages.ActionCustomer, Run: pickCustomer})
}

func runList(ctx context.Context, env Env, inv Invocation) (Reply, error) {
	words := scan(inv.Text).words()
	c, err := env.find(ctx, inv.Origin, words)
	if len(words) == 0 && access.CodeOf(err) == access.Invalid {
		return which(ctx, env, inv)
	}
	if err != nil {
		return Reply{}, choose(err)
	}
	return overview(ctx, env, inv, c.Tenant)
}

// which lists the customers to choose from.
func which(ctx context.Context, env Env, inv Invocation) (Reply, error) {
	const most = 20
	all, err := env.Approvals.Customers(ctx, inv.Origin, "", most+1)
	if err != nil {
		return Reply{}, err
	}
	return say(messages.Choice(messages.ChoiceView{Customers: choices(all[:min(most, len(all))]), More: len(all) > most})), nil
}

var tenantID = regexp.MustCompile(`^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$`)

func pickCustomer(ctx context.Context, env Env, inv Invocation) (Reply, error) {
	if inv.External {
		return Reply{}, env.refuse(ctx, inv, inv.Action, "This is for the partner's own staff.")
	}
	if !tenantID.MatchString(inv.Value) {
		return Reply{}, env.refuse(ctx, inv, inv.Action, "This button is not known. Type `/access list` again.")
	}
	return overview(ctx, env, inv, access.TenantID(inv.Value))
}

func overview(ctx context.Context, env Env, inv Invocation, tenant access.TenantID) (Reply, error) {
	o, err := env.Approvals.Overview(ctx, inv.Origin, tenant)
	if err != nil {
		return Reply{}, err
	}
	v := messages.OverviewView{
		Customer: o.Customer.Name, Domains: o.Customer.Domains, InPolicy: o.Customer.InPolicy,
		Grants: env.views(o.Grants), ReadAt: o.ReadAt, Problem: o.Problem, Unreadable: o.Unreadable,
		DAP: env.dapView(inv.Origin, o.DAP), Others: env.othersView(inv.Origin, o),
	}
	for _, r := range o.Relationships {
		v.Relationships = append(v.Relationships, cards.Provided(cards.RelationshipView(r), o.Providers[r.Provider]))
	}
	return say(messages.Overview(v)), nil
}

// views finds the names that messages need to show the entries.
func (e Env) views(entries []approvals.Entry) []messages.CardView {
	out := make([]messages.CardView, len(entries))
	for i, x := range entries {
		out[i] = cards.View(e.Policy(), x)
	}
	return out
}

// requestID reads the id of a request that somebody typed.
func requestID(w Word) (access.RequestID, error) {
	text := strings.Trim(w.Text, ".,;:()")
	if id, ok := access.ParseRequestID(text); ok {
		return id, nil
	}
	return "", access.Refuse(access.Invalid, "“%s” is not the id of a request. One looks like `R-7K3M2`; `/access mine` lists yours.", short(w.Text))
}
