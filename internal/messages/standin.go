package messages

import (
	"time"

	"github.com/slack-go/slack"

	"latchkey/internal/access"
	"latchkey/internal/lang"
)

// BlockPerson is the block of a modal in which a person is chosen.
const BlockPerson = "person"

// StandInView is that somebody decides in place of a contact who is away.
type StandInView struct {
	Language lang.Tag
	Tenant   access.TenantID
	Customer string
	Person   access.Person // who decides
	For      access.Person // who is away
	Until    time.Time
}

// StandIn tells the customer's channel who decides in whose place, and until when.
func StandIn(v StandInView) Message {
	in := tongue{v.Language}
	p := &page{in: in}
	p.tell(in.saying("%s is away. Until %s %s decides on access to *%s* in their place.", v.For, v.Until, v.Person, name(v.Customer)).after("👤"))
	p.mutter(in.saying("After that it is over by itself. If that is wrong, tell your partner now."))
	p.buttons(button(ActionBack, string(v.Tenant), in.Say("I am back"), in.Say("I am back: nobody decides in my place any more")))
	return p.message()
}

// StandInRefused tells it that nobody does.
func StandInRefused(v StandInView) Message {
	in := tongue{v.Language}
	return in.notice(in.saying("Nobody stands in for %s.", v.For).after("🚫"),
		in.Say("Who stands in is an active, full member of your workspace and sits in this channel."))
}

// Back tells it that the contact decides again.
func Back(v StandInView) Message {
	in := tongue{v.Language}
	return in.notice(in.saying("%s is back and decides on access to *%s* again; nobody else does in their place.", v.For, name(v.Customer)).after("👤"))
}

// away is the button of a contact who will not be there.
func (in tongue) away(tenant access.TenantID) *slack.ButtonBlockElement {
	return button(ActionAway, string(tenant), in.Say("I am away…"), in.Say("I am away… somebody else decides in my place"))
}

// AwayModal asks who decides meanwhile, and for how long.
func AwayModal(language lang.Tag, tenant access.TenantID) Modal {
	in := tongue{language}
	who := slack.NewOptionsSelectBlockElement(slack.OptTypeUser, plainText(in.Say("A colleague in this channel")), "away.person")
	length := slack.NewPlainTextInputBlockElement(plainText("5 days"), "away.duration").WithMaxLength(40)
	return modal(ViewAway, string(tenant), in.Say("I am away"), in.Say("Save"), in.Say("Cancel"),
		slack.NewInputBlock(BlockPerson, plainText(in.Say("Who decides in your place")), plainText(in.Say("A full member of your workspace who is in the shared channel. The channel is told. You two have one word together.")), who),
		slack.NewInputBlock(BlockDuration, plainText(in.Say("For how long")), plainText(in.Say("As in 8h, 5 days; at most 90 days.")), length))
}
