package messages

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/slack-go/slack"

	"latchkey/internal/access"
)

// ReachView is every way by which a person can get into a customer's tenant.
type ReachView struct {
	Person   access.Person
	Customer string
	Unlinked bool       // nobody knows who the person is in Entra
	Open     []CardView // what waits, is given or is in force
	Last     *CardView  // the newest that is over, when nothing is open
	// Ways are the groups that the person is in outside of any grant.
	Ways   []WayView
	Agents []access.AgentGroup
	// AgentsKnown is false when Partner Center's groups were not read.
	AgentsKnown   bool
	Unseen        []string // what could not be read
	Relationships []RelationshipView
	DAP           DAPView
	InPolicy      bool
	Own           bool // the reader asks about themselves
	ReadAt        time.Time
	Problem       string
}

// WayView is a group that gives the person roles without anybody being asked.
type WayView struct {
	Group            string
	Ours             bool // Latchkey's own group: nobody but Latchkey should put people there
	Relationship     string
	Status           access.RelationshipStatus
	AssignmentStatus access.AssignmentStatus
	Until            time.Time
	Roles            []Role
	Open             bool // leads in now
}

// Why tells by which ways a person reaches a customer, or why by none.
func Why(v ReachView) Message {
	p := &page{}
	p.header("Can " + orElse(line(v.Person.Name, 60), "this person") + " get into " + orElse(line(v.Customer, 60), "(no name)") + "?")
	p.say("Can %s get into %s?", called(v.Person), name(v.Customer))
	p.verdict(v)
	p.reachGranted(v)
	p.reachStanding(v)
	p.reachAgents(v)
	p.reachClosed(v)
	p.context(reachRead(v))
	if v.Own && v.InPolicy && !v.inForce() {
		p.buttons(button(ActionRequest, "", "Request access", "Request access to a customer").WithStyle(slack.StylePrimary))
	}
	return p.message()
}

func (v ReachView) inForce() bool {
	for _, g := range v.Open {
		if g.Grant != nil && g.Grant.State == access.Active && g.Lost == "" {
			return true
		}
	}
	return false
}

// leaving reports whether access is being taken away, or was approved and its
// relationship is over: then nobody knows whether it still works.
func (v ReachView) leaving() bool {
	for _, g := range v.Open {
		if g.Grant != nil && (g.Grant.State == access.Ending || g.Grant.State == access.Active && g.Lost != "") {
			return true
		}
	}
	return false
}

func (v ReachView) standing() bool {
	for _, w := range v.Ways {
		if w.Open {
			return true
		}
	}
	return false
}

// verdict answers the question before it gives the reasons.
func (p *page) verdict(v ReachView) {
	who, aloud := mention(v.Person), called(v.Person)
	var tail string
	mark := "🟢"
	switch {
	case v.inForce() && v.standing():
		tail = " can: by access that was approved, and besides by standing access that nobody has to approve."
	case v.inForce():
		tail = " can, by access that was approved."
	case v.standing():
		mark, tail = "🟠", " can, by standing access: nobody has to approve it, and it does not end by itself."
	case v.leaving():
		mark, tail = "🟠", " may still get in: the access is being taken away, and Microsoft has not confirmed that it is gone."
	case v.Unlinked:
		mark, tail = "❔", " has no access through this bot. More cannot be said: nobody has told me who this is in Microsoft Entra. A bot admin can, with "+code("/access staff link")+"."
	case v.ReadAt.IsZero():
		mark, tail = "❔", " has no access through this bot. What else there is has not been read from Microsoft yet."
	case slices.Contains(v.Agents, access.AdminAgents) || slices.Contains(v.Agents, access.HelpdeskAgents):
		mark, tail = "🟠", " has no role by GDAP, but is in a group of Partner Center; what that reaches is below."
	case len(v.Unseen) > 0:
		mark, tail = "❔", " has no access that I know of, but not everything could be read; what is missing is below."
	case len(v.Open) > 0:
		mark, tail = "⏳", " cannot yet."
	default:
		mark, tail = "🔴", " cannot, as far as I see."
	}
	p.section(mark + " " + who + tail)
	p.say("%s%s", aloud, tail)
}

func (p *page) reachGranted(v ReachView) {
	if len(v.Open) > 0 {
		p.grantList("*By request*", "By request:", v.Open, untold)
	}
}

