package paper

import (
	"cmp"
	"strings"
	"time"

	"latchkey/internal/access"
	"latchkey/internal/evidence"
	"latchkey/internal/policy"
)

// controls says what the partner's own policy demands.
func (w words) controls(r evidence.Report) Section {
	s := Section{Title: w.Say("What the partner’s policy demands")}
	c := r.Controls
	if c.Version == "" {
		s.Lead = []string{w.Say("The policy was not at hand when this was made. Of each access the table above names the rule and the version that it was judged by.")}
		return s
	}
	s.Lead = []string{
		w.Say("The rules that hold for this customer in version %s of the policy, which was in force when this was made. The first that fits decides; what none fits is refused. Each request keeps what was demanded when it was made.", c.Version),
	}
	t := Table{Columns: []Column{{w.Say("Rule"), 1.6}, {w.Say("Who may ask"), 2.2}, {w.Say("For what"), 2.2}, {w.Say("Who must agree"), 3}, {w.Say("Within which bounds"), 3}}}
	for _, rule := range c.Rules {
		t.Rows = append(t.Rows, []Cell{{{Text: rule.Name, Style: Strong}}, w.who(rule, c), w.what(rule), w.agree(rule), w.bounds(rule)})
	}
	s.Tables = append(s.Tables, t)
	if len(c.Bundles) > 0 {
		b := Table{Title: w.Say("Sets of roles that the rules name"), Columns: []Column{{w.Say("Set"), 2}, {w.Say("Roles"), 5}, {w.Say("What for"), 4}}}
		for _, one := range c.Bundles {
			name := Cell{{Text: one.Name, Style: Strong}}
			if one.Dual {
				name = append(name, small(w.Say("two people must agree")))
			}
			b.Rows = append(b.Rows, []Cell{name, plain(roleNames(one.Roles)), plain(one.What)})
		}
		s.Tables = append(s.Tables, b)
	}
	if c.Hidden {
		s.After = append(s.After, w.Say("Sets of roles that only the rules of other customers name are not shown."))
	}
	s.Facts = w.demands(c)
	for _, v := range c.Versions {
		s.Facts = append(s.Facts, Fact{Name: w.Say("In force from %s", w.at(v.At)), Value: w.Say("version %s, after %s", v.To, cmp.Or(v.From, "–"))})
	}
	return s
}

func (w words) demands(c evidence.Controls) []Fact {
	out := []Fact{{Name: w.Say("Whoever decides holds one of"), Value: roleNames(c.Contacts)}}
	if c.Driver == access.PIM {
		out = append(out, Fact{Name: w.Say("Who ends access"), Value: w.Say("Microsoft Entra by itself, and Latchkey looks")})
	} else {
		out = append(out, Fact{Name: w.Say("Who ends access"), Value: w.Say("Latchkey")})
	}
	if c.Reviews.Every > 0 {
		out = append(out, Fact{Name: w.Say("Access reviews"), Value: w.Say("every %s, to be answered within %s", c.Reviews.Every, c.Reviews.Within)})
	}
	return append(out, Fact{Name: w.Say("Records are kept"), Value: w.Say("%s after all was over; the audit log for ever", c.Keep)})
}

func (w words) who(r policy.Rule, c evidence.Controls) Cell {
	var out Cell
	for _, g := range r.Groups {
		out = append(out, Line{Text: g})
	}
	if len(r.Groups) == 0 {
		for _, u := range r.Who {
			out = append(out, Line{Text: cmp.Or(c.People[u], string(u))})
		}
	}
	if r.OnCall != "" {
		out = append(out, small(w.Say("while it is their turn in “%s”", r.OnCall)))
	}
	if len(out) == 0 {
		out = plain(w.Say("everybody of the staff who is linked"))
	}
	if r.Only {
		out = append(out, small(w.Say("and nobody else; and they for nothing else")))
	}
	return out
}

func (w words) what(r policy.Rule) Cell {
	out := make(Cell, 0, len(r.Bundles)+1)
	for _, b := range r.Bundles {
		out = append(out, Line{Text: b})
	}
	if len(out) == 0 {
		out = plain(w.Say("each of the sets below"))
	}
	if r.OtherRoles {
		out = append(out, small(w.Say("and roles that are in none")))
	}
	return out
}

func (w words) agree(r policy.Rule) Cell {
	switch {
	case r.Refuse != "":
		return Cell{{Text: w.Say("Refused: %s", r.Refuse), Style: Warn}}
	case r.Auto:
		return Cell{{Text: w.Say("Nobody; the customer is told at once.")}}
	}
	var out Cell
	if r.Peers > 0 {
		out = append(out, Line{Text: w.Say("Colleagues who must agree first: %d", r.Peers)})
		if r.PeersOf != "" {
			out = append(out, small(r.PeersOf))
		}
	}
	out = append(out, Line{Text: w.Say("Contacts of the customer who must agree: %d", r.Approvals)})
	if r.SignedIn {
		out = append(out, small(w.Say("after signing in to the customer’s tenant")))
	}
	return append(out, small(w.Say("Roles that can raise their own rights always need a sign-in.")))
}

func (w words) bounds(r policy.Rule) Cell {
	if r.Refuse != "" {
		return nil
	}
	out := Cell{{Text: w.Say("for %s at most", r.MaxDuration)}}
	for _, one := range []struct {
		is   bool
		text string
	}{
		{r.DecideWithin > 0, w.Say("to be answered within %s", r.DecideWithin)},
		{r.Extensions > 0, w.Say("extensions at most: %d", r.Extensions)},
		{r.StartWithin > 0, w.Say("asked for up to %s ahead", r.StartWithin)},
		{r.Ticket != "", w.Say("the reason names a ticket of the form %s", r.Ticket)},
		{r.Justification > 0, w.Say("the reason has at least %d characters", r.Justification)},
		{len(r.Days) > 0, w.Say("on %s", w.days(r.Days))},
		{r.Hours.From != r.Hours.Until, w.Say("from %s to %s o’clock", clock(r.Hours.From), clock(r.Hours.Until))},
	} {
		if one.is {
			out = append(out, small(one.text))
		}
	}
	if r.BreakGlass > 0 {
		return append(out, Line{Text: w.Say("in an emergency without a word, for %s at most", r.BreakGlass), Style: Warn})
	}
	return append(out, small(w.Say("never without a word")))
}

func (w words) days(all []time.Weekday) string {
	out := make([]string, len(all))
	for i, d := range all {
		out[i], _, _ = strings.Cut(w.Weekday(time.Date(2026, 11, 1+int(d), 12, 0, 0, 0, time.UTC)), " ")
		out[i] = strings.TrimRight(out[i], ",")
	}
	return w.List(out)
}

func clock(d time.Duration) string { return time.Time{}.Add(d).Format("15:04") }
