package paper

import (
	"cmp"
	"strings"

	"latchkey/internal/access"
	"latchkey/internal/evidence"
)

func (w words) standing(r evidence.Report) Section {
	s := Section{Title: w.Say("Standing access"), Lead: []string{
		w.Say("Groups of the partner’s people who have roles for as long as a relationship lasts, without asking each time."),
	}}
	if r.ReadAt.IsZero() {
		s.Lead = append(s.Lead, w.Say("It has not been read from Microsoft yet."))
	} else {
		s.Lead = append(s.Lead, w.Say("As it was read from Microsoft at %s.", w.at(r.ReadAt)))
	}
	switch r.DAP {
	case "on":
		s.After = append(s.After, w.Say("Legacy delegated administration (DAP) is on: administrators of the partner have full access to the tenant by it, which Latchkey does not limit."))
	case "off":
		s.After = append(s.After, w.Say("Legacy delegated administration (DAP) is off."))
	}
	if len(r.Standing) == 0 {
		s.Lead = append(s.Lead, w.Say("There is none."))
		return s
	}
	t := Table{Columns: []Column{{w.Say("Group"), 2}, {w.Say("Relationship"), 2.4}, {w.Say("Roles"), 3}, {w.Say("Who is in it"), 4}}}
	for _, g := range r.Standing {
		members := plain(strings.Join(g.Members, ", "))
		switch {
		case g.Unseen:
			members = Cell{{Text: w.Say("Who is in it could not be read."), Style: Warn}}
		case len(g.Members) == 0:
			members = plain(w.Say("nobody"))
		}
		t.Rows = append(t.Rows, []Cell{{{Text: g.Group, Style: Strong}}, plain(g.Relationship), w.roles(g.Roles), members})
	}
	s.Tables = []Table{t}
	return s
}

func (w words) reviews(r evidence.Report) Section {
	s := Section{Title: w.Say("Access reviews")}
	if len(r.Reviews) == 0 {
		s.Lead = []string{w.Say("There was none in this time.")}
		return s
	}
	s.Lead = []string{w.Say("The customer looks over everything that gives the partner access for good, and says of each whether it stays.")}
	for _, v := range r.Reviews {
		title := w.Say("%s, started %s, open until %s", v.ID, w.at(v.StartedAt), w.at(v.DueBy))
		if !v.ClosedAt.IsZero() {
			title = w.Say("%s, started %s, closed %s", v.ID, w.at(v.StartedAt), w.at(v.ClosedAt))
		}
		t := Table{Title: title, Columns: []Column{{w.Say("What"), 3}, {w.Say("Roles"), 3}, {w.Say("Answer"), 3}}}
		for _, row := range v.Rows {
			what := Cell{{Text: row.Name, Style: Strong}}
			if row.Group != "" {
				what = Cell{{Text: row.GroupName, Style: Strong}, small(row.Name)}
			}
			answer := Cell{w.rowState(row.State)}
			if row.By != (access.Person{}) {
				answer = append(answer, Line{Text: cmp.Or(row.By.Name, row.By.Mail, string(row.By.User))})
			}
			if !row.At.IsZero() {
				answer = append(answer, small(w.at(row.At)))
			}
			t.Rows = append(t.Rows, []Cell{what, w.roles(row.Roles), answer})
		}
		s.Tables = append(s.Tables, t)
	}
	return s
}

func (w words) rowState(s access.RowState) Line {
	switch s {
	case access.RowKept:
		return Line{Text: w.Say("kept"), Style: Good}
	case access.RowRemoving:
		return Line{Text: w.Say("being removed"), Style: Warn}
	case access.RowRemoved:
		return Line{Text: w.Say("removed"), Style: Good}
	case access.RowFailed:
		return Line{Text: w.Say("could not be removed"), Style: Warn}
	case access.RowGone:
		return Line{Text: w.Say("was over before anybody answered")}
	case access.RowHanded:
		return Line{Text: w.Say("not answered in time; the partner decides"), Style: Warn}
	case access.RowOpen:
	}
	return Line{Text: w.Say("not answered yet"), Style: Warn}
}

func (w words) alerts(r evidence.Report) Section {
	s := Section{Title: w.Say("Alerts")}
	if len(r.Alerts) == 0 {
		s.Lead = []string{w.Say("Nothing changed outside of what was asked for and approved.")}
		return s
	}
	s.Lead = []string{w.Say("What changed at Microsoft, as Latchkey saw it. Those that are marked wanted somebody of the partner to look.")}
	t := Table{Columns: []Column{{w.Say("Seen"), 1.6}, {w.Say("What about"), 3.2}, {w.Say("What changed"), 3.4}, {w.Say("Who looked"), 2.4}}}
	for _, c := range r.Alerts {
		about := Cell{{Text: cmp.Or(c.Who, c.Group, c.Name), Style: Strong}}
		if c.Who != "" || c.Group != "" {
			about = append(about, small(strings.Trim(c.Group+", "+c.Name, ", ")))
		}
		what := Line{Text: w.change(c.Kind)}
		if c.Alarming {
			what.Style = Warn
		}
		changed := Cell{what}
		if from, to := changedTo(c.Change); from+to != "" {
			changed = append(changed, small(strings.TrimSpace(from+" → "+to)))
		}
		if c.By != (access.Person{}) {
			changed = append(changed, small(cmp.Or(c.By.Name, c.By.Mail, string(c.By.User))))
		}
		var looked Cell
		if !c.AckAt.IsZero() {
			looked = Cell{{Text: w.name(c.AckBy)}, small(w.at(c.AckAt))}
		}
		t.Rows = append(t.Rows, []Cell{plain(w.at(c.At)), about, changed, looked})
	}
	s.Tables = []Table{t}
	return s
}

