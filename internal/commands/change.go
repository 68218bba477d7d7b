package commands

import (
	"context"

	"latchkey/internal/access"
	"latchkey/internal/cards"
	"latchkey/internal/messages"
)

func init() {
	registerAction(Action{ID: messages.ActionChange, Run: clickChange})
	registerView(View{
		ID:     messages.ViewChange,
		Blocks: []string{messages.BlockRoles, messages.BlockDuration, messages.BlockJustification},
		Run:    submitChange,
	})
}

// clickChange opens the form with what the request asks for now.
func clickChange(ctx context.Context, env Env, inv Invocation) (Reply, error) {
	id, terms, err := env.ref(ctx, inv, inv.Value)
	if err != nil {
		return Reply{}, err
	}
	r, err := env.Approvals.MayChange(ctx, inv.Origin, id, terms)
	if err != nil {
		return Reply{}, err
	}
	f := env.filled(r)
	f.Change = messages.Ref(r.ID, r.Terms)
	return open(messages.RequestModal(f)), nil
}

func submitChange(ctx context.Context, env Env, inv Invocation) (Reply, error) {
	id, terms, err := env.ref(ctx, inv, inv.Private)
	if err != nil {
		return Reply{}, err
	}
	ask, faults := env.fields(inv)
	if len(faults) > 0 {
		return Reply{Errors: faults}, nil
	}
	_, err = env.Approvals.Change(ctx, inv.Origin, id, terms, ask)
	return Reply{}, err
}

// filled is the form with what a request asks for.
func (e Env) filled(r access.Request) messages.RequestForm {
	f := messages.RequestForm{Duration: access.FormatDuration(r.Duration), Justification: r.Justification}
	p := e.Policy()
	if c, ok := p.Customer(r.Customer); ok {
		f.Customer = &messages.Option{Value: string(c.Tenant), Text: c.Name}
	}
	if b, ok := p.BundleFor(r.Roles); ok {
		f.Roles = []messages.Option{{Value: bundleValue(b), Text: b.Name, Description: b.What}}
		return f
	}
	for i, role := range cards.Roles(r.Roles) {
		if i < mostPrefilled {
			f.Roles = append(f.Roles, messages.Option{Value: string(r.Roles[i]), Text: role.Name})
		}
	}
	return f
}
