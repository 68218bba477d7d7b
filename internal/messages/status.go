package messages

import (
	"slices"

	"latchkey/internal/access"
)

// A status is how a request or its grant stands, in words.
type status struct {
	emoji, word string
	lines       []string // formatted, times in the reader's zone
	text        []string // the same to be read aloud, times in UTC
	quoted      string   // what the person gave as the reason
	next        string   // for the requester: what they can do
}

// tokensLast is true of every removal, so it is said wherever one is told of.
const tokensLast = "Sign-ins that are already open can keep working for up to about an hour."

func (in tongue) tokensLast() string { return in.Say(tokensLast) }

func standing(v CardView) status {
	in, r := v.in(), v.Request
	switch r.State {
	case access.Pending:
		return pending(v)
	case access.Denied:
		return denied(v)
	case access.Withdrawn:
		return one("↩️", in.Say("withdrawn"), in.saying("Withdrawn by %s on %s. Nothing was given.", r.Requester, r.EndedAt))
	case access.Lapsed:
		s := lapsed(v)
		s.next = "You can ask again with `/access request`."
		return s
	case access.Approved:
	}
	return granted(v)
}

func one(emoji, word string, s saying) status {
	return status{emoji: emoji, word: word, lines: []string{s.shown}, text: []string{s.aloud}}
}

func pending(v CardView) status {
	if v.Request.Stage() == access.ByPeers {
		return peersPending(v)
	}
	in := v.in()
	s := status{emoji: "⏳", word: in.Say("waiting for a decision")}
	s.lines = []string{in.saying("To be decided by %s; after that the request lapses and nothing is given.", v.Request.DecideBy).shown}
	s.next = "The contacts of " + name(v.Request.CustomerName) + " have been asked. You can take the request back with Withdraw or " +
		code("/access withdraw "+string(v.Request.ID)) + "."
	return s
}

func denied(v CardView) status {
	in := v.in()
	d, ok := v.Request.Last()
	if !ok {
		return status{emoji: "❌", word: in.Say("denied")}
	}
	s := one("❌", in.Say("denied"), in.saying("Denied by %s on %s. Nothing was given.", in.by(d), d.At))
	s.quoted = d.Note
	return s
}

// granted tells of an approved request: who approved it, then where its grant
// stands.
func granted(v CardView) status {
	s := grantStatus(v)
	if r := v.Request; r.BrokeGlass() {
		by := v.in().saying("*Taken by break-glass, without approval*, by %s on %s.", r.Requester, r.BrokenAt)
		s.lines = append([]string{"🚨 " + by.shown}, s.lines...)
		s.text = append([]string{by.aloud}, s.text...)
		return s
	}
	last, decided := v.Request.Last()
	if r := v.Request; r.Rule.Auto && !decided {
		by := v.in().saying("Given without a question, by the rule “%s” of policy.yml, on %s.", escape(r.Rule.Name, maxName), r.EndedAt)
		s.lines, s.text = append([]string{by.shown}, s.lines...), append([]string{by.aloud}, s.text...)
	}
	if decided {
		by := v.in().agreed(last)
		if last.Narrowed == nil && slices.ContainsFunc(v.Request.Agreeing(), func(d access.Decision) bool { return d.Narrowed != nil }) {
			by = by.and(v.in().saying("That is less than was asked for."))
		}
		s.lines = append([]string{by.shown}, s.lines...)
		s.text = append([]string{by.aloud}, s.text...)
	}
	return s
}

func grantStatus(v CardView) status {
	if s, ok := aheadStatus(v); ok {
		return s
	}
	in := v.in()
	if v.Grant == nil {
		return one("🔄", in.Say("approved, being given"), in.saying("The access is being put in place."))
	}
	g := *v.Grant
	switch g.State {
	case access.Activating:
		return one("🔄", in.Say("approved, being given"),
			in.saying("The access is being put in place; this card changes once Microsoft Entra confirms it."))
	case access.Active:
		s := one("✅", in.Say("access in force"), in.inForce(g))
		if why := in.unenforced(g.FellBack); why != "" {
			s.lines, s.text = append(s.lines, "⚠️ "+why), append(s.text, why)
		}
		s.next = "You can give it back early with End now or " + code("/access revoke "+string(g.Request)) + "."
		s.then(v)
		return s
	case access.Ending:
		why := in.endReason(g)
		return status{
			emoji: "🔄", word: in.Say("access being removed"), quoted: revokeNote(g),
			lines: []string{why.shown + " " + in.Say("The access is being removed; this card changes once Microsoft Entra confirms it.")},
			text:  []string{why.aloud + " " + in.Say("The access is being removed.")},
		}
	case access.Ended:
		return ended(v, g)
	case access.Failed:
		s := one("⚠️", in.Say("access could not be given"),
			in.saying("The access could not be given. Nothing of it is left, checked in Microsoft Entra on %s.", g.EndedAt))
		s.quoted = g.EndNote
		s.next = "Ask the administrators of the bot, or ask again with `/access request`."
		return s
	}
	return one("❔", in.Say("in an unknown state"), in.saying("This version does not know the state of the grant."))
}

func ended(v CardView, g access.Grant) status {
	in, why := v.in(), v.in().endReason(g)
	s := status{emoji: "🔒", word: in.Say("access ended"), quoted: revokeNote(g)}
	said := why.and(in.saying("Removed, checked in Microsoft Entra on %s.", g.EndedAt)).and(plain(in.tokensLast()))
	if g.HeldBy != "" {
		s.word = in.Say("ended, access goes on under %s", g.HeldBy)
		said = why.and(in.saying("This grant ended on %s; the same access stays under *%s*.", g.EndedAt, g.HeldBy))
		if !v.HeldUntil.IsZero() {
			said = why.and(in.saying("This grant ended on %s; the same access stays until %s under *%s*.", g.EndedAt, v.HeldUntil, g.HeldBy))
		}
	}
	s.lines, s.text = []string{said.shown}, []string{said.aloud}
	return s
}

// endReason says why a grant ended.
func (in tongue) endReason(g access.Grant) saying {
	switch g.EndReason {
	case access.Expired:
		return in.saying("Its time was over.")
	case access.Revoked:
		return in.saying("Ended early by %s.", g.EndedBy)
	case access.NotActivated:
		return in.saying("Microsoft Entra did not confirm the access in time, so it was taken back.")
	case access.CouldNotActivate:
		return in.saying("The access could not be given.")
	case access.RemovedElsewhere:
		return in.saying("It was removed in Microsoft Entra by somebody else.")
	case access.Superseded:
		return in.saying("Latchkey was restored from a backup while it was being given. Ask again.")
	case access.NotBegun:
	}
	return in.saying("It ended.")
}

// revokeNote is what the person who ended the grant, or what refused it, said.
func revokeNote(g access.Grant) string {
	if g.EndReason == access.Revoked || g.EndReason == access.CouldNotActivate {
		return g.EndNote
	}
	return ""
}
