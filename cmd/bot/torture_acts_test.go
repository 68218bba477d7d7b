package main

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"latchkey/internal/access"
	"latchkey/internal/graph/graphtest"
	"latchkey/internal/outbox"
)

// An act is something that people do beside the requests of the mix, for the effects that
// nothing else owes.
type act struct {
	name  string
	kinds []string // of effects that come of it alone
	do    func(*mix)
	// What there must be of it when the mix is over, each once: events, what was said (to
	// whom alone, or "" for the channels, and the words), and mails by their subjects.
	events []access.EventKind
	said   [][]string
	mails  []string
	// links is set where people link somebody, and those who died on them link them twice:
	// it is said as often as the log has such an event, beside so many others.
	links  access.EventKind
	others int
}

// acts are played one after another on the Tuesday, while nobody has access.
func acts() []act {
	return []act{
		{
			name: "staff are known by their mail", kinds: []string{outbox.SlackMail, outbox.GraphMail}, do: (*mix).isKnown,
			said: [][]string{{"dee", "You are now linked to dee@fabrikam.example in Entra, by your e-mail address"}, {"", "was linked to dee@fabrikam.example in Entra by the e-mail address"}},
		},
		{
			name: "staff are linked by an admin", kinds: []string{outbox.GraphStaff}, do: (*mix).linksStaff,
			events: []access.EventKind{access.EventStaffRemoved}, said: [][]string{{"dee", "is now linked to dee@fabrikam.example."}},
			links: access.EventStaffLinked, others: 3, // Ana, Bo, and Dee by her mail
		},
		{
			name: "a contact is linked", kinds: []string{outbox.SlackContact}, do: (*mix).linksContact,
			events: []access.EventKind{access.EventContactRemoved}, said: [][]string{{"", "Oskar Lind is now a contact of Contoso"}, {"dee", "Oskar Lind is now linked as a contact of Contoso"}},
			links: access.EventContactLinked, others: 3, // Carol, Amir, and Robin by mail
		},
		{
			name: "a customer is written to", kinds: []string{outbox.GraphLetter, outbox.GraphAlarm}, do: (*mix).writes,
			mails: []string{"You can decide on access to Adventure Works", "asks for access to Adventure Works", "BREAK-GLASS ACCESS WITHOUT YOUR APPROVAL", "access ended"},
		},
		{
			name: "a relationship of the provider is consented to", kinds: []string{outbox.GraphConsent}, do: (*mix).consents,
			events: []access.EventKind{access.EventConsenting, access.EventConsented}, said: [][]string{{"", "Northwind_Adatum_Calls", "has our own consent now"}},
		},
		{
			name: "a relationship is to renew itself", kinds: []string{outbox.GraphExtend}, do: (*mix).renews,
			events: []access.EventKind{access.EventExtending, access.EventExtended}, said: [][]string{{"", "now renews itself for 180 days"}},
		},
		{
			name: "a stranger is put into a group", kinds: []string{outbox.SlackAlertCard, outbox.Who, outbox.GraphOust}, do: (*mix).intrudes,
			events: []access.EventKind{access.EventOusting, access.EventOusted}, said: [][]string{{"", "Bo Lindqvist is out of Latchkey's group for Contoso"}},
		},
		{
			name: "a relationship takes the place of another", kinds: []string{outbox.Look, outbox.GraphAssign, outbox.GraphReduce}, do: (*mix).replaces,
			events: []access.EventKind{access.EventReducing, access.EventReduced},
			said:   [][]string{{"", "no longer holds Global Administrator; nobody"}, {"", ": It has taken the place of"}},
		},
		{
			name: "a relationship is refused", kinds: []string{outbox.GraphRetract}, do: (*mix).isRefused,
			events: []access.EventKind{access.EventOfferFailed}, said: [][]string{{"dee", "could not be sent to Contoso"}},
		},
		{
			name: "access is reviewed", kinds: []string{outbox.SlackReviewCard, outbox.GraphUnassign, outbox.SlackFile}, do: (*mix).reviews,
			events: []access.EventKind{access.EventReviewStarted, access.EventUnassigning, access.EventUnassigned, access.EventReviewClosed},
			said:   [][]string{{"", "The group GDAP Contoso readers has no roles"}, {"", ": access review closed"}, {"", ", access review of Contoso: closed"}, {"", "file latchkey-V-"}},
		},
	}
}

