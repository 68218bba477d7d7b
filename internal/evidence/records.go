package evidence

import (
	"cmp"
	"regexp"
	"slices"
	"strings"

	"latchkey/internal/access"
	"latchkey/internal/audit"
)

var (
	// standIn is what stands in the place of who was forgotten.
	standIn = regexp.MustCompile(`^P-[0-9A-HJKMNP-TV-Z]{5}$`)
	// ticket is what looks like one where no rule says how they look.
	ticket = regexp.MustCompile(`\b[A-Z][A-Z0-9]{1,9}-[0-9]{1,9}\b`)
)

// keys are what a person can be found by.
func keys(p access.Person) []string {
	var out []string
	if p.User != "" {
		out = append(out, string(p.Team)+"/"+string(p.User))
	}
	if p.Entra.Known() {
		out = append(out, string(p.Entra.Tenant)+"//"+string(p.Entra.Object))
	}
	return out
}

// known gathers the names of everybody whom the records name.
func known(in Input) map[string]access.Person {
	out := map[string]access.Person{}
	add := func(p access.Person) {
		for _, k := range keys(p) {
			if old := out[k]; old.Name == "" || old.Mail == "" && p.Mail != "" {
				if p.Name == "" {
					p.Name = old.Name
				}
				out[k] = p
			}
		}
	}
	for _, s := range in.Staff {
		p := s.Person
		p.Mail, p.Entra.Object = cmp.Or(s.UPN, p.Mail), cmp.Or(s.Principal, p.Entra.Object)
		add(p)
	}
	for _, c := range in.Contacts {
		add(c.Person)
		add(c.LinkedBy)
	}
	for _, id := range sorted(in.Requests) {
		r := in.Requests[id]
		who := r.Requester
		who.Entra.Object = cmp.Or(who.Entra.Object, r.Principal)
		add(who)
		for _, d := range r.Decisions {
			add(d.By)
			add(d.For)
		}
		add(in.Grants[id].EndedBy)
	}
	return out
}

func sorted[V any](m map[access.RequestID]V) []access.RequestID {
	out := make([]access.RequestID, 0, len(m))
	for id := range m {
		out = append(out, id)
	}
	slices.Sort(out)
	return out
}

// person is how the report shows somebody.
func (f *folding) person(p access.Person) Person {
	for _, k := range keys(p) {
		if n, ok := f.people[k]; ok {
			p.Name, p.Mail = cmp.Or(p.Name, n.Name), cmp.Or(p.Mail, n.Mail)
			p.Entra.Object = cmp.Or(p.Entra.Object, n.Entra.Object)
		}
	}
	out := Person{Name: p.Name, Mail: p.Mail, User: p.User, Team: p.Team, Object: p.Entra.Object, Deleted: standIn.MatchString(p.Name)}
	if out.Deleted { // the log keeps who that is in Slack; nobody needs to read it here
		out.User, out.Team = access.UserID(p.Name), ""
	}
	return out
}

// ask adds to what the log says of a request what its record says.
func (f *folding) ask(l *life) Ask {
	t := l.told
	a := Ask{
		Request: l.id, Who: f.person(t.By), Roles: t.Roles, Duration: t.Duration, Asked: t.At, Rule: t.Rule, Policy: t.Policy, Extends: l.extends,
		Auto: t.Rule != "", First: l.first, Last: l.last,
	}
	r, ok := f.in.Requests[l.id]
	switch {
	case !ok:
		a.Why = Text{Gone: true}
	case !t.Begun: // what began before the log did
		a.Who, a.Asked, a.Roles, a.Duration, a.Policy = f.recorded(r), r.CreatedAt, r.Roles, r.Duration, r.Rule.PolicyVersion
	case f.in.Log.Forgotten.Same(r.Requester, t.By):
		a.Who = f.recorded(r)
	}
	if ok {
		a.Rule = r.Rule.Name
		a.Why, a.Tickets = f.text(r, r.Justification, l.words), tickets(r)
		a.Differs = l.now.Differs(r, f.review(l.id), f.in.Log.Forgotten)
	}
	for _, e := range t.Words {
		a.Approvals = append(a.Approvals, f.approval(r, e))
	}
	if t.BrokeGlass() {
		a.Glass = f.glass(l)
	}
	return a
}

// recorded is who asked, as the record has it.
func (f *folding) recorded(r access.Request) Person {
	who := r.Requester
	who.Entra.Object = cmp.Or(who.Entra.Object, r.Principal)
	return f.person(who)
}

func (f *folding) review(id access.RequestID) *access.BreakGlassReview {
	if v, ok := f.in.Glass[id]; ok {
		return &v
	}
	return nil
}

// text is what somebody wrote in a request, as far as it is there. That something was
// deleted on request is believed where the log tells of that.
func (f *folding) text(r access.Request, is, digest string) Text {
	switch {
	case r.ID == "": // there is no record any more
		return Text{Gone: digest != ""}
	case digest == "" || audit.Digest(r.Salt, is) == digest:
		return Text{Text: is}
	case f.in.Log.Forgotten.Was(string(r.ID), r.ForgottenAt):
		return Text{Text: is, Deleted: is == ""}
	}
	return Text{Text: is, Altered: true}
}

