package messages

import (
	"fmt"

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

func standing(v CardView) status {
	switch v.Request.State {
	case access.Pending:
		return pending(v)
	case access.Denied:
		return denied(v)
	case access.Withdrawn:
		return one("↩️", "withdrawn", "Withdrawn by "+mention(v.Request.Requester)+" on "+when(v.Request.EndedAt)+". Nothing was given.",
			"Withdrawn by "+called(v.Request.Requester)+" at "+access.FormatTime(v.Request.EndedAt)+". Nothing was given.")
	case access.Lapsed:
		s := one("⌛", "lapsed", "Nobody decided it by "+when(v.Request.DecideBy)+". Nothing was given.",
			"Nobody decided it by "+access.FormatTime(v.Request.DecideBy)+". Nothing was given.")
		s.next = "You can ask again with `/access request`."
		return s
	case access.Approved:
	}
	return granted(v)
}

func one(emoji, word, line, text string) status {
	return status{emoji: emoji, word: word, lines: []string{line}, text: []string{text}}
}

func pending(v CardView) status {
	s := status{emoji: "⏳", word: "waiting for a decision"}
	s.lines = []string{"To be decided by " + when(v.Request.DecideBy) + "; after that the request lapses and nothing is given."}
	s.next = "The contacts of " + name(v.Request.CustomerName) + " have been asked. You can take the request back with Withdraw or " +
		code("/access withdraw "+string(v.Request.ID)) + "."
	return s
}

func denied(v CardView) status {
	s := status{emoji: "❌", word: "denied"}
	if d, ok := last(v.Request); ok {
		s.lines = []string{"Denied by " + mention(d.By) + " on " + when(d.At) + ". Nothing was given."}
		s.text = []string{"Denied by " + called(d.By) + " at " + access.FormatTime(d.At) + ". Nothing was given."}
		s.quoted = d.Note
	}
	return s
}

// granted tells of an approved request: who approved it, then where its grant
// stands.
func granted(v CardView) status {
	s := grantStatus(v)
	if d, ok := last(v.Request); ok {
		s.lines = append([]string{"Approved by " + mention(d.By) + " on " + when(d.At) + "."}, s.lines...)
		s.text = append([]string{"Approved by " + called(d.By) + " at " + access.FormatTime(d.At) + "."}, s.text...)
	}
	return s
}

func grantStatus(v CardView) status {
	if v.Grant == nil {
		return one("🔄", "approved, being given", "The access is being put in place.", "The access is being put in place.")
	}
	g := *v.Grant
	switch g.State {
	case access.Activating:
		const line = "The access is being put in place; this card changes once Microsoft Entra confirms it."
		return one("🔄", "approved, being given", line, line)
	case access.Active:
		s := one("✅", "access in force",
			"*In force until "+when(g.ExpiresAt)+"*, then it ends by itself. Checked in Microsoft Entra on "+when(g.ActiveAt)+".",
			"In force until "+access.FormatTime(g.ExpiresAt)+", then it ends by itself. Checked in Microsoft Entra at "+access.FormatTime(g.ActiveAt)+".")
		s.next = "You can give it back early with End now or " + code("/access revoke "+string(g.Request)) + "."
		return s
	case access.Ending:
		why, aloud := endReason(g)
		return status{emoji: "🔄", word: "access being removed", quoted: revokeNote(g),
			lines: []string{why + " The access is being removed; this card changes once Microsoft Entra confirms it."},
			text:  []string{aloud + " The access is being removed."}}
	case access.Ended:
		return ended(v, g)
	case access.Failed:
		s := one("⚠️", "access could not be given",
			"The access could not be given. Nothing of it is left, checked in Microsoft Entra on "+when(g.EndedAt)+".",
			"The access could not be given. Nothing of it is left, checked in Microsoft Entra at "+access.FormatTime(g.EndedAt)+".")
		s.quoted = g.EndNote
		s.next = "Ask the administrators of the bot, or ask again with `/access request`."
		return s
	}
	return one("❔", "in an unknown state", "This version does not know the state of the grant.", "This version does not know the state of the grant.")
}

func ended(v CardView, g access.Grant) status {
	why, aloud := endReason(g)
	s := status{emoji: "🔒", word: "access ended", quoted: revokeNote(g)}
	if g.HeldBy != "" {
		until, untilAloud := "", ""
		if !v.HeldUntil.IsZero() {
			until, untilAloud = " until "+when(v.HeldUntil), " until "+access.FormatTime(v.HeldUntil)
		}
		s.word = "ended, access goes on under " + string(g.HeldBy)
		s.lines = []string{fmt.Sprintf("%s This grant ended on %s; the same access stays%s under *%s*.", why, when(g.EndedAt), until, g.HeldBy)}
		s.text = []string{fmt.Sprintf("%s This grant ended at %s; the same access stays%s under %s.", aloud, access.FormatTime(g.EndedAt), untilAloud, g.HeldBy)}
		return s
	}
	s.lines = []string{why + " Removed, checked in Microsoft Entra on " + when(g.EndedAt) + ". " + tokensLast}
	s.text = []string{aloud + " Removed, checked in Microsoft Entra at " + access.FormatTime(g.EndedAt) + ". " + tokensLast}
	return s
}

// endReason says why a grant ended, formatted and to be read aloud.
func endReason(g access.Grant) (formatted, aloud string) {
	same := func(s string) (string, string) { return s, s }
	switch g.EndReason {
	case access.Expired:
		return same("Its time was over.")
	case access.Revoked:
		return "Ended early by " + mention(g.EndedBy) + ".", "Ended early by " + called(g.EndedBy) + "."
	case access.NotActivated:
		return same("Microsoft Entra did not confirm the access in time, so it was taken back.")
	case access.CouldNotActivate:
		return same("The access could not be given.")
	case access.RemovedElsewhere:
		return same("It was removed in Microsoft Entra by somebody else.")
	}
	return same("It ended.")
}

// revokeNote is what the person who ended the grant, or what refused it, said.
func revokeNote(g access.Grant) string {
	if g.EndReason == access.Revoked || g.EndReason == access.CouldNotActivate {
		return g.EndNote
	}
	return ""
}

func last(r access.Request) (access.Decision, bool) {
	if len(r.Decisions) == 0 {
		return access.Decision{}, false
	}
	return r.Decisions[len(r.Decisions)-1], true
}
