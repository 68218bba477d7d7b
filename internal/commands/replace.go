package commands

import (
	"context"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"latchkey/internal/access"
	"latchkey/internal/approvals"
	"latchkey/internal/cards"
	"latchkey/internal/messages"
	"latchkey/internal/roles"
)

func init() {
	registerAction(Action{ID: messages.ActionReduce, Run: clickReduce})
	registerView(View{ID: messages.ViewReduce, Run: submitReduce})
	registerView(View{ID: messages.ViewReplace, Blocks: []string{messages.BlockConfirm}, Run: submitReplace})
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
	ask := approvals.OfferAsk{Customer: story.Customer.Tenant, Roles: access.SortRoles(ids), Days: days, AutoExtend: extend, Replaces: id}
	return env.confirmReplacement(ctx, inv, ask)
}

// confirmReplacement says what it means to put another relationship in the place of
// one, but only to somebody who may.
func (e Env) confirmReplacement(ctx context.Context, inv Invocation, ask approvals.OfferAsk) (Reply, error) {
	if len(ask.Roles) > mostReplacing {
		return Reply{}, access.Refuse(access.Invalid, "That is too many roles to confirm at once: name at most %d.", mostReplacing).In("roles")
	}
	plan, err := e.Approvals.MayReplace(ctx, inv.Origin, ask)
	if err != nil {
		return Reply{}, err
	}
	return open(messages.ReplaceModal(messages.ReplaceView{
		Offer: e.offerView(plan.Offer), Losing: plan.Losing, Moving: plan.Moving, Stuck: plan.Stuck, Private: confirming(ask),
	})), nil
}

// mostReplacing is how many roles fit what a modal can carry.
const mostReplacing = 70

// confirming is what the modal carries of what was asked for.
func confirming(a approvals.OfferAsk) string {
	ids := make([]string, len(a.Roles))
	for i, id := range a.Roles {
		ids[i] = string(id)
	}
	return fmt.Sprintf("%s %d %t %s", messages.Target(a.Customer, a.Replaces), a.Days, a.AutoExtend, strings.Join(ids, ","))
}

var confirmForm = regexp.MustCompile(`^(\S+) ([0-9]{1,4}) (true|false) ([0-9a-f,-]+)$`)

func submitReplace(ctx context.Context, env Env, inv Invocation) (Reply, error) {
	m := confirmForm.FindStringSubmatch(inv.Private)
	if m == nil {
		m = make([]string, 5)
	}
	customer, id, err := env.target(ctx, inv, m[1])
	if err != nil {
		return Reply{}, err
	}
	ask := approvals.OfferAsk{Customer: customer, Replaces: id, AutoExtend: m[3] == "true", Typed: inv.Values[messages.BlockConfirm].Text}
	if ask.Days, err = strconv.Atoi(m[2]); err != nil {
		return Reply{}, err
	}
	for part := range strings.SplitSeq(m[4], ",") {
		ask.Roles = append(ask.Roles, access.RoleID(part))
	}
	o, err := env.Approvals.Offer(ctx, inv.Origin, ask)
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