// elsewhere are the kinds of effects that cannot come up here, with the reason.
var elsewhere = map[string]string{
	outbox.GraphMuster: "it is owed by the first start after bot restore, which would take back what the ledger has; TestStories/restore_crash kills the bot around it, and TestMuster of internal/graph has its faults",
}

// isActing has the acts played.
func (m *mix) isActing() {
	if !m.acting {
		return
	}
	for _, a := range acts() {
		a.do(m)
	}
}

func (m *mix) isKnown() {
	m.Slack.Grant("users:read.email")
	must(m.t, m.Slack.ChangeEmail(people["dee"], "dee@fabrikam.example"))
	w := m.ask(&wish{why: "known by mail", who: "dee", by: "carol", channel: "#contoso", text: `contoso "Service Support Administrator" for 1h`, outcome: outcomeWithdrawn})
	m.withdraw(w)
}

// linksStaff has Dee be known by the word of an admin from then on.
func (m *mix) linksStaff() {
	m.types("staff unlink @dee", nil)
	m.types("staff link @dee dee@fabrikam.example", func() bool { return m.told("dee", "", "is now linked to dee@fabrikam.example.") })
}

func (m *mix) linksContact() {
	m.types("customer link contoso @oskar", func() bool { return m.told("dee", "", "Oskar Lind is now linked as a contact") })
	m.types("customer unlink contoso @oskar", func() bool { return m.told("carol", "", "Oskar Lind can no longer decide on access to Contoso") })
}

// writes has a customer who is not in Slack hear of an access by mail alone.
func (m *mix) writes() {
	const robin = "robin@adventure-works.com"
	m.types(`customer link "Adventure Works" `+robin, func() bool { return strings.Contains(m.mailed(robin), "linked you as a contact") })
	w := m.ask(&wish{
		why: "ransomware there, too", who: "ana", channel: "#ops", mail: true, glass: true,
		text: `"Adventure Works" helpdesk for 1h`, lasts: time.Hour, grants: 1, outcome: outcomeEnded,
	})
	m.must("a mail about "+w.id, func() bool { return strings.Contains(m.mailed(robin), w.id) })
	m.breakGlass(w, func() bool { return strings.Contains(m.mailed(robin), w.id+": BREAK-GLASS ACCESS") })
	m.begun(w, 1)
	m.pass(m.Clock.Now().Add(80*time.Minute), 10*time.Minute)
	m.must("a mail that it has ended", func() bool {
		return strings.Contains(m.mailed(robin), w.id+": Access of Ana Trujillo to Adventure Works: access ended")
	})
	m.signOff(w)
}

func (m *mix) consents() {
	m.does("consent", func() error {
		return m.shown("relationship show Northwind_Adatum_Calls", "relationship.consent", "Northwind_Adatum_Calls")
	}, func() bool { return m.told("amir", "", "has our own consent now") })
}

func (m *mix) renews() {
	m.types("relationship extend on Northwind_Adatum_2026", func() bool { return m.told("amir", "", "now renews itself for 180 days") })
}

