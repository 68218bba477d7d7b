package messages

import (
	"fmt"
	"strings"
	"time"

	"latchkey/internal/access"
)

// AlertView is an alert with the names that are needed to show it.
type AlertView struct {
	Alert   access.Alert
	Changes []ChangeView  // its history, oldest first
	Roles   []Role        // that the relationship has, or had
	Card    int           // which of its cards this is
	Grants  []CardView    // access through the relationship that is not over
	Left    []string      // the customer's other relationships that give access
	End     time.Time     // of the relationship; zero when it has none
	Askable bool          // the customer can be asked for a new relationship here
	Owner   access.UserID // who looks after the customer; empty when nobody is named
}

// ChangeView is a change with the names of the roles that it adds and takes.
type ChangeView struct {
	access.Change
	Added, Removed []Role
}

// PartnerCenter is where Partner Center shows a relationship.
func PartnerCenter(customer access.TenantID, id access.RelationshipID) string {
	return "https://partner.microsoft.com/dashboard/v2/customers/" + string(customer) + "/adminrelationships/" + string(id)
}

// Alert is the card of an alert, in the operators' channel: what changed, what that
// means, and what to do.
func Alert(v AlertView) Message {
	a := v.Alert
	p := &page{prefix: fmt.Sprintf("al.%s.%d.%d", a.ID, v.Card, a.Rev)}
	newest := v.newest()
	if v.Card < a.Card {
		return superseded(p, v)
	}
	emoji, word := alertStanding(a)
	p.header(emoji + " " + where(a) + ": " + headline(a, newest))
	p.say("%s, %s: %s.", word, escape(where(a), maxName), headline(a, newest))
	text, aloud := whatChanged(v, newest)
	p.section(text)
	p.say("%s", aloud)
	p.alertState(v)
	p.alertMeaning(v)
	if v.Owner != "" && a.State == access.AlertOpen {
		p.contextBoth("For " + mention(access.Person{User: v.Owner}) + ", who looks after " + name(a.CustomerName) + ".")
	}
	p.alertHistory(v)
	p.buttons(alertButtons(v)...)
	return p.message()
}

// superseded is a card that a newer one has followed. It keeps what it told, and
// alarms nobody a second time.
func superseded(p *page, v AlertView) Message {
	p.header("⤵️ " + where(v.Alert) + ": continued on a newer card")
	p.say("%s: continued.", escape(where(v.Alert), maxName))
	p.contextBoth("A newer card further down tells what came after this one.")
	p.alertHistory(v)
	return p.message()
}

func (v AlertView) newest() ChangeView {
	if len(v.Changes) == 0 {
		return ChangeView{}
	}
	return v.Changes[len(v.Changes)-1]
}

// alertStanding is how an alert stands, in a sign and a word.
func alertStanding(a access.Alert) (emoji, word string) {
	switch a.State {
	case access.AlertOpen:
		return "🚨", "Please look at this"
	case access.AlertAcknowledged:
		return "👀", "Acknowledged"
	case access.AlertResolved:
		if !a.Loud {
			return "ℹ️", "For your information"
		}
	}
	return "✅", "Settled"
}

// PartnerCentersGroups stands where a customer's name would: what they reach is no
// single customer's.
const PartnerCentersGroups = "Partner Center's groups"

// where names the customer or, of one of Partner Center's groups, the partner's own
// tenant.
func where(a access.Alert) string {
	if a.Agents != "" {
		return PartnerCentersGroups
	}
	return orElse(line(a.CustomerName, maxName), "a customer without a name")
}

// headline is the newest change in a few words.
func headline(a access.Alert, c ChangeView) string {
	switch a.About() {
	case access.AboutMember:
		return memberHeadline(a, c)
	case access.AboutCustomer:
		return customerHeadline(c)
	case access.AboutRelationship, access.AboutAssignment:
	}
	switch c.Kind {
	case access.ChangeNew:
		return "a new relationship that nobody asked for here"
	case access.ChangeApproved:
		return "relationship approved"
	case access.ChangeActive:
		return "relationship active"
	case access.ChangeEnding:
		return "relationship being terminated"
	case access.ChangeTerminated:
		return "relationship terminated"
	case access.ChangeExpired:
		return "relationship expired"
	case access.ChangeVanished:
		return "relationship gone from Microsoft's list"
	case access.ChangeListed:
		return "relationship listed again"
	case access.ChangeRoles:
		return "roles of the relationship changed"
	case access.ChangeRenewal:
		if c.To == "on" {
			return "relationship renews itself now"
		}
		return "relationship does not renew itself any more"
	case access.ChangeEnd:
		return "end of the relationship moved"
	case access.ChangeExtended:
		return "relationship extended itself"
	case access.ChangeEndsSoon:
		return "relationship ends soon"
	case access.ChangeReplaced:
		return "lost roles are back"
	case access.ChangeAssigned:
		return "a group receives roles"
	case access.ChangeReassigned:
		return "a group receives other roles"
	case access.ChangeUnassigned:
		return "a group lost its roles"
	case access.ChangeFailed:
		return "an access assignment failed"
	}
	return "something changed about " + orElse(line(a.Name, maxName), "a relationship")
}

