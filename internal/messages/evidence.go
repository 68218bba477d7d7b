package messages

import (
	"github.com/slack-go/slack"

	"latchkey/internal/access"
	"latchkey/internal/lang"
)

// EvidenceView is a report of what access there was to a customer.
type EvidenceView struct {
	Language lang.Tag
	Customer string
	Tenant   access.TenantID
	Period   string // as it was asked for, or in words
	ID       string
	By       access.Person // who asked for it

	Digest                   string
	Accesses, Glass, Refused int
}

// EvidenceAsked tells the customer's channel that the report is being made.
func EvidenceAsked(v EvidenceView) Message {
	in := tongue{v.Language}
	p := &page{in: in}
	p.tell(in.saying("%s has asked for the evidence of access to *%s*, %s. It is being made, and follows here as files.", v.By, name(v.Customer), escape(v.Period, 40)).after("🗂️"))
	p.mutter(in.saying("It says who had access, why, who allowed it and how it ended. Report %s.", escape(v.ID, 10)))
	p.buttons(in.evidence(v.Tenant))
	return p.message()
}

// EvidenceReply tells whoever asked in our own workspace.
func EvidenceReply(v EvidenceView) Message {
	return Reply("The evidence of access to " + v.Customer + ", " + v.Period + ", is being made (" + v.ID + "). It appears in the customer's channel, as files.")
}

// EvidenceFailed tells whoever asked that Slack does not take the report, and what to do.
func EvidenceFailed(v EvidenceView, why access.Code) Message {
	in := tongue{v.Language}
	p := &page{in: in}
	p.tell(in.saying("The evidence of access to *%s*, %s, cannot be shown in its channel (%s).", name(v.Customer), escape(v.Period, 40), escape(v.ID, 10)).after("⚠️"))
	switch why {
	case access.Invalid:
		p.tell(in.saying("Its files are too large for Slack. Ask for a shorter time, such as a month in place of a year."))
	case access.Unavailable:
		p.tell(in.saying("Slack takes no files there, or none of this app. An administrator of the workspace can allow that; then ask again."))
	case access.NotFound, access.Conflict, access.Forbidden:
		p.tell(in.saying("The channel is gone, closed, or not one that only the customer and its partner read. A bot admin names another one in policy.yml; then ask again."))
	default:
		p.tell(in.saying("Slack does not say why. The partner’s operators know of it, and can have it tried again."))
	}
	p.mutter(in.saying("Whoever runs the bot can write the same report with `bot report`."))
	return p.message()
}

// EvidenceShown are the words above the files, which Slack reads as it does a message: what
// they come to.
func EvidenceShown(v EvidenceView) string {
	in := tongue{v.Language}
	return in.Say("Evidence of access to %s, %s (%s). Times of access: %d; taken by break-glass: %d; refused, or without access: %d. Digest of the content: %s",
		name(v.Customer), escape(v.Period, 60), escape(v.ID, 10), v.Accesses, v.Glass, v.Refused, v.Digest)
}

// evidence is the button by which a contact has the evidence of the customer.
func (in tongue) evidence(tenant access.TenantID) *slack.ButtonBlockElement {
	return button(ActionEvidence, string(tenant), in.Say("Evidence…"), in.Say("Evidence… of who had access, as a report"))
}

// evidence adds the button where a customer is told of.
func (p *page) evidence(tenant access.TenantID) {
	if tenant != "" {
		p.buttons(p.in.evidence(tenant))
	}
}

// BlockPeriod is the block of the modal in which the time of a report is chosen.
const BlockPeriod = "period"

// EvidenceModal asks of which time the report is to be.
func EvidenceModal(v EvidenceView, periods []Option) Modal {
	in := tongue{v.Language}
	list := slack.NewOptionsSelectBlockElement(slack.OptTypeStatic, nil, "evidence.period")
	for _, o := range periods {
		list.Options = append(list.Options, o.Object())
	}
	list.InitialOption = periods[0].Object()
	what := in.saying("Everybody in the channel of *%s* can read it: who had access, why, who allowed it and how it ended.", name(v.Customer))
	return modal(ViewEvidence, string(v.Tenant), in.Say("Evidence of access"), in.Say("Make it"), in.Say("Cancel"),
		slack.NewSectionBlock(formatted(what.shown), nil, nil),
		slack.NewInputBlock(BlockPeriod, plainText(in.Say("Of which time")), nil, list))
}
