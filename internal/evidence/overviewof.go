package evidence

import (
	"cmp"
	"slices"
	"time"

	"latchkey/internal/access"
)

// OverviewOf makes the overview. It is a pure function: the same input gives the same one.
func OverviewOf(in OverviewInput) Overview {
	t := tally{in: in, upto: in.upto(), stories: map[access.RequestID]*story{}, forgotten: map[string]access.Person{}}
	t.f = folding{people: known(Input{Staff: in.Staff, Requests: in.Requests})}
	o := Overview{
		Span: in.Span, Made: in.Made, Upto: t.upto, Zone: in.Zone, Served: len(in.Customers),
		Known: in.Known, ReadAt: in.ReadAt, First: in.First, Last: in.Last, Unread: in.Unread,
	}
	if in.Policy != nil {
		o.Policy, o.Served = in.Policy.Version, len(in.Policy.Customers)
	}
	for _, e := range in.Events {
		t.event(e, &o)
	}
	t.forget()
	t.steps(&o)
	p := t.piles(&o)
	for _, id := range t.order {
		t.tell(t.stories[id], &o, p)
	}
	p.sum(&o)
	slices.SortStableFunc(o.Waiting, func(a, b Open) int { return a.Since.Compare(b.Since) })
	slices.SortStableFunc(o.Denials, func(a, b Denial) int { return a.At.Compare(b.At) })
	slices.SortStableFunc(o.Glass, func(a, b Taken) int { return a.At.Compare(b.At) })
	t.standing(&o)
	return o
}

// tally folds the log of all customers.
type tally struct {
	in        OverviewInput
	upto      time.Time
	f         folding // for the names of people, and what they wrote
	stories   map[access.RequestID]*story
	order     []access.RequestID
	teams     map[string][]string      // of somebody, by their key
	forgotten map[string]access.Person // what stands in the place of somebody whose data was deleted
}

// story is the life of a request with what the partner counts of it.
type story struct {
	life
	customer access.TenantID
	termsAt  time.Time    // when what is asked for was asked for
	word     access.Event // that decided it
}

// event takes one step. Whether a second person has looked at what was taken is told as it
// is now, and all else as it was at the end of the time.
func (t *tally) event(e access.Event, o *Overview) {
	t.f.in.Log.Forgotten.Hear(e)
	after := !e.At.Before(t.upto)
	if e.Kind == access.EventRefused {
		if t.in.Span.Holds(e.At) && !after {
			o.Outcomes.Turned++
		}
		return
	}
	if e.Request == "" || after && e.Kind != access.EventSignedOff && e.Kind != access.EventObjected {
		return
	}
	s := t.stories[e.Request]
	if s == nil {
		s = &story{life: life{id: e.Request}}
		t.stories[e.Request] = s
		t.order = append(t.order, e.Request)
	}
	s.customer = cmp.Or(s.customer, e.Customer)
	s.event(e)
}

// event takes one step. What a word was said of other terms decided nothing.
func (s *story) event(e access.Event) {
	s.life.event(e)
	switch e.Kind {
	case access.EventRequested, access.EventChanged:
		s.termsAt = e.At
	case access.EventApproved:
		if s.approved {
			s.word = e
		}
	case access.EventDenied:
		s.word = e
	}
}

// forget finds out whom the log names of whom the records say less.
func (t *tally) forget() {
	for _, id := range t.order {
		r, ok := t.in.Requests[id]
		by := t.stories[id].told.By
		if ok && by.Known() && !r.Requester.Same(by) && t.f.in.Log.Forgotten.Same(r.Requester, by) {
			t.forgotten[personKey(by)] = r.Requester
		}
	}
}

// person is how somebody is shown.
func (t *tally) person(p access.Person) Person {
	if instead, ok := t.forgotten[personKey(p)]; ok {
		p = instead
	}
	return t.f.person(p)
}

// who asked, as the log and the record tell, and what for.
func (t *tally) who(s *story) (access.Person, []access.RoleID) {
	if s.told.Begun {
		return s.told.By, s.told.Roles
	}
	r, ok := t.in.Requests[s.id]
	if !ok {
		return access.Person{}, s.told.Roles
	}
	s.termsAt = cmp.Or(s.termsAt, r.TermsAt())
	return r.Requester, r.Roles
}

