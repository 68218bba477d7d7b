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
	commas = strings.NewReplacer(",", " ")
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
	a := l.ask
	a.Request, a.Asked, a.Extends = l.id, l.asked.At, l.extends
	a.Who = f.person(l.asked.Actor)
	r, ok := f.in.Requests[l.id]
	if !ok {
		a.Why = Text{Gone: true}
		return a
	}
	who := r.Requester
	who.Entra.Object = cmp.Or(who.Entra.Object, r.Principal)
	a.Who, a.Rule = f.person(who), r.Rule.Name
	if a.Asked.IsZero() { // what began before the log did
		a.Asked, a.Roles, a.Duration, a.Policy = r.CreatedAt, r.Roles, r.Duration, r.Rule.PolicyVersion
	}
	a.Why = text(r, r.Justification, l.words["justification"])
	a.Tickets, a.Auto = tickets(r), r.Rule.Auto && r.State == access.Approved
	for _, d := range r.Counting() {
		a.Approvals = append(a.Approvals, f.approval(r, d))
	}
	if r.BrokeGlass() {
		a.Glass = f.glass(r)
	}
	return a
}

// text is what somebody wrote in a request, as far as it is there.
func text(r access.Request, is, digest string) Text {
	t := Text{Text: is}
	switch {
	case !r.ForgottenAt.IsZero():
		t.Deleted = is == ""
	case digest != "" && audit.Digest(r.Salt, is) != digest:
		t.Altered = true
	}
	return t
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

// approval is a decision, with how it was known who made it.
func (f *folding) approval(r access.Request, d access.Decision) Approval {
	a := Approval{
		By: f.person(d.By), For: f.person(d.For), Verdict: d.Verdict, At: d.At, Peer: d.Stage == access.ByPeers, SignedIn: d.SignedIn,
		Note: Text{Text: d.Note, Deleted: d.Note == "" && !r.ForgottenAt.IsZero() && d.Verdict == access.Deny}, Narrowed: d.Narrowed != nil,
	}
	if a.Peer {
		return a
	}
	for _, c := range f.in.Contacts {
		if c.Person.Same(d.By) && c.Verified() && !c.VerifiedAt.After(d.At) {
			a.Verified, a.Role = c.VerifiedAt, c.Role
			return a
		}
	}
	for _, k := range keys(d.By) {
		for _, e := range f.verified[k] {
			if !e.At.After(d.At) && a.Verified.IsZero() {
				a.Verified, a.Role = e.At, access.RoleID(e.Detail["role"])
			}
		}
	}
	return a
}

// glass is what became of an access that was taken at once.
func (f *folding) glass(r access.Request) *Glass {
	g := &Glass{At: r.BrokenAt, Open: true}
	v, ok := f.in.Glass[r.ID]
	if !ok {
		return g
	}
	forgotten := !r.ForgottenAt.IsZero()
	g.Open, g.By, g.SignedAt = v.Open(), f.person(v.SignedBy), v.SignedAt
	g.Note = Text{Text: v.Note, Deleted: v.Note == "" && !v.Open() && forgotten}
	for _, o := range v.Objections {
		g.Objections = append(g.Objections, Objection{
			By: f.person(o.By), At: o.At, Contact: o.Contact, Note: Text{Text: o.Note, Deleted: o.Note == "" && forgotten},
		})
	}
	return g
}

// note is what was written when a request was denied or its windows were stopped.
func (f *folding) note(l *life) Text {
	r, ok := f.in.Requests[l.id]
	if !ok {
		return Text{Gone: l.outcome.Detail["note"] != ""}
	}
	switch l.outcome.Kind {
	case access.EventDenied:
		if d, ok := r.Last(); ok {
			return text(r, d.Note, l.outcome.Detail["note"])
		}
	case access.EventStopped:
		return Text{Text: r.Stopped.Note, Deleted: r.Stopped.Note == "" && !r.ForgottenAt.IsZero()}
	case access.EventFailed:
		return Text{Text: f.in.Grants[l.id].EndNote}
	}
	return Text{}
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
		a.End = text(r, g.EndNote, w.digest)
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
	out.Version, out.Rules, out.Bundles, out.Reviews, out.Keep = p.Version, p.RulesFor(f.in.Customer), p.Bundles, p.Reviews, p.Retention
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
