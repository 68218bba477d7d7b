package paper

import (
	"fmt"
	"strings"
	"time"

	"latchkey/internal/access"
	"latchkey/internal/evidence"
)

func (w words) relationships(r evidence.Report) Section {
	s := Section{Title: w.Say("Relationships"), Lead: []string{
		w.Say("What the customer has agreed to at Microsoft, once and for a time: without it, no access is possible. It gives nobody access by itself."),
	}}
	if len(r.Relationships) == 0 {
		s.After = []string{w.Say("There was none in this time.")}
		return s
	}
	t := Table{Columns: []Column{{w.Say("Relationship"), 3}, {w.Say("Roles that can be given through it"), 4}, {w.Say("From"), 1.6}, {w.Say("Until"), 1.6}, {w.Say("State"), 1.6}}}
	for _, one := range r.Relationships {
		name := Cell{{Text: one.Name, Style: Strong}, {Text: string(one.ID), Style: Small}}
		if one.Offer != "" {
			name = append(name, small(w.Say("asked for here as %s", one.Offer)))
		}
		until := plain(w.orNothing(one.To))
		if one.Renews {
			until = append(until, small(w.Say("renews itself")))
		}
		t.Rows = append(t.Rows, []Cell{name, w.roles(one.Roles), plain(w.orNothing(one.From)), until, plain(w.status(one.Status))})
	}
	s.Tables = []Table{t}
	return s
}

func (w words) orNothing(at time.Time) string {
	if at.IsZero() {
		return "–"
	}
	return w.at(at)
}

// status says in words how Microsoft, or the offer, calls the state of a relationship.
func (w words) status(s string) string {
	switch access.RelationshipStatus(s) {
	case access.RelationshipActive:
		return w.Say("active")
	case access.RelationshipTerminated:
		return w.Say("terminated")
	case access.RelationshipExpired:
		return w.Say("expired")
	case access.RelationshipTerminating, access.RelationshipTerminationRequested:
		return w.Say("being ended")
	case access.RelationshipStatus(access.OfferEnded):
		return w.Say("ended")
	}
	return s
}

func (w words) accesses(r evidence.Report) Section {
	s := Section{Title: w.Say("Access")}
	if len(r.Accesses) == 0 {
		s.Lead = []string{w.Say("Nobody had access by request in this time.")}
		return s
	}
	s.Lead = []string{w.Say("Each time for which somebody could act in the tenant: from when Microsoft Entra showed the access until it showed that it was gone. After that a token that was issued before can be good for up to an hour more.")}
	t := Table{Columns: []Column{
		{w.Say("Access"), 1.25}, {w.Say("Who"), 2.1}, {w.Say("Roles"), 2}, {w.Say("From, until"), 2}, {w.Say("Reason"), 2.8}, {w.Say("Who allowed it"), 3}, {w.Say("How it ended"), 1.9},
	}}
	for _, a := range r.Accesses {
		t.Rows = append(t.Rows, w.access(a))
	}
	s.Tables = []Table{t}
	return s
}

func (w words) access(a evidence.Access) []Cell {
	id := Cell{{Text: string(a.Request), Style: Strong}}
	if a.Window > 0 {
		id = append(id, small(w.Say("window %d", a.Window)))
	}
	if a.Glass != nil {
		id = append(id, Line{Text: w.Say("break-glass"), Style: Warn})
	}
	id = append(id, small(w.Say("events %s–%s", number(a.First), number(a.Last))))
	id = append(id, w.differs(a.Ask)...)
	times := Cell{{Text: w.at(a.From)}, {Text: w.to(a)}}
	if !a.To.IsZero() {
		times = append(times, small(w.Duration(a.To.Sub(a.From))))
	}
	return []Cell{id, w.person(a.Who), w.roles(a.Roles), times, w.why(a.Ask), w.allowed(a), w.ended(a)}
}

func (w words) to(a evidence.Access) string {
	if a.To.IsZero() {
		return w.Say("in force")
	}
	return w.at(a.To)
}

// why is the reason, with what tickets it names.
func (w words) why(a evidence.Ask) Cell {
	c := w.text(a.Why)
	if len(a.Tickets) > 0 {
		c = append(c, small(w.Say("Ticket: %s", strings.Join(a.Tickets, ", "))))
	}
	return append(c, small(w.Say("Asked %s", w.at(a.Asked))))
}

