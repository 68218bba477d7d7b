package messages

import (
	"fmt"
	"strings"
	"time"

	"latchkey/internal/access"
	"latchkey/internal/lang"
)

// SummaryView is what was in a time and what is now.
type SummaryView struct {
	Language lang.Tag        // of the customer; empty for the partner's own staff
	Customer string          // empty: of all customers, for the partner's own staff
	Tenant   access.TenantID // of a customer, whose contacts can have its evidence
	From, To time.Time
	Zone     *time.Location // by whose clock the days are named

	Waiting []CardView
	Active  []CardView
	Ended   []CardView
	// Unreviewed was taken by break-glass, and nobody has signed it off.
	Unreviewed []CardView
	Asked      int
	Refused    int
	Trends     []Trend

	Alerts     []access.Alert
	Changed    []access.Alert // others that changed in the time
	Ending     []EndView      // relationships that end soon, the first first
	Findings   [3]int         // by severity
	Customers  int            // that have findings
	Worst      string         // the customer with the gravest
	Failed     int
	Reviews    int // that are open
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
	p := &page{in: tongue{v.Language}}
	title := v.title(name(v.Customer))
	if v.Quiet {
		p.tell(p.in.saying("*%s*: nobody had access, nobody has, and nothing waits.", title).then(v.aside()))
		p.trends(v)
		p.evidence(v.Tenant)
		return p.message()
	}
	p.header(v.title(orElse(line(v.Customer, 60), "(no name)"))) // plain text, where nothing has a meaning
	p.say("%s.", title)
	p.unreviewed(v)
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
	p.evidence(v.Tenant)
	return p.message()
}

// title names the time, and the customer as it is called there.
func (v SummaryView) title(customer string) string {
	in := tongue{v.Language}
	who := "Summary"
	if v.Customer != "" {
		who = in.Say("Who had access to %s", customer)
	}
	from, to := v.From.In(v.Zone), v.To.Add(-time.Second).In(v.Zone)
	if from.Format(time.DateOnly) == to.Format(time.DateOnly) {
		return who + ", " + in.Weekday(from)
	}
	return who + ", " + in.Say("%s to %s", in.Weekday(from), in.Weekday(to))
}

// aside is what a quiet time says besides.
func (v SummaryView) aside() string {
	if n := v.Findings[0] + v.Findings[1] + v.Findings[2]; n > 0 && v.Customer == "" {
		return count(n, "thing stands", "things stand") + " open without need: " + code("/access standing") + "."
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

// listed shows the first of a list, each in a line, and nothing of an empty one.
func listed[T any](p *page, title string, all []T, each func(T) (formatted, aloud string)) {
	if len(all) == 0 {
		return
	}
	lines := []string{"*" + title + "* (" + fmt.Sprint(len(all)) + ")"}
	p.say("%s (%d):", title, len(all))
	for i, one := range all {
		if i == mostSummed && len(all) > mostSummed+1 {
			more := p.in.Say("… and %d more", len(all)-i)
			lines = append(lines, more)
			p.say("%s.", more)
			break
		}
		formatted, aloud := each(one)
		lines = append(lines, "• "+formatted)
		p.say("%s.", aloud)
	}
	p.section(lines...)
}

func (p *page) waiting(v SummaryView) {
	listed(p, p.in.Say("Waits for a decision"), v.Waiting, func(c CardView) (string, string) {
		r := c.Request
		s := p.in.saying("%s: %s, asked on %s, lapses on %s (%s)", r.Requester, p.in.rolesIn(c.Roles, 3)+v.about(c), r.CreatedAt, r.DecideBy, r.ID)
		return s.shown, s.aloud
	})
}

func (p *page) inForce(v SummaryView) {
	if len(v.Active) == 0 {
		p.tell(p.in.saying("Nobody has access now through this bot."))
		return
	}
	listed(p, p.in.Say("Has access now"), v.Active, func(c CardView) (string, string) {
		how, aloud := grantLine(c)
		return p.held(v, c, saying{how, aloud})
	})
}

func (p *page) ended(v SummaryView) {
	if len(v.Ended) == 0 {
		p.tell(p.in.saying("No access ended in that time."))
		return
	}
	listed(p, p.in.Say("Had access"), v.Ended, func(c CardView) (string, string) {
		when := saying{}
		if g := c.Grant; g != nil && !g.ActiveAt.IsZero() {
			when = p.in.saying("from %s to %s", g.ActiveAt, g.EndedAt)
		}
		return p.held(v, c, when)
	})
}

// held is an entry of who had what, and when.
func (p *page) held(v SummaryView, c CardView, when saying) (shown, aloud string) {
	tail := func(when, why string) string {
		out := p.in.rolesIn(c.Roles, 3) + v.about(c)
		for _, s := range []string{when, why} {
			if s != "" {
				out += ", " + s
			}
		}
		return out + " (" + string(c.Request.ID) + ")"
	}
	return mention(c.Request.Requester) + ": " + tail(when.shown, v.why(c, mention)),
		unmarked(called(c.Request.Requester) + ": " + tail(when.aloud, v.why(c, called)))
}

// why tells a customer for what the access was, and who of its own approved it.
func (v SummaryView) why(c CardView, who func(access.Person) string) string {
	if v.Customer == "" {
		return ""
	}
	in := tongue{v.Language}
	var by []string
	for _, d := range c.Request.Agreeing() {
		if d.Stage == access.ByContacts {
			by = append(by, who(d.By))
		}
	}
	return in.Say("for “%s”, approved by %s", escape(in.words(c.Request.Justification), 120), in.fold(by, 4, in.Say("nobody")))
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
	if v.Reviews > 0 && v.Customer == "" {
		p.both("🔎 " + count(v.Reviews, "customer is", "customers are") + " reviewing our access: " + code("/access review show <customer>") + " shows how far.")
	}
	if v.Failed > 0 {
		p.both("⚠️ " + count(v.Failed, "thing", "things") + " could not be done and " + map[bool]string{true: "was", false: "were"}[v.Failed == 1] +
			" set aside. A bot admin finds it in the app's Home, with *Try again*.")
	}
	if v.Unreadable > 0 {
		p.both("⚠️ " + count(v.Unreadable, "record is", "records are") + " damaged and not shown. The bot's log names what cannot be read.")
	}
	said := p.in.Say("In that time %s and %s.", p.in.Say("%d requests were made", v.Asked),
		p.in.Say("%d were denied, taken back or not answered in time", v.Refused))
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
