package messages

import (
	"fmt"
	"time"

	"github.com/slack-go/slack"

	"latchkey/internal/access"
)

// whatApproved repeats what will be given, to whom and from when until when, by the clock
// of the customer: a dialog knows no time of its reader.
func (in tongue) whatApproved(v CardView) string {
	r := v.Request
	roles, to, who := in.plainRoles(v.Roles), line(r.CustomerName, 50), orElse(line(r.Requester.Name, 50), in.Say("the requester"))
	at := func(t time.Time) string { return v.Language.TimeIn(t, v.Zone) }
	switch {
	case r.Extends != "":
		return in.Say("Give %s %s more of the access %s to %s, until %s?", who, r.Duration, r.Extends, to, at(r.Until()))
	case r.Recurring():
		last := r.Windows[len(r.Windows)-1].Add(r.Duration)
		return in.Say("Give %s in %s to %s, %d times for %s each, from %s to %s?", roles, to, who, len(r.Windows), r.Duration, at(r.StartAt), at(last))
	case r.Scheduled():
		return in.Say("Give %s in %s for %s, from %s until %s, to %s?", roles, to, r.Duration, at(r.StartAt), at(r.StartAt.Add(r.Duration)), who)
	}
	return in.Say("Give %s in %s for %s, from when it is in place, to %s?", roles, to, r.Duration, who)
}

// aheadButtons are those of a contact for what is to begin.
func aheadButtons(v CardView) []*slack.ButtonBlockElement {
	in, r := v.in(), v.Request
	if _, ok := r.Next(); !ok {
		return nil
	}
	if v.Grant != nil && v.Grant.Live() {
		return []*slack.ButtonBlockElement{stopAll(v, in.Say("End all"), in.Say("End all access of %s", r.ID),
			in.Say("End the access that is in force now, and all of %s that is to come?", r.ID))}
	}
	return []*slack.ButtonBlockElement{stopAll(v, in.Say("End"), in.Say("End %s before it begins", r.ID), in.Say("None of the access of %s will begin any more.", r.ID))}
}

func stopAll(v CardView, label, aloud, what string) *slack.ButtonBlockElement {
	in, r := v.in(), v.Request
	return button(ActionStop, Ref(r.ID, r.Terms), label, aloud).
		WithStyle(slack.StyleDanger).
		WithConfirm(in.dialog(in.Say("End the access?"), what, label, slack.StyleDanger))
}

// aheadOwn are the requester's own.
func aheadOwn(v CardView) []*slack.ButtonBlockElement {
	r := v.Request
	if _, ok := r.Next(); !ok {
		return nil
	}
	if v.Grant != nil && v.Grant.Live() {
		return []*slack.ButtonBlockElement{stopAll(v, "End all", "End all access of "+string(r.ID), "End your access now, and all of "+string(r.ID)+" that is to come?")}
	}
	return []*slack.ButtonBlockElement{
		button(ActionWithdraw, Ref(r.ID, r.Terms), "Withdraw", "Withdraw access request "+string(r.ID)).
			WithConfirm(dialog("Take it back?", "None of the access of "+string(r.ID)+" will begin any more.", "Withdraw", slack.StyleDanger)),
	}
}

// prolong asks for more time, where the rule lets whose access it is do that.
func prolong(v CardView) []*slack.ButtonBlockElement {
	r := v.Request
	if v.Grant == nil || v.Grant.State != access.Active || r.Rule.AllowsExtension(v.Grant.Extended) != nil {
		return nil
	}
	return []*slack.ButtonBlockElement{button(ActionProlong, Ref(r.ID, r.Terms), "Extend", fmt.Sprintf("Extend access %s", r.ID))}
}

// ProlongModal asks for how much longer access is wanted, and why. The view must be of
// access in force.
func ProlongModal(v CardView) Modal {
	r, g := v.Request, *v.Grant
	more := slack.NewPlainTextInputBlockElement(plainText("1h"), "extend.duration").WithInitialValue("1h").WithMaxLength(40)
	why := slack.NewPlainTextInputBlockElement(plainText("The mailbox is larger than expected, INC-4711"), "extend.justification").
		WithMultiline(true).WithMaxLength(MaxJustification)
	what := "Your access to *" + name(r.CustomerName) + "* (" + string(r.ID) + ") ends on " + when(g.ExpiresAt) + ". Whoever decides on such access is asked for more time."
	return modal(ViewProlong, Ref(r.ID, r.Terms), "Extend "+string(r.ID), "Send", "Cancel",
		slack.NewSectionBlock(formatted(what), nil, nil),
		slack.NewInputBlock(BlockDuration, plainText("How much longer"), plainText("As in 1h, 90m or 1h30m, from when it would end."), more),
		slack.NewInputBlock(BlockJustification, plainText("Why"), plainText("The customer reads this."), why))
}
