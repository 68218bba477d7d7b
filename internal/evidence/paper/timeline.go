package paper

import (
	"cmp"
	"slices"
	"time"

	"latchkey/internal/access"
	"latchkey/internal/evidence"
	"latchkey/internal/roles"
)

// Timeline is a picture: a lane for each thing, with bars where it was so. All of it is
// between 0, where the time of the report begins, and 1, where it ends.
type Timeline struct {
	Lanes  []Lane
	Ticks  []Tick
	Legend []Key
	Now    float64 // when it was made; 0: after its time
	Alt    string  // what it shows, for who does not see it
}

// Lane is one line of the picture.
type Lane struct {
	Name  string
	Head  bool // it names the lanes below it
	Bars  []Bar
	Count string // at the right
}

// Bar is a time in a lane.
type Bar struct {
	From, To float64
	Kind     Kind
}

// Kind is what a bar tells of, and so its colour.
type Kind int

// The kinds.
const (
	ByRelationship Kind = iota
	ByRequest
	ByBreakGlass
)

// Key tells of a colour what it means.
type Key struct {
	Kind Kind
	Name string
}

// Tick is a day on the axis.
type Tick struct {
	At   float64
	Name string
}

const (
	mostLanes = 30   // of each kind; the others are counted
	finest    = 1000 // bars are not drawn finer than a thousandth
)

func (w words) timeline(r evidence.Report) Section {
	t := Timeline{Legend: []Key{
		{ByRelationship, w.Say("relationship")}, {ByRequest, w.Say("access by request")}, {ByBreakGlass, w.Say("access by break-glass")},
	}}
	scale := scale{r.Span.From, r.Span.To.Sub(r.Span.From)}
	if r.Made.Before(r.Span.To) && r.Made.After(r.Span.From) {
		t.Now = scale.at(r.Made)
	}
	end := r.Made
	if end.After(r.Span.To) {
		end = r.Span.To
	}
	t.Ticks = w.ticks(r, scale)
	t.Lanes = append(t.Lanes, w.relationshipLanes(r, scale, end)...)
	t.Lanes = append(t.Lanes, w.roleLanes(r, scale, end)...)
	t.Alt = w.Say("A picture of the time: %d relationships, and %d times of access by role. The tables below say the same.", len(r.Relationships), len(r.Accesses))
	if len(t.Lanes) == 0 {
		return Section{}
	}
	return Section{Title: w.Say("The time in one picture"), Picture: &t}
}

type scale struct {
	from   time.Time
	length time.Duration
}

// at is where a moment is in the picture.
func (s scale) at(t time.Time) float64 {
	return min(1, max(0, float64(t.Sub(s.from))/float64(s.length)))
}

func (w words) relationshipLanes(r evidence.Report, s scale, end time.Time) []Lane {
	var out []Lane
	for i, one := range r.Relationships {
		if i == mostLanes {
			return append(out, Lane{Name: w.Say("… and %d more", len(r.Relationships)-i)})
		}
		from, to := one.From, one.To
		if to.IsZero() || one.Renews || to.After(end) {
			to = end
		}
		if from.IsZero() {
			from = r.Span.From
		}
		out = append(out, Lane{Name: one.Name, Bars: []Bar{{s.at(from), s.at(to), ByRelationship}}})
	}
	if len(out) > 0 {
		out = slices.Insert(out, 0, Lane{Name: w.Say("Relationships"), Head: true})
	}
	return out
}

// roleLanes has a lane for each role, those with most access first.
func (w words) roleLanes(r evidence.Report, s scale, end time.Time) []Lane {
	by := map[access.RoleID]*Lane{}
	count := map[access.RoleID]int{}
	for _, a := range r.Accesses {
		to, kind := a.To, ByRequest
		if to.IsZero() {
			to = end
		}
		if a.Glass != nil {
			kind = ByBreakGlass
		}
		for _, id := range a.Roles {
			if by[id] == nil {
				by[id] = &Lane{Name: roles.Name(id)}
			}
			count[id]++
			by[id].add(Bar{s.at(a.From), s.at(to), kind})
		}
	}
	ids := make([]access.RoleID, 0, len(by))
	for id := range by {
		ids = append(ids, id)
	}
	slices.SortFunc(ids, func(a, b access.RoleID) int {
		return cmp.Or(count[b]-count[a], cmp.Compare(by[a].Name, by[b].Name))
	})
	var out []Lane
	for i, id := range ids {
		if i == mostLanes {
			out = append(out, Lane{Name: w.Say("… and %d more", len(ids)-i)})
			break
		}
		by[id].Count = w.Say("%d×", count[id])
		out = append(out, *by[id])
	}
	if len(out) > 0 {
		out = slices.Insert(out, 0, Lane{Name: w.Say("Access, by role"), Head: true})
	}
	return out
}

// add draws a bar; one that cannot be told from the one before becomes part of it.
func (l *Lane) add(b Bar) {
	b.To = max(b.To, min(1, b.From+2.0/finest))
	for i := len(l.Bars) - 1; i >= 0 && i >= len(l.Bars)-3; i-- {
		if last := &l.Bars[i]; last.Kind == b.Kind && b.From <= last.To+0.5/finest && b.From >= last.From {
			last.To = max(last.To, b.To)
			return
		}
	}
	l.Bars = append(l.Bars, b)
}

// ticks are days, weeks, months or years, at most about a dozen.
func (w words) ticks(r evidence.Report, s scale) []Tick {
	from := r.Span.From.In(w.zone)
	y, m, d := from.Date()
	days := int(s.length.Hours() / 24)
	step := func(i int) time.Time { return time.Date(y, m, d+i, 0, 0, 0, 0, w.zone) }
	name := w.MonthDay
	switch {
	case days <= 1:
		step = func(i int) time.Time { return time.Date(y, m, d, 3*i, 0, 0, 0, w.zone) }
		name = func(t time.Time) string { return t.Format("15:04") }
	case days > 400:
		months := 1 + days/400*3
		step = func(i int) time.Time { return time.Date(y, m+time.Month(i*months), 1, 0, 0, 0, 0, w.zone) }
		name = w.Month
	case days > 62:
		step = func(i int) time.Time { return time.Date(y, m+time.Month(i), 1, 0, 0, 0, 0, w.zone) }
		name = w.MonthDay
	case days > 14:
		back := (int(from.Weekday()) + 6) % 7 // to the Monday
		step = func(i int) time.Time { return time.Date(y, m, d-back+7*i, 0, 0, 0, 0, w.zone) }
	}
	var out []Tick
	for i := 0; len(out) < 40; i++ {
		at := step(i)
		if !at.Before(r.Span.To) {
			break
		}
		if !at.Before(r.Span.From) {
			out = append(out, Tick{s.at(at), name(at)})
		}
	}
	return out
}