// whatChanged tells of a change in a sentence or two: formatted, and to be read
// aloud.
func whatChanged(v AlertView, c ChangeView) (text, aloud string) {
	a := v.Alert
	switch a.About() {
	case access.AboutMember:
		unknown := inYourLog
		if c.Kind == access.ChangeStuck {
			unknown = "" // nobody did it
		}
		return withSource(memberChanged(a, c), c, unknown)
	case access.AboutCustomer:
		return withSource(customerChanged(a, c), c, unknownHand)
	case access.AboutRelationship, access.AboutAssignment:
	}
	bold, plain := "*"+name(a.Name)+"* with *"+name(a.CustomerName)+"*", name(a.Name)+" with "+name(a.CustomerName)
	what, said := changeLine(a, c)
	by := unknownHand
	byAloud := by
	switch {
	case c.By.User != "" || c.By.Name != "":
		by, byAloud = doneBy(c)
	case c.Kind == access.ChangeNew, c.Kind == access.ChangeEndsSoon, c.Kind == access.ChangeExpired, c.Kind == access.ChangeReplaced, c.Kind == access.ChangeListed:
		by, byAloud = "", ""
	case !c.Alarming && (c.Aspect == access.AspectStatus || c.Aspect == access.AspectEnd):
		by, byAloud = "", ""
	}
	at := "\nSeen on " + when(c.At) + "."
	return "The relationship " + bold + " " + what + by + at,
		"The relationship " + plain + " " + said + byAloud + " Seen at " + access.FormatTime(c.At) + "."
}

// unknownHand is said of what Microsoft shows without saying who did it.
const unknownHand = " Microsoft does not tell who did it: somebody at the customer, at Partner Center, or Microsoft itself."

// inYourLog is said of what was done in the partner's own tenant.
const inYourLog = " Who did it is in the audit log of your own tenant in Microsoft Entra."

// withSource adds who did it, where that is known, and when it was seen.
func withSource(text string, c ChangeView, unknown string) (formatted, aloud string) {
	by, byAloud := unknown, unknown
	switch {
	case c.By.User != "" || c.By.Name != "":
		by, byAloud = doneBy(c)
	case !c.Alarming:
		by, byAloud = "", ""
	}
	return text + by + "\nSeen on " + when(c.At) + ".",
		strings.ReplaceAll(text, "*", "") + byAloud + " Seen at " + access.FormatTime(c.At) + "."
}

// doneBy says who did it: here, or as a log of Microsoft's tells.
func doneBy(c ChangeView) (formatted, aloud string) {
	if c.Source != "" {
		s := " Done by " + called(c.By) + ", says " + escape(c.Source, maxName) + "."
		return s, s
	}
	return " Done here by " + mention(c.By) + ".", " Done here by " + called(c.By) + "."
}

// changeLine goes on from the name of the relationship.
func changeLine(a access.Alert, c ChangeView) (text, aloud string) {
	group := orElse(escape(a.GroupName, maxName), "without a name")
	same := func(s string) (string, string) { return s, s }
	switch c.Kind {
	case access.ChangeNew:
		return same("was not asked for here: somebody made it in Partner Center or with another tool. Microsoft has it as " + code(c.To) + ".")
	case access.ChangeEnding:
		return same("is being terminated: it was " + code(c.From) + ".")
	case access.ChangeActive:
		if c.From == "" {
			return same("is active: access can be asked for through it.")
		}
		return same("is active: access can be asked for through it. It was " + code(c.From) + ".")
	case access.ChangeApproved:
		return same("was approved by the customer. Microsoft makes it ready, which takes a few minutes.")
	case access.ChangeTerminated:
		return same("was terminated: it was " + code(c.From) + ". It cannot be revived.")
	case access.ChangeExpired:
		return same("has expired: its time was over. It cannot be revived.")
	case access.ChangeVanished:
		return same("is not listed by Microsoft any more. It was " + code(c.From) + ".")
	case access.ChangeListed:
		return same("is listed by Microsoft again, as " + code(c.To) + ".")
	case access.ChangeRoles:
		return same("has other roles now." + rolesDelta(c))
	case access.ChangeRenewal:
		if c.To == "on" {
			return same("renews itself for 180 days at its end now; before, it did not.")
		}
		return same("does not renew itself any more; before, it did.")
	case access.ChangeEnd, access.ChangeExtended:
		return endMoved(c)
	case access.ChangeEndsSoon:
		return same("ends by itself in " + days(c.To) + " and does not renew itself.")
	case access.ChangeReplaced:
		return same("stays ended, but " + name(c.To) + " is active and has all of its roles.")
	case access.ChangeAssigned:
		return same("gives roles to the group " + group + "." + rolesDelta(c))
	case access.ChangeReassigned:
		return same("gives other roles to the group " + group + "." + rolesDelta(c))
	case access.ChangeUnassigned:
		return same("does not give roles to the group " + group + " any more." + rolesDelta(c))
	case access.ChangeFailed:
		return same("could not give the group " + group + " its roles: Microsoft reports an error of the access assignment.")
	}
	return same("changed.")
}

