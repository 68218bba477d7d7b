package evidence

import "latchkey/internal/access"

// count counts what is not as the log has it, or not there.
func (r *Report) count() {
	seen := map[access.RequestID]bool{}
	altered := func(all ...Text) {
		for _, t := range all {
			if t.Altered {
				r.Log.Altered++
			}
		}
	}
	ask := func(a Ask) {
		if a.Request == "" || seen[a.Request] {
			return
		}
		seen[a.Request] = true
		altered(a.Why)
		switch {
		case a.Why.Deleted:
			r.Log.Deleted++
		case a.Why.Gone:
			r.Log.Gone++
		}
		if len(a.Differs) > 0 {
			r.Log.Differs++
		}
		for _, one := range a.Approvals {
			altered(one.Note)
		}
		if a.Outcome == "stopped" { // that of a denial is the approval's
			altered(a.Note)
		}
		if g := a.Glass; g != nil {
			altered(g.Note)
			for _, o := range g.Objections {
				altered(o.Note)
			}
		}
	}
	for _, a := range r.Refused {
		ask(a)
	}
	for _, a := range r.Accesses {
		ask(a.Ask)
		altered(a.End)
		for _, l := range a.Longer {
			ask(l.Ask)
		}
	}
	for _, c := range r.Contacts {
		if c.Differs {
			r.Log.Differs++
		}
	}
}

// Sound reports whether nothing that is told was found to be otherwise in the log.
func (r Report) Sound() bool { return r.Log.Altered+r.Log.Differs == 0 }

// homes gathers the workspaces of the partner and of the customer, whose people may be
// named.
func (f *folding) homes() {
	f.teams = map[access.TeamID]bool{f.in.Home: true}
	add := func(p access.Person) { f.teams[p.Team] = true }
	for _, s := range f.in.Staff {
		add(s.Person)
		add(s.LinkedBy)
	}
	for _, c := range f.in.Contacts {
		add(c.Person)
		add(c.LinkedBy)
	}
	if f.in.Policy != nil {
		if c, ok := f.in.Policy.Customer(f.in.Customer); ok {
			f.teams[c.Team] = true
		}
	}
	for _, e := range f.in.Log.Events {
		if e.Customer != f.in.Customer {
			continue
		}
		switch e.Kind {
		case access.EventRequested:
			add(e.Actor)
		case access.EventContactLinked:
			add(e.Actor)
			f.teams[access.TeamID(e.Detail["team"])] = true
		}
	}
}

// turn is an act that was refused. Somebody of another customer may have tried: of them
// nothing is told, and of a request only if it is this customer's.
func (f *folding) turn(e access.Event) Turned {
	out := Turned{At: e.At, Act: e.Detail["act"]}
	if f.lives[e.Request] != nil {
		out.Request = e.Request
	}
	who := e.Actor
	known := who.User != "" && f.teams[who.Team] || who.User == "" && who.Entra.Tenant == f.in.Customer
	if out.Stranger = who.Known() && !known; !out.Stranger {
		out.Who = f.person(who)
	}
	return out
}
