package commands

import (
	"context"
	"time"

	"latchkey/internal/access"
	"latchkey/internal/approvals"
	"latchkey/internal/cards"
	"latchkey/internal/messages"
)

func init() {
	register(Command{
		Name:  "activity",
		Usage: "activity [customer] [request]",
		Short: "Show what our people did in a customer's tenant.",
		Long: []string{
			"It is read from the tenant's own logs of sign-ins and of changes, where the customer lets the bot read them. Each act is held against who had access at that moment: what nothing allowed comes first, then what was done under each request, and what was given and never used.",
			"Without a customer all of them are counted, for the last 30 days; who has not consented is listed with the link for its admin. Verified contacts of the customer see the same of their own tenant by the button “What was done” on their cards.",
		},
		Who:      "linked staff and bot admins, and verified contacts by the button",
		Rare:     true,
		Examples: []string{"activity contoso", "activity contoso R-7K3M2", "activity"},
		Run:      runActivity,
	})
	registerAction(Action{ID: messages.ActionActivity, Run: clickActivity})
}

func runActivity(ctx context.Context, env Env, inv Invocation) (Reply, error) {
	words := scan(inv.Text).words()
	var id access.RequestID
	if n := len(words); n > 0 && !words[n-1].Quoted {
		if known, ok := access.ParseRequestID(words[n-1].Text); ok && (n > 1 || namesRequest(words[n-1])) {
			id, words = known, words[:n-1]
		}
	}
	var tenant access.TenantID
	if len(words) > 0 || id == "" {
		c, err := env.find(ctx, inv.Origin, words)
		if len(words) == 0 && access.CodeOf(err) == access.Invalid {
			return activityAll(ctx, env, inv)
		}
		if err != nil {
			return Reply{}, choose(err)
		}
		tenant = c.Tenant
	}
	return activity(ctx, env, inv, tenant, id)
}

// namesRequest reports whether the only word is meant as a request: a customer may be
// called what could be an id.
func namesRequest(w Word) bool { return len(w.Text) > 5 }

// clickActivity shows a request, or a customer.
func clickActivity(ctx context.Context, env Env, inv Invocation) (Reply, error) {
	if id, ok := access.ParseRequestID(inv.Value); ok {
		return activity(ctx, env, inv, "", id)
	}
	tenant, err := env.tenant(ctx, inv, inv.Value)
	if err != nil {
		return Reply{}, err
	}
	return activity(ctx, env, inv, tenant, "")
}

func activity(ctx context.Context, env Env, inv Invocation, tenant access.TenantID, id access.RequestID) (Reply, error) {
	a, err := env.Approvals.Activity(ctx, inv.Origin, tenant, id)
	if err != nil {
		return Reply{}, err
	}
	m := messages.Activity(env.activityView(inv, a))
	if inv.External {
		return open(messages.Note(m)), nil
	}
	return say(m), nil
}

func (e Env) activityView(inv Invocation, a approvals.Activity) messages.ActivityView {
	v := messages.ActivityView{
		Language: e.language(inv), External: inv.External, Customer: a.Customer.Name, Request: a.Request, Days: int(approvals.ActivityShown / (24 * time.Hour)),
		Cursor: a.Cursor, Connected: e.Activity != nil, Damaged: a.Damaged,
		Outside: deeds(a.Outside), Standing: deeds(a.Standing), Unclear: deeds(a.Unclear), Unused: e.views(a.Unused),
	}
	if e.Activity != nil {
		v.Consent = e.Activity(a.Customer.Tenant)
	}
	for _, u := range a.Under {
		v.Under = append(v.Under, messages.DeedsUnderView{CardView: cards.View(e.Policy(), u.Entry), Deeds: deeds(u.Deeds)})
	}
	return v
}

func deeds(all []approvals.Deed) []messages.DeedView {
	out := make([]messages.DeedView, len(all))
	for i, d := range all {
		out[i] = messages.DeedView{Doings: d.Doings, By: d.By}
	}
	return out
}

func activityAll(ctx context.Context, env Env, inv Invocation) (Reply, error) {
	all, err := env.Approvals.ActivityAll(ctx, inv.Origin)
	if err != nil {
		return Reply{}, err
	}
	v := messages.ActivityAllView{Connected: env.Activity != nil, Days: int(approvals.ActivityShown / (24 * time.Hour))}
	for _, c := range all {
		one := messages.ActivityCountView{
			Customer: c.Customer.Name, Tenant: c.Customer.Tenant, Cursor: c.Cursor, Outside: c.Outside, Others: c.Others, Unused: c.Unused, Last: c.Last,
		}
		if env.Activity != nil {
			one.Consent = env.Activity(c.Customer.Tenant)
		}
		if c.Cursor.State() == access.ActivityRead {
			v.Customers = append(v.Customers, one)
		} else {
			v.Unread = append(v.Unread, one)
		}
	}
	return say(messages.ActivityAll(v)), nil
}
