package messages

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/slack-go/slack"

	"latchkey/internal/access"
)

// FindingKind says what a finding is about.
type FindingKind string

// The kinds of findings, as package hygiene has them.
const (
	FindingOutside    FindingKind = "outside"
	FindingGlobal     FindingKind = "global"
	FindingPrivileged FindingKind = "privileged"
	FindingLegacy     FindingKind = "legacy"
	FindingEnding     FindingKind = "ending"
	FindingStanding   FindingKind = "standing"
	FindingUnused     FindingKind = "unused"
	FindingBroad      FindingKind = "broad"
	FindingNotUsed    FindingKind = "not used"
	FindingAgents     FindingKind = "agents"
)

// FindingView is one thing that stands open without need.
type FindingView struct {
	Kind         FindingKind
	Severity     int // 0 today, 1 this week, 2 when there is time
	Customer     access.TenantID
	Relationship access.RelationshipID
	Name         string // of the relationship
	Assignment   access.AssignmentID
	Group        access.GroupID
	GroupName    string
	Agents       access.AgentGroup
	Roles        []Role
	Members      []access.Member
	Times        int // of what was given and not used
	Until, Since time.Time
}

// StandingView is what stands open at one customer.
type StandingView struct {
	Customer string
	Tenant   access.TenantID
	Findings []FindingView
	Looked   int      // active relationships
	Unread   []string // what could not be read
	MayMend  bool     // the reader may press the buttons
	DAP      DAPView
	ReadAt   time.Time
	Problem  string
}

// StandingAllView is the same of all customers.
type StandingAllView struct {
	Customers []StandingCountView
	Clean     int
	Unread    []string // customers of which something could not be read
	Connected bool     // Partner Center is asked, too
	Agents    []FindingView
	ReadAt    time.Time
	Problem   string
}

// StandingCountView is how many findings a customer has.
type StandingCountView struct {
	Customer string
	Tenant   access.TenantID
	Counts   [3]int // by severity
	Worst    FindingView
}

const (
	mostFindings = 15 // of one customer; each takes a block or two
	mostCounted  = 20 // customers
	mostPeople   = 5
)

var severityMarks = [3]string{"🔴", "🟠", "🟡"}

// Standing shows what stands open at one customer.
func Standing(v StandingView) Message {
	p := &page{}
	p.header("What stands open at " + orElse(line(v.Customer, maxName), "(no name)"))
	p.say("What stands open at %s.", name(v.Customer))
	if len(v.Findings) == 0 {
		p.both(clean(v))
	}
	for i, f := range v.Findings {
		if i == mostFindings {
			p.both(fmt.Sprintf("… and %d more, less grave. Mend these and look again.", len(v.Findings)-i))
			break
		}
		p.finding(f, v.MayMend)
	}
	if len(v.Findings) > 0 && !v.MayMend {
		p.contextBoth("A bot admin can mend these from here.")
	}
	p.standingRead(v.ReadAt, v.Problem, v.Unread)
	if !v.DAP.Held {
		_, dap, aloud := v.DAP.finding()
		p.context(dap)
		p.say("%s", aloud)
	}
	return p.message()
}

func clean(v StandingView) string {
	switch {
	case v.ReadAt.IsZero():
		return "Nothing has been read from Microsoft Graph yet; look again in a minute."
	case len(v.Unread) > 0:
		return "❔ Nothing that could be seen, but not everything could be read; what is missing is below."
	case v.Looked == 0:
		return "There is no active relationship with this customer, so none of our people stands in its tenant by GDAP."
	}
	return "🟢 Nothing. Looked at were " + count(v.Looked, "active relationship", "active relationships") +
		": standing roles, people in Latchkey's groups whom no request put there, roles and relationships that nobody used for 90 days, and ends within 30 days."
}

// finding tells one, with the button that begins to mend it.
func (p *page) finding(f FindingView, may bool) {
	what, why := findingWords(f)
	mark := severityMarks[min(max(f.Severity, 0), 2)]
	var b *slack.ButtonBlockElement
	if may {
		b = remedy(f)
	}
	p.row(mark+" "+what+"\n"+why, b)
	p.say("%s %s", what, why)
}

