package messages

import (
	"latchkey/internal/access"
)

func offerStatus(v OfferView) status {
	in, o := v.in(), v.Offer
	switch o.State {
	case access.OfferDrafted:
		s := one("🔄", in.Say("being made"), in.saying("It is being made at Microsoft; the customer is asked once it is there."))
		s.next = "This card changes when it was sent to the customer."
		return s
	case access.OfferSent:
		return in.offerSent(o)
	case access.OfferDeclined:
		return in.offerDeclined(o)
	case access.OfferApproved:
		return in.overruled(o, one("🔄", in.Say("approved, becoming active"),
			in.saying("Approved in the Microsoft 365 admin center. Microsoft makes it ready, which takes a few minutes.")))
	case access.OfferActive:
		return in.overruled(o, in.offerActive(o))
	case access.OfferTerminating:
		return one("🔄", in.Say("being ended"), in.offerEnd(o).and(in.saying("Microsoft is ending it; this card changes when it is over.")))
	case access.OfferEnded:
		return one("🔒", in.Say("ended"), in.offerEnd(o).and(in.saying("It has been over since %s; nobody gets access through it any more.", o.EndedAt)))
	case access.OfferLapsed:
		s := one("⌛", in.Say("lapsed"), in.saying("Nobody approved it by %s. Microsoft removes it; nothing was given.", o.ApproveBy))
		s.next = "You can ask again with `/access relationship request`."
		return s
	case access.OfferFailed:
		s := one("⚠️", in.Say("could not be sent"), in.saying("It could not be sent. The customer was not asked."))
		s.quoted, s.next = o.FailNote, "You can ask again with `/access relationship request`."
		return s
	}
	return one("❔", in.Say("in an unknown state"), in.saying("This version does not know its state."))
}

func (in tongue) offerSent(o access.Offer) status {
	s := one("⏳", in.Say("waiting for approval"),
		in.saying("To be approved in the Microsoft 365 admin center by %s; after that it lapses and nothing is given.", o.ApproveBy))
	s.next = "The channel of " + name(o.CustomerName) + " was asked. For people who are not in Slack, press Mail text and send them what it shows."
	return s
}

// offerDeclined tells of a no, and that what was sent is still there: Microsoft has no
// way to take it back.
func (in tongue) offerDeclined(o access.Offer) status {
	still := in.saying("Microsoft has no way to take back what was sent: its link stays valid until %s. Nobody should approve it by mistake.", o.ApproveBy)
	s := one("❌", in.Say("declined"), in.saying("Declined by %s on %s.", o.DeclinedBy, o.DeclinedAt).and(still))
	if o.DeclinedBy.User == "" {
		s = one("❌", in.Say("given up"), in.saying("Given up by Latchkey on %s, because Microsoft had not confirmed it in time.", o.DeclinedAt).and(still))
	}
	s.quoted = o.DeclineNote
	s.next = "If it is approved all the same, you hear of it and can terminate it."
	return s
}

func (in tongue) offerActive(o access.Offer) status {
	var active saying
	switch {
	case o.End.IsZero() && o.AutoExtend:
		active = in.saying("*It is active*. At its end it renews itself for 180 days, again and again, until somebody ends it.")
	case o.End.IsZero():
		active = in.saying("*It is active*. At its end it ends by itself.")
	case o.AutoExtend:
		active = in.saying("*Active until %s*. Then it renews itself for 180 days, again and again, until somebody ends it.", o.End)
	default:
		active = in.saying("*Active until %s*. Then it ends by itself.", o.End)
	}
	s := one("✅", in.Say("active"), active)
	s.next = "Access can be asked for now, with " + code("/access request "+line1(o.CustomerName)+" …") +
		". In the first minutes some of Microsoft's portals may not show it yet."
	return s
}

// line1 is a customer's name as it can be typed.
func line1(s string) string { return line(s, 60) }

// overruled adds that the customer's no was followed by a yes.
func (in tongue) overruled(o access.Offer, s status) status {
	if !o.Overruled() {
		return s
	}
	word := in.Say("%s, although it was declined", s.word)
	said := in.saying("%s had declined it on %s; it was approved in the Microsoft 365 admin center all the same.", o.DeclinedBy, o.DeclinedAt)
	if o.DeclinedBy.User == "" {
		word = in.Say("%s, although it was given up", s.word)
		said = in.saying("It had been given up on %s; it was approved in the Microsoft 365 admin center all the same.", o.DeclinedAt)
	}
	s.emoji, s.word = "⚠️", word
	s.lines = append([]string{said.shown}, s.lines...)
	s.text = append([]string{said.aloud}, s.text...)
	return s
}

// offerEnd says why a relationship ended.
func (in tongue) offerEnd(o access.Offer) saying {
	switch o.EndReason {
	case access.TerminatedHere:
		return in.saying("Terminated by %s.", o.EndedBy)
	case access.RanOut:
		return in.saying("Its time was over.")
	case access.TerminatedElsewhere:
	}
	return in.saying("It was ended at Microsoft, by the customer or by the partner.")
}