// tell adds to the overview what falls into its time.
func (t *tally) tell(s *story, o *Overview, p *piles) {
	who, roles := t.who(s)
	mine := p.of(t, s, who, roles)
	if s.told.Begun && t.in.Span.Holds(s.told.At) {
		for _, one := range mine {
			one.use.Asked++
		}
		o.step(s.told.At, func(p *Step) { p.Asked++ })
	}
	t.outcome(s, who, roles, o, mine)
	for _, w := range s.windows {
		t.stay(s, w, who, o, mine)
	}
	if glass := s.told.Taken; glass.Kind != "" && t.in.Span.Holds(glass.At) {
		o.Outcomes.Glass++
		o.step(glass.At, func(p *Step) { p.Glass++ })
		for _, one := range mine {
			one.use.Glass++
		}
		taken := Taken{
			Request: s.id, At: glass.At, Who: t.person(who), Customer: t.customer(s.customer), Roles: s.told.Roles,
			Open: s.told.Signed.Kind == "", By: t.person(s.told.Signed.Actor), SignedAt: s.told.Signed.At, Objections: len(s.told.Objections),
		}
		for _, w := range s.windows {
			from, to := t.clip(w)
			taken.Held += max(0, to.Sub(from))
		}
		o.Glass = append(o.Glass, taken)
	}
}

// outcome tells what became of it.
func (t *tally) outcome(s *story, who access.Person, roles []access.RoleID, o *Overview, mine []*pile) {
	out := &o.Outcomes
	last := s.outcome
	if t.in.Span.Holds(last.At) {
		switch last.Kind {
		case access.EventWithdrawn:
			out.Withdrawn++
		case access.EventLapsed:
			out.Lapsed++
		case access.EventFailed:
			out.Failed++
		}
	}
	switch {
	case s.word.Kind == "" && last.Kind == "" && s.told.Taken.Kind == "" && !s.approved && len(s.windows) == 0 && s.open():
		out.Waiting++
		o.Waiting = append(o.Waiting, Open{
			Request: s.id, Who: t.person(who), Customer: t.customer(s.customer), Roles: roles, Since: s.termsAt, For: t.upto.Sub(s.termsAt),
		})
		return
	case s.word.Kind == "" || !t.in.Span.Holds(s.word.At):
		return
	case s.told.Rule != "":
		out.ByRule++
		return
	case s.word.Kind == access.EventDenied:
		out.Denied++
		o.step(s.word.At, func(p *Step) { p.Denied++ })
		o.Denials = append(o.Denials, t.denial(s, who, roles))
	default:
		out.Approved++
	}
	waited := max(0, s.word.At.Sub(s.termsAt))
	for _, one := range mine {
		one.waits = append(one.waits, waited)
		if s.word.Kind == access.EventDenied {
			one.use.Denied++
		}
	}
	i := slices.IndexFunc(WaitBounds[:], func(most time.Duration) bool { return waited <= most })
	if i < 0 {
		i = len(WaitBounds)
	}
	o.Waits[i]++
}

// open reports whether it is known when it was asked for.
func (s *story) open() bool { return !s.termsAt.IsZero() }

func (t *tally) denial(s *story, who access.Person, roles []access.RoleID) Denial {
	d := Denial{
		Request: s.id, At: s.word.At, Who: t.person(who), By: t.person(s.word.Actor), Customer: t.customer(s.customer),
		Roles: roles, Peer: s.word.Detail["stage"] == string(access.ByPeers), Note: Text{Gone: true},
	}
	r, ok := t.in.Requests[s.id]
	if !ok {
		return d
	}
	if last, ok := r.Last(); ok {
		d.Note = t.f.text(r, last.Note, s.word.Detail["note"])
	}
	return d
}

// clip is the part of a window that is in the time.
func (t *tally) clip(w window) (from, to time.Time) {
	from, to = w.from, w.to
	if to.IsZero() || to.After(t.upto) {
		to = t.upto
	}
	if from.Before(t.in.Span.From) {
		from = t.in.Span.From
	}
	return from, to
}

// stay adds a time of access.
func (t *tally) stay(s *story, w window, who access.Person, o *Overview, mine []*pile) {
	from, to := t.clip(w)
	if !w.to.IsZero() && !w.to.After(t.in.Span.From) && w.from.Before(t.in.Span.From) {
		return
	}
	key := personKey(who) + "\n" + string(s.customer)
	for _, one := range mine {
		one.use.Given++
		one.people[personKey(who)], one.customers[s.customer] = true, true
		one.times[key] = append(one.times[key], stretch{from, to})
	}
	if t.in.Span.Holds(w.from) {
		o.step(w.from, func(p *Step) { p.Given++ })
	}
}

// personKey tells somebody from everybody else.
func personKey(p access.Person) string {
	if k := keys(p); len(k) > 0 {
		return k[0]
	}
	return ""
}

func (t *tally) customer(tenant access.TenantID) string {
	return cmp.Or(t.in.Customers[tenant], string(tenant))
}
