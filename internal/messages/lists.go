package messages

import (
	"fmt"
	"slices"
	"time"

	"github.com/slack-go/slack"

	"latchkey/internal/access"
)

// mostRows bounds a list whose rows are blocks of their own.
const mostRows = 20

// Mine lists a person's own requests and grants that are not over, each with
// the button that ends it.
func Mine(entries []CardView) Message {
	p := &page{}
	if len(entries) == 0 {
		p.both("You have no open request and no access right now. Ask with `/access request`.")
		return p.message()
	}
	p.header("Your requests and access")
	p.say("Your requests and access:")
	p.rows(entries)
	return p.message()
}

// Pick lists entries when a command could mean more than one of them.
func Pick(text string, entries []CardView) Message {
	p := &page{}
	p.both(sentence(text))
	p.rows(entries)
	return p.message()
}

func (p *page) rows(entries []CardView) {
	for i, v := range entries {
		if i == mostRows && len(entries) > mostRows+1 {
			p.both(fmt.Sprintf("… and %d more", len(entries)-i))
			return
		}
		r := v.Request
		how, aloud := grantLine(v)
		what := rolesIn(v.Roles, 3)
		var b *slack.ButtonBlockElement
		if own := requesterButtons(v); len(own) > 0 {
			b = own[0]
		}
		p.row(standing(v).emoji+" *"+string(r.ID)+"* "+name(r.CustomerName)+": "+what+", "+how, b)
		p.say("%s: %s, %s, %s.", r.ID, name(r.CustomerName), what, aloud)
	}
}

// StoryView is a request with all that has happened to it.
type StoryView struct {
	CardView
	Events []EventView // earliest first
}

// EventView is one thing that happened.
type EventView struct {
	At   time.Time
	Kind access.EventKind
	By   access.Person // zero: the bot itself
}

const mostEvents = 25

// Show tells a request's whole story.
func Show(v StoryView) Message {
	p := &page{}
	now := standing(v.CardView)
	r := v.Request
	p.header(fmt.Sprintf("%s %s: %s", now.emoji, r.ID, now.word))
	p.say("%s: %s.", r.ID, now.word)
	p.section(mention(r.Requester) + " asked on " + when(r.CreatedAt) + " for access to *" + name(r.CustomerName) + "* for *" + access.FormatDuration(r.Duration) + "*.")
	if r.Scheduled() || r.Extends != "" {
		p.section(english.asks(r).shown)
		p.windows(r)
	}
	p.say("%s asked at %s for access to %s.", called(r.Requester), access.FormatTime(r.CreatedAt), name(r.CustomerName))
	p.terms(v.CardView)
	p.standing(now)
	p.approvals(v.CardView)
	if v.Review != nil {
		p.words(BreakGlassView{CardView: v.CardView})
	}
	p.history(v.Events)
	return p.message()
}

func (p *page) history(events []EventView) {
	if len(events) == 0 {
		return
	}
	lines := []string{"*What happened*"}
	p.say("What happened:")
	if n := len(events) - mostEvents; n > 1 {
		lines = append(lines, fmt.Sprintf("… %d earlier events", n))
		events = events[n:]
	}
	for _, e := range events {
		by, aloud := "", ""
		if e.By != (access.Person{}) {
			by, aloud = " by "+mention(e.By), " by "+called(e.By)
		}
		lines = append(lines, "• "+when(e.At)+": "+eventWord(e.Kind)+by)
		p.say("%s: %s%s.", access.FormatTime(e.At), eventWord(e.Kind), aloud)
	}
	p.section(lines...)
}