// findingWords says what was found, and why it matters and what mends it.
func findingWords(f FindingView) (what, why string) {
	on := "the relationship " + name(f.Name)
	group := name(f.GroupName)
	switch f.Kind {
	case FindingOutside:
		return people(f.Members) + " is in Latchkey's group " + group + ", and no request put them there. It gives " + rolesIn(f.Roles, 4) + ".",
			"Somebody added them in Entra: nobody at the customer agreed, and nothing ends it."
	case FindingGlobal:
		return capital(on) + " holds Global Administrator.",
			"Who gets that role can do everything in the tenant. Few jobs need it, and it is the one role that can be taken out."
	case FindingPrivileged:
		return "The group " + group + " has " + rolesIn(f.Roles, 4) + " on " + on + " all the time: " + people(f.Members) + ".",
			"Privileged roles can raise their own rights. Take them from the group, and have its people ask when they need them."
	case FindingStanding:
		return "The group " + group + " has " + rolesIn(f.Roles, 4) + " on " + on + " all the time: " + people(f.Members) + ".",
			"Nobody agrees to it and nothing ends it. Its people could ask when they need it."
	case FindingLegacy:
		return "Legacy admin privileges (DAP) are still there, as read from Partner Center on " + day(f.Since) + ".",
			"Everybody in AdminAgents is Global Administrator of the customer, without an end. What is needed can be had by a relationship (GDAP)."
	case FindingEnding:
		return capital(on) + " ends on " + day(f.Until) + " and does not renew itself.",
			"After that nobody gets access through it, and it cannot be revived: have it renew itself, or ask the customer for a new one."
	case FindingUnused:
		return capital(on) + " gives nobody anything, and as far as I know has given nothing since " + day(f.Since) + ".",
			"What nobody needs is only a risk. End it; a new one can be asked for when it is needed."
	case FindingBroad:
		return capital(on) + " holds roles that no group has: " + rolesIn(f.Roles, 6) + ".",
			"It has lasted for more than 90 days. Replace it by a smaller one: what is used goes on."
	case FindingNotUsed:
		return "Given by request " + count(f.Times, "time", "times") + " since " + day(f.Since) + ", to " + people(f.Members) + ", and never used as far as the tenant's own log tells: " + rolesIn(f.Roles, 4) + ".",
			"Access that is asked for in case it is needed is only a risk. Ask when there is something to do, and for the smallest role: " + code("/access advise") + " names it."
	case FindingAgents:
		return people(f.Members) + " " + isAre(f.Members) + " in " + name(string(f.Agents)) + ".",
			"It gives " + orElse(agentsReach[f.Agents], "what is not known here") + ". Nobody has to agree to that."
	}
	return "Something that this version has no words for: " + escape(string(f.Kind), 40) + ".", ""
}

func isAre(all []access.Member) string {
	if len(all) == 1 {
		return "is"
	}
	return "are"
}

func people(all []access.Member) string {
	names := make([]string, len(all))
	for i, m := range all {
		names[i] = escape(orElse(orElse(m.Name, m.UPN), string(m.ID)), maxName)
	}
	slices.Sort(names)
	return fold(names, mostPeople, "its members could not be read", "more")
}

// remedy is the button that begins to mend a finding, or nil where nothing here
// can.
func remedy(f FindingView) *slack.ButtonBlockElement {
	switch f.Kind {
	case FindingOutside:
		if len(f.Members) != 1 {
			return nil
		}
		who := orElse(line(orElse(f.Members[0].Name, f.Members[0].UPN), 60), "the member")
		return button(ActionOust, OustTarget(f.Group, f.Members[0].ID), "Remove", "Remove "+who+" from the group").
			WithStyle(slack.StyleDanger).
			WithConfirm(dialog("Remove from the group?", who+" loses what the group gives. "+tokensLast, "Remove", slack.StyleDanger))
	case FindingPrivileged, FindingStanding:
		return button(ActionUnassign, AssignmentTarget(f.Customer, f.Relationship, f.Assignment), "Take away", "Take away the roles of the group "+line(f.GroupName, 40)).
			WithStyle(slack.StyleDanger).
			WithConfirm(dialog("Take the roles away?", "All members of "+orElse(line(f.GroupName, 60), "the group")+" lose the roles that it has on "+
				orElse(line(f.Name, 60), "this relationship")+". They can ask for access when they need it.", "Take away", slack.StyleDanger))
	case FindingEnding:
		return button(ActionRenew, Target(f.Customer, f.Relationship), "Renew", "Have the relationship renew itself").
			WithConfirm(dialog("Renew by itself?", "It then lasts 180 days longer at its end, again and again, until somebody ends it. The customer's channel is told.",
				"Renew", slack.StylePrimary))
	case FindingLegacy:
		return button(ActionDAPRemove, string(f.Customer), "Remove DAP …", "Remove DAP, legacy administration").WithStyle(slack.StyleDanger)
	case FindingGlobal:
		return button(ActionReduce, Target(f.Customer, f.Relationship), "Take it out", "Take it out, Global Administrator of "+line(f.Name, 30))
	case FindingBroad:
		return button(ActionSmaller, Target(f.Customer, f.Relationship), "Replace", "Replace "+line(f.Name, 40)+" by a smaller one")
	case FindingUnused:
		return terminate(f.Customer, f.Relationship, line(f.Name, 30))
	case FindingNotUsed: // nothing is there any more
	case FindingAgents:
		return inEntra(f.Group, string(f.Agents))
	}
	return nil
}

