package messages

import (
	"fmt"

	"github.com/slack-go/slack"

	"latchkey/internal/access"
	"latchkey/internal/lang"
)

// OfferView is an offer with the names that are needed to show it.
type OfferView struct {
	Language lang.Tag // of who reads it; empty for the partner's own staff
	Offer    access.Offer
	Roles    []Role
	Groups   []GroupView // with standing access, in the order of the offer
	Fewer    []Role      // what the relationship that it replaces holds and it does not
	More     []Role      // what it holds and that one does not
	Bundle   string      // optional: what policy calls exactly these roles
	InPerson bool        // to a contact, because the customer's channel cannot be written to
	Center   string      // optional: where Microsoft's admin center is, in a world that is not the real one
}

func (v OfferView) in() tongue { return tongue{v.Language} }

// reviewLink is where the customer approves the relationship.
func reviewLink(v OfferView) string {
	return orElse(v.Center, "https://admin.microsoft.com") + "/AdminPortal/Home#/partners/invitation/granularAdminRelationships/" +
		string(v.Offer.Relationship)
}

// Target is what a button carries that changes a relationship.
func Target(customer access.TenantID, id access.RelationshipID) string {
	return string(customer) + "/" + string(id)
}

// OfferCustomerCard is the card in the customer's channel.
func OfferCustomerCard(v OfferView) Message {
	p := newOfferCard("oc", v)
	now, in, o := offerStatus(v), v.in(), v.Offer
	p.header(now.emoji + " " + in.Say("%s: %s", o.ID, in.Say("relationship %s", now.word)))
	p.say("%s", in.Say("%s, relationship that %s asks of %s: %s.", o.ID, called(o.Requester), name(o.CustomerName), now.word))
	asks := in.saying("%s asked *%s* for a delegated admin relationship of *%s*.", o.Requester, name(o.CustomerName), in.Days(o.Days))
	if o.State == access.OfferSent {
		asks = in.saying("%s asks *%s* for a delegated admin relationship of *%s*.", o.Requester, name(o.CustomerName), in.Days(o.Days))
	}
	p.section(asks.shown)
	p.offerTerms(v)
	if o.State != access.OfferSent {
		p.standing(now)
		return p.message()
	}
	p.tell(in.bySelf(o))
	// Who does what, where and until when.
	p.tell(in.saying("*To approve it*, press Review and sign in to the Microsoft 365 admin center as a Global Administrator or a Customer Delegated Admin Relationship Administrator of your tenant. "+
		"It is called “%s” there. You have until *%s*. Then it lapses and nothing is given.", escape(o.Name, 60), o.ApproveBy))
	if v.InPerson { // a no counts in the channel alone
		p.buttons(review(v))
		p.mutter(in.elsewhere(o.CustomerName))
	} else {
		p.buttons(review(v), decline(v))
	}
	p.mutter(in.saying("Not yours to approve? Pass the link of Review on to somebody who can."))
	return p.message()
}

// OfferRequesterCard is the card in the direct messages of who asked.
func OfferRequesterCard(v OfferView) Message {
	p := newOfferCard("or", v)
	now, o := offerStatus(v), v.Offer
	p.header(fmt.Sprintf("%s %s: relationship %s", now.emoji, o.ID, now.word))
	p.say("The relationship %s that you asked of %s: %s.", o.ID, name(o.CustomerName), now.word)
	p.section("You asked *" + name(o.CustomerName) + "* for a delegated admin relationship of *" + access.FormatDays(o.Days) + "*.")
	p.offerTerms(v)
	p.standing(now)
	if now.next != "" {
		p.contextBoth(now.next)
	}
	if o.State == access.OfferSent || o.State == access.OfferActive || o.State == access.OfferDeclined {
		p.contextBoth("Microsoft calls it “" + escape(o.Name, 60) + "”.")
	}
	p.buttons(offerStaffButtons(v)...)
	return p.message()
}

// elsewhere says why somebody is told in person what belongs into the channel.
func (in tongue) elsewhere(customer string) saying {
	return in.saying("You read this here because the bot cannot write to the channel of %s. Whoever runs it knows.", name(customer))
}

func newOfferCard(kind string, v OfferView) *page {
	return &page{prefix: fmt.Sprintf("%s.%s.%d", kind, v.Offer.ID, v.Offer.Rev), in: v.in()}
}

// offerTerms says what is asked for.
func (p *page) offerTerms(v OfferView) {
	p.section(p.in.allowing(v.Roles, v.Bundle)...)
	p.say("%s", p.in.Say("For %s. Roles: %s.", p.in.Days(v.Offer.Days), p.in.rolesIn(v.Roles, 200)))
	for _, r := range v.Roles {
		if r.Privileged {
			p.mutter(p.in.saying("⚠️ A privileged role can raise its own rights or those of others, so it needs more care than the rest."))
			break
		}
	}
	switch v.Offer.State { // in the others the status says it, or it does not matter any more
	case access.OfferDrafted, access.OfferSent, access.OfferDeclined, access.OfferApproved:
		p.tell(p.in.renewal(v.Offer))
		p.standingGroups(v)
		p.replacement(v)
		return
	case access.OfferActive, access.OfferTerminating, access.OfferEnded, access.OfferLapsed, access.OfferFailed:
	}
	p.standingGroups(v)
	p.replacement(v)
}

// mostAllowed is how many roles are explained; of more, who reads to the end?
const mostAllowed = 25

// allowing lists every role and what it allows.
func (in tongue) allowing(roles []Role, bundle string) []string {
	lines := in.roleLines(roles, bundle)
	if len(roles) > mostAllowed {
		return lines
	}
	for i, r := range privilegedFirst(roles) {
		if r.Allows != "" {
			lines[i+1] += ". " + escape(in.Table(r.Allows), 200)
		}
	}
	return lines
}