func eventWord(k access.EventKind) string {
	switch k {
	case access.EventRequested:
		return "requested"
	case access.EventApproved:
		return "approved"
	case access.EventDenied:
		return "denied"
	case access.EventWithdrawn:
		return "withdrawn"
	case access.EventChanged:
		return "changed, and asked anew"
	case access.EventLapsed:
		return "lapsed, because nobody decided in time"
	case access.EventBrokeGlass:
		return "taken by break-glass, without approval"
	case access.EventSignedOff:
		return "the break-glass access was reviewed and signed off"
	case access.EventObjected:
		return "somebody said that the break-glass access was not all right"
	case access.EventReviewOpen:
		return "called to mind that nobody has signed it off yet"
	case access.EventReminded:
		return "those who must decide were reminded"
	case access.EventHeld:
		return "waits until the access of the last time is gone"
	case access.EventStopped:
		return "ended; none of it begins any more"
	case access.EventWarned:
		return "the requester was told that it ends soon"
	case access.EventProlonged:
		return "access extended"
	case access.EventGranting:
		return "access being given"
	case access.EventActive:
		return "access in force, read back from Microsoft Entra"
	case access.EventEnding:
		return "access being removed"
	case access.EventEnded:
		return "access removed, read back from Microsoft Entra"
	case access.EventFailed:
		return "access could not be given"
	case access.EventContainerReady:
		return "security group and access assignment ready"
	case access.EventRefused:
		return "a refused attempt"
	case access.EventEffectRevived:
		return "a step is tried again"
	case access.EventEffectDead:
		return "a step could not be done"
	}
	return escape(string(k), 40)
}

// ContactsView is who may decide for a customer.
type ContactsView struct {
	Customer string
	Domains  []string
	Channel  access.ChannelID // where they meet the bot; empty when the customer is not in policy
	Contacts []access.Contact
}

// Contacts lists who may decide for a customer.
func Contacts(v ContactsView) Message {
	p := &page{}
	p.header(line(v.Customer, maxName) + ": contacts")
	p.say("%s: contacts.", name(v.Customer))
	if v.Channel == "" {
		p.both("⚠️ This customer is not in policy.yml, so nobody can ask for access to it here.")
	} else {
		p.context("Requests go to <#" + escape(string(v.Channel), 30) + ">.")
	}
	if len(v.Contacts) == 0 {
		p.both("Nobody can decide for this customer yet, so no access to it can be given. Link somebody with `/access customer link`.")
		return p.message()
	}
	lines := make([]string, 0, len(v.Contacts))
	for _, c := range v.Contacts {
		mail := ""
		if c.Person.User == "" {
			mail = " (" + escape(c.Person.Mail, maxName) + ", by mail)"
		}
		shown, aloud := "not verified, may decide from "+when(c.DecidesFrom())+" on", "not verified, may decide from "+access.FormatTime(c.DecidesFrom())+" on"
		switch {
		case c.StandsIn():
			shown, aloud = "in place of "+mention(c.For)+" until "+when(c.Until), "in place of "+called(c.For)+" until "+access.FormatTime(c.Until)
		case c.Verified():
			shown, aloud = "verified on "+day(c.VerifiedAt), "verified"
		case c.Person.User == "":
			shown, aloud = "has not signed in yet", "has not signed in yet"
		}
		lines = append(lines, "• "+mention(c.Person)+mail+", linked by "+mention(c.LinkedBy)+" on "+day(c.LinkedAt)+"; "+shown)
		p.say("%s%s, linked by %s; %s.", called(c.Person), mail, called(c.LinkedBy), aloud)
	}
	p.section(shortened(lines, 40)...)
	return p.message()
}

// Staff lists which members of the workspace are bound to whom in Entra.
func Staff(staff []access.Staff) Message {
	p := &page{}
	if len(staff) == 0 {
		p.both("Nobody of the staff is linked to a Microsoft Entra user yet. An admin links with `/access staff link`.")
		return p.message()
	}
	p.header("Staff")
	p.say("Staff:")
	lines := make([]string, 0, len(staff))
	for _, s := range staff {
		lines = append(lines, "• "+mention(s.Person)+" is "+escape(s.UPN, 120))
		p.say("%s is %s.", called(s.Person), escape(s.UPN, 120))
	}
	p.section(shortened(lines, 100)...)
	return p.message()
}

func shortened(lines []string, most int) []string {
	if len(lines) <= most+1 {
		return lines
	}
	return append(slices.Clone(lines[:most]), fmt.Sprintf("… and %d more", len(lines)-most))
}
