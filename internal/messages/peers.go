package messages

import (
	"fmt"
	"strings"

	"latchkey/internal/access"
)

// PeersCard is the card in the operations channel, on which colleagues let a request
// through before the customer is asked.
func PeersCard(v CardView) Message {
	p := newCard("p", v)
	now := standing(v)
	r := v.Request
	p.header(fmt.Sprintf("%s %s: %s", now.emoji, r.ID, now.word))
	p.say("%s, access request of %s to %s: %s.", r.ID, called(r.Requester), name(r.CustomerName), now.word)
	if r.Scheduled() || r.Extends != "" {
		p.section(english.asks(r).shown)
	} else {
		p.section(mention(r.Requester) + " wants to ask *" + name(r.CustomerName) + "* for access for *" + access.FormatDuration(r.Duration) + "*.")
	}
	p.terms(v)
	p.smaller(v.Smaller)
	p.standing(now)
	p.approvals(v)
	if r.State == access.Pending && r.Stage() == access.ByPeers {
		p.context(peersOf(r.Rule) + " The customer has not been asked yet.")
		p.buttons(deciding(v)...)
	}
	return p.message()
}

// peersOf says whose word is asked for first.
func peersOf(r access.Rule) string {
	who := count(r.Peers, "colleague", "colleagues")
	if r.PeersOf != "" {
		var groups []string
		for group := range strings.SplitSeq(r.PeersOf, "\n") {
			groups = append(groups, escape(group, maxName))
		}
		who += " of " + strings.Join(groups, " and of ")
	}
	return "Rule “" + escape(r.Name, maxName) + "”: " + who + " must agree first."
}

// peersPending is how a request stands that waits for colleagues.
func peersPending(v CardView) status {
	in, r := v.in(), v.Request
	s := status{emoji: "⏳", word: in.Say("waiting for the partner's own people")}
	said := in.saying("To be let through by %s; after that the request lapses and nothing is given.", r.DecideBy)
	s.lines, s.text = []string{said.shown}, []string{said.aloud}
	s.next = peersOf(r.Rule) + " Then the contacts of " + name(r.CustomerName) + " are asked."
	if r.Rule.Approvals == 0 {
		s.next = peersOf(r.Rule) + " Then it is given, and " + name(r.CustomerName) + " is told."
	}
	return s
}

// PeersReminder calls colleagues who may still let a request through.
func PeersReminder(v CardView, who []access.Person) Message {
	r := v.Request
	shown, aloud := make([]string, len(who)), make([]string, len(who))
	for i, p := range who {
		shown[i], aloud[i] = mention(p), called(p)
	}
	asks := " wants to ask " + name(r.CustomerName) + " for " + rolesIn(v.Roles, 3) + " for " + access.FormatDuration(r.Duration) + "."
	const next = "The card above has the buttons."
	p := &page{}
	p.section("⏰ " + string(r.ID) + " waits for " + fold(shown, 6, "a colleague", "more") + ": " + mention(r.Requester) + asks)
	p.context("It lapses on " + when(r.DecideBy) + ". " + next)
	p.say("%s waits for %s: %s%s It lapses at %s. %s", r.ID, fold(aloud, 6, "a colleague", "more"), called(r.Requester), asks, access.FormatTime(r.DecideBy), next)
	return p.message()
}