func (in tongue) renewal(o access.Offer) saying {
	if o.AutoExtend {
		return in.saying("It renews itself for 180 days at its end, again and again, until somebody ends it. You can end it at any time in the admin center.")
	}
	return in.saying("It ends by itself when its time is over, and can be ended before in the admin center.")
}

func review(v OfferView) *slack.ButtonBlockElement {
	in, o := v.in(), v.Offer
	return leads(button(ActionReview, string(o.ID), in.Say("Review in Microsoft 365 admin center"), in.Say("Review in Microsoft 365 admin center, relationship %s", o.ID)).
		WithStyle(slack.StylePrimary), reviewLink(v))
}

// decline has no dialog: the modal that it opens asks for the reason.
func decline(v OfferView) *slack.ButtonBlockElement {
	in, o := v.in(), v.Offer
	return button(ActionDecline, string(o.ID), in.Say("Decline"), in.Say("Decline relationship %s", o.ID)).WithStyle(slack.StyleDanger)
}

func offerStaffButtons(v OfferView) []*slack.ButtonBlockElement {
	o := v.Offer
	switch o.State {
	case access.OfferSent:
		return []*slack.ButtonBlockElement{button(ActionMail, string(o.ID), "Mail text", "Mail text about relationship "+string(o.ID))}
	case access.OfferActive:
		return []*slack.ButtonBlockElement{terminate(o.Customer, o.Relationship, string(o.ID))}
	}
	return nil
}

// terminate has no dialog: the modal that it opens wants a name to be typed.
func terminate(customer access.TenantID, id access.RelationshipID, called string) *slack.ButtonBlockElement {
	return button(ActionTerminate, Target(customer, id), "Terminate", "Terminate the relationship "+called).WithStyle(slack.StyleDanger)
}

// OfferDeclined tells who asked that the customer said no.
func OfferDeclined(v OfferView) Message {
	o := v.Offer
	return told(english.offerDeclined(o), "❌ *"+name(o.CustomerName)+"* declined the relationship "+string(o.ID)+".",
		name(o.CustomerName)+" declined the relationship "+string(o.ID)+".", english.offerDeclined(o).next)
}

// OfferLapsed tells who asked that nobody approved.
func OfferLapsed(v OfferView) Message {
	o := v.Offer
	return notice("⌛ *"+name(o.CustomerName)+"* has not approved the relationship "+string(o.ID)+" in time. Nothing was given.",
		name(o.CustomerName)+" has not approved the relationship "+string(o.ID)+" in time. Nothing was given.",
		"You can ask again with `/access relationship request`.")
}

// OfferFailed tells who asked that nothing was sent.
func OfferFailed(v OfferView) Message {
	o := v.Offer
	line := "The relationship " + string(o.ID) + " could not be sent to "
	return notice("⚠️ "+line+"*"+name(o.CustomerName)+"*. The customer was not asked.",
		line+name(o.CustomerName)+". The customer was not asked.", sentence(o.FailNote))
}

// OfferActive tells either side that the relationship is there.
func OfferActive(v OfferView, staff bool) Message {
	in, o := v.in(), v.Offer
	now := in.offerActive(o)
	small := in.Say("Nobody has access through it yet: each access is asked for here, and you decide.")
	if len(o.Groups) > 0 {
		small = in.Say("The security groups that the card names receive their standing access now. Everybody else asks here for each access, and you decide.")
	}
	if staff {
		small = now.next
	}
	return in.told(status{lines: now.lines, text: now.text},
		in.saying("The relationship %s with *%s* was approved and is active.", o.ID, name(o.CustomerName)).after("✅"), small)
}

// OfferEnded tells either side that the relationship is over.
func OfferEnded(v OfferView) Message {
	in, o := v.in(), v.Offer
	over := in.saying("The relationship %s with *%s* has ended.", o.ID, name(o.CustomerName)).and(in.offerEnd(o))
	return in.notice(over.after("🔒"), in.Say("Nobody gets access through it any more.")+" "+in.tokensLast())
}

// OfferOverruled alerts staff that a relationship which was declined is there
// all the same, with the button that ends it.
func OfferOverruled(v OfferView) Message {
	o := v.Offer
	p := &page{}
	who, aloud := mention(o.DeclinedBy)+" declined it", called(o.DeclinedBy)+" declined it"
	if o.DeclinedBy.User == "" {
		who, aloud = "it had been given up here", "it had been given up here"
	}
	tail := ", and somebody approved it in the Microsoft 365 admin center all the same." + ungiven(o) + " Ask the customer what is meant. If it was a mistake, terminate it."
	p.section("⚠️ *Please look at this*: the relationship "+string(o.ID)+" with *"+name(o.CustomerName)+"*", who+" on "+when(o.DeclinedAt)+tail)
	p.say("Please look at this: the relationship %s with %s. %s at %s%s", o.ID, name(o.CustomerName), aloud, access.FormatTime(o.DeclinedAt), tail)
	p.buttons(terminate(o.Customer, o.Relationship, string(o.ID)))
	return p.message()
}

// OfferReceipt tells who asked that it is on its way.
func OfferReceipt(v OfferView) Message {
	o := v.Offer
	what := access.FormatDays(o.Days) + " with " + rolesIn(v.Roles, 6) + "."
	return notice("🔄 *"+string(o.ID)+"*: *"+name(o.CustomerName)+"* is asked for a relationship of "+what,
		string(o.ID)+": "+name(o.CustomerName)+" is asked for a relationship of "+what,
		receiptTail(v), "It is made at Microsoft now; then the customer's channel is asked to approve it. Your direct messages have a card that shows where it stands.")
}