// allowed says who agreed, and how it was known that it was they.
func (w words) allowed(a evidence.Access) Cell {
	var c Cell
	if a.Glass != nil {
		c = append(c, Line{Text: w.Say("Nobody: taken at once in an emergency."), Style: Warn})
	} else if a.Auto {
		c = append(c, Line{Text: w.Say("The rule “%s” asks nobody.", a.Rule)})
	}
	c = append(c, w.approvals(a.Ask)...)
	for _, l := range a.Longer {
		c = append(c, Line{Text: w.Say("Made longer until %s (%s)", w.at(l.Until), l.Request), Style: Strong})
		c = append(c, w.text(l.Why)...)
		c = append(c, w.approvals(l.Ask)...)
	}
	if len(c) == 0 {
		c = append(c, Line{Text: w.Say("The audit log does not say."), Style: Warn})
	}
	if a.Rule != "" || a.Policy != "" {
		c = append(c, small(w.Say("Rule “%s”, policy %s", a.Rule, a.Policy)))
	}
	return c
}

func (w words) approvals(a evidence.Ask) Cell {
	var c Cell
	for _, one := range a.Approvals {
		c = append(c, Line{Text: w.name(one.By), Style: Strong})
		switch {
		case one.Verdict == access.Deny:
			c = append(c, Line{Text: w.Say("denied it, %s", w.at(one.At)), Style: Warn})
		case one.Narrowed:
			c = append(c, Line{Text: w.Say("agreed to less than was asked for, %s", w.at(one.At))})
		default:
			c = append(c, Line{Text: w.Say("agreed, %s", w.at(one.At))})
		}
		if one.For.Known() {
			c = append(c, small(w.Say("in place of %s", w.name(one.For))))
		}
		c = append(c, small(w.identified(one)))
		c = append(c, w.text(one.Note)...)
	}
	return c
}

// identified says how it was known who decided.
func (w words) identified(a evidence.Approval) string {
	slack := fmt.Sprintf("%s/%s", a.By.Team, a.By.User)
	switch {
	case a.Peer:
		return w.Say("A colleague of whoever asked: Slack %s, Entra %s.", slack, a.By.Object)
	case a.SignedIn:
		return w.Say("Signed in to the customer’s tenant for it as %s.", a.By.Object)
	case !a.Verified.IsZero():
		return w.Say("Slack %s; had signed in to the customer’s tenant on %s as %s.", slack, w.at(a.Verified), roleNames([]access.RoleID{a.Role}))
	case a.By.User == "":
		return w.Say("Known by Entra %s.", a.By.Object)
	}
	return w.Say("Slack %s, in the channel that is shared with the customer; linked by the partner, and had not signed in to the tenant.", slack)
}

// ended says how an access ended.
func (w words) ended(a evidence.Access) Cell {
	if a.To.IsZero() && !a.Ending {
		return Cell{{Text: w.Say("It is in force until %s.", w.at(a.Until))}}
	}
	c := Cell{{Text: w.reason(a)}}
	if a.Ending {
		c = append(c, Line{Text: w.Say("It is being taken away."), Style: Warn})
	}
	if a.By.Known() {
		c = append(c, Line{Text: w.name(a.By), Style: Strong})
	}
	c = append(c, w.text(a.End)...)
	if a.HeldBy != "" {
		c = append(c, small(w.Say("%s gave the same access on.", a.HeldBy)))
	}
	return c
}

func (w words) reason(a evidence.Access) string {
	switch a.Reason {
	case access.Expired:
		return w.Say("Its time was over.")
	case access.Revoked:
		return w.Say("It was ended early by")
	case access.NotActivated, access.CouldNotActivate:
		return w.Say("It could not be given in time.")
	case access.RemovedElsewhere:
		return w.Say("It was removed outside of Latchkey.")
	case access.Superseded:
		return w.Say("It was ended when Latchkey was restored from a backup.")
	case access.NotBegun:
		return w.Say("It did not begin.")
	}
	return string(a.Reason)
}

