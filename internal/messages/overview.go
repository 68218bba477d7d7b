package messages

import (
	"fmt"
	"regexp"
	"strings"
	"time"

	"latchkey/internal/access"
)

// OverviewView is what the partner can see of its access to one customer.
type OverviewView struct {
	Customer      string
	Domains       []string
	InPolicy      bool
	Relationships []RelationshipView
	Grants        []CardView // that are not over
	ReadAt        time.Time  // zero: never
	Problem       string     // why the last read failed; empty when it did not
	Unreadable    int        // damaged records, which are not shown
	DAP           DAPView
	Others        OthersView
}

// RelationshipView is one delegated admin relationship.
type RelationshipView struct {
	Name        string
	Status      access.RelationshipStatus
	Roles       []Role
	Start, End  time.Time // zero when there is none
	AutoExtend  string    // ISO 8601, empty when it does not renew itself
	Assignments []AssignmentView
	Unseen      string       // why the assignments could not be read
	Provider    ProviderView // zero when there is none

	Answerable     bool // by buttons in the same message
	ConsentPending bool // the provider made it, and our own word is awaited
	MicrosoftLed   bool
}

// AssignmentView is a security group that receives roles.
type AssignmentView struct {
	Group  string // empty when the name could not be read
	Roles  []Role
	Status access.AssignmentStatus
}

const (
	mostRelationships = 12
	mostAssignments   = 8
	mostGrants        = 15
	mostListed        = 30   // roles of one relationship
	mostSize          = 9000 // characters, after which no further relationship begins
)

// Overview tells how the partner can get into a customer's tenant, and who of
// the staff is in it now.
func Overview(v OverviewView) Message {
	p := &page{}
	p.header("Access to " + orElse(line(v.Customer, maxName), "(no name)"))
	p.say("Access to %s.", name(v.Customer))
	if !v.InPolicy {
		p.both("⚠️ This customer is not in policy.yml, so nobody can ask for access to it here.")
	}
	p.freshness(v)
	p.grants(v.Grants)
	p.divider()
	p.relationships(v)
	if v.Unreadable > 0 {
		p.both("⚠️ " + count(v.Unreadable, "record of this customer is", "records of this customer are") +
			" damaged and not shown. The bot's log names what cannot be read; ask its operator.")
	}
	p.unseen(v)
	return p.message()
}

// both shows a line that needs no other wording to be read aloud.
func (p *page) both(s string) {
	p.section(s)
	p.say("%s", s)
}

func (p *page) freshness(v OverviewView) {
	domains := make([]string, len(v.Domains))
	for i, d := range v.Domains {
		domains[i] = escape(d, maxName)
	}
	line, aloud := "Read from Microsoft Graph on "+when(v.ReadAt)+".", "Read from Microsoft Graph at "+access.FormatTime(v.ReadAt)+"."
	switch {
	case v.ReadAt.IsZero() && v.Problem == "":
		line = "Nothing has been read from Microsoft Graph yet; look again in a minute."
		aloud = line
	case v.ReadAt.IsZero():
		line = "⚠️ Microsoft Graph could not be read yet: " + sentence(v.Problem)
		aloud = line
	case v.Problem != "":
		line = "⚠️ The last read of Microsoft Graph did not succeed: " + sentence(v.Problem) + " What follows is from " + when(v.ReadAt) + "."
		aloud = "The last read of Microsoft Graph did not succeed: " + sentence(v.Problem) + " What follows is from " + access.FormatTime(v.ReadAt) + "."
	}
	p.say("%s", aloud)
	if len(domains) > 0 {
		line = fold(domains, 5, "", "more") + "\n" + line
	}
	p.context(line)
}

func (p *page) grants(grants []CardView) {
	if len(grants) == 0 {
		p.section("*Who has access right now*", "Nobody through this bot.")
		p.say("Nobody has access right now through this bot.")
		return
	}
	p.grantList("*Who has access right now*", "Access right now:", grants, untold)
}

// grantList names grants, each with who has it, what it gives and until when.
func (p *page) grantList(title, aloud string, grants []CardView, why func(CardView) string) {
	lines := []string{title}
	p.say("%s", aloud)
	for i, g := range grants {
		if i == mostGrants && len(grants) > mostGrants+1 {
			more := fmt.Sprintf("… and %d more", len(grants)-i)
			lines = append(lines, more)
			p.say("%s.", more)
			break
		}
		how, aloud := grantLine(g)
		what := rolesIn(g.Roles, 3)
		lines = append(lines, "• "+mention(g.Request.Requester)+": "+what+", "+how+why(g)+" ("+string(g.Request.ID)+")")
		p.say("%s: %s, %s%s (%s).", called(g.Request.Requester), what, aloud, why(g), g.Request.ID)
	}
	p.section(lines...)
}

// forWhat tells for what somebody has access, which names the ticket that is hit.
func forWhat(v CardView) string {
	return ", for “" + escape(english.words(v.Request.Justification), 120) + "”"
}

func untold(CardView) string { return "" }

