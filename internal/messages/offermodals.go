package messages

import (
	"strings"

	"github.com/slack-go/slack"

	"latchkey/internal/access"
)

// DeclineModal asks why a relationship is declined.
func DeclineModal(v OfferView) Modal {
	in, o := v.in(), v.Offer
	why := slack.NewPlainTextInputBlockElement(plainText(in.Say("We want a shorter one")), "decline.reason").
		WithMultiline(true).WithMaxLength(maxQuote)
	return modal(ViewDecline, string(o.ID), in.Say("Decline %s", o.ID), in.Say("Decline"), in.Say("Cancel"),
		slack.NewSectionBlock(formatted(in.saying("%s asks *%s* for a relationship of *%s* with %s.",
			o.Requester, name(o.CustomerName), in.Days(o.Days), in.rolesIn(v.Roles, 6)).shown), nil, nil),
		slack.NewSectionBlock(formatted(in.saying("Your no is recorded here and told to the partner. Microsoft has no way to take back what was sent: "+
			"its link stays valid until %s, so whoever can approve it must know of your no.", o.ApproveBy).shown), nil, nil),
		slack.NewInputBlock(BlockReason, plainText(in.Say("Reason")), plainText(in.Say("The partner reads this.")), why))
}

// MailModal shows a mail to be copied, for a customer's people who are not in Slack. It
// is the partner's own people who read the modal; the mail is in the language of the
// view.
func MailModal(v OfferView) Modal {
	o := v.Offer
	return modal(ViewNote, "", "Mail about "+string(o.ID), "", "Close",
		slack.NewSectionBlock(formatted("Copy this into a mail to somebody who can approve it: "+whoApprovesThere+"."), nil, nil),
		slack.NewDividerBlock(),
		slack.NewSectionBlock(plainText(mail(v)), nil, nil))
}

const whoApprovesThere = "a Global Administrator or a Customer Delegated Admin Relationship Administrator of the customer's tenant"

// mail is the text of it. What is long is cut before the link, never the link.
func mail(v OfferView) string {
	in, o := v.in(), v.Offer
	var names []string
	for _, r := range privilegedFirst(v.Roles) {
		n := line(r.Name, maxName)
		if r.Privileged {
			n = in.Say("%s (privileged)", n)
		}
		if r.Allows != "" && len(v.Roles) <= mostAllowed {
			n += ": " + line(in.Table(r.Allows), 200)
		}
		names = append(names, "- "+n)
	}
	renews := in.Say("It ends by itself when its time is over.")
	if o.AutoExtend {
		renews = in.Say("It renews itself for 180 days at its end, until somebody ends it.")
	}
	head := in.Say("Subject: Please approve our access to %s", line(o.CustomerName, maxName)) + "\n\n" + in.Say("Hello,") + "\n\n" +
		in.Say("to work on your Microsoft 365 when you ask us to, we need your approval of a delegated admin relationship (GDAP). It lasts %s.", in.Days(o.Days)) +
		" " + renews + " " + in.Say("You can end it at any time.") + "\n\n" + in.Say("It holds these roles:") + "\n"
	tail := mailStanding(v) + "\n\n" +
		in.Say("To approve it, open this link and sign in as a Global Administrator or a Customer Delegated Admin Relationship Administrator of your tenant:") +
		"\n\n" + reviewLink(v) + "\n\n" +
		in.Say("It is called \"%s\" there. The link works until %s. You can review and end what you have approved under Settings, Partner relationships.",
			line(o.Name, 60), o.ApproveBy) + "\n\n" + in.Say("Thank you.")
	room := maxSection - len([]rune(head)) - len([]rune(tail))
	return head + cut(strings.Join(names, "\n"), room) + tail
}

// TerminateView is a relationship that is to be ended.
type TerminateView struct {
	Customer     string
	Tenant       access.TenantID
	Relationship access.RelationshipID
	Name         string
	Roles        []Role
	InForce      int // how much access through it is in force or on its way
}

// TerminateModal says what ending a relationship means, and has the name of the
// customer typed.
func TerminateModal(v TerminateView) Modal {
	now := "Nobody has access from this bot through it right now."
	if v.InForce > 0 {
		now = "*" + count(v.InForce, "access in force through it* stops working.", "accesses in force through it* stop working.")
	}
	lines := []string{
		"*" + name(v.Name) + "* with *" + name(v.Customer) + "* holds " + rolesIn(v.Roles, 6) + ".",
		"• " + now + " " + tokensLast,
		"• All security groups that were given roles on it lose them, those that Latchkey did not make too.",
		"• You can no longer act in the customer's tenant through it: admin centers, its users, support tickets on its behalf.",
		"• You stay the reseller: orders, subscriptions and licences are not touched. Earned credit hangs on roles in Azure, not on this.",
		"• It cannot be undone. To come back you need a new relationship and the customer's approval.",
	}
	typed := slack.NewPlainTextInputBlockElement(plainText(orElse(line(v.Customer, 100), "The customer's name")), "terminate.confirm").WithMaxLength(200)
	return modal(ViewTerminate, Target(v.Tenant, v.Relationship), "Terminate relationship", "Terminate", "Cancel",
		slack.NewSectionBlock(formatted(strings.Join(lines, "\n")), nil, nil),
		slack.NewInputBlock(BlockConfirm, plainText("Type the name of the customer to confirm"), nil, typed))
}
