package evidence

import (
	"cmp"
	"slices"
	"time"

	"latchkey/internal/access"
)

// Of makes the report. It is a pure function: the same input gives the same report.
func Of(in Input) Report {
	f := folding{in: in, people: known(in), lives: map[access.RequestID]*life{}, words: map[uint64]proof{}}
	r := Report{
		ID: in.ID, Customer: in.Customer, Name: in.Name, Span: in.Span, Made: in.Made, AskedBy: f.person(in.AskedBy),
		Language: in.Language, Zone: zoneName(in.Zone), ReadAt: in.ReadAt, DAP: in.DAP, Unread: in.Unread,
	}
	f.homes()
	for _, e := range in.Log.Events {
		f.event(e)
	}
	f.later()
	r.Log = f.log
	r.Log.First, r.Log.Last, r.Log.Hash = in.Log.First, in.Log.Last, in.Log.Hash
	r.Log.Count, r.Log.Own = in.Log.Count, in.Log.Own
	f.longer()
	for _, id := range f.order {
		f.tell(&r, f.lives[id])
	}
	slices.SortStableFunc(r.Accesses, func(a, b Access) int {
		return cmp.Or(a.From.Compare(b.From), cmp.Compare(a.Request, b.Request))
	})
	slices.SortStableFunc(r.Refused, func(a, b Ask) int { return cmp.Or(a.Asked.Compare(b.Asked), cmp.Compare(a.Request, b.Request)) })
	r.Turned = f.turned
	r.Relationships = relationships(in)
	r.Standing = standing(in)
	r.Reviews = slices.DeleteFunc(slices.Clone(in.Reviews), func(v access.Review) bool {
		return !v.StartedAt.Before(in.Span.To) || !v.ClosedAt.IsZero() && v.ClosedAt.Before(in.Span.From)
	})
	r.Alerts = f.changes()
	for _, c := range in.Contacts {
		r.Contacts = append(r.Contacts, Contact{c, f.person(c.Person), !f.proven.agrees(c)})
	}
	r.Controls = f.controls()
	r.count()
	r.sum = r.Digest()
	return r
}

func zoneName(zone *time.Location) string {
	if zone == nil {
		return "UTC"
	}
	return zone.String()
}

// life is what the log says of one request.
type life struct {
	id          access.RequestID
	told        access.Told // up to the last event of which the report tells
	first, last uint64      // the numbers of its events
	words       string      // the digest of the reason: the last that was told, until now
	now         access.Told // until now, as the record may be
	extends     access.RequestID
	windows     []window
	outcome     access.Event // that ended it without access
	approved    bool
	givingSince time.Time
	giving      bool
	window      int
}

// window is one time of access.
type window struct {
	n               int
	from, until, to time.Time
	ending          bool
	reason          access.EndReason
	by              access.Person
	heldBy          access.RequestID
	digest          string // of the note with which it was ended
	longer          []access.Event
	first, last     uint64
}

// folding reads the log once, oldest first.
type folding struct {
	in     Input
	people map[string]access.Person
	lives  map[access.RequestID]*life
	order  []access.RequestID
	log    Log
	turned []Turned
	// proven are the sign-ins of contacts that count, and words those that counted when a
	// decision was made, by the number of its event.
	proven   proofs
	words    map[uint64]proof
	teams    map[access.TeamID]bool // of the partner and of the customer
	versions []Version
}

func (f *folding) event(e access.Event) {
	in := f.in.Span.Holds(e.At)
	if e.Customer == f.in.Customer {
		if f.log.OwnFirst == 0 {
			f.log.OwnFirst = e.Seq
		}
		f.log.OwnLast = e.Seq
		if in {
			f.log.InSpan++
		}
	}
	switch e.Kind {
	case access.EventPolicy:
		if in {
			f.versions = append(f.versions, Version{e.At, e.Detail["from"], e.Detail["to"]})
		}
	case access.EventRestored:
		f.log.Restored = append(f.log.Restored, e.At)
	case access.EventVerified, access.EventContactRemoved, access.EventContactLinked, access.EventStandIn:
		f.proven.hear(e)
	case access.EventRefused:
		if in {
			f.turned = append(f.turned, f.turn(e))
		}
	default:
		if e.Request != "" && e.Customer == f.in.Customer {
			f.of(e.Request).event(e)
		}
		if p, ok := f.proven.of(e.Actor); ok && (e.Kind == access.EventApproved || e.Kind == access.EventDenied) {
			f.words[e.Seq] = p
		}
	}
}