// OustTarget is what the button carries that removes a member of a group.
func OustTarget(g access.GroupID, p access.PrincipalID) string { return string(g) + "/" + string(p) }

// AssignmentTarget is what the button carries that takes an assignment away.
func AssignmentTarget(c access.TenantID, r access.RelationshipID, a access.AssignmentID) string {
	return Target(c, r) + "/" + string(a)
}

func (p *page) standingRead(at time.Time, problem string, unread []string) {
	var said []string
	if len(unread) > 0 {
		names := make([]string, len(unread))
		for i, u := range unread {
			names[i] = name(u)
		}
		said = append(said, "⚠️ Could not be read, so nothing is said of it: "+fold(names, 5, "", "more")+".")
	}
	switch {
	case at.IsZero():
	case problem != "":
		said = append(said, "⚠️ The last read of Microsoft Graph did not succeed: "+sentence(problem)+" This is from "+when(at)+".")
	default:
		said = append(said, "Read from Microsoft Graph on "+when(at)+".")
	}
	if len(said) > 0 {
		p.context(strings.Join(said, " "))
		p.say("%s", strings.Join(said, " "))
	}
}

// StandingAll shows what stands open at all customers, the gravest first.
func StandingAll(v StandingAllView) Message {
	p := &page{}
	p.header("What stands open")
	p.say("What stands open.")
	if len(v.Customers) == 0 && len(v.Unread) == 0 && !v.ReadAt.IsZero() {
		p.both("🟢 Nothing at any of " + count(v.Clean, "customer", "customers") + ".")
	}
	if v.ReadAt.IsZero() {
		p.both("Nothing has been read from Microsoft Graph yet; look again in a minute.")
	}
	for i, c := range v.Customers {
		if i == mostCounted {
			p.both("… and " + count(len(v.Customers)-i, "more customer", "more customers") + ". Name one: `/access standing contoso`.")
			break
		}
		worst, _ := findingWords(c.Worst)
		text := "*" + name(c.Customer) + "*: " + counts(c.Counts)
		p.row(text+"\n"+worst, button(ActionStanding, string(c.Tenant), "Look", "Look what stands open at "+c.Customer))
		p.say("%s: %s. %s", name(c.Customer), counts(c.Counts), worst)
	}
	if len(v.Customers) > 0 && v.Clean > 0 {
		p.contextBoth("🟢 Nothing at " + count(v.Clean, "other customer", "other customers") + ".")
	}
	if len(v.Agents) > 0 {
		p.divider()
		p.section("*Partner Center's groups*")
		p.say("Partner Center's groups:")
		for _, f := range v.Agents {
			p.finding(f, true) // the button only leads to Entra
		}
	}
	p.standingRead(v.ReadAt, v.Problem, v.Unread)
	if !v.Connected {
		p.contextBoth("Legacy admin privileges (DAP) are unknown: Partner Center is not connected.")
	}
	return p.message()
}

func counts(n [3]int) string {
	words := [3]string{"for today", "for this week", "for when there is time"}
	var parts []string
	for i, c := range n {
		if c > 0 {
			parts = append(parts, fmt.Sprintf("%s %d %s", severityMarks[i], c, words[i]))
		}
	}
	return strings.Join(parts, ", ")
}
