package messages

import (
	"fmt"

	"github.com/slack-go/slack"

	"latchkey/internal/access"
)

// The actions of buttons, lists and modals.
const (
	ActionApprove  = "request.approve"
	ActionDeny     = "request.deny"
	ActionSigned   = "request.page" // leads to the bot's own page, to approve there
	ActionVerify   = "contact.verify"
	ActionWithdraw = "request.withdraw"
	ActionEnd      = "grant.end"
	ActionProlong  = "grant.extend"
	ActionStop     = "request.stop" // of what begins again and again
	ActionCustomer = "customer.pick"
	ActionRequest  = "request.open"
	ActionFilled   = "request.filled" // opens the form with roles filled in
	ActionRepeat   = "request.repeat" // opens it with all that an earlier request asked for
	ActionChange   = "request.change" // opens it with what a waiting request asks for
	ActionAway     = "contact.away"   // opens who decides in the place of the contact
	ActionBack     = "contact.back"
	ActionNarrow   = "request.narrow" // opens what can be taken out while it is approved
	ActionQuick1   = "request.for.1"  // opens it with a customer filled in
	ActionQuick2   = "request.for.2"
	ActionQuick3   = "request.for.3"

	ActionBreakGlass = "request.breakglass" // takes the access at once
	ActionSignOff    = "breakglass.sign"
	ActionObject     = "breakglass.object"

	ActionReview    = "offer.review" // leads to Microsoft's page
	ActionDecline   = "offer.decline"
	ActionMail      = "offer.mail"
	ActionTerminate = "relationship.terminate"
	ActionReduce    = "relationship.reduce"
	ActionConsent   = "relationship.consent" // our own yes to what the provider made
	ActionReject    = "relationship.reject"

	ActionRevive = "effect.revive"

	ActionHomeBack = "home.back" // turns the pages of a Home tab
	ActionHomeNext = "home.next"

	ActionStanding = "standing.show"
	ActionOust     = "standing.remove"
	ActionUnassign = "standing.unassign"
	ActionRenew    = "standing.renew"
	ActionSmaller  = "standing.replace"
	ActionEntra    = "standing.entra" // leads to Microsoft's page

	ActionDAPRemove     = "dap.remove"
	ActionDAPCheck      = "dap.check"
	ActionReseller      = "reseller.link"
	ActionAskLetIn      = "letin.ask"
	ActionLetIn         = "letin.open"  // leads to Microsoft's page
	ActionSignIn        = "signin.open" // leads to the bot's own page
	ActionAskAgain      = "alert.ask"
	ActionAcknowledge   = "alert.acknowledge"
	ActionMute          = "alert.mute"
	ActionPartnerCenter = "alert.open" // leads to Microsoft's page
	ActionShowAlerts    = "alert.show" // cards for the alerts of one customer, out of many

	ActionActivity = "activity.open" // shows what was done under a request, or at a customer
	ActionEvidence = "evidence.open" // opens of which time a customer's evidence is to be

	ActionReviewKeep   = "review.keep"
	ActionReviewRemove = "review.remove" // opens the modal that says what stops
	ActionReviewRest   = "review.rest"   // keeps all that nobody has answered

	OptionsCustomer = "request.customer"
	OptionsRoles    = "request.roles"

	ViewRequest = "request.submit"
	ViewChange  = "request.change"
	ViewNarrow  = "request.narrow"
	ViewAway    = "contact.away"
	ViewDeny    = "request.deny"

	ViewEvidence = "evidence.ask"
	ViewProlong  = "grant.extend"
	ViewNote     = "note"

	ViewSignOff = "breakglass.sign"
	ViewObject  = "breakglass.object"

	ViewDecline   = "offer.decline"
	ViewTerminate = "relationship.terminate"
	ViewDAPRemove = "dap.remove"
	ViewReduce    = "relationship.reduce"
	ViewReplace   = "relationship.replace"

	ViewReviewRemove = "review.remove"
)

// QuickActions are those of the buttons that open the form for a customer, by their place in
// a row: Slack wants those of one block to differ.
func QuickActions() []string { return []string{ActionQuick1, ActionQuick2, ActionQuick3} }

// Ref is what a button of a request carries: its id and the terms that the card
// showed. All else is read from the store when somebody clicks.
func Ref(id access.RequestID, terms int) string { return fmt.Sprintf("%s/%d", id, terms) }

func customerButtons(v CardView) []*slack.ButtonBlockElement {
	switch {
	case v.Request.State == access.Pending && v.Request.Stage() == access.ByPeers:
		return nil // it is not their turn
	case v.Request.State == access.Pending:
		return append(deciding(v), verify(v)...)
	case v.Grant != nil && v.Grant.Live():
		return append([]*slack.ButtonBlockElement{endAny(v)}, aheadButtons(v)...)
	}
	return append(aheadButtons(v), v.activity()...)
}