// later hears what came after the last event of which the report tells, for the records
// are of now.
func (f *folding) later() {
	for _, l := range f.lives {
		l.now = l.told
	}
	for _, e := range f.in.Log.Later {
		f.proven.hear(e)
		if l := f.lives[e.Request]; l != nil {
			l.now = l.now.Hear(e)
			l.reason(e)
		}
	}
}

func (f *folding) of(id access.RequestID) *life {
	l := f.lives[id]
	if l == nil {
		l = &life{id: id}
		f.lives[id] = l
		f.order = append(f.order, id)
	}
	return l
}

// event takes one step of the request's life.
func (l *life) event(e access.Event) {
	if l.first == 0 {
		l.first = e.Seq
	}
	l.last = e.Seq
	l.told = l.told.Hear(e)
	l.reason(e)
	switch e.Kind {
	case access.EventRequested, access.EventChanged:
		l.extends = access.RequestID(e.Detail["extends"])
	case access.EventApproved:
		l.approved = e.Detail["state"] == string(access.Approved)
	case access.EventBrokeGlass:
		l.approved = true
	case access.EventDenied, access.EventWithdrawn, access.EventLapsed, access.EventFailed, access.EventStopped:
		l.outcome, l.giving = e, false
	case access.EventGranting:
		l.giving, l.givingSince = true, e.At
	case access.EventActive:
		l.giving = false
		l.window++
		l.windows = append(l.windows, window{n: l.window, from: e.At, until: moment(e.Detail["until"]), first: e.Seq, last: e.Seq})
	case access.EventProlonged, access.EventEnding, access.EventEnded:
		l.closing(e)
	}
}

// reason takes the digest of why it is asked for.
func (l *life) reason(e access.Event) {
	if e.Kind == access.EventRequested || e.Kind == access.EventChanged {
		l.words = e.Detail["justification"]
	}
}

// closing moves the end of the newest window.
func (l *life) closing(e access.Event) {
	if len(l.windows) == 0 {
		return // it could not be given, and is taken back for safety
	}
	w := &l.windows[len(l.windows)-1]
	if !w.to.IsZero() {
		return
	}
	w.last = e.Seq
	switch e.Kind {
	case access.EventProlonged:
		w.until, w.longer = moment(e.Detail["until"]), append(w.longer, e)
	case access.EventEnding:
		w.ending, w.reason, w.by, w.digest = true, access.EndReason(e.Detail["reason"]), e.Actor, e.Detail["note"]
	case access.EventEnded:
		w.to, w.heldBy, w.ending = e.At, access.RequestID(e.Detail["held by"]), false
		w.reason = access.EndReason(cmp.Or(e.Detail["reason"], string(w.reason)))
	}
}

// longer marks the requests by which others were made longer: they gave no access of
// their own.
func (f *folding) longer() {
	for _, id := range f.order {
		for _, w := range f.lives[id].windows {
			for _, e := range w.longer {
				if l := f.lives[access.RequestID(e.Detail["by"])]; l != nil {
					l.extends = cmp.Or(l.extends, id)
				}
			}
		}
	}
}

// tell adds to the report what falls into its time.
func (f *folding) tell(r *Report, l *life) {
	gave := len(l.windows) > 0
	for _, w := range l.windows {
		if !w.from.Before(f.in.Span.To) || !w.to.IsZero() && w.to.Before(f.in.Span.From) {
			continue
		}
		r.Accesses = append(r.Accesses, f.access(l, w))
	}
	ask := f.ask(l)
	switch {
	case gave && l.outcome.Kind != access.EventStopped:
		return
	case l.outcome.Kind != "":
		ask.OutcomeAt, ask.OutcomeBy = l.outcome.At, f.person(l.outcome.Actor)
		ask.Outcome = map[access.EventKind]string{
			access.EventDenied: "denied", access.EventWithdrawn: "withdrawn", access.EventLapsed: "lapsed",
			access.EventFailed: "failed", access.EventStopped: "stopped",
		}[l.outcome.Kind]
		ask.Note = f.note(l)
	case l.extends != "" && l.approved:
		return // it is told with the access that it made longer
	case l.giving:
		ask.Outcome, ask.OutcomeAt = "giving", l.givingSince
	case l.approved:
		ask.Outcome, ask.OutcomeAt = "ahead", l.told.At
	default:
		ask.Outcome, ask.OutcomeAt = "waiting", l.told.At
	}
	open := l.outcome.Kind == "" && ask.Asked.Before(f.in.Span.To)
	if open || f.in.Span.Holds(ask.OutcomeAt) {
		r.Refused = append(r.Refused, ask)
	}
}

func moment(text string) time.Time {
	at, err := time.Parse(time.RFC3339, text)
	if err != nil {
		return time.Time{}
	}
	return at
}
