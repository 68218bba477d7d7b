package messages

import (
	"fmt"
	"strings"
	"time"

	"latchkey/internal/access"
)

// SummaryView is what was in a time and what is now.
type SummaryView struct {
	Customer string // empty: of all customers, for the partner's own staff
	From, To time.Time
	Zone     *time.Location // by whose clock the days are named

	Waiting []CardView
	Active  []CardView
	Ended   []CardView
	Asked   int
	Refused int
	Trends  []Trend

	Alerts     []access.Alert
	Changed    []access.Alert // others that changed in the time
	Ending     []EndView      // relationships that end soon, the first first
	Findings   [3]int         // by severity
	Customers  int            // that have findings
	Worst      string         // the customer with the gravest
	Failed     int
	Unreadable int
	ReadAt     time.Time // when the relationships were read; zero: never
	Problem    string
	Quiet      bool
}

// EndView is a relationship that ends.
type EndView struct {
	Customer, Name string
	At             time.Time
}

const mostSummed = 10 // of each list

// Summary tells it. A quiet time is one line.
func Summary(v SummaryView) Message {
	p := &page{}
	title := v.title(name(v.Customer))
	if v.Quiet {
		p.both("*" + title + "*: nobody had access, nobody has, and nothing waits." + v.aside())
		p.trends(v)
		return p.message()
	}
	p.header(v.title(orElse(line(v.Customer, 60), "(no name)"))) // plain text, where nothing has a meaning
	p.say("%s.", title)
	p.waiting(v)
	p.inForce(v)
	p.ended(v)
	if v.Customer == "" {
		p.alerts("Changed, and nobody has looked", v.Alerts, false)
		p.alerts("Changed in that time, and seen to", v.Changed, true)
		p.ending(v)
		p.standingSum(v)
	}
	p.trends(v)
	p.counts(v)
	return p.message()
}

// title names the time, and the customer as it is called there.
func (v SummaryView) title(customer string) string {
	who := "Summary"
	if v.Customer != "" {
		who = "Who had access to " + customer
	}
	from, to := v.From.In(v.Zone), v.To.Add(-time.Second).In(v.Zone)
	const form = "Mon 2 Jan"
	if from.Format(time.DateOnly) == to.Format(time.DateOnly) {
		return who + ", " + from.Format(form)
	}
	return who + ", " + from.Format(form) + " to " + to.Format(form)
}

// aside is what a quiet time says besides.
func (v SummaryView) aside() string {
	if n := v.Findings[0] + v.Findings[1] + v.Findings[2]; n > 0 && v.Customer == "" {
		return " " + count(n, "thing stands", "things stand") + " open without need: " + code("/access standing") + "."
	}
	return ""
}

// about names the customer of an entry where there could be several.
func (v SummaryView) about(c CardView) string {
	if v.Customer != "" {
		return ""
	}
	return " in *" + name(c.Request.CustomerName) + "*"
}

func (v SummaryView) aboutAloud(c CardView) string {
	return strings.ReplaceAll(v.about(c), "*", "")
}

// listed shows the first of a list, each in a line, and nothing of an empty one.
func listed[T any](p *page, title string, all []T, each func(T) (formatted, aloud string)) {
	if len(all) == 0 {
		return
	}
	lines := []string{"*" + title + "* (" + fmt.Sprint(len(all)) + ")"}
	p.say("%s (%d):", title, len(all))
	for i, one := range all {
		if i == mostSummed && len(all) > mostSummed+1 {
			lines = append(lines, fmt.Sprintf("… and %d more", len(all)-i))
			p.say("… and %d more.", len(all)-i)
			break
		}
		formatted, aloud := each(one)
		lines = append(lines, "• "+formatted)
		p.say("%s.", aloud)
	}
	p.section(lines...)
}

func (p *page) waiting(v SummaryView) {
	listed(p, "Waits for a decision", v.Waiting, func(c CardView) (string, string) {
		r := c.Request
		return mention(r.Requester) + ": " + rolesIn(c.Roles, 3) + v.about(c) + ", asked on " + when(r.CreatedAt) + ", lapses on " + when(r.DecideBy) + " (" + string(r.ID) + ")",
			fmt.Sprintf("%s: %s%s, asked at %s, lapses at %s (%s)", called(r.Requester), rolesIn(c.Roles, 3), v.aboutAloud(c),
				access.FormatTime(r.CreatedAt), access.FormatTime(r.DecideBy), r.ID)
	})
}