func requesterButtons(v CardView) []*slack.ButtonBlockElement {
	switch {
	case v.Request.State == access.Pending && v.Request.Extends != "":
		return []*slack.ButtonBlockElement{withdraw(v)} // another extension is soon asked for
	case v.Request.State == access.Pending:
		buttons := []*slack.ButtonBlockElement{withdraw(v), change(v)}
		if urgent := breakGlass(v); urgent != nil {
			buttons = append(buttons, urgent)
		}
		return buttons
	case v.Grant != nil && v.Grant.Live():
		return append(append([]*slack.ButtonBlockElement{endOwn(v)}, prolong(v)...), aheadOwn(v)...)
	case over(v):
		return []*slack.ButtonBlockElement{
			button(ActionRepeat, string(v.Request.ID), "Ask again", "Ask again for what "+string(v.Request.ID)+" asked for"),
		}
	}
	return aheadOwn(v)
}

// over reports whether nothing more comes of the request.
func over(v CardView) bool {
	if _, ahead := v.Request.Next(); ahead || v.Request.Extends != "" {
		return false
	}
	if v.Request.State == access.Approved {
		return v.Grant != nil && v.Grant.Final() || !v.Request.Stopped.At.IsZero() && v.Grant == nil
	}
	return v.Request.State != access.Pending
}

func endOwn(v CardView) *slack.ButtonBlockElement {
	return end(v, "End now", "End now: "+string(v.Request.ID), "End your access to "+line(v.Request.CustomerName, 60)+" now? To get it back you have to ask again.")
}

// endAny is for contacts of the customer.
func endAny(v CardView) *slack.ButtonBlockElement {
	in, r := v.in(), v.Request
	return end(v, in.Say("End access"), in.Say("End access of %s", r.ID), in.Say("End the access of %s to %s now?",
		orElse(line(r.Requester.Name, 60), in.Say("the requester")), line(r.CustomerName, 60))+" "+in.tokensLast())
}

// approve repeats in its dialog what will be given, to whom and for how long. What
// needs a sign-in is approved on the page, which says so, too.
func approve(v CardView) *slack.ButtonBlockElement {
	in, r := v.in(), v.Request
	if r.Rule.SignedIn && v.Page != "" {
		b := button(ActionSigned, string(r.ID), in.Say("Approve"), in.Say("Approve access request %s", r.ID)).WithStyle(slack.StylePrimary)
		b.URL = v.Page
		return b
	}
	return button(ActionApprove, Ref(r.ID, r.Terms), in.Say("Approve"), in.Say("Approve access request %s", r.ID)).
		WithStyle(slack.StylePrimary).
		WithConfirm(in.dialog(in.Say("Give this access?"), in.whatApproved(v), in.Say("Approve"), slack.StylePrimary))
}

// verify lets contacts who are not verified yet sign in.
func verify(v CardView) []*slack.ButtonBlockElement {
	if len(v.Unverified) == 0 {
		return nil
	}
	return []*slack.ButtonBlockElement{v.in().verify(v.Request.Customer, v.Request.CustomerName)}
}

func (in tongue) verify(customer access.TenantID, called string) *slack.ButtonBlockElement {
	return button(ActionVerify, string(customer), in.Say("Verify me"), in.Say("Verify me as a contact of %s", line(called, 40)))
}

// deny has no dialog: the modal that it opens asks for the reason.
func deny(v CardView) *slack.ButtonBlockElement {
	in, r := v.in(), v.Request
	return button(ActionDeny, Ref(r.ID, r.Terms), in.Say("Deny"), in.Say("Deny access request %s", r.ID)).WithStyle(slack.StyleDanger)
}

func withdraw(v CardView) *slack.ButtonBlockElement {
	r := v.Request
	return button(ActionWithdraw, Ref(r.ID, r.Terms), "Withdraw", "Withdraw access request "+string(r.ID)).
		WithConfirm(dialog("Take the request back?", "Nobody will be able to approve "+string(r.ID)+" any more.", "Withdraw", slack.StyleDanger))
}

func end(v CardView, label, aloud, what string) *slack.ButtonBlockElement {
	in, r := v.in(), v.Request
	return button(ActionEnd, Ref(r.ID, r.Terms), label, aloud).
		WithStyle(slack.StyleDanger).
		WithConfirm(in.dialog(in.Say("End the access?"), what, label, slack.StyleDanger))
}

// button is one whose visible words are part of what is read aloud, so that who speaks
// to the page can name it.
func button(action, value, label, aloud string) *slack.ButtonBlockElement {
	b := slack.NewButtonBlockElement(action, value, plainText(line(label, 75)))
	b.AccessibilityLabel = line(aloud, 75)
	return b
}

func dialog(title, what, yes string, style slack.Style) *slack.ConfirmationBlockObject {
	return english.dialog(title, what, yes, style)
}

func (in tongue) dialog(title, what, yes string, style slack.Style) *slack.ConfirmationBlockObject {
	return slack.NewConfirmationBlockObject(plainText(cut(title, 100)), plainText(cut(what, 300)), plainText(cut(yes, 30)), plainText(in.Say("Not now"))).
		WithStyle(style)
}

func plainRoles(roles []Role) string { return english.plainRoles(roles) }
