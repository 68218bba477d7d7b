package commands

import (
	"context"
	"fmt"
	"regexp"

	"latchkey/internal/access"
	"latchkey/internal/cards"
	"latchkey/internal/messages"
)

func init() {
	registerAction(Action{ID: messages.ActionReview, Run: clickReview})
	registerAction(Action{ID: messages.ActionDecline, Run: clickDecline})
	registerView(View{ID: messages.ViewDecline, Blocks: []string{messages.BlockReason}, Run: submitDecline})
	registerAction(Action{ID: messages.ActionMail, Run: clickMail})
	registerAction(Action{ID: messages.ActionTerminate, Run: clickTerminate})
	registerView(View{ID: messages.ViewTerminate, Blocks: []string{messages.BlockConfirm}, Run: submitTerminate})
}

// clickReview is silent: the button itself leads to Microsoft, and what is done
// there shows on the card.
func clickReview(context.Context, Env, Invocation) (Reply, error) { return Reply{}, nil }

// clickDecline asks for the reason, but only somebody who may decline.
func clickDecline(ctx context.Context, env Env, inv Invocation) (Reply, error) {
	id, err := env.offerRef(ctx, inv, inv.Value)
	if err != nil {
		return Reply{}, err
	}
	o, err := env.Approvals.MayDeclineOffer(ctx, inv.Origin, id)
	if err != nil {
		return Reply{}, err
	}
	v := env.offerView(o)
	v.Language = env.language(inv)
	return open(messages.DeclineModal(v)), nil
}

func submitDecline(ctx context.Context, env Env, inv Invocation) (Reply, error) {
	id, err := env.offerRef(ctx, inv, inv.Private)
	if err != nil {
		return Reply{}, err
	}
	reason, err := Justification(inv.Values[messages.BlockReason].Text)
	if err != nil {
		return Reply{}, access.RefuseAnyone(access.Invalid, "Say why, in at most %d characters, so that the partner knows what to change.", messages.MaxJustification)
	}
	_, err = env.Approvals.DeclineOffer(ctx, inv.Origin, id, reason)
	return Reply{}, err
}

// clickMail shows the mail to the partner's own people, who may look at every
// relationship.
func clickMail(ctx context.Context, env Env, inv Invocation) (Reply, error) {
	id, err := env.offerRef(ctx, inv, inv.Value)
	if err != nil {
		return Reply{}, err
	}
	story, err := env.Approvals.Relationship(ctx, inv.Origin, string(id))
	if err != nil {
		return Reply{}, err
	}
	if story.Offer == nil || story.Offer.State != access.OfferSent {
		return Reply{}, access.Refuse(access.Conflict, "%s does not wait for approval any more, so there is no mail to send.", id)
	}
	v := env.offerView(*story.Offer)
	if c, ok := env.Policy().Customer(story.Offer.Customer); ok {
		v.Language = c.Language // of the mail
	}
	return open(messages.MailModal(v)), nil
}

func clickTerminate(ctx context.Context, env Env, inv Invocation) (Reply, error) {
	customer, id, err := env.target(ctx, inv, inv.Value)
	if err != nil {
		return Reply{}, err
	}
	return env.confirmTermination(ctx, inv, customer, id)
}

func submitTerminate(ctx context.Context, env Env, inv Invocation) (Reply, error) {
	customer, id, err := env.target(ctx, inv, inv.Private)
	if err != nil {
		return Reply{}, err
	}
	story, err := env.Approvals.Terminate(ctx, inv.Origin, customer, id, inv.Values[messages.BlockConfirm].Text)
	if err != nil {
		return Reply{}, err
	}
	return say(messages.Reply(fmt.Sprintf(
		"Microsoft is asked to end %s with %s. You hear from me when it is over, and so does the customer's channel.", story.Name(), story.Customer.Name))), nil
}

func (e Env) offerView(o access.Offer) messages.OfferView {
	return cards.OfferView(e.Policy(), e.AdminCenter, o)
}

const guid = `[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}`

var (
	offerForm  = regexp.MustCompile(`^O-[0-9A-HJKMNP-TV-Z]{5}$`)
	targetForm = regexp.MustCompile(`^(` + guid + `)/(` + guid + `-` + guid + `)$`)
)

// offerRef reads what a button or a modal of an offer carries.
func (e Env) offerRef(ctx context.Context, inv Invocation, text string) (access.OfferID, error) {
	if !offerForm.MatchString(text) {
		return "", e.refuseAnyone(ctx, inv, "malformed button", "This button does not belong to a relationship. Look for a newer card.")
	}
	return access.OfferID(text), nil
}

// target reads what a button or a modal carries that changes a relationship.
func (e Env) target(ctx context.Context, inv Invocation, text string) (access.TenantID, access.RelationshipID, error) {
	m := targetForm.FindStringSubmatch(text)
	if m == nil {
		return "", "", e.refuse(ctx, inv, "malformed button", "This button does not belong to a relationship. Look for a newer card.")
	}
	return access.TenantID(m[1]), access.RelationshipID(m[2]), nil
}