func (p *page) reachStanding(v ReachView) {
	if len(v.Ways) == 0 {
		return
	}
	lines := []string{"*Standing, without any request*"}
	p.say("Standing, without any request:")
	for i, w := range v.Ways {
		if i == mostAssignments {
			more := fmt.Sprintf("… and %d more groups", len(v.Ways)-i)
			lines = append(lines, more)
			p.say("%s.", more)
			break
		}
		group := "member of the group " + name(w.Group)
		if w.Ours {
			group = "⚠️ member of Latchkey's group " + name(w.Group) + ", into which no request put them"
		}
		_, status := relationshipStatus(w.Status)
		head := group + " → " + rolesIn(w.Roles, 6)
		tail := "on the relationship " + name(w.Relationship) + " (" + status
		until, aloud, end := "", "", ")"
		if !w.Until.IsZero() {
			until, aloud = ", until "+day(w.Until), ", until "+w.Until.UTC().Format(time.DateOnly)
		}
		if w.AssignmentStatus != access.AssignmentActive {
			end = "; the assignment is " + orElse(escape(string(w.AssignmentStatus), 40), "of unknown status") + ")"
		}
		lines = append(lines, "• "+head+", "+tail+until+end)
		p.say("%s, %s%s%s.", head, tail, aloud, end)
	}
	p.section(lines...)
}

// agentsReach says what each of Partner Center's groups reaches.
var agentsReach = map[access.AgentGroup]string{
	access.AdminAgents: "Global Administrator of every customer that still has legacy DAP, owner of the Azure subscriptions that were bought through us, " +
		"and the right to make and change relationships",
	access.HelpdeskAgents: "Helpdesk Administrator of every customer that still has legacy DAP",
	access.SalesAgents:    "orders and invoices in Partner Center, but no customer's tenant",
}

func (p *page) reachAgents(v ReachView) {
	if len(v.Agents) == 0 {
		return
	}
	lines := []string{"*By Partner Center's groups*"}
	p.say("By Partner Center's groups:")
	for _, a := range v.Agents {
		l := name(string(a)) + ": " + orElse(agentsReach[a], "what it reaches is not known here") + "."
		lines = append(lines, "• "+l)
		p.say("%s", l)
	}
	_, dap, aloud := v.DAP.finding()
	if v.DAP.Held || v.DAP.ReadAt.IsZero() {
		const wins = " Where both are there, GDAP wins: it then limits what the person has by DAP."
		dap, aloud = dap+wins, aloud+wins
	}
	p.say("%s", aloud)
	p.section(append(lines, dap)...)
}

// reachClosed says why there is no way, and what would open one.
func (p *page) reachClosed(v ReachView) {
	if v.inForce() || v.standing() || v.leaving() {
		return
	}
	var lines, text []string
	add := func(formatted, aloud string) {
		lines, text = append(lines, "• "+formatted), append(text, aloud)
	}
	if l := noRelationship(v); l != "" {
		add(l, l)
	}
	switch {
	case v.Last != nil:
		now := standing(*v.Last)
		last := "The last request was " + string(v.Last.Request.ID) + ": " + now.word
		add(last+". "+strings.Join(now.lines, " "), last+". "+strings.Join(now.text, " "))
	case len(v.Open) == 0 && v.Own:
		add("You asked for nothing at this customer here.", "You asked for nothing at this customer here.")
	case len(v.Open) == 0:
		add("They asked for nothing at this customer here.", "They asked for nothing at this customer here.")
	}
	if !v.InPolicy {
		const l = "The customer is not in policy.yml, so nobody can ask for access to it here."
		add(l, l)
	}
	if len(lines) > 0 {
		p.section(append([]string{"*Why not*"}, lines...)...)
		p.say("Why not: %s", strings.Join(text, " "))
	}
}

// noRelationship says that no relationship could carry access, or nothing.
func noRelationship(v ReachView) string {
	const mostNamed = 3
	var found []string
	for _, r := range v.Relationships {
		if r.Status == access.RelationshipActive || r.Status == access.RelationshipExpiring {
			return ""
		}
		_, status := relationshipStatus(r.Status)
		found = append(found, name(r.Name)+" ("+status+")")
	}
	switch {
	case v.ReadAt.IsZero():
		return ""
	case len(found) == 0:
		return "There is no relationship (GDAP) with this customer. Ask for one with `/access relationship request`."
	}
	return "No relationship with this customer is active: " + fold(found, mostNamed, "", "more") + "."
}

// reachRead says how old the answer is and what it leaves out.
func reachRead(v ReachView) string {
	var said []string
	switch {
	case v.ReadAt.IsZero():
		said = append(said, "⚠️ Nothing has been read from Microsoft Graph yet; look again in a minute.")
	case v.Problem != "":
		said = append(said, "⚠️ The last read of Microsoft Graph did not succeed: "+sentence(v.Problem)+" This is from "+when(v.ReadAt)+".")
	default:
		said = append(said, "Read from Microsoft Graph on "+when(v.ReadAt)+".")
	}
	if len(v.Unseen) > 0 {
		groups := make([]string, len(v.Unseen))
		for i, g := range v.Unseen {
			groups[i] = name(g)
		}
		said = append(said, "⚠️ Could not be read: "+fold(groups, 5, "", "more")+".")
	}
	if !v.AgentsKnown && !v.ReadAt.IsZero() {
		said = append(said, "Partner Center's groups were not found in our tenant.")
	}
	return strings.Join(append(said, "Not visible here: guest and local accounts in the customer's tenant, and groups inside groups."), " ")
}
