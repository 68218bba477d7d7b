package messages

import (
	"strings"

	"latchkey/internal/access"
)

// stillThere is true of every offer that was sent and is not wanted any more,
// so it is said wherever one is told of.
const stillThere = "Microsoft has no way to take back what was sent: its link stays valid until "

// whoApproves is who of the customer can approve, and where.
const whoApproves = "a Global Administrator or a Customer Delegated Admin Relationship Administrator of your tenant"

func offerStatus(v OfferView) status {
	o := v.Offer
	switch o.State {
	case access.OfferDrafted:
		const line = "It is being made at Microsoft; the customer is asked once it is there."
		s := one("🔄", "being made", line, line)
		s.next = "This card changes when it was sent to the customer."
		return s
	case access.OfferSent:
		return offerSent(o)
	case access.OfferDeclined:
		return offerDeclined(o)
	case access.OfferApproved:
		const line = "Approved in the Microsoft 365 admin center. Microsoft makes it ready, which takes a few minutes."
		return overruled(o, one("🔄", "approved, becoming active", line, line))
	case access.OfferActive:
		return overruled(o, offerActive(o))
	case access.OfferTerminating:
		why, aloud := offerEnd(o)
		return one("🔄", "being ended", why+" Microsoft is ending it; this card changes when it is over.", aloud+" Microsoft is ending it.")
	case access.OfferEnded:
		why, aloud := offerEnd(o)
		return one("🔒", "ended", why+" It has been over since "+when(o.EndedAt)+"; nobody gets access through it any more.",
			aloud+" It has been over since "+access.FormatTime(o.EndedAt)+"; nobody gets access through it any more.")
	case access.OfferLapsed:
		s := one("⌛", "lapsed", "Nobody approved it by "+when(o.ApproveBy)+". Microsoft removes it; nothing was given.",
			"Nobody approved it by "+access.FormatTime(o.ApproveBy)+". Microsoft removes it; nothing was given.")
		s.next = "You can ask again with `/access relationship request`."
		return s
	case access.OfferFailed:
		const line = "It could not be sent. The customer was not asked."
		s := one("⚠️", "could not be sent", line, line)
		s.quoted, s.next = o.FailNote, "You can ask again with `/access relationship request`."
		return s
	}
	return one("❔", "in an unknown state", "This version does not know its state.", "This version does not know its state.")
}

func offerSent(o access.Offer) status {
	s := one("⏳", "waiting for approval",
		"To be approved in the Microsoft 365 admin center by "+when(o.ApproveBy)+"; after that it lapses and nothing is given.",
		"To be approved in the Microsoft 365 admin center by "+access.FormatTime(o.ApproveBy)+"; after that it lapses and nothing is given.")
	s.next = "The channel of " + name(o.CustomerName) + " was asked. For people who are not in Slack, press Mail text and send them what it shows."
	return s
}

func offerDeclined(o access.Offer) status {
	who, aloud, why := "Declined by "+mention(o.DeclinedBy), "Declined by "+called(o.DeclinedBy), ""
	if o.DeclinedBy.User == "" {
		who, aloud, why = "Given up by Latchkey", "Given up by Latchkey", ", because Microsoft had not confirmed it in time"
	}
	s := one("❌", "declined",
		who+" on "+when(o.DeclinedAt)+why+". "+stillThere+when(o.ApproveBy)+". Nobody should approve it by mistake.",
		aloud+" at "+access.FormatTime(o.DeclinedAt)+why+". "+stillThere+access.FormatTime(o.ApproveBy)+". Nobody should approve it by mistake.")
	if why != "" {
		s.word = "given up"
	}
	s.quoted = o.DeclineNote
	s.next = "If it is approved all the same, you hear of it and can terminate it."
	return s
}

func offerActive(o access.Offer) status {
	line, text := "*It is active*", "It is active"
	if !o.End.IsZero() {
		line, text = "*Active until "+when(o.End)+"*", "Active until "+access.FormatTime(o.End)
	}
	then := ". Then it ends by itself."
	if o.AutoExtend {
		then = ". Then it renews itself for 180 days, again and again, until somebody ends it."
	}
	s := one("✅", "active", line+then, text+then)
	s.next = "Access can be asked for now, with " + code("/access request "+line1(o.CustomerName)+" …") +
		". In the first minutes some of Microsoft's portals may not show it yet."
	return s
}

// line1 is a customer's name as it can be typed.
func line1(s string) string { return line(s, 60) }

// overruled adds that the customer's no was followed by a yes.
func overruled(o access.Offer, s status) status {
	if !o.Overruled() {
		return s
	}
	who, aloud := mention(o.DeclinedBy)+" had declined it", called(o.DeclinedBy)+" had declined it"
	if o.DeclinedBy.User == "" {
		who, aloud = "It had been given up", "It had been given up"
	}
	s.emoji, s.word = "⚠️", s.word+", although it was declined"
	if o.DeclinedBy.User == "" {
		s.word = strings.Replace(s.word, "declined", "given up", 1)
	}
	s.lines = append([]string{who + " on " + when(o.DeclinedAt) + "; it was approved in the Microsoft 365 admin center all the same."}, s.lines...)
	s.text = append([]string{aloud + " at " + access.FormatTime(o.DeclinedAt) + "; it was approved in the Microsoft 365 admin center all the same."}, s.text...)
	return s
}

// offerEnd says why a relationship ended, formatted and to be read aloud.
func offerEnd(o access.Offer) (formatted, aloud string) {
	switch o.EndReason {
	case access.TerminatedHere:
		return "Terminated by " + mention(o.EndedBy) + ".", "Terminated by " + called(o.EndedBy) + "."
	case access.RanOut:
		return "Its time was over.", "Its time was over."
	case access.TerminatedElsewhere:
	}
	const line = "It was ended at Microsoft, by the customer or by the partner."
	return line, line
}