func (p *page) inForce(v SummaryView) {
	if len(v.Active) == 0 {
		p.both("Nobody has access now through this bot.")
		return
	}
	listed(p, "Has access now", v.Active, func(c CardView) (string, string) {
		how, aloud := grantLine(c)
		what := rolesIn(c.Roles, 3)
		return mention(c.Request.Requester) + ": " + what + v.about(c) + ", " + how + v.why(c) + " (" + string(c.Request.ID) + ")",
			called(c.Request.Requester) + ": " + what + v.aboutAloud(c) + ", " + aloud + v.whyAloud(c) + " (" + string(c.Request.ID) + ")"
	})
}

func (p *page) ended(v SummaryView) {
	if len(v.Ended) == 0 {
		p.both("No access ended in that time.")
		return
	}
	listed(p, "Had access", v.Ended, func(c CardView) (string, string) {
		what := rolesIn(c.Roles, 3)
		id := " (" + string(c.Request.ID) + ")"
		f, a := "", ""
		if g := c.Grant; g != nil && !g.ActiveAt.IsZero() {
			f = ", from " + when(g.ActiveAt) + " to " + when(g.EndedAt)
			a = ", from " + access.FormatTime(g.ActiveAt) + " to " + access.FormatTime(g.EndedAt)
		}
		return mention(c.Request.Requester) + ": " + what + v.about(c) + f + v.why(c) + id,
			called(c.Request.Requester) + ": " + what + v.aboutAloud(c) + a + v.whyAloud(c) + id
	})
}

// why tells a customer for what the access was, and who of its own approved it.
func (v SummaryView) why(c CardView) string { return v.reason(c, mention) }

func (v SummaryView) whyAloud(c CardView) string { return v.reason(c, called) }

func (v SummaryView) reason(c CardView, who func(access.Person) string) string {
	if v.Customer == "" {
		return ""
	}
	var by []string
	for _, d := range c.Request.Decisions {
		if d.Verdict == access.Approve {
			by = append(by, who(d.By))
		}
	}
	return ", for “" + escape(c.Request.Justification, 120) + "”, approved by " + fold(by, 4, "nobody", "more")
}

// alerts lists some by their newest change, and how they stand where that differs.
func (p *page) alerts(title string, all []access.Alert, standing bool) {
	listed(p, title, all, func(a access.Alert) (string, string) {
		what := "something changed"
		if len(a.History) > 0 {
			what = headline(a, ChangeView{Change: a.Newest()})
		}
		if a.Name != "" {
			what += " (" + name(a.Name) + ")"
		}
		if _, word := alertStanding(a); standing {
			what += ", " + strings.ToLower(word)
		}
		at := escape(where(a), maxName)
		return "*" + at + "*: " + what + ", seen on " + when(a.LastAt), at + ": " + what + ", seen at " + access.FormatTime(a.LastAt)
	})
}

func (p *page) ending(v SummaryView) {
	listed(p, "Ends soon, and does not renew itself", v.Ending, func(e EndView) (string, string) {
		return "*" + name(e.Customer) + "*: " + name(e.Name) + ", on " + when(e.At),
			name(e.Customer) + ": " + name(e.Name) + ", at " + access.FormatTime(e.At)
	})
}

func (p *page) standingSum(v SummaryView) {
	n := v.Findings
	if n[0]+n[1]+n[2] == 0 {
		return
	}
	worst := ""
	if v.Worst != "" {
		worst = ", the gravest at " + name(v.Worst)
	}
	p.both(fmt.Sprintf("Stands open without need at %s: %s %d for today, %s %d for this week, %s %d for when there is time%s. %s says what, and mends it.",
		count(v.Customers, "customer", "customers"), severityMarks[0], n[0], severityMarks[1], n[1], severityMarks[2], n[2], worst, code("/access standing")))
}

func (p *page) counts(v SummaryView) {
	if v.Failed > 0 {
		p.both("⚠️ " + count(v.Failed, "thing", "things") + " could not be done and " + map[bool]string{true: "was", false: "were"}[v.Failed == 1] +
			" set aside. A bot admin finds it in the app's Home, with *Try again*.")
	}
	if v.Unreadable > 0 {
		p.both("⚠️ " + count(v.Unreadable, "record is", "records are") + " damaged and not shown. The bot's log names what cannot be read.")
	}
	said := "In that time " + count(v.Asked, "request was made", "requests were made") + " and " +
		count(v.Refused, "was", "were") + " denied, taken back or not answered in time."
	f, a := said, said
	switch {
	case v.Customer != "":
	case v.Problem != "":
		f, a = f+" ⚠️ The last read of Microsoft Graph did not succeed: "+sentence(v.Problem), a+" The last read of Microsoft Graph did not succeed: "+sentence(v.Problem)
	case !v.ReadAt.IsZero():
		f, a = f+" Relationships as read on "+when(v.ReadAt)+".", a+" Relationships as read at "+access.FormatTime(v.ReadAt)+"."
	}
	p.context(f)
	p.say("%s", a)
}