// intrudes has somebody put Bo into a group of the bot's, and an admin take him out again.
func (m *mix) intrudes() {
	m.excused = true // nobody can be without it before it was seen
	groups, users := m.Graph.Groups(), m.Graph.Users()
	g := groups[slices.IndexFunc(groups, func(g graphtest.Group) bool { return strings.HasPrefix(g.DisplayName, "Latchkey Contoso") })]
	bo := users[slices.IndexFunc(users, func(u graphtest.User) bool { return u.DisplayName == "Bo Lindqvist" })]
	m.Graph.AddMember(g.ID, bo.ID)
	m.must("the alert", func() bool {
		must(m.t, m.Clock.Advance(time.Second)) // has the bot look
		return m.told("dee", "", "Bo Lindqvist has access that nobody approved") && m.told("dee", "", "Done by ")
	})
	m.does("take the stranger out", func() error { return m.press("dee", "standing.remove", "Bo Lindqvist") },
		func() bool { return m.told("carol", "", "Bo Lindqvist is out of Latchkey's group") })
	m.excused = false
	m.turn(time.Minute)
}

// mixEvents are what Partner Center notifies the bot of.
var mixEvents = []string{
	"granular-admin-relationship-approved", "granular-admin-relationship-activated", "granular-admin-relationship-terminated",
	"granular-admin-access-assignment-created", "granular-admin-access-assignment-activated", "granular-admin-access-assignment-deleted",
}

// replaces has a larger relationship take the place of the one that was asked for, with
// the standing access through it, and then lose the role that can leave.
func (m *mix) replaces() {
	old := m.offer
	must(m.t, m.Graph.RegisterWebhook(m.Front()+"/partnercenter/notifications", mixEvents...))
	m.does("replace the relationship", func() error {
		told, err := m.say("dee", "#ops", "relationship replace "+old+` with "Global Administrator, Teams Administrator, Teams Telephony Administrator" for 1y`)
		if err != nil || strings.Contains(told, "already") {
			return err
		}
		return m.fillsIn("dee", "Replace relationship", map[string]string{"confirm": "Contoso"})
	}, func() bool {
		m.offer = m.newest("carol", "waiting for approval")
		return m.offer != "" && m.offer != old
	})
	m.approveOffer()
	m.must("the bot to be notified, however often that was in vain", func() bool { return m.reached()[outbox.Look] })
	m.must("the old one to be over", func() bool {
		must(m.t, m.Clock.Advance(time.Second))
		return m.related(old)[0].Status == "terminated" && m.told("dee", m.offer, "It has taken the place of") && m.told("carol", old, "has ended")
	})
	m.does("take Global Administrator out", func() error {
		told, err := m.say("dee", "#ops", "relationship reduce "+m.offer)
		if err != nil || strings.Contains(told, "does not hold") {
			return err
		}
		return m.fillsIn("dee", "Global Administrator", nil)
	}, func() bool { return m.told("carol", "", "no longer holds Global Administrator; nobody") })
}

// isRefused has Microsoft not accept a relationship.
func (m *mix) isRefused() {
	must(m.t, m.Graph.AddFault(refusal))
	taken := false // then she waits: the next one would be accepted
	m.does("ask for another relationship", func() error {
		if taken {
			return nil
		}
		_, err := m.say("dee", "#ops", `relationship request contoso "Search Administrator" for 1y`)
		taken = err == nil
		return err
	}, func() bool { return m.told("dee", "", "could not be sent to Contoso") })
	m.noteFaults()
	must(m.t, m.Graph.SetFaults())
	if m.fault.begin != nil {
		m.fault.begin(m)
	}
}

// reviews has the customer look over everything, and take away what one group has.
func (m *mix) reviews() {
	id := ""
	m.types("review start contoso", func() bool { id = reviewID.FindString(m.seen("carol")); return id != "" })
	m.does("remove a row", func() error {
		if err := m.row("review.remove", id, "4"); err != nil {
			return err
		}
		return m.fillsIn("carol", "Remove access", nil)
	}, func() bool { return m.told("carol", "", "GDAP Contoso readers has no roles") })
	m.does("keep the others", func() error {
		var last error
		for row := range 9 {
			last = errors.Join(last, m.row("review.keep", id, fmt.Sprint(row+1)))
		}
		return last
	}, func() bool {
		return m.told("carol", id, "access review closed") && m.told("dee", "", "file latchkey-"+id)
	})
}