func (w words) glass(r evidence.Report) Section {
	s := Section{Title: w.Say("Access by break-glass")}
	if len(r.Took()) == 0 {
		s.Lead = []string{w.Say("Nobody took access without anybody’s word.")}
		return s
	}
	s.Lead = []string{w.Say("Access that was taken at once in an emergency, without anybody’s word. A second person must look at each afterwards.")}
	t := Table{Columns: []Column{{w.Say("Access"), 1.2}, {w.Say("Who"), 2}, {w.Say("Taken"), 1.6}, {w.Say("Reason"), 3}, {w.Say("What the review found"), 4}}}
	for _, a := range r.Took() {
		g := a.Glass
		var found Cell
		for _, o := range g.Objections {
			found = append(found, Line{Text: w.Say("%s said on %s that it was not all right:", w.name(o.By), w.at(o.At)), Style: Warn})
			found = append(found, w.text(o.Note)...)
		}
		if g.Open {
			found = append(found, Line{Text: w.Say("Nobody has signed it off yet."), Style: Warn})
		} else {
			found = append(found, Line{Text: w.Say("Signed off by %s, %s", w.name(g.By), w.at(g.SignedAt)), Style: Good})
			found = append(found, w.text(g.Note)...)
		}
		t.Rows = append(t.Rows, []Cell{{{Text: string(a.Request), Style: Strong}}, w.person(a.Who), plain(w.at(g.At)), w.why(a.Ask), found})
	}
	s.Tables = []Table{t}
	return s
}

func (w words) refused(r evidence.Report) Section {
	s := Section{Title: w.Say("Requests without access")}
	if len(r.Refused) == 0 {
		s.Lead = []string{w.Say("Every request gave access.")}
		return s
	}
	t := Table{Columns: []Column{{w.Say("Request"), 1.2}, {w.Say("Who"), 2.2}, {w.Say("Roles"), 2.2}, {w.Say("Reason"), 3}, {w.Say("What became of it"), 3.4}}}
	for _, a := range r.Refused {
		id := Cell{{Text: string(a.Request), Style: Strong}}
		if a.Extends != "" {
			id = append(id, small(w.Say("more time for %s", a.Extends)))
		}
		id = append(id, w.differs(a)...)
		var became Cell
		if a.Outcome != "denied" || len(a.Approvals) == 0 {
			became = Cell{{Text: w.outcome(a), Style: Strong}}
		}
		became = append(became, w.approvals(a)...)
		if len(a.Approvals) == 0 && a.OutcomeBy.Known() {
			became = append(became, Line{Text: w.name(a.OutcomeBy)})
		}
		if a.Outcome != "denied" || len(a.Approvals) == 0 {
			became = append(became, w.text(a.Note)...)
		}
		asked := append(w.roles(a.Roles), small(w.Duration(a.Duration)))
		t.Rows = append(t.Rows, []Cell{id, w.person(a.Who), asked, w.why(a), became})
	}
	s.Tables = []Table{t}
	return s
}

func (w words) outcome(a evidence.Ask) string {
	at := w.at(a.OutcomeAt)
	switch a.Outcome {
	case "denied":
		return w.Say("Denied, %s", at)
	case "withdrawn":
		return w.Say("Taken back, %s", at)
	case "lapsed":
		return w.Say("Nobody answered in time, %s", at)
	case "failed":
		return w.Say("It could not be given, %s", at)
	case "stopped":
		return w.Say("Stopped before it began again, %s", at)
	case "giving":
		return w.Say("Being given since %s", at)
	case "ahead":
		return w.Say("Approved; it begins later.")
	}
	return w.Say("It waits for an answer.")
}

func (w words) turned(r evidence.Report) Section {
	if len(r.Turned) == 0 {
		return Section{}
	}
	s := Section{Title: w.Say("Acts that were refused"), Lead: []string{
		w.Say("What somebody tried and was told no, such as a request that the policy does not allow, or a decision of somebody who may not decide."),
	}}
	t := Table{Columns: []Column{{w.Say("When"), 1.5}, {w.Say("Who"), 3}, {w.Say("What"), 2}, {w.Say("Request"), 1}}}
	for _, x := range r.Turned {
		who := w.person(x.Who)
		if x.Stranger {
			who = plain(w.Say("somebody of neither the partner nor this customer"))
		}
		t.Rows = append(t.Rows, []Cell{plain(w.at(x.At)), who, plain(x.Act), plain(string(x.Request))})
	}
	s.Tables = []Table{t}
	return s
}
