package messages

import (
	"fmt"
	"strings"
	"time"

	"latchkey/internal/access"
)

// StormView is a card of many alerts.
type StormView struct {
	ID        access.StormID
	At        time.Time
	Customers []StormCustomer // the worst first
	Alerts    int
	Open      int // of which nobody has acknowledged or mended yet
	Rev       int
}

// StormCustomer is what changed at one customer.
type StormCustomer struct {
	Tenant  access.TenantID
	Name    string
	Open    int
	Settled int // acknowledged or mended
	Cards   int // alerts that have cards of their own by now
	What    []StormCount
}

// StormCount is how often something changed.
type StormCount struct {
	Alert  access.Alert
	Change ChangeView
	Count  int
}

// mostStormed is how many customers a card names; a message takes 50 blocks.
const mostStormed = 40

// AlertStorm is the card that stands for many alerts that came at once.
func AlertStorm(v StormView) Message {
	p := &page{prefix: fmt.Sprintf("st.%s.%d", v.ID, v.Rev)}
	emoji, word := "🚨", "Please look at this"
	if v.Open == 0 {
		emoji, word = "✅", "Settled"
	}
	what := count(v.Alerts, "thing", "things") + " changed at once, at " + count(len(v.Customers), "customer", "customers")
	p.header(emoji + " " + what)
	p.say("%s: %s, seen at %s. %d of them are open.", word, what, access.FormatTime(v.At), v.Open)
	p.section(fmt.Sprintf("Seen on %s. *%d* of them are open. So many at once may be Microsoft's doing, or the work of one person: look at what they have in common first.",
		when(v.At), v.Open))
	for i, c := range v.Customers {
		if i == mostStormed && len(v.Customers) > mostStormed {
			more := fmt.Sprintf("… and %s more; %s shows each.", count(len(v.Customers)-i, "customer", "customers"), code("/access list"))
			p.contextBoth(more)
			break
		}
		p.stormed(v, c)
	}
	return p.message()
}

func (p *page) stormed(v StormView, c StormCustomer) {
	names := make([]string, 0, len(c.What))
	for _, w := range c.What {
		n := headline(w.Alert, w.Change)
		if w.Count > 1 {
			n += fmt.Sprintf(" (%d)", w.Count)
		}
		names = append(names, n)
	}
	what := fold(names, 3, "nothing", "more")
	settled := ""
	if c.Open == 0 {
		settled = "✅ "
	}
	text := settled + "*" + name(c.Name) + "*: " + what
	p.say("%s: %s.", name(c.Name), what)
	show := button(ActionShowAlerts, string(v.ID)+"/"+string(c.Tenant), "Show", "Show the alerts of "+line(c.Name, 40))
	if c.Cards >= c.Open+c.Settled {
		show = nil // each has a card of its own
	}
	p.row(text, show)
}

// StormColumns are the columns of a table of a storm's alerts.
var StormColumns = []string{"customer", "what changed", "of", "state", "seen", "tenant"}

// StormRow is an alert's line in that table, by its newest change.
func StormRow(customer string, a access.Alert, c ChangeView) []string {
	_, standing := alertStanding(a)
	if a.State == access.AlertOpen {
		standing = "Open"
	}
	subject := a.Name
	switch a.About() {
	case access.AboutMember:
		subject = a.Member.UPN
	case access.AboutAssignment:
		subject = strings.TrimSuffix(a.Name+", "+a.GroupName, ", ")
	case access.AboutRelationship, access.AboutCustomer:
	}
	return []string{customer, headline(a, c), subject, standing, access.FormatTime(a.LastAt), string(a.Customer)}
}

// Watching tells the operators from when on they hear of changes.
func Watching(text string) Message {
	s := sentence(text)
	return notice("👁️ "+s, s)
}