// tickets are those that the reason names: of the form that the rule wants, or that they
// have in most places.
func tickets(r access.Request) []string {
	forms := []*regexp.Regexp{ticket}
	for form := range strings.SplitSeq(r.Rule.Ticket, "\n") {
		if re, err := regexp.Compile(form); err == nil && form != "" {
			forms = append(forms, re)
		}
	}
	var out []string
	for _, form := range forms {
		out = append(out, form.FindAllString(r.Justification, -1)...)
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// approval is a decision as the log has it, with the names and the words of the record.
func (f *folding) approval(r access.Request, e access.Event) Approval {
	a := Approval{
		By: f.person(e.Actor), Verdict: access.Approve, At: e.At, Peer: e.Detail["stage"] == string(access.ByPeers), SignedIn: e.Detail["signed_in"] != "",
		Narrowed: e.Detail["duration"] != "",
	}
	if e.Kind == access.EventDenied {
		a.Verdict = access.Deny
	}
	if user := e.Detail["for"]; user != "" {
		a.For = f.person(access.Person{Team: e.Actor.Team, User: access.UserID(user)})
	}
	if r.ID == "" {
		a.Note = f.text(r, "", e.Detail["note"])
	}
	for _, d := range r.Decisions {
		if f.in.Log.Forgotten.Word(d, e) {
			a.By, a.For, a.Note = f.person(d.By), f.person(d.For), f.text(r, d.Note, e.Detail["note"])
			break
		}
	}
	if p, ok := f.words[e.Seq]; ok && !a.Peer {
		a.Verified, a.Role = p.at, p.role
	}
	return a
}

// glass is what became of an access that was taken at once, as the log has it.
func (f *folding) glass(l *life) *Glass {
	t, r, v := l.told, f.in.Requests[l.id], f.in.Glass[l.id]
	g := &Glass{At: t.Taken.At, Open: !t.SignedOff()}
	for i, e := range t.Objections {
		o := Objection{By: f.person(e.Actor), At: e.At, Contact: e.Actor.Team != t.By.Team}
		note := ""
		if i < len(v.Objections) && f.in.Log.Forgotten.Same(v.Objections[i].By, e.Actor) {
			o.By, note = f.person(v.Objections[i].By), v.Objections[i].Note
		}
		o.Note = f.text(r, note, e.Detail["note"])
		g.Objections = append(g.Objections, o)
	}
	if g.Open {
		return g
	}
	g.By, g.SignedAt = f.person(t.Signed.Actor), t.Signed.At
	if f.in.Log.Forgotten.Same(v.SignedBy, t.Signed.Actor) {
		g.By = f.person(v.SignedBy)
	}
	g.Note = f.text(r, v.Note, t.Signed.Detail["note"])
	return g
}

// note is what was written when a request was denied or its windows were stopped.
func (f *folding) note(l *life) Text {
	r, digest := f.in.Requests[l.id], l.outcome.Detail["note"]
	switch l.outcome.Kind {
	case access.EventDenied:
		if words := l.told.Words; len(words) > 0 {
			return f.approval(r, words[len(words)-1]).Note
		}
	case access.EventStopped:
		return f.text(r, r.Stopped.Note, digest)
	case access.EventFailed:
		return Text{Text: f.in.Grants[l.id].EndNote}
	}
	return f.text(access.Request{}, "", digest)
}

// access is one time of access of a request.
func (f *folding) access(l *life, w window) Access {
	a := Access{
		Ask: f.ask(l), From: w.from, Until: w.until, To: w.to, Ending: w.ending, Reason: w.reason, By: f.person(w.by), HeldBy: w.heldBy,
	}
	a.First, a.Last = min(a.First, w.first), max(w.last, w.first)
	if len(l.windows) > 1 {
		a.Window = w.n
	}
	r, there := f.in.Requests[l.id]
	if g, ok := f.in.Grants[l.id]; ok && there && w.n == l.window && w.digest != "" {
		a.End = f.text(r, g.EndNote, w.digest)
	} else if w.digest != "" {
		a.End = Text{Gone: true} // the next window took the place of its grant
	}
	for _, e := range w.longer {
		one := Longer{At: e.At, Until: moment(e.Detail["until"])}
		if by := f.lives[access.RequestID(e.Detail["by"])]; by != nil {
			one.Ask = f.ask(by)
		}
		a.Longer = append(a.Longer, one)
	}
	return a
}

// controls is what policy demands here.
func (f *folding) controls() Controls {
	out := Controls{Versions: f.versions, People: map[access.UserID]string{}}
	p := f.in.Policy
	if p == nil {
		return out
	}
	out.Version, out.Rules, out.Bundles, out.Reviews, out.Keep = p.Version, p.RulesFor(f.in.Customer), p.BundlesFor(f.in.Customer), p.Reviews, p.Retention
	out.Hidden = len(out.Bundles) < len(p.Bundles)
	if c, ok := p.Customer(f.in.Customer); ok {
		out.Contacts, out.Driver = c.ContactRoles, c.Driver
	}
	named := map[access.UserID]bool{}
	for _, r := range out.Rules {
		for _, u := range r.Who {
			named[u] = true
		}
	}
	for _, s := range f.in.Staff {
		if named[s.Person.User] {
			out.People[s.Person.User] = s.Person.Name
		}
	}
	return out
}
