package commands

import (
	"context"
	"fmt"
	"slices"

	"latchkey/internal/access"
	"latchkey/internal/approvals"
	"latchkey/internal/cards"
	"latchkey/internal/messages"
	"latchkey/internal/roles"
)

func init() {
	registerAction(Action{ID: messages.ActionReduce, Run: clickReduce})
	registerView(View{ID: messages.ViewReduce, Run: submitReduce})
}

// replaceRelationship asks for a relationship that is to take the place of
// another: "O-7K3M2 with helpdesk for 1y".
func replaceRelationship(ctx context.Context, env Env, inv Invocation, words []Word) (Reply, error) {
	rest, days, extend, err := takeDays(words)
	if err != nil {
		return Reply{}, err
	}
	at := slices.IndexFunc(rest, func(w Word) bool { return w.is("with") || w.is("by") })
	if at < 1 || at == len(rest)-1 {
		return Reply{}, access.Refuse(access.Invalid,
			"Say which relationship and what is to take its place, as in `/access relationship replace O-7K3M2 with helpdesk for 1y`.")
	}
	story, err := env.relationship(ctx, inv, rest[:at])
	if err != nil {
		return Reply{}, err
	}
	ids, err := env.Policy().FindRoles(roleText(rest[at+1:]))
	if err != nil {
		return Reply{}, err
	}
	id := relationshipID(story)
	if id == "" {
		return Reply{}, access.Refuse(access.Conflict, "%s has not been sent yet, so there is nothing to replace.", story.Name())
	}
	o, err := env.Approvals.Offer(ctx, inv.Origin, approvals.OfferAsk{
		Customer: story.Customer.Tenant, Roles: ids, Days: days, AutoExtend: extend, Replaces: id,
	})
	if err != nil {
		return Reply{}, err
	}
	return say(messages.OfferReceipt(env.offerView(o))), nil
}

func reduceRelationship(ctx context.Context, env Env, inv Invocation, words []Word) (Reply, error) {
	story, err := env.relationship(ctx, inv, words)
	if err != nil {
		return Reply{}, err
	}
	id := relationshipID(story)
	if id == "" {
		return Reply{}, access.Refuse(access.Conflict, "%s has not been sent yet. It can be changed once it is active.", story.Name())
	}
	return env.confirmReduction(ctx, inv, story.Customer.Tenant, id)
}

func clickReduce(ctx context.Context, env Env, inv Invocation) (Reply, error) {
	customer, id, err := env.target(ctx, inv, inv.Value)
	if err != nil {
		return Reply{}, err
	}
	return env.confirmReduction(ctx, inv, customer, id)
}

// confirmReduction says what it means to take the role out, but only to
// somebody who may.
func (e Env) confirmReduction(ctx context.Context, inv Invocation, customer access.TenantID, id access.RelationshipID) (Reply, error) {
	story, err := e.Approvals.MayReduce(ctx, inv.Origin, customer, id)
	if err != nil {
		return Reply{}, err
	}
	v := messages.ReduceView{
		Customer: story.Customer.Name, Tenant: customer, Relationship: id, Name: story.Name(),
		Left: cards.Roles(access.Without(story.Held(), roles.GlobalAdministrator)),
	}
	if story.Mirrored != nil {
		for _, a := range story.Mirrored.Assignments {
			if slices.Contains(a.Roles, roles.GlobalAdministrator) {
				v.Groups = append(v.Groups, a.GroupName)
			}
		}
	}
	return open(messages.ReduceModal(v)), nil
}

func submitReduce(ctx context.Context, env Env, inv Invocation) (Reply, error) {
	customer, id, err := env.target(ctx, inv, inv.Private)
	if err != nil {
		return Reply{}, err
	}
	story, err := env.Approvals.Reduce(ctx, inv.Origin, customer, id)
	if err != nil {
		return Reply{}, err
	}
	return say(messages.Reply(fmt.Sprintf(
		"Microsoft is asked to take Global Administrator out of %s with %s, which may take some minutes. You hear from me when it is done, and so does the customer's channel.",
		story.Name(), story.Customer.Name))), nil
}