// changedTo is what it was and what it is, where that says something to a reader.
func changedTo(c access.Change) (from, to string) {
	if c.Aspect == access.AspectRoles {
		return roleNames(access.RolesIn(c.From)), roleNames(access.RolesIn(c.To))
	}
	return c.From, c.To
}

// change says what changed.
func (w words) change(k access.ChangeKind) string {
	switch k {
	case access.ChangeNew:
		return w.Say("a relationship that was not asked for here")
	case access.ChangeApproved, access.ChangeActive:
		return w.Say("the relationship is approved, or gives access")
	case access.ChangeEnding, access.ChangeTerminated, access.ChangeExpired, access.ChangeVanished:
		return w.Say("the relationship is over, or being ended")
	case access.ChangeEndsSoon:
		return w.Say("the relationship ends soon")
	case access.ChangeAssigned, access.ChangeReassigned:
		return w.Say("a group receives roles")
	case access.ChangeUnassigned:
		return w.Say("a group does not receive roles any more")
	case access.ChangeStranger:
		return w.Say("somebody is in a group without a request")
	case access.ChangeGone, access.ChangeAllowed, access.ChangeRemoved:
		return w.Say("that is over")
	case access.ChangeLost:
		return w.Say("somebody lost access before its end")
	case access.ChangeBack:
		return w.Say("they have it again")
	case access.ChangeStuck:
		return w.Say("access that is over could not be removed")
	case access.ChangeDAPHeld:
		return w.Say("legacy delegated administration (DAP) is on")
	case access.ChangeDAPGone:
		return w.Say("legacy delegated administration (DAP) is off")
	case access.ChangeListed, access.ChangeRoles, access.ChangeRenewal, access.ChangeEnd, access.ChangeExtended, access.ChangeReplaced,
		access.ChangeFailed, access.ChangeLeft, access.ChangeReseller:
	}
	return w.Say("the relationship was changed (%s)", string(k))
}

func (w words) contacts(r evidence.Report) Section {
	s := Section{Title: w.Say("Who decides for the customer"), Lead: []string{
		w.Say("Those who may say yes or no now. Verified means that they have signed in to the customer’s tenant with a directory role that allows it; nobody of the partner can do that for them."),
	}}
	if len(r.Contacts) == 0 {
		s.Lead = append(s.Lead, w.Say("There is nobody."))
		return s
	}
	t := Table{Columns: []Column{{w.Say("Contact"), 3}, {w.Say("Linked"), 3}, {w.Say("Verified"), 3}}}
	for _, c := range r.Contacts {
		verified := Cell{{Text: w.Say("not yet"), Style: Warn}}
		switch {
		case c.StandsIn():
			verified = Cell{{Text: w.Say("stands in for %s until %s", c.For.Name, w.at(c.Until))}}
		case c.Verified():
			verified = Cell{{Text: w.at(c.VerifiedAt), Style: Good}, small(roleNames([]access.RoleID{c.Role}))}
		}
		if c.Differs {
			verified = append(verified, Line{Text: w.Say("This is otherwise than the audit log has it."), Style: Warn})
		}
		t.Rows = append(t.Rows, []Cell{w.person(c.Who), {{Text: w.at(c.LinkedAt)}, small(c.LinkedBy.Name)}, verified})
	}
	s.Tables = []Table{t}
	return s
}

// people lists everybody of the partner and the customer whom the report names, with the
// ids by which Slack and Microsoft know them: the same as in the tenant's own sign-in log.
func (w words) people(r evidence.Report) Section {
	all := r.People()
	if len(all) == 0 {
		return Section{}
	}
	t := Table{Columns: []Column{{w.Say("Who"), 3}, {w.Say("Address"), 3}, {w.Say("In Slack"), 2.4}, {w.Say("Object in Microsoft Entra"), 3}}}
	for _, p := range all {
		t.Rows = append(t.Rows, []Cell{{{Text: w.name(p), Style: Strong}}, plain(p.Mail), {{Text: slackID(p), Style: Code}}, {{Text: string(p.Object), Style: Code}}})
	}
	return Section{Title: w.Say("Who is who"), Tables: []Table{t}, Lead: []string{
		w.Say("By these ids Slack and Microsoft know the people of this report, also in the sign-in logs of the customer’s own tenant."),
	}}
}