func rolesDelta(c ChangeView) string {
	out := ""
	if len(c.Added) > 0 {
		out += " New: " + rolesIn(c.Added, 6) + "."
	}
	if len(c.Removed) > 0 {
		out += " Gone: " + rolesIn(c.Removed, 6) + "."
	}
	return out
}

func endMoved(c ChangeView) (text, aloud string) {
	from, err1 := time.Parse(time.RFC3339, c.From)
	to, err2 := time.Parse(time.RFC3339, c.To)
	if err1 != nil || err2 != nil {
		return "has another end now.", "has another end now."
	}
	how := "was extended: it ends on "
	switch {
	case to.Before(from):
		how = "ends earlier now: on "
	case c.Kind == access.ChangeExtended:
		how = "has extended itself: it ends on "
	}
	return how + day(to) + " and not on " + day(from) + ".",
		how + to.UTC().Format(time.DateOnly) + " and not on " + from.UTC().Format(time.DateOnly) + "."
}

func days(n string) string {
	if n == "1" {
		return "a day"
	}
	return line(n, 5) + " days"
}

// alertState says who has taken care of it, and since when it is open.
func (p *page) alertState(v AlertView) {
	a := v.Alert
	if a.State == access.AlertAcknowledged {
		p.section("👀 Acknowledged by " + mention(a.AckBy) + " on " + when(a.AckAt) + ".")
		p.say("Acknowledged by %s at %s.", called(a.AckBy), access.FormatTime(a.AckAt))
	}
	if a.State == access.AlertResolved && a.Loud {
		p.both("Nothing is wrong any more.")
	}
	if a.State != access.AlertResolved && a.Since.Before(a.LastAt) {
		p.context("Open since " + when(a.Since) + ".")
		p.say("Open since %s.", access.FormatTime(a.Since))
	}
	if !a.MutedUntil.IsZero() {
		p.context("🔕 Muted by " + mention(a.MutedBy) + " until " + when(a.MutedUntil) + ". Something new is told all the same.")
		p.say("Muted by %s until %s.", called(a.MutedBy), access.FormatTime(a.MutedUntil))
	}
}

// alertMeaning says what the change means for work at the customer, while it does.
func (p *page) alertMeaning(v AlertView) {
	a := v.Alert
	if a.State == access.AlertResolved {
		return
	}
	switch a.About() {
	case access.AboutMember:
		p.memberMeaning(v)
		return
	case access.AboutCustomer:
		p.customerMeaning(v)
		return
	case access.AboutRelationship, access.AboutAssignment:
	}
	lost := false
	for _, f := range a.Wrong {
		switch f.Aspect {
		case access.AspectStatus:
			lost = lost || a.About() == access.AboutRelationship
		case access.AspectTime:
			p.alertEnd(v)
		case access.AspectOrigin:
			p.contextBoth("Whoever made it can give our people access that no customer decided on here. Ask who needs it, and terminate it if nobody does.")
		case access.AspectRoles, access.AspectRenewal, access.AspectEnd, access.AspectListed,
			access.AspectStranger, access.AspectLost, access.AspectRemoval, access.AspectDAP, access.AspectReseller:
		}
	}
	switch {
	case lost && len(v.Left) == 0:
		p.lostAll()
	case lost:
		p.both("The roles of this relationship are lost. What goes on: " + leftOf(v) + ".")
	}
	if lost && len(v.Roles) > 0 {
		p.contextBoth("Its roles: " + rolesIn(v.Roles, 8) + ".")
	}
	if lost || a.About() == access.AboutAssignment {
		if len(v.Grants) > 0 {
			p.grantList("*Access that is hit*", "Access that is hit:", v.Grants, forWhat)
		} else if lost {
			p.contextBoth("No open access goes through it, so no work is cut off right now. More: " + code("/access impact "+line(a.CustomerName, 60)))
		}
	}
}

func (p *page) alertEnd(v AlertView) {
	if v.End.IsZero() {
		return
	}
	p.section("It ends on *" + when(v.End) + "*. Ask for a new one in time, or have it renew itself: " +
		code("/access relationship extend on "+line(v.Alert.Name, 60)))
	p.say("It ends at %s. Ask for a new one in time, or have it renew itself.", access.FormatTime(v.End))
}

// mostChanges bounds how much of the past a card tells.
const mostChanges = 6

// alertHistory lists what came before.
func (p *page) alertHistory(v AlertView) {
	past := v.Changes[:max(0, len(v.Changes)-1)]
	if len(past) == 0 {
		return
	}
	hidden := max(0, len(past)-mostChanges)
	lines := []string{"*Before*"}
	if n := hidden + v.Alert.Dropped; n > 0 {
		lines = append(lines, fmt.Sprintf("… %s", count(n, "older change", "older changes")))
	}
	for _, c := range past[hidden:] {
		lines = append(lines, "• "+when(c.At)+": "+headline(v.Alert, c))
		p.say("Before, at %s: %s.", access.FormatTime(c.At), headline(v.Alert, c))
	}
	p.context(lines...)
}
