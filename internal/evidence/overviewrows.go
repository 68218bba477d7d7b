package evidence

import (
	"cmp"
	"maps"
	"slices"
	"time"

	"latchkey/internal/access"
)

// pile is what one row of the overview is counted of.
type pile struct {
	use       Use
	waits     []time.Duration
	people    map[string]bool
	customers map[access.TenantID]bool
	times     map[string][]stretch // of one person at one customer
}

// stretch is a time of access.
type stretch struct{ from, to time.Time }

func newPile(u Use) *pile {
	return &pile{use: u, people: map[string]bool{}, customers: map[access.TenantID]bool{}, times: map[string][]stretch{}}
}

// row is the pile, counted.
func (p *pile) row() Use {
	u := p.use
	u.People, u.Customers, u.Waits = len(p.people), len(p.customers), NewWaits(p.waits)
	for _, all := range p.times {
		for _, s := range joined(all) {
			u.Held += s.to.Sub(s.from)
		}
	}
	return u
}

// idle reports whether nothing of it was in the time.
func (u Use) idle() bool { return u.Asked+u.Given+u.Denied+u.Glass+u.Waits.Count == 0 }

// joined makes one of those that overlap.
func joined(all []stretch) []stretch {
	slices.SortFunc(all, func(a, b stretch) int { return a.from.Compare(b.from) })
	var out []stretch
	for _, s := range all {
		if n := len(out); n > 0 && !s.from.After(out[n-1].to) {
			if s.to.After(out[n-1].to) {
				out[n-1].to = s.to
			}
			continue
		}
		out = append(out, s)
	}
	return out
}

// piles are the rows that are being counted.
type piles struct {
	all                            *pile
	teams, people, roles, customer map[string]*pile
}

// piles begins with a row for each team, whatever it had to do.
func (t *tally) piles(o *Overview) *piles {
	p := &piles{all: newPile(Use{}), teams: map[string]*pile{}, people: map[string]*pile{}, roles: map[string]*pile{}, customer: map[string]*pile{}}
	t.teams = map[string][]string{}
	if t.in.Policy == nil {
		return p
	}
	for _, g := range t.in.Policy.Staff {
		if _, read := t.in.Groups[g.Source]; g.Source != "" && !read {
			o.Unmapped = append(o.Unmapped, g.Name)
			continue
		}
		p.teams[g.Name] = newPile(Use{Name: g.Name})
	}
	return p
}

// of lists the piles into which a request falls.
func (p *piles) of(t *tally, s *story, who access.Person, roles []access.RoleID) []*pile {
	out := []*pile{p.all}
	add := func(in map[string]*pile, key string, u Use) {
		if in[key] == nil {
			in[key] = newPile(u)
		}
		out = append(out, in[key])
	}
	person := t.person(who)
	add(p.people, personKey(who), Use{Name: cmp.Or(person.Name, person.Mail, string(person.User), string(person.Object), "Somebody"), Key: string(person.User)})
	add(p.customer, string(s.customer), Use{Name: t.customer(s.customer), Key: string(s.customer)})
	for _, id := range roles {
		add(p.roles, string(id), Use{Key: string(id)})
	}
	if t.in.Policy == nil {
		return out
	}
	teams := t.teamsOf(s, who)
	for _, name := range teams {
		add(p.teams, name, Use{Name: name})
	}
	if len(teams) == 0 {
		add(p.teams, "", Use{None: true})
	}
	return out
}

// teamsOf are the teams that somebody is in.
func (t *tally) teamsOf(s *story, who access.Person) []string {
	key := personKey(who)
	if known, ok := t.teams[key]; ok {
		return known
	}
	staff := access.Staff{Person: who, Principal: who.Entra.Object}
	if r, ok := t.in.Requests[s.id]; ok {
		staff.Principal = cmp.Or(staff.Principal, r.Principal)
	}
	if i := slices.IndexFunc(t.in.Staff, func(s access.Staff) bool { return s.Person.Same(who) }); i >= 0 {
		staff = t.in.Staff[i]
	}
	out := []string{}
	for _, g := range t.in.Policy.Staff {
		people, read := t.in.Groups[g.Source]
		if g.Source == "" && slices.Contains(g.People, staff.Person.User) || g.Source != "" && read && people.Has(staff) {
			out = append(out, g.Name)
		}
	}
	t.teams[key] = out
	return out
}

// sum counts all of it.
func (p *piles) sum(o *Overview) {
	o.Sum = p.all.row()
	for into, all := range map[*[]Use]map[string]*pile{&o.Teams: p.teams, &o.People: p.people, &o.Roles: p.roles, &o.Customers: p.customer} {
		for _, key := range slices.Sorted(maps.Keys(all)) {
			if u := all[key].row(); !u.idle() || into == &o.Teams && !u.None {
				*into = append(*into, u)
			}
		}
		slices.SortStableFunc(*into, func(a, b Use) int {
			if a.None != b.None {
				return map[bool]int{true: 1, false: -1}[a.None]
			}
			return cmp.Or(cmp.Compare(b.Held, a.Held), b.Given-a.Given, b.Asked-a.Asked, cmp.Compare(a.Name, b.Name), cmp.Compare(a.Key, b.Key))
		})
	}
	for _, all := range p.all.times {
		for _, s := range joined(all) {
			for i := range o.Steps {
				o.Steps[i].Held += overlap(s, o.Steps[i])
			}
		}
	}
}

func overlap(s stretch, of Step) time.Duration {
	from, to := s.from, s.to
	if from.Before(of.From) {
		from = of.From
	}
	if to.After(of.To) {
		to = of.To
	}
	return max(0, to.Sub(from))
}

const (
	mostDays  = 16  // that are shown one by one
	mostWeeks = 200 // days of which weeks are shown
)

// steps cuts the time into days, weeks or months by the calendar of its place, as far as they
// have begun.
func (t *tally) steps(o *Overview) {
	from := t.in.Span.From.In(t.in.Zone)
	y, m, d := from.Date()
	next := func(i int) time.Time { return time.Date(y, m+time.Month(i), 1, 0, 0, 0, 0, t.in.Zone) }
	o.Step = "month"
	switch days := int(t.in.Span.To.Sub(t.in.Span.From).Hours()+12) / 24; {
	case days <= mostDays:
		o.Step, next = "day", func(i int) time.Time { return time.Date(y, m, d+i, 0, 0, 0, 0, t.in.Zone) }
	case days <= mostWeeks:
		back := (int(from.Weekday()) + 6) % 7 // to the Monday
		o.Step, next = "week", func(i int) time.Time { return time.Date(y, m, d-back+7*i, 0, 0, 0, 0, t.in.Zone) }
	}
	for i, at := 1, t.in.Span.From; at.Before(t.upto); i++ {
		to := next(i)
		if to.After(t.in.Span.To) {
			to = t.in.Span.To
		}
		o.Steps = append(o.Steps, Step{From: at, To: to})
		at = to
	}
}

// step changes the piece of the time that holds a moment.
func (o *Overview) step(at time.Time, change func(*Step)) {
	for i := range o.Steps {
		if !at.Before(o.Steps[i].From) && at.Before(o.Steps[i].To) {
			change(&o.Steps[i])
		}
	}
}
