package commands

import (
	"context"
	"fmt"
	"regexp"

	"latchkey/internal/access"
	"latchkey/internal/messages"
)

func init() {
	registerAction(Action{ID: messages.ActionPartnerCenter, Run: clickReview}) // the button itself leads there
	registerAction(Action{ID: messages.ActionAskAgain, Run: clickAskAgain})
	registerAction(Action{ID: messages.ActionAcknowledge, Run: clickAcknowledge})
	registerAction(Action{ID: messages.ActionMute, Run: clickMute})
	registerAction(Action{ID: messages.ActionShowAlerts, Run: clickShowAlerts})
}

func clickAskAgain(ctx context.Context, env Env, inv Invocation) (Reply, error) {
	id, err := env.alertRef(ctx, inv)
	if err != nil {
		return Reply{}, err
	}
	o, err := env.Approvals.AskAgain(ctx, inv.Origin, id)
	if err != nil {
		return Reply{}, err
	}
	return say(messages.OfferReceipt(env.offerView(o))), nil
}

// clickAcknowledge is silent: the card says who did it.
func clickAcknowledge(ctx context.Context, env Env, inv Invocation) (Reply, error) {
	id, err := env.alertRef(ctx, inv)
	if err != nil {
		return Reply{}, err
	}
	_, err = env.Approvals.AcknowledgeAlert(ctx, inv.Origin, id)
	return Reply{}, err
}

// clickMute is silent, too.
func clickMute(ctx context.Context, env Env, inv Invocation) (Reply, error) {
	id, err := env.alertRef(ctx, inv)
	if err != nil {
		return Reply{}, err
	}
	_, err = env.Approvals.MuteAlert(ctx, inv.Origin, id)
	return Reply{}, err
}

func clickShowAlerts(ctx context.Context, env Env, inv Invocation) (Reply, error) {
	m := stormForm.FindStringSubmatch(inv.Value)
	if m == nil {
		return Reply{}, env.refuse(ctx, inv, "malformed button", "This button does not belong to an alert. Look for a newer card.")
	}
	all, err := env.Approvals.OpenStorm(ctx, inv.Origin, access.StormID(m[1]), access.TenantID(m[2]))
	if err != nil {
		return Reply{}, err
	}
	cards := "A card comes"
	if len(all) > 1 {
		cards = fmt.Sprintf("%d cards come", len(all))
	}
	return say(messages.Reply(cards + " below, in this channel.")), nil
}

var (
	alertForm = regexp.MustCompile(`^A-[0-9A-HJKMNP-TV-Z]{10}$`)
	stormForm = regexp.MustCompile(`^(S-[0-9A-HJKMNP-TV-Z]{10})/((?:[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})?)$`)
)

// alertRef reads what a button of an alert carries.
func (e Env) alertRef(ctx context.Context, inv Invocation) (access.AlertID, error) {
	if !alertForm.MatchString(inv.Value) {
		return "", e.refuse(ctx, inv, "malformed button", "This button does not belong to an alert. Look for a newer card.")
	}
	return access.AlertID(inv.Value), nil
}