// grantLine says in a few words where a request or its grant stands.
func grantLine(v CardView) (formatted, aloud string) {
	in, s := v.in(), saying{}
	switch {
	case v.Request.State == access.Pending:
		s = in.saying("waits for a decision until %s", v.Request.DecideBy)
	case v.Lost != "":
		_, word := relationshipStatus(v.Lost)
		s = plain("its relationship is " + word + ", which takes this access away").after("⚠️")
	case v.Grant != nil && v.Grant.State == access.Active:
		s = in.saying("until %s", v.Grant.ExpiresAt)
	default:
		s = plain(standing(v).word)
	}
	return s.shown, s.aloud
}

func (p *page) relationships(v OverviewView) {
	if len(v.Relationships) == 0 {
		if !v.ReadAt.IsZero() {
			p.both("No delegated admin relationship (GDAP) with this customer is known. Without one no access can be given.")
		}
		return
	}
	for i, r := range v.Relationships {
		if i == mostRelationships || i > 0 && p.size > mostSize {
			p.both("… and " + count(len(v.Relationships)-i, "more relationship.", "more relationships."))
			return
		}
		p.relationship(r)
	}
}

func (p *page) relationship(r RelationshipView) {
	mark, status := relationshipStatus(r.Status)
	lines := []string{mark + " *" + name(r.Name) + "*: " + status}
	p.say("Relationship %s: %s.", name(r.Name), status)
	span, aloud := lifetime(r)
	lines = append(lines, span)
	p.say("%s", aloud)
	roles := fmt.Sprintf("Roles (%d): %s", len(r.Roles), rolesIn(r.Roles, mostListed))
	lines = append(lines, roles)
	p.say("%s.", roles)
	for _, l := range originLines(r) {
		lines = append(lines, l)
		p.say("%s", l)
	}
	for _, l := range assignmentLines(r) {
		lines = append(lines, l)
		p.say("%s.", strings.TrimSuffix(strings.TrimPrefix(l, "• "), "."))
	}
	p.section(lines...)
}

func assignmentLines(r RelationshipView) []string {
	if r.Unseen != "" {
		return []string{"⚠️ Its access assignments cannot be seen: " + sentence(r.Unseen)}
	}
	if len(r.Assignments) == 0 {
		return []string{"No security group receives these roles yet."}
	}
	var lines []string
	for i, a := range r.Assignments {
		if i == mostAssignments && len(r.Assignments) > mostAssignments+1 {
			lines = append(lines, fmt.Sprintf("… and %d more assignments", len(r.Assignments)-i))
			break
		}
		group := "a group whose name could not be read"
		if a.Group != "" {
			group = "group " + name(a.Group)
		}
		l := "• " + group + " → " + rolesIn(a.Roles, 6)
		if a.Status != access.AssignmentActive {
			l += " (" + orElse(escape(string(a.Status), 40), "status unknown") + ")"
		}
		lines = append(lines, l)
	}
	return lines
}

// unseen says what this overview cannot show, so that its silence is not taken
// for an answer.
func (p *page) unseen(v OverviewView) {
	mark, dap, aloud := v.DAP.finding()
	if v.DAP.Held && v.DAP.Connected {
		p.section(mark+" "+dap, dapMeans+" "+code("/access dap "+line(v.Customer, maxName))+" says more and how to remove it.")
		p.say("%s %s", aloud, dapMeans)
		dap, aloud = "", ""
	}
	if dap != "" {
		p.context(dap)
		p.say("%s", aloud)
	}
	p.others(v.Customer, v.Others)
}

// relationshipStatus words what Graph calls it. What this version does not know
// is shown as it came.
func relationshipStatus(s access.RelationshipStatus) (mark, word string) {
	switch s {
	case access.RelationshipActive:
		return "🟢", "active"
	case "created":
		return "🟡", "created, not yet sent to the customer"
	case "approvalPending":
		return "🟡", "waits for the customer's approval"
	case "approved":
		return "🟡", "approved, not yet active"
	case "activating":
		return "🟡", "becoming active"
	case "expiring":
		return "🟠", "expiring"
	case "expired":
		return "🔴", "expired"
	case "terminationRequested", "terminating":
		return "🔴", "being terminated"
	case "terminated":
		return "🔴", "terminated"
	}
	return "❔", orElse(escape(string(s), 40), "status unknown")
}

func lifetime(r RelationshipView) (formatted, aloud string) {
	var f, a []string
	if !r.Start.IsZero() {
		f, a = append(f, "since "+day(r.Start)), append(a, "since "+r.Start.UTC().Format(time.DateOnly))
	}
	if !r.End.IsZero() {
		f, a = append(f, "until "+day(r.End)), append(a, "until "+r.End.UTC().Format(time.DateOnly))
	}
	renews := "does not renew itself"
	if r.AutoExtend != "" {
		renews = "renews itself for " + isoDuration(r.AutoExtend)
	}
	f, a = append(f, renews), append(a, renews)
	return capital(strings.Join(f, ", ")), capital(strings.Join(a, ", ")) + "."
}

var isoDays = regexp.MustCompile(`^P(\d{1,5})D$`)

// isoDuration words the form that relationships have; any other stays as it is.
func isoDuration(s string) string {
	if m := isoDays.FindStringSubmatch(s); m != nil {
		if m[1] == "1" {
			return "1 day"
		}
		return m[1] + " days"
	}
	return escape(s, 20)
}

func capital(s string) string {
	if s == "" {
		return s
	}
	return strings.ToUpper(s[:1]) + s[1:]
}
